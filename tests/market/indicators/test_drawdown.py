"""The largest fall in a sliding window, beside a slow twin that tries every pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import UsageError
from rongheng.market.indicators.drawdown import largest_falls
from rongheng.market.indicators.trend import NONE

# A bar is its low and how far the high stands above it; None is a missing bar.
BARS = st.lists(st.none() | st.tuples(st.integers(5, 20), st.integers(0, 4)), max_size=25)


@given(BARS, st.integers(1, 8))
@settings(deadline=None)
def test_no_pair_of_a_high_and_a_later_low_falls_further(bars: list[tuple[int, int] | None], window: int) -> None:
    low = np.array([np.nan if bar is None else float(bar[0]) for bar in bars])
    high = np.array([np.nan if bar is None else float(bar[0] + bar[1]) for bar in bars])
    falls = largest_falls(high, low, window=window)
    for end in range(len(bars)):
        first = end - window + 1
        if first < 0 or any(bar is None for bar in bars[first : end + 1]):
            assert np.isnan(falls.fall[end])
            assert falls.high_at[end] == falls.low_at[end] == NONE
            continue
        pairs = [1 - low[b] / high[a] for a in range(first, end + 1) for b in range(a + 1, end + 1)]
        assert falls.fall[end] == max([0.0, *pairs])
        if falls.fall[end] > 0:
            top, bottom = falls.high_at[end], falls.low_at[end]
            assert first <= top < bottom <= end
            assert 1 - low[bottom] / high[top] == falls.fall[end]


def test_of_equal_highs_and_lows_the_first_counts() -> None:
    falls = largest_falls(np.array([10.0, 10.0, 9.0, 9.0]), np.array([10.0, 10.0, 8.0, 8.0]), window=4)
    assert (falls.high_at[-1], falls.low_at[-1]) == (0, 2)


def test_a_rising_index_has_not_fallen() -> None:
    falls = largest_falls(np.array([10.0, 11.0, 12.0]), np.array([10.0, 11.0, 12.0]), window=3)
    assert falls.fall[-1] == 0
    assert falls.high_at[-1] == NONE


def test_a_high_and_a_low_of_one_session_are_not_a_fall() -> None:
    assert largest_falls(np.array([20.0]), np.array([10.0]), window=1).fall.tolist() == [0.0]


def test_a_window_longer_than_the_history_has_no_answer() -> None:
    assert np.isnan(largest_falls(np.array([2.0, 1.0]), np.array([2.0, 1.0]), window=3).fall).all()


def test_a_window_of_no_session_is_refused() -> None:
    with pytest.raises(UsageError, match="window is 0"):
        largest_falls(np.array([1.0]), np.array([1.0]), window=0)
