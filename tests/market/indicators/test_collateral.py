"""Cash beside securities while the ratio falls: which way it went, and what is said without the split."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.market.indicators.collateral import collateral
from tests.depth import examples
from tests.market.indicators.panels import make_panel, real_panel

RATIOS = [2.5, 2.0, 2.1, 2.3]  # a low on the second session, confirmed on the fourth


def row_of_low(cash: list[float | None], securities: list[float | None], **more: list[Any]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {"maintenance_ratio": RATIOS, "collateral_cash": cash, **more}
    columns["collateral_securities"] = securities
    return collateral(make_panel(columns)).rows.row(0, named=True)


@pytest.mark.parametrize(
    ("cash", "securities", "verdict"),
    [
        (9.0, 190.0, "same"),  # 10 / 200 = 5.0 % to 9 / 190 = 4.7 %: cash went faster than securities
        (10.0, 160.0, "opposite"),  # prices fell and cash stayed
        (13.0, 160.0, "opposite"),  # cash came in
        (8.0, 160.0, "unchanged"),
    ],
)
def test_the_weight_of_cash_moves_with_the_ratio_or_against_it(cash: float, securities: float, verdict: str) -> None:
    row = row_of_low([10.0, cash, 1.0, 1.0], [200.0, securities, 1.0, 1.0])
    assert row["verdict"] == verdict


def test_every_figure_is_that_of_the_high_or_of_the_low() -> None:
    row = row_of_low([10.0, 12.0, 1.0, 1.0], [200.0, 160.0, 1.0, 1.0])
    assert row["ratio_change"] == pytest.approx(-0.5)
    assert (row["cash_to_securities_at_peak"], row["cash_to_securities"]) == (0.05, 0.075)
    assert row["cash_to_securities_change"] == pytest.approx(0.025)
    assert (row["cash_change"], row["securities_change"]) == pytest.approx((0.2, -0.2))
    assert row["as_of"] > row["session"]  # known since the confirmation


def test_the_published_fall_into_january_2025_went_the_same_way() -> None:
    """Published: Huachuang Securities, 2025-03: 6.95 % at 299.80 %, 5.98 % at 248.95 %."""
    columns = {
        "maintenance_ratio": [2.9980, 2.4895],
        "collateral_cash": [6.95, 5.98],
        "collateral_securities": [100.0, 100.0],
    }
    row = collateral(make_panel(columns, sessions=[date(2024, 10, 8), date(2025, 1, 10)])).rows.row(0, named=True)
    assert (row["state"], row["verdict"]) == ("so_far", "same")


def test_the_last_seven_sessions_before_it_went_the_other_way() -> None:
    """Published: the same report's chart 26: cash +1.0 %, securities -7.0 %, so the weight rose by 8.6 %."""
    row = row_of_low([100.0, 101.0, 1.0, 1.0], [1000.0, 930.0, 1.0, 1.0])
    assert row["cash_to_securities"] / row["cash_to_securities_at_peak"] == pytest.approx(1.086, abs=5e-4)
    assert row["verdict"] == "opposite"


def test_a_split_that_is_missing_at_one_end_has_no_verdict() -> None:
    row = row_of_low([None, 12.0, 1.0, 1.0], [None, 160.0, 1.0, 1.0])
    assert row["verdict"] is None
    assert row["cash_to_securities"] == 0.075
    assert row["ratio_change"] == pytest.approx(-0.5)


def test_without_any_split_it_says_what_would_supply_it(shared_data: Path) -> None:
    reading = collateral(real_panel(shared_data))
    assert reading.rows.is_empty()
    assert "CSF" in reading.notes[0].en
    assert "FUND_MARKET_CAP" in reading.notes[0].zh


def test_the_grade_is_the_worst_of_both_ends() -> None:
    grades = ["official", "estimated", "simulated", "simulated"]
    assert row_of_low([1.0] * 4, [2.0] * 4, account_grade=grades)["grade"] == "estimated"


@given(st.floats(0.1, 10))
@settings(deadline=None, max_examples=examples(8))
def test_the_unit_of_money_does_not_matter(factor: float) -> None:
    columns = {
        "maintenance_ratio": RATIOS,
        "collateral_cash": [10.0, 12.0, 11.0, 10.0],
        "collateral_securities": [200.0, 160.0, 170.0, 180.0],
    }
    panel = make_panel(columns)
    scaled = panel.with_columns(pl.col("collateral_cash", "collateral_securities") * factor)
    plain, other = collateral(panel).rows, collateral(scaled).rows
    assert other["verdict"].to_list() == plain["verdict"].to_list()
    assert other["cash_to_securities"].to_list() == pytest.approx(plain["cash_to_securities"].to_list())
