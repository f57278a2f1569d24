"""Reading: a lake as it was published at one moment. Several reads of one snapshot always agree with each other.

Nothing is written here, and nothing here waits for a writer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.tables import AUDIT_SCHEMA, QUARANTINE_SCHEMA, Table
from rongheng.basics.tables import table as find_table
from rongheng.market.store import delta, revisions
from rongheng.market.store.catalogue import Catalogue, State
from rongheng.market.store.failures import spoken
from rongheng.market.store.paths import QUARANTINE, Places

_HARM = "The lake was not touched."
_Engine = Literal["auto", "streaming"]


@dataclass(frozen=True)
class Snapshot:
    """What the lake held when the snapshot was taken; later imports do not show in it.

    It holds versions and no open table (a ``DeltaTable`` forgets its version when it is pickled), so it can be sent to
    another process.
    """

    places: Places
    catalogue: Catalogue
    state: State

    @property
    def root(self) -> Path:
        """The lake's folder, absolute."""
        return self.places.root

    def read(
        self,
        table: Table | str,
        *,
        known_at: datetime | None = None,
        first: date | None = None,
        last: date | None = None,
        where: pl.Expr | None = None,
        columns: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """Return the row of each fact that stood at a moment; see :meth:`Lake.read`."""
        wanted = find_table(table) if isinstance(table, str) else table
        _check_columns(where, wanted)
        schema = _schema(wanted, columns, where)
        early, late = _split(where, wanted)
        conditions = [early] if early is not None else []
        if known_at is not None:
            conditions.append(pl.col("known_at") <= utc(known_at, "known_at"))
        rows = revisions.standing(self._revisions(wanted, first, last, conditions, schema), table=wanted)
        return rows if late is None else rows.filter(late)

    def sessions(
        self, table: Table, column: str, *, parts: Collection[str], first: date | None = None, last: date | None = None
    ) -> dict[str, set[date]]:
        """Return for each part the days of which the lake has a figure that was not made up; no row is put in order.

        Parameters
        ----------
        column : a value column of the table
        parts : parts of the table (``Table.part``), or single keys of it; ``""`` is a table without a key
        """
        stated = [pl.col(column).is_not_null(), pl.col("grade") != Grade.SIMULATED.value]
        rows = self._lazy(table.name, table.schema, first, last, stated)
        told = rows.group_by("as_of").agg(_is_of(table, part).any().alias(f"in {part}") for part in parts)
        days = self._collect(told, table.name, engine="streaming")
        return {part: set(days.filter(pl.col(f"in {part}"))["as_of"]) for part in parts}

    def extent(self, table: Table, *, known_at: datetime | None = None, last: date | None = None) -> pl.DataFrame:
        """Return for each part and day how many facts the lake has, from which sources, in which grades.

        Every revision counts for ``sources`` and ``grades``, so tables of millions of rows are told without putting
        them in order.

        Returns
        -------
        frame
            ``part``, ``as_of``, ``rows``, ``sources`` and ``grades`` (lists), sorted by part and day.
        """
        known = [] if known_at is None else [pl.col("known_at") <= utc(known_at, "known_at")]
        rows = self._lazy(table.name, table.schema, None, last, known)
        key = pl.struct(table.key) if len(table.key) > 1 else pl.col(table.key[0] if table.key else "as_of")
        told = (
            rows.with_columns(table.part)
            .group_by("part", "as_of")
            .agg(
                key.n_unique().alias("rows"),
                pl.col("source").unique().alias("sources"),
                pl.col("grade").unique().alias("grades"),
            )
        )
        return self._collect(told, table.name, engine="streaming").sort("part", "as_of")

    def history(self, table: Table | str, where: pl.Expr | None = None) -> pl.DataFrame:
        """Return every revision of the facts; see :meth:`Lake.history`."""
        wanted = find_table(table) if isinstance(table, str) else table
        _check_columns(where, wanted)
        rows = self._revisions(wanted, None, None, [] if where is None else [where], wanted.schema)
        return rows.sort([*wanted.identity, "revision", "sequence"])

    def quarantine(self) -> pl.DataFrame:
        """Return the rows and cells that could not land, in the order in which they came."""
        rows = self._lazy(QUARANTINE, QUARANTINE_SCHEMA, None, None, [])
        return self._collect(rows, QUARANTINE).sort("sequence", "file", "row", "column")

    def imports(self) -> pl.DataFrame:
        """Return what was imported, in the order in which it came."""
        return self.catalogue.imports(up_to=self.state.sequence)

    def rows(self, table: Table | str) -> int:
        """Return how many rows the table has, all revisions counted."""
        name = find_table(table).name if isinstance(table, str) else table.name
        return self.state.tables[name].rows if name in self.state.tables else 0

    def tables(self) -> list[str]:
        """Return the names of the canonical tables that have rows."""
        return [name for name in self.state.tables if name != QUARANTINE]

    def verify(self) -> None:
        """Raise ``LakeError`` when a published version is not on the disk as it was published."""
        for name, published in self.state.tables.items():
            with spoken(f"Checking {name}", self.places.root, harm=_HARM):
                delta.verify(self.places.delta(name), version=published.version, rows=published.rows)

    def _revisions(
        self,
        table: Table,
        first: date | None,
        last: date | None,
        conditions: list[pl.Expr],
        schema: delta.Schema,
    ) -> pl.DataFrame:
        rows = self._lazy(table.name, table.schema, first, last, conditions)
        return self._collect(rows.select(list(schema)), table.name)

    def _lazy(
        self, name: str, schema: delta.Schema, first: date | None, last: date | None, conditions: list[pl.Expr]
    ) -> pl.LazyFrame:
        """Return the rows that meet the conditions, not yet read; none where the lake has no such table."""
        published = self.state.tables.get(name)
        if published is None:
            return pl.LazyFrame(schema=schema)
        with spoken(f"Reading {name}", self.places.root, harm=_HARM):
            rows = delta.scan(self.places.delta(name), published.version, schema, first=first, last=last)
        return rows.filter(*_within(first, last), *conditions)

    def _collect(self, rows: pl.LazyFrame, name: str, *, engine: _Engine = "auto") -> pl.DataFrame:
        with spoken(f"Reading {name}", self.places.root, harm=_HARM):
            return rows.collect(engine=engine)


def _within(first: date | None, last: date | None) -> list[pl.Expr]:
    after = [] if first is None else [pl.col("as_of") >= first]
    return after if last is None else [*after, pl.col("as_of") <= last]


def utc(moment: datetime, name: str) -> datetime:
    """Return the moment in UTC; one without a time zone means nothing in a lake and is a ``UsageError``."""
    if moment.tzinfo is None:
        raise UsageError(
            f"{name} is {moment.isoformat()}, without a time zone; say which, such as +08:00 for Shanghai."
        )
    return moment.astimezone(UTC)


def _is_of(table: Table, part: str) -> pl.Expr:
    return pl.any_horizontal(table.part == part, *(pl.col(name) == part for name in table.key))


def _schema(table: Table, columns: Collection[str] | None, where: pl.Expr | None) -> delta.Schema:
    """Return the columns that a read needs: what was asked for, what says which fact it is, and what the lake knows."""
    if columns is None:
        return table.schema
    _refuse_unknown(set(columns), table)
    asked = set(columns) | (set() if where is None else set(where.meta.root_names()))
    needed = {*table.identity, *AUDIT_SCHEMA, *asked}
    return {name: dtype for name, dtype in table.schema.items() if name in needed}


def _check_columns(where: pl.Expr | None, table: Table) -> None:
    """Raise ``UsageError`` when the condition names a column that the table does not have."""
    if where is not None:
        _refuse_unknown(set(where.meta.root_names()), table)


def _refuse_unknown(names: set[str], table: Table) -> None:
    unknown = names - set(table.schema)
    if unknown:
        raise UsageError(
            f"{table.name} has no column {', '.join(sorted(unknown))}; its columns are: {', '.join(table.schema)}."
        )


def _split(where: pl.Expr | None, table: Table) -> tuple[pl.Expr | None, pl.Expr | None]:
    """Return the condition as one for before and one for after the standing revision is found.

    A condition on values must wait: taken early it would drop the newest revision and let an older one stand again.
    """
    if where is None:
        return None, None
    names = set(where.meta.root_names())
    # A selector names no column and has several outputs: what it looks at is not known here.
    early = bool(names) and names <= set(table.identity) and not where.meta.has_multiple_outputs()
    return (where, None) if early else (None, where)
