"""Printed prices come back exactly from floats of 24 bits; what was never a printed price does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.market.sources.qlib.prices import PRICE_ERROR, to_tick

CENTS = st.integers(1, 300_000)  # 0.01 to 3,000 yuan: the dearest share ever was 2,627.88
FACTORS = st.floats(0.5, 7_000, allow_nan=False)


@given(cents=CENTS, factor=FACTORS)
def test_every_price_of_two_decimals_comes_back(cents: int, factor: float) -> None:
    rounded = np.float32(factor)
    adjusted = np.float32(cents / 100 * float(rounded))
    prices, good = to_tick(np.array([float(adjusted) / float(rounded)]), tick_milli=10, error=PRICE_ERROR)
    assert good.all()
    assert prices.tolist() == [cents * 10]


@given(cents=CENTS, factor=FACTORS, off=st.floats(0.1, 0.9))
def test_a_price_between_two_ticks_is_not_taken(cents: int, factor: float, off: float) -> None:
    rounded = np.float32(factor)
    adjusted = np.float32((cents + off) / 100 * float(rounded))
    # 0.1 of a tick is 0.001 yuan, which the error of a price reaches at 0.001 / 2**-22 = 4,194 yuan.
    prices, good = to_tick(np.array([float(adjusted) / float(rounded)]), tick_milli=10, error=PRICE_ERROR)
    assert not good.any()
    assert prices.tolist() == [0]


@pytest.mark.parametrize("price", [np.nan, np.inf, -np.inf, 0.0, -1.0, 0.004])
def test_what_is_no_price_is_not_taken(price: float) -> None:
    prices, good = to_tick(np.array([price]), tick_milli=10, error=PRICE_ERROR)
    assert prices.tolist() == [0]
    assert not good.any()


def test_where_the_error_reaches_half_a_tick_nothing_is_guessed() -> None:
    # Half a tick is 0.005 yuan: beyond 0.005 / 2**-22 = 20,971.52 yuan any quotient lies within the error of some tick.
    _, good = to_tick(np.array([30_000.005, 30_000.004]), tick_milli=10, error=PRICE_ERROR)
    assert good.tolist() == [False, True]
