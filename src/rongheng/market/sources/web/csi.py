"""China Securities Index Company (中证指数公司): daily bars of its own indices and of the exchanges' listed ones.

Traps of this service: a range that starts on a day without trading gets a phantom row that carries the next session's
figures (so a question starts on a session, and the calendar refuses such a row); ``peg`` is a price-earnings ratio;
some indices have a close and nothing else; the longest range that is answered changes over the years.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import INDEX_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, json_body, member, records
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

HOST = "www.csindex.com.cn"
_PATH = "/csindex-home/perf/index-perf"
_HEADERS = (("Referer", "https://www.csindex.com.cn/"),)
_OK = "200"
# The indices of the note; the Shenzhen ones are another publisher's.
KEYS = ("csi-all", "sse", "csi300", "csi500", "csi1000", "csi2000", "star50")


class Bars:
    """Daily bars of one index, by its key (``csi300``)."""

    _LAYOUT = "index-bars-csi"

    def __init__(self, key: str) -> None:
        self._index = indices()[key]

    @property
    def code(self) -> str:
        """The index as the lake knows it."""
        return self._index.code

    @property
    def _wire_code(self) -> str:
        """The index as the publisher knows it."""
        return self.code.partition(".")[0]

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="csi-bars",
            label=self._index.label,
            publisher=Text("中证指数公司", "China Securities Index Company"),
            page="https://www.csindex.com.cn/#/indices/family/detail?indexCode=" + self._wire_code,
            tables=(INDEX_DAILY,),
            first=date(2004, 12, 31),
            by_day=False,
            part=self._index.key,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year; each starts on a session."""
        return [
            Ask("csi-bars", first, last, Request(HOST, _PATH, self._params(first, last), _HEADERS), self._index.key)
            for first, last in by_year(sessions)
        ]

    def _params(self, first: date, last: date) -> tuple[tuple[str, str], ...]:
        return (("indexCode", self._wire_code), ("startDate", f"{first:%Y%m%d}"), ("endDate", f"{last:%Y%m%d}"))

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask once."""
        return [fetcher.get(ask.request)]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the index and the days against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the bars."""
        rows = self._rows(ask, answers)
        keyed = [{**row, "indexCode": self.code} for row in rows]
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        return [batch_of(keyed, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        body = json_body(answers[0], ask)
        code = str(member(body, "code", ask=ask))
        if code != _OK:
            raise SourceChangedError(f"{ask.name}: the service answers {code} ({body.get('msg')}) instead of 200.")
        found = member(body, "data", ask=ask)
        rows = [] if found is None else records(found, ask=ask, where="data")
        if not rows:
            raise NotPublishedError(f"{ask.name}: the publisher has no bars of these days yet.")
        for row in rows:
            self._check_row(row, ask)
        return rows

    def _check_row(self, row: Record, ask: Ask) -> None:
        shown = str(member(row, "indexCode", ask=ask))
        if shown != self._wire_code:
            raise SourceChangedError(f"{ask.name}: bars of the index {shown!r} came, which was not asked for.")
        day = parse_day(str(member(row, "tradeDate", ask=ask)))
        if day is None or not ask.first <= day <= ask.last:
            raise SourceChangedError(
                f"{ask.name}: a bar of {row['tradeDate']} came, which was not asked for. Nothing of it was kept."
            )
