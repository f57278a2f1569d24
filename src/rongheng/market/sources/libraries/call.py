"""One function of a library as a source: its question, and its frame held against the question.

What lives here: what all such functions have in common, and the two whose frames need more (weights, days of a
calendar). What does not: which functions there are (``calls``), and calling them (``fetcher``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import NotPublishedError, SourceChangedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import INDEX_MEMBERS
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.layouts import layout
from rongheng.market.sources.libraries.fetcher import SCHEME
from rongheng.market.sources.web.body import Record, json_body, member, records
from rongheng.market.sources.web.csi_members import check_size, check_weights
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
_OLD = 45  # sessions: weights are dated at the end of a month


def _as_it_is(row: Record) -> Record | None:
    return row


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
    is_current: bool = False  # says what holds now and nothing of the past
    stands_in: bool = True  # where the publishers fail; else it is compared and no more
    every_sessions: int = 1  # how many sessions what it says is good for
    sessions_at_first: int | None = None  # how far back the first update goes
    keeps: tuple[str, str] | None = None  # a column, and what it says in the rows that are meant
    tidied: Callable[[Record], Record | None] = _as_it_is  # a row as the layout has it; ``None`` where it is none
    never_blank: str = ""  # a column with a figure in every row; the library makes nothing of what it cannot read
    most_rows: int | None = None  # that an answer holds; as many may have been cut short
    part: str = ""  # which of several that the function is called for one by one

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
            is_current=self.is_current,
            sessions_at_first=self.sessions_at_first,
            every_sessions=self.every_sessions,
            part=self.part,
            dates_itself=layout(self.layout_id).table is INDEX_MEMBERS,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each session, or for each year; of what holds now, the one there is."""
        asked = sessions[-1:] if self.is_current else sessions
        spans = [(day, day) for day in asked] if self.by_day else by_year(asked)
        name = self.describe().id
        return [Ask(name, first, last, self._request(first, last), self.part) for first, last in spans]

    def _request(self, first: date, last: date) -> Request:
        arguments = tuple(self.arguments(first, last).items())
        return Request(self.library, self.function, arguments, scheme=SCHEME, lists=self.gives_all)

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the days against the question."""
        self.rows(ask, answers)

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the facts of the frame."""
        rows = self.rows(ask, answers)
        return [batch_of(rows, layout_id=self.layout_id, ask=ask, sha256=joint_sha256(answers))]

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the rows of the frame, held against the question; the errors are those of ``Source.check``."""
        rows = self.frame(ask, answers)
        inside = [row for row, day in self.dated(rows) if day is not None and ask.first <= day <= ask.last]
        if rows and not self.gives_all and len(inside) != len(rows):
            raise _not_asked_for(ask)
        if not inside:
            raise _nothing_yet(ask)
        blank = sum(row.get(self.never_blank, "") is None for row in inside)
        if blank:
            raise _unread(ask, self.never_blank, blank, len(inside))
        return inside

    def frame(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the rows that are meant, as the layout has them; rows without a day get that of the question."""
        found = records(json_body(answers[0], ask), ask=ask, where="the frame")
        if self.most_rows is not None and len(found) >= self.most_rows:
            raise _cut_short(ask, len(found))
        tidied = [row for one in self._kept(found, ask) if (row := self.tidied(one)) is not None]
        if self.is_dated:
            return tidied
        return [{layout(self.layout_id).date_header: ask.first.isoformat(), **row} for row in tidied]

    def _kept(self, rows: list[Record], ask: Ask) -> list[Record]:
        if self.keeps is None or not rows:
            return rows
        column, wanted = self.keeps
        said = [str(member(row, column, ask=ask) or "").strip() for row in rows]
        kept = [row for row, word in zip(rows, said, strict=True) if word == wanted]
        if not kept:
            raise SourceChangedError(f"{ask.name}: no row is of {wanted!r} ({column}); found {', '.join(said[:5])}.")
        return kept

    def dated(self, rows: Sequence[Record]) -> list[tuple[Record, date | None]]:
        """Return each row with the day that it says."""
        header = layout(self.layout_id).date_header
        return [(row, parse_day(str(row.get(header) or ""))) for row in rows]


