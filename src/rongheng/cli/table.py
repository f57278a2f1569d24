"""A table in the terminal: units in the head, bare numbers under them, as many columns as fit, the others named.

What is piped has no width and shows every column. Where a row names its own unit (a column ``unit``), figures whose
unit is ``ROW`` are shown in it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, ClassVar
from unicodedata import east_asian_width

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Lang

if TYPE_CHECKING:
    from rongheng.report.numbers import Scale

Heading = tuple[str, Text, "Unit | Scale | AsWritten | None"]  # column, label, and its unit or how it is shown

_GAP = 2
_TEXTUAL = (Unit.TEXT, Unit.DATE, None)


@dataclass(frozen=True)
class AsWritten:
    """How a column of numbers that are text already is shown: as they stand, set to the right."""

    label: ClassVar[Text] = Text("", "")

    def show(self, value: object) -> str:
        """Return the text."""
        return "" if value is None else str(value)


@dataclass(frozen=True)
class _Column:
    name: str
    head: str
    cells: list[str]
    textual: bool

    @cached_property
    def width(self) -> int:
        """Cells are never broken; a head may break between its words."""
        words = [_width(word) for word in self.head.split()] or [0]
        return max([*words, min(_width(self.head), 14), *map(_width, self.cells)])


def print_table(rows: Sequence[Mapping[str, Any]], headings: Sequence[Heading], *, lang: Lang, title: str = "") -> None:
    """Print rows under their headings; where the terminal is too narrow, say on stderr which columns are left out."""
    terminal = sys.stdout.isatty()
    columns = [_column(rows, heading, lang) for heading in headings]
    shown = _fitting(columns, get_terminal_size().columns) if terminal else columns
    bold = (lambda text: f"\033[1m{text}\033[0m") if terminal else str
    lines = [bold(title)] if title else []
    lines += [bold(line) for line in _head(shown)]
    lines += [_line([column.cells[index] for column in shown], shown) for index in range(len(rows))]
    sys.stdout.write("\n".join(lines) + "\n")
    hidden = [column.name for column in columns if column not in shown]
    if hidden:
        sys.stderr.write(f"too narrow for: {', '.join(hidden)}; a wider window or --format csv shows them\n")


def _head(columns: Sequence[_Column]) -> list[str]:
    """Return the lines of the head, each heading broken between its words and standing on the last line."""
    broken = [_broken(column.head, column.width) for column in columns]
    tall = max((len(lines) for lines in broken), default=0)
    filled = [[""] * (tall - len(lines)) + lines for lines in broken]
    return [_line([lines[index] for lines in filled], columns) for index in range(tall)]


def _broken(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and _width(lines[-1]) + 1 + _width(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _line(cells: Sequence[str], columns: Sequence[_Column]) -> str:
    padded = []
    for cell, column in zip(cells, columns, strict=True):
        space = " " * (column.width - _width(cell))
        padded.append(cell + space if column.textual else space + cell)
    return (" " * _GAP).join(padded).rstrip()


def _column(rows: Sequence[Mapping[str, Any]], heading: Heading, lang: Lang) -> _Column:
    name, label, unit = heading
    values = [row.get(name) for row in rows]
    head = label.in_(lang.value)
    if unit is not None and not isinstance(unit, Unit):
        return _Column(name, f"{head} {unit.label.in_(lang.value)}".strip(), [*map(unit.show, values)], textual=False)
    if unit in (Unit.YUAN, Unit.SHARES, Unit.COUNT, Unit.FRACTION, Unit.RATIO, Unit.TIMES, Unit.POINTS, Unit.SIGMA):
        from rongheng.report.numbers import column_scale

        assert unit is not None
        scale = column_scale(unit, values, lang.value)
        named = scale.label.in_(lang.value)
        return _Column(name, f"{head} {named}".strip(), [scale.show(value) for value in values], textual=False)
    cells = [_cell(row, name, unit, lang) for row in rows]
    return _Column(name, head, cells, textual=unit in _TEXTUAL)


def _cell(row: Mapping[str, Any], name: str, unit: Unit | None, lang: Lang) -> str:
    value = row.get(name)
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if unit is Unit.ROW:
        unit = Unit(row["unit"]) if row.get("unit") in set(Unit) else Unit.TEXT
    if value is None or value == "":
        return "—"
    if unit is Unit.SESSIONS or isinstance(value, date):
        return str(value)
    if unit is Unit.TEXT and isinstance(value, str):
        return _word(name, value, lang)
    from rongheng.report.numbers import display  # words and dates do without it

    return display(value, unit or Unit.TEXT, lang.value)


def _word(name: str, value: str, lang: Lang) -> str:
    """Return what a reader calls a code word of an indicator, or an index by its key; other text as it stands."""
    from rongheng.market.indicators.words import WORDS

    if name == "index":
        from rongheng.basics.ids import find_index

        index = find_index(value)
        return value if index is None else index.label.in_(lang.value)
    return WORDS[value].in_(lang.value) if value in WORDS else value


def _fitting(columns: list[_Column], width: int) -> list[_Column]:
    """Return the columns from the left that fit; the last one, the grade, is kept where it can be."""
    if not columns:
        return []
    *rest, last = columns
    kept: list[_Column] = []
    room = width - last.width - _GAP
    for column in rest:
        if column.width + _GAP > room:
            return [*kept, last] if kept else columns[:1]
        kept.append(column)
        room -= column.width + _GAP
    return [*kept, last]


@cache
def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
