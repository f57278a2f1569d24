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
    """Return what the lake holds of every table and every part of it, up to a session as known at a moment."""
    snapshot = lake.snapshot() if isinstance(lake, Lake) else lake
    entries: list[Coverage] = []
    for table in TABLES.values():
        days = _days(snapshot, table, as_of, known_at)
        entries += [_coverage(table, str(part), rows, as_of) for (part,), rows in days.group_by("part")]
    return tuple(sorted(entries, key=lambda entry: (list(TABLES).index(entry.table), entry.part)))


def _days(lake: Snapshot, table: Table, as_of: date | None, known_at: datetime | None) -> pl.DataFrame:
    """Return part, day, rows, sources and grades: of the rows that stand, but for tables that are too long for that."""
    if table.of_securities:
        return lake.extent(table, known_at=known_at, last=as_of)
    rows = lake.read(table, known_at=known_at, last=as_of, columns=()).with_columns(table.part)
    listed = [pl.col(name).unique().alias(f"{name}s") for name in ("source", "grade")]
    return rows.group_by("part", "as_of").agg(pl.len().alias("rows"), *listed)


def _coverage(table: Table, part: str, rows: pl.DataFrame, as_of: date | None) -> Coverage:
    days = set(rows["as_of"])
    first, last = min(days), max(days)
    due = calendar().between(first, last) if table.daily else ()
    missing = [session for session in due if session not in days]
    return Coverage(
        table=table.name,
        part=part,
        label=label_of(table, part),
        first=first,
        last=last,
        rows=int(rows["rows"].sum()),
        gaps=len(missing),
        first_gap=missing[0] if missing else None,
        last_gap=missing[-1] if missing else None,
        sources=tuple(sorted(rows["sources"].explode().unique())),
        grades=tuple(sorted(rows["grades"].explode().unique())),
        age_days=((as_of or last) - last).days,
    )


def label_of(table: Table, part: str) -> Text:
    """Return what a reader calls that part of the table."""
    index = find_index(part) if "index" in table.key else None
    name = index.label if index is not None else MARKETS.get(part, Text(part, part))
    return Text(f"{table.label.zh} · {name.zh}", f"{table.label.en} · {name.en}") if part else table.label
