"""What every publisher's module offers: to locate what to ask, fetch it, check and parse it, and describe itself.

What lives here: the shape of a source, of a question and of an answer. What does not: how an answer is obtained
(``client``), kept (``raw``) or landed (``desk.update``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Protocol

import polars as pl

from rongheng.basics.batch import Batch
from rongheng.basics.tables import Table
from rongheng.basics.text import Text


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one host, without anything that changes from one run to the next."""

    host: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    scheme: str = "https"
    form: tuple[tuple[str, str], ...] | None = None  # what is posted; nothing is, where it is None
    lists: bool = False  # a page of links, or one that several sources take from: one look a run is enough

    @property
    def address(self) -> str:
        """The host and the path, as messages name what was asked."""
        return f"{self.host}{self.path}"

    @property
    def party(self) -> str:
        """Who is left alone once it has failed: the host; of a library the function, which asks a host of its own."""
        return self.host if self.scheme.startswith("http") else f"{self.host}.{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes that came back with status 200."""

    url: str
    body: bytes
    fetched_at: datetime

    @property
    def sha256(self) -> str:
        """The hash under which the bytes are kept."""
        return sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked in one go: the sessions from ``first`` to ``last`` (of one index, where ``part`` says which)."""

    source: str
    first: date
    last: date
    request: Request
    part: str = ""

    @property
    def days(self) -> str:
        """The days that were asked for, for messages and file names."""
        return str(self.first) if self.first == self.last else f"{self.first}…{self.last}"

    @property
    def name(self) -> str:
        """What was asked, in the place of a file's name."""
        return " ".join(filter(None, (self.request.host, self.source, self.part, self.days)))


@dataclass(frozen=True, slots=True)
class Description:
    """What a source is: who prints the figures, where a person finds them, and since when they exist."""

    id: str
    label: Text
    publisher: Text
    page: str  # where a person reads the same figures
    tables: tuple[Table, ...]
    first: date  # of the history
    by_day: bool  # one question a session; else a question covers many
    revises: bool = True  # corrects past figures, so that the sessions before a missing one are asked for again
    is_current: bool = False  # says what holds now and nothing of the past
    sessions_at_first: int | None = None  # how far back the first update goes; None leaves it to the desk
    every_sessions: int = 1  # how many sessions what it says is good for
    part: str = ""  # which of several that the publisher is asked for one by one: the key of an index
    dates_itself: bool = False  # a list under a date of its own, and nobody says since when it could be seen


class Fetcher(Protocol):
    """Whoever can be asked: ``client.Client``, or what is kept of earlier answers."""

    def get(self, request: Request) -> Answer:
        """Return the answer; see ``client.Client.get`` for the errors."""
        ...


class Source(Protocol):
    """One publisher's figures. All but ``fetch`` are pure functions."""

    def describe(self) -> Description:
        """Say what it is."""
        ...

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return the questions that cover the sessions (ascending)."""
        ...

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask, and ask on while the answer has more pages."""
        ...

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the answers against the question.

        Raises
        ------
        NotPublishedError
            The answer is whole and has nothing of what was asked, or shows an earlier day.
        SourceRefusedError, SourceDownError
            The answer is a page that turns us away, or was cut short.
        SourceChangedError
            A key is missing, a unit is another one, or the rows are not as many as the answer itself says.
        """
        ...

    def parse(self, ask: Ask, answers: Sequence[Answer]) -> list[Batch]:
        """Return the facts of the answers, checked; the errors are those of ``check``."""
        ...


def facts_of(source: Source, ask: Ask, answers: Sequence[Answer], *, seen: datetime) -> list[Batch]:
    """Return what a source parses of its answers, which came at ``seen``, and nothing as known before it could be.

    A list that dates itself (weights of a month's end) was out some sessions later: it is known since it was seen. An
    answer that does not date itself may be the same to the byte on the next day, and is another import then.
    """
    batches = source.parse(ask, answers)
    described = source.describe()
    if not described.dates_itself:
        return [_of_day(batch, ask.first) for batch in batches] if described.by_day else batches
    since = pl.max_horizontal("known_at", pl.lit(seen.astimezone(UTC)).cast(pl.Datetime("us", "UTC")))
    return [replace(batch, facts=batch.facts.with_columns(known_at=since)) for batch in batches]


def _of_day(batch: Batch, day: date) -> Batch:
    return replace(batch, options="; ".join(filter(None, (batch.options, f"day={day}"))))


class AskedOnce:
    """A source each of whose questions has one answer."""

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask once."""
        return [fetcher.get(ask.request)]


def joint_sha256(answers: Sequence[Answer]) -> str:
    """Return the hash of what was answered: that of the bytes, or of the pages' hashes where there are several."""
    if len(answers) == 1:
        return answers[0].sha256
    return sha256("\n".join(answer.sha256 for answer in answers).encode()).hexdigest()


def by_quarter(sessions: Sequence[date]) -> list[tuple[date, date]]:
    """Return the first and the last of the sessions of each quarter of a year.

    >>> by_quarter([date(2024, 3, 29), date(2024, 4, 1), date(2024, 4, 2)])[1]
    (datetime.date(2024, 4, 1), datetime.date(2024, 4, 2))
    """
    return _spans(sessions, lambda day: (day.year, (day.month - 1) // 3))


def by_year(sessions: Sequence[date]) -> list[tuple[date, date]]:
    """Return the first and the last of the sessions of each year: long ranges are asked for in pieces.

    >>> by_year([date(2023, 12, 28), date(2023, 12, 29), date(2024, 1, 2)])[1]
    (datetime.date(2024, 1, 2), datetime.date(2024, 1, 2))
    """
    return _spans(sessions, lambda day: (day.year,))


def _spans(sessions: Sequence[date], period: Callable[[date], tuple[int, ...]]) -> list[tuple[date, date]]:
    spans: dict[tuple[int, ...], list[date]] = {}
    for session in sessions:
        spans.setdefault(period(session), []).append(session)
    return [(days[0], days[-1]) for _, days in sorted(spans.items())]
