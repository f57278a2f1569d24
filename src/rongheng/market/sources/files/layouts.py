"""Known layouts: files that are recognised by their full set of headers, and what those headers leave out.

The layouts are data (``layouts.yaml``). What does not live here: reading a sheet by a layout (``plan``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from rongheng.basics.grades import Grade
from rongheng.basics.tables import Table, table
from rongheng.basics.text import Text
from rongheng.basics.units import Scale, find_scale
from rongheng.market.sources.files.aliases import DATE, KEYS
from rongheng.market.sources.files.wording import fold, stem


@dataclass(frozen=True, slots=True)
class Check:
    """A printed column that follows from others, kept to compare."""

    kind: str  # difference, or change (of the close, in per cent)
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """What one header of a layout is: a column, or ignored for a reason, or a check."""

    header: str
    column: str | None = None  # the date and the keys among them
    unit: str | None = None
    median: tuple[float, float] | None = None
    ignored: Text | None = None
    check: Check | None = None
    inferred: bool = False


@dataclass(frozen=True)
class Layout:
    """One known layout; ``fields`` by folded header."""

    id: str
    publisher: str
    table: Table
    market: str | None
    fields: Mapping[str, Field]
    required: frozenset[str]
    grade: Grade = Grade.OFFICIAL  # the best that its figures can be
    switches: tuple[str, ...] = ()  # columns that are true in every row
    prints_units: bool = False  # the headers carry the units, whichever they are: names are compared without them
    other_dates: frozenset[str] = frozenset()  # further headers that the date may have, folded
    passes_over: str | None = None  # rows whose key looks so (a pattern) are not of the table
    takes: tuple[str, str] | None = None  # a folded header, and the pattern of the rows that are of the table
    titled: tuple[str, ...] = ()  # words (patterns) of a title that the headers alone do not say

    def field(self, header: str) -> Field:
        """Return what a header of the layout is."""
        return self.fields[self.folded(header)]

    def folded(self, header: str) -> str:
        """Return what counts of a header."""
        name = _folded(header, prints_units=self.prints_units)
        return fold(self.date_header) if name in self.other_dates else name

    @property
    def date_header(self) -> str:
        """The header of the date."""
        return next(field.header for field in self.fields.values() if field.column == DATE)

    def fits_title(self, title: str) -> bool:
        """Say whether the title has one of the words that the layout asks for."""
        return not self.titled or any(re.search(word, title) for word in self.titled)

    def lacks_its_date(self, headers: Sequence[str]) -> bool:
        """Say whether these are all the headers of the layout but for the date's."""
        date_header = self.date_header
        return fold(date_header) not in map(self.folded, headers) and self.matches([*headers, date_header])

    def matches(self, headers: Iterable[str]) -> bool:
        """Say whether these are all the headers of the layout and no other."""
        names = {self.folded(header) for header in headers}
        return self.required <= names <= self.fields.keys()


def find_layouts(headers: Iterable[str], *, title: str = "") -> tuple[Layout, ...]:
    """Return the layouts whose full set of headers this is, one for each table that the sheet holds.

    Parameters
    ----------
    title : what stands above the headers, or names the sheet and the file; a layout may ask for a word in it

    Examples
    --------

    >>> [layout.id for layout in find_layouts(["close", "date"])]
    ['index-closes']
    """
    printed = list(headers)
    by_table: dict[str, Layout] = {}
    for layout in layouts():
        if layout.matches(printed) and layout.fits_title(title):
            by_table.setdefault(layout.table.name, layout)
    return tuple(by_table.values())


def layout(layout_id: str) -> Layout:
    """Return the layout of that id.

    >>> layout("index-bars-csi").table.name
    'index_daily'
    """
    return next(known for known in layouts() if known.id == layout_id)


