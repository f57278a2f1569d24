"""Shares of exchange-traded funds in Shanghai, as they are counted after a session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.tables import ETF_SHARES
from rongheng.basics.text import Text
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, joint_sha256
from rongheng.market.sources.web.sse.service import HEADERS, HOST, PUBLISHER, fetch_pages, first_page, rows_of

_DATE = "STAT_DATE"


class FundShares:
    """Shares of every fund on a session."""

    _LAYOUT = "etf-shares-sse-raw"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="sse-etf-shares",
            label=Text("上交所 ETF 份额", "shares of funds in Shanghai"),
            publisher=PUBLISHER,
            page="https://www.sse.com.cn/assortment/fund/etf/scale/",
            tables=(ETF_SHARES,),
            first=date(2020, 1, 2),
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [
            Ask(self.describe().id, day, day, Request(HOST, "/commonQuery.do", self._params(day), HEADERS))
            for day in sessions
        ]

    def _params(self, day: date) -> tuple[tuple[str, str], ...]:
        query = ("sqlId", "COMMON_SSE_ZQPZ_ETFZL_XXPL_ETFGM_SEARCH_L")
        return (("isPagination", "true"), query, (_DATE, day.isoformat()), *first_page())

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return fetch_pages(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and days against the question."""
        rows_of(ask, answers, date_key=_DATE)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the shares of the funds."""
        rows = rows_of(ask, answers, date_key=_DATE)
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]
