"""Reading the lake as it was known at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import UsageError
from rongheng.basics.tables import ACCOUNT_DAILY, AUDIT_SCHEMA, INDEX_DAILY, QUARANTINE_SCHEMA
from rongheng.market.store import Lake
from tests.market.store.making import POLICY, TODAY, batch, day

SECOND = timedelta(seconds=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake with one fact that was corrected, one that was completed, and one that stayed."""
    lake = Lake(tmp_path / "lake", create=True)
    first = [{"as_of": day(number), "financing_balance": 10.0 + number, "short_balance": None} for number in range(3)]
    lake.land([batch(first)], now=TODAY)
    lake.land([batch([{"as_of": day(0), "financing_balance": 99.0}])], now=TODAY + timedelta(days=1))
    lake.land([batch([{"as_of": day(1), "short_balance": 5.0}])], now=TODAY + timedelta(days=2))
    return lake


def balances(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    """Return day, financing and short balance."""
    return frame.select("as_of", "financing_balance", "short_balance").rows()


def test_the_latest_read_shows_each_fact_once_as_it_stands(lake: Lake) -> None:
    assert balances(lake.read("account_daily")) == [(day(0), 99.0, None), (day(1), 11.0, 5.0), (day(2), 12.0, None)]


def test_a_correction_is_invisible_until_the_moment_it_came(lake: Lake) -> None:
    came = TODAY + timedelta(days=1)
    just_before = lake.read("account_daily", known_at=came - SECOND)
    assert balances(just_before)[0] == (day(0), 10.0, None)
    assert balances(lake.read("account_daily", known_at=came))[0] == (day(0), 99.0, None)


def test_nothing_is_known_before_the_policy_says(lake: Lake) -> None:
    assert lake.read("account_daily", known_at=POLICY - SECOND).height == 0
    assert lake.read("account_daily", known_at=POLICY).height == 3


def test_a_moment_may_be_said_in_any_time_zone(lake: Lake) -> None:
    shanghai = datetime.fromisoformat("2024-02-06T18:00:00+08:00")  # 10:00 UTC, POLICY
    assert lake.read("account_daily", known_at=shanghai).height == 3
    assert lake.read("account_daily", known_at=shanghai - SECOND).height == 0


def test_a_moment_without_a_time_zone_is_refused(lake: Lake) -> None:
    with pytest.raises(UsageError, match="without a time zone"):
        lake.read("account_daily", known_at=datetime(2024, 2, 5, 15))  # noqa: DTZ001  # the point of the test


def test_first_and_last_day_are_both_included(lake: Lake) -> None:
    assert lake.read("account_daily", first=day(1), last=day(1))["as_of"].to_list() == [day(1)]
    assert lake.read("account_daily", first=day(1))["as_of"].to_list() == [day(1), day(2)]
    assert lake.read("account_daily", last=day(1))["as_of"].to_list() == [day(0), day(1)]
    assert lake.read("account_daily", first=day(3)).height == 0


def test_a_condition_on_values_never_brings_an_overruled_revision_back(lake: Lake) -> None:
    """The balance of day 0 was 10 and is 99; asked for balances under 50, the lake must not show the old 10."""
    under = lake.read("account_daily", where=pl.col("financing_balance") < 50)
    assert under["as_of"].to_list() == [day(1), day(2)]


@pytest.mark.parametrize(
    "where",
    [
        pl.all_horizontal(pl.selectors.float().is_null() | (pl.selectors.float() < 50)),
        (pl.col("as_of") == day(0)) & pl.all_horizontal(pl.selectors.float().is_null() | (pl.selectors.float() < 50)),
    ],
    ids=["selector", "day and selector"],
)
def test_nor_does_a_condition_that_names_its_columns_by_a_pattern(lake: Lake, where: pl.Expr) -> None:
    assert day(0) not in lake.read("account_daily", where=where)["as_of"].to_list()


def test_a_condition_on_the_identity_picks_facts(lake: Lake) -> None:
    assert balances(lake.read("account_daily", where=pl.col("as_of") == day(0))) == [(day(0), 99.0, None)]


def test_what_the_lake_has_not_reads_as_an_empty_table_of_the_right_shape(lake: Lake) -> None:
    frame = lake.read("index_daily", known_at=TODAY, where=pl.col("close") > 1)
    assert frame.schema == pl.Schema(INDEX_DAILY.schema)
    assert frame.height == lake.rows("index_daily") == 0
    assert lake.history("index_daily").schema == pl.Schema(INDEX_DAILY.schema)
    assert lake.quarantine().schema == pl.Schema(QUARANTINE_SCHEMA)


def test_what_the_lake_has_reads_with_every_column_in_order_and_utc(lake: Lake) -> None:
    frame = lake.read("account_daily")
    assert frame.schema == pl.Schema(ACCOUNT_DAILY.schema)
    assert frame["known_at"].to_list()[2] == datetime(2024, 2, 6, 10, tzinfo=UTC)


def test_facts_come_sorted_by_identity_whatever_the_order_they_came_in(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "sorted", create=True)
    for number in (2, 0, 1):
        stated = [{"as_of": day(number), "index": index, "close": 1.0} for index in ("b", "a")]
        lake.land([batch(stated, INDEX_DAILY)], now=TODAY)
    expected = [(day(number), index) for number in range(3) for index in ("a", "b")]
    assert lake.read(INDEX_DAILY).select("as_of", "index").rows() == expected


def test_an_unknown_table_is_named_with_the_known_ones(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r"'acount_daily'.*account_daily, margin_summary"):
        lake.read("acount_daily")


def test_a_condition_on_a_column_that_is_not_there_is_the_callers_mistake(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r"account_daily has no column closing"):
        lake.read("account_daily", where=pl.col("closing") > 1)
    with pytest.raises(UsageError, match=r"account_daily has no column closing"):
        lake.history("account_daily", where=pl.col("closing") > 1)


def test_rows_count_every_revision_and_tables_only_those_with_rows(lake: Lake) -> None:
    assert (lake.rows("account_daily"), lake.rows(ACCOUNT_DAILY), lake.tables()) == (5, 5, ["account_daily"])


def test_history_has_every_revision_that_meets_the_condition(lake: Lake) -> None:
    known = lake.history("account_daily", where=pl.col("as_of") == day(0))
    assert known.select("financing_balance", "revision").rows() == [(10.0, 0), (99.0, 1)]


def test_a_snapshot_does_not_see_what_lands_after_it(lake: Lake) -> None:
    view = lake.snapshot()
    later = batch([{"as_of": day(9), "financing_balance": 1.0}], file="later.csv", bad_rows=1)
    lake.land([later], now=TODAY)
    assert (view.read("account_daily").height, view.rows("account_daily")) == (3, 5)
    assert (view.imports().height, view.quarantine().height) == (3, 0)
    assert (lake.read("account_daily").height, lake.imports().height, lake.quarantine().height) == (4, 4, 1)


def test_compacting_changes_no_fact_and_leaves_one_file(lake: Lake) -> None:
    before, view = lake.history("account_daily"), lake.snapshot()
    lake.compact()
    assert lake.history("account_daily").equals(before)
    assert view.history("account_daily").equals(before)  # the old files are still there for whoever reads them
    published = lake.snapshot().state.tables["account_daily"]
    assert published.rows == 5
    opened = Lake(lake.root)
    opened.land([batch([{"as_of": day(5), "financing_balance": 1.0}])], now=TODAY)
    assert opened.read("account_daily").height == 4


def test_a_read_of_some_columns_brings_what_says_which_fact_it_is(lake: Lake) -> None:
    rows = lake.read("account_daily", columns=["short_balance"])
    assert rows.columns == ["as_of", "short_balance", *AUDIT_SCHEMA]
    assert rows["short_balance"].to_list() == [None, 5.0, None]
    kept = lake.read("account_daily", columns=[], where=pl.col("financing_balance") > 50)
    assert kept["as_of"].to_list() == [day(0)]
    with pytest.raises(UsageError, match="has no column nonsense"):
        lake.read("account_daily", columns=["nonsense"])
