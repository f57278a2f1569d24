"""Read a book from a database, through SQLAlchemy.

What lives here: addresses, queries, and what a database may refuse. What does not: types and names
(``basics.conform``), checks (``check.py``) and files (``read.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl
from sqlalchemy import Connection, Engine, create_engine, inspect
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from rongheng.account.book.book import Book
from rongheng.account.book.read import book_of
from rongheng.basics.account_tables import BOOK_TABLES, OPTIONAL_TABLES
from rongheng.basics.code_changes import CODE_CHANGES
from rongheng.basics.errors import BookError, UsageError

_TABLES = (*BOOK_TABLES, *OPTIONAL_TABLES, CODE_CHANGES)


def query_book(url: str, queries: Mapping[str, str] | None = None, *, session: date) -> Book:
    """Read a book from a database through SQLAlchemy: a query for each of its tables, or the tables themselves.

    Parameters
    ----------
    url : as SQLAlchemy writes it: ``sqlite:///book.db``, ``postgresql+psycopg://user@host/name``
    queries : by table; a table without a query is read whole, and ``orders``,
        ``relations`` and ``code_changes`` may be absent
    session : the book's date

    Raises
    ------
    UsageError
        The URL is malformed, its driver is not installed, or a query is of no known table.
    BookError
        The database cannot be reached or refuses a query, or a table has unknown columns.
    """
    given = dict(queries or {})
    unknown = [name for name in given if name not in _TABLES]
    if unknown:
        raise UsageError(f"A book has no table {unknown[0]!r}; its tables are {', '.join(_TABLES)}.")
    engine = _engine(url)
    shown = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            frames = dict(_queried(connection, given))
    except (SQLAlchemyError, pl.exceptions.PolarsError) as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise BookError(f"{shown} did not answer: {reason}. Check the database and the queries.") from error
    finally:
        engine.dispose()
    return book_of(frames, session=session, source=shown)


def _engine(url: str) -> Engine:
    try:
        return create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise UsageError(
            f"The driver that {url.partition(':')[0]!r} asks for is not installed ({error}). For PostgreSQL: "
            "pip install 'rongheng[postgres]' and an address that begins with postgresql+psycopg://."
        ) from error
    except ArgumentError as error:
        raise UsageError(f"{url!r} is no address of a database; expected one such as sqlite:///book.db.") from error


def _queried(connection: Connection, queries: Mapping[str, str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each table of a book: by its query, or whole."""
    there = inspect(connection)
    for name in _TABLES:
        if name in queries or name in BOOK_TABLES or there.has_table(name):
            query = queries.get(name, f"SELECT * FROM {name}")
            yield name, pl.read_database(query, connection, infer_schema_length=None)
