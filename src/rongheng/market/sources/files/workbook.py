"""Workbooks of Excel, of 2007 and later (xlsx) or before (xls): every sheet as cells.

A cell shown as 281.58 % is stored as 2.8158: Excel's own format is a unit that the cell states, so such cells get
their per cent sign back here, and no header can scale them twice.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from decimal import Decimal

import fastexcel
import openpyxl
import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.damaged import reading
from rongheng.market.sources.files.sheet import Sheet, as_cells

_LITERALS = re.compile(r'"[^"]*"|\\.')
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_workbook(data: bytes, *, file: str) -> list[Sheet]:
    """Return the sheets of a workbook, empty ones left out.

    Raises
    ------
    DataError
        When the workbook is damaged, protected by a password, or has no cell at all.
    """
    with reading("a workbook", file=file):
        shows_percent = _shows_percent(data)
        book = fastexcel.read_excel(data)
        frames = {name: _frame(book, name) for name in book.sheet_names}
    sheets = [Sheet(file, name, frame) for name, frame in frames.items() if frame.height]
    if not sheets:
        raise DataError(f"{file} is a workbook without a single filled cell. Expected a header row and rows below it.")
    if not shows_percent:
        return sheets
    with reading("a workbook", file=file):
        return [_with_percent_signs(data, sheet) for sheet in sheets]


def _frame(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    frame = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    return as_cells(frame.get_columns())


def _shows_percent(data: bytes) -> bool:
    if data.startswith(_OLD_EXCEL):
        return True  # its formats are read with its cells
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        styles = archive.read("xl/styles.xml") if "xl/styles.xml" in names else b""
    return any(mark in styles for mark in (b'numFmtId="9"', b'numFmtId="10"', b"%"))


def shows_percent(number_format: str) -> bool:
    r"""Say whether Excel multiplies by a hundred under that format; a sign in quotes or behind a backslash is a letter.

    >>> shows_percent("0.00%"), shows_percent('0.00"%"'), shows_percent(r"0.00\%")
    (True, False, False)
    """
    return "%" in _LITERALS.sub("", number_format)


def _with_percent_signs(data: bytes, sheet: Sheet) -> Sheet:
    shown = _percent_cells_of_old(data, sheet.name) if data.startswith(_OLD_EXCEL) else _percent_cells(data, sheet.name)
    columns = sheet.cells.get_columns()
    for place, values in shown.items():
        if place >= len(columns):
            continue
        cells = columns[place].to_list()
        for row, text in values.items():
            if row < len(cells):
                cells[row] = text
        columns[place] = pl.Series(str(place), cells, dtype=pl.String)
    return Sheet(sheet.file, sheet.name, as_cells(columns))


def _percent_cells(data: bytes, name: str | None) -> dict[int, dict[int, str]]:
    """Return, by column and row, the cells that Excel shows as per cent, as it shows them but with every digit."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    filled = [cell for line in book[name].iter_rows() for cell in line if cell.value is not None]
    first_column = min((cell.column for cell in filled), default=1)  # empty columns on the left are not read
    shown = [
        (cell.column - first_column, cell.row - 1, cell.value)
        for cell in filled
        if isinstance(cell.value, int | float)
        and not isinstance(cell.value, bool)
        and shows_percent(cell.number_format or "")
    ]
    book.close()
    return _by_place(shown)


def _percent_cells_of_old(data: bytes, name: str | None) -> dict[int, dict[int, str]]:
    """Return the same of a workbook of Excel 97-2003."""
    import xlrd

    book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    sheet = book.sheet_by_name(name)
    numbers = [
        (column, row, sheet.cell_value(row, column), book.xf_list[sheet.cell_xf_index(row, column)].format_key)
        for row in range(sheet.nrows)
        for column in range(sheet.ncols)
        if sheet.cell_type(row, column) == xlrd.XL_CELL_NUMBER
    ]
    first_column = min(
        (column for column in range(sheet.ncols) if any(sheet.col_types(column))), default=0
    )  # empty columns on the left are not read
    shown = [
        (column - first_column, row, value)
        for column, row, value, key in numbers
        if shows_percent(book.format_map[key].format_str)
    ]
    return _by_place(shown)


def _by_place(cells: Iterable[tuple[int, int, float]]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    for column, row, value in cells:
        found.setdefault(column, {})[row] = f"{Decimal(repr(value)).scaleb(2).normalize():f}%"
    return found
