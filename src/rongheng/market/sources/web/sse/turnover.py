"""Trading of the day in Shanghai, by product of the exchange."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import MARKET_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, json_body, member, records
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Request, joint_sha256
from rongheng.market.sources.web.sse.service import HEADERS, HOST, PUBLISHER


class Turnover(AskedOnce):
    """What was traded in Shanghai in a session: stocks of every kind, B shares included (they are under 0.1 %)."""

    _LAYOUT = "market-turnover-sse"
    _STOCKS = "17"
    _BOARDS = ("01", "02", "03")  # main board A, main board B, STAR
    _KEYS = ("TRADE_DATE", "TRADE_AMT", "TRADE_VOL", "TOTAL_VALUE")
    _TOLERANCE = Decimal("0.001")

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="sse-turnover",
            label=Text("上交所股票成交概况", "trading of the day in Shanghai"),
            publisher=PUBLISHER,
            page="https://www.sse.com.cn/market/stockdata/overview/day/",
            tables=(MARKET_DAILY,),
            first=date(2021, 12, 27),
            by_day=True,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session."""
        return [
            Ask(self.describe().id, day, day, Request(HOST, "/commonQuery.do", self._params(day), HEADERS))
            for day in sessions
        ]

    def _params(self, day: date) -> tuple[tuple[str, str], ...]:
        return (
            ("sqlId", "COMMON_SSE_SJ_GPSJ_CJGK_MRGK_C"),
            ("PRODUCT_CODE", "01,02,03,11,17"),
            ("type", "inParams"),
            ("SEARCH_DATE", day.isoformat()),
        )

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the day against the question, and the boards against the whole."""
        self._row(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return what was traded."""
        row = self._row(ask, answers)
        kept = {key: member(row, key, ask=ask) for key in self._KEYS}
        return [batch_of([kept], layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _row(self, ask: Ask, answers: Sequence[Answer]) -> Record:
        found = member(json_body(answers[0], ask), "result", ask=ask)
        rows = [] if found is None else records(found, ask=ask, where="result")
        if not rows:
            raise NotPublishedError(f"{ask.name}: the exchange has published nothing for this day yet.")
        by_product = {str(member(row, "PRODUCT_CODE", ask=ask)).strip(): row for row in rows}
        absent = [code for code in (self._STOCKS, *self._BOARDS) if code not in by_product]
        if absent:
            raise SourceChangedError(
                f"{ask.name}: the products {', '.join(absent)} are missing; found {', '.join(by_product)}. The "
                "exchange has changed its classes."
            )
        row = by_product[self._STOCKS]
        day = parse_day(str(member(row, "TRADE_DATE", ask=ask)))
        if day != ask.first:
            raise NotPublishedError(f"{ask.name}: the exchange still shows {row['TRADE_DATE']}.")
        self._check_boards(by_product, ask)
        return row

    def _check_boards(self, by_product: dict[str, Record], ask: Ask) -> None:
        whole_amount = _amount(by_product[self._STOCKS], ask)
        boards = sum((_amount(by_product[code], ask) for code in self._BOARDS), Decimal(0))
        if abs(boards - whole_amount) > max(Decimal("0.03"), self._TOLERANCE * whole_amount):
            raise SourceChangedError(
                f"{ask.name}: the boards make {boards} and the whole is {whole_amount}. The exchange has changed its "
                "classes or its units."
            )


def _amount(row: Record, ask: Ask) -> Decimal:
    text: Any = member(row, "TRADE_AMT", ask=ask)
    try:
        amount = Decimal(str(text).replace(",", ""))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite():
        raise SourceChangedError(f"{ask.name}: 'TRADE_AMT' is {text!r}, expected a number.")
    return amount
