"""Eastmoney's quotes (东方财富行情): daily bars of an index, for Shenzhen's own and where the index company fails.

A bar is one text; its parts stand in the order in which the question names them, so the question is the header. Where
the host pays no heed to the question, all eleven parts come, ours first. This
host is quick to turn clients away: it is asked seldom, and only one index is asked for to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.text import Text
from rongheng.market.sources.web.body import Record, json_body, member
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.index_bars import IndexBars
from rongheng.market.sources.web.source import Answer, Ask, Request, joint_sha256

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
_COUNTS = (len(_PARTS), 11)  # with amplitude, change in per cent and in points, and turnover rate behind them
_SHENZHEN, _SHANGHAI, _OTHER = "0", "1", "2"  # the publisher's numbers of who an index belongs to


class Bars(IndexBars):
    """Daily bars of one index, by its key (``szse``)."""

    ID = "quotes-bars"
    PUBLISHER = Text("东方财富行情", "Eastmoney quotes")
    FIRST = date(2010, 1, 4)
    _LAYOUT = "index-bars-quotes"

    @property
    def page(self) -> str:
        """Where a person reads the same figures."""
        return f"https://quote.eastmoney.com/zs{self.wire_code}.html"

    @property
    def _place(self) -> str:
        if self.wire_code.startswith("399"):
            return _SHENZHEN
        return _SHANGHAI if self.wire_code.startswith("000") else _OTHER

    def request(self, first: date, last: date) -> Request:
        """Return the question for the bars of a range."""
        params = (
            ("secid", f"{self._place}.{self.wire_code}"),
            ("klt", "101"),  # days
            ("fqt", "0"),  # as traded
            ("beg", f"{first:%Y%m%d}"),
            ("end", f"{last:%Y%m%d}"),
            ("fields1", "f1,f2,f3,f4,f5,f6"),
            ("fields2", ",".join(_PARTS)),
        )
        return Request(HOST, _PATH, params, _HEADERS)

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the bars, held against the question."""
        data = member(json_body(answers[0], ask), "data", ask=ask)
        bars = [] if data is None else member(data, "klines", ask=ask)
        if not isinstance(bars, list):
            raise SourceChangedError(f"{ask.name}: 'data.klines' is no list of bars. The publisher has changed.")
        if not bars:
            raise NotPublishedError(f"{ask.name}: the publisher has no bars of these days yet.")
        rows = [_row(bar, ask) for bar in bars]
        for row in rows:
            self.hold(ask, shown=member(data, "code", ask=ask), day=row["day"])
        return rows

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the bars."""
        rows = [{**row, "index": self.code} for row in self.rows(ask, answers)]
        return [batch_of(rows, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers))]


def _row(bar: Any, ask: Ask) -> Record:
    parts = str(bar).split(",")
    if len(parts) not in _COUNTS:
        raise SourceChangedError(
            f"{ask.name}: a bar has {len(parts)} parts ({str(bar)[:60]!r}), and {len(_PARTS)} were asked for. The "
            "publisher has changed its format."
        )
    return dict(zip(_PARTS.values(), parts, strict=False))
