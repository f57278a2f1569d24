"""Lows of the market's average maintenance ratio (平均维持担保比例), and the lows of the indices beside them.

What lives here: the rule that calls a low (:func:`find_lows`, which other indicators reuse), and the table that sets each
low beside the nearest and the later low of every index. What does not: what an index did after a low was confirmed
(``record``), and what happened to the collateral on the way down (``collateral``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
import polars as pl

from rongheng.basics.errors import UsageError

PROMINENCE = 0.10  # the roundest number; not tuned to any list of lows

# A ratio that stands exactly on the threshold has reached it, however its binary fraction was rounded.
_ROUNDING = 1e-12

_LOWS_SCHEMA: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "ratio": pl.Float64(),
    "prominence": pl.Float64(),
    "confirmed": pl.Date(),
    "peak_session": pl.Date(),
}


def find_lows(
    panel: pl.DataFrame, *, prominence: float = PROMINENCE, column: str = "maintenance_ratio"
) -> pl.DataFrame:
    """Return the confirmed lows of the maintenance ratio, each with the session on which it could first be called.

    A session's ratio L is a low when the ratio stood at L·(1 + ``prominence``) or higher both before and after it,
    with no value below L in between; of equal values that no such rise parts, the first is the low. A low that the
    ratio has not yet risen from is not returned: nobody can call a low on its day.

    Parameters
    ----------
    panel : frame with ``session`` and ``column``, one row per session, ascending
        Sessions without a value are passed over.
    prominence : float, a fraction of the low's own level, above 0
        0.10 asks for a tenth of the low's level on both sides, whether the ratio stands at 210 % or at 290 %.
    column : str
        The series whose lows are meant; any series of positive numbers, such as an index's closes.

    Returns
    -------
    One row per low, ascending:
    ``session``; ``ratio`` (the value there); ``prominence`` = min(highest before, highest after) / L − 1, each side
    reaching to the nearest lower (before: lower or equal) value or to the panel's end, as seen on the panel's last
    session; ``confirmed`` = the first later session with a value of L·(1 + prominence) or more; ``peak_session`` = the
    session of the highest value since the previous low (the last of equal ones).
    With later data only the figure ``prominence`` can change (it may grow): the same lows stay, and new ones come
    after them.

    Raises
    ------
    UsageError : ``prominence`` is not above 0.

    Source
    ------
    Topographic prominence, taken relative to the low's level.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> days = [date(2024, 1, 1) + timedelta(n) for n in range(5)]
    >>> panel = pl.DataFrame({"session": days, "maintenance_ratio": [2.4, 2.0, 2.1, 2.2, 2.3]})
    >>> find_lows(panel).rows()  # 2.2 is a tenth above 2.0; the lower side rises to 2.3, 15 % above
    [(datetime.date(2024, 1, 2), 2.0, 0.15, datetime.date(2024, 1, 4), datetime.date(2024, 1, 1))]
    """
    if not prominence > 0:
        raise UsageError(
            f"prominence is {prominence}; it must be above 0, such as 0.10 for a tenth of the low's level."
        )
    stated = panel.select("session", ratio=pl.col(column)).drop_nulls()
    ratios = stated["ratio"].to_numpy()
    lows = _scan(ratios.tolist(), rise=1 + prominence)
    position = pl.Series([low.position for low in lows], dtype=pl.Int64)
    confirmed = pl.Series([low.confirmed for low in lows], dtype=pl.Int64)
    sessions = stated["session"]
    columns = {
        "session": sessions.gather(position),
        "ratio": stated["ratio"].gather(position),
        "prominence": [_prominence(low) for low in lows],
        "confirmed": sessions.gather(confirmed),
        "peak_session": sessions.gather(pl.Series(_peaks(ratios, position.to_list()), dtype=pl.Int64)),
    }
    return pl.DataFrame(columns, schema=_LOWS_SCHEMA)


@dataclass(slots=True)
class _Standing:
    """A value that nothing has undercut so far."""

    position: int
    value: float
    high_before: float  # since the last value that was not above this one
    high_after: float = -inf
    confirmed: int | None = None


def _scan(values: Sequence[float], *, rise: float) -> list[_Standing]:
    """Return the confirmed lows in one pass.

    The stack holds the values that stand, which rise from its bottom to its top, so a day's value confirms a run of
    them that begins where the last run ended: every value is pushed, confirmed and popped once at most.
    """
    stack = [_Standing(-1, -inf, inf, confirmed=-1)]  # a floor under the first value, never undercut
    lows: list[_Standing] = []
    confirmed = 1  # how many from the bottom are confirmed

    def close_top() -> None:
        nonlocal confirmed
        top = stack.pop()
        below = stack[-1]
        below.high_after = max(below.high_after, top.value, top.high_after)
        if top.confirmed is not None and _reaches(top.high_before, top.value, rise):
            lows.append(top)
        confirmed = min(confirmed, len(stack))

    for position, value in enumerate(values):
        while stack[-1].value > value:
            close_top()
        while confirmed < len(stack) and _reaches(value, stack[confirmed].value, rise):
            stack[confirmed].confirmed = position
            confirmed += 1
        stack.append(_Standing(position, value, high_before=stack[-1].high_after))
    while len(stack) > 1:
        close_top()
    return sorted(lows, key=lambda low: low.position)


def _reaches(value: float, low: float, rise: float) -> bool:
    return value >= low * rise * (1 - _ROUNDING)


def _prominence(low: _Standing) -> float:
    # Twelve decimals: the figure is shown with one or two, and 2.3 / 2.0 − 1 should read 0.15.
    return round(min(low.high_before, low.high_after) / low.value - 1, 12)


def _peaks(values: npt.NDArray[np.float64], lows: Sequence[int]) -> list[int]:
    """Return where the highest value since the previous low stands, for each low (the last of equal ones)."""
    starts = [0, *lows[:-1]]
    return [low - 1 - int(np.argmax(values[start:low][::-1])) for start, low in zip(starts, lows, strict=False)]
