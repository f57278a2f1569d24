"""How the ledger's database is reached, who holds its one pen, and what its failures mean.

What lives here: engines for SQLite and PostgreSQL, transactions, and the errors of both as one ``LedgerError``. What
does not: what is read and written.

There is one pen: a writer takes it when its transaction begins, so that it decides on what stands and nobody writes in
between. SQLite lends it with ``BEGIN IMMEDIATE``, PostgreSQL with a lock on the ledger's own row; both take it back
when its holder dies. Readers wait for nobody.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from rongheng.basics.errors import LedgerError, UsageError
from rongheng.desk.ledger.schema import LEDGER

_PAUSE_SECONDS = 0.02
_MAKING = 0x526F6E67  # the lock of PostgreSQL under which a ledger is made, before it has a row to lock
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_SCHEMES = "a path such as ledger.db, sqlite:///ledger.db or postgresql://user@host/database"


def ledger_url(typed: str | Path) -> URL:
    """Return the address of a ledger from a path or a URL.

    >>> ledger_url("calls.db").database, ledger_url("postgresql://desk@db/calls").drivername
    ('calls.db', 'postgresql+psycopg')

    Raises
    ------
    UsageError
        The URL names another kind of database, or cannot be read.
    """
    text = str(typed)
    if "://" not in text:
        return URL.create(_DRIVERS["sqlite"], database=text)
    try:
        url = make_url(text)
    except ArgumentError:
        raise UsageError(f"The ledger's address {text!r} cannot be read; expected {_SCHEMES}.") from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise UsageError(f"The ledger cannot live in {url.get_backend_name()!r}; expected {_SCHEMES}.")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise UsageError(f"The ledger's address {text!r} names no file; expected {_SCHEMES}.")
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """Return the address as messages show it: a path, or a URL without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def engine_for(url: URL, *, patience_seconds: float) -> Engine:
    """Return an engine that opens a connection for each transaction, and closes it."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, patience_seconds)
    return _postgres(url, patience_seconds)


def _sqlite(url: URL, patience_seconds: float) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": patience_seconds})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("pen", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgres(url: URL, patience_seconds: float) -> Engine:
    seconds = max(1, round(patience_seconds))
    milliseconds = f"{round(patience_seconds * 1000)}"
    reachable: dict[str, Any] = {
        "connect_timeout": seconds,
        "keepalives_idle": seconds,
        "tcp_user_timeout": milliseconds,  # a server that vanished without a word is found out
        "options": f"-c lock_timeout={milliseconds} -c timezone=UTC",
    }
    try:
        return create_engine(url, poolclass=NullPool, connect_args=reachable)
    except (ModuleNotFoundError, NoSuchModuleError) as missing:
        raise UsageError(
            "A ledger in PostgreSQL needs psycopg, which is not installed: pip install 'rongheng[postgres]'."
        ) from missing


@contextmanager
def reading(engine: Engine, doing: str) -> Iterator[Connection]:
    """Give a connection that sees one state of the database, whatever is written meanwhile."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _spoken(engine, doing, lambda: "Nothing in it was touched."), engine.connect() as connection:
        yield connection.execution_options(**options)


@contextmanager
def writing(engine: Engine, doing: str, *, making: bool = False) -> Iterator[Connection]:
    """Give the pen; when the block ends without an error everything in it is committed, else nothing.

    Parameters
    ----------
    making : there is no ledger yet
    """
    committing = False

    def harm() -> str:
        if committing:
            return "It is not known whether it was recorded: look before you repeat it."
        return "Nothing of it was recorded."

    with _spoken(engine, doing, harm), engine.connect() as plain:
        connection = plain.execution_options(pen=True)
        with connection.begin() as transaction:
            if engine.dialect.name == "postgresql":
                making_lock = text("SELECT pg_advisory_xact_lock(:making)").bindparams(making=_MAKING)
                connection.execute(making_lock if making else select(LEDGER.c.version).with_for_update())
            yield connection
            committing = True
            transaction.commit()


def write_ahead(engine: Engine, doing: str, *, patience_seconds: float) -> None:
    """Let readers of a SQLite ledger read beside its writer, for good.

    SQLite waits for every lock but the one that this switch takes, so we do.
    """
    attempts = max(1, round(patience_seconds / _PAUSE_SECONDS))
    with _spoken(engine, doing, lambda: "No ledger was made."), closing(engine.raw_connection()) as connection:
        for left in reversed(range(attempts)):
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return


@contextmanager
def _spoken(engine: Engine, doing: str, harm: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as problem:
        raise _ledger_error(problem, engine.url, doing, harm()) from problem


def _ledger_error(problem: Exception, url: URL, doing: str, harm: str) -> LedgerError:
    original = problem.orig if isinstance(problem, DBAPIError) else problem
    found = " ".join(str(original).split())[:300]
    place = shown(url)
    if isinstance(original, sqlite3.Error):
        return LedgerError(_sqlite_words(original, place, doing, found, harm))
    state = getattr(original, "sqlstate", None)
    if state == "23505":  # a key that is there already
        return LedgerError(f"{doing}: the ledger {place} has it already. {harm}")
    if state == "55P03":  # lock not available
        return LedgerError(f"{doing} waited in vain: another process is writing to the ledger {place}. Try again.")
    is_gone = state is None or state.startswith(("08", "57P"))
    if is_gone and not isinstance(original, SQLAlchemyError):
        return LedgerError(
            f"{doing}: the database of the ledger {place} cannot be reached or went away ({found}). {harm} "
            "See that it runs, and try again."
        )
    return LedgerError(f"{doing} failed on the ledger {place}: {type(original).__name__}: {found}. {harm}")


def _sqlite_words(problem: sqlite3.Error, place: str, doing: str, found: str, harm: str) -> str:
    code = int(getattr(problem, "sqlite_errorcode", 0)) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{doing} waited in vain: another process is writing to the ledger {place}. Try again when it ends."
    if code == sqlite3.SQLITE_CONSTRAINT:
        return f"{doing}: the ledger {place} has it already. {harm}"
    if code == sqlite3.SQLITE_FULL:
        return f"{doing} found the disk of the ledger {place} full. {harm} Free some space and try again."
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"{doing}: the ledger {place} is no database or damaged ({found}). {harm} Put it back from a backup."
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return (
            f"{doing}: the ledger {place} cannot be opened or written to ({found}). {harm} "
            "See that its folder is there and may be written to, or give another ledger."
        )
    return f"{doing} failed on the ledger {place}: {type(problem).__name__}: {found}. {harm}"
