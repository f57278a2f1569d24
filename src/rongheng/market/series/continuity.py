"""Whether what a publisher says goes on from what is known.

Where a unit slips, every figure jumps at once; where an answer without a count was cut short, securities are missing.

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
_COMPLETE = 0.8  # of the securities of the session before, by exchange (V-MAR-8 of the validation rules)
_FEW = 20  # securities; of fewer one that goes is a large share
_LISTED = (
    "is_collateral",
    "is_financing_underlying",
    "is_short_underlying",
)  # a list has what is marked, not what is not
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
        self._table, self._key, self._column = table, table.key, column
        days = calendar()
        columns = dict.fromkeys((column, *(name for name in _LISTED if name in table.by_name)))
        known = lake.read(table, first=days.offset(first, -_NEAR), last=days.offset(first, -1), columns=tuple(columns))
        self._known = self._figures(known)
        self._counts = self._counted(known)

    def check(self, facts: pl.DataFrame, *, name: str, whole: bool = False) -> None:
        """Hold the first session of some facts against the one before, and know them from then on.

        Parameters
        ----------
        whole : bool
            The facts are of every security of their exchanges.

        Raises
        ------
        SourceChangedError
            The figures of what both have are together twenty times as large, or as small; or of the securities that an
            exchange had a fifth are missing.
        """
        if whole and self._table.of_securities:
            self._check_counts(self._counted(facts), name)
        stated = self._figures(facts) if self._column in facts.columns else self._known.clear()
        if stated.is_empty():
            return
        first = stated["as_of"][0]
        near = self._known.filter(_is_near(first))
        self._compare(stated.filter(pl.col("as_of") == first), near, name)
        self._known = pl.concat([self._known, stated])

    def _counted(self, facts: pl.DataFrame) -> pl.DataFrame:
        """Return how many securities there are, by session, exchange and column (of lists: how many are marked)."""
        if not self._table.of_securities:
            return pl.DataFrame()
        names = [name for name in dict.fromkeys((self._column, *_LISTED)) if name in facts.columns]
        there = [(pl.col(name) if name in _LISTED else pl.col(name).is_not_null()).sum().alias(name) for name in names]
        counts = facts.group_by("as_of", self._table.part).agg(there)
        return counts.unpivot(names, index=["as_of", "part"], variable_name="column", value_name="count").filter(
            pl.col("count") > 0
        )

    def _check_counts(self, stated: pl.DataFrame, name: str) -> None:
        if stated.is_empty():
            return
        first = stated["as_of"].min()
        assert isinstance(first, date)
        near = self._counts.filter(_is_near(first))
        before = near.sort("as_of").group_by("part", "column").last()
        both = stated.filter(pl.col("as_of") == first).join(before, on=("part", "column"), suffix="_before")
        thin = both.filter((pl.col("count_before") >= _FEW) & (pl.col("count") < _COMPLETE * pl.col("count_before")))
        if thin.height:
            row = thin.sort("part", "column").row(0, named=True)
            raise SourceChangedError(
                f"{name}: {row['column']} is there of {row['count']} securities of {row['part']} on {first}, and was "
                f"of {row['count_before']} on {row['as_of_before']}. The answer was cut short, or is another list; "
                "nothing of it was kept."
            )
        self._counts = pl.concat([self._counts, stated])

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


def _is_near(first: date) -> pl.Expr:
    return pl.col("as_of").is_between(calendar().offset(first, -_NEAR), first, closed="left")
