"""Money is exact: named roundings against fractions, and the bounds that keep int64 tests exact."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics import money
from rongheng.basics.errors import UsageError

amounts = st.integers(-money.AMOUNT_LIMIT_MILLI, money.AMOUNT_LIMIT_MILLI)
positive = st.integers(1, money.AMOUNT_LIMIT_MILLI)
INT64_MAX = 2**63 - 1


@given(amounts, positive)
def test_each_rounding_goes_the_way_its_name_says(part: int, whole: int) -> None:
    assert money.floor_bp(part, whole) == floor(Fraction(part * 10_000, whole))
    assert money.ceil_bp(part, whole) == ceil(Fraction(part * 10_000, whole))
    assert money.floor_milli(part, whole) == floor(Fraction(part, whole))
    assert money.ceil_milli(part, whole) == ceil(Fraction(part, whole))


@given(amounts)
def test_half_up_fen_is_within_half_a_fen_and_never_below_on_a_tie(milli: int) -> None:
    fen = money.half_up_fen(milli)
    assert fen % 10 == 0
    assert -5 < fen - milli <= 5


@given(st.lists(st.tuples(amounts, positive), min_size=1))
def test_columns_round_as_single_numbers_do(pairs: list[tuple[int, int]]) -> None:
    part, whole = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    for rounding in (money.floor_bp, money.ceil_bp, money.floor_milli, money.ceil_milli):
        assert rounding(part, whole).tolist() == [rounding(int(p), int(w)) for p, w in pairs]


@given(amounts)
def test_an_amount_survives_being_shown_and_read(milli: int) -> None:
    assert money.parse_yuan(money.show_yuan(milli)) == milli


@pytest.mark.parametrize("typed", ["", "1.2345", "1e5", "1,23", "0x10", "--1", "1.", "yuan"])
def test_what_is_no_exact_amount_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="three decimals"):
        money.parse_yuan(typed)


def test_every_line_test_at_the_bounds_stays_inside_int64() -> None:
    top = money.AMOUNT_LIMIT_MILLI - 1
    assert top * money.BP <= INT64_MAX
    assert top * money.LINE_LIMIT_BP <= INT64_MAX


def test_available_margin_at_the_bounds_stays_inside_int64() -> None:
    # below zero at worst: full loss on purchases and shorts, short proceeds, margin on all debt, other debts
    top = money.AMOUNT_LIMIT_MILLI - 1
    lowest = 4 * top * money.BP + top * money.MARGIN_RATIO_LIMIT_BP
    assert lowest <= INT64_MAX


def test_a_position_at_the_bounds_of_price_and_layout_stays_inside_int64() -> None:
    assert (2**31 - 1) * (money.PRICE_LIMIT_MILLI - 1) <= INT64_MAX


def test_interest_at_the_bounds_stays_inside_int64() -> None:
    # by quotient and remainder: the remainder of the principal × rate × days, both rates at their limit
    basis = 365 * money.PPM
    assert (basis - 1) * 2 * money.RATE_LIMIT_PPM * money.TERM_LIMIT_DAYS <= INT64_MAX
