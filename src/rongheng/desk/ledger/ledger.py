"""The operations ledger: what was asked of clients, what they did and what was decided, kept for good.

What lives here: opening and making a ledger, its version, transactions and the check of the whole. What does not: SQL
(``reading.py``, ``writing.py``) and what the events mean (``account.calls``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, inspect, select

from rongheng.basics.errors import LedgerError
from rongheng.desk.ledger.chain import START, digest_of
from rongheng.desk.ledger.connection import engine_for, ledger_url, reading, shown, write_ahead, writing
from rongheng.desk.ledger.reading import Head, Reading, parts_of
from rongheng.desk.ledger.schema import LEDGER, METADATA, PRODUCT, VERSION
from rongheng.desk.ledger.writing import Pen, ending_rows

PATIENCE_SECONDS = 60.0


class Ledger:
    """One ledger, by path or URL. Each transaction opens a connection of its own, so that threads may share it."""

    def __init__(self, url: str | Path, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._url = ledger_url(url)
        self._patience_seconds = patience_seconds
        self._engine = engine_for(self._url, patience_seconds=patience_seconds)

    @classmethod
    def open(
        cls,
        url: str | Path,
        *,
        create: datetime | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Ledger:
        """Return the ledger at that address.

        Parameters
        ----------
        create : make one where there is none, and say that it was made at this moment
        patience_seconds : how long to wait for another writer, and for a database that does not answer

        Raises
        ------
        LedgerError
            There is none, it cannot be reached, it is another database, or one of another version.
        """
        ledger = cls(url, patience_seconds=patience_seconds)
        if create is not None:
            ledger._make(create)
        ledger._check()
        return ledger

    @property
    def place(self) -> str:
        """Where the ledger lives, without a password."""
        return shown(self._url)

    @contextmanager
    def reading(self, doing: str = "Reading the ledger") -> Iterator[Reading]:
        """Give what the ledger says, all of one moment."""
        self._require_file(doing)
        with reading(self._engine, doing) as connection:
            yield Reading(connection)

    @contextmanager
    def writing(self, doing: str) -> Iterator[Pen]:
        """Give the pen: nobody else writes until the block ends, and all that it appended is kept, or nothing."""
        self._require_file(doing)
        with writing(self._engine, doing) as connection:
            yield Pen(connection)

    def verify(self) -> Head:
        """Recompute every digest and the index of open demands, and return the last commit.

        Raises
        ------
        LedgerError
            Something was changed, removed or slipped in; the first commit that does not fit is named.
        """
        self._require_file("Verifying the ledger")
        with reading(self._engine, "Verifying the ledger") as connection:
            head = _follow(connection, self.place)
            _check_index(Reading(connection), self.place)
        return head

    def _require_file(self, doing: str) -> None:
        if self._url.get_backend_name() == "sqlite" and not Path(str(self._url.database)).is_file():
            raise LedgerError(
                f"{doing}: there is no ledger {self.place}. Check the path; `rongheng calls run` begins a new ledger."
            )

    def _make(self, now: datetime) -> None:
        """Make the tables where there are none; another process that is as quick finds them made."""
        doing = "Making a ledger"
        if self._url.get_backend_name() == "sqlite":
            write_ahead(self._engine, doing, patience_seconds=self._patience_seconds)
        with writing(self._engine, doing, making=True) as connection:
            names = inspect(connection).get_table_names()
            if LEDGER.name in names:
                return
            if names:
                raise LedgerError(self._stranger())
            METADATA.create_all(connection, checkfirst=False)
            connection.execute(LEDGER.insert(), {"product": PRODUCT, "version": VERSION, "created_at": now})

    def _stranger(self) -> str:
        return f"{self.place} is a database, but not a ledger of Rongheng. Give the ledger's own, or an empty one."

    def _check(self) -> None:
        """Raise ``LedgerError`` when this is no ledger, or one of another version."""
        doing = "Opening the ledger"
        self._require_file(doing)
        with reading(self._engine, doing) as connection:
            names = inspect(connection).get_table_names()
            if LEDGER.name not in names:
                raise LedgerError(
                    self._stranger() if names else f"{self.place} holds no ledger; `rongheng calls run` begins one."
                )
            row = connection.execute(select(LEDGER.c.product, LEDGER.c.version)).first()
        if row is None or row.product != PRODUCT:
            raise LedgerError(self._stranger())
        if row.version != VERSION:
            which = "a newer" if row.version > VERSION else "an older"
            raise LedgerError(
                f"The ledger {self.place} has version {row.version}, written by {which} Rongheng; this one reads and "
                f"writes version {VERSION}. Use the Rongheng that wrote it, or begin a new ledger. Nothing was touched."
            )


def _follow(connection: Connection, place: str) -> Head:
    """Recompute the chain from its start; raise ``LedgerError`` at the first commit that does not fit."""
    head = Head(0, 0, START)
    for commit in Reading(connection).commits():
        expected = head.number + 1
        if commit["number"] != expected:
            raise LedgerError(f"The ledger {place} lacks commit {expected}: it was tampered with. Keep it as evidence.")
        parts = list(parts_of(commit, connection))
        count = parts[-1][1].height
        last = head.last_sequence + count
        fits = (count, last) == (commit["events"], commit["last_sequence"])
        if not fits or digest_of(head.digest, parts) != commit["digest"]:
            raise LedgerError(
                f"Commit {expected} of the ledger {place} ({commit['action']} by {commit['by_whom']}) is not what was "
                "written: it, or one of its events, was changed. Keep the ledger as evidence and restore a backup."
            )
        head = Head(expected, last, commit["digest"])
    return head


def _check_index(ledger: Reading, place: str) -> None:
    """Raise ``LedgerError`` where the index of open demands is not what the events say."""
    folded = ending_rows(ledger.history()).filter(~pl.col("ended"))
    expected = {(row["account_id"], row["demand"]): row["first"] for row in folded.iter_rows(named=True)}
    if expected != ledger.open_demands():
        raise LedgerError(
            f"The index of open demands in the ledger {place} is not what its events say. Restore a backup."
        )
