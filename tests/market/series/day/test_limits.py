"""Price limits by board, status and date, rounded half up to the tick; hand sums stand beside each."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.market.series.day.limits import limit_prices
from rongheng.rulebook import Rulebook

BOOK = Rulebook.load()
MAIN = ("600000.SH", "SSE", "main", "share")
CHINEXT = ("300750.SZ", "SZSE", "chinext", "share")
STAR = ("688981.SH", "SSE", "star", "share")
BSE = ("920002.BJ", "BSE", "bse", "share")
ETF = ("510300.SH", "SSE", None, "etf")
STAR_ETF = ("588000.SH", "SSE", None, "etf")


def limits(
    security: tuple[str, str, str | None, str],
    session: date,
    before: int | None,
    *,
    listing: str = "normal",
    listed_on: date | None = None,
) -> tuple[int | None, int | None]:
    code, exchange, board, kind = security
    row = {"security": code, "exchange": exchange, "board": board, "kind": kind, "listing": listing}
    frame = pl.DataFrame(
        [row | {"listed_on": listed_on, "previous_close_milli": before}],
        schema_overrides={"board": pl.String, "listed_on": pl.Date, "previous_close_milli": pl.Int64},
    )
    found = limit_prices(frame, session=session, book=BOOK).row(0, named=True)
    return found["low_limit_milli"], found["high_limit_milli"]


@pytest.mark.parametrize(
    ("security", "session", "before", "expected"),
    [
        (MAIN, date(2024, 2, 5), 10_050, (9_050, 11_060)),  # 9.045 and 11.055, both half up
        (MAIN, date(2024, 2, 5), 10_010, (9_010, 11_010)),  # 9.009 and 11.011
        (CHINEXT, date(2020, 8, 21), 100_000, (90_000, 110_000)),  # the last session of 10 %
        (CHINEXT, date(2020, 8, 24), 100_000, (80_000, 120_000)),
        (STAR, date(2019, 7, 29), 33_330, (26_660, 40_000)),  # 26.664 and 39.996
        (BSE, date(2024, 2, 5), 10_000, (7_000, 13_000)),
        (ETF, date(2024, 2, 5), 3_215, (2_894, 3_537)),  # 2.8935 and 3.5365, half up to the third decimal
        (STAR_ETF, date(2024, 2, 5), 1_000, (800, 1_200)),
    ],
)
def test_limits_are_the_previous_close_and_the_boards_limit(
    security: tuple[str, str, str | None, str], session: date, before: int, expected: tuple[int, int]
) -> None:
    assert limits(security, session, before) == expected


def test_a_warned_share_of_the_main_board_has_five_percent_until_july_2026() -> None:
    assert limits(MAIN, date(2026, 7, 3), 2_000, listing="risk_warned") == (1_900, 2_100)
    assert limits(MAIN, date(2026, 7, 6), 2_000, listing="risk_warned") == (1_800, 2_200)
    assert limits(CHINEXT, date(2026, 7, 3), 2_000, listing="risk_warned") == (1_600, 2_400)


def test_a_registered_share_has_no_limit_in_its_first_five_sessions() -> None:
    listed = date(2023, 4, 10)  # the first ten of the main boards
    fifth, sixth = calendar().offset(listed, 4), calendar().offset(listed, 5)
    assert limits(MAIN, fifth, 10_000, listed_on=listed) == (None, None)
    assert limits(MAIN, sixth, 10_000, listed_on=listed) == (9_000, 11_000)


def test_a_share_of_the_approval_system_has_no_known_limit_on_its_first_session_alone() -> None:
    listed = date(2023, 4, 7)
    assert limits(MAIN, listed, None, listed_on=listed) == (None, None)
    assert limits(MAIN, date(2023, 4, 10), 10_000, listed_on=listed) == (9_000, 11_000)


def test_without_a_previous_close_or_a_rule_nothing_is_guessed() -> None:
    assert limits(MAIN, date(2024, 2, 5), None) == (None, None)
    assert limits(("113050.SH", "SSE", None, "bond"), date(2024, 2, 5), 100_000) == (None, None)


@given(before=st.integers(1, 10**6).map(lambda cents: cents * 10))
def test_limits_agree_with_exact_fractions(before: int) -> None:
    def half_up(price: Fraction) -> int:
        return int(price / 10 + Fraction(1, 2)) * 10

    low, high = limits(MAIN, date(2024, 2, 5), before)
    assert high == half_up(Fraction(before) * 11 / 10)
    assert low == max(10, half_up(Fraction(before) * 9 / 10))
