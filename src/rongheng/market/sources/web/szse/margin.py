"""Margin trading in Shenzhen: the summary of each day, and every security of a day as a workbook or page by page.

The workbook of a day does not say of which day it is. Its tab does, and how many rows there are, and what they add up
to; so both are asked for, and the workbook counts only where it agrees with the tab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import SourceChangedError
from rongheng.basics.tables import MARGIN_SUMMARY, SECURITY_MARGIN
from rongheng.basics.text import Text
from rongheng.basics.units import Scale, Unit, find_scale
from rongheng.market.sources.files.numbers import numbers
from rongheng.market.sources.web.body import check_count, member
from rongheng.market.sources.web.facts import batch_of, batch_of_sheet
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Fetcher, joint_sha256
from rongheng.market.sources.web.szse.report import (
    PUBLISHER,
    Tab,
    ask_of_day,
    check_units,
    sheet_of,
    tab_of,
    workbook_request,
)

_REPORT = "1837_xxpl"
_PAGE = "https://www.szse.cn/disclosure/margin/margin/index.html"
_DATE = "txtDate"
_FIRST = date(2010, 3, 31)
_LEFT_OUT = 0.01  # of the balance: securities that were removed from the list still count in the summary
_NOT_THAT_DAY = 0.10  # a sum that is further off is of another day or in another unit


class Margin(AskedOnce):
    """The exchange's own daily margin summary, rounded to a hundredth of 亿元."""

    _LAYOUT = "margin-summary-szse-raw"
    _KEYS = ("jrrzye", "jrrzmr", "jrrjye", "jrrjyl", "jrrjmc", "jrrzrjye")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-margin",
            label=Text("深交所融资融券汇总", "margin summary of Shenzhen"),
            publisher=PUBLISHER,
            page=_PAGE,
            tables=(MARGIN_SUMMARY,),
            first=_FIRST,
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        name = self.describe().id
        return [ask_of_day(name, day, catalogue=_REPORT, date_param=_DATE, page=_PAGE) for day in sessions]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and demand a unit for every figure."""
        self._tab(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the margin summary of Shenzhen."""
        tab = self._tab(ask, answers)
        rows = [{_DATE: ask.first.isoformat(), **row} for row in tab.rows]
        digest = joint_sha256(answers)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=digest, units=tab.units)]

    def _tab(self, ask: Ask, answers: Sequence[Answer]) -> Tab:
        tab = tab_of(answers[0], ask, date_param=_DATE)
        check_units(tab, self._KEYS, ask)
        return tab


class Details:
    """Every security of a day, from the workbook, in yuan and shares."""

    _LAYOUT = "security-margin-szse"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-margin-details",
            label=Text("深交所融资融券明细", "margin details of Shenzhen"),
            publisher=PUBLISHER,
            page=_PAGE,
            tables=(SECURITY_MARGIN,),
            first=_FIRST,
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        name = self.describe().id
        return [ask_of_day(name, day, catalogue=_REPORT, date_param=_DATE, page=_PAGE, tab="tab2") for day in sessions]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the tabs, which say the day and the count, and for the workbook."""
        tabs = fetcher.get(ask.request)
        tab_of(tabs, ask, date_param=_DATE, key="tab2", is_whole=False)
        return [tabs, fetcher.get(workbook_request(ask.request))]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the rows against the count."""
        tab = tab_of(answers[0], ask, date_param=_DATE, key="tab2", is_whole=False)
        sheet_of(answers[1], ask, count=tab.count)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the securities of the day."""
        tab = tab_of(answers[0], ask, date_param=_DATE, key="tab2", is_whole=False)
        sheet = sheet_of(answers[1], ask, count=tab.count)
        digest = joint_sha256(answers)
        batch = batch_of_sheet(sheet, layout_id=self._LAYOUT, ask=ask, sha256=digest, day=ask.first)
        return [_held_against_summary(batch, answers[0], ask)]


class DetailsByPage:
    """Every security of a day, page by page, rounded as the page says: for when there is no workbook."""

    _LAYOUT = "security-margin-szse"
    _MOST_PAGES = 500

    def describe(self) -> Description:
        """Say what it is."""
        return replace(
            Details().describe(),
            id="szse-margin-details-paged",
            label=Text("深交所融资融券明细（分页）", "margin details of Shenzhen, by page"),
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [replace(ask, source=self.describe().id) for ask in Details().locate(sessions)]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the first page, and for as many more as it says."""
        answers = [fetcher.get(ask.request)]
        pages = tab_of(answers[0], ask, date_param=_DATE, key="tab2", is_whole=False).pages
        if pages > self._MOST_PAGES:
            raise SourceChangedError(f"{ask.name}: the answer says that it has {pages} pages.")
        for number in range(2, pages + 1):
            params = (*ask.request.params, ("tab2PAGENO", str(number)))
            answers.append(fetcher.get(replace(ask.request, params=params)))
        return answers

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the rows of all pages against the count."""
        self._tab(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the securities of the day."""
        tab = self._tab(ask, answers)
        day = {"日期": ask.first.isoformat()}
        rows = [day | {name: member(row, key, ask=ask) for key, name in tab.names.items()} for row in tab.rows]
        batch = batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))
        return [_held_against_summary(batch, answers[0], ask)]

    def _tab(self, ask: Ask, answers: Sequence[Answer]) -> Tab:
        tabs = [tab_of(answer, ask, date_param=_DATE, key="tab2", is_whole=False) for answer in answers]
        rows = check_count([tab.rows for tab in tabs], stated=tabs[0].count, ask=ask)
        return replace(tabs[0], rows=rows)


def _held_against_summary(batch: Batch, answer: Answer, ask: Ask) -> Batch:
    """Return the batch once its financing balances make the one of the same answer's summary; a gap is told."""
    balance, rounding = _summary_balance(answer, ask)
    total = float(batch.facts["financing_balance"].sum())
    gap = balance - total
    if gap < -rounding or gap > _NOT_THAT_DAY * balance + rounding:
        raise SourceChangedError(
            f"{ask.name}: the securities' financing balances make {total:,.0f} yuan and the summary says "
            f"{balance:,.0f}. They are of another day or in another unit; nothing of it was kept."
        )
    if gap <= _LEFT_OUT * balance + rounding:
        return batch
    text = Text(
        f"明细融资余额合计比汇总少 {gap / balance:.1%}",
        f"the securities' financing balances are {gap / balance:.1%} less than the summary",
    )
    return replace(batch, notices=(*batch.notices, Notice(text)))


def _summary_balance(answer: Answer, ask: Ask) -> tuple[float, float]:
    """Return the financing balance of the summary in yuan, and by how much it may be rounded."""
    key = "jrrzye"
    tab = tab_of(answer, ask, date_param=_DATE)
    check_units(tab, (key,), ask)
    scale = find_scale(tab.units[key]) or Scale(Unit.YUAN, 1)
    values, _ = numbers(pl.Series([tab.rows[0].get(key)], dtype=pl.String), scale=scale, unit=Unit.YUAN)
    if values[0] is None:
        raise SourceChangedError(f"{ask.name}: the summary has no financing balance: {tab.rows[0]}.")
    return float(values[0]), scale.apply(0.01)
