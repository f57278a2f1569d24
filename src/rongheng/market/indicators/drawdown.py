"""The largest fall from a high to a later low inside a sliding window (区间最大回撤).

What lives here: the rule on plain arrays. What does not: which index, which window, and what a fall is set beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rongheng.basics.errors import UsageError
from rongheng.market.indicators.trend import NONE, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Falls:
    """For each position the largest fall of the window that ends there, and where its high and its low stand."""

    fall: FloatArray  # a fraction of the high, 0 or more; NaN where the window is not whole
    high_at: IntArray  # NONE where nothing fell, or the window is not whole
    low_at: IntArray


def largest_falls(high: FloatArray, low: FloatArray, *, window: int) -> Falls:
    """Return the largest fall from an intraday high to the intraday low of a later session, for every window.

    A high and a low of one session do not count as a fall: bars do not say which came first. Of equal falls the
    earliest counts, and of equal highs the first.

    Parameters
    ----------
    high, low : float64, shape (n,), above 0
        NaN where there is no bar.
    window : int, sessions, above 0
        The window that ends at t is t - window + 1 … t. It must be whole: a missing bar may have been its high or
        its low, so that NaN is returned for every window that holds one.

    Raises
    ------
    UsageError
        ``window`` is not above 0.

    Examples
    --------
    >>> falls = largest_falls(np.array([10.0, 12.0, 11.0, 10.0]), np.array([8.0, 11.0, 9.0, 9.5]), window=3)
    >>> falls.fall.tolist()  # 12 to 9 in both windows; the 8 came before the 12
    [nan, nan, 0.25, 0.25]
    >>> falls.high_at.tolist(), falls.low_at.tolist()
    ([-1, -1, 1, 1], [-1, -1, 2, 2])
    """
    if window < 1:
        raise UsageError(f"window is {window}; it must be 1 session or more.")
    count = len(high)
    falls = Falls(np.full(count, np.nan), np.full(count, NONE, dtype=np.int64), np.full(count, NONE, dtype=np.int64))
    if window > count:
        return falls
    fall, high_at, low_at = _scan(high, low, window)
    gaps = np.concatenate(([0], np.cumsum(np.isnan(high) | np.isnan(low))))
    whole = gaps[window:] == gaps[:-window]
    falls.fall[window - 1 :] = np.where(whole, fall, np.nan)
    falls.high_at[window - 1 :] = np.where(whole, high_at, NONE)
    falls.low_at[window - 1 :] = np.where(whole, low_at, NONE)
    return falls


def _scan(high: FloatArray, low: FloatArray, window: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Walk through all windows at once, one place in the window at a time."""
    starts = np.arange(len(high) - window + 1)
    fall = np.zeros(len(starts))
    high_at, low_at = np.full(len(starts), NONE), np.full(len(starts), NONE)
    top, top_at = high[starts].copy(), starts.copy()
    for place in range(1, window):
        here = slice(place, place + len(starts))
        deeper = 1 - low[here] / top
        found = deeper > fall
        fall[found], high_at[found], low_at[found] = deeper[found], top_at[found], starts[found] + place
        higher = high[here] > top
        top[higher], top_at[higher] = high[here][higher], starts[higher] + place
    return fall, high_at, low_at
