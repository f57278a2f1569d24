"""The exchanges' calendar, as Shenzhen's service answers it: every day of a month, and whether it is a session.

The calendar that ships with the package says the same; a day on which they differ is told, for then the package must be
brought up to date.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.tables import EXCHANGE_DAYS
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, json_body, member, records
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, joint_sha256
from rongheng.market.sources.web.szse.report import HOST, PUBLISHER

_PATH = "/api/report/exchange/onepersistenthour/monthList"
_PAGE = "https://www.szse.cn/aboutus/calendar/index.html"
_MONTHS = 3  # this one and the next two: a year is announced in the December before it


class TradingDays:
    """The days of this month and the next two."""

    _LAYOUT = "exchange-days-szse"

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="szse-calendar",
            label=Text("交易日历", "trading calendar"),
            publisher=PUBLISHER,
            page=_PAGE,
            tables=(EXCHANGE_DAYS,),
            first=date(2005, 1, 4),
            by_day=True,
            is_current=True,
            every_sessions=10,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, which begins with the month of the last session."""
        return [Ask(self.describe().id, day, day, _request(day, 0)) for day in sessions[-1:]]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for each month."""
        answers = []
        for ahead in range(_MONTHS):
            answers.append(fetcher.get(_request(ask.first, ahead)))
            _month(answers[-1], ask, *_ahead(ask.first, ahead))
        return answers

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold each month against its own length."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the days."""
        rows = self._rows(ask, answers)
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        months = [_month(answer, ask, *_ahead(ask.first, ahead)) for ahead, answer in enumerate(answers)]
        if not months[0]:
            raise NotPublishedError(f"{ask.name}: the exchange has no calendar of this month.")
        return [row for month in months for row in month]


def _ahead(day: date, months: int) -> tuple[int, int]:
    years, month = divmod(day.month - 1 + months, 12)
    return day.year + years, month + 1


def _request(day: date, ahead: int) -> Request:
    year, month = _ahead(day, ahead)
    return Request(HOST, _PATH, (("month", f"{year}-{month}"),), (("Referer", _PAGE),))


def _month(answer: Answer, ask: Ask, year: int, month: int) -> list[Record]:
    """Return the days of a month, every one of them; of a year that is not announced there are none."""
    found = member(json_body(answer, ask), "data", ask=ask)
    rows = records(found or [], ask=ask, where="data")
    days = {parse_day(str(member(row, "jyrq", ask=ask))) for row in rows}
    expected = {date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)}
    if rows and (days != expected or len(rows) != len(expected)):
        raise SourceChangedError(f"{ask.name}: {year}-{month} has {len(rows)} days, expected {len(expected)}.")
    return rows
