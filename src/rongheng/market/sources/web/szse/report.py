"""The report service of the Shenzhen Stock Exchange: tabs that state their day and their units, and workbooks.

A report is asked for as JSON, a list of tabs with a page of rows each, or as a workbook that has all rows of one tab
and no head. A tab states its day and, beside the name of each column, its unit. Both are taken from there: the same key
stands for 亿元 in one tab and for 万元 in the next. A day without figures is an empty tab with status 200, often with
the day before in its head.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import spellings, unit_in, visible
from rongheng.market.sources.web.body import Record, json_body, member, records, whole, workbook_body
from rongheng.market.sources.web.source import Answer, Ask, Request

HOST = "www.szse.cn"
PUBLISHER = Text("深圳证券交易所", "Shenzhen Stock Exchange")
_TABS = "/api/report/ShowReport/data"
_WORKBOOK = "/api/report/ShowReport"
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of an answer: its rows, the printed name of each key and the unit beside it, rows in all, pages."""

    rows: Sequence[Record]
    names: Mapping[str, str]
    units: Mapping[str, str]
    count: int
    pages: int


def tabs_request(catalogue: str, tab: str, page: str, **asked: str) -> Request:
    """Return the question for a report's tabs; ``page`` is where a person reads it."""
    params = (("SHOWTYPE", "JSON"), ("CATALOGID", catalogue), ("TABKEY", tab), *asked.items())
    return Request(HOST, _TABS, params, (("Referer", page),))


def workbook_request(tabs: Request) -> Request:
    """Return the question for all rows of the tab that the question for tabs is about."""
    params = tuple((key, "xlsx" if key == "SHOWTYPE" else value) for key, value in tabs.params)
    return replace(tabs, path=_WORKBOOK, params=params)


def ask_of_day(source: str, day: date, *, catalogue: str, date_param: str, page: str, tab: str = "tab1") -> Ask:
    """Return the question for a day of a report."""
    return Ask(source, day, day, tabs_request(catalogue, tab, page, **{date_param: day.isoformat()}))


def tab_of(answer: Answer, ask: Ask, *, date_param: str | None, key: str = "tab1", is_whole: bool = True) -> Tab:
    """Return a tab, once it is of the day that was asked for and, where it is whole, has as many rows as it says.

    Parameters
    ----------
    date_param : the parameter that said the day; ``None`` for a report that is of no day
    is_whole : the tab has no further pages
    """
    body = json_body(answer, ask)
    found = [tab for tab in records(body, ask=ask, where="the answer") if _key(tab, ask) == key]
    if len(found) != 1:
        raise SourceChangedError(f"{ask.name}: the answer has {len(found)} tabs called {key!r}, expected one.")
    (tab,) = found
    if tab.get("error"):
        raise SourceChangedError(f"{ask.name}: the exchange rejects the question: {tab['error']}.")
    rows = records(member(tab, "data", ask=ask), ask=ask, where="data")
    metadata = member(tab, "metadata", ask=ask)
    stated = whole(str(member(metadata, "recordcount", ask=ask)), ask=ask, where="metadata.recordcount")
    if not rows:
        raise NotPublishedError(f"{ask.name}: the exchange has published nothing for this day yet.")
    if date_param is not None:
        _check_day(metadata, date_param, ask)
    if is_whole and stated != len(rows):
        raise SourceChangedError(f"{ask.name}: the answer says that it has {stated} rows and has {len(rows)}.")
    columns = member(metadata, "cols", ask=ask)
    if not isinstance(columns, dict):
        raise SourceChangedError(f"{ask.name}: 'metadata.cols' does not name the columns.")
    names = {name: plain(text) for name, text in columns.items()}
    units = {name: unit for name, text in names.items() if (unit := unit_in(text))}
    pages = 1 if is_whole else whole(str(member(metadata, "pagecount", ask=ask)), ask=ask, where="metadata.pagecount")
    return Tab(rows, names, units, stated, pages)


