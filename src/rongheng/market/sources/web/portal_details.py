"""Eastmoney's data centre: margin trading of every security on a session, of all three exchanges in one report.

It stands in for an exchange, and is held against it. Traps of this report: its keys are ``DATE`` and ``SCODE`` where
others of the portal say ``TRADE_DATE`` and ``SECURITY_CODE``; ``RQYE`` is yuan and ``RQYL`` shares, and much code that
reads it has the two exchanged. Which is which is proven by the balance of both beside them, or nothing lands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.securities import SUFFIX_OF, find_security
from rongheng.basics.tables import SECURITY_MARGIN
from rongheng.basics.text import Text
from rongheng.market.sources.web.body import Record, member
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.portal import PUBLISHER, Report
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, joint_sha256

_FIRST = {"SSE": date(2010, 3, 31), "SZSE": date(2010, 3, 31), "BSE": date(2023, 2, 13)}
_SHARE_OFF = Decimal("0.01")  # of the rows: one may be mistaken where all others prove the columns
_ROUNDING = 1  # yuan


class Details:
    """Every security of one exchange on a session; the answer is that of all three, and is asked for once a run."""

    _LAYOUT = "security-margin-portal"
    _REPORT = Report("RPTA_WEB_RZRQ_GGMX", "DATE", "https://data.eastmoney.com/rzrq/detail/all.html")
    _CODE, _FINANCING, _SHORT, _BOTH = "SCODE", "RZYE", "RQYE", "RZRQYE"

    def __init__(self, market: str) -> None:
        self._market = market

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-margin-details",
            label=Text("东方财富融资融券明细", "Eastmoney margin details"),
            publisher=PUBLISHER,
            page=self._REPORT.page,
            tables=(SECURITY_MARGIN,),
            first=_FIRST[self._market],
            by_day=True,
            part=self._market,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        asks = [self._REPORT.ask_of_day(self.describe().id, day, sort_by=self._CODE) for day in sessions]
        return [replace(ask, part=self._market, request=replace(ask.request, lists=True)) for ask in asks]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return self._REPORT.fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold count, pages and day against the question, and the balances against each other."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the securities of the exchange."""
        rows = self._rows(ask, answers)
        printed = [str(member(row, self._CODE, ask=ask)) for row in rows]
        codes = {code: find_security(code) for code in printed}
        unknown = [code for code, full in codes.items() if full is None]
        suffix = f".{SUFFIX_OF[self._market]}"
        ours = [
            {**row, self._CODE: full}
            for row, code in zip(rows, printed, strict=True)
            if (full := codes[code] or "").endswith(suffix)
        ]
        if not ours:
            raise NotPublishedError(f"{ask.name}: the portal has no security of that exchange on this day yet.")
        digest = joint_sha256(answers)
        return [batch_of(ours, layout_id=self._LAYOUT, ask=ask, sha256=digest, notices=_told_unknown(unknown))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        rows = self._REPORT.rows(ask, answers)
        judged = [self._adds_up(row, ask) for row in rows]
        off = judged.count(False)
        if off > _SHARE_OFF * len(judged):
            raise SourceChangedError(
                f"{ask.name}: {self._FINANCING} + {self._SHORT} is not {self._BOTH} in {off} of {len(rows)} rows: "
                "figures have changed their places or their units. Nothing of it was kept."
            )
        return rows

    def _adds_up(self, row: Record, ask: Ask) -> bool:
        """Say whether the balances make their sum; where one of them is not there, there is nothing to say."""
        keys = (self._FINANCING, self._SHORT, self._BOTH)
        financing, short, both = (_number(member(row, key, ask=ask)) for key in keys)
        return financing is None or short is None or both is None or abs(financing + short - both) <= _ROUNDING


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _told_unknown(codes: Sequence[str]) -> tuple[Notice, ...]:
    if not codes:
        return ()
    shown = ", ".join(codes[:3])
    text = Text(
        f"{len(codes)} 个代码不知属于哪个交易所（如 {shown}），未入库",
        f"codes that tell no exchange, not kept: {len(codes)} (such as {shown})",
    )
    return (Notice(text, len(codes)),)
