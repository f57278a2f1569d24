"""A series goes on where a code changed: once a day, no move at the change, nothing known before its day."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.code_changes import CodeChange, CodeChanges, code_changes
from rongheng.basics.tables import INDEX_MEMBERS, SECURITY_BARS, SECURITY_CODES, SECURITY_MARGIN, SECURITY_STATUS
from rongheng.basics.text import Text
from rongheng.market.series.agreement import between_publishers, of_details
from rongheng.market.series.codes import lake_changes, named, read_named
from rongheng.market.series.day import make_day
from rongheng.market.series.financing import securities
from rongheng.market.series.traits import past_moves
from tests.market.series.day.lakes import Row, bar, lake_of

BEFORE, SINCE, LATER = date(2025, 9, 30), date(2025, 10, 9), date(2025, 10, 10)
OLD, NEW = "430017.BJ", "920017.BJ"


def owed(as_of: date, security: str, balance: float, **others: object) -> dict[str, object]:
    """Return a row of the exchange's details."""
    return {"as_of": as_of, "security": security, "financing_balance": balance, "grade": "official", **others}


def published(day: date) -> datetime:
    return SECURITY_MARGIN.publication.known_at(day)


def test_a_balance_goes_on_under_the_new_code_and_its_change_is_the_net_financing(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", {"security_margin": [owed(BEFORE, OLD, 500.0), owed(SINCE, NEW, 620.0)]})
    rows = securities(lake.snapshot(), SINCE, published(SINCE))
    assert rows.select("session", "security", "financing_balance", "net_financing").rows() == [
        (BEFORE, NEW, 500.0, None),
        (SINCE, NEW, 620.0, 120.0),
    ]
    assert of_details(lake, SINCE) == []


def test_before_the_change_a_security_has_its_old_code_whatever_came_later(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", {"security_margin": [owed(BEFORE, OLD, 500.0), owed(SINCE, NEW, 620.0)]})
    rows = securities(lake.snapshot(), BEFORE, published(BEFORE))
    assert rows.select("session", "security").rows() == [(BEFORE, OLD)]


def test_what_a_vendor_calls_with_hindsight_has_the_code_of_its_day(tmp_path: Path) -> None:
    rows = [owed(BEFORE, NEW, 500.0), owed(BEFORE, "920002.BJ", 7.0)]
    read = read_named(lake_of(tmp_path / "lake", {"security_margin": rows}), SECURITY_MARGIN, on=BEFORE)
    assert read["security"].to_list() == [OLD, "920002.BJ"]


def test_a_security_under_both_codes_on_one_day_counts_once_by_the_code_of_that_day(tmp_path: Path) -> None:
    both = [owed(day, code, balance) for day in (BEFORE, SINCE) for code, balance in ((OLD, 1.0), (NEW, 2.0))]
    read = read_named(lake_of(tmp_path / "lake", {"security_margin": both}), SECURITY_MARGIN, on=SINCE)
    assert read.select("as_of", "security", "financing_balance").rows() == [(BEFORE, NEW, 1.0), (SINCE, NEW, 2.0)]


def test_companies_whose_codes_end_alike_stay_apart(tmp_path: Path) -> None:
    """831278 became 920378 because 832278 became 920278: by the last three digits they would be one."""
    rows = [owed(BEFORE, "831278.BJ", 1.0), owed(BEFORE, "832278.BJ", 2.0)]
    rows += [owed(SINCE, "920378.BJ", 10.0), owed(SINCE, "920278.BJ", 20.0)]
    lake = lake_of(tmp_path / "lake", {"security_margin": rows})
    net = securities(lake.snapshot(), SINCE, published(SINCE)).filter(session=SINCE)
    assert dict(net.select("security", "net_financing").iter_rows()) == {"920278.BJ": 18.0, "920378.BJ": 9.0}


def test_a_publisher_who_renames_the_past_is_held_against_one_who_does_not() -> None:
    ours, theirs = (
        pl.DataFrame([{"as_of": BEFORE, "security": code, "financing_balance": balance}])
        for code, balance in ((OLD, 500.0), (NEW, 600.0))
    )
    told = between_publishers(ours, theirs, table=SECURITY_MARGIN, who=Text("门户", "portal"))
    assert [line.en for line in told] == [
        f"{BEFORE} {OLD} financing_balance: landed 500, the portal says 600; look at it"
    ]


def _bars(*rows: Row) -> dict[str, list[Row]]:
    return {"security_bars": list(rows)}


def test_a_market_day_after_the_change_knows_the_close_before_it(tmp_path: Path) -> None:
    """The exchange's guide: on the first session under the new code, the previous close is the old code's."""
    lake = lake_of(tmp_path / "lake", _bars(bar(BEFORE, OLD, 10_000), bar(SINCE, NEW, 10_500)))
    made = make_day(lake, SINCE)
    row = made.day.securities.row(0, named=True)
    assert (made.day.securities.height, made.carried, made.unlimited) == (1, 0, 0)
    assert (row["security"], row["previous_close_milli"]) == (NEW, 10_000)
    # 30 % of 10.00 yuan both ways: a new listing, which it would be taken for, has no limit on its first session
    assert (row["low_limit_milli"], row["high_limit_milli"]) == (7_000, 13_000)


def test_a_list_that_calls_the_old_code_delisted_does_not_delist_the_security(tmp_path: Path) -> None:
    status = [
        {"as_of": date(2023, 5, 31), "security": OLD, "status": "listed", "grade": "official"},
        {"as_of": SINCE, "security": OLD, "status": "delisted", "grade": "official"},
        {"as_of": SINCE, "security": NEW, "status": "listed", "grade": "official"},
    ]
    bars = [bar(BEFORE, OLD, 10_000), bar(SINCE, NEW, 10_500)]
    lake = lake_of(tmp_path / "lake", {"security_status": status, "security_bars": bars})
    read = read_named(lake, SECURITY_STATUS, on=SINCE)
    assert read.select("as_of", "security", "status").rows() == [
        (date(2023, 5, 31), NEW, "listed"),
        (SINCE, NEW, "listed"),
    ]
    made = make_day(lake, SINCE)
    assert made.day.securities["security"].to_list() == [NEW]
    assert made.unlimited == 0


def test_members_of_an_index_are_called_by_the_codes_of_the_session(tmp_path: Path) -> None:
    index = "899050.BSE"
    member = {"as_of": BEFORE, "index": index, "security": OLD, "is_member": True, "grade": "official"}
    lake = lake_of(tmp_path / "lake", {"index_members": [member]})
    assert read_named(lake, INDEX_MEMBERS, on=SINCE)["security"].to_list() == [NEW]


@pytest.mark.parametrize(
    ("first_of_new", "move_bp"),
    [
        ({"factor": 1.0}, 500),  # 10.00 → 10.50 yuan
        ({"factor": 3.2}, 500),  # the vendor's factor begins anew
        ({"factor": 1.0, "previous_close_milli": 8_000}, 3_125),  # and 2.00 yuan went off: 10.50 to 8.00
    ],
)
def test_a_change_of_code_is_no_move(tmp_path: Path, first_of_new: dict[str, object], move_bp: int) -> None:
    lake = lake_of(
        tmp_path / "lake",
        _bars(
            bar(date(2025, 9, 29), OLD, 20_000, factor=2.0),
            bar(BEFORE, OLD, 10_000, factor=4.0),  # each share became two
            bar(SINCE, NEW, 10_500, **first_of_new),
        ),
    )
    moves = past_moves(lake, [(BEFORE, SINCE), (date(2025, 9, 29), SINCE)])
    assert moves.select("security", "move_bp").rows() == [(NEW, move_bp)] * 2


def test_a_lakes_own_change_is_known_from_its_day_on_and_stands_over_what_ships(tmp_path: Path) -> None:
    own = [{"as_of": LATER, "security": "600999.SH", "old_security": "600000.SH", "grade": "official"}]
    own += [{"as_of": LATER, "security": "920918.BJ", "old_security": OLD, "grade": "official"}]
    lake = lake_of(tmp_path / "lake", {"security_codes": own})
    early = lake_changes(lake, known_at=SECURITY_CODES.publication.known_at(SINCE))
    assert early == code_changes()
    late = lake_changes(lake, known_at=SECURITY_CODES.publication.known_at(LATER)).on(LATER)
    assert (late["600000.SH"], late[OLD]) == ("600999.SH", "920918.BJ")


CHANGES = CodeChanges.of([CodeChange(OLD, NEW, SINCE), CodeChange(NEW, "920918.BJ", LATER)], where="a chain")
DAYS = calendar().between(date(2025, 9, 26), date(2025, 10, 14))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(DAYS), st.sampled_from(["A", "600000.SH", "920002.BJ"])),
        st.tuples(st.floats(1, 9), st.sampled_from([OLD, NEW, "920918.BJ"])),
    ),
    st.sampled_from(DAYS),
)
def test_reading_what_was_renamed_is_reading_by_the_codes_of_the_session(
    rows: dict[tuple[date, str], tuple[float, str]], on: date
) -> None:
    """Whichever of its codes a security is printed under, it is read as if printed under that of the session."""
    schema = ["as_of", "security", "financing_balance"]
    standing = CHANGES.on(on, hindsight=True).get(OLD, OLD)
    printed = [(day, code if name == "A" else name, value) for (day, name), (value, code) in rows.items()]
    wanted = [(day, standing if name == "A" else name, value) for (day, name), (value, _) in rows.items()]
    frames = [
        pl.DataFrame(given, schema=schema, schema_overrides={"as_of": pl.Date}, orient="row").cast(
            {"security": pl.String, "financing_balance": pl.Float64}
        )
        for given in (printed, wanted)
    ]
    read = named(frames[0].sort("as_of", "security"), SECURITY_MARGIN, CHANGES, on=on)
    assert_frame_equal(read.sort("as_of", "security"), frames[1].sort("as_of", "security"))


def test_bars_keep_their_columns_and_their_order(tmp_path: Path) -> None:
    rows = [bar(BEFORE, OLD, 10_000), bar(BEFORE, "600000.SH", 9_000), bar(SINCE, NEW, 10_500)]
    read = read_named(lake_of(tmp_path / "lake", _bars(*rows)), SECURITY_BARS, on=SINCE)
    assert read.columns == list(SECURITY_BARS.schema)
    assert read["security"].to_list() == ["600000.SH", NEW, NEW]
