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
    """Return what the lake holds of every table and every index or market, up to a session as known at a moment.

    A table of securities has thousands of series, and counts as one.
    """
    entries: list[Coverage] = []
    for table in TABLES.values():
        rows = lake.read(table, known_at=known_at, last=as_of, columns=())
        parts = _parts(table, rows)
        entries += [_coverage(table, part, parts[part], as_of) for part in sorted(parts)]
    return tuple(entries)


def _parts(table: Table, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows of each index or market of the table."""
    keys = [key for key in table.key if key != "security"]
    if keys:
        return {str(name): part for (name,), part in rows.partition_by(keys, as_dict=True).items()}
    return {} if rows.is_empty() else {"": rows}


def _coverage(table: Table, part: str, rows: pl.DataFrame, as_of: date | None) -> Coverage:
    days = set(rows["as_of"])
    first, last = min(days), max(days)
    due = calendar().between(first, last) if table.daily else ()
    missing = [session for session in due if session not in days]
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
