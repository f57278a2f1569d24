"""Landing: what one import writes. Compare each batch with what stands, then write every table's new rows at once.

How a fact compares is in ``revisions``, how rows reach the disk in ``delta``; publishing them is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import polars as pl

from rongheng.basics.batch import Batch, Landed
from rongheng.basics.grades import Grade
from rongheng.basics.tables import QUARANTINE_SCHEMA, Table
from rongheng.market.store import delta, revisions
from rongheng.market.store.catalogue import Import, Published, Writing, fingerprint
from rongheng.market.store.paths import QUARANTINE
from rongheng.market.store.snapshot import Snapshot

_ROWS_AT_ONCE = 250_000


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

    def take(self, batch: Batch) -> Landed:
        """Compare the batch with what stands, and let what is new in it wait for :meth:`write`."""
        if fingerprint(batch) in self._seen or self._writing.knows(batch):
            return Landed(batch.table.name, batch.file, 0, 0, 0, 0, 0, 0, known_file=True)
        check(batch)
        self._seen.add(fingerprint(batch))
        counts = dict.fromkeys(revisions.OUTCOMES, 0)
        for facts in _slices(batch.facts):
            for outcome, count in self._compare(facts, batch).items():
                counts[outcome] += count
        self._wait(QUARANTINE, self._stamped(batch.quarantine), QUARANTINE_SCHEMA)
        landed = Landed(batch.table.name, batch.file, **counts, quarantined=batch.quarantine.height, known_file=False)
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

    def _compare(self, facts: pl.DataFrame, batch: Batch) -> dict[str, int]:
        """Let what is new in these facts wait, and return how many facts had which outcome."""
        table = batch.table
        standing = self._standing(facts["as_of"], table)
        revised = revisions.revise(facts, standing=standing, table=table, imported_at=self._imported_at)
        self._wait(table.name, self._signed(revised.rows, batch), table.schema)
        return revised.counts

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

    def _signed(self, rows: pl.DataFrame, batch: Batch) -> pl.DataFrame:
        return self._stamped(rows).with_columns(
            pl.lit(batch.source, pl.String).alias("source"), pl.lit(batch.sha256, pl.String).alias("sha256")
        )

    def _stamped(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(
            pl.lit(self._imported_at).cast(pl.Datetime("us", "UTC")).alias("imported_at"),
            pl.lit(self._writing.sequence, pl.Int64).alias("sequence"),
        )


def _slices(facts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut a large batch into spans of whole days, so that only one of them at a time is held beside what stands.

    A small batch is one slice.
    """
    facts = facts.sort("as_of", maintain_order=True)
    start = 0
    while start < facts.height:
        end = min(start + _ROWS_AT_ONCE, facts.height)
        last = facts["as_of"][end - 1]
        end = int(facts["as_of"].search_sorted(last, side="right"))
        yield facts.slice(start, end - start)
        start = end


def check(batch: Batch) -> None:
    """Assert what a source promises about its facts and the lake could not mend."""
    facts, table = batch.facts, batch.table
    needed = [*table.identity, "known_at", "grade"]
    unsaid = [name for name in needed if facts[name].null_count()]
    assert not unsaid, f"{batch.file}: facts of {table.name} without {', '.join(unsaid)}"
    assert _stands_once(facts, table), f"{batch.file}: a fact of {table.name} stands twice"
    unknown = set(facts["grade"].unique()) - {grade.value for grade in Grade}
    assert not unknown, f"{batch.file}: no such grade: {', '.join(sorted(unknown))}"
    floats = [name for name in batch.stated if facts.schema[name].is_float()]
    strange = [name for name in floats if not facts[name].is_finite().fill_null(True).all()]
    assert not strange, f"{batch.file}: {', '.join(strange)} of {table.name} hold NaN or infinity; missing is null"


def _stands_once(facts: pl.DataFrame, table: Table) -> bool:
    identity = list(table.identity)
    ordered = facts.select(identity).sort(identity)
    repeated = pl.all_horizontal([pl.col(name) == pl.col(name).shift(1) for name in identity])
    return not ordered.select(repeated.any()).item()
