"""Weeks, months and quarters of sessions: their labels, which one is unfinished, and the last figure before each.

What lives here: how sessions fall into periods. What does not: what is summed or compared over them.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.text import Text

LENGTHS = {"week": "1w", "month": "1mo", "quarter": "1q"}

UNFINISHED = Text(
    "最后一期（{period}）尚未结束，其数值为截至目前的累计。",
    "The last period ({period}) is not over: its figures are what has come so far.",
)


def begins(every: str) -> pl.Expr:
    """Return the first calendar day of each session's period."""
    return pl.col("session").dt.truncate(LENGTHS[every])


def label(every: str) -> pl.Expr:
    """Return the name of each session's period: ``2024-W52``, ``2024-12`` or ``2024Q4``."""
    day = pl.col("session")
    if every == "quarter":
        return pl.format("{}Q{}", day.dt.year(), day.dt.quarter())
    return day.dt.to_string("%G-W%V" if every == "week" else "%Y-%m")


def state(panel: pl.DataFrame, every: str) -> pl.Expr:
    """Return ``to_date`` for the period that the panel's last session does not end, else ``complete``."""
    last = panel["session"].item(-1)
    here, after = pl.Series([last, calendar().offset(last, 1)]).dt.truncate(LENGTHS[every])
    running = pl.lit(here == after) & (begins(every) == here)
    return pl.when(running).then(pl.lit("to_date")).otherwise(pl.lit("complete"))


def unfinished(rows: pl.DataFrame) -> tuple[Text, ...]:
    """Return the note that the last of these rows is of a period that is not over, where it is."""
    last = rows.tail(1).filter(pl.col("state") == "to_date")
    return tuple(UNFINISHED.format(period=period) for period in last["period"])


def order(every: str) -> pl.Expr:
    """Return the number of each session's period, counting those that have sessions (a holiday week has none)."""
    return (begins(every) != begins(every).shift(1)).fill_null(value=True).cum_sum()


def base_of(every: str, *, column: str) -> pl.Expr:
    """Return the position of the last figure of the period before that of each session; null where it has none."""
    here = order(every)
    stated = pl.when(pl.col(column).is_not_null()).then(pl.int_range(pl.len()))
    newest = stated.forward_fill().shift(1)
    base = pl.when(here != here.shift(1)).then(newest).forward_fill()
    return pl.when(here.gather(base) == here - 1).then(base)
