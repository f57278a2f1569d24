"""Whether what a publisher says goes on from what is known: where a unit slips, every figure jumps at once.

What does not live here: limits that hold on any day (the layouts have them), and what two publishers say of one day
(``agreement``).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError
from rongheng.basics.tables import Table
from rongheng.market.store import Lake

_NEAR = 5  # sessions; over longer gaps figures may have grown to anything
_JUMP = 20  # times, over all keys together; in the first weeks of margin trading balances doubled in a day


class Continuity:
    """The last known figures of one column, before the day from which on a publisher is asked.

    Parameters
    ----------
    lake : Lake
    table, column
        The column by which a session counts as there.
    first : date
        The first day that is asked for.
    """

    def __init__(self, lake: Lake, table: Table, column: str, *, first: date) -> None:
        self._key, self._column = table.key, column
        days = calendar()
        known = lake.read(table, first=days.offset(first, -_NEAR), last=days.offset(first, -1), columns=(column,))
        self._known = self._figures(known)

    def check(self, facts: pl.DataFrame, *, name: str) -> None:
        """Hold the first session of some facts against the one before, and know them from then on.

        Raises
        ------
        SourceChangedError
            The figures of what both have are together twenty times as large, or as small.
        """
        stated = self._figures(facts)
        if stated.is_empty():
            return
        first = stated["as_of"][0]
        near = self._known.filter(pl.col("as_of").is_between(calendar().offset(first, -_NEAR), first, closed="left"))
        self._compare(stated.filter(pl.col("as_of") == first), near, name)
        self._known = pl.concat([self._known, stated])

    def _figures(self, facts: pl.DataFrame) -> pl.DataFrame:
        if not facts.schema[self._column].is_numeric():
            return facts.select("as_of", *self._key, self._column).clear()
        found = facts.select("as_of", *self._key, pl.col(self._column).abs())
        return found.filter(pl.col(self._column) > 0).sort("as_of")

    def _compare(self, today: pl.DataFrame, near: pl.DataFrame, name: str) -> None:
        if self._key:
            both = today.join(near.group_by(self._key).last(), on=self._key, suffix="_before")
        else:
            both = today.join(near.tail(1), how="cross", suffix="_before")
        if both.is_empty():
            return
        now, then = both[self._column].sum(), both[f"{self._column}_before"].sum()
        if then / _JUMP <= now <= then * _JUMP:
            return
        days = today["as_of"][0], max(both["as_of_before"].to_list())
        raise SourceChangedError(
            f"{name}: {self._column} makes {now:,.6g} on {days[0]} and made {then:,.6g} on {days[1]}. One of the two "
            "is in another unit; nothing of it was kept."
        )
