"""Eastmoney's data centre: who is a member of an index now, for when the index company's own list fails.

One report has the members of several indices, which it tells apart by numbers of its own. It does not say of which day
it is, so its rows are taken for those of the session that they were asked for. The weights beside some of them have no
day either, and are left out: a weight is of a day or it is nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from rongheng.basics.batch import Batch
from rongheng.basics.errors import SourceChangedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import INDEX_MEMBERS
from rongheng.basics.text import Text
from rongheng.market.sources.web.body import Record, member
from rongheng.market.sources.web.csi_members import check_size
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.portal import PUBLISHER, Report
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, joint_sha256

# The portal's number of each index.
NUMBERS: Mapping[str, str] = {
    "csi300": "1",
    "sse50": "2",
    "csi500": "3",
    "star50": "4",
    "csi1000": "7",
    "sse180": "11",
    "csi2000": "13",
}
_LAYOUT = "index-members-portal"
_CODE = "SECUCODE"


class Members:
    """Members of one index, by its key (``csi300``)."""

    _REPORT = Report("RPT_INDEX_TS_COMPONENT", "TYPE", "https://data.eastmoney.com/other/index/")

    def __init__(self, key: str) -> None:
        self._index = indices()[key]

    @property
    def code(self) -> str:
        """The index as the lake knows it."""
        return self._index.code

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="portal-members",
            label=Text(f"东方财富{self._index.label.zh}成份股", f"Eastmoney members of the {self._index.label.en}"),
            publisher=PUBLISHER,
            page=self._REPORT.page,
            tables=(INDEX_MEMBERS,),
            first=date(2020, 1, 2),
            by_day=True,
            is_current=True,
            every_sessions=5,
            dates_itself=True,
            part=self._index.key,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, of the last session."""
        number = NUMBERS[self._index.key]
        asks = [self._REPORT.ask_where(self.describe().id, day, number, sort_by=_CODE) for day in sessions[-1:]]
        return [replace(ask, part=self._index.key) for ask in asks]

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for every page."""
        return self._REPORT.fetch(ask, fetcher)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the count, the index and the number of its members against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the members."""
        rows = [
            {"day": ask.first.isoformat(), "index": self.code, _CODE: row[_CODE]} for row in self._rows(ask, answers)
        ]
        return [batch_of(rows, layout_id=_LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        rows = self._REPORT.all_rows(ask, answers)
        shown = {str(member(row, self._REPORT.key, ask=ask)).strip() for row in rows}
        if shown != {NUMBERS[self._index.key]}:
            raise SourceChangedError(
                f"{ask.name}: members of the indices {', '.join(sorted(shown))} came, expected "
                f"{NUMBERS[self._index.key]}. Nothing of it was kept."
            )
        twice = [code for code, times in Counter(str(member(row, _CODE, ask=ask)) for row in rows).items() if times > 1]
        if twice:
            raise SourceChangedError(f"{ask.name}: {', '.join(twice[:3])} stand in the list more than once.")
        check_size(self._index.key, len(rows), ask)
        return rows
