"""The front of the lake: open it, land batches in it, read it as it was known at a moment.

A lake is a folder with one Delta Lake table for each canonical table, one for what was quarantined, and a catalogue
that says which of their versions count. Any number of processes read while one writes. The folder belongs on a local
disk: SQLite cannot share its log over a network.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from rongheng.basics.batch import Batch, Landed
from rongheng.basics.errors import LakeError, MissingDataError
from rongheng.basics.tables import Table
from rongheng.market.store import delta
from rongheng.market.store.catalogue import Catalogue, Published
from rongheng.market.store.landing import Landing, alike
from rongheng.market.store.paths import Places
from rongheng.market.store.snapshot import Snapshot, utc

Progress = Callable[[str, int, int], None]

_MAKE = "`rongheng import FILE` makes a lake and fills it"


class Lake:
    """A lake of facts: nothing in it is overwritten, and every read names its moment or takes the latest.

    Parameters
    ----------
    root : path
        The lake's folder. Its path may have any letter but ``% [ ] | ^`` and, outside Windows, the backslash.
    create : bool
        Make the lake when the folder is absent or empty.
    patience_seconds : float
        How long to wait for another import that is writing.

    Raises
    ------
    MissingDataError
        There is no such folder.
    LakeError
        The folder is not a lake, its lake is of a newer schema, or what was published is damaged.
    UsageError
        The path cannot hold a lake.
    """

    def __init__(self, root: str | Path, *, create: bool = False, patience_seconds: float = 10.0) -> None:
        self._places = Places.of(root)
        self._catalogue = Catalogue(self._places.catalogue, patience_seconds=patience_seconds)
        if not self._catalogue.exists:
            self._make(create)
        self._catalogue.check()
        self.snapshot().verify()

    @property
    def root(self) -> Path:
        """The lake's folder, absolute."""
        return self._places.root

    def land(
        self, batches: Sequence[Batch], *, now: datetime | None = None, progress: Progress | None = None
    ) -> list[Landed]:
        """Land the batches as one import: after it readers see all of them, and if it fails or is killed none.

        Parameters
        ----------
        batches : sequence of Batch
            A later batch is compared with the earlier ones, as if they stood in the lake.
        now : datetime with a time zone
            When the import happens (by default the machine's clock): no correction is known before.
        progress : function of (step, done, total)
            Called after each step of ``compare`` (a batch) and ``write`` (a table).

        Returns
        -------
        list of Landed
            What became of each batch, in the same order. ``new + completed + changed + same + outranked`` is the
            number of its facts, unless this very file was imported before.

        Raises
        ------
        LakeError
            Another import is writing, the disk is full, or the folder is read-only.
        """
        if not batches:
            return []
        imported_at = utc(now or datetime.now(UTC), "now")
        tell = progress or _say_nothing
        doing = "Importing " + ", ".join(dict.fromkeys(batch.file for batch in batches))
        with self._catalogue.writing(doing) as writing:
            snapshot = Snapshot(self._places, self._catalogue, writing.state)
            landing = Landing(snapshot, writing, imported_at=imported_at)
            landed: list[Landed] = []
            for some in alike(batches):
                for one in landing.take(some):
                    landed.append(one)
                    tell("compare", len(landed), len(batches))
            if landing.imports:
                versions = {}
                for done, name in enumerate(landing.tables, start=1):
                    versions[name] = landing.write(name)
                    tell("write", done, len(landing.tables))
                writing.publish(versions, landing.imports, operation="import", now=imported_at)
        return landed

    def compact(self, *, now: datetime | None = None) -> None:
        """Rewrite the many small files of many imports as a few, so that reading stays quick. No fact changes."""
        at = utc(now or datetime.now(UTC), "now")
        with self._catalogue.writing("Compacting the lake") as writing:
            versions = {}
            for name, before in writing.state.tables.items():
                folder = self._places.delta(name)
                version = delta.compact(folder, published=before.version)
                delta.verify(folder, version=version, rows=before.rows)
                versions[name] = Published(version, before.rows)
            if versions != writing.state.tables:
                writing.publish(versions, [], operation="compact", now=at)

    def snapshot(self) -> Snapshot:
        """Return the lake as it is published now, for several reads that must agree with each other."""
        return Snapshot(self._places, self._catalogue, self._catalogue.state())

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
        """Return one row for each fact: the one that stood at a moment.

        Among the rows known by then the best grade stands, then the highest revision.

        Parameters
        ----------
        table : Table or its name
        known_at : datetime with a time zone
            Only what could be known at that moment; by default everything.
        first, last : date
            Only facts of these days, both included.
        where : expression
            A condition that judges each row by itself. It is asked of the standing rows only, so that an overruled
            revision never comes back because the one that overruled it does not meet the condition.
        columns : names, optional
            The value columns that are wanted, where not all are; the identity and the audit columns come with them.

        Returns
        -------
        frame
            All columns of ``table.schema``, sorted by identity; empty where the lake has nothing.
        """
        return self.snapshot().read(table, known_at=known_at, first=first, last=last, where=where, columns=columns)

    def history(self, table: Table | str, where: pl.Expr | None = None) -> pl.DataFrame:
        """Return every revision that meets the condition, sorted by identity and revision."""
        return self.snapshot().history(table, where)

    def quarantine(self) -> pl.DataFrame:
        """Return the rows and cells that could not land, with the reason of each, in the order in which they came."""
        return self.snapshot().quarantine()

    def imports(self) -> pl.DataFrame:
        """Return what was imported from where and what became of it, in the order in which it came.

        ``notices`` is a JSON list of objects with ``zh``, ``en`` and ``count``.
        """
        return self.snapshot().imports()

    def rows(self, table: Table | str) -> int:
        """Return how many rows the table has, all revisions counted."""
        return self.snapshot().rows(table)

    def tables(self) -> list[str]:
        """Return the names of the canonical tables that have rows, sorted."""
        return self.snapshot().tables()

    def _make(self, create: bool) -> None:
        root = self.root
        if not root.exists() and not create:
            raise MissingDataError(f"There is no lake at {root}: the folder does not exist. {_MAKE}.")
        if root.exists() and not root.is_dir():
            raise LakeError(f"{root} is a file, not a lake's folder. Give the folder; {_MAKE}.")
        if self._places.tables.exists():
            raise LakeError(
                f"{root} has a lake's tables but no {self._places.catalogue.name}, which says what counts in them. "
                "Put it back from a backup, or import the files again into a new folder."
            )
        if not create:
            raise LakeError(f"{root} is a folder, but not a lake: it has no {self._places.catalogue.name}. {_MAKE}.")
        strangers = [path.name for path in sorted(root.glob("[!.]*")) if not self._is_ours(path)]
        if strangers:
            raise LakeError(
                f"{root} is not a lake and holds other things ({', '.join(strangers[:3])}). "
                "Give a new or an empty folder for the lake."
            )
        self._catalogue.create(datetime.now(UTC))

    def _is_ours(self, path: Path) -> bool:
        return path.name.startswith(self._places.catalogue.name)


def _say_nothing(step: str, done: int, total: int) -> None:  # the shape of a Progress
    pass
