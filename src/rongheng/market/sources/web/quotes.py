"""Eastmoney's quotes (东方财富行情): daily bars of an index, for Shenzhen's own and where the index company fails.

A bar is one text; its parts stand in the order in which the question names them, so the question is the header. This
host is quick to turn clients away: it is asked seldom, and never only to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import INDEX_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, json_body, member
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, by_year, joint_sha256

HOST = "push2his.eastmoney.com"
_PATH = "/api/qt/stock/kline/get"
_HEADERS = (("Referer", "https://quote.eastmoney.com/"),)
# The publisher's names of the parts of a bar, in the order in which they are asked for, and the layout's.
_PARTS = {
    "f51": "day",
    "f52": "open",
    "f53": "close",
    "f54": "high",
    "f55": "low",
    "f56": "volume",
    "f57": "amount",
}
_SHENZHEN, _SHANGHAI, _OTHER = "0", "1", "2"  # the publisher's numbers of who an index belongs to


class Bars:
    """Daily bars of one index, by its key (``szse``)."""

    _LAYOUT = "index-bars-quotes"

    def __init__(self, key: str) -> None:
        self._index = indices()[key]

    @property
    def code(self) -> str:
        """The index as the lake knows it."""
        return self._index.code

    @property
    def _wire_code(self) -> str:
        return self.code.partition(".")[0]

    @property
    def _place(self) -> str:
        if self._wire_code.startswith("399"):
            return _SHENZHEN
        return _SHANGHAI if self._wire_code.startswith("000") else _OTHER

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="quotes-bars",
            label=self._index.label,
            publisher=Text("东方财富行情", "Eastmoney quotes"),
            page=f"https://quote.eastmoney.com/zs{self._wire_code}.html",
            tables=(INDEX_DAILY,),
            first=date(2010, 1, 4),
            by_day=False,
            part=self._index.key,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year."""
        return [
            Ask("quotes-bars", first, last, Request(HOST, _PATH, self._params(first, last), _HEADERS), self._index.key)
            for first, last in by_year(sessions)
        ]

    def _params(self, first: date, last: date) -> tuple[tuple[str, str], ...]:
        return (
            ("secid", f"{self._place}.{self._wire_code}"),
            ("klt", "101"),  # days
            ("fqt", "0"),  # as traded
            ("beg", f"{first:%Y%m%d}"),
            ("end", f"{last:%Y%m%d}"),
            ("fields1", "f1,f2,f3,f4,f5,f6"),
            ("fields2", ",".join(_PARTS)),
        )

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask once."""
        return [fetcher.get(ask.request)]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the index, the days and the parts of every bar against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the bars."""
        rows = [{**row, "index": self.code} for row in self._rows(ask, answers)]
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        data = member(json_body(answers[0], ask), "data", ask=ask)
        bars = [] if data is None else member(data, "klines", ask=ask)
        if not isinstance(bars, list):
            raise SourceChangedError(f"{ask.name}: 'data.klines' is no list of bars. The publisher has changed.")
        if not bars:
            raise NotPublishedError(f"{ask.name}: the publisher has no bars of these days yet.")
        shown = str(member(data, "code", ask=ask))
        if shown != self._wire_code:
            raise SourceChangedError(f"{ask.name}: bars of {shown!r} came, which was not asked for.")
        return [_row(bar, ask) for bar in bars]


def _row(bar: Any, ask: Ask) -> Record:
    parts = str(bar).split(",")
    if len(parts) != len(_PARTS):
        raise SourceChangedError(
            f"{ask.name}: a bar has {len(parts)} parts ({str(bar)[:60]!r}), and {len(_PARTS)} were asked for. The "
            "publisher has changed its format."
        )
    row = dict(zip(_PARTS.values(), parts, strict=True))
    day = parse_day(row["day"])
    if day is None or not ask.first <= day <= ask.last:
        raise SourceChangedError(f"{ask.name}: a bar of {row['day']} came, which was not asked for.")
    return row
