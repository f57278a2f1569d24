"""The weighted cost of financing: hand sums, gaps, and when it means nothing."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.contract import Reading
from rongheng.market.indicators.weighted_cost import weighted_cost
from tests.market.indicators.panels import made_up_panel, make_panel, real_panel

DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5), date(2024, 1, 8)]


def panel_of(balances: list[float | None], closes: list[float | None], **more: list[object]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {"financing_balance": balances, "csi_all_close": closes, **more}
    return make_panel(columns)


def only(reading: Reading) -> dict[str, Any]:
    return reading.rows.row(0, named=True)


def test_the_first_change_is_that_of_the_session_after_the_start() -> None:
    row = only(weighted_cost(panel_of([90, 100, 110, 140], [500, 600, 1000, 2000]), start=DAYS[1]))
    assert row["cost"] == (10 * 1000 + 30 * 2000) / 40  # neither 90 to 100 nor the closes of those days
    assert (row["start"], row["session"], row["sessions"]) == (DAYS[1], DAYS[3], 2)
    assert row["close_to_cost"] == pytest.approx(2000 / 1750 - 1)


def test_repayment_is_taken_off_at_the_days_level() -> None:
    row = only(weighted_cost(panel_of([100, 130, 120], [1, 1000, 1600]), start=DAYS[0]))
    assert row["cost"] == (30 * 1000 - 10 * 1600) / 20
    assert row["cost"] < 1000  # under every close: weights of both signs
    assert row["net_to_gross"] == 20 / 40


def test_a_net_change_under_a_tenth_of_the_absolute_ones_is_meaningless() -> None:
    # gains 55 and 45 lost: net 10 of 100; and gains 54 and 46 lost: net 8 of 100
    assert only(weighted_cost(panel_of([0, 55, 10], [1, 1, 1]), start=DAYS[0]))["verdict"] == "meaningful"
    assert only(weighted_cost(panel_of([0, 54, 8], [1, 1, 1]), start=DAYS[0]))["verdict"] == "meaningless"
    # the same for a fall
    assert only(weighted_cost(panel_of([60, 6, 52], [1, 1, 1]), start=DAYS[0]))["verdict"] == "meaningless"


def test_a_balance_that_came_back_to_where_it_was_has_no_cost() -> None:
    row = only(weighted_cost(panel_of([100, 120, 100], [1, 1000, 1600]), start=DAYS[0]))
    assert row["cost"] is None
    assert row["verdict"] == "meaningless"


@pytest.mark.parametrize(
    ("balances", "closes"),
    [
        ([100.0, None, 130.0, 140.0], [1.0, 900.0, 1000.0, 2000.0]),
        ([100.0, 110.0, 130.0, 140.0], [1.0, None, 1000.0, 2000.0]),
    ],
)
def test_the_change_over_a_gap_is_taken_whole_at_the_close_that_ends_it(
    balances: list[float | None], closes: list[float | None]
) -> None:
    reading = weighted_cost(panel_of(balances, closes), start=DAYS[0])
    row = only(reading)
    assert row["cost"] == (30 * 1000 + 10 * 2000) / 40
    assert (row["sessions"], row["sessions_spanned"]) == (2, 1)
    assert "1 sessions inside" in reading.notes[0].en


def test_the_start_may_be_a_day_without_a_balance() -> None:
    # 2024-01-06 is a Saturday: the balance of Friday stands
    row = only(weighted_cost(panel_of([100, 100, 100, 100, 110], [1, 1, 1, 1, 700]), start=date(2024, 1, 6)))
    assert (row["start"], row["cost"]) == (DAYS[3], 700)


def test_by_default_it_starts_at_the_last_confirmed_trough() -> None:
    # 100 is left behind at 110; 115 falls less than a twentieth from 118
    row = only(weighted_cost(panel_of([120, 100, 110, 118, 115], [1, 1, 10, 20, 30])))
    assert row["start"] == DAYS[1]


def test_before_any_trough_it_starts_at_the_first_balance() -> None:
    row = only(weighted_cost(panel_of([None, 100, 101, 102], [1, 1, 10, 20])))
    assert row["start"] == DAYS[1]
    assert row["cost"] == 15


def test_a_balance_that_never_moved_has_neither_cost_nor_meaning() -> None:
    reading = weighted_cost(panel_of([100, 100, 100], [1, 10, 20]), start=DAYS[0])
    row = only(reading)
    assert (row["net_to_gross"], row["cost"], row["verdict"]) == (None, None, "meaningless")
    assert reading.notes == ()  # no session was spanned


def test_all_gives_a_row_to_each_index_of_the_panel() -> None:
    reading = weighted_cost(
        panel_of([100, 110], [1, 50], csi300_close=[1, 70], csi300_tr_close=[1, 90]), start=DAYS[0], index="all"
    )
    assert reading.rows.select("index", "cost").rows() == [("csi-all", 50.0), ("csi300", 70.0)]


def test_the_grade_is_the_worst_of_what_went_in() -> None:
    grades: dict[str, list[object]] = {"csi_all_grade": ["simulated", "official", "estimated", "simulated"]}
    panel = panel_of([100, 110, 120, 130], [1, 50, 60, 70], **grades)
    assert only(weighted_cost(panel, start=DAYS[0], end=DAYS[1]))["grade"] == "derived"
    assert only(weighted_cost(panel, start=DAYS[1], end=DAYS[2]))["grade"] == "estimated"
    assert only(weighted_cost(panel, start=DAYS[0], end=DAYS[2]))["grade"] == "estimated"


@given(st.integers(0, 30), st.integers(20, 59), st.floats(0.5, 2.0))
@settings(deadline=None)
def test_scaling_the_index_scales_the_cost_and_scaling_money_does_not(seed: int, last: int, factor: float) -> None:
    panel = made_up_panel(60, seed=seed)
    start, end = panel["session"].item(2), panel["session"].item(last)
    plain = only(weighted_cost(panel, start=start, end=end))
    points = only(weighted_cost(panel.with_columns(pl.col("csi_all_close") * factor), start=start, end=end))
    money = only(weighted_cost(panel.with_columns(pl.col("financing_balance") * factor), start=start, end=end))
    assert points["cost"] == pytest.approx(plain["cost"] * factor, rel=1e-6)
    assert money["cost"] == pytest.approx(plain["cost"], rel=1e-6)


@given(st.integers(0, 30), st.integers(20, 59))
@settings(deadline=None)
def test_sessions_after_the_end_change_nothing(seed: int, last: int) -> None:
    panel = made_up_panel(60, seed=seed)
    end = panel["session"].item(last)
    assert weighted_cost(panel, end=end).rows.equals(weighted_cost(panel.head(last + 1)).rows)


@pytest.mark.parametrize(
    ("error", "options", "says"),
    [
        (UsageError, {"start": DAYS[1], "end": DAYS[1]}, "not before end"),
        (UsageError, {"index": "no such index"}, "No index is called"),
        (MissingDataError, {"index": "csi500"}, "it holds: csi-all"),
        (MissingDataError, {"start": date(2023, 1, 3)}, "begins on 2024-01-02"),
        (MissingDataError, {"start": DAYS[2]}, "no session after 2024-01-04"),
        (MissingDataError, {"end": date(2023, 1, 3)}, "no financing balance up to the end"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(error: type[Exception], options: dict[str, Any], says: str) -> None:
    with pytest.raises(error, match=says):
        weighted_cost(panel_of([100, 110, 120], [1, 50, 60]), **options)


def test_the_money_of_the_autumn_of_2024_stood_under_water_in_january(shared_data: Path) -> None:
    panel = real_panel(shared_data)
    row = only(weighted_cost(panel, start=date(2024, 9, 24), end=date(2025, 1, 6)))
    # the same sum, written out over plain lists
    span = panel.filter(pl.col("session").is_between(date(2024, 9, 24), date(2025, 1, 6)))
    balance, close = span["financing_balance"].to_list(), span["csi_all_close"].to_list()
    flows = [after - before for before, after in pairwise(balance)]
    assert row["cost"] == pytest.approx(sum(f * c for f, c in zip(flows, close[1:], strict=True)) / sum(flows))
    assert row["verdict"] == "meaningful"
    assert row["close_to_cost"] < 0


def test_a_rise_and_fall_of_the_same_size_gives_a_cost_that_no_index_ever_had(shared_data: Path) -> None:
    panel = real_panel(shared_data)
    row = only(weighted_cost(panel, start=date(2023, 8, 25), end=date(2024, 2, 1), index="sse"))
    closes = panel.filter(pl.col("session").is_between(date(2023, 8, 25), date(2024, 2, 1)))["sse_close"]
    assert row["verdict"] == "meaningless"
    assert row["cost"] > closes.max()
