"""Sheets of one day whose rows do not name it: the day comes from the caller, or from the file's own name.

Such a sheet is recognised by a layout that lacks its date alone; it gets that column here, and is read like any other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.layouts import Layout, layouts
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import visible

_SEARCHED = 30
_DAYS = re.compile(r"(?<!\d)(\d{8}|\d{4}[-_.年]\d{1,2}[-_.月]\d{1,2})(?!\d)")


def find_undated(sheet: Sheet) -> tuple[Header, Layout] | None:
    """Return the header of a sheet without dates and the layout that it has but for them, or ``None``."""
    places = [-1] if sheet.named is not None else list(range(min(_SEARCHED, sheet.cells.height)))
    for place in places:
        line = list(sheet.named or ()) if place < 0 else sheet.line(place)
        texts = tuple(visible(cell or "") for cell in line)
        printed = [text for text in texts if text]
        known = next((one for one in layouts() if printed and one.matches([*printed, one.date_header])), None)
        if known is not None and place + 1 < sheet.cells.height:
            return Header(sheet.first_line + place, texts, place + 1), known
    return None


def dated(sheet: Sheet, header: Header, layout: Layout, day: date) -> tuple[Sheet, Header]:
    """Return the sheet and its header with a column that says the day."""
    width = sheet.cells.width
    cells = sheet.cells.with_columns(pl.lit(day.isoformat()).alias(str(width)))
    texts = (*header.texts, *[""] * (width - len(header.texts)), layout.date_header)
    named = None if sheet.named is None else texts
    return replace(sheet, cells=cells, named=named), replace(header, texts=texts)


def day_of(sheet: Sheet, said: date | None) -> date:
    """Return the day of a sheet that names none: what the caller says, or the only date in the file's name.

    Raises
    ------
    UsageError
        Neither says one.

    Examples
    --------
    >>> str(day_of(Sheet("rzrqjygk20240105.xls", None, pl.DataFrame()), None))
    '2024-01-05'
    """
    if said is not None:
        return said
    found = {parse_day(re.sub("[_.年月]", "-", text)) for text in _DAYS.findall(sheet.file)} - {None}
    if len(found) != 1:
        raise UsageError(
            f"{sheet.where} is of one day and its rows do not say of which; neither does its name. Say --date DAY."
        )
    (day,) = found
    assert day is not None
    return day
