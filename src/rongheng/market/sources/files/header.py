"""Where the header of a sheet stands, and the rows around it that describe columns (单位, 频率, 指标ID, …)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from rongheng.basics.errors import DataError, SourceChangedError
from rongheng.basics.units import find_scale
from rongheng.market.sources.files.aliases import DATE, KEYS, Aliases
from rongheng.market.sources.files.layouts import date_headers, find_layouts, vocabulary
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import fold, visible, without_unit

_SEARCHED = 30  # rows in which the header is looked for
_WIRE_NAMES = 3
_UNIT_LINE = re.compile(r"^[(\[]?(?:货币)?单位 ?[:=] ?(?P<units>.+?)[)\]]?$")
_DESCRIBING = 15  # rows below it that may describe columns


@dataclass(frozen=True)
class Header:
    """The header of a sheet.

    ``texts`` holds the header of each column, ``""`` where there is none; ``units`` what a 单位 row says of a column,
    ``sheet_units`` what a line above the header (单位：亿元) says of all columns of that kind; ``first_row`` is the
    position in ``Sheet.cells`` of the first row below the header and what describes it.
    """

    line: int
    texts: tuple[str, ...]
    first_row: int
    units: dict[int, str] = field(default_factory=dict)
    sheet_units: tuple[str, ...] = ()


def find_header(sheet: Sheet, aliases: Aliases) -> Header:
    """Return the header: the row among the first 30 in which most cells are known names.

    Raises
    ------
    SourceChangedError
        When no row names a date and a column that we know.
    DataError
        When nothing stands below the header.
    """
    if sheet.named is not None:
        candidates: dict[int, list[str | None]] = {-1: list(sheet.named)}
    else:
        candidates = {place: sheet.line(place) for place in range(min(_SEARCHED, sheet.cells.height))}
    title = f"{sheet.name or ''} {sheet.file}"
    hits = {place: _hits(line, aliases, title) for place, line in candidates.items()}
    best = max(hits, key=lambda place: (hits[place], -place))
    if hits[best] < 2:
        raise _unrecognised(sheet, candidates)
    header = _with_descriptions(sheet, best, tuple(visible(cell or "") for cell in candidates[best]), aliases)
    if header.first_row >= sheet.cells.height:
        raise DataError(f"{sheet.where}: the header in row {header.line} has no row below it. Nothing to import.")
    return header


def _is_known(text: str, aliases: Aliases) -> bool:
    """Say whether a cell is a header that the alias table or a layout knows."""
    return aliases.meaning(text) is not None or bool({fold(text), fold(without_unit(text))} & vocabulary())


def _hits(line: list[str | None], aliases: Aliases, title: str) -> int:
    """How many known names the row has; 0 when none of them is the date's, or too few say a value."""
    known = [cell for cell in line if cell and _is_known(cell, aliases)]
    if len(known) > 1 and find_layouts((visible(cell) for cell in line if cell and cell.strip()), title=title):
        return len(known)
    meanings = [aliases.meaning(cell) for cell in known]
    named = sum(meaning is not None and meaning[0] not in KEYS for meaning in meanings)
    wire = sum(meaning is None and not _is_date(cell, aliases) for cell, meaning in zip(known, meanings, strict=True))
    # One name of the alias table is a value's; of the wire names of layouts ("value", "change") it takes several.
    says_value = named > 0 or wire >= _WIRE_NAMES
    return len(known) if says_value and any(_is_date(cell, aliases) for cell in known) else 0


def _is_date(text: str, aliases: Aliases) -> bool:
    meaning = aliases.meaning(text)
    return (meaning is not None and meaning[0] == DATE) or fold(text) in date_headers()


def _with_descriptions(sheet: Sheet, place: int, texts: tuple[str, ...], aliases: Aliases) -> Header:
    date_column = next(column for column, text in enumerate(texts) if text and _is_date(text, aliases))
    units: dict[int, str] = {}
    row = place + 1
    while row < min(sheet.cells.height, place + 1 + _DESCRIBING):
        cells = [visible(cell or "") for cell in sheet.line(row)]
        label = fold(cells[date_column])
        others = {column: cell.strip("()[]") for column, cell in enumerate(cells) if cell and column != date_column}
        if label in aliases.unit_labels or (not label and others and all(map(find_scale, others.values()))):
            units = {column: unit for column, unit in others.items() if column < len(texts)}
        elif label not in aliases.metadata_labels and any(cells):
            break
        row += 1
    return Header(sheet.first_line + place, texts, row, units, _units_above(sheet, place))


def _units_above(sheet: Sheet, place: int) -> tuple[str, ...]:
    """Return the units that a line such as 单位：亿元 states above the header."""
    cells = [visible(cell) for row in range(max(place, 0)) for cell in sheet.line(row) if cell]
    lines = [match["units"] for cell in cells if (match := _UNIT_LINE.match(cell))]
    return tuple(unit for line in lines for unit in re.split(r"[,;、\s]+", line) if find_scale(unit))


def _unrecognised(sheet: Sheet, candidates: dict[int, list[str | None]]) -> SourceChangedError:
    filled = [[cell.strip() for cell in line if cell and cell.strip()] for line in candidates.values()]
    widths = Counter(len(line) for line in filled if line)
    shown = next((line for line in filled if line and len(line) == widths.most_common(1)[0][0]), [])
    found = ", ".join(repr(cell[:24]) for cell in shown[:8])
    return SourceChangedError(
        f"{sheet.where}: no header row. None of the first {len(candidates)} rows names a date (日期, date) and a "
        f"column that we know (融资余额, 平均维持担保比例, 收盘, close, …); found {found or 'nothing'}. If it is "
        "market data, say what its headers mean in a YAML file and pass --aliases; `rongheng import --template TABLE` "
        "prints headers that are understood."
    )
