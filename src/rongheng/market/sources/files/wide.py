"""Sheets that are wider than a table: days that run across, and columns that each are of one security, index or market.

Terminals print both: a series of an economic database with its days in a row, and matrices of days by codes, with the
figure named in a corner, a title or the sheet's name. They become tables here, days downwards and a column for the
code, and are read like any other. What does not live here: what the columns of such a table mean (``planning``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import PurePath

import polars as pl

from rongheng.basics.securities import find_security
from rongheng.basics.units import find_scale
from rongheng.market.sources.files.aliases import DATE, INDEX, KEYS, MARKET, SECURITY, Aliases
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.identity import index_spelled
from rongheng.market.sources.files.numbers import BLANKS
from rongheng.market.sources.files.sheet import Sheet, as_cells
from rongheng.market.sources.files.wording import fold, unit_in, visible, without_unit

_SEARCHED = 30  # rows and columns in which the days are looked for
_YEARS = range(1990, 2101)
_HEADERS = {SECURITY: "证券代码", INDEX: "指数代码", MARKET: "市场"}
_BRACKET = re.compile(r"^(?P<name>[^()]+)\((?P<key>[^()]+)\)$")
_NUMBER = re.compile(r"^[+-]?[\d,.]+%?$")


@dataclass(frozen=True)
class Unfolded:
    """The table that a wide sheet makes, what it was, and the headers of columns that nobody knows."""

    sheet: Sheet
    kind: str  # what the columns are of: security, index or market
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """What the cells above a column say of it."""

    key: tuple[str, str] | None = None  # which key, and our code or the market's name
    figure: str | None = None
    unit: str | None = None

    def __or__(self, other: _Said) -> _Said:
        return _Said(self.key or other.key, self.figure or other.figure, self.unit or other.unit)


def turned(sheet: Sheet, aliases: Aliases) -> Sheet | None:
    """Return a sheet whose days run across with its days downwards, or ``None`` when they do not run across.

    Lines of such a sheet are columns of what is returned, from the line of the days on; lines above it are titles and
    stay on top.
    """
    if sheet.named is not None:
        return None
    for place in range(min(_SEARCHED, sheet.cells.height)):
        line = sheet.line(place)
        if _days_run(line):
            above = [[cell, *[None] * sheet.cells.height] for row in range(place) for cell in sheet.line(row) if cell]
            below = list(map(list, zip(*sheet.cells.slice(place).iter_rows(), strict=True)))
            meaning = aliases.meaning(below[0][0] or "")
            if meaning is None or meaning[0] != DATE:
                below[0][0] = "日期"
            return replace(sheet, cells=_of_lines([*above, *below]))
    return None


def _days_run(line: Sequence[str | None]) -> bool:
    """Say whether a row ends in days, in their order, behind labels."""
    days = [_day(cell) for cell in line]
    first = next((at for at, day in enumerate(days) if day), 0)
    tail = [day for cell, day in zip(line[first:], days[first:], strict=True) if cell and cell.strip()]
    known = [day for day in tail if day]
    in_order = all(a < b for a, b in pairwise(known)) or all(a > b for a, b in pairwise(known))
    labels = [cell for cell in line[:first] if cell and cell.strip()]
    return first > 0 and len(known) == len(tail) > 1 and in_order and not any(map(_NUMBER.match, labels))


def _day(cell: str | None) -> date | None:
    day = parse_day(cell) if cell else None
    return day if day is not None and day.year in _YEARS else None


def unfolded(sheet: Sheet, aliases: Aliases) -> Unfolded | None:
    """Return a sheet whose columns each are of one security, index or market as a table, or ``None``."""
    place = None if sheet.named is not None else _column_of_days(sheet)
    if place is None:
        return None
    column, first = place
    lines = [[visible(cell or "") for cell in sheet.line(row)] for row in range(first)]
    titles = [next(filter(None, line)) for line in lines if sum(map(bool, line)) == 1]
    heads = [line for line in lines if sum(map(bool, line)) > 1 and fold(line[column]) not in aliases.metadata_labels]
    filled = [at for at in range(sheet.cells.width) if at != column and _says(sheet.cells[first:, at])]
    said = {at: _of_column([line[at] for line in _spread(heads, column, aliases)], aliases) for at in filled}
    keyed = {at: one for at, one in said.items() if one.key}
    if not keyed or any(_is_known(line[at], aliases) for line in heads for at in filled if at not in keyed):
        return None
    kinds = {one.key[0] for one in keyed.values() if one.key}
    spoken = _of_all([*(line[column] for line in heads), *titles, sheet.name or "", PurePath(sheet.file).stem], aliases)
    whole = {at: one | spoken for at, one in keyed.items()}
    if len(kinds) > 1 or not all(one.figure for one in whole.values()):
        return None
    others = [at for at in filled if at not in keyed and not _ignored(heads, at, aliases)]
    unread = tuple(dict.fromkeys(_name(heads, at) for at in others))
    return Unfolded(_table(sheet, column, first, whole, titles), kinds.pop(), unread)


def _says(cells: pl.Series) -> bool:
    return bool((cells.str.strip_chars() != "").any())


def _column_of_days(sheet: Sheet) -> tuple[int, int] | None:
    """Return the first column that holds a day, and its first row with one; there must be a header above it."""
    for column in range(min(4, sheet.cells.width)):
        cells = sheet.cells[:_SEARCHED, column].to_list()
        first = next((row for row, cell in enumerate(cells) if _day(cell)), 0)
        if first:
            return column, first
    return None


def _spread(heads: Sequence[list[str]], column: int, aliases: Aliases) -> list[list[str]]:
    """Return the header's lines; of one that names groups, each name is of the blank cells behind it as well."""
    return [_filled(line, column) if _is_of_groups(line, column, aliases) else line for line in heads]


