"""Files of the pools: lists of brokers and exchanges, figures of securities, read into the tables of ``market.pools``.

What lives here: finding the header, matching columns by name, and turning cells into values, for files as publishers
and brokers make them (CSV in UTF-8 or GB18030, xlsx). What does not: containers and encodings (``market.sources``),
and what a value may be (``market.pools.frames``).

Nothing is guessed: amounts, shares and fractions need a unit in their header, ``流通市值(亿元)``, unless the header is
our own name of the column; a cell that cannot be read is an error that names its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from rongheng.basics.errors import DataError, SourceChangedError, UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Scale, Unit, find_scale
from rongheng.desk.pool_cells import CellReader, read_cells
from rongheng.market.pools.frames import ROW, conform, merge
from rongheng.market.pools.tables import Column, Holds, PoolTable
from rongheng.market.sources.files.containers import sheets_of
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import fold, spellings, visible

_SEARCHED = 30  # rows in which the header is looked for
_EXCHANGE = "exchange"  # beside the code, where the code itself does not say it
_EXCHANGE_NAMES = ("市场", "交易市场", "交易所", "上市市场", "证券市场", "market", "exchange")
_UNITS = {Holds.YUAN: Unit.YUAN, Holds.SHARES: Unit.SHARES, Holds.FRACTION: Unit.FRACTION}
_UNIT_EXAMPLES = {Holds.YUAN: "亿元", Holds.SHARES: "万股", Holds.FRACTION: "%"}


@dataclass(frozen=True)
class PoolFile:
    """One file: its rows as the table wants them, and what a reader must know."""

    where: str
    rows: pl.DataFrame
    notes: tuple[Text, ...]


@dataclass(frozen=True)
class _Header:
    """Where the header stands, and which column of the sheet holds what, in which unit."""

    line: int
    first_row: int
    places: dict[str, int]
    scales: dict[str, Scale]
    unread: tuple[str, ...]


def read_pool_file(path: Path | str, table: PoolTable) -> PoolFile:
    """Read a file into a table of the pools.

    Parameters
    ----------
    path : text with commas, tabs or semicolons, xlsx, JSON records or Parquet; every sheet with a header is read
    table : what the file holds

    Raises
    ------
    UsageError
        The file is not there.
    SourceChangedError
        No row is a header of the table, or a header does not say its unit.
    DataError
        A cell cannot be read or cannot be right, or a code stands twice; the message names file, sheet and row.
    """
    path = Path(path)
    sheets = _sheets(path)
    found = [(sheet, header) for sheet in sheets if (header := _find_header(sheet, table)) is not None]
    if not found:
        raise _without_header(sheets, table)
    parts, notes = [], []
    for sheet, header in found:
        rows, own = _read(sheet, header, table)
        parts.append((sheet.where, conform(rows, table, where=sheet.where)))
        notes += own
    return PoolFile(path.name, merge(parts, table), tuple(notes))


def _sheets(path: Path) -> list[Sheet]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a file. Name the files in it.")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}. Check the name and the folder.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    return sheets_of(data, file=path.name)


def _names(column: Column) -> set[str]:
    return {fold(name) for name in (column.name, column.label.zh, column.label.en, *column.spellings)}


def _find_header(sheet: Sheet, table: PoolTable) -> _Header | None:
    """Return the header: the first row that names the code and every other column that the table needs."""
    if sheet.named is not None:
        return _header(sheet, table, list(sheet.named), place=-1)
    for place in range(min(_SEARCHED, sheet.cells.height)):
        header = _header(sheet, table, sheet.line(place), place=place)
        if header is not None:
            return header
    return None


def _header(sheet: Sheet, table: PoolTable, line: Sequence[str | None], *, place: int) -> _Header | None:
    known = {name: column for column in table.columns for name in _names(column)}
    places: dict[str, int] = {}
    scales: dict[str, Scale] = {}
    unread: list[str] = []
    texts = {number: visible(cell) for number, cell in enumerate(line) if cell and visible(cell)}
    where = f"{sheet.where}, row {sheet.first_line + place}"
    for number, text in texts.items():
        name, unit = _meaning(text, known)
        if name is None:
            unread.append(text)
            continue
        if name in places:
            raise SourceChangedError(
                f"{where}: {texts[places[name]]!r} and {text!r} both mean {name}. Delete one of them."
            )
        places[name] = number
        if name in table.by_name:
            scales[name] = _scale(table.by_name[name], text, unit, where=where)
    if any(column.required and column.name not in places for column in table.columns):
        return None
    _refuse_near_misses(unread, known, where=where)
    if len(places) < 2:
        return None
    return _Header(sheet.first_line + place, place + 1, places, scales, tuple(unread))


def _meaning(text: str, known: dict[str, Column]) -> tuple[str | None, str | None]:
    """Return the column that a header means and the unit beside it."""
    for spelling in spellings(text):
        folded = fold(spelling.name)
        if folded in known:
            return known[folded].name, spelling.unit
        if folded in _EXCHANGE_NAMES:
            return _EXCHANGE, None
    return None, None


def _scale(column: Column, text: str, unit: str | None, *, where: str) -> Scale:
    """Return how the column's numbers become ours; a unit that is not said is no unit."""
    wanted = _UNITS.get(column.holds, Unit.FRACTION if column.holds is Holds.PERCENT_BP else Unit.COUNT)
    if unit is not None:
        scale = find_scale(unit)
        if scale is None or (scale.unit is not wanted and column.holds is not Holds.TIMES):
            raise SourceChangedError(
                f"{where}: {text!r} is in {unit}, which cannot measure {column.name}. Mend the header."
            )
        return scale
    if column.holds in _UNITS and fold(text) != fold(column.name):
        example = f"{column.label.zh}({_UNIT_EXAMPLES[column.holds]})"
        raise SourceChangedError(
            f"{where}: {text!r} does not say its unit, and none is guessed. Write it into the header, such as "
            f"{example}."
        )
    return Scale(wanted, 1)