def sheet_of(answer: Answer, ask: Ask, *, count: int) -> Sheet:
    """Return the sheet of a workbook, once it has as many rows below its header as the tab says."""
    sheets = workbook_body(answer, ask)
    if len(sheets) != 1:
        raise SourceChangedError(f"{ask.name}: the workbook has {len(sheets)} sheets, expected one.")
    (sheet,) = sheets
    rows = sheet.cells.height - 1
    if rows != count:
        raise SourceChangedError(
            f"{ask.name}: the exchange says that there are {count} rows and the workbook has {rows}. Nothing of it was "
            "kept."
        )
    return sheet


def lone_sheet(answer: Answer, ask: Ask) -> Sheet:
    """Return the sheet of a workbook that comes without a tab, so that nothing says its day or how many rows it has.

    Of a day without figures it is a head alone, or a line that says so.
    """
    sheets = workbook_body(answer, ask)
    if len(sheets) != 1:
        raise SourceChangedError(f"{ask.name}: the workbook has {len(sheets)} sheets, expected one.")
    (sheet,) = sheets
    if sheet.cells.height < 2:
        raise NotPublishedError(f"{ask.name}: the exchange has published nothing for this day yet.")
    return sheet


def tab_of_workbook(answer: Answer, ask: Ask, *, names: Mapping[str, str]) -> Tab:
    """Return a workbook that comes without its tab as one; ``names`` are its printed names, without units, by key."""
    sheet = lone_sheet(answer, ask)
    header = {next(spellings(cell)).name: (at, visible(cell)) for at, cell in enumerate(sheet.line(0)) if cell}
    missing = [name for name in names.values() if name not in header]
    if missing:
        raise SourceChangedError(
            f"{ask.name}: the header lacks {', '.join(missing)}; it has {', '.join(header)}. The exchange has changed "
            "its format."
        )
    places = {key: header[name] for key, name in names.items()}
    rows = [{key: line[at] for key, (at, _) in places.items()} for line in sheet.cells.slice(1).iter_rows()]
    printed = {key: text for key, (_, text) in places.items()}
    units = {key: unit for key, text in printed.items() if (unit := unit_in(text))}
    return Tab(rows, printed, units, len(rows), 1)


def check_units(tab: Tab, keys: Sequence[str], ask: Ask) -> None:
    """Raise when a figure has no unit on the page: none is ever guessed."""
    for key in keys:
        if key not in tab.names:
            raise SourceChangedError(
                f"{ask.name}: the answer has no column {key!r}; it has {', '.join(tab.names)}. The exchange has "
                "changed its format."
            )
        if key not in tab.units:
            raise SourceChangedError(
                f"{ask.name}: the column {key!r} is called {tab.names[key]!r}, without a unit; expected "
                "one in brackets."
            )


def plain(text: Any) -> str:
    """Return printed text without its marks."""
    return html.unescape(_TAG.sub("", str(text))).replace("\xa0", " ").strip()


def _key(tab: Record, ask: Ask) -> Any:
    return member(tab, "metadata", "tabkey", ask=ask)


def _check_day(metadata: Any, date_param: str, ask: Ask) -> None:
    shown = _day(metadata, date_param, ask)
    if shown != ask.first:
        raise NotPublishedError(f"{ask.name}: the exchange still shows {shown}.")


def _day(metadata: Any, date_param: str, ask: Ask) -> date:
    """The day that the tab is of: in its head, or in the form above it."""
    day = parse_day(str(metadata.get("subname") or ""))
    if day is None:
        conditions = records(metadata.get("conditions") or [], ask=ask, where="metadata.conditions")
        stated = [entry.get("defaultValue") for entry in conditions if entry.get("name") == date_param]
        day = parse_day(str(stated[0])) if stated else None
    if day is None:
        raise SourceChangedError(f"{ask.name}: the answer does not say of which day it is.")
    return day
