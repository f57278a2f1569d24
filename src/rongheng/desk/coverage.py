"""What the lake holds: of every table, from when to when, how many rows, which sessions are missing."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.tables import TABLES, Table
from rongheng.findings.dossier import Coverage
from rongheng.market.store import Lake


def coverage(lake: Lake, *, as_of: date | None = None, known_at: datetime | None = None) -> tuple[Coverage, ...]:
    """Return what the lake holds of every table that has anything, up to a session as known at a moment."""
    entries = []
    for table in TABLES.values():
        rows = lake.read(table, known_at=known_at, last=as_of)
        if not rows.is_empty():
            entries.append(_coverage(table, rows, as_of))
    return tuple(entries)


def _coverage(table: Table, rows: pl.DataFrame, as_of: date | None) -> Coverage:
    first, last = rows["as_of"].min(), rows["as_of"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    sessions = calendar().between(first, last)
    return Coverage(
        table=table.name,
        label=table.label,
        first=first,
        last=last,
        rows=rows.height,
        gaps=len(sessions) - rows["as_of"].n_unique(),
        sources=tuple(sorted(rows["source"].unique())),
        grades=tuple(sorted(rows["grade"].unique())),
        age_days=((as_of or last) - last).days,
    )
