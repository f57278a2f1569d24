"""Which code a security has on a session: the table that ships, by what exchanges announced, and a user's own rows."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.code_changes import CodeChange, CodeChanges, code_changes, rows_of
from rongheng.basics.errors import DataError
from rongheng.basics.grades import Grade

PILOT, ALL = date(2025, 5, 6), date(2025, 10, 9)
# As the press printed them on the day of the pilot: 颖泰生物, 艾融软件, 龙竹科技, 佳先股份, 同享科技, 球冠电缆.
PILOTS = {
    "833819.BJ": "920819.BJ",
    "830799.BJ": "920799.BJ",
    "831445.BJ": "920445.BJ",
    "430489.BJ": "920489.BJ",
    "839167.BJ": "920167.BJ",
    "834682.BJ": "920682.BJ",
}
# As a data service's documentation prints them of its own copy of the exchange's table.
PRINTED = {
    "839729.BJ": "920729.BJ",
    "838163.BJ": "920163.BJ",
    "837242.BJ": "920242.BJ",
    "836433.BJ": "920433.BJ",
    "430476.BJ": "920476.BJ",
    "430425.BJ": "920425.BJ",
    "430300.BJ": "920300.BJ",
    "430139.BJ": "920139.BJ",
    "430017.BJ": "920017.BJ",
}


@pytest.mark.parametrize(("old", "new"), PILOTS.items())
def test_the_six_of_the_pilot_changed_half_a_year_before_the_others(old: str, new: str) -> None:
    before, since = code_changes().on(date(2025, 4, 30)), code_changes().on(PILOT)
    assert not {old, new} & before.keys()
    assert since[old] == new
    assert code_changes().on(date(2025, 4, 30), hindsight=True)[new] == old


@pytest.mark.parametrize(("old", "new"), PRINTED.items())
def test_the_others_changed_on_the_ninth_of_october(old: str, new: str) -> None:
    assert code_changes().on(date(2025, 9, 30)).get(old, old) == old
    assert code_changes().on(ALL)[old] == new


def test_the_exchange_moved_248_shares_and_the_table_has_them_all_once() -> None:
    beijing = [row for row in code_changes().rows if row.new.endswith(".BJ")]
    assert len(beijing) == len({row.old for row in beijing}) == len({row.new for row in beijing}) == 248
    assert Counter(row.first_session for row in beijing) == {PILOT: 6, ALL: 242}
    assert all(row.new.startswith("920") and row.source for row in beijing)


def test_the_last_three_digits_alone_would_have_joined_two_companies() -> None:
    since = code_changes().on(ALL)
    assert (since["832278.BJ"], since["831278.BJ"]) == ("920278.BJ", "920378.BJ")
    assert (since["839167.BJ"], since["873167.BJ"], since["831167.BJ"]) == ("920167.BJ", "920367.BJ", "920267.BJ")


def test_the_exchanges_other_than_beijings_change_codes_too() -> None:
    assert code_changes().on(date(2025, 2, 17))["300114.SZ"] == "302132.SZ"
    assert "300114.SZ" not in code_changes().on(date(2025, 2, 14))


def test_a_code_that_changed_twice_is_called_by_the_one_that_stands() -> None:
    own = [_change("430001.BJ", "830001.BJ", "2024-01-02"), _change("830001.BJ", "920901.BJ", "2025-10-09")]
    changes = CodeChanges.of(own, where="own")
    called = [changes.on(day).get("430001.BJ", "430001.BJ") for day in (date(2023, 12, 29), date(2024, 1, 2), ALL)]
    assert called == ["430001.BJ", "830001.BJ", "920901.BJ"]
    between = dict.fromkeys(("430001.BJ", "920901.BJ"), "830001.BJ")
    assert dict(changes.on(date(2024, 6, 3), hindsight=True)) == between


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("430001.BJ", "430001.BJ", "2025-10-09")], "another code"),
        ([("430001.BJ", "920901.BJ", "2025-10-09"), ("430001.BJ", "920902.BJ", "2025-10-10")], "changes once"),
        ([("430001.BJ", "920901.BJ", "2025-10-09"), ("830001.BJ", "920901.BJ", "2025-10-09")], "of one security"),
        ([("430001.BJ", "920901.BJ", "2025-10-08")], "trading day"),
        ([("430001.BJ", "920901.BJ", "2025-10-09"), ("920901.BJ", "430001.BJ", "2025-10-10")], "cannot have changed"),
        ([("430001.BJ", "830001.BJ", "2025-10-10"), ("830001.BJ", "920901.BJ", "2025-10-09")], "cannot have changed"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(rows: list[tuple[str, str, str]], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        CodeChanges.of([_change(*row) for row in rows], where="own")


def test_own_rows_stand_in_place_of_the_shipped_ones_about_the_same_codes() -> None:
    own = rows_of(
        [{"old": "430017", "new": "920918.BJ", "first_session": "2025-10-10"}],
        ("old", "new", "first_session"),
        where="own",
    )
    changes = code_changes().with_own(own, where="own")
    assert changes.on(ALL).get("430017.BJ") is None
    assert changes.on(date(2025, 10, 10))["430017.BJ"] == "920918.BJ"
    assert changes.on(ALL)["430047.BJ"] == "920047.BJ"
    assert own[0].grade is Grade.OFFICIAL


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"old": "dog", "new": "920918.BJ", "first_session": "2025-10-10"}, "row 1, old: 'dog'"),
        ({"old": "430017.BJ", "new": "920918.BJ", "first_session": "soon"}, "row 1: Invalid isoformat"),
        ({"old": "430017.BJ", "new": "920918.BJ"}, "expected old, new, first_session"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(record: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        rows_of([record], list(record), where="own")


@given(st.sampled_from(code_changes().rows), st.integers(-700, 200))
def test_a_security_has_its_old_code_before_its_day_and_its_new_one_from_it_on(row: CodeChange, sessions: int) -> None:
    day = calendar().offset(row.first_session, sessions)
    called = code_changes().on(day, hindsight=True)
    standing, other = (row.new, row.old) if day >= row.first_session else (row.old, row.new)
    assert called[other] == standing
    assert standing not in called


def _change(old: str, new: str, first_session: str) -> CodeChange:
    return CodeChange(old, new, date.fromisoformat(first_session))
