"""Where a series stands in its own past: percentile, "highest since", last peak and last trough.

What lives here: rules on one plain array that several indicators share. What does not: frames, sessions and units.
Every value at position t is made of positions up to t alone, so that nothing here sees the future; NaN is a missing
figure, is passed over, and yields NaN or -1 at its own position.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rongheng.basics.errors import UsageError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NONE = -1  # no such position


def percentile_so_far(values: FloatArray, *, oldest: IntArray | None = None) -> FloatArray:
    """Return the share of the figures up to each position that are not above its own (历史分位).

    Parameters
    ----------
    values : float64, shape (n,)
        NaN where there is no figure.
    oldest : int64, shape (n,), ascending, optional
        For each position the first one that still counts; all earlier ones count when it is left out.

    Returns
    -------
    float64, shape (n,)
        Above 0 and up to 1; the first figure is 1. NaN where there is no figure.

    Examples
    --------
    >>> percentile_so_far(np.array([3.0, 1.0, 2.0, np.nan, 3.0])).tolist()
    [1.0, 0.5, 0.6666666666666666, nan, 1.0]
    """
    result = np.full(len(values), np.nan)
    ranked: list[float] = []
    gone = 0
    for position, value in enumerate(values.tolist()):
        while oldest is not None and gone < oldest[position]:
            left = float(values[gone])
            if left == left:  # not NaN
                del ranked[bisect_left(ranked, left)]
            gone += 1
        if value == value:
            insort(ranked, value)
            result[position] = bisect_right(ranked, value) / len(ranked)
    return result


def last_as_high(values: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the last earlier position with a figure as high or higher, and how many figures lie between.

    "The highest since 2015" names the first; the second says how many figures in a row it beats.

    Returns
    -------
    positions : int64, shape (n,)
        ``NONE`` where no earlier figure is as high, and where there is no figure.
    beaten : int64, shape (n,)
        The figures passed over on the way back there, all lower; ``NONE`` where there is no figure.

    Examples
    --------
    >>> positions, beaten = last_as_high(np.array([5.0, 1.0, 2.0, 4.0, 9.0]))
    >>> positions.tolist(), beaten.tolist()
    ([-1, 0, 0, 0, -1], [0, 0, 1, 2, 4])
    """
    positions = np.full(len(values), NONE, dtype=np.int64)
    beaten = np.full(len(values), NONE, dtype=np.int64)
    standing: list[tuple[float, int, int]] = []  # value, position, how many figures came before it; values fall
    count = 0
    for position, value in enumerate(values.tolist()):
        if value != value:
            continue
        while standing and standing[-1][0] < value:
            standing.pop()
        beaten[position] = count - (standing[-1][2] + 1 if standing else 0)
        if standing:
            positions[position] = standing[-1][1]
        standing.append((value, position, count))
        count += 1
    return positions, beaten


@dataclass(frozen=True, slots=True)
class TurningPoints:
    """For each position the last peak and the last trough as known there; ``NONE`` where there is none.

    While a series rises, its last peak is the highest value of the rise so far (today's, at a new high); while it
    falls, its last trough is the lowest value of the fall so far. The ``confirmed`` ones have been left behind by a
    whole reversal and never move again.
    """

    peak: IntArray
    trough: IntArray
    confirmed_peak: IntArray
    confirmed_trough: IntArray


def turning_points(values: FloatArray, *, reversal: float) -> TurningPoints:
    """Return the peaks and troughs of a positive series by one reversal rule (峰、谷).

    A rise ends, and its highest value is a confirmed peak, on the first day that stands ``reversal`` or more below
    that value; a fall ends, and its lowest value is a confirmed trough, on the first day that stands ``reversal`` or
    more above it. Of equal values the first is the peak or the trough. Before the first reversal both are the extremes
    so far.

    Parameters
    ----------
    values : float64, shape (n,), above 0
        NaN where there is no figure.
    reversal : float, between 0 and 1
        The fraction of the peak or trough by which the series must turn.

    Raises
    ------
    UsageError
        ``reversal`` does not lie between 0 and 1.

    Examples
    --------
    >>> points = turning_points(np.array([100.0, 110.0, 108.0, 99.0, 105.0]), reversal=0.1)
    >>> points.peak.tolist(), points.confirmed_peak.tolist()  # 99 stands a tenth below 110
    ([0, 1, 1, 1, 1], [-1, -1, -1, 1, 1])
    >>> points.trough.tolist(), points.confirmed_trough.tolist()  # 110 stands a tenth above 100
    ([0, 0, 0, 3, 3], [-1, 0, 0, 0, 0])
    """
    if not 0 < reversal < 1:
        raise UsageError(f"reversal is {reversal}; it must lie between 0 and 1, such as 0.05 for a turn of 5 %.")
    found = np.full((4, len(values)), NONE, dtype=np.int64)
    walk = _Walk(reversal)
    for position, value in enumerate(values.tolist()):
        if value == value:
            walk.step(position, value)
            found[:, position] = (walk.peak[0], walk.trough[0], walk.confirmed_peak, walk.confirmed_trough)
    return TurningPoints(*found)


# A move that stands exactly on the reversal has reached it, however its binary fraction was rounded.
_ROUNDING = 1e-12


class _Walk:
    """The state of one pass: the extremes of the leg that is under way, and the turning points behind it."""

    def __init__(self, reversal: float) -> None:
        self.rise = 1 + reversal
        self.fall = 1 - reversal
        self.direction = 0  # 1 rising, -1 falling, 0 before the first reversal
        self.peak = (NONE, -np.inf)
        self.trough = (NONE, np.inf)
        self.confirmed_peak = self.confirmed_trough = NONE

    def step(self, position: int, value: float) -> None:
        turned_up = value >= self.trough[1] * self.rise * (1 - _ROUNDING)
        turned_down = value <= self.peak[1] * self.fall * (1 + _ROUNDING)
        if self.direction <= 0 and turned_up:
            self.direction, self.confirmed_trough, self.peak = 1, self.trough[0], (position, value)
        elif self.direction >= 0 and turned_down:
            self.direction, self.confirmed_peak, self.trough = -1, self.peak[0], (position, value)
        if self.direction >= 0 and value > self.peak[1]:
            self.peak = (position, value)
        if self.direction <= 0 and value < self.trough[1]:
            self.trough = (position, value)
