"""What the lake holds: of every table, from when to when, how many rows, which sessions are missing."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.ids import MARKETS, find_index
from rongheng.basics.tables import TABLES, Table
from rongheng.basics.text import Text
from rongheng.findings.dossier import Coverage
from rongheng.market.store import Lake, Snapshot


def coverage(
    lake: Lake | Snapshot, *, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[Coverage, ...]:
    """Return what the lake holds of every table and every index or market, up to a session as known at a moment."""
    entries: list[Coverage] = []
    for table in TABLES.values():
        rows = lake.read(table, known_at=known_at, last=as_of)
        if table.key:
            parts = {str(name): part for (name,), part in rows.partition_by(table.key, as_dict=True).items()}
        else:
            parts = {} if rows.is_empty() else {"": rows}
        entries += [_coverage(table, part, parts[part], as_of) for part in sorted(parts)]
    return tuple(entries)


def _coverage(table: Table, part: str, rows: pl.DataFrame, as_of: date | None) -> Coverage:
    days = set(rows["as_of"])
    first, last = min(days), max(days)
    missing = [session for session in calendar().between(first, last) if session not in days]
    return Coverage(
        table=table.name,
        part=part,
        label=_label(table, part),
        first=first,
        last=last,
        rows=rows.height,
        gaps=len(missing),
        first_gap=missing[0] if missing else None,
        last_gap=missing[-1] if missing else None,
        sources=tuple(sorted(rows["source"].unique())),
        grades=tuple(sorted(rows["grade"].unique())),
        age_days=((as_of or last) - last).days,
    )


def _label(table: Table, part: str) -> Text:
    """Return what a reader calls that part of the table."""
    index = find_index(part) if "index" in table.key else None
    name = index.label if index is not None else MARKETS.get(part, Text(part, part))
    return Text(f"{table.label.zh} · {name.zh}", f"{table.label.en} · {name.en}") if part else table.label
