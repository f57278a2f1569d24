"""A batch: the facts that one file or one answer of a publisher states, ready to land in the lake.

Sources make batches and the store lands them; this file is the only thing that both know.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from rongheng.basics.tables import QUARANTINE_SCHEMA, Table
from rongheng.basics.text import Text


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader of the import's summary must know: what, how often, an example."""

    text: Text
    count: int = 1


@dataclass(frozen=True)
class Batch:
    """Facts of one table from one file.

    ``facts`` has ``as_of``, the table's key and the value columns that the file states (a value column that is absent
    was not stated, which is not the same as null), and ``known_at`` (``Datetime("us", "UTC")``), ``grade`` (``String``)
    and ``note`` (``String``, null where nothing was mended). Each fact stands once, sorted by the table's identity.
    ``quarantine`` has the columns of ``QUARANTINE_SCHEMA`` without ``imported_at`` and ``sequence``.
    """

    table: Table
    facts: pl.DataFrame
    quarantine: pl.DataFrame
    source: str  # the layout or the publisher
    file: str  # the file's name, without its folder
    sheet: str | None
    sha256: str  # of the raw bytes
    rows_read: int
    rows_repeated: int  # rows that say again, to the letter, what another row of the file says
    options: str = ""  # what the caller said beside the file (a unit, an index): part of the import's identity
    notices: tuple[Notice, ...] = field(default_factory=tuple)

    @property
    def stated(self) -> tuple[str, ...]:
        """The value columns that the file states."""
        return tuple(column.name for column in self.table.values if column.name in self.facts.columns)

    @property
    def rows_quarantined(self) -> int:
        """Whole rows that were left out (single cells that were left out do not count)."""
        return self.quarantine["column"].null_count()

    def __post_init__(self) -> None:
        expected = [name for name in QUARANTINE_SCHEMA if name not in ("imported_at", "sequence")]
        assert self.quarantine.columns == expected, self.quarantine.columns
        for name, dtype in self.facts.schema.items():
            wanted = self.table.schema[name]
            assert dtype == wanted, f"{self.table.name}.{name} is {dtype}, wanted {wanted}"
        assert self.rows_read == self.facts.height + self.rows_repeated + self.rows_quarantined, (
            f"{self.rows_read} rows read, {self.facts.height} landed, {self.rows_repeated} repeated, "
            f"{self.rows_quarantined} quarantined: rows were lost"
        )


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of a batch in the lake."""

    table: str
    file: str
    new: int  # facts that the lake did not have
    completed: int  # facts that gained columns which were blank before
    changed: int  # facts that contradict an earlier statement: a new revision
    same: int  # facts that the lake had already
    outranked: int  # facts of a worse grade than what the lake has: not landed
    quarantined: int  # rows and cells
    known_file: bool  # this very file was imported before: nothing was done
