"""A plan: what each column of a sheet is, in which unit, and of which table. ``planning`` makes one."""

from __future__ import annotations

from dataclasses import dataclass

from rongheng.basics.grades import Grade
from rongheng.basics.tables import Column, Table
from rongheng.basics.text import Text
from rongheng.basics.units import Scale
from rongheng.market.sources.files.layouts import Check


@dataclass(frozen=True, slots=True)
class Binding:
    """One column of the sheet that is one column of the table."""

    place: int
    header: str
    column: Column
    scale: Scale
    median: tuple[float, float] | None = None
    inferred: bool = False  # what the column is was inferred; it lands only where other columns prove it


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column of the sheet that is kept only to compare."""

    place: int
    header: str
    check: Check
    scale: Scale

    @property
    def name(self) -> str:
        """The column of the frame that holds it."""
        return f"__printed_{self.place}__"


@dataclass(frozen=True)
class Plan:
    """How one table is read from one sheet. ``places`` says where the date, the key and the grade stand."""

    table: Table
    source: str
    places: dict[str, int]
    bindings: tuple[Binding, ...]
    comparisons: tuple[Comparison, ...] = ()
    ignored: tuple[tuple[str, Text], ...] = ()  # header, reason
    market: str | None = None  # what the layout is of
    takes: tuple[int, str] | None = None  # a column, and the pattern of the rows that are of the table
    passes_over: tuple[str, str] | None = None  # a key, and the pattern of rows that are not of the table
    alone: bool = True  # no other table has columns of this sheet
    grade: Grade = Grade.OFFICIAL  # the best that its figures can be
    switches: tuple[str, ...] = ()  # columns that are true in every row
    implied: tuple[str, ...] = ()  # columns that are true of every row that lands with another value

    @property
    def stated(self) -> tuple[str, ...]:
        """The value columns that the sheet states."""
        return (*(binding.column.name for binding in self.bindings), *self.switches)

    def binding(self, column: str) -> Binding:
        """Return the binding of a column of the table."""
        return next(binding for binding in self.bindings if binding.column.name == column)


def letters(place: int) -> str:
    """Return the column as a spreadsheet names it.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
