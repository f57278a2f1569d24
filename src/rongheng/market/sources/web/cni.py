"""Shenzhen's own index company (国证指数): daily bars of an index, with a header that names the parts of every bar.

Its volumes and amounts are those of an index's members; a portal's quotes print those of the whole exchange beside the
same name. So prices land, and no turnover that a series would jump over. Days before an index was quoted have a close
alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.text import Text
from rongheng.market.sources.web.body import Record, json_body, member, whole
from rongheng.market.sources.web.facts import batch_of, unknown_keys
from rongheng.market.sources.web.index_bars import IndexBars
from rongheng.market.sources.web.source import Answer, Ask, Request, joint_sha256

HOST = "hq.cnindex.com.cn"
KEYS = ("szse", "chinext")
_PATH = "/market/market/getIndexDailyDataWithDataFormat"
_HEADERS = (("Referer", "https://www.cnindex.com.cn/"),)
_OK = "200"


class Bars(IndexBars):
    """Daily bars of one index, by its key (``szse``)."""

    ID = "cni-bars"
    PUBLISHER = Text("国证指数", "Shenzhen Securities Information")
    FIRST = date(2010, 1, 4)
    _LAYOUT = "index-bars-cni"
    _DAY = "timestamp"

    @property
    def page(self) -> str:
        """Where a person reads the same figures."""
        return f"https://www.cnindex.com.cn/module/index-detail.html?act_menu=1&indexCode={self.wire_code}"

    def request(self, first: date, last: date) -> Request:
        """Return the question for the bars of a range."""
        days = (("startDate", first.isoformat()), ("endDate", last.isoformat()))
        return Request(HOST, _PATH, (("indexCode", self.wire_code), *days, ("frequency", "day")), _HEADERS)

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the bars, held against the question."""
        body = json_body(answers[0], ask)
        code = str(member(body, "code", ask=ask))
        if code != _OK:
            raise SourceChangedError(f"{ask.name}: the service answers {code} ({body.get('message')}) instead of 200.")
        data = member(body, "data", ask=ask)
        bars = [] if data is None else member(data, "data", ask=ask)
        if not isinstance(bars, list):
            raise SourceChangedError(f"{ask.name}: 'data.data' is no list of bars. The publisher has changed.")
        if not bars:
            raise NotPublishedError(f"{ask.name}: the publisher has no bars of these days yet.")
        rows = [_row(bar, member(data, "item", ask=ask), ask) for bar in bars]
        for row in rows:
            shown = member(data, "indexCode", ask=ask)
            self.hold(ask, shown=shown, day=member(row, self._DAY, ask=ask))
        stated = whole(member(body, "total", ask=ask), ask=ask, where="total")
        if stated != len(rows):
            raise SourceChangedError(f"{ask.name}: the answer says that it has {stated} rows and has {len(rows)}.")
        return rows

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the bars."""
        rows = self.rows(ask, answers)
        more = unknown_keys(rows, layout_id=self._LAYOUT)
        keyed = [{**row, "index": self.code} for row in rows]
        return [batch_of(keyed, layout_id=self._LAYOUT, ask=ask, sha256=joint_sha256(answers), notices=more)]


def _row(bar: object, header: object, ask: Ask) -> Record:
    """Return a bar by the names that the answer itself gives its parts."""
    if not isinstance(header, list) or not all(isinstance(name, str) for name in header):
        raise SourceChangedError(f"{ask.name}: 'data.item' is no list of names. The publisher has changed its format.")
    if not isinstance(bar, list) or len(bar) != len(header):
        raise SourceChangedError(
            f"{ask.name}: a bar is {str(bar)[:60]!r}, expected {len(header)} parts: {', '.join(header)}. The publisher "
            "has changed its format."
        )
    return dict(zip(header, bar, strict=True))
