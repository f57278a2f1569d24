"""Who takes part: hand sums, published counts, and the collateral that stands without debt."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import MissingDataError
from rongheng.market.indicators.participation import participation
from tests.market.indicators.panels import YI, made_up_panel, make_panel, real_panel, row_of

ONE_DAY: dict[str, list[Any]] = {
    "individual_count": [7_000_000],
    "institution_count": [50_000],
    "active_count": [352_500],
    "indebted_count": [1_762_500],
    "margin_balance": [1_500_000_000_000.0],
    "maintenance_ratio": [2.60],
    "collateral_total": [4_500_000_000_000.0],
}


def one_row(**changed: list[Any]) -> dict[str, Any]:
    return participation(make_panel(ONE_DAY | changed)).rows.row(0, named=True)


def test_shares_are_of_all_investors_individuals_and_institutions() -> None:
    row = one_row()
    assert row["investor_count"] == 7_050_000
    assert row["active_share"] == pytest.approx(0.05)
    assert row["indebted_share"] == pytest.approx(0.25)
    assert row["debt_per_indebted"] == pytest.approx(1.5e12 / 1_762_500)


def test_what_is_left_after_ratio_times_debt_stands_without_debt() -> None:
    row = one_row()
    assert row["collateral_of_indebted"] == pytest.approx(2.60 * 1.5e12)
    assert row["collateral_without_debt"] == pytest.approx(0.6e12)  # 4.5 - 3.9
    assert row["without_debt_share"] == pytest.approx(0.6 / 4.5)
    assert row["total_to_debt"] == pytest.approx(3.0)  # beside a ratio of 2.60


def test_the_whole_markets_collateral_over_debt_is_not_the_published_ratio() -> None:
    """Published for 2026-08-13: collateral 86,956.33, balances 26,497.25 + 259.90 (yi), ratio 281.58 %."""
    row = one_row(
        collateral_total=[86_956.33 * YI], margin_balance=[(26_497.25 + 259.90) * YI], maintenance_ratio=[2.8158]
    )
    assert round(row["total_to_debt"], 2) == 3.25
    assert row["without_debt_share"] == pytest.approx(1 - 0.866, abs=1e-3)


@pytest.mark.parametrize(
    ("blank", "gone"),
    [
        ("active_count", {"active_share"}),
        ("institution_count", {"investor_count", "active_share", "indebted_share"}),
        (
            "maintenance_ratio",
            {"collateral_of_indebted", "collateral_without_debt", "without_debt_share"},
        ),
        ("collateral_total", {"total_to_debt", "collateral_without_debt", "without_debt_share"}),
    ],
)
def test_a_missing_figure_leaves_blank_what_rests_on_it_and_nothing_else(blank: str, gone: set[str]) -> None:
    row = one_row(**{blank: [None]})
    assert {name for name, value in row.items() if value is None} == gone | {blank}


def test_nobody_in_debt_is_no_division_by_zero() -> None:
    row = one_row(indebted_count=[0], margin_balance=[0.0])
    assert row["debt_per_indebted"] is None
    assert row["total_to_debt"] is None
    assert row["indebted_share"] == 0


def test_the_balances_grade_counts_where_debt_is_used() -> None:
    assert one_row(balance_grade=["estimated"])["grade"] == "estimated"
    assert one_row(balance_grade=["estimated"], margin_balance=[None])["grade"] == "official"


def test_a_panel_without_counts_says_what_is_missing() -> None:
    with pytest.raises(MissingDataError, match="indebted_count"):
        participation(make_panel({"margin_balance": [1.0]}))


@given(st.integers(0, 20), st.sampled_from([0.5, 1024.0]))
@settings(deadline=None, max_examples=10)
def test_scaling_money_scales_amounts_and_leaves_shares(seed: int, factor: float) -> None:
    panel = made_up_panel(30, seed=seed)
    plain = participation(panel).rows
    scaled = participation(panel.with_columns(pl.col("margin_balance", "collateral_total") * factor)).rows
    for name in ("debt_per_indebted", "collateral_of_indebted", "collateral_without_debt"):
        assert scaled[name].to_list() == (plain[name] * factor).to_list()  # powers of two lose nothing
    for name in ("active_share", "indebted_share", "without_debt_share", "total_to_debt"):
        assert scaled[name].to_list() == plain[name].to_list()


# Published in the press from the same statistics: 7.4799 million individuals and 50,900 institutions at the end of
# June 2025; 6.17 % of investors traded on 2025-09-30.
def test_the_counts_of_2025_are_those_published(shared_data: Path) -> None:
    reading = participation(real_panel(shared_data))
    june, september = row_of(reading, date(2025, 6, 30)), row_of(reading, date(2025, 9, 30))
    assert june["individual_count"] == pytest.approx(7_479_900, abs=50)
    assert june["institution_count"] == pytest.approx(50_900, abs=50)
    assert september["active_share"] == pytest.approx(0.0617, abs=5e-5)


def test_collateral_without_debt_is_a_small_steady_part_of_the_whole(shared_data: Path) -> None:
    """It is inferred; were the inference wrong it would not stay near a sixth for ten years."""
    rows = participation(real_panel(shared_data)).rows.filter(pl.col("session") != date(2016, 1, 28))
    shares = rows["without_debt_share"].drop_nulls()
    assert len(shares) > 2_500
    assert shares.is_between(0.10, 0.26).all()


def test_a_total_that_was_not_updated_stands_out(shared_data: Path) -> None:
    """On 2016-01-28 the total of 2016-01-20 was published again."""
    reading = participation(real_panel(shared_data))
    day, before = row_of(reading, date(2016, 1, 28)), row_of(reading, date(2016, 1, 27))
    assert day["collateral_total"] == row_of(reading, date(2016, 1, 20))["collateral_total"]
    assert day["without_debt_share"] > 1.5 * before["without_debt_share"]  # type: ignore[operator]
