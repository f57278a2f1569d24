"""Market-wide stops: the lines from both sides, when a stop works, and that nothing flips between the lines."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.market.pools.stops import Stops, market_stops
from rongheng.market.pools.tables import MONITOR
from rongheng.rulebook import Rulebook
from tests.depth import examples

DAYS = list(calendar().between(date(2025, 3, 3), date(2025, 4, 30)))
FLOAT = 10_000_000_000.0


def observed(*balances: float | None, code: str = "600000.SH", kind: str | None = None, **others: Any) -> pl.DataFrame:
    """Return one security's sessions with these financing balances; credit accounts hold more than they owe."""
    rows = [
        {
            "security": code,
            "session": day,
            "kind": kind,
            "financing_balance": balance,
            "credit_account_value": FLOAT,
            "float_value": FLOAT,
            **others,
        }
        for day, balance in zip(DAYS, balances, strict=False)
    ]
    schema = {name: dtype for name, dtype in MONITOR.schema.items() if name in rows[0]}
    return pl.DataFrame(rows, schema=schema)


def states(rows: pl.DataFrame, side: str = "financing", **options: Any) -> list[bool]:
    found: Stops = market_stops(rows, **options)
    return found.rows.filter(pl.col("side") == side)["stopped"].to_list()


@pytest.mark.parametrize(("balance", "stops"), [(2_499_999_999.99, False), (2_500_000_000.0, True)])
def test_a_share_is_stopped_at_a_quarter_from_the_next_session(balance: float, stops: bool) -> None:
    assert states(observed(balance, 2.3e9, 2.3e9)) == [False, stops, stops]


@pytest.mark.parametrize(("balance", "stays"), [(2_000_000_000.0, True), (1_999_999_999.99, False)])
def test_and_resumes_under_a_fifth_from_the_next_session(balance: float, stays: bool) -> None:
    assert states(observed(2.6e9, balance, 2.3e9)) == [False, True, stays]


@pytest.mark.parametrize(("balance", "stops"), [(7_499_999_999.99, False), (7_500_000_000.0, True)])
def test_an_etf_is_stopped_at_three_quarters(balance: float, stops: bool) -> None:
    assert states(observed(balance, 7.2e9, code="510300.SH", kind="etf")) == [False, stops]


@pytest.mark.parametrize(("balance", "stays"), [(7_000_000_000.0, True), (6_999_999_999.99, False)])
def test_and_resumes_under_seven_tenths(balance: float, stays: bool) -> None:
    assert states(observed(7.6e9, balance, 7.2e9, code="510300.SH", kind="etf")) == [False, True, stays]


def test_the_smaller_of_balance_and_holdings_counts() -> None:
    held_less = observed(3e9, 3e9).with_columns(credit_account_value=2.4e9)
    assert states(held_less) == [False, False]
    assert states(observed(3e9, 3e9).with_columns(credit_account_value=2.5e9)) == [False, True]


def test_with_one_of_two_figures_missing_a_stop_is_unknown_but_a_low_ratio_is_certain() -> None:
    rows = observed(3e9, 3e9, 1.9e9, 1.9e9).with_columns(credit_account_value=pl.lit(None, dtype=pl.Float64))
    assert states(rows) == [False] * 4
    assert states(rows, stopped=[("600000.SH", "financing")]) == [True, True, True, False]
    assert market_stops(rows).rows.filter(side="financing")["ratio"].to_list() == [None] * 4


@pytest.mark.parametrize(
    ("kind", "code", "line", "resume"), [(None, "600000.SH", 25, 20), ("etf", "510300.SH", 75, 70)]
)
def test_short_sales_have_the_same_lines_of_the_tradable_quantity(
    kind: str | None, code: str, line: int, resume: int
) -> None:
    def sold(*percents: float) -> list[bool]:
        rows = observed(*([0.0] * len(percents)), code=code, kind=kind, tradable_shares=100_000.0)
        return states(rows.with_columns(short_shares=pl.Series([1_000.0 * p for p in percents])), side="short")

    assert sold(line, line) == [False, True]
    assert sold(line - 0.001, line) == [False, False]
    assert sold(line, resume, resume) == [False, True, True]
    assert sold(line, resume - 0.001, resume) == [False, True, False]


def test_nothing_known_and_nothing_held_are_not_the_same() -> None:
    before = [("600000.SH", "financing")]
    assert states(
        observed(None, None).with_columns(credit_account_value=pl.lit(None, dtype=pl.Float64)), stopped=before
    ) == [True, True]
    assert states(observed(0.0, 0.0), stopped=before) == [True, False]
    no_float = observed(3e9, 3e9).with_columns(float_value=0.0)
    assert states(no_float) == [False, False]


def test_a_session_without_figures_changes_nothing() -> None:
    assert states(observed(2.6e9, None, None, 1.9e9, None)) == [False, True, True, True, False]


def test_a_suspended_share_stands_under_the_last_word_after_a_gap() -> None:
    rows = observed(2.6e9, 2.6e9, 2.3e9, 2.3e9)
    gap = rows.filter(~pl.col("session").is_in(DAYS[1:3]))
    assert states(gap) == [False, True]


