"""Landing: what one import writes. Compare each batch with what stands, then write every table's new rows at once.

How a fact compares is in ``revisions``, how rows reach the disk in ``delta``; publishing them is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import compress

import polars as pl

from rongheng.basics.batch import Batch, Landed
from rongheng.basics.grades import Grade
from rongheng.basics.tables import QUARANTINE_SCHEMA, Table
from rongheng.market.store import delta, revisions
from rongheng.market.store.catalogue import Import, Published, Writing, fingerprint
from rongheng.market.store.paths import QUARANTINE
from rongheng.market.store.snapshot import Snapshot

_ROWS_AT_ONCE = 250_000
Counts = dict[tuple[date, str], int]  # how many facts of a day had which outcome


class Landing:
    """One import on its way: the rows that wait to be written, and what became of each batch."""

    def __init__(self, snapshot: Snapshot, writing: Writing, *, imported_at: datetime) -> None:
        self._snapshot = snapshot
        self._writing = writing
        self._imported_at = imported_at
        self._waiting: dict[str, list[pl.DataFrame]] = {}
        self._schemas: dict[str, delta.Schema] = {}
        self._seen: set[str] = set()
        self.imports: list[Import] = []

    def take(self, batches: Sequence[Batch]) -> list[Landed]:
        """Compare batches with what stands, and let what is new in them wait for :meth:`write`.

        They are ones that :func:`alike` has put together: no fact of one can meet a fact of another, so that all of
        them are compared at once.
        """
        is_fresh = [self._is_fresh(batch) for batch in batches]
        counts = self._compare(list(compress(batches, is_fresh))) if any(is_fresh) else {}
        return [
            self._landed(batch, counts) if fresh else _known(batch)
            for batch, fresh in zip(batches, is_fresh, strict=True)
        ]

    def _is_fresh(self, batch: Batch) -> bool:
        mark = fingerprint(batch)
        if mark in self._seen or self._writing.knows(batch):
            return False
        self._seen.add(mark)
        return True

    def _landed(self, batch: Batch, counts: Counts) -> Landed:
        """Write down what became of one of the batches that were compared."""
        days = set(batch.facts["as_of"].unique())
        own = dict.fromkeys(revisions.OUTCOMES, 0)
        for (day, outcome), count in counts.items():
            own[outcome] += count if day in days else 0
        if batch.quarantine.height:
            self._wait(QUARANTINE, self._stamped(batch.quarantine), QUARANTINE_SCHEMA)
        landed = Landed(batch.table.name, batch.file, **own, quarantined=batch.quarantine.height, known_file=False)
        self.imports.append(Import(batch, landed))
        return landed

    @property
    def tables(self) -> list[str]:
        """The Delta tables that gain rows."""
        return list(self._waiting)

    def write(self, name: str) -> Published:
        """Write the waiting rows of one table to the disk; readers do not see them yet."""
        before = self._snapshot.state.tables.get(name)
        folder = self._snapshot.places.delta(name)
        frame = pl.concat(self._waiting[name])
        if "as_of" in frame.columns:
            frame = frame.sort("as_of", maintain_order=True)
        published = None if before is None else before.version
        version = delta.append(folder, frame, self._schemas[name], published=published, sequence=self._writing.sequence)
        rows = frame.height + (0 if before is None else before.rows)
        delta.verify(folder, version=version, rows=rows)
        return Published(version, rows)

    def _compare(self, batches: Sequence[Batch]) -> Counts:
        """Let what is new in the batches wait, and return how many facts of each day had which outcome."""
        table = batches[0].table
        facts = pl.concat([_signed(batch) for batch in batches]).sort("as_of", maintain_order=True)
        check(facts, table, file=" … ".join(dict.fromkeys(batch.file for batch in (batches[0], batches[-1]))))
        counts: Counts = {}
        for some in _slices(facts):
            standing = self._standing(some["as_of"], table)
            revised = revisions.revise(some, standing=standing, table=table, imported_at=self._imported_at)
            self._wait(table.name, self._stamped(revised.rows), table.schema)
            counts |= revised.counts  # whole days stay together
        return counts

    def _standing(self, days: pl.Series, table: Table) -> pl.DataFrame:
        """Return the standing rows of these days, the ones that wait included."""
        first, last = days.min(), days.max()
        assert isinstance(first, date), "facts have days"
        assert isinstance(last, date), "facts have days"
        stored = self._snapshot.read(table, first=first, last=last)
        near = [
            rows.filter(pl.col("as_of").is_between(first, last))
            for rows in self._waiting.get(table.name, [])
            if rows["as_of"][0] <= last and rows["as_of"][-1] >= first  # they are sorted by day
        ]
        return revisions.standing(pl.concat([stored, *near]), table=table) if near else stored

    def _wait(self, name: str, rows: pl.DataFrame, schema: delta.Schema) -> None:
        if rows.height:
            self._waiting.setdefault(name, []).append(rows.select(list(schema)))
            self._schemas[name] = schema

    def _stamped(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(
            pl.lit(self._imported_at).cast(pl.Datetime("us", "UTC")).alias("imported_at"),
            pl.lit(self._writing.sequence, pl.Int64).alias("sequence"),
        )


def alike(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    """Yield the batches in their order, those together that can be compared at once.

    They are of one table, state the same columns, and each is of later days than the one before.
    """
    together: list[Batch] = []
    for batch in batches:
        if together and not _goes_on(batch, together):
            yield together
            together = []
        together.append(batch)
    if together:
        yield together


def _goes_on(batch: Batch, together: Sequence[Batch]) -> bool:
    before, facts = together[-1].facts, batch.facts
    last, first = before["as_of"].max(), facts["as_of"].min()
    return (
        batch.table is together[-1].table
        and facts.columns == before.columns
        and sum(one.facts.height for one in together) + facts.height <= _ROWS_AT_ONCE
        and isinstance(last, date)
        and isinstance(first, date)
        and last < first
    )


def _signed(batch: Batch) -> pl.DataFrame:
    return batch.facts.with_columns(
        pl.lit(batch.source, pl.String).alias("source"), pl.lit(batch.sha256, pl.String).alias("sha256")
    )


def _known(batch: Batch) -> Landed:
    return Landed(batch.table.name, batch.file, 0, 0, 0, 0, 0, 0, known_file=True)


def _slices(facts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut facts in the order of their days into spans of whole days, so that few are held beside what stands."""
    start = 0
    while start < facts.height:
        end = min(start + _ROWS_AT_ONCE, facts.height)
        last = facts["as_of"][end - 1]
        end = int(facts["as_of"].search_sorted(last, side="right"))
        yield facts.slice(start, end - start)
        start = end


def check(facts: pl.DataFrame, table: Table, *, file: str) -> None:
    """Assert what a source promises about its facts and the lake could not mend."""
    needed = [*table.identity, "known_at", "grade"]
    unsaid = [name for name in needed if facts[name].null_count()]
    assert not unsaid, f"{file}: facts of {table.name} without {', '.join(unsaid)}"
    assert _stands_once(facts, table), f"{file}: a fact of {table.name} stands twice"
    unknown = set(facts["grade"].unique()) - {grade.value for grade in Grade}
    assert not unknown, f"{file}: no such grade: {', '.join(sorted(unknown))}"
    finite = facts.select(pl.selectors.float().is_finite().all())
    strange = [name for name in finite.columns if not finite[name].item()]
    assert not strange, f"{file}: {', '.join(strange)} of {table.name} hold NaN or infinity; missing is null"


def _stands_once(facts: pl.DataFrame, table: Table) -> bool:
    identity = list(table.identity)
    ordered = facts.select(identity).sort(identity)
    repeated = pl.all_horizontal([pl.col(name) == pl.col(name).shift(1) for name in identity])
    return not ordered.select(repeated.any()).item()
