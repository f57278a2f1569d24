"""The catalogue: one SQLite file that says which version of which Delta table counts, and what was imported when.

A version that is not published here does not exist for a reader, so that one SQLite transaction makes an import of
many tables visible at once. The same transaction is the lock of the writer: SQLite lets one begin at a time, and the
operating system ends it when its process dies. Readers see the last published state and wait for nobody (WAL).

What does not live here: the facts, and how Delta writes them.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import polars as pl

from rongheng.basics.batch import Batch, Landed
from rongheng.basics.errors import LakeError
from rongheng.market.store.durability import force_out
from rongheng.market.store.failures import spoken

SCHEMA = 1  # of the whole lake: a change that this code cannot read raises it
_APPLICATION = 0x526F6E67  # "Rong" in the file's header

_PAUSE_SECONDS = 0.02
_STRANGER = "{path} is a database, but not the catalogue of a lake. Give the lake's own folder, or a new one."

_CREATE = """
CREATE TABLE commits (
    sequence INTEGER PRIMARY KEY,
    committed_at TEXT NOT NULL,
    operation TEXT NOT NULL
);
CREATE TABLE published (
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL REFERENCES commits,
    version INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (name, sequence)
) WITHOUT ROWID;
CREATE TABLE imports (
    fingerprint TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL REFERENCES commits,
    table_name TEXT NOT NULL,
    file TEXT NOT NULL,
    sheet TEXT,
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    options TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_repeated INTEGER NOT NULL,
    new INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    same INTEGER NOT NULL,
    outranked INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    imported_at TEXT NOT NULL,
    notices TEXT NOT NULL
);
"""

IMPORTS_SCHEMA: dict[str, pl.DataType] = {
    "sequence": pl.Int64(),
    "table": pl.String(),
    "file": pl.String(),
    "sheet": pl.String(),
    "source": pl.String(),
    "sha256": pl.String(),
    "options": pl.String(),
    "rows_read": pl.Int64(),
    "rows_repeated": pl.Int64(),
    "new": pl.Int64(),
    "completed": pl.Int64(),
    "changed": pl.Int64(),
    "same": pl.Int64(),
    "outranked": pl.Int64(),
    "quarantined": pl.Int64(),
    "imported_at": pl.Datetime("us", "UTC"),
    "notices": pl.String(),  # a JSON list of {"zh", "en", "count"}
}


@dataclass(frozen=True, slots=True)
class Published:
    """One Delta table as readers see it: the version that counts, and how many rows it has."""

    version: int
    rows: int


@dataclass(frozen=True)
class State:
    """What the catalogue publishes at one moment: the last sequence, and the version of each table."""

    sequence: int
    tables: Mapping[str, Published]


@dataclass(frozen=True)
class Import:
    """What a batch was and what became of it."""

    batch: Batch
    landed: Landed


def fingerprint(batch: Batch) -> str:
    """Return what makes an import the same import: the bytes of the file, the table, the sheet and the options."""
    parts = [batch.sha256, batch.table.name, batch.sheet, batch.options]
    return sha256(json.dumps(parts).encode()).hexdigest()


class Catalogue:
    """The catalogue file. Each call opens it anew, so that the object can be shared and pickled."""

    def __init__(self, path: Path, *, patience_seconds: float) -> None:
        self.path = path
        self._patience_seconds = patience_seconds

    @property
    def exists(self) -> bool:
        """Say whether there is a finished catalogue: one whose making was cut short does not count."""
        if not self.path.is_file() or self.path.stat().st_size == 0:
            return False
        with self._reading() as connection:
            return _schema(connection) > 0

    def create(self, now: datetime) -> None:
        """Make the catalogue; one that was made meanwhile is left as it is."""
        harm = "No lake was made."
        with spoken("Making a lake", self.path.parent, harm=harm):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect("rwc")) as connection:
                # Tables are asked for first: our own appear together with their schema, if another process is as quick.
                if connection.execute("SELECT name FROM sqlite_master").fetchone() and _schema(connection) == 0:
                    raise LakeError(_STRANGER.format(path=self.path))
                self._let_readers_read_beside_a_writer(connection)
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                if _schema(connection) == 0:
                    for statement in _CREATE.split(";\n"):
                        connection.execute(statement)
                    connection.execute("INSERT INTO commits VALUES (0, ?, 'create')", (now.isoformat(),))
                    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {SCHEMA}")
                connection.execute("COMMIT")
            force_out(self.path.parent)
            force_out(self.path.parent.parent)

    def check(self) -> None:
        """Raise ``LakeError`` when this is no catalogue, or one of a newer schema."""
        with self._reading() as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            schema = _schema(connection)
        if application != _APPLICATION:
            raise LakeError(_STRANGER.format(path=self.path))
        if schema > SCHEMA:
            raise LakeError(
                f"The lake {self.path.parent} was written by a newer Rongheng (schema {schema}, this one knows "
                f"{SCHEMA}): upgrade Rongheng to use it."
            )

    def state(self) -> State:
        """Return what is published now."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            return _state(connection)

    def imports(self, *, up_to: int) -> pl.DataFrame:
        """Return the imports of the commits up to that sequence, in the order in which they came."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT sequence, table_name, file, sheet, source, sha256, options, rows_read, rows_repeated, new, "
                "completed, changed, same, outranked, quarantined, imported_at, notices FROM imports "
                "WHERE sequence <= ? ORDER BY sequence, rowid",
                (up_to,),
            ).fetchall()
        text = IMPORTS_SCHEMA | {"imported_at": pl.String()}
        frame = pl.DataFrame(rows, schema=text, orient="row")
        return frame.with_columns(pl.col("imported_at").str.to_datetime(time_unit="us", time_zone="UTC"))

    @contextmanager
    def writing(self, doing: str) -> Iterator[Writing]:
        """Become the one writer, for as long as the block runs; what it does not publish never happened."""
        harm = "Nothing of it landed, and nothing that the lake held was lost."
        with spoken(doing, self.path.parent, harm=harm), closing(self._connect("rw")) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield Writing(connection)  # closing undoes what was not committed

    def _let_readers_read_beside_a_writer(self, connection: sqlite3.Connection) -> None:
        """Switch the file to a write-ahead log; SQLite waits for every lock but the one that this takes."""
        attempts = max(1, round(self._patience_seconds / _PAUSE_SECONDS))
        for left in reversed(range(attempts)):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        harm = "Nothing in it was touched."
        with (
            spoken("Reading the lake's catalogue", self.path.parent, harm=harm),
            closing(self._connect_for_reading()) as connection,
        ):
            yield connection

    def _connect_for_reading(self) -> sqlite3.Connection:
        """Connect, even where SQLite cannot put its shared memory beside the file: no room, or no right to write.

        ``immutable`` reads the file alone. It would silently miss commits that still stand in the log beside it, so
        it is used only where there are none.
        """
        connection = self._connect("rw")
        try:
            connection.execute("SELECT name FROM sqlite_master").fetchone()
        except sqlite3.Error as problem:
            connection.close()
            if not self._is_shut_out(problem):
                raise
            return self._connect("ro&immutable=1")
        return connection

    def _is_shut_out(self, problem: sqlite3.Error) -> bool:
        log = self.path.with_name(self.path.name + "-wal")
        barred = (
            isinstance(problem, sqlite3.OperationalError) and problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
        )
        return barred and not (log.exists() and log.stat().st_size > 0)

    def _connect(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=self._patience_seconds
        )


class Writing:
    """The lake in the hands of its one writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.state = _state(connection)
        self.sequence = self.state.sequence + 1

    def knows(self, batch: Batch) -> bool:
        """Say whether the same import was made before."""
        found = self._connection.execute("SELECT 1 FROM imports WHERE fingerprint = ?", (fingerprint(batch),))
        return found.fetchone() is not None

    def publish(
        self, versions: Mapping[str, Published], imports: Sequence[Import], *, operation: str, now: datetime
    ) -> None:
        """Publish the versions and the imports at once, and end the writing."""
        run = self._connection
        run.execute("INSERT INTO commits VALUES (?, ?, ?)", (self.sequence, now.isoformat(), operation))
        for name, version in versions.items():
            run.execute(
                "INSERT INTO published VALUES (?, ?, ?, ?)", (name, self.sequence, version.version, version.rows)
            )
        for entry in imports:
            row = self._row(entry, now)
            run.execute(f"INSERT INTO imports VALUES ({', '.join('?' * len(row))})", row)
        run.execute("COMMIT")

    def _row(self, entry: Import, now: datetime) -> tuple[object, ...]:
        batch, landed = entry.batch, entry.landed
        notices = [{"zh": notice.text.zh, "en": notice.text.en, "count": notice.count} for notice in batch.notices]
        return (
            fingerprint(batch),
            self.sequence,
            batch.table.name,
            batch.file,
            batch.sheet,
            batch.source,
            batch.sha256,
            batch.options,
            batch.rows_read,
            batch.rows_repeated,
            landed.new,
            landed.completed,
            landed.changed,
            landed.same,
            landed.outranked,
            landed.quarantined,
            now.isoformat(),
            json.dumps(notices, ensure_ascii=False),
        )


def _schema(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _state(connection: sqlite3.Connection) -> State:
    sequence = connection.execute("SELECT max(sequence) FROM commits").fetchone()[0]
    rows = connection.execute(
        "SELECT name, version, rows FROM published "
        "JOIN (SELECT name, max(sequence) AS sequence FROM published GROUP BY name) USING (name, sequence) "
        "ORDER BY name"
    )
    return State(sequence, {name: Published(version, rows) for name, version, rows in rows})
