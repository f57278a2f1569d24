"""What becomes of a fact that lands. The expected rows are written out by hand beside each batch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.batch import Batch, Landed, Notice
from rongheng.basics.errors import LakeError, UsageError
from rongheng.basics.tables import ACCOUNT_DAILY, INDEX_DAILY, Column, Table
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.store import Lake, landing
from tests.market.store.making import POLICY, TODAY, batch, day

LATER = TODAY + timedelta(days=3)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake."""
    return Lake(tmp_path / "lake", create=True)


def land(lake: Lake, *batches: Batch, now: datetime = TODAY) -> dict[str, int]:
    """Land and return the outcomes of all facts that are not zero."""
    total: dict[str, int] = {}
    for landed in lake.land(batches, now=now):
        for name in ("new", "completed", "changed", "same", "outranked", "quarantined"):
            total[name] = total.get(name, 0) + getattr(landed, name)
    return {name: count for name, count in total.items() if count}


def rows(lake: Lake, *columns: str) -> list[tuple[object, ...]]:
    """Return these columns of every revision of account_daily."""
    return lake.history("account_daily").select(columns).rows()


def test_a_fact_that_the_lake_has_not_is_new_and_known_when_the_policy_says(lake: Lake) -> None:
    assert land(lake, batch([{"as_of": day(0), "financing_balance": 1.5e12}])) == {"new": 1}
    expected = [(day(0), 1.5e12, None, POLICY, "official", 0, TODAY, 1, "hand")]
    columns = ("as_of", "financing_balance", "short_balance", "known_at", "grade", "revision", "imported_at")
    assert rows(lake, *columns, "sequence", "source") == expected


def test_every_landed_row_says_from_which_bytes_it_came(lake: Lake) -> None:
    one = batch([{"as_of": day(0), "financing_balance": 1.0}])
    land(lake, one)
    assert rows(lake, "sha256") == [(one.sha256,)]


def test_the_same_file_again_does_nothing_at_all(lake: Lake) -> None:
    one = batch([{"as_of": day(0), "financing_balance": 1.0}], bad_rows=2)
    land(lake, one)
    before = (lake.history("account_daily"), lake.quarantine(), lake.imports())
    again = lake.land([one], now=LATER)
    assert again == [Landed("account_daily", "a.csv", 0, 0, 0, 0, 0, 0, known_file=True)]
    after = (lake.history("account_daily"), lake.quarantine(), lake.imports())
    assert all(first.equals(second) for first, second in zip(before, after, strict=True))


def test_the_same_file_twice_in_one_import_lands_once(lake: Lake) -> None:
    one = batch([{"as_of": day(0), "financing_balance": 1.0}], bad_rows=1)
    first, second = lake.land([one, one], now=TODAY)
    assert (first.new, second.known_file) == (1, True)
    assert (lake.rows("account_daily"), lake.quarantine().height) == (1, 1)


@pytest.mark.parametrize("other", [{"sheet": "2024"}, {"options": "unit=yuan"}])
def test_another_sheet_or_other_options_are_another_import(lake: Lake, other: dict[str, str]) -> None:
    stated = [{"as_of": day(0), "financing_balance": 1.0}]
    land(lake, batch(stated, content="x"))
    assert land(lake, batch(stated, content="x", **other)) == {"same": 1}  # type: ignore[arg-type]


def test_the_same_facts_from_another_file_are_the_same_facts(lake: Lake) -> None:
    stated = [{"as_of": day(number), "financing_balance": float(number)} for number in range(3)]
    land(lake, batch(stated, file="a.csv"))
    assert land(lake, batch(stated, file="b.xlsx")) == {"same": 3}
    assert (lake.rows("account_daily"), lake.imports().height) == (3, 2)


def test_a_blank_does_not_retract_a_value(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "broker_count": 93}]))
    assert land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "broker_count": None}])) == {"same": 1}
    assert rows(lake, "broker_count") == [(93,)]


