"""How rows leave the command line: a table to read, JSON or CSV to go on with. Numbers are displayed here, at the edge.

JSON is a list of rows with English keys in snake_case: money in yuan, ratios as fractions, dates as text, and for every
row its ``as_of``, its ``grade`` (the worst that it rests on) and ``grades``, the grade of each figure.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Format, Lang
from rongheng.cli.table import Heading, print_table

if TYPE_CHECKING:
    from rongheng.market.indicators.contract import Reading


def print_rows(
    rows: Sequence[Mapping[str, Any]], headings: Sequence[Heading], *, style: Format, lang: Lang, title: str = ""
) -> None:
    """Print rows to stdout; the table shows the headings' columns, JSON and CSV every key of the rows."""
    if style is Format.JSON:
        sys.stdout.write(
            json.dumps([_plain(row) for row in rows], ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        )
    elif style is Format.CSV:
        _print_csv(rows, headings)
    else:
        print_table(rows, headings, lang=lang, title=title)


def print_reading(reading: Reading, *, style: Format, lang: Lang, last: int | None = None) -> None:
    """Print an indicator's reading; ``last`` keeps a table to its newest rows and says so."""
    rows = reading.rows
    shown = rows.tail(last) if style is Format.TABLE and last and rows.height > last else rows
    figures = reading.indicator.figures
    headings: list[Heading] = [("session", Text("交易日", "session"), Unit.DATE)] if "session" in rows.columns else []
    other = "_en" if lang is Lang.ZH else "_zh"
    headings += [
        (figure.name, figure.label, figure.unit)
        for figure in figures
        if figure.name != "session" and not figure.name.endswith(other)
    ]
    headings.append(("grade", Text("级别", "grade"), Unit.TEXT))
    records = [_with_grades(row, reading) for row in shown.iter_rows(named=True)]
    print_rows(records, headings, style=style, lang=lang, title=reading.indicator.label.in_(lang.value))
    if shown.height < rows.height:
        say(f"the last {shown.height} of {rows.height} rows; --from DATE or --format csv for all", None)
    for note in reading.notes:
        say(note.in_(lang.value), None)


def say(text: str, label: str | None = "rongheng") -> None:
    """Talk on stderr."""
    sys.stderr.write(f"{label}: {text}\n" if label else f"{text}\n")


def _with_grades(row: dict[str, Any], reading: Reading) -> dict[str, Any]:
    from rongheng.basics.grades import Grade, worst

    grade = row.get("grade")
    if grade is None:
        return row
    own = Grade(grade)
    grades = {
        figure.name: str(own if figure.published else worst(own, Grade.DERIVED))
        for figure in reading.indicator.figures
        if row.get(figure.name) is not None and figure.unit not in (Unit.TEXT, Unit.DATE)
    }
    return row | {"grades": grades}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _json_value(value) for key, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, (list, tuple)):
        return [_json_value(item) for item in value]
    return value


def _print_csv(rows: Sequence[Mapping[str, Any]], headings: Sequence[Heading]) -> None:
    import csv

    names = [key for key in rows[0] if key != "grades"] if rows else [name for name, _, _ in headings]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_csv_cell(_json_value(row[name])) for name in names])


def _csv_cell(value: Any) -> Any:
    """Return what one cell can hold: words of a list parted by semicolons, whatever is deeper as JSON."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return "" if value is None else value
