"""Reads the published figures into one long table: one row per printed figure, in our units.

What lives here: reading and unfolding. What does not: what the columns mean (``register``), and whether the figures
are right (``market.reproduction``).
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import StringIO

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade
from rongheng.basics.units import Scale
from rongheng.market.sources.published.register import Entry, File, Report, reports

_SCHEMA: dict[str, pl.DataType] = {
    "report": pl.String(),
    "table": pl.String(),
    "file": pl.String(),
    "key": pl.String(),
    "date": pl.String(),
    "first": pl.Date(),
    "last": pl.Date(),
    "column": pl.String(),
    "printed": pl.String(),
    "printed_unit": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "step": pl.Float64(),
    "note": pl.String(),
    "grade": pl.String(),
}

_UNKNOWN: tuple[date | None, date | None] = (None, None)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One printed figure and where it stands."""

    key: str
    date: str
    column: str
    printed: str
    entry: Entry
    note: str | None


@cache
def published_figures() -> pl.DataFrame:
    """Return every printed figure of the published reports, one per row.

    A blank cell is no figure and has no row. Cells that hold several figures are unfolded; their columns then end in
    ``.1``, ``.2``, ….

    Returns
    -------
    DataFrame
        ``report``, ``table``, ``file``; ``key`` (the row's key columns, joined by " / "); ``date`` (as printed, or as
        the register says), ``first`` and ``last`` (the days that it covers; equal for one day; null where it names
        none); ``column``, ``printed`` (the text), ``printed_unit``; ``value`` (Float64 in our units: yuan, fraction,
        points, count; null where the figure is a date or a name), ``unit`` (of ``basics.units.Unit``), ``step`` (one
        unit of the last printed digit, in our unit); ``note`` (the file's remark; null where there is none);
        ``grade`` (``official`` throughout: this is what the report printed).

    Examples
    --------
    >>> figures = published_figures()
    >>> figures.filter(pl.col("key") == "financing_balance_sse_szse").select("date", "value", "step").row(0)
    ('2025-01-06', 1821322000000.0, 1000000.0)
    """
    rows = [_row(report, file, cell) for report in reports() for file in report.files for cell in _cells(file)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _row(report: Report, file: File, cell: _Cell) -> tuple[object, ...]:
    entry = cell.entry
    numeric = entry.printed_unit not in ("date", "text")
    first, last = _days(cell.date)
    return (
        report.id,
        file.table,
        file.file,
        cell.key,
        cell.date,
        first,
        last,
        cell.column,
        cell.printed,
        entry.printed_unit,
        _in_our_unit(Decimal(cell.printed), entry.scale) if numeric else None,
        entry.unit.value,
        _in_our_unit(entry.step or _last_digit(cell.printed), entry.scale) if numeric else None,
        cell.note,
        Grade.OFFICIAL.value,
    )


def _cells(file: File) -> Iterator[_Cell]:
    text = files(__package__).joinpath(file.file).read_text(encoding="utf-8")
    for record in csv.DictReader(StringIO(text)):
        key = " / ".join(record[name] for name in file.key)
        entries = {file.value: file.figures[key]} if file.value else file.columns
        for column, usual in entries.items():
            entry = file.rows.get(key, usual)
            stated = record[file.date] if file.date else (entry.as_of or file.as_of or "")
            note = (record[file.note] or None) if file.note else None
            for name, printed in _unfold(column, record[column], entry.split):
                yield _Cell(key, stated, name, printed, entry, note)


def _unfold(column: str, cell: str, split: str | None) -> list[tuple[str, str]]:
    parts = [part.strip() for part in cell.split(split)] if split else [cell.strip()]
    present = [part for part in parts if part]
    if len(present) < 2:
        return [(column, part) for part in present]
    return [(f"{column}.{number}", part) for number, part in enumerate(present, start=1)]


def _in_our_unit(printed: Decimal, scale: Scale) -> float:
    """Return the float nearest to what is printed: scaling in binary would leave 2.6754000000000002 of 267.54 %."""
    return float(printed * scale.numerator / scale.denominator)


def _last_digit(printed: str) -> Decimal:
    """Return one unit of the last digit of a printed number: 0.01 for 248.95."""
    _, _, decimals = printed.partition(".")
    return Decimal(1).scaleb(-len(decimals))


def _days(stated: str) -> tuple[date | None, date | None]:
    """Return the first and the last day that a printed date covers.

    >>> _days("2015-02"), _days("before 2024-09-24")[0]
    ((datetime.date(2015, 2, 1), datetime.date(2015, 2, 28)), datetime.date(2024, 9, 23))
    """
    if stated.startswith("before "):  # the last session before it
        session = calendar().offset(date.fromisoformat(stated.removeprefix("before ")), -1)
        return session, session
    begin, _, end = stated.partition("/")
    return _period(begin)[0], _period(end or begin)[1]


def _period(stated: str) -> tuple[date | None, date | None]:
    parts = stated.split("-")
    if not all(part.isdigit() for part in parts):
        return _UNKNOWN  # a condition or nothing, not a date
    year, month, day = (int(part) for part in (*parts, "0", "0")[:3])
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)
