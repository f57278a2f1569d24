"""Batches made by hand for the tests of the lake. What is expected of them stands in the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

import polars as pl

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.tables import ACCOUNT_DAILY, QUARANTINE_SCHEMA, Table

POLICY = datetime(2024, 2, 6, 10, tzinfo=UTC)  # known_at of a batch unless a test says otherwise
TODAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # imported_at unless a test says otherwise

_QUARANTINE = {name: dtype for name, dtype in QUARANTINE_SCHEMA.items() if name not in ("imported_at", "sequence")}


def day(number: int) -> date:
    """Return the day of that number, counted from 2024-02-05."""
    return date.fromordinal(date(2024, 2, 5).toordinal() + number)


def facts(rows: Sequence[Mapping[str, object]], table: Table = ACCOUNT_DAILY) -> pl.DataFrame:
    """Return facts with the columns that the rows name; known_at, grade and note have defaults."""
    stated = dict.fromkeys(name for row in rows for name in row)
    order = [name for name in table.schema if name in {*stated, *table.identity, "known_at", "grade", "note"}]
    full = [{"known_at": POLICY, "grade": "official", "note": None, **row} for row in rows]
    return pl.DataFrame(full, schema={name: table.schema[name] for name in order}).sort(table.identity)


def batch(
    rows: Sequence[Mapping[str, object]],
    table: Table = ACCOUNT_DAILY,
    *,
    file: str = "a.csv",
    sheet: str | None = None,
    options: str = "",
    content: str | None = None,
    bad_rows: int = 0,
    notices: tuple[Notice, ...] = (),
) -> Batch:
    """Return a batch of these facts; files with other ``content`` (by default the rows) are other files."""
    stated = facts(rows, table)
    digest = sha256((content or f"{file}{rows}{bad_rows}").encode()).hexdigest()
    bad = [
        {"table": table.name, "file": file, "sheet": sheet, "row": number + 2, "found": "?", "reason": "no number"}
        | {"raw": "{}", "sha256": digest, "column": None}
        for number in range(bad_rows)
    ]
    return Batch(
        table=table,
        facts=stated,
        quarantine=pl.DataFrame(bad, schema=_QUARANTINE),
        source="hand",
        file=file,
        sheet=sheet,
        sha256=digest,
        rows_read=stated.height + bad_rows,
        rows_repeated=0,
        options=options,
        notices=notices,
    )
