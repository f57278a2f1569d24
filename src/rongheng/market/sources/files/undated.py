"""Sheets of one day whose rows do not name it: the caller says it, or a line above the header, or the file's own name.

Such a sheet is recognised by a layout that lacks its date alone, or as a table of securities; it gets that column here,
and is read like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.securities import find_security
from rongheng.market.sources.files.aliases import DATE, INDEX, KEYS, SECURITY, Aliases
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.identity import index_spelled
from rongheng.market.sources.files.layouts import Layout, layouts
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import visible

_SEARCHED = 30
_OF_THE_FILE = re.compile("导出|打印|下载|制表|生成|更新|export|print", re.IGNORECASE)  # its day, not that of the rows
_DAYS = re.compile(r"(?<!\d)(\d{8}|\d{4}[-_.年]\d{1,2}[-_.月]\d{1,2})(?!\d)")


def find_undated(sheet: Sheet) -> tuple[Header, Layout] | None:
    """Return the header of a sheet without dates and the layout that it has but for them, or ``None``."""
    places = [-1] if sheet.named is not None else list(range(min(_SEARCHED, sheet.cells.height)))
    for place in places:
        line = list(sheet.named or ()) if place < 0 else sheet.line(place)
        texts = tuple(visible(cell or "") for cell in line)
        printed = [text for text in texts if text]
        title = " ".join([*_cells_above(sheet, place), sheet.name or "", sheet.file])
        known = next(
            (one for one in layouts() if printed and one.lacks_its_date(printed) and one.fits_title(title)), None
        )
        if known is not None and place + 1 < sheet.cells.height:
            return Header(sheet.first_line + place, texts, place + 1), known
    return None


def _cells_above(sheet: Sheet, place: int) -> list[str]:
    return [cell for row in range(max(place, 0)) for cell in sheet.line(row) if cell]


def find_dateless(sheet: Sheet, aliases: Aliases) -> Header | None:
    """Return the header of a table of securities that says everything but the day, or ``None``.

    Terminals export one day's figures like that, with the day in a tag of each header or in a line above.
    """
    for place in range(min(_SEARCHED, sheet.cells.height - 1) if sheet.named is None else 0):
        texts = tuple(visible(cell or "") for cell in sheet.line(place))
        meanings = {meaning[0] for text in texts if text and (meaning := aliases.meaning(text))}
        names_codes = SECURITY in meanings or (
            INDEX in meanings and _below_are_securities(sheet, place, texts, aliases)
        )
        if names_codes and DATE not in meanings and meanings - set(KEYS):
            return Header(sheet.first_line + place, texts, place + 1)
    return None


def _below_are_securities(sheet: Sheet, place: int, texts: Sequence[str], aliases: Aliases) -> bool:
    """Say whether the codes below a header such as 代码 are all those of securities."""
    column = next(at for at, text in enumerate(texts) if (meaning := aliases.meaning(text)) and meaning[0] == INDEX)
    cells = [visible(cell) for row in range(place + 1, sheet.cells.height) if (cell := sheet.line(row)[column])]
    codes = [cell for cell in cells if find_security(cell)]
    return bool(codes) and not any(map(index_spelled, codes))


def dated(sheet: Sheet, header: Header, day: date, *, named: str) -> tuple[Sheet, Header]:
    """Return the sheet and its header with a column of that name that says the day; blank lines are of no day."""
    width = sheet.cells.width
    said = pl.any_horizontal(pl.all().fill_null("").str.strip_chars() != "")
    cells = sheet.cells.with_columns(pl.when(said).then(pl.lit(day.isoformat())).alias(str(width)))
    texts = (*header.texts, *[""] * (width - len(header.texts)), named)
    names = None if sheet.named is None else texts
    return replace(sheet, cells=cells, named=names), replace(header, texts=texts)


def days_in(text: str) -> set[date]:
    """Return the days that a name or a title writes.

    >>> sorted(map(str, days_in("统计日期：2024年1月5日")))
    ['2024-01-05']
    """
    days = (parse_day(re.sub("[_.年月]", "-", found)) for found in _DAYS.findall(text))
    return {day for day in days if day is not None}


def day_of(sheet: Sheet, said: date | None, *, above: Sequence[str | None] = ()) -> date:
    """Return the day of a sheet that names none in its rows.

    Parameters
    ----------
    said : what the caller says
    above : cells above the header; one that says a day says it of the sheet

    Returns
    -------
    date
        What the caller says; else the only day above the header, in the sheet's name or in the file's name.

    Raises
    ------
    UsageError
        Nothing says one.

    Examples
    --------
    >>> str(day_of(Sheet("rzrqjygk20240105.xls", None, pl.DataFrame()), None))
    '2024-01-05'
    """
    if said is not None:
        return said
    titles = [cell for cell in above if cell and not _OF_THE_FILE.search(cell)]
    for text in (" ".join(titles), sheet.name or "", sheet.file):
        days = days_in(text)
        if len(days) == 1:
            return days.pop()
    raise UsageError(
        f"{sheet.where} is of one day and its rows do not say of which; neither does its name. Say --date DAY."
    )
