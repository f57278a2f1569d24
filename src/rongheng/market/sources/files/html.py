"""Tables of HTML pages: what terminals and exchanges save under a name that ends in .xls.

Every outermost table with more than one row is a sheet. What does not live here: whether the page is an error page
(a page without such a table is refused), and what the cells mean.
"""

from __future__ import annotations

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


class _Page(HTMLParser):
    """Collects the rows of the outermost tables.

    A cell over several columns stands in the first of them, one over several rows in each.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str | None]]] = []
        self.title = ""
        self._depth = 0
        self._row: list[str | None] | None = None
        self._cell: list[str] | None = None
        self._span, self._rows = 1, 1
        self._below: dict[int, tuple[int, str | None]] = {}  # places that a cell above covers: for how many rows
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell; browsers close the one before, so do we."""
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
                self._below = {}
        elif tag == "title":
            self._in_title = True
        elif self._depth == 1 and tag == "tr":
            self._close_row()
            self._row = []
        elif self._depth == 1 and tag in ("td", "th"):
            self._close_cell()
            self._cell = []
            self._span, self._rows = _number_in(attrs, "colspan"), _number_in(attrs, "rowspan")
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close what ends here."""
        if tag == "table" and self._depth:
            if self._depth == 1:
                self._close_row()
            self._depth -= 1
        elif tag == "title":
            self._in_title = False
        elif self._depth == 1 and tag == "tr":
            self._close_row()
        elif self._depth == 1 and tag in ("td", "th"):
            self._close_cell()

    def handle_data(self, data: str) -> None:
        """Keep the text of a cell."""
        if self._cell is not None:
            self._cell.append(data)
        elif self._in_title:
            self.title += data

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        if self._row is None:
            self._row = []
        self._take_covered()
        text = " ".join("".join(self._cell).split()) or None
        for step in range(self._span):
            if self._rows > 1:
                self._below[len(self._row)] = (self._rows - 1, text if step == 0 else None)
            self._row.append(text if step == 0 else None)
        self._cell, self._span, self._rows = None, 1, 1

    def _take_covered(self) -> None:
        """Fill the next places that cells above cover: what stands there holds for this row as well."""
        assert self._row is not None
        while len(self._row) in self._below and self._below[len(self._row)][0] > 0:
            left, text = self._below[len(self._row)]
            self._below[len(self._row)] = (left - 1, text)
            self._row.append(text)

    def _close_row(self) -> None:
        self._close_cell()
        if self._row is not None:
            self._take_covered()
        if self._row and any(self._row):
            self.tables[-1].append(self._row)
        self._row = None
