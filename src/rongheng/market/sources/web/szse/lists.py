"""Lists of Shenzhen: underlyings with what of them is allowed today, and collateral, of any session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import SECURITY_FLAGS
from rongheng.basics.text import Text
from rongheng.market.sources.web.facts import batch_of, records_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, joint_sha256
from rongheng.market.sources.web.szse.report import PUBLISHER, ask_of_day, sheet_of, tab_of, workbook_request

_UNDERLYINGS = ("1834_xxpl",)
_COLLATERAL = ("1835_xxpl", "1835_xxpl_snapshot")  # the later name of the same list; whichever answers
_DATE = "txtDate"
_PAGE = "https://www.szse.cn/disclosure/margin/object/index.html"
_CODE = "证券代码"
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
        request = self._ask(ask.first, last).request
        tabs = fetcher.get(request)
        count = tab_of(tabs, ask, date_param=_DATE, is_whole=False).count
        workbook = fetcher.get(workbook_request(request))
        sheet_of(workbook, ask, count=count)
        return [tabs, workbook]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the rows against the counts."""
        self._rows(answers[:2], (_CODE, *_FLAGS), ask)
        self._rows(answers[2:], (_CODE,), ask)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what is on the lists."""
        underlyings = {str(row[_CODE]): row for row in self._rows(answers[:2], (_CODE, *_FLAGS), ask)}
        collateral = {str(row[_CODE]) for row in self._rows(answers[2:], (_CODE,), ask)}
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

    def _rows(self, answers: Sequence[Answer], needed: Sequence[str], ask: Ask) -> list[dict[str, str | None]]:
        tab = tab_of(answers[0], ask, date_param=_DATE, is_whole=False)
        return records_of(sheet_of(answers[1], ask, count=tab.count), needed, ask=ask)
