"""Collateral against the index before a low: hand sums, and the chart that a report printed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.collateral_gap import IMPLIED, SECURITIES, collateral_gap
from tests.market.indicators.panels import make_panel, real_panel

RATIOS: list[float | None] = [2.6, 2.5, 2.4, 2.0, 2.1, 2.3]  # a low on the fourth session
CLOSES: list[float | None] = [1000.0, 990.0, 980.0, 900.0, 950.0, 1000.0]


def panel_of(**more: list[Any]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {"maintenance_ratio": RATIOS, "csi_all_close": CLOSES, **more}
    return make_panel(columns)


def low_row(panel: pl.DataFrame, **options: Any) -> dict[str, Any]:
    rows = collateral_gap(panel, **options).rows.filter(pl.col("state") == "confirmed")
    return rows.row(0, named=True)


def test_a_window_compares_the_low_with_that_many_sessions_earlier() -> None:
    securities = [200.0, 199.0, 198.0, 160.0, 170.0, 180.0]
    row = low_row(panel_of(collateral_securities=securities, collateral_cash=[10.0] * 3 + [11.0] * 3), windows="3")
    assert row["collateral_change"] == pytest.approx(160 / 200 - 1)
    assert row["index_change"] == pytest.approx(900 / 1000 - 1)
    assert row["gap"] == pytest.approx(-0.10)  # a fifth against a tenth
    assert row["cash_change"] == pytest.approx(0.10)
    assert row["basis"] == SECURITIES


def test_without_the_split_ratio_times_debt_stands_in_and_is_named() -> None:
    reading = collateral_gap(panel_of(margin_balance=[100.0, 100.0, 100.0, 91.0, 90.0, 90.0]), windows="3")
    row = reading.rows.row(0, named=True)
    assert row["basis"] == IMPLIED
    assert row["collateral_change"] == pytest.approx(2.0 * 91 / (2.6 * 100) - 1)
    assert row["grade"] == "derived"
    assert any("ratio_x_debt" in note.en for note in reading.notes)


def test_each_window_has_a_row_and_one_that_starts_before_the_data_is_blank() -> None:
    rows = collateral_gap(panel_of(margin_balance=[100.0] * 6), windows="5, 2").rows
    low = rows.filter(pl.col("state") == "confirmed")
    assert low["window"].to_list() == [2, 5]
    assert low["gap"].is_null().to_list() == [False, True]
    assert low["basis"].to_list() == [IMPLIED, None]


def test_a_missing_figure_at_either_end_is_not_replaced_by_a_neighbour() -> None:
    balance = [None, 100.0, 100.0, 100.0, 100.0, 100.0]
    assert low_row(panel_of(margin_balance=balance), windows="3")["gap"] is None
    assert low_row(panel_of(margin_balance=balance), windows="2")["gap"] is not None


def test_the_fall_under_way_is_read_at_the_last_session() -> None:
    # the ratio ends at 2.2 after a high of 2.6: no low is confirmed yet
    columns: dict[str, list[Any]] = {
        "maintenance_ratio": [2.5, 2.6, 2.2],
        "margin_balance": [100.0] * 3,
        "csi_all_close": [1000.0, 1000.0, 950.0],
    }
    row = collateral_gap(make_panel(columns), windows="1").rows.row(-1, named=True)
    assert row["state"] == "so_far"
    assert row["gap"] == pytest.approx((2.2 / 2.6 - 1) - (0.95 - 1))


def test_the_grade_counts_both_ends_and_the_balance_only_where_it_stands_in() -> None:
    grades = ["estimated", *["official"] * 5]
    panel = panel_of(margin_balance=[100.0] * 6, balance_grade=grades)
    assert low_row(panel, windows="3")["grade"] == "estimated"
    split = panel.with_columns(collateral_securities=pl.lit(100.0))
    assert low_row(split, windows="3")["grade"] == "derived"


@pytest.mark.parametrize("windows", ["", "7;15", "0", "7,-1", "seven"])
def test_a_window_that_is_no_number_is_refused(windows: str) -> None:
    with pytest.raises(UsageError, match="windows"):
        collateral_gap(panel_of(), windows=windows)


def test_an_index_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(MissingDataError, match=r"csi1000.*holds: csi-all"):
        collateral_gap(panel_of(), index="csi1000")


# Published: Huachuang Securities, 2025-03, chart 26: securities collateral and CSI 300 over windows before the lows.
CHART_26 = [
    (date(2016, 1, 28), 7, None, -11.5),  # its -7.3 % for securities contradicts the report's own text
    (date(2018, 10, 18), 7, -14.1, -7.4),
    (date(2022, 4, 26), 7, -15.0, -9.7),
    (date(2024, 2, 5), 7, -16.8, -4.3),
    (date(2024, 9, 18), 7, -3.8, -2.7),
    (date(2016, 1, 28), 15, -24.9, -13.4),
    (date(2018, 10, 18), 15, -15.9, -8.1),
    (date(2022, 4, 26), 15, -19.6, -11.5),
    (date(2024, 2, 5), 15, -18.6, -2.5),
    (date(2024, 9, 18), 15, -3.4, -4.6),
]


@pytest.mark.parametrize(("session", "window", "securities", "csi300"), CHART_26)
def test_the_index_falls_as_printed_and_the_stand_in_comes_near_the_securities(
    shared_data: Path, session: date, window: int, securities: float | None, csi300: float
) -> None:
    rows = collateral_gap(real_panel(shared_data), index="csi300").rows
    row = rows.row(by_predicate=(pl.col("session") == session) & (pl.col("window") == window), named=True)
    assert row["index_change"] * 100 == pytest.approx(csi300, abs=0.06)
    assert row["basis"] == IMPLIED
    if securities is not None:  # cash inside and debt repaid: near, not equal
        assert row["collateral_change"] * 100 == pytest.approx(securities, abs=1.5)


def test_on_the_tenth_of_january_2025_the_fall_under_way_is_read_as_printed(shared_data: Path) -> None:
    """Published: the same chart: securities -7.0 % and -10.8 %, CSI 300 -5.1 % and -5.4 %."""
    panel = real_panel(shared_data).filter(pl.col("session") <= date(2025, 1, 10))
    rows = collateral_gap(panel, index="csi300").rows.filter(pl.col("state") == "so_far")
    assert [round(change * 100, 1) for change in rows["index_change"]] == [-5.1, -5.4]
    assert [change * 100 for change in rows["collateral_change"]] == pytest.approx([-7.0, -10.8], abs=0.2)
