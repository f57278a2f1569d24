"""The register of published reports: which files each one fills, and what each of their columns means.

What lives here: the shape of ``reports.yaml``. What does not: the figures themselves (``reader``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from rongheng.basics.text import Text
from rongheng.basics.units import Scale, Unit

# The spellings of units that the files and the register use.
SCALES: dict[str, Scale] = {
    "CNY 100m": Scale(Unit.YUAN, 100_000_000),
    "percent": Scale(Unit.FRACTION, 1, 100),
    "percentage points": Scale(Unit.FRACTION, 1, 100),
    "fraction": Scale(Unit.FRACTION, 1),
    "ratio": Scale(Unit.TIMES, 1),
    "points": Scale(Unit.POINTS, 1),
    "count": Scale(Unit.COUNT, 1),
    "sessions": Scale(Unit.SESSIONS, 1),
    "date": Scale(Unit.DATE, 1),
    "text": Scale(Unit.TEXT, 1),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one column (or one kind of row) of a file measures, and how exactly it is printed."""

    printed_unit: str
    scale: Scale
    unit: Unit
    as_of: str | None  # the date or period, where the row does not say it
    step: Decimal | None  # one unit of the last printed digit, in the printed unit, where the file shows more digits
    split: str | None  # what parts several figures in one cell


@dataclass(frozen=True, slots=True)
class File:
    """One file of figures: a table of a report, or the figures of its text."""

    file: str
    table: str
    label: Text
    key: tuple[str, ...]
    date: str | None
    as_of: str | None
    note: str | None
    columns: Mapping[str, Entry]  # by column; empty where there is one figure per row
    rows: Mapping[str, Entry]  # rows whose unit differs from their column's, by key
    value: str | None
    figures: Mapping[str, Entry]  # by key, where there is one figure per row


@dataclass(frozen=True, slots=True)
class Report:
    """One published report."""

    id: str
    institution: Text
    title: Text
    date: str  # of publication; a month where the day is not known
    language: str
    files: tuple[File, ...]


@cache
def reports() -> tuple[Report, ...]:
    """Return the register, in the order of publication.

    >>> [report.id for report in reports()]
    ['qihe', 'guosen', 'huachuang']
    """
    text = files(__package__).joinpath("reports.yaml").read_text(encoding="utf-8")
    loaded: list[dict[str, Any]] = yaml.load(text, Loader=yaml.BaseLoader)  # every scalar stays the text that was typed
    return tuple(sorted((_report(entry) for entry in loaded), key=lambda report: report.date))


def _report(entry: Mapping[str, Any]) -> Report:
    return Report(
        id=entry["id"],
        institution=Text(**entry["institution"]),
        title=Text(**entry["title"]),
        date=entry["date"],
        language=entry["language"],
        files=tuple(_file(file) for file in entry["files"]),
    )


def _file(entry: Mapping[str, Any]) -> File:
    return File(
        file=entry["file"],
        table=entry["table"],
        label=Text(**entry["label"]),
        key=tuple(entry.get("key", ())),
        date=entry.get("date"),
        as_of=entry.get("as_of"),
        note=entry.get("note"),
        columns=_entries(entry.get("columns", {})),
        rows=_entries(entry.get("rows", {})),
        value=entry.get("value"),
        figures=_entries(entry.get("figures", {})),
    )


def _entries(raw: Mapping[str, Mapping[str, str]]) -> dict[str, Entry]:
    return {name: _entry(entry) for name, entry in raw.items()}


def _entry(entry: Mapping[str, str]) -> Entry:
    scale = SCALES[entry["unit"]]
    return Entry(
        printed_unit=entry["unit"],
        scale=scale,
        unit=Unit(entry["is"]) if "is" in entry else scale.unit,
        as_of=entry.get("as_of"),
        step=Decimal(entry["step"]) if "step" in entry else None,
        split=entry.get("split"),
    )
