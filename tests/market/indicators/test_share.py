"""Shares of float cap and of turnover: hand sums, published shares, laws."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import UsageError
from rongheng.market.indicators.share import share
from tests.market.indicators.panels import made_up_panel, make_panel, real_panel, row_of

# 2024-01-30, 01-31, 02-01, 02-02: the month turns in the middle
FOUR = date(2024, 1, 30)


def panel_of(**columns: list[float | None]) -> pl.DataFrame:
    return make_panel({"financing_buys": [1.0] * 4, **columns}, first=FOUR)


def test_each_share_is_a_plain_quotient() -> None:
    panel = panel_of(
        margin_balance=[20.0, 22.0, 24.0, 21.0],
        float_cap=[1000.0, 1000.0, 800.0, 700.0],
        financing_buys=[10.0, 6.0, 8.0, 9.0],
        turnover=[100.0, 100.0, 80.0, 100.0],
    )
    rows = share(panel, window=2).rows
    assert rows["margin_share"].to_list() == pytest.approx([0.020, 0.022, 0.030, 0.030])
    assert rows["buys_share"].to_list() == pytest.approx([0.10, 0.06, 0.10, 0.09])
    # 24 / 20 - 1 and 21 / 22 - 1 beside 800 / 1000 - 1 and 700 / 1000 - 1
    assert rows["margin_growth"].to_list() == pytest.approx([None, None, 0.20, 21 / 22 - 1])
    assert rows["float_cap_growth"].to_list() == pytest.approx([None, None, -0.20, -0.30])
    # of the shares so far not above: 0.10 of one; 0.06 the lowest of two; 0.10 ties the highest; 0.09 beats one of four
    assert rows["buys_share_percentile"].to_list() == pytest.approx([1.0, 0.5, 1.0, 0.5])


def test_a_month_divides_the_sums_and_is_no_mean_of_daily_shares() -> None:
    panel = panel_of(financing_buys=[10.0, 60.0, 8.0, None], turnover=[100.0, 300.0, 80.0, 100.0])
    rows = share(panel, every="month").rows
    assert rows["period"].to_list() == ["2024-01", "2024-02"]
    assert rows["buys_share"].to_list() == pytest.approx([70 / 400, 8 / 80])
    assert rows["sessions"].to_list() == [2, 1]
    assert rows["sessions_left_out"].to_list() == [0, 1]
    assert rows["state"].to_list() == ["complete", "to_date"]


def test_a_month_without_turnover_has_no_buys_share_but_its_balance_share() -> None:
    panel = panel_of(margin_balance=[20.0] * 4, float_cap=[1000.0] * 4, turnover=[100.0, 100.0, None, None])
    rows = share(panel, every="month").rows
    assert rows["buys_share"].to_list() == [pytest.approx(0.01), None]
    assert rows["financing_buys"].to_list() == [2.0, None]
    assert rows["margin_share"].to_list() == pytest.approx([0.02, 0.02])


def test_growth_may_be_taken_over_a_single_session() -> None:
    panel = panel_of(margin_balance=[20.0, 25.0, 20.0, 20.0])
    assert share(panel, window=1).rows["margin_growth"].to_list() == pytest.approx([None, 0.25, -0.20, 0.0])


def test_without_float_cap_the_share_is_missing_and_said_to_be() -> None:
    reading = share(panel_of(margin_balance=[20.0] * 4, turnover=[100.0] * 4))
    assert reading.rows["margin_share"].null_count() == 4
    assert reading.rows["buys_share"].null_count() == 0
    assert any("float market cap" in note.en for note in reading.notes)


def test_a_float_cap_that_ends_early_is_said_to_end() -> None:
    reading = share(panel_of(margin_balance=[20.0] * 4, float_cap=[1000.0, 1000.0, None, None]))
    assert any("ends on 2024-01-31" in note.en for note in reading.notes)


def test_the_turnovers_grade_is_carried() -> None:
    columns: dict[str, list[object]] = {
        "financing_buys": [1.0, 1.0],
        "turnover": [10.0, 10.0],
        "turnover_grade": ["official", "estimated"],
    }
    assert share(make_panel(columns)).rows["grade"].to_list() == ["derived", "estimated"]
    assert share(make_panel(columns), every="month").rows["grade"].to_list() == ["estimated"]


def test_a_rolling_percentile_forgets_what_is_older_than_its_years() -> None:
    days = [date(2022, 1, 4), date(2023, 1, 4), date(2024, 1, 4)]
    columns: dict[str, list[object]] = {"financing_buys": [9.0, 5.0, 7.0], "turnover": [100.0] * 3}
    panel = make_panel(columns, sessions=days)
    assert share(panel).rows["buys_share_percentile"].to_list() == pytest.approx([1.0, 1 / 2, 2 / 3])
    # one year back from 2024-01-04 leaves out 2023-01-04 itself
    assert share(panel, years=1).rows["buys_share_percentile"].to_list() == [1.0, 1.0, 1.0]
    assert share(panel, years=2).rows["buys_share_percentile"].to_list() == [1.0, 1 / 2, 1.0]


@pytest.mark.parametrize("option", [{"every": "day"}, {"window": 0}, {"years": -1}])
def test_an_unknown_option_is_refused(option: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        share(panel_of(), **option)  # type: ignore[arg-type]


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_shares_do_not_depend_on_the_unit_of_money(seed: int) -> None:
    panel = made_up_panel(60, seed=seed)
    money = pl.col("margin_balance", "float_cap", "financing_buys", "turnover")
    plain, scaled = share(panel, window=5).rows, share(panel.with_columns(money * 1024.0), window=5).rows
    ratios = [name for name in plain.columns if "share" in name or "growth" in name]
    assert scaled.select(ratios).equals(plain.select(ratios))


def test_buys_were_17_percent_of_turnover_in_february_2015(shared_data: Path) -> None:
    """Published: Guosen Securities, 2025-01."""
    rows = share(real_panel(shared_data), every="month").rows
    row = rows.row(by_predicate=pl.col("period") == "2015-02", named=True)
    assert row["buys_share"] == pytest.approx(0.17, abs=0.001)


def test_buys_were_a_little_above_9_percent_of_turnover_in_december_2024(shared_data: Path) -> None:
    """Published: Guosen Securities, 2025-01, 9.2 %; without Beijing turnover is less and the share a little more."""
    rows = share(real_panel(shared_data), every="month").rows
    row = rows.row(by_predicate=pl.col("period") == "2024-12", named=True)
    assert row["buys_share"] == pytest.approx(0.092, abs=0.002)
    assert row["buys_share"] > 0.092


def test_the_balance_was_4_7_percent_of_float_cap_in_july_2015(shared_data: Path) -> None:
    """Published: the record of 2015, 4.72 %."""
    rows = share(real_panel(shared_data)).rows.filter(pl.col("session").is_between(date(2015, 6, 1), date(2015, 7, 31)))
    assert rows["margin_share"].max() == pytest.approx(0.0472, abs=0.0003)
    row = row_of(share(real_panel(shared_data)), date(2015, 7, 3))
    assert row["margin_share_percentile"] > 0.99  # type: ignore[operator]
