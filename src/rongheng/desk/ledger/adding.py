"""How many rows get into a table at once: past the toolkit, which would handle each value of each row in Python.

What lives here: the quickest way of each database, both inside the transaction that is under way.
"""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Connection, Table

from rongheng.desk.ledger.chain import as_text, plain


def add_rows(connection: Connection, table: Table, rows: pl.DataFrame) -> None:
    """Add rows to a table: all of them at once in PostgreSQL (COPY), many to a statement in SQLite."""
    if not rows.height:
        return
    bare = plain(rows)
    names = ", ".join(bare.columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * bare.width)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({places})", bare.rows())
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        copy.write(as_text(bare))