def nearest_layout(headers: Iterable[str]) -> tuple[Layout, list[str], list[str]] | None:
    """Return the layout that shares most headers, with those that are missing and those that are more; or ``None``."""
    printed = {fold(header): header for header in headers}
    best = max(layouts(), key=lambda layout: len(layout.fields.keys() & printed) / len(layout.fields.keys() | printed))
    if len(best.fields.keys() & printed) < max(3, 0.6 * len(best.required)):
        return None
    missing = [best.fields[name].header for name in sorted(best.required - printed.keys())]
    return best, missing, [header for name, header in printed.items() if name not in best.fields]


@cache
def layouts() -> tuple[Layout, ...]:
    """Return the layouts that ship."""
    text = files("rongheng.market.sources.files").joinpath("layouts.yaml").read_text(encoding="utf-8")
    return tuple(_layout(entry) for entry in yaml.load(text, Loader=yaml.BaseLoader))


@cache
def usual_median(of_table: Table, column: str) -> tuple[float, float] | None:
    """Return what the median of a column is in every layout of a table of the whole market; ``None`` for other tables.

    Figures of the whole market have an order of magnitude that no file of them leaves; those of one security have none.

    >>> usual_median(table("account_daily"), "financing_balance"), usual_median(table("etf_nav"), "nav")
    ((50000000000.0, 10000000000000.0), None)
    """
    medians = [
        field.median
        for layout in layouts()
        for field in layout.fields.values()
        if layout.table is of_table and field.column == column and field.median is not None
    ]
    if of_table.key or not medians:
        return None
    return min(low for low, _ in medians), max(high for _, high in medians)


@cache
def vocabulary() -> frozenset[str]:
    """Return every folded header of every layout."""
    return frozenset(name for layout in layouts() for name in (*layout.fields, *layout.other_dates))


@cache
def date_headers() -> frozenset[str]:
    """Return the folded headers that a layout uses for the date."""
    main = {name for layout in layouts() for name, field in layout.fields.items() if field.column == DATE}
    return frozenset(main.union(*(layout.other_dates for layout in layouts())))


def _layout(entry: Mapping[str, Any]) -> Layout:
    of_table = table(entry["table"])
    prints_units = entry.get("prints_units") == "yes"
    fields = {
        _folded(header, prints_units=prints_units): _field(header, what, of_table)
        for header, what in entry["headers"].items()
    }
    takes = entry.get("takes")
    optional = frozenset(_folded(header, prints_units=prints_units) for header in entry.get("optional", []))
    assert optional <= fields.keys(), f"{entry['id']}: {optional - fields.keys()} are optional but no headers"
    return Layout(
        id=entry["id"],
        publisher=entry["publisher"],
        table=of_table,
        market=entry.get("market"),
        fields=fields,
        required=frozenset(fields) - optional,
        grade=Grade(entry.get("grade", Grade.OFFICIAL)),
        switches=tuple(entry.get("switches", ())),
        prints_units=prints_units,
        other_dates=frozenset(map(fold, entry.get("other_dates", ()))),
        passes_over=entry.get("passes_over"),
        takes=None if takes is None else (fold(takes["header"]), takes["pattern"]),
        titled=tuple(entry.get("titled", ())),
    )


def _folded(header: str, *, prints_units: bool) -> str:
    return fold(stem(header)) if prints_units else fold(header)


def _field(header: str, what: str | Mapping[str, Any], of_table: Table) -> Field:
    if isinstance(what, str):
        assert what in KEYS, what
        return Field(header, column=what)
    unit = what.get("unit")
    assert unit is None or isinstance(find_scale(unit), Scale), f"{header}: {unit} is no unit"
    column = what.get("column")
    assert column is None or column in of_table.by_name, f"{of_table.name} has no {column}"
    low, high = what.get("median", (None, None))
    return Field(
        header,
        column=column,
        unit=unit,
        median=None if low is None else (float(low), float(high)),
        ignored=Text(what["ignored"]["zh"], what["ignored"]["en"]) if "ignored" in what else None,
        check=Check(what["check"], tuple(what.get("of", ()))) if "check" in what else None,
        inferred=what.get("inferred") == "yes",
    )
