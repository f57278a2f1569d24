"""Lists of Shenzhen: underlyings with what of them is allowed today, and collateral, of any session.

A list is a tab, which says its day and its count, and a workbook, which has all rows; or the workbook alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import SECURITY_FLAGS
from rongheng.basics.text import Text
from rongheng.market.sources.web.facts import batch_of, records_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, joint_sha256
from rongheng.market.sources.web.szse.report import (
    PUBLISHER,
    ask_of_day,
    lone_sheet,
    sheet_of,
    tab_of,
    workbook_request,
)

_UNDERLYINGS = ("1834_xxpl",)
_COLLATERAL = ("1835_xxpl", "1835_xxpl_snapshot")  # the later name of the same list; whichever answers
_DATE = "txtDate"
_PAGE = "https://www.szse.cn/disclosure/margin/object/index.html"
_CODE = "证券代码"
_Row = dict[str, str | None]
_FLAGS = {
    "融资标的": "is_financing_underlying",
    "融券标的": "is_short_underlying",
    "当日可融资": "financing_allowed",
    "当日可融券": "short_allowed",
}


class Lists:
    """Both lists of a session as one."""

    _LAYOUT = "exchange-lists"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-lists",
            label=Text("深交所两融标的与担保品名单", "lists of underlyings and collateral in Shenzhen"),
            publisher=PUBLISHER,
            page=_PAGE,
            tables=(SECURITY_FLAGS,),
            first=date(2010, 3, 31),
            by_day=True,
            sessions_at_first=1,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [self._ask(day, _UNDERLYINGS[0]) for day in sessions]

    def _ask(self, day: date, catalogue: str) -> Ask:
        return ask_of_day(self.describe().id, day, catalogue=catalogue, date_param=_DATE, page=_PAGE)

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the tab and the workbook of either list."""
        return [*self._fetch(ask, _UNDERLYINGS, fetcher), *self._fetch(ask, _COLLATERAL, fetcher)]

    def _fetch(self, ask: Ask, catalogues: Sequence[str], fetcher: Fetcher) -> list[Answer]:
        """Ask for the tab and the workbook of a list by the first of its names that has rows of the day."""
        *earlier, last = catalogues
        for catalogue in earlier:
            try:
                return self._fetch(ask, [catalogue], fetcher)
            except (NotPublishedError, SourceChangedError):
                continue
        return self._fetch_list(self._ask(ask.first, last).request, ask, fetcher)

    def _fetch_list(self, request: Request, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        tabs = fetcher.get(request)
        count = tab_of(tabs, ask, date_param=_DATE, is_whole=False).count
        workbook = fetcher.get(workbook_request(request))
        sheet_of(workbook, ask, count=count)
        return [tabs, workbook]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the rows against the counts."""
        self._both(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what is on the lists."""
        listed, counted = self._both(ask, answers)
        underlyings = {str(row[_CODE]): row for row in listed}
        collateral = {str(row[_CODE]) for row in counted}
        absent = dict.fromkeys(_FLAGS, "N")
        rows = [
            {
                "day": ask.first.isoformat(),
                "security": f"{code}.SZ",
                "is_collateral": "Y" if code in collateral else "N",
                **{name: underlyings.get(code, absent)[text] for text, name in _FLAGS.items()},
            }
            for code in sorted(collateral | underlyings.keys())
        ]
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _both(self, ask: Ask, answers: Sequence[Answer]) -> tuple[list[_Row], list[_Row]]:
        """Return the rows of the underlyings and of the collateral; either list has half of the answers."""
        half = len(answers) // 2
        return self._rows(answers[:half], (_CODE, *_FLAGS), ask), self._rows(answers[half:], (_CODE,), ask)

    def _rows(self, answers: Sequence[Answer], needed: Sequence[str], ask: Ask) -> list[_Row]:
        tab = tab_of(answers[0], ask, date_param=_DATE, is_whole=False)
        return records_of(sheet_of(answers[1], ask, count=tab.count), needed, ask=ask)


class ListsByWorkbook(Lists):
    """Both lists from the workbooks alone, which do not say their day: for when the tabs fail."""

    def describe(self) -> Description:
        """Say what it is."""
        label = Text(
            "深交所两融标的与担保品名单（工作簿）", "lists of underlyings and collateral in Shenzhen, workbooks"
        )
        return replace(super().describe(), id="szse-lists-workbook", label=label)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what is on the lists, and that nothing but the question says of which day they are."""
        text = Text("工作簿未注明日期，按所问之日入库", "the workbooks do not say their day; it is the one asked for")
        return [replace(batch, notices=(*batch.notices, Notice(text))) for batch in super().parse(ask, answers)]

    def _fetch_list(self, request: Request, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        workbook = fetcher.get(workbook_request(request))
        lone_sheet(workbook, ask)
        return [workbook]

    def _rows(self, answers: Sequence[Answer], needed: Sequence[str], ask: Ask) -> list[_Row]:
        return records_of(lone_sheet(answers[0], ask), needed, ask=ask)