def test_a_row_without_any_value_says_nothing_and_is_not_kept(lake: Lake) -> None:
    assert land(lake, batch([{"as_of": day(0), "financing_balance": None}])) == {"same": 1}
    assert lake.rows("account_daily") == 0
    # It would otherwise stand above the simulated row that comes next.
    simulated = {"as_of": day(0), "financing_balance": 5.0, "grade": "simulated"}
    assert land(lake, batch([simulated])) == {"new": 1}


def test_values_that_fill_blanks_complete_the_row_from_the_day_of_the_policy(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "short_balance": None}]))
    assert land(lake, batch([{"as_of": day(0), "short_balance": 2.0, "broker_count": 93}]), now=LATER) == {
        "completed": 1
    }
    columns = ("financing_balance", "short_balance", "broker_count", "revision", "known_at", "sequence")
    assert rows(lake, *columns) == [(1.0, None, None, 0, POLICY, 1), (1.0, 2.0, 93, 1, POLICY, 2)]


def test_a_contradiction_is_a_revision_known_only_when_it_came(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "short_balance": 7.0}]))
    assert land(lake, batch([{"as_of": day(0), "financing_balance": 1.25}]), now=LATER) == {"changed": 1}
    columns = ("financing_balance", "short_balance", "revision", "known_at")
    assert rows(lake, *columns) == [(1.0, 7.0, 0, POLICY), (1.25, 7.0, 1, LATER)]


def test_the_last_bit_of_a_number_is_a_contradiction(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 0.3}]))
    assert land(lake, batch([{"as_of": day(0), "financing_balance": 0.1 + 0.2}])) == {"changed": 1}


def test_a_correction_imported_before_its_own_policy_time_waits_for_it(lake: Lake) -> None:
    tomorrow = TODAY + timedelta(days=1)
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0}]))
    land(lake, batch([{"as_of": day(0), "financing_balance": 2.0, "known_at": tomorrow}]))
    assert rows(lake, "known_at") == [(POLICY,), (tomorrow,)]


def test_a_row_completed_after_a_correction_is_not_known_before_the_correction(lake: Lake) -> None:
    """It holds the corrected balance: known at the policy's time, a replay of 2024 would see what came in 2026."""
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0}]))
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.25}]))
    assert land(lake, batch([{"as_of": day(0), "broker_count": 93}]), now=LATER) == {"completed": 1}
    columns = ("financing_balance", "broker_count", "known_at")
    assert rows(lake, *columns) == [(1.0, None, POLICY), (1.25, None, TODAY), (1.25, 93, TODAY)]


def test_a_worse_grade_is_outranked_even_where_it_would_add(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "grade": "derived"}]))
    for grade in ("estimated", "simulated"):
        stated = {"as_of": day(0), "financing_balance": 9.0, "broker_count": 93, "grade": grade}
        assert land(lake, batch([stated])) == {"outranked": 1}
    assert rows(lake, "financing_balance", "broker_count", "grade") == [(1.0, None, "derived")]


def test_a_better_grade_starts_afresh_and_takes_nothing_over(lake: Lake) -> None:
    derived = {"as_of": day(0), "financing_balance": 1.0, "broker_count": 90, "grade": "derived"}
    land(lake, batch([derived]))
    assert land(lake, batch([{"as_of": day(0), "financing_balance": 1.0}]), now=LATER) == {"changed": 1}
    columns = ("financing_balance", "broker_count", "grade", "revision", "known_at")
    assert rows(lake, *columns) == [(1.0, 90, "derived", 0, POLICY), (1.0, None, "official", 1, POLICY)]


def test_a_true_fact_over_a_simulated_one_is_new(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "grade": "simulated"}]))
    assert land(lake, batch([{"as_of": day(0), "financing_balance": 1.0, "grade": "estimated"}])) == {"new": 1}
    assert lake.read("account_daily")["grade"].to_list() == ["estimated"]


