"""Tables of HTML pages: what terminals and exchanges save under a name that ends in .xls.

Every table with more than one row is a sheet, also one in a cell of another, as pages are laid out; a table of one row
in a cell is the cell's text. What does not live here: whether the page is an error page (a page without such a table is
refused), and what the cells mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.sheet import Sheet, as_cells
from rongheng.market.sources.files.text import as_utf8

_MOST_COLUMNS = 1_000


def read_html(data: bytes, *, file: str) -> list[Sheet]:
    """Return the tables of a page as cells.

    Raises
    ------
    DataError
        The page has no table of several rows, or is no text.
    """
    page = _Page()
    page.feed(as_utf8(data, file=file).decode("utf-8"))
    page.close()
    tables = [rows for rows in page.tables if len(rows) > 1]
    if not tables:
        title = page.title.strip()[:60]
        raise DataError(
            f"{file} is an HTML page without a table of several rows{f' ({title!r})' if title else ''}. It may be an "
            "error page: open it in a browser, and export the figures again."
        )
    alone = len(tables) == 1
    return [Sheet(file, None if alone else f"table {place}", _cells(rows)) for place, rows in enumerate(tables, 1)]


def _cells(rows: list[list[str | None]]) -> pl.DataFrame:
    width = max(map(len, rows))
    padded = [[*row, *[None] * (width - len(row))] for row in rows]
    return as_cells([pl.Series(str(at), [row[at] for row in padded], dtype=pl.String) for at in range(width)])


def _number_in(attrs: list[tuple[str, str | None]], name: str) -> int:
    said = next((value for known, value in attrs if known == name), None)
    return min(max(int(said), 1), _MOST_COLUMNS) if said and said.isdigit() else 1


@dataclass
class _Table:
    """A table that is open."""

    rows: list[list[str | None]] = field(default_factory=list)
    row: list[str | None] | None = None
    cell: list[str] | None = None
    width: int = 1
    height: int = 1
    below: dict[int, tuple[int, str | None]] = field(default_factory=dict)  # places covered: for how many rows

    def open_cell(self, *, width: int, height: int) -> None:
        """Begin a cell; browsers close the one before, so do we."""
        self.close_cell()
        self.cell, self.width, self.height = [], width, height

    def close_cell(self) -> None:
        """Put the cell into its row: over several columns in the first of them, over several rows in each."""
        if self.cell is None:
            return
        if self.row is None:
            self.row = []
        self._take_covered(self.row)
        text = " ".join("".join(self.cell).split()) or None
        for step in range(self.width):
            if self.height > 1:
                self.below[len(self.row)] = (self.height - 1, text if step == 0 else None)
            self.row.append(text if step == 0 else None)
        self.cell = None

    def close_row(self) -> None:
        """Put the row into the table, unless it is blank."""
        self.close_cell()
        if self.row is not None:
            self._take_covered(self.row)
        if self.row and any(self.row):
            self.rows.append(self.row)
        self.row = None

    def _take_covered(self, row: list[str | None]) -> None:
        """Fill the next places that cells above cover: what stands there holds for this row as well."""
        while self.below.get(len(row), (0, None))[0] > 0:
            left, text = self.below[len(row)]
            self.below[len(row)] = (left - 1, text)
            row.append(text)


class _Page(HTMLParser):
    """Collects the rows of the tables, in the order in which they begin."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str | None]]] = []
        self.title = ""
        self._open: list[_Table] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self._open.append(_Table())
            self.tables.append(self._open[-1].rows)
        elif tag == "title":
            self._in_title = True
        elif self._open and tag == "tr":
            self._open[-1].close_row()
            self._open[-1].row = []
        elif self._open and tag in ("td", "th"):
            self._open[-1].open_cell(width=_number_in(attrs, "colspan"), height=_number_in(attrs, "rowspan"))
        elif tag == "br":
            self._say(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close what ends here."""
        if tag == "table" and self._open:
            self._close_table()
        elif tag == "title":
            self._in_title = False
        elif self._open and tag == "tr":
            self._open[-1].close_row()
        elif self._open and tag in ("td", "th"):
            self._open[-1].close_cell()

    def handle_data(self, data: str) -> None:
        """Keep the text of a cell."""
        if self._in_title:
            self.title += data
        else:
            self._say(data)

    def close(self) -> None:
        """Close what the page left open."""
        super().close()
        while self._open:
            self._open.pop().close_row()

    def _close_table(self) -> None:
        """Close the innermost table; one of a single row dresses the text of a cell around it."""
        table = self._open.pop()
        table.close_row()
        if len(table.rows) == 1:
            self._say(" ".join(filter(None, table.rows[0])))

    def _say(self, text: str) -> None:
        if self._open and self._open[-1].cell is not None:
            self._open[-1].cell.append(text)