@dataclass(frozen=True)
class Weights(Call):
    """The weights of one index (``part``) as of the last day before the question that has any."""

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the members as of that day, held against the index, the number of its members and the whole."""
        dated = self.dated(self.frame(ask, answers))
        days = [day for _, day in dated if day is not None and day <= ask.first]
        if not days or calendar().count_between(max(days), ask.first) > _OLD:
            raise _nothing_yet(ask)
        members = [row for row, day in dated if day == max(days)]
        shown = {str(member(row, "index_code", ask=ask)) for row in members}
        if shown != {self.arguments(ask.first, ask.last)["index_code"]}:
            raise SourceChangedError(
                f"{ask.name}: members of {', '.join(sorted(shown))} came, which were not asked for."
            )
        check_size(self.part, len(members), ask)
        check_weights((str(member(row, "weight", ask=ask)) for row in members), ask)
        return [{**row, "index_code": indices()[self.part].code} for row in members]


@dataclass(frozen=True)
class Days(Call):
    """Every day from the question's on, as far as the library's calendar goes of what was asked."""

    AHEAD: ClassVar[timedelta] = timedelta(days=75)

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the days, once none of them is left out."""
        dated = self.dated(self.frame(ask, answers))
        if not dated:
            raise _nothing_yet(ask)
        days = {day for _, day in dated}
        expected = {ask.first + timedelta(days=ahead) for ahead in range(len(dated))}
        if days != expected or max(expected) > ask.first + self.AHEAD:
            raise SourceChangedError(f"{ask.name}: {len(dated)} days came that are not those from {ask.first} on.")
        return [row for row, _ in dated]


def _not_asked_for(ask: Ask) -> SourceChangedError:
    return SourceChangedError(f"{ask.name}: rows of days came that were not asked for. Nothing of it was kept.")


def _cut_short(ask: Ask, count: int) -> SourceChangedError:
    return SourceChangedError(
        f"{ask.name}: {count:,} rows came, as many as one answer holds, so that more may be missing. Nothing of it was "
        "kept."
    )


def _unread(ask: Ask, column: str, blank: int, count: int) -> SourceChangedError:
    return SourceChangedError(
        f"{ask.name}: {blank} of {count} rows have no {column}, where every row has one: the library has made nothing "
        "of what it could not read. Nothing of it was kept."
    )


def _nothing_yet(ask: Ask) -> NotPublishedError:
    return NotPublishedError(f"{ask.name}: the library has nothing of these days yet.")


def without_exchange(column: str) -> Callable[[Record], Record | None]:
    """Return what takes the exchange off a code (``000300.SH``); a row without a code is none."""

    def tidied(row: Record) -> Record | None:
        code = str(row.get(column) or "").partition(".")[0].strip()
        return {**row, column: code} if code else None

    return tidied


def without_blanks(column: str) -> Callable[[Record], Record | None]:
    """Return what takes the blanks out of a code (``510050 .SH``)."""

    def tidied(row: Record) -> Record | None:
        return {**row, column: str(row[column]).replace(" ", "")} if row.get(column) else row

    return tidied


def as_portal_values(row: Record) -> Record:
    """Return a row of ``daily_basic`` under the keys and in the units of the portal's valuations."""
    named = {
        "trade_date": ("TRADE_DATE", 1),
        "ts_code": ("SECURITY_CODE", 1),
        "pe": ("PE_LAR", 1),
        "pe_ttm": ("PE_TTM", 1),
        "pb": ("PB_MRQ", 1),
        "total_mv": ("TOTAL_MARKET_CAP", 10_000),
        "circ_mv": ("NOTLIMITED_MARKETCAP_A", 10_000),
        "float_share": ("FREE_SHARES_A", 10_000),
    }
    return {key: _times(row[name], unit) for name, (key, unit) in named.items() if name in row}


def _times(value: str | None, unit: int) -> str | None:
    """Return a figure in another unit; what cannot be read stays as it is, for the layout to refuse."""
    if value is None or unit == 1:
        return value
    try:
        return format(Decimal(str(value)) * unit, "f")
    except InvalidOperation:
        return value


def without_footer(column: str) -> Callable[[Record], Record | None]:
    """Return what leaves out a row that has a date where the others have a code (``日期：2024-04-03.BJ``)."""
    return lambda row: None if str(row.get(column) or "").startswith("日期") else row


def with_arguments(given: Arguments, **more: str) -> Arguments:
    """Return arguments with more that are always the same."""
    fixed: Mapping[str, str] = more
    return lambda first, last: {**given(first, last), **fixed}