def test_the_key_parts_facts_of_one_day(lake: Lake) -> None:
    stated = [{"as_of": day(0), "index": index, "close": 1.0} for index in ("000300.CSI", "000905.CSI")]
    assert land(lake, batch(stated, INDEX_DAILY)) == {"new": 2}
    changed = batch([{"as_of": day(0), "index": "000905.CSI", "close": 2.0}], INDEX_DAILY)
    assert land(lake, changed) == {"changed": 1}
    assert lake.read(INDEX_DAILY).select("index", "close").rows() == [("000300.CSI", 1.0), ("000905.CSI", 2.0)]


def test_a_batch_is_compared_with_the_batches_before_it_in_the_same_import(lake: Lake) -> None:
    first = batch([{"as_of": day(0), "financing_balance": 1.0}], file="1.csv")
    second = batch([{"as_of": day(0), "short_balance": 2.0}], file="2.csv")
    third = batch([{"as_of": day(0), "financing_balance": 3.0}], file="3.csv")
    assert land(lake, first, second, third) == {"new": 1, "completed": 1, "changed": 1}
    columns = ("financing_balance", "short_balance", "revision", "sequence")
    assert rows(lake, *columns) == [(1.0, None, 0, 1), (1.0, 2.0, 1, 1), (3.0, 2.0, 2, 1)]


def test_quarantined_rows_are_kept_with_their_import(lake: Lake) -> None:
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0}], file="a.csv", bad_rows=2))
    land(lake, batch([{"as_of": day(1), "financing_balance": 1.0}], file="b.csv", bad_rows=1), now=LATER)
    kept = lake.quarantine().select("file", "row", "reason", "imported_at", "sequence").rows()
    assert kept == [
        ("a.csv", 2, "no number", TODAY, 1),
        ("a.csv", 3, "no number", TODAY, 1),
        ("b.csv", 2, "no number", LATER, 2),
    ]


def test_an_import_of_nothing_but_bad_rows_is_still_an_import(lake: Lake) -> None:
    assert land(lake, batch([], bad_rows=3)) == {"quarantined": 3}
    assert (lake.tables(), lake.imports()["quarantined"].to_list()) == ([], [3])


def test_imports_say_what_became_of_each_file(lake: Lake) -> None:
    notice = Notice(Text("日期被截断", "dates were clipped"), 4)
    stated = [{"as_of": day(number), "financing_balance": 1.0} for number in range(2)]
    land(lake, batch(stated, file="账户.csv", bad_rows=1, notices=(notice,)))
    (entry,) = lake.imports().to_dicts()
    assert (entry["sequence"], entry["table"], entry["file"], entry["source"]) == (
        1,
        "account_daily",
        "账户.csv",
        "hand",
    )
    assert (entry["rows_read"], entry["new"], entry["same"], entry["quarantined"]) == (3, 2, 0, 1)
    assert entry["imported_at"] == TODAY
    assert json.loads(entry["notices"]) == [{"zh": "日期被截断", "en": "dates were clipped", "count": 4}]


def test_nothing_to_land_is_no_import(lake: Lake) -> None:
    assert lake.land([]) == []
    assert lake.imports().height == 0


def test_progress_counts_batches_and_then_tables(lake: Lake) -> None:
    told: list[tuple[str, int, int]] = []
    one = batch([{"as_of": day(0), "financing_balance": 1.0}], file="1.csv", bad_rows=1)
    two = batch([{"as_of": day(1), "financing_balance": 1.0}], file="2.csv")
    lake.land([one, two], now=TODAY, progress=lambda *step: told.append(step))
    assert told == [("compare", 1, 2), ("compare", 2, 2), ("write", 1, 2), ("write", 2, 2)]


