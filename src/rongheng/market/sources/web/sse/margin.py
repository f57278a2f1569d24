"""Margin trading in Shanghai: the summary of each day, and every security of a day, in yuan and shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.tables import MARGIN_SUMMARY, SECURITY_MARGIN
from rongheng.basics.text import Text
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.source import (
    Answer,
    Ask,
    Description,
    Fetcher,
    Request,
    by_year,
    joint_sha256,
)
from rongheng.market.sources.web.sse.service import HEADERS, HOST, PUBLISHER, fetch_pages, first_page, rows_of

_PATH = "/marketdata/tradedata/queryMargin.do"
_DATE = "opDate"
_FIRST = date(2010, 3, 31)


class Margin:
    """The exchange's own daily margin summary."""

    _LAYOUT = "margin-summary-sse-raw"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="sse-margin",
            label=Text("上交所融资融券汇总", "margin summary of Shanghai"),
            publisher=PUBLISHER,
            page="https://www.sse.com.cn/market/othersdata/margin/sum/",
            tables=(MARGIN_SUMMARY,),
            first=_FIRST,
            by_day=False,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year."""
        return [
            Ask(self.describe().id, first, last, Request(HOST, _PATH, self._params(first, last), HEADERS))
            for first, last in by_year(sessions)
        ]

    def _params(self, first: date, last: date) -> tuple[tuple[str, str], ...]:
        days = (("beginDate", f"{first:%Y%m%d}"), ("endDate", f"{last:%Y%m%d}"))
        return (("isPagination", "true"), *days, ("tabType", ""), ("stockCode", ""), *first_page())

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return fetch_pages(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and days against the question."""
        rows_of(ask, answers, date_key=_DATE)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the margin summary of Shanghai."""
        rows = rows_of(ask, answers, date_key=_DATE)
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]


class Details:
    """Every security of a day. The short balance in yuan is not printed: it is shares × close."""

    _LAYOUT = "security-margin-sse-raw"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="sse-margin-details",
            label=Text("上交所融资融券明细", "margin details of Shanghai"),
            publisher=PUBLISHER,
            page="https://www.sse.com.cn/market/othersdata/margin/detail/",
            tables=(SECURITY_MARGIN,),
            first=_FIRST,
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [Ask(self.describe().id, day, day, Request(HOST, _PATH, self._params(day), HEADERS)) for day in sessions]

    def _params(self, day: date) -> tuple[tuple[str, str], ...]:
        return (("isPagination", "true"), ("tabType", "mxtype"), ("detailsDate", f"{day:%Y%m%d}"), *first_page())

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return fetch_pages(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and days against the question."""
        rows_of(ask, answers, date_key=_DATE)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the securities of the day."""
        rows = rows_of(ask, answers, date_key=_DATE)
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]
