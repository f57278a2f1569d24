"""Where an index bottomed around a session, and whether it came back to that level or went below it afterwards.

What lives here: two questions about an array of closes. What does not: which sessions are asked about (``lows``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Closes = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LaterBottom:
    """A later close that undercut the first bottom (``lower``) or came back to it (``double``, 双底)."""

    position: int
    kind: Literal["lower", "double"]


def lowest_near(closes: Closes, at: int, *, window: int) -> int | None:
    """Return where the lowest close lies among the ``window`` sessions before and after ``at``, and ``at`` itself.

    Parameters
    ----------
    closes : float64, shape (n_sessions,), index points
        ``nan`` where there is no close. Sessions beyond either end are not there to be lower.
    at, window : positions and a count of sessions

    Returns
    -------
    The position; of equal closes the one nearest to ``at``, of two equally near the earlier one. ``None`` where the
    window holds no close.

    Examples
    --------
    >>> lowest_near(np.array([3.0, 2.0, 2.5, 2.0, 1.0]), 2, window=1)  # 1.0 is outside the window
    1
    """
    start = max(at - window, 0)
    part = closes[start : at + window + 1]
    if np.isnan(part).all():
        return None
    equal = start + np.flatnonzero(part == np.nanmin(part))
    return min((int(position) for position in equal), key=lambda position: (abs(position - at), position))


def later_bottom(
    closes: Closes, at: int, *, level: float, window: int, horizon: int, double: float
) -> LaterBottom | None:
    """Return the lowest close after the window of :func:`lowest_near`, up to ``horizon`` sessions after ``at``.

    Parameters
    ----------
    closes : float64, shape (n_sessions,), index points; ``nan`` where there is no close
    level : float, the first bottom's close
    double : float, a fraction of ``level``: how far above it the later close still counts as coming back to it

    Returns
    -------
    ``None`` where that close stands more than ``double`` above ``level``, or where there is no close yet. Of equal
    closes the first. What is beyond the array's end has not happened yet and may change the answer.

    Examples
    --------
    >>> closes = np.array([100.0, 120.0, 110.0, 100.5, 130.0])
    >>> later_bottom(closes, 0, level=100.0, window=1, horizon=4, double=0.01)
    LaterBottom(position=3, kind='double')
    """
    start = at + window + 1
    part = closes[start : at + horizon + 1]
    if part.size == 0 or np.isnan(part).all():
        return None
    position = start + int(np.nanargmin(part))
    close = float(closes[position])
    if close < level:
        return LaterBottom(position, "lower")
    return LaterBottom(position, "double") if close <= level * (1 + double) else None
