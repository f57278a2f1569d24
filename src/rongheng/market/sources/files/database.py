"""SQLite databases: every table is a sheet, whose columns have their names apart from the rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.damaged import reading
from rongheng.market.sources.files.sheet import Sheet, as_cells

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def read_database(data: bytes, *, file: str) -> list[Sheet]:
    """Return the tables of an SQLite database as cells; numbers are the shortest text that gives them back.

    The bytes are opened in memory: a database that another program still writes beside (a journal, a write-ahead log)
    is read as the file alone has it.
    """
    with reading("an SQLite database", file=file), closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        sheets = [_sheet(database, name, file=file) for (name,) in database.execute(_TABLES)]
    if not sheets:
        raise DataError(f"{file} is an SQLite database without a table.")
    return sheets


def _sheet(database: sqlite3.Connection, table: str, *, file: str) -> Sheet:
    quoted = table.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{quoted}"')
    names = tuple(column[0] for column in rows.description)
    columns = zip(*rows.fetchall(), strict=True)
    cells = [pl.Series(map(_as_text, values), dtype=pl.String) for values in columns]
    return Sheet(file, table, as_cells(cells or [pl.Series(dtype=pl.String) for _ in names]), names)


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