def _refuse_near_misses(unread: Sequence[str], known: dict[str, Column], *, where: str) -> None:
    """A misspelt English header would be left out in silence. Chinese ones are told in the notes: there a name with one
    other character is as a rule another figure (融资余额, 融券余额).
    """
    names = [name for name in known if name.isascii()]
    for text in unread:
        near = get_close_matches(fold(text), names, n=1, cutoff=0.85)
        if near:
            raise SourceChangedError(
                f"{where}: no column is called {text!r}. Did you mean {known[near[0]].name!r}? Correct the header, or "
                "delete the column."
            )


def _read(sheet: Sheet, header: _Header, table: PoolTable) -> tuple[pl.DataFrame, list[Text]]:
    """Return the rows under the header with their values, and notes on what was left out."""
    cells = sheet.cells.with_row_index(ROW, offset=sheet.first_line).slice(header.first_row)
    texts = [name for name in cells.columns if name != ROW]
    filled = pl.sum_horizontal((pl.col(name).str.strip_chars() != "").fill_null(value=False) for name in texts)
    code = pl.col(str(header.places["security"]))
    counted = cells.with_columns(filled.alias("filled"))
    # A remark under the table fills one cell; a row of the table fills its code and something else.
    is_remark = (pl.col("filled") == 1) & ~code.str.contains(r"\d{6}").fill_null(value=False)
    remarks = counted.filter(is_remark).height
    rows = counted.filter((pl.col("filled") > 0) & ~is_remark)
    if rows.is_empty():
        raise DataError(f"{sheet.where}: the header in row {header.line} has no row below it. Nothing to read.")
    reader = CellReader(sheet.where, rows[ROW])
    exchange = rows[str(header.places[_EXCHANGE])] if _EXCHANGE in header.places else None
    columns = [rows[ROW].cast(pl.Int64)]
    for name, place in header.places.items():
        if name != _EXCHANGE:
            column = table.by_name[name]
            columns.append(read_cells(rows[str(place)], column, reader, scale=header.scales[name], exchange=exchange))
    reader.refuse_unread()
    return pl.DataFrame(columns), list(_left_out(sheet, header, remarks))


def _left_out(sheet: Sheet, header: _Header, remarks: int) -> Iterator[Text]:
    if header.unread:
        listed = ", ".join(header.unread)
        yield Text(f"{sheet.where}：未读的列：{listed}", f"{sheet.where}: columns that are not read: {listed}")
    if remarks:
        yield Text(f"{sheet.where}：略去 {remarks} 行说明文字", f"{sheet.where}: {remarks} rows of remarks left out")


def _without_header(sheets: Sequence[Sheet], table: PoolTable) -> SourceChangedError:
    needed = ", ".join(f"{column.label.zh} ({column.name})" for column in table.columns if column.required)
    first = [cell for cell in (sheets[0].named or sheets[0].line(0)) if cell]
    found = ", ".join(repr(cell[:24]) for cell in first[:8])
    others = ", ".join(column.label.zh for column in table.columns if not column.required)
    return SourceChangedError(
        f"{sheets[0].where}: no header row of {table.label.en} among the first {_SEARCHED} rows; found "
        f"{found or 'nothing'}. Expected {needed} and some of {others}."
    )