def test_a_moment_without_a_time_zone_is_refused(lake: Lake) -> None:
    naive = datetime(2026, 3, 2, 9)  # noqa: DTZ001  # the point of the test
    with pytest.raises(UsageError, match="time zone"):
        lake.land([batch([{"as_of": day(0), "financing_balance": 1.0}])], now=naive)


def test_a_moment_of_shanghai_is_kept_in_utc(lake: Lake) -> None:
    lake.land(
        [batch([{"as_of": day(0), "financing_balance": 1.0}])], now=datetime.fromisoformat("2026-03-02T17:00+08:00")
    )
    assert rows(lake, "imported_at") == [(datetime(2026, 3, 2, 9, tzinfo=UTC),)]
    assert lake.history("account_daily").schema["imported_at"] == pl.Datetime("us", "UTC")


def test_a_table_may_gain_a_column(lake: Lake) -> None:
    """An older lake has no such column; its facts read as blank there and are completed later."""
    old = Table("grown", Text("", ""), (), ACCOUNT_DAILY.columns[:1], ACCOUNT_DAILY.publication)
    extra = Column("extra", Unit.COUNT, Text("", ""))
    new = Table("grown", Text("", ""), (), (extra, *old.columns), ACCOUNT_DAILY.publication)
    land(lake, batch([{"as_of": day(0), "financing_balance": 1.0}], old))
    assert lake.read(new).select("financing_balance", "extra").rows() == [(1.0, None)]
    assert land(lake, batch([{"as_of": day(0), "extra": 3}], new)) == {"completed": 1}
    assert lake.read(new).select("financing_balance", "extra").rows() == [(1.0, 3)]
    assert lake.history(old).select("financing_balance", "revision").rows() == [(1.0, 0), (1.0, 1)]
    # An older program would write the row again without the column and so hide what stands in it.
    with pytest.raises(LakeError, match=r"columns that this Rongheng does not know \(extra\).*Upgrade"):
        land(lake, batch([{"as_of": day(0), "financing_balance": 2.0}], old))
    assert lake.read(new).select("financing_balance", "extra").rows() == [(1.0, 3)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda frame: pl.concat([frame, frame]), "stands twice"),
        (lambda frame: frame.with_columns(known_at=pl.lit(None, pl.Datetime("us", "UTC"))), "without known_at"),
        (lambda frame: frame.with_columns(grade=pl.lit("rumour")), "no such grade: rumour"),
        (lambda frame: frame.with_columns(financing_balance=pl.lit(float("nan"))), "NaN"),
    ],
)
def test_a_source_that_breaks_its_promise_is_stopped(lake: Lake, change: object, complaint: str) -> None:
    good = batch([{"as_of": day(0), "financing_balance": 1.0}])
    frame = change(good.facts)  # type: ignore[operator]
    bad = Batch(good.table, frame, good.quarantine, "hand", "a.csv", None, good.sha256, frame.height, 0)
    with pytest.raises(AssertionError, match=complaint):
        lake.land([bad])
    assert lake.imports().height == 0


def test_a_batch_that_is_compared_in_slices_becomes_what_it_would_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"as_of": day(number // 3), "index": f"{number % 3}", "close": 1.0 + number} for number in range(30)]
    later = [*rows[:4], rows[4] | {"close": 99.0}, *rows[5:], {"as_of": day(10), "index": "0", "close": 5.0}]
    found = []
    for size in (250_000, 4):  # whole days stay together: slices of 4 rows take 6
        monkeypatch.setattr(landing, "_ROWS_AT_ONCE", size)
        lake = Lake(tmp_path / str(size), create=True)
        counts = [lake.land([batch(stated, INDEX_DAILY)], now=TODAY)[0] for stated in (rows, later)]
        found.append((counts, lake.history("index_daily").drop("sha256").rows()))
    assert found[0] == found[1]
    assert [(one.new, one.changed, one.same) for one in found[0][0]] == [(30, 0, 0), (1, 1, 29)]
