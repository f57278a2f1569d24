"""A plan in the making: the sheet, its header, what is settled so far, and what is asked of the cells on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from rongheng.basics.tables import TABLES, Column
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.sources.files.aliases import Aliases
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.plan import letters
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.stated import StatedUnits


@dataclass
class Draft:
    """What is settled about a sheet's columns, by place."""

    sheet: Sheet
    header: Header
    stated: StatedUnits
    aliases: Aliases
    places: dict[str, int] = field(default_factory=dict)  # of the date, the key and the grade
    named: dict[int, tuple[str, str | None]] = field(default_factory=dict)  # column and the unit beside its name
    ignored: list[tuple[str, Text]] = field(default_factory=list)
    without_unit: list[tuple[int, Column]] = field(default_factory=list)

    @property
    def headers(self) -> dict[int, str]:
        """The headers that are not blank, by place."""
        return {place: text for place, text in enumerate(self.header.texts) if text}

    @property
    def where(self) -> str:
        """The file and the header's row, as the beginning of a message."""
        return f"{self.sheet.where}, header in row {self.header.line}"

    def at(self, place: int) -> str:
        """The file, the header's row and a column, as the beginning of a message."""
        return f"{self.where}, column {letters(place)}"

    @property
    def title(self) -> str:
        """What stands above the header, and names the sheet and the file."""
        above = range(max(0, self.header.line - self.sheet.first_line) if self.sheet.named is None else 0)
        cells = [cell for row in above for cell in self.sheet.line(row) if cell]
        return " ".join([*cells, self.sheet.name or "", self.sheet.file])

    @staticmethod
    def kind_of(name: str) -> Unit | None:
        """What a named column is measured in, where all tables that have it agree."""
        table, _, column = name.rpartition(".")
        tables = [TABLES[table]] if table else TABLES.values()
        kinds = {known.by_name[column].unit for known in tables if column in known.by_name}
        return kinds.pop() if len(kinds) == 1 else None

    def cells(self, place: int) -> list[str]:
        """The cells of a column below the header, blank ones left out."""
        cells = self.sheet.cells[:, place].slice(self.header.first_row).drop_nulls().str.strip_chars()
        return cells.filter(cells != "").to_list()
