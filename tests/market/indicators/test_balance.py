"""Balances and their changes: hand sums, the figures of published reports, laws."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.balance import INDICATOR, balance
from tests.market.indicators.panels import YI, made_up_panel, make_panel, real_panel, row_of


def balances(*financing: float | None, first: date = date(2024, 12, 24)) -> pl.DataFrame:
    short = [None if value is None else 2.0 for value in financing]
    total = [None if value is None else value + 2.0 for value in financing]
    columns = {"financing_balance": list(financing), "short_balance": short, "margin_balance": total}
    return make_panel(columns, first=first)


def test_changes_are_against_the_session_before_and_five_sessions_before() -> None:
    rows = balance(balances(100.0, 101.0, 103.0, 106.0, 110.0, 90.0)).rows
    assert rows["financing_change_1"].to_list() == [None, 1.0, 2.0, 3.0, 4.0, -20.0]
    assert rows["financing_change_5"].to_list() == [None] * 5 + [-10.0]
    assert rows["financing_change_5_fraction"].to_list()[-1] == pytest.approx(-0.10)
    assert rows["margin_change_1_fraction"].to_list()[1] == pytest.approx(1 / 102)
    assert rows["short_change_1"].to_list()[1] == 0.0


def test_a_session_without_a_figure_has_no_change_and_none_begins_there() -> None:
    rows = balance(balances(100.0, None, 103.0, 106.0)).rows
    assert rows["financing_change_1"].to_list() == [None, None, None, 3.0]
    blank = rows.row(1, named=True)
    assert {key for key, value in blank.items() if value is not None} == {"session", "as_of"}


def test_net_financing_to_date_starts_at_the_last_balance_of_the_month_and_quarter_before() -> None:
    # 2024-11-28, 11-29, 12-02, 12-03: the month turns, the quarter does not
    rows = balance(balances(100.0, 104.0, 107.0, 101.0, first=date(2024, 11, 28))).rows
    assert rows["net_financing_month"].to_list() == [None, None, 3.0, -3.0]
    assert rows["net_financing_quarter"].to_list() == [None] * 4
    # 2024-12-30, 12-31, 2025-01-02, 01-03: both turn
    rows = balance(balances(100.0, 104.0, 107.0, 101.0, first=date(2024, 12, 30))).rows
    assert rows["net_financing_quarter"].to_list() == [None, None, 3.0, -3.0]


def test_a_month_end_without_a_figure_leaves_the_last_one_before_it_as_the_base() -> None:
    rows = balance(balances(100.0, None, 107.0, first=date(2024, 12, 30))).rows
    assert rows["net_financing_month"].to_list() == [None, None, 7.0]


def test_since_the_peak_and_since_the_trough() -> None:
    rows = balance(balances(100.0, 110.0, 120.0, 114.0, 108.0), reversal=0.10).rows
    assert rows["last_peak_session"].to_list()[-1] == rows["session"].to_list()[2]
    assert rows["change_since_peak"].to_list() == [0.0, 0.0, 0.0, -6.0, -12.0]
    # 108 is a tenth below 120: the fall is confirmed and its own lowest value is the trough
    assert rows["change_since_trough"].to_list() == [0.0, 10.0, 20.0, 14.0, 0.0]


def test_a_week_of_holidays_does_not_part_the_weeks_beside_it() -> None:
    # Fridays 2024-09-27 and 2024-10-11 with 09-30 between; the exchanges were closed from 10-01 to 10-07
    panel = balances(100.0, 105.0, 112.0, 111.0, 113.0, 114.0, first=date(2024, 9, 27))
    assert panel["session"].to_list()[2] == date(2024, 10, 8)
    rows = balance(panel, every="week").rows
    assert rows["period"].to_list() == ["2024-W39", "2024-W40", "2024-W41"]
    assert rows["net_financing"].to_list() == [None, 5.0, 9.0]


def test_a_months_net_financing_is_also_a_fraction_of_the_balance_before() -> None:
    # 2024-11-28, 11-29 | 12-02, 12-03, 12-04
    rows = balance(balances(90.0, 100.0, 107.0, 105.0, 110.0, first=date(2024, 11, 28)), every="month").rows
    assert rows["net_financing_fraction"].to_list() == [None, pytest.approx(0.10)]


def test_a_month_without_any_figure_leaves_the_next_one_without_a_base() -> None:
    november, december = [100.0, 101.0], [None] * 22
    rows = balance(balances(*november, *december, 120.0, 121.0, first=date(2024, 11, 28)), every="month").rows
    assert rows["period"].to_list() == ["2024-11", "2025-01"]
    assert rows["net_financing"].to_list() == [None, None]
    by_session = balance(balances(*november, *december, 120.0, 121.0, first=date(2024, 11, 28))).rows
    assert by_session["net_financing_month"].to_list() == [None] * 26


def test_the_grade_of_a_month_counts_the_balance_that_it_starts_from() -> None:
    columns: dict[str, list[object]] = {
        "financing_balance": [100.0, 101.0, 102.0, 103.0],
        "balance_grade": ["official", "estimated", "official", "official"],
    }
    sessions = [date(2024, 10, 31), date(2024, 11, 29), date(2024, 12, 31), date(2025, 1, 27)]
    rows = balance(make_panel(columns, sessions=sessions), every="month").rows
    assert rows["grade"].to_list() == ["official", "estimated", "estimated", "official"]


def test_the_last_period_says_whether_it_is_over() -> None:
    whole = balances(100.0, 105.0, 112.0, first=date(2024, 12, 27))  # 12-27, 12-30, 12-31
    over, running = balance(whole, every="quarter"), balance(whole.head(2), every="quarter")
    assert over.rows["state"].to_list() == ["complete"]
    assert over.notes == ()
    assert running.rows["state"].to_list() == ["to_date"]
    assert "2024Q4" in running.notes[0].en


def test_the_grade_is_the_worst_of_the_balances_that_the_amounts_rest_on() -> None:
    columns: dict[str, list[object]] = {
        "financing_balance": [100.0 + n for n in range(8)],
        "balance_grade": ["official", "estimated", *["official"] * 6],
    }
    rows = balance(make_panel(columns, first=date(2024, 12, 2)), reversal=0.9).rows
    # the second is estimated; the third changes from it by a day, the seventh by five
    assert [day for day, grade in enumerate(rows["grade"]) if grade == "estimated"] == [1, 2, 6]


@pytest.mark.parametrize(("option", "value"), [("every", "year"), ("reversal", 0.0)])
def test_an_unknown_option_is_refused(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=option):
        balance(balances(100.0, 101.0), **{option: value})  # type: ignore[arg-type]


def test_a_panel_without_balances_says_what_is_missing() -> None:
    with pytest.raises(MissingDataError, match="financing_balance"):
        balance(make_panel({"maintenance_ratio": [2.5]}))


@given(st.integers(0, 50), st.sampled_from([0.5, 2.0, 1024.0]))
@settings(max_examples=10, deadline=None)
def test_scaling_money_scales_changes_and_leaves_fractions_and_ranks(seed: int, factor: float) -> None:
    panel = made_up_panel(60, seed=seed)
    scaled = panel.with_columns(pl.col("^(financing|short|margin)_balance$") * factor)
    plain, scaled_rows = balance(panel).rows, balance(scaled).rows
    for figure in INDICATOR.figures:
        if figure.name not in plain.columns:
            continue
        want = plain[figure.name] * factor if figure.unit == "yuan" else plain[figure.name]
        assert scaled_rows[figure.name].to_list() == want.to_list(), figure.name  # powers of two lose nothing


@pytest.mark.parametrize("every", ["week", "month", "quarter"])
def test_net_financing_of_all_periods_adds_up_to_the_whole_change(every: str) -> None:
    panel = made_up_panel(400, seed=3)
    rows = balance(panel, every=every).rows
    whole = rows["financing_balance"].to_list()
    assert rows["net_financing"].sum() == pytest.approx(whole[-1] - whole[0])


# Published: Guosen Securities, 2025-01-07 (Shanghai and Shenzhen, yi yuan). The whole-market series that relays CSF
# has been revised by up to 0.2 since.
@pytest.mark.parametrize(
    ("session", "published"),
    [
        (date(2024, 12, 31), -155.63),
        (date(2025, 1, 2), -70.22),
        (date(2025, 1, 3), -177.52),
        (date(2025, 1, 6), -80.49),
    ],
)
def test_the_daily_changes_of_january_2025_are_those_published(
    shared_data: Path, session: date, published: float
) -> None:
    row = row_of(balance(real_panel(shared_data)), session)
    assert row["financing_change_1"] == pytest.approx(published * YI, abs=0.2 * YI)


def test_the_fall_since_the_peak_of_december_2024_is_the_one_published(shared_data: Path) -> None:
    row = row_of(balance(real_panel(shared_data)), date(2025, 1, 6))
    assert row["last_peak_session"] == date(2024, 12, 12)
    assert row["change_since_peak"] == pytest.approx(-613.34 * YI, abs=0.2 * YI)
    assert row["financing_balance"] == pytest.approx(18_213.22 * YI, abs=0.2 * YI)


# Published: Qihe, 2024-02. It rounds balances to whole yi and takes differences of the rounded figures.
def test_peak_trough_and_week_of_february_2024_are_those_published(shared_data: Path) -> None:
    reading = balance(real_panel(shared_data))
    peak, now = row_of(reading, date(2023, 12, 13)), row_of(reading, date(2024, 2, 1))
    assert peak["last_trough_session"] == date(2023, 8, 25)
    assert peak["change_since_trough"] == pytest.approx(1_304 * YI, abs=1 * YI)
    assert peak["change_since_trough_fraction"] == pytest.approx(0.0888, abs=1e-4)
    assert now["last_peak_session"] == date(2023, 12, 13)
    assert now["change_since_peak"] == pytest.approx(-1_108 * YI, abs=1 * YI)
    assert now["change_since_peak_fraction"] == pytest.approx(-0.0693, abs=1e-4)
    assert now["margin_change_5_fraction"] == pytest.approx(-0.0326, abs=1e-4)
    assert now["financing_change_5_fraction"] == pytest.approx(-0.0308, abs=1e-4)


def test_the_fourth_quarter_of_2024_is_the_highest_for_longer_than_the_report_says(shared_data: Path) -> None:
    """Huachuang calls it the highest of five years in one place and of six in another: it is that of nine."""
    rows = balance(real_panel(shared_data), every="quarter").rows
    row = rows.row(by_predicate=pl.col("period") == "2024Q4", named=True)
    assert row["highest_since"] == "2015Q2"
    assert row["beaten"] == 37  # 2015Q3 to 2024Q3
    assert row["beaten"] >= 6 * 4
