"""What a series did after each of a list of events: its return over one horizon, and how deep it fell on the way.

What lives here: the counting on plain arrays. What does not: which events (``record``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rongheng.market.indicators.trend import FloatArray, IntArray

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Aftermath:
    """The events whose horizon has ended, with what followed each; the arrays are aligned."""

    which: IntArray  # places in the list of events
    starts: IntArray  # positions of those events
    returns: FloatArray  # close at the horizon / close at the event − 1
    deepest: FloatArray  # lowest close within the horizon / close at the event − 1, at most 0
    pending: int  # events whose horizon has not ended
    separate: int  # the most of ``starts`` whose horizons do not overlap


def aftermath(closes: FloatArray, events: Sequence[int], *, horizon: int) -> Aftermath:
    """Return what the closes did over the ``horizon`` sessions after each event.

    Parameters
    ----------
    closes : float64, shape (n_sessions,)
        NaN where there is none. An event that has no close on its day or at its horizon is left out.
    events : positions, ascending
    horizon : int, sessions, above 0

    Examples
    --------
    >>> after = aftermath(np.array([100.0, 90.0, 110.0, 99.0]), [0, 1, 3], horizon=2)
    >>> after.returns.round(4).tolist(), after.deepest.round(4).tolist()
    ([0.1, 0.1], [-0.1, 0.0])
    >>> after.pending, after.separate
    (1, 1)
    """
    positions = np.array(events, dtype=np.int64)
    ended = np.flatnonzero(positions + horizon < len(closes))
    which = ended[~np.isnan(closes[positions[ended]] + closes[positions[ended] + horizon])]
    starts = positions[which]
    returns = closes[starts + horizon] / closes[starts] - 1
    lowest = [np.nanmin(closes[start : start + horizon + 1]) for start in starts.tolist()]
    deepest = np.array(lowest, dtype=np.float64) / closes[starts] - 1
    return Aftermath(which, starts, returns, deepest, len(events) - len(ended), _separate(starts.tolist(), horizon))


def undercut(values: FloatArray, starts: IntArray, levels: FloatArray, *, horizon: int) -> Flags:
    """Return which events saw a value below their level within the ``horizon`` sessions after them.

    Examples
    --------
    >>> undercut(np.array([2.2, 2.1, 1.9, 2.5]), np.array([0, 1]), np.array([2.0, 1.9]), horizon=2).tolist()
    [True, False]
    """
    later = [values[start + 1 : start + horizon + 1] for start in starts.tolist()]
    return np.array([bool((part < level).any()) for part, level in zip(later, levels, strict=True)], dtype=np.bool_)


def _separate(starts: Sequence[int], horizon: int) -> int:
    count, free_from = 0, 0
    for start in starts:
        if start >= free_from:
            count, free_from = count + 1, start + horizon
    return count
