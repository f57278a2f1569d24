"""China Securities Index Company (中证指数公司): daily bars of its own indices and of the exchanges' listed ones.

Traps of this service: a range that starts on a day without trading gets a phantom row that carries the next session's
figures (so a question starts on a session, and the calendar refuses such a row); ``peg`` is a price-earnings ratio;
some indices have a close and nothing else; the longest range that is answered changes over the years (so that what it
leaves out at the beginning is asked for again).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record, json_body, member, records
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.index_bars import IndexBars
from rongheng.market.sources.web.source import Answer, Ask, Fetcher, Request, joint_sha256

HOST = "www.csindex.com.cn"
_PATH = "/csindex-home/perf/index-perf"
_HEADERS = (("Referer", "https://www.csindex.com.cn/"),)
_OK = "200"
_MOST_PARTS = 8  # of a year: once the service gave sixty days of any range
# The indices of the note; the Shenzhen ones are another publisher's.
KEYS = ("csi-all", "sse", "csi300", "csi500", "csi1000", "csi2000", "star50")


class Bars(IndexBars):
    """Daily bars of one index, by its key (``csi300``)."""

    ID = "csi-bars"
    PUBLISHER = Text("中证指数公司", "China Securities Index Company")
    FIRST = date(2004, 12, 31)
    _LAYOUT = "index-bars-csi"

    @property
    def page(self) -> str:
        """Where a person reads the same figures."""
        return f"https://www.csindex.com.cn/#/indices/family/detail?indexCode={self.wire_code}"

    def request(self, first: date, last: date) -> Request:
        """Return the question for the bars of a range."""
        params = (("indexCode", self.wire_code), ("startDate", f"{first:%Y%m%d}"), ("endDate", f"{last:%Y%m%d}"))
        return Request(HOST, _PATH, params, _HEADERS)

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask, and ask on for the days before the first that came: the service may answer a part of a long range."""
        answers = [fetcher.get(ask.request)]
        while (before := self._before(answers[-1], ask)) and len(answers) < _MOST_PARTS:
            answers.append(fetcher.get(self.request(before[0], before[-1])))
        return answers

    def _before(self, answer: Answer, ask: Ask) -> list[date]:
        """Return the sessions of the question before the first that an answer has; none where it has nothing."""
        days = [day for row in self._bars(answer, ask) if (day := parse_day(str(row.get("tradeDate"))))]
        return [day for day in calendar().between(ask.first, ask.last) if day < min(days)] if days else []

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the bars, held against the question."""
        rows = [row for answer in answers for row in self._bars(answer, ask)]
        if not rows:
            raise NotPublishedError(f"{ask.name}: the publisher has no bars of these days yet.")
        for row in rows:
            self.hold(ask, shown=member(row, "indexCode", ask=ask), day=member(row, "tradeDate", ask=ask))
        return rows

    def _bars(self, answer: Answer, ask: Ask) -> list[Record]:
        body = json_body(answer, ask)
        code = str(member(body, "code", ask=ask))
        if code != _OK:
            raise SourceChangedError(f"{ask.name}: the service answers {code} ({body.get('msg')}) instead of 200.")
        found = member(body, "data", ask=ask)
        return [] if found is None else records(found, ask=ask, where="data")

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the bars."""
        rows = self.rows(ask, answers)
        keyed = [{**row, "indexCode": self.code} for row in rows]
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        return [batch_of(keyed, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]
