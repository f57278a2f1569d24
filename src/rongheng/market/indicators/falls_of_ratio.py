"""The falls of the maintenance ratio: from a high to each confirmed low, and the one that is under way.

What lives here: where each fall begins and ends, and since when that is known. What does not: the rule that calls a
low (``lows``), and what happened to anything else on the way down.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.text import Text
from rongheng.market.indicators.lows import find_lows

STATE = Text("状态", "state")
SO_FAR = Text(
    "状态为 so_far 的一行是自上一个低点以来的最高点到最后一个交易日的跌势，低点尚未确认。",
    "The row whose state is so_far runs from the highest ratio since the last low to the last session: that low is "
    "not confirmed.",
)


def falls_of_ratio(panel: pl.DataFrame, *, prominence: float) -> pl.DataFrame:
    """Return every fall that ended in a confirmed low, and the fall that is under way on the last session.

    The running fall begins at the highest ratio since the last confirmed low (the last of equal ones) and ends at the
    last session with a ratio; there is none when that is the highest one.

    Returns
    -------
    Frame with ``session`` (where the fall ends), ``as_of`` (since when that is known: the low's confirmation),
    ``state`` (``confirmed`` or ``so_far``), ``peak_session`` (where it begins), and ``position`` and
    ``peak_position``, the places of both in the panel.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> days = [date(2024, 1, 1) + timedelta(n) for n in range(5)]
    >>> panel = pl.DataFrame({"session": days, "maintenance_ratio": [2.5, 2.0, 2.4, 2.6, 2.3]})
    >>> falls_of_ratio(panel, prominence=0.1).select("state", "peak_position", "position").rows()
    [('confirmed', 0, 1), ('so_far', 3, 4)]
    """
    lows = find_lows(panel, prominence=prominence)
    ended = lows.select("session", "peak_session", as_of="confirmed", state=pl.lit("confirmed"))
    running = _running(panel, lows["session"].item(-1) if lows.height else None)
    falls = pl.concat([ended, running], how="diagonal")
    place = panel.select("session", position=pl.int_range(pl.len()))
    peaks = place.rename({"session": "peak_session", "position": "peak_position"})
    return falls.join(place, on="session", how="left", maintain_order="left").join(
        peaks, on="peak_session", how="left", maintain_order="left"
    )


def _running(panel: pl.DataFrame, last_low: date | None) -> pl.DataFrame:
    since = panel.select("session", "maintenance_ratio").drop_nulls()
    if last_low is not None:
        since = since.filter(pl.col("session") >= last_low)
    highest = since.filter(pl.col("maintenance_ratio") == pl.col("maintenance_ratio").max()).tail(1)
    return (
        since.tail(1)
        .select("session", as_of="session", state=pl.lit("so_far"))
        .with_columns(peak_session=highest["session"])
        .filter(pl.col("session") > pl.col("peak_session"))
    )
