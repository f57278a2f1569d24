"""What can be asked of each library: a function, its arguments, the layout of its frame, and whose place it takes.

The functions and columns are those that the libraries document. AKShare names most columns by their position, so that a
publisher who reorders a page swaps figures without a word: its figures are compared with the publishers' own, and stand
in only where those fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from rongheng.basics.batch import Batch
from rongheng.basics.errors import NotPublishedError, SourceChangedError, UsageError
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.layouts import layout
from rongheng.market.sources.libraries.fetcher import SCHEME
from rongheng.market.sources.web.body import Record, json_body, records
from rongheng.market.sources.web.datasets import Dataset, Feed
from rongheng.market.sources.web.facts import batch_of
from rongheng.market.sources.web.source import (
    Answer,
    Ask,
    AskedOnce,
    Description,
    Request,
    by_year,
    joint_sha256,
)

Arguments = Callable[[date, date], dict[str, str]]


def _of_day(first: date, _: date) -> dict[str, str]:
    return {"date": f"{first:%Y%m%d}"}


def _of_span(first: date, last: date) -> dict[str, str]:
    return {"start_date": f"{first:%Y%m%d}", "end_date": f"{last:%Y%m%d}"}


def _of_trade_date(first: date, _: date) -> dict[str, str]:
    return {"trade_date": f"{first:%Y%m%d}"}


def _of_all(_: date, __: date) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Call(AskedOnce):
    """One function of a library as a source; ``dataset`` and ``states`` say in whose place it stands."""

    library: str
    function: str
    layout_id: str
    dataset: str
    states: tuple[str, ...]
    arguments: Arguments
    first: date
    by_day: bool = True
    is_dated: bool = True  # its rows say their day
    gives_all: bool = False  # it gives its whole history whatever is asked

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id=f"{self.library}-{self.function}",
            label=Text(f"{self.library} {self.function}", f"{self.library} {self.function}"),
            publisher=Text(self.library, self.library),
            page=f"{self.library}.{self.function}",
            tables=(layout(self.layout_id).table,),
            first=self.first,
            by_day=self.by_day,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session, or for each year."""
        spans = [(day, day) for day in sessions] if self.by_day else by_year(sessions)
        return [Ask(self.describe().id, first, last, self._request(first, last)) for first, last in spans]

    def _request(self, first: date, last: date) -> Request:
        arguments = tuple(self.arguments(first, last).items())
        return Request(self.library, self.function, arguments, scheme=SCHEME, lists=self.gives_all)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the days against the question."""
        self._rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the facts of the frame."""
        rows = self._rows(ask, answers)
        return [batch_of(rows, layout_id=self.layout_id, ask=ask, sha256=joint_sha256(answers))]

    def _rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        rows = records(json_body(answers[0], ask), ask=ask, where="the frame")
        header = layout(self.layout_id).date_header
        if not self.is_dated:
            rows = [{header: ask.first.isoformat(), **row} for row in rows]
        days = [parse_day(str(row.get(header) or "")) for row in rows]
        inside = [row for row, day in zip(rows, days, strict=True) if day is not None and ask.first <= day <= ask.last]
        if rows and not self.gives_all and len(inside) != len(rows):
            raise SourceChangedError(f"{ask.name}: rows of days came that were not asked for. Nothing of it was kept.")
        if not inside:
            raise NotPublishedError(f"{ask.name}: the library has nothing of these days yet.")
        return inside


LIBRARIES: Final[dict[str, tuple[Call, ...]]] = {
    "akshare": (
        Call(
            "akshare",
            "stock_margin_account_info",
            "account-statistics",
            "accounts",
            ("",),
            _of_all,
            date(2012, 9, 27),
            by_day=False,
            gives_all=True,
        ),
        Call(
            "akshare",
            "stock_margin_sse",
            "margin-summary-sse",
            "balances",
            ("SSE",),
            _of_span,
            date(2010, 3, 31),
            by_day=False,
        ),
        Call(
            "akshare",
            "stock_margin_detail_sse",
            "security-margin-sse-library",
            "details",
            ("SSE",),
            _of_day,
            date(2010, 3, 31),
        ),
        Call(
            "akshare",
            "stock_margin_detail_szse",
            "security-margin-szse-library",
            "details",
            ("SZSE",),
            _of_day,
            date(2010, 3, 31),
            is_dated=False,
        ),
    ),
    "tushare": (
        Call(
            "tushare",
            "margin",
            "margin-summary-tushare",
            "balances",
            ("SSE", "SZSE"),
            _of_trade_date,
            date(2010, 3, 31),
        ),
        Call(
            "tushare",
            "margin_detail",
            "security-margin-tushare",
            "details",
            ("SSE", "SZSE"),
            _of_trade_date,
            date(2010, 3, 31),
        ),
    ),
}


def with_libraries(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """Return the dataset with what the libraries give of it as stand-ins; an unknown library is a ``UsageError``."""
    unknown = [name for name in names if name not in LIBRARIES]
    if unknown:
        raise UsageError(
            f"There is no library {unknown[0]!r} that Rongheng can ask; there are: {', '.join(LIBRARIES)}."
        )
    calls = [call for name in names for call in LIBRARIES[name] if call.dataset == dataset.name]
    return replace(dataset, others=(*dataset.others, *(Feed(call, call.states, named=True) for call in calls)))
