"""The Shenzhen Stock Exchange's report service (深圳证券交易所): the daily margin summary, and trading of a day.

Every answer is a list of tabs; a tab states its day and, beside the name of each column, its unit. Both are taken from
there: the same key stands for 亿元 in one tab and for 万元 in the next. A day without figures is an empty tab with
status 200, often with the day before in its head.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import MARGIN_SUMMARY, MARKET_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.wording import unit_in
from rongheng.market.sources.web.body import Record, json_body, member, records, whole
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, joint_sha256

HOST = "www.szse.cn"
_PATH = "/api/report/ShowReport/data"
_PUBLISHER = Text("深圳证券交易所", "Shenzhen Stock Exchange")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of an answer: its rows, the printed name of each key and the unit beside it."""

    rows: Sequence[Record]
    names: Mapping[str, str]
    units: Mapping[str, str]


def _ask(source: str, day: date, *, catalogue: str, date_param: str, page: str) -> Ask:
    params = (("SHOWTYPE", "JSON"), ("CATALOGID", catalogue), ("TABKEY", "tab1"), (date_param, day.isoformat()))
    return Ask(source, day, day, Request(HOST, _PATH, params, (("Referer", page),)))


def _tab(answers: Sequence[Answer], ask: Ask, *, date_param: str) -> Tab:
    """Return the first tab, once it is of the day that was asked for and has as many rows as it says."""
    body = json_body(answers[0], ask)
    tabs = [tab for tab in records(body, ask=ask, where="the answer") if _is_first(tab, ask)]
    if len(tabs) != 1:
        raise SourceChangedError(f"{ask.name}: the answer has {len(tabs)} tabs called 'tab1', expected one.")
    (tab,) = tabs
    if tab.get("error"):
        raise SourceChangedError(f"{ask.name}: the exchange rejects the question: {tab['error']}.")
    rows = records(member(tab, "data", ask=ask), ask=ask, where="data")
    if not rows:
        raise NotPublishedError(f"{ask.name}: the exchange has published nothing for this day yet.")
    metadata = member(tab, "metadata", ask=ask)
    shown = _day(metadata, date_param, ask)
    if shown != ask.first:
        raise NotPublishedError(f"{ask.name}: the exchange still shows {shown}.")
    stated = whole(str(member(metadata, "recordcount", ask=ask)), ask=ask, where="metadata.recordcount")
    if stated != len(rows):
        raise SourceChangedError(f"{ask.name}: the answer says that it has {stated} rows and has {len(rows)}.")
    columns = member(metadata, "cols", ask=ask)
    if not isinstance(columns, dict):
        raise SourceChangedError(f"{ask.name}: 'metadata.cols' does not name the columns.")
    names = {key: _plain(text) for key, text in columns.items()}
    return Tab(rows, names, {key: unit for key, name in names.items() if (unit := unit_in(name))})


def _is_first(tab: Record, ask: Ask) -> bool:
    return bool(member(tab, "metadata", "tabkey", ask=ask) == "tab1")


def _day(metadata: Any, date_param: str, ask: Ask) -> date | None:
    """The day that the tab is of: in its head, or in the form above it."""
    day = parse_day(str(metadata.get("subname") or ""))
    if day is None:
        conditions = records(metadata.get("conditions") or [], ask=ask, where="metadata.conditions")
        stated = [entry.get("defaultValue") for entry in conditions if entry.get("name") == date_param]
        day = parse_day(str(stated[0])) if stated else None
    if day is None:
        raise SourceChangedError(f"{ask.name}: the answer does not say of which day it is.")
    return day


def _plain(text: Any) -> str:
    return html.unescape(_TAG.sub("", str(text))).replace("\xa0", " ").strip()


def _check_units(tab: Tab, keys: Sequence[str], ask: Ask) -> None:
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


