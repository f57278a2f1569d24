"""A sheet: what every container becomes before anything is understood, rows of text cells with their line numbers.

Numbers and dates stay text here, so that a decimal reaches its double by one rounding, whatever file it stood in.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

ROW = "__row__"  # the column of line numbers, as a spreadsheet counts: the first line is 1


@dataclass(frozen=True)
class Sheet:
    """One table of cells.

    ``cells`` has one ``String`` column for each column of the file, named ``0``, ``1``, …; null is an empty cell.
    ``named`` holds the headers of a container that has them apart from its rows (JSON, Parquet): such a sheet counts
    its headers as line 1, as a spreadsheet would.
    """

    file: str
    name: str | None
    cells: pl.DataFrame
    named: tuple[str, ...] | None = None
    joined_lines: bool = False  # quotation marks have made one cell of several lines of a text

    @property
    def where(self) -> str:
        """The file and the sheet, as the beginning of a message."""
        return self.file if self.name is None else f"{self.file}, sheet {self.name!r}"

    @property
    def first_line(self) -> int:
        """The line number of the first row of ``cells``."""
        return 1 if self.named is None else 2

    def line(self, position: int) -> list[str | None]:
        """Return the cells at that position (0 is the first row of ``cells``)."""
        return list(self.cells.row(position))


def unguarded(texts: pl.Series) -> pl.Series:
    """Return texts without the guard that keeps a spreadsheet from taking a code for a number.

    >>> unguarded(pl.Series(['="000001"', "600000", None])).to_list()
    ['000001', '600000', None]
    """
    return texts.str.replace(r'^="(.*)"$', "$1") if texts.str.starts_with('="').any() else texts


def as_cells(columns: list[pl.Series]) -> pl.DataFrame:
    """Return text columns as the cells of a sheet."""
    return pl.DataFrame([column.alias(str(place)) for place, column in enumerate(columns)])
