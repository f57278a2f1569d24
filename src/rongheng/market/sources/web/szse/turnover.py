"""Trading of the day in Shenzhen, by class of securities: the tab, which says its day, or the workbook alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import MARKET_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.web.body import Record, member, workbook_body
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Fetcher, joint_sha256
from rongheng.market.sources.web.szse.report import (
    PUBLISHER,
    Tab,
    ask_of_day,
    check_units,
    lone_sheet,
    plain,
    tab_of,
    tab_of_workbook,
    workbook_request,
)

_NAMES = {"lbmc": "证券类别", "cjje": "成交金额", "sjzz": "总市值"}  # of the workbook's columns, without their units


class Turnover(AskedOnce):
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
            publisher=PUBLISHER,
            page=self._PAGE,
            tables=(MARKET_DAILY,),
            first=date(2010, 3, 31),
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        name = self.describe().id
        return [
            ask_of_day(name, day, catalogue="1803_sczm", date_param=self._DATE, page=self._PAGE) for day in sessions
        ]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the boards against the whole."""
        self._row(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what was traded."""
        tab, row = self._row(ask, answers)
        kept = {self._DATE: ask.first.isoformat(), "cjje": row["cjje"], "sjzz": row["sjzz"]}
        return [batch_of([kept], layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), units=tab.units)]

    def _row(self, ask: Ask, answers: Sequence[Answer]) -> tuple[Tab, Record]:
        tab = self._tab(ask, answers)
        check_units(tab, ("cjje", "sjzz"), ask)
        by_class = {plain(member(row, self._CLASS, ask=ask)).replace(" ", ""): row for row in tab.rows}
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

    def _tab(self, ask: Ask, answers: Sequence[Answer]) -> Tab:
        return tab_of(answers[0], ask, date_param=self._DATE)

    def _check_boards(self, stocks: Record, boards: Sequence[Record], ask: Ask) -> None:
        total = _number(stocks, "cjje", ask)
        parts = sum((_number(row, "cjje", ask) for row in boards), Decimal(0))
        if abs(parts - total) > max(Decimal("0.03"), self._TOLERANCE * total):
            raise SourceChangedError(
                f"{ask.name}: the boards make {parts} and the whole is {total}. The exchange has changed its classes."
            )


class TurnoverByWorkbook(Turnover):
    """The same from the workbook, for when the tab fails.

    A workbook does not say of which day it is. So the session before is asked for too: where both are the same to the
    fen, the exchange shows one day whatever it is asked for.
    """

    def describe(self) -> Description:
        """Say what it is."""
        label = Text("深交所股票成交概况（工作簿）", "trading of the day in Shenzhen, workbook")
        return replace(super().describe(), id="szse-turnover-workbook", label=label)

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the workbook of the day, and of the session before."""
        today = fetcher.get(workbook_request(ask.request))
        lone_sheet(today, ask)
        (before,) = self.locate([calendar().offset(ask.first, -1)])
        return [today, fetcher.get(workbook_request(before.request))]

    def _tab(self, ask: Ask, answers: Sequence[Answer]) -> Tab:
        tab = tab_of_workbook(answers[0], ask, names=_NAMES)
        today, before = (workbook_body(answer, ask)[0].cells for answer in answers)
        if today.equals(before):
            raise NotPublishedError(f"{ask.name}: the exchange still shows the figures of the session before.")
        return tab


def _number(row: Record, key: str, ask: Ask) -> Decimal:
    text = member(row, key, ask=ask)
    try:
        number = Decimal(str(text).replace(",", "").strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise SourceChangedError(f"{ask.name}: {key!r} is {text!r}, expected a number.")
    return number