def test_a_stop_from_before_goes_on_until_it_falls_under_the_line() -> None:
    rows = observed(2.2e9, 1.9e9, 2.2e9)
    assert states(rows, stopped=[("600000.SH", "financing")]) == [True, True, False]
    assert states(rows) == [False, False, False]


def test_events_say_what_works_from_when() -> None:
    found = market_stops(observed(2.4e9, 2.5e9, 2.6e9, 1.9e9, 1.8e9)).rows.filter(side="financing")
    events = found.filter(pl.col("event").is_not_null()).select("session", "event", "works_from").rows()
    assert events == [(DAYS[1], "stop", DAYS[2]), (DAYS[3], "resume", DAYS[4])]
    assert set(found["rule"]) == {"exchange.stops.financing"}


def test_a_stop_before_a_holiday_works_on_the_first_session_after_it() -> None:
    days = [date(2024, 9, 30), date(2024, 10, 8)]
    rows = observed(2.6e9, 2.6e9).with_columns(session=pl.Series(days))
    event = market_stops(rows).rows.filter(pl.col("event") == "stop")
    assert event["works_from"].to_list() == [date(2024, 10, 8)]


def test_markets_and_days_without_the_rule_are_counted_and_left_out() -> None:
    beijing = market_stops(observed(9e9, 9e9, code="920001.BJ"))
    assert beijing.rows.is_empty()
    assert "4 rows" in beijing.notes[0].en
    early = observed(9e9).with_columns(session=pl.lit(date(2011, 11, 24)))
    assert market_stops(early).rows.is_empty()
    on_the_day = observed(9e9).with_columns(session=pl.lit(date(2011, 11, 25)))
    assert market_stops(on_the_day).rows.height == 2


def test_what_is_neither_known_for_a_share_nor_said_to_be_an_etf_is_left_out() -> None:
    found = market_stops(observed(3e9, code="510300.SH"))
    assert found.rows.is_empty()
    assert "510300.SH" in found.notes[0].en


def test_the_ratio_is_the_one_of_the_rulebook() -> None:
    formula = Rulebook.load().rule("exchange.stops.measure").on(DAYS[0], market="SSE").formula
    exact = formula(financing_balance=3, credit_account_value=2, float_value=7)
    assert exact == Fraction(2, 7)
    rows = observed(3.0).with_columns(credit_account_value=2.0, float_value=7.0)
    assert market_stops(rows).rows.filter(side="financing")["ratio"].to_list() == [float(exact)]


def test_a_line_is_met_exactly_at_the_largest_market_values() -> None:
    """2 × 10¹³ yuan in hundredths × 7,500 basis points is 1.5 × 10¹⁹: beyond the 9.2 × 10¹⁸ of 64 bits."""
    whole = 20_000_000_000_000.04
    rows = observed(0.0, 0.0, code="510300.SH", kind="etf").with_columns(float_value=whole, credit_account_value=whole)
    at, under = (
        rows.with_columns(financing_balance=balance) for balance in (15_000_000_000_000.03, 15_000_000_000_000.02)
    )
    assert states(at) == [False, True]
    assert states(under) == [False, False]


percents = st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=2, max_size=len(DAYS))


@settings(max_examples=examples(24))
@given(percents)
def test_the_state_is_what_a_clerk_with_a_pencil_keeps(ratios: list[int | None]) -> None:
    stopped, kept = False, []
    for percent in ratios:
        kept.append(stopped)
        if percent is not None and percent >= 25:
            stopped = True
        elif percent is not None and percent < 20:
            stopped = False
    assert states(observed(*(None if p is None else p * FLOAT / 100 for p in ratios))) == kept


@settings(max_examples=examples(24))
@given(st.lists(st.integers(200, 249), min_size=2, max_size=len(DAYS)), st.booleans())
def test_between_the_lines_nothing_ever_flips(tenths: list[int], stopped: bool) -> None:
    rows = observed(*(tenth * FLOAT / 1_000 for tenth in tenths))
    before = [("600000.SH", "financing")] if stopped else []
    assert states(rows, stopped=before) == [stopped] * len(tenths)


@settings(max_examples=examples(12))
@given(st.lists(percents, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_securities_do_not_touch_each_other(series: list[list[int | None]], random: Any) -> None:
    frames = [
        observed(*(None if p is None else p * FLOAT / 100 for p in ratios), code=f"60000{number}.SH")
        for number, ratios in enumerate(series)
    ]
    together = pl.concat(frames)
    shuffled = together[random.sample(range(together.height), together.height)]
    alone = pl.concat(market_stops(one).rows for one in frames)
    assert (
        market_stops(shuffled)
        .rows.sort("security", "side", "session")
        .equals(alone.sort("security", "side", "session"))
    )


def test_a_stop_goes_on_over_a_change_of_code() -> None:
    before, since = date(2025, 2, 14), date(2025, 2, 17)
    rows = pl.concat(
        observed(2_200_000_000.0, code=code).with_columns(session=pl.lit(day))
        for code, day in (("300114.SZ", before), ("302132.SZ", since))
    )
    found = market_stops(rows, stopped=[("300114.SZ", "financing")]).rows.filter(side="financing")
    assert found.select("session", "security", "stopped").rows() == [
        (before, "302132.SZ", True),
        (since, "302132.SZ", True),
    ]
