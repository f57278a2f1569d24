"""Which rows of a frame follow each other session by session: a change across a gap is not a day's change."""

from __future__ import annotations

import polars as pl

from rongheng.basics.calendar import calendar

IS_NEXT = "__is_next__"


def with_adjacency(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """Return the frame with ``IS_NEXT``: true where the row before, of the same key, is of the session before.

    Parameters
    ----------
    frame : sorted by ``as_of`` and key; every ``as_of`` is a session
    key : the columns beside ``as_of`` that say which fact a row is
    """
    sessions = pl.Series(calendar().sessions, dtype=pl.Date())
    place = pl.Series("__place__", sessions.search_sorted(frame["as_of"])).cast(pl.Int64)
    before = before_in(pl.col("__place__"), key)
    return frame.with_columns(place).with_columns((pl.col("__place__") - before == 1).alias(IS_NEXT)).drop("__place__")


def before_in(column: pl.Expr, key: tuple[str, ...], steps: int = 1) -> pl.Expr:
    """Return the value of the row ``steps`` before (behind, when negative) among the rows of the same key."""
    return column.shift(steps).over(key) if key else column.shift(steps)