def _is_of_groups(line: Sequence[str], column: int, aliases: Aliases) -> bool:
    """Say whether a line holds codes alone or figures alone, so that a blank cell is of the group before it."""
    cells = [cell for at, cell in enumerate(line) if cell and at != column]
    return all(_key(without_unit(cell), aliases) for cell in cells) or all(_is_figure(cell, aliases) for cell in cells)


def _filled(line: Sequence[str], column: int) -> list[str]:
    last, found = "", []
    for at, cell in enumerate(line):
        last = cell if cell and at != column else last
        found.append(last if at > column else cell)
    return found


def _of_column(cells: Sequence[str], aliases: Aliases) -> _Said:
    said = _Said()
    for cell in filter(None, cells):
        said |= _read(cell, aliases)
    return said


def _of_all(cells: Sequence[str], aliases: Aliases) -> _Said:
    """Return which figure the corner, a title or a name says that all columns are."""
    for cell in cells:
        for word in (visible(cell), *re.split(r"[\s_-]+", visible(cell))):
            if _is_figure(word, aliases):
                return _Said(figure=without_unit(word), unit=unit_in(word))
    return _Said()


def _read(cell: str, aliases: Aliases) -> _Said:
    """Return what one cell of a header says: a code, a figure, a unit, or a code and a figure in one."""
    if key := _key(without_unit(cell), aliases):
        return _Said(key=key, unit=unit_in(cell))
    if _is_figure(cell, aliases):
        return _Said(figure=_figure(cell, aliases), unit=unit_in(cell))
    if find_scale(cell.strip("()")):
        return _Said(unit=cell.strip("()"))
    for one, other in _cuts(cell, aliases):
        key = _key(one, aliases)
        if key is not None and _is_figure(other, aliases):
            return _Said(key, _figure(other, aliases), unit_in(cell))
    return _Said()


def _cuts(cell: str, aliases: Aliases) -> Iterator[tuple[str, str]]:
    """Yield the codes and figures that the cell may be made of: 上交所:融资余额, 融资余额(沪市), 沪市融资余额."""
    name = without_unit(cell)
    head, colon, rest = name.partition(":")
    while colon and fold(head) in aliases.prefixes:
        name = rest.strip()
        head, colon, rest = name.partition(":")
    if colon:
        yield head.strip(), rest.strip()
        before, _, last = name.rpartition(":")
        yield last.strip(), before.strip()
    if match := _BRACKET.match(name):
        yield match["key"].strip(), match["name"].strip()
    yield from ((word, name.removeprefix(word)) for word in aliases.market_words if name.startswith(word))


def _key(text: str, aliases: Aliases) -> tuple[str, str] | None:
    index = index_spelled(text) or index_spelled(text.removesuffix("指数"))
    if index is not None:
        return INDEX, index.code
    if security := find_security(text):
        return SECURITY, security
    market = aliases.markets.get(fold(text))
    return None if market is None else (MARKET, market)


def _is_figure(text: str, aliases: Aliases) -> bool:
    meaning = aliases.meaning(text) if text else None
    return meaning is not None and meaning[0] not in KEYS and aliases.reason_ignored(text) is None


def _figure(text: str, aliases: Aliases) -> str:
    """Return the name of a figure as the alias table knows it, without unit and prefixes."""
    return next(one.name for one in aliases.readings(text) if fold(one.name) in aliases.columns)


def _is_known(text: str, aliases: Aliases) -> bool:
    """Say whether the cell names a figure or a key by itself: a column of a table that is no matrix."""
    return bool(text) and aliases.meaning(text) is not None and aliases.reason_ignored(text) is None


def _name(heads: Sequence[list[str]], at: int) -> str:
    return " ".join(filter(None, (line[at] for line in heads))) or f"column {at + 1}"


def _ignored(heads: Sequence[list[str]], at: int, aliases: Aliases) -> bool:
    return any(line[at] and aliases.reason_ignored(line[at]) is not None for line in heads)


def _table(sheet: Sheet, column: int, first: int, said: dict[int, _Said], titles: Sequence[str]) -> Sheet:
    """Return the table: its titles, its header, and below it the rows of one code after another."""
    headers = {at: f"{one.figure}({one.unit})" if one.unit else str(one.figure) for at, one in said.items()}
    of_key: dict[tuple[str, str], dict[str, int]] = {}
    for at, one in said.items():
        assert one.key is not None
        places = of_key.setdefault(one.key, {})
        again = sum(name.strip() == headers[at] for name in places)
        places[headers[at] + " " * again] = at  # a column said twice is refused by who reads the table
    names = list(dict.fromkeys(name for places in of_key.values() for name in places))
    kind = next(iter(of_key))[0]
    lines: list[list[str | None]] = [[title] for title in titles]
    lines.append(["日期", _HEADERS[kind], *names])
    body = sheet.cells.slice(first).rows()
    for (_, code), places in of_key.items():
        for row in body:
            cells = [row[places[name]] if name in places else None for name in names]
            if not all(cell is None or cell.strip().lower() in BLANKS for cell in cells):
                lines.append([row[column], code, *cells])
    return replace(sheet, cells=_of_lines(lines))


def _of_lines(lines: Sequence[Sequence[str | None]]) -> pl.DataFrame:
    width = max(map(len, lines))
    padded = [[*line, *[None] * (width - len(line))] for line in lines]
    return as_cells([pl.Series(values, dtype=pl.String) for values in zip(*padded, strict=True)])