class Margin:
    """The exchange's own daily margin summary, rounded to a hundredth of 亿元."""

    _LAYOUT = "margin-summary-szse-raw"
    _PAGE = "https://www.szse.cn/disclosure/margin/margin/index.html"
    _DATE = "txtDate"
    _KEYS = ("jrrzye", "jrrzmr", "jrrjye", "jrrjyl", "jrrjmc", "jrrzrjye")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-margin",
            label=Text("深交所融资融券汇总", "margin summary of Shenzhen"),
            publisher=_PUBLISHER,
            page=self._PAGE,
            tables=(MARGIN_SUMMARY,),
            first=date(2010, 3, 31),
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        name = self.describe().id
        return [_ask(name, day, catalogue="1837_xxpl", date_param=self._DATE, page=self._PAGE) for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask once."""
        return [fetcher.get(ask.request)]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and demand a unit for every figure."""
        self._tab(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the margin summary of Shenzhen."""
        tab = self._tab(ask, answers)
        rows = [{self._DATE: ask.first.isoformat(), **row} for row in tab.rows]
        digest = joint_sha256(answers)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=digest, units=tab.units)]

    def _tab(self, ask: Ask, answers: Sequence[Answer]) -> Tab:
        tab = _tab(answers, ask, date_param=self._DATE)
        _check_units(tab, self._KEYS, ask)
        return tab


class Turnover:
    """What was traded in Shenzhen in a session: stocks of every kind, B shares included (they are under 0.1 %)."""

    _LAYOUT = "market-turnover-szse"
    _PAGE = "https://www.szse.cn/market/overview/index.html"
    _DATE = "txtQueryDate"
    _CLASS = "lbmc"
    _STOCKS = "股票"
    _BOARDS = ("主板A股", "主板B股", "创业板A股", "中小板")  # the last one was merged into the main board in 2021
    _TOLERANCE = Decimal("0.001")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-turnover",
            label=Text("深交所股票成交概况", "trading of the day in Shenzhen"),
            publisher=_PUBLISHER,
            page=self._PAGE,
            tables=(MARKET_DAILY,),
            first=date(2010, 3, 31),
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        name = self.describe().id
        return [_ask(name, day, catalogue="1803_sczm", date_param=self._DATE, page=self._PAGE) for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask once."""
        return [fetcher.get(ask.request)]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the boards against the whole."""
        self._row(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what was traded."""
        tab, row = self._row(ask, answers)
        kept = {self._DATE: ask.first.isoformat(), "cjje": row["cjje"], "sjzz": row["sjzz"]}
        return [batch_of([kept], layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), units=tab.units)]

    def _row(self, ask: Ask, answers: Sequence[Answer]) -> tuple[Tab, Record]:
        tab = _tab(answers, ask, date_param=self._DATE)
        _check_units(tab, ("cjje", "sjzz"), ask)
        by_class = {_plain(member(row, self._CLASS, ask=ask)).replace(" ", ""): row for row in tab.rows}
        if self._STOCKS not in by_class:
            raise SourceChangedError(
                f"{ask.name}: there is no class {self._STOCKS!r}; found {', '.join(by_class)}. The exchange has "
                "changed its classes."
            )
        boards = [row for name, row in by_class.items() if name in self._BOARDS]
        self._check_boards(by_class[self._STOCKS], boards, ask)
        for key in ("cjje", "sjzz"):
            member(by_class[self._STOCKS], key, ask=ask)
        return tab, by_class[self._STOCKS]

    def _check_boards(self, stocks: Record, boards: Sequence[Record], ask: Ask) -> None:
        total = _number(stocks, "cjje", ask)
        parts = sum((_number(row, "cjje", ask) for row in boards), Decimal(0))
        if abs(parts - total) > max(Decimal("0.03"), self._TOLERANCE * total):
            raise SourceChangedError(
                f"{ask.name}: the boards make {parts} and the whole is {total}. The exchange has changed its classes."
            )


def _number(row: Record, key: str, ask: Ask) -> Decimal:
    text = member(row, key, ask=ask)
    try:
        number = Decimal(str(text).replace(",", "").strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise SourceChangedError(f"{ask.name}: {key!r} is {text!r}, expected a number.")
    return number
