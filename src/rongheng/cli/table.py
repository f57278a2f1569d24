"""A table in the terminal: units in the head, bare numbers under them, as many columns as fit, the others named.

Words give way first: they are cut where a line would not fit, down to a few characters; then columns are left out from
the right. What is piped has no width and shows everything. Where a row names its own unit (a column ``unit``), figures
whose unit is ``ROW`` are shown in it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.fold import cut, terminal_width, width_of
from rongheng.cli.options import Lang

if TYPE_CHECKING:
    from rongheng.report.numbers import Scale

Heading = tuple[str, Text, "Unit | Scale | AsWritten | None"]  # column, label, and its unit or how it is shown

_GAP = 2
_TEXTUAL = (Unit.TEXT, Unit.DATE, None)
_FEWEST = 12  # characters that are left of words before the columns behind them are left out


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
    yields: bool = False  # words may be cut; numbers, dates and what a row is called may not

    @cached_property
    def width(self) -> int:
        """The width in which every cell is whole; a head may break between its words."""
        return max([self._head_width, *map(width_of, self.cells)])

    @cached_property
    def least(self) -> int:
        """The width below which the column cannot go."""
        return min(self.width, max(self._head_width, _FEWEST)) if self.yields else self.width

    @property
    def _head_width(self) -> int:
        return max([min(width_of(self.head), 14), *(width_of(word) for word in self.head.split())])

    def cut(self, width: int) -> _Column:
        """Return the column with every cell cut to a width."""
        if width >= self.width:
            return self
        from_left = self.name in ("id", "rule")  # the end of a rule's id says more than its beginning
        return replace(
            self, cells=[cut(cell[::-1], width)[::-1] if from_left else cut(cell, width) for cell in self.cells]
        )


def print_table(rows: Sequence[Mapping[str, Any]], headings: Sequence[Heading], *, lang: Lang, title: str = "") -> None:
    """Print rows under their headings; where the terminal is too narrow, say on stderr what is not shown."""
    width = terminal_width()
    columns = [_column(rows, heading, lang, place) for place, heading in enumerate(headings)]
    shown = columns if width is None else _fitting(columns, width)
    bold = str if width is None else (lambda text: f"\033[1m{text}\033[0m")
    lines = [bold(title)] if title else []
    lines += [*map(bold, _head(shown)), *_body(shown)]
    sys.stdout.write("\n".join(lines) + "\n")
    _tell_what_is_missing(columns, shown)


def _tell_what_is_missing(columns: Sequence[_Column], shown: Sequence[_Column]) -> None:
    whole = {column.name: column.width for column in columns}
    hidden = [name for name in whole if name not in {column.name for column in shown}]
    told = [f"too narrow for: {', '.join(hidden)}"] if hidden else []
    if any(column.width < whole[column.name] for column in shown):
        told.append("words that end in … were cut")
    if told:
        sys.stderr.write(f"{'; '.join(told)}; a wider window or --format csv shows everything\n")


def table_lines(rows: Sequence[Mapping[str, Any]], headings: Sequence[Heading], *, lang: Lang) -> list[str]:
    """Return a small table as lines, every cell whole."""
    columns = [_column(rows, heading, lang) for heading in headings]
    return [*_head(columns), *_body(columns)]


def _head(columns: Sequence[_Column]) -> list[str]:
    """Return the lines of the head, each heading broken between its words and standing on the last line."""
    broken = [_broken(column.head, column.width) for column in columns]
    tall = max((len(lines) for lines in broken), default=0)
    filled = [[""] * (tall - len(lines)) + lines for lines in broken]
    return [_line([lines[index] for lines in filled], columns) for index in range(tall)]


def _body(columns: Sequence[_Column]) -> list[str]:
    return [_line(cells, columns) for cells in zip(*(column.cells for column in columns), strict=True)]


def _broken(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(lines[-1]) + 1 + width_of(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _line(cells: Sequence[str], columns: Sequence[_Column]) -> str:
    padded = []
    for cell, column in zip(cells, columns, strict=True):
        space = " " * (column.width - width_of(cell))
        padded.append(cell + space if column.textual else space + cell)
    return (" " * _GAP).join(padded).rstrip()


def _column(rows: Sequence[Mapping[str, Any]], heading: Heading, lang: Lang, place: int = 0) -> _Column:
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
    return _Column(name, head, cells, textual=unit in _TEXTUAL, yields=place > 0 and unit in (Unit.TEXT, None))


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


def _fitting(columns: Sequence[_Column], width: int) -> list[_Column]:
    """Return the columns from the left that fit, words cut as far as they must; a grade behind them all is kept."""
    ends = [column for column in columns[-1:] if column.name == "grade"]
    room = width + _GAP - sum(column.least + _GAP for column in ends)  # a line has one gap less than columns
    kept: list[_Column] = []
    for column in columns[: len(columns) - len(ends)]:
        if kept and column.least + _GAP > room:
            break
        kept.append(column)
        room -= column.least + _GAP
    return _shared([*kept, *ends], max(room, 0))


def _shared(columns: list[_Column], spare: int) -> list[_Column]:
    """Return the columns with their words cut; what room is left goes to those that need least of it first."""
    needy = sorted(columns, key=lambda column: column.width - column.least)
    widths: dict[str, int] = {}
    for place, column in enumerate(needy):
        more = min(column.width - column.least, spare // (len(needy) - place))
        widths[column.name] = column.least + more
        spare -= more
    return [column.cut(widths[column.name]) for column in columns]
