"""China Securities Index Company: who is a member of an index, with weights at the end of each month.

Two workbooks of Excel 97-2003 an index: the members as of their own date, and the members with their weights as of a
month's end. Both say what holds and nothing of the past; each is a whole list, dated by itself. Headers are Chinese and
English in one cell, and codes lose their zeros where a cell is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import polars as pl

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import INDEX_MEMBERS
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.wording import visible
from rongheng.market.sources.web.body import workbook_body
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Request, joint_sha256

HOST = "oss-ch.csindex.com.cn"
_FOLDER = "/static/html/csindex/public/uploads/file/autofile"
_LAYOUT = "index-members-csi"
# How many members each index has by its own name; a file with far fewer was cut, one with far more is another index's.
SIZES: Mapping[str, int] = {
    "csi300": 300,
    "csi500": 500,
    "csi1000": 1000,
    "csi2000": 2000,
    "sse50": 50,
    "sse180": 180,
    "star50": 50,
}
_STEMS = ("日期", "指数代码", "成份券代码", "交易所", "权重")
_SPELLINGS = {"成分券代码": "成份券代码"}
_SLACK = 0.02  # a member that is delisted is not replaced at once
_OLD = 45  # sessions: weights are dated at the end of a month


class Members(AskedOnce):
    """Members of one index, by its key (``csi300``); ``weighted`` asks for the workbook with weights."""

    def __init__(self, key: str, *, weighted: bool) -> None:
        self._index = indices()[key]
        self._weighted = weighted

    @property
    def code(self) -> str:
        """The index as the lake knows it."""
        return self._index.code

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id="csi-weights" if self._weighted else "csi-members",
            label=Text(f"{self._index.label.zh}成份股", f"members of the {self._index.label.en}"),
            publisher=Text("中证指数公司", "China Securities Index Company"),
            page="https://www.csindex.com.cn/#/indices/family/detail?indexCode=" + self.code.partition(".")[0],
            tables=(INDEX_MEMBERS,),
            first=date(2005, 4, 8),
            by_day=True,
            is_current=True,
            every_sessions=20 if self._weighted else 5,
            dates_itself=True,
            part=self._index.key,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the one question there is, of the last session."""
        wire, kind = self.code.partition(".")[0], "closeweight" if self._weighted else "cons"
        request = Request(HOST, f"{_FOLDER}/{kind}/{wire}{kind}.xls")
        return [Ask(self.describe().id, day, day, request, self._index.key) for day in sessions[-1:]]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the index, the day and the number of members against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the members."""
        return [batch_of(self._rows(ask, answers), layout_id=_LAYOUT, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[dict[str, str | None]]:
        stems = _STEMS if self._weighted else _STEMS[:-1]
        rows = _by_stem(workbook_body(answers[0], ask)[0], stems, ask)
        self._check(rows, ask)
        return [
            {
                "day": row["日期"],
                "index": self.code,
                "code": (row["成份券代码"] or "").zfill(6),
                "exchange": _exchange(row["交易所"] or ""),
                **({"weight": row["权重"]} if self._weighted else {}),
            }
            for row in rows
        ]

    def _check(self, rows: Sequence[Mapping[str, str | None]], ask: Ask) -> None:
        wire = self.code.partition(".")[0]
        shown = {(row["指数代码"] or "").zfill(6) for row in rows}
        if shown != {wire}:
            raise SourceChangedError(f"{ask.name}: members of {', '.join(sorted(shown))} came, expected {wire}.")
        days = {parse_day(row["日期"] or "") for row in rows}
        day = next(iter(days))
        if len(days) != 1 or day is None:
            raise SourceChangedError(f"{ask.name}: the members are not of one day; found {sorted(map(str, days))[:3]}.")
        if not 0 <= calendar().count_between(day, ask.first) <= _OLD:
            raise NotPublishedError(f"{ask.name}: the list is of {day}, too far from {ask.first}.")
        check_size(self._index.key, len(rows), ask)
        if self._weighted:
            check_weights((row["权重"] or "" for row in rows), ask)


def check_size(key: str, count: int, ask: Ask) -> None:
    """Refuse a list whose members are not about as many as its index has."""
    expected = SIZES[key]
    if abs(count - expected) > max(1, _SLACK * expected):
        raise SourceChangedError(f"{ask.name}: the list has {count} members, expected {expected}.")


def _by_stem(sheet: Sheet, stems: Sequence[str], ask: Ask) -> list[dict[str, str | None]]:
    """Return the rows by the Chinese beginning of each header; English follows it in the same cell."""
    texts = {at: visible(cell) for at, cell in enumerate(sheet.line(0)) if cell}
    places: dict[str, int] = {}
    for at, text in texts.items():
        stem = re.split(r"[A-Za-z(]", text)[0].strip()
        places.setdefault(_SPELLINGS.get(stem, stem), at)
    missing = [stem for stem in stems if stem not in places]
    if missing:
        raise SourceChangedError(
            f"{ask.name}: the header lacks {', '.join(map(repr, missing))}; it has {', '.join(texts.values())}. The "
            "company has changed its format; nothing of it was kept."
        )
    rows = sheet.cells.slice(1).select(pl.all().str.strip_chars())
    if rows.is_empty():
        raise NotPublishedError(f"{ask.name}: the list has a header and no member.")
    return [{stem: row[places[stem]] for stem in stems} for row in rows.iter_rows()]


def check_weights(weights: Iterable[str], ask: Ask) -> None:
    """Refuse weights in per cent that do not make the whole."""
    try:
        total = sum(map(Decimal, weights), Decimal(0))
        is_whole = abs(total - 100) <= Decimal("0.5")
    except InvalidOperation:
        raise SourceChangedError(f"{ask.name}: a weight is no number. The company has changed its format.") from None
    if not is_whole:
        raise SourceChangedError(f"{ask.name}: the weights make {total}, expected 100 per cent.")


def _exchange(text: str) -> str:
    """Return the Chinese name of an exchange, which English may follow in the same cell."""
    return re.split(r"[A-Za-z]", text)[0].strip() or text
