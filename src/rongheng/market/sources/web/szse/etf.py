"""Exchange-traded funds in Shenzhen: their shares by day, and the index that each of them tracks.

Both come as workbooks without a head; the tab beside them says how many rows there are. The date of a count of shares
is the exchange's own: whether it means the opening or the close of that session is for the reader to align.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import SourceChangedError
from rongheng.basics.tables import ETF_INDEX_MAP, ETF_SHARES
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.web.facts import batch_of, batch_of_sheet, records_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, by_quarter, joint_sha256
from rongheng.market.sources.web.szse.report import PUBLISHER, sheet_of, tab_of, tabs_request, workbook_request

_LIST = "https://www.szse.cn/market/product/list/etfList/index.html"
_INDEX = re.compile(r"^(?P<code>[0-9A-Z]{6})\s*(?P<name>\S.*)?$")


def _fetch(ask: Ask, fetcher: Fetcher) -> list[Answer]:
    """Ask for the tab, which says the count, and for the workbook."""
    tabs = fetcher.get(ask.request)
    tab_of(tabs, ask, date_param=None, is_whole=False)
    return [tabs, fetcher.get(workbook_request(ask.request))]


def _sheet(ask: Ask, answers: Sequence[Answer]) -> Sheet:
    return sheet_of(answers[1], ask, count=tab_of(answers[0], ask, date_param=None, is_whole=False).count)


class FundShares:
    """Shares of every fund, by day; a question covers a quarter, since longer ones come back empty."""

    _LAYOUT = "etf-shares-szse"
    _PAGE = "https://www.szse.cn/market/fund/volume/etf/index.html"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-etf-shares",
            label=Text("深交所 ETF 份额", "shares of funds in Shenzhen"),
            publisher=PUBLISHER,
            page=self._PAGE,
            tables=(ETF_SHARES,),
            first=date(2020, 1, 2),
            by_day=False,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each quarter."""
        return [
            Ask(
                self.describe().id,
                first,
                last,
                tabs_request(
                    "scsj_fund_jjgm",
                    "tab1",
                    self._PAGE,
                    txtStart=first.isoformat(),
                    txtEnd=last.isoformat(),
                    jjlb="ETF",
                ),
            )
            for first, last in by_quarter(sessions)
        ]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the tab and the workbook."""
        return _fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the rows against the count, and their days against the question."""
        for row in records_of(_sheet(ask, answers), ("日期",), ask=ask):
            day = parse_day(row["日期"] or "")
            if day is None or not ask.first <= day <= ask.last:
                raise SourceChangedError(f"{ask.name}: a row of {row['日期']} came, which was not asked for.")

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the shares of the funds."""
        self.check(ask, answers)
        sheet = _sheet(ask, answers)
        return [batch_of_sheet(sheet, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]


class LatestShares:
    """Shares of every fund as the exchange's list of funds has them now, for when the table by day fails.

    The list does not say of which session its counts are. It is asked between the time when those of the last session
    are due and the close of the next, when they can be no other's.
    """

    _LAYOUT = "etf-shares-szse-latest"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-etf-latest-shares",
            label=Text("深交所 ETF 列表当前规模", "current shares in the list of funds in Shenzhen"),
            publisher=PUBLISHER,
            page=_LIST,
            tables=(ETF_SHARES,),
            first=date(2020, 1, 2),
            by_day=True,
            is_current=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, of the last session."""
        return [Ask(self.describe().id, day, day, tabs_request("1945", "tab1", _LIST)) for day in sessions[-1:]]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the tab and the workbook."""
        return _fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the rows against the count."""
        _sheet(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the shares of the funds."""
        sheet, digest = _sheet(ask, answers), joint_sha256(answers)
        return [batch_of_sheet(sheet, layout_id=self._LAYOUT, ask=ask, sha256=digest, day=ask.first)]


class TrackedIndices:
    """Which index each fund tracks, as the exchange lists it now."""

    _LAYOUT = "etf-index-map"
    _FUND, _NAME, _TRACKED = "证券代码", "证券简称", "拟合指数"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-etf-indices",
            label=Text("深交所 ETF 拟合指数", "indices tracked by funds in Shenzhen"),
            publisher=PUBLISHER,
            page=_LIST,
            tables=(ETF_INDEX_MAP,),
            first=date(2020, 1, 2),
            by_day=True,
            is_current=True,
            every_sessions=20,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, of the last session."""
        return [Ask(self.describe().id, day, day, tabs_request("1945", "tab1", _LIST)) for day in sessions[-1:]]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the tab and the workbook."""
        return _fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the rows against the count."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the index of each fund that names one."""
        rows = self._rows(ask, answers)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[dict[str, str | None]]:
        listed = records_of(_sheet(ask, answers), (self._FUND, self._NAME, self._TRACKED), ask=ask)
        found = []
        for row in listed:
            match = _INDEX.match((row[self._TRACKED] or "").strip())
            if match is not None:
                found.append(
                    {
                        "day": ask.first.isoformat(),
                        "fund": f"{row[self._FUND]}.SZ",
                        "fund_name": row[self._NAME],
                        "index_code": match["code"],
                        "index_name": match["name"],
                    }
                )
        if 2 * len(found) < len(listed):
            raise SourceChangedError(
                f"{ask.name}: {len(found)} of {len(listed)} funds name an index as six letters or digits and a name; "
                f"the first says {listed[0][self._TRACKED]!r}. The exchange has changed its format."
            )
        return found
