"""Single values: what was typed is kept exactly, in whole units, or refused."""

from __future__ import annotations

from datetime import date, time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.rulebook.scalars import (
    Duration,
    read_date,
    read_duration,
    read_money,
    read_multiple,
    read_percent,
    read_rate,
    read_shares,
    read_switch,
    read_time,
    show_money,
    show_percent,
    show_rate,
    show_scalar,
)


@pytest.mark.parametrize(
    ("typed", "bp"),
    [
        ("80%", 8_000),
        ("300%", 30_000),
        ("0%", 0),
        ("0.01%", 1),
        ("179.99%", 17_999),
        ("-5%", -500),
        ("1_000%", 100_000),
    ],
)
def test_percentages_are_kept_in_basis_points(typed: str, bp: int) -> None:
    assert read_percent(typed) == bp


@pytest.mark.parametrize("typed", ["0.8", "80", "80 %", "%", "0.001%", "1_0%", "1e2%", "８０%", "80%%", "+80%", ""])
def test_what_is_no_percentage_of_whole_basis_points_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="expected a percentage such as 80%"):
        read_percent(typed)


def test_rates_are_kept_in_parts_per_million() -> None:
    assert (read_rate("0.001%"), read_rate("8.35%"), read_rate("0.0001%")) == (10, 83_500, 1)
    with pytest.raises(ValueError, match="more decimals than are kept"):
        read_rate("0.00001%")


def test_money_is_kept_in_milli_yuan() -> None:
    assert (read_money("500_000 yuan"), read_money("0.001 yuan"), read_money("0.01 yuan")) == (500_000_000, 1, 10)


def test_a_share_cannot_be_split() -> None:
    assert read_shares("1 share") == 1
    with pytest.raises(ValueError, match="more decimals than are kept"):
        read_shares("0.5 shares")


def test_multiples_are_exact() -> None:
    assert read_multiple("0.1 times") == Fraction(1, 10)


@given(st.integers(-10_000_000, 10_000_000))
def test_a_percentage_that_is_shown_reads_back(bp: int) -> None:
    assert read_percent(show_percent(bp).en) == bp


@given(st.integers(0, 10**9))
def test_a_rate_that_is_shown_reads_back(ppm: int) -> None:
    assert read_rate(show_rate(ppm).zh) == ppm


@given(st.integers(0, 10**15))
def test_money_that_is_shown_reads_back(milli: int) -> None:
    assert read_money(show_money(milli).en.replace(",", "_")) == milli


def test_a_month_ends_where_the_next_one_is_shorter() -> None:
    assert Duration(6, "months").after(date(2025, 8, 31)) == date(2026, 2, 28)
    assert Duration(1, "years").after(date(2024, 2, 29)) == date(2025, 2, 28)
    assert Duration(2, "weeks").after(date(2025, 12, 25)) == date(2026, 1, 8)


def test_trading_days_skip_the_holidays() -> None:
    # National Day 2024: no trading from 1 to 7 October.
    assert Duration(2, "trading days").after(date(2024, 9, 30)) == date(2024, 10, 9)


def test_durations_are_shown_in_words() -> None:
    assert read_duration("1 trading day").show().en == "1 trading day"
    assert read_duration("6 months").show().zh == "6个月"


def test_times_dates_and_switches_are_read_as_typed() -> None:
    assert read_time("11:30") == time(11, 30)
    assert read_date("2024-02-29") == date(2024, 2, 29)
    assert (read_switch("yes"), read_switch("no")) == (True, False)


@pytest.mark.parametrize("typed", ["9:30", "24:00", "11.30", "11:30:00"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="found"):
        read_time(typed)


def test_values_are_shown_in_both_languages() -> None:
    assert (show_scalar(100, "shares").zh, show_scalar(100, "shares").en) == ("100股", "100 shares")
    assert (show_scalar(Fraction(5), "multiple").zh, show_scalar(Fraction(3, 2), "multiple").en) == ("5倍", "1.5 times")
    assert show_scalar(500_000_000, "money").zh == "50万元"
    assert show_scalar(800_000_000_000, "money").zh == "8亿元"
    assert show_scalar(5_001_000, "money").zh == "5,001元"
    assert show_scalar(True, "switch").zh == "是"
    assert show_scalar(4_000, "count").en == "4,000"
    assert show_scalar(time(9, 30), "time").en == "09:30"
