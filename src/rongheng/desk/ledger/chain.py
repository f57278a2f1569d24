"""The chain of digests: each commit's is over all that it holds and over the digest of the commit before.

What lives here: how rows are written down, for their digest and for the database. What does not: who compares
(``Ledger.verify``).

A row is one line of text, as PostgreSQL's COPY writes it: fields parted by tabs, ``\\N`` for null, moments in UTC.
Whoever keeps the last digest somewhere else can prove that nothing before it was changed, removed or slipped in.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import polars as pl

START: Final = ""  # the digest before the first commit
_ESCAPES: Final = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def digest_of(previous: str, parts: Iterable[tuple[str, pl.DataFrame]]) -> str:
    """Return the digest of a commit.

    Parameters
    ----------
    previous : the digest of the commit before, ``START`` for the first
    parts : the rows of it by table: the commit itself, its run, its terms, its events
    """
    running = sha256(previous.encode())
    for table, rows in parts:
        running.update(f"{table}\n{as_text(plain(rows))}".encode())
    return running.hexdigest()


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as text and whole numbers alone, as both databases take them.

    >>> from datetime import UTC, datetime
    >>> plain(pl.DataFrame({"at": [datetime(2025, 4, 7, 1, 2, tzinfo=UTC)], "open": [True]})).rows()
    [('2025-04-07 01:02:00.000000', 1)]
    """
    columns = []
    for name, dtype in rows.schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.Datetime):
            column = column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
        elif isinstance(dtype, pl.Time):
            column = column.dt.strftime("%H:%M:%S%.6f")
        elif isinstance(dtype, pl.Boolean):
            column = column.cast(pl.Int64())
        elif isinstance(dtype, pl.Enum):
            column = column.cast(pl.String())
        columns.append(column)
    return rows.select(columns)


def as_text(rows: pl.DataFrame) -> str:
    """Return plain rows as lines of text.

    >>> as_text(pl.DataFrame({"a": [1, None], "b": ["one\\ttab", None]}))
    '1\\tone\\\\ttab\\n\\\\N\\t\\\\N\\n'
    """
    if not rows.height:
        return ""
    fields = [_field(name, dtype).fill_null("\\N") for name, dtype in rows.schema.items()]
    lines = rows.select(pl.concat_str(fields, separator="\t")).to_series()
    return "\n".join(lines.to_list()) + "\n"


def _field(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype != pl.String():
        return pl.col(name).cast(pl.String())
    field = pl.col(name)
    for found, written in _ESCAPES:
        field = field.str.replace_all(found, written, literal=True)
    return field
