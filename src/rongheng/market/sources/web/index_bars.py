"""Daily bars of one index, asked for year by year: what the publishers of such bars have in common.

What lives here: the question, and holding a bar against it. What does not: how a publisher calls an index and what its
answer looks like (``csi.py``, ``quotes.py``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from rongheng.basics.errors import SourceChangedError
from rongheng.basics.ids import indices
from rongheng.basics.tables import INDEX_DAILY
from rongheng.basics.text import Text
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.web.body import Record
from rongheng.market.sources.web.source import Answer, Ask, AskedOnce, Description, Request, by_year


class IndexBars(AskedOnce, ABC):
    """Daily bars of one index, by its key (``csi300``)."""

    ID: ClassVar[str]
    PUBLISHER: ClassVar[Text]
    FIRST: ClassVar[date]  # of the history

    def __init__(self, key: str) -> None:
        self._index = indices()[key]

    @property
    def key(self) -> str:
        """What the house calls the index."""
        return self._index.key

    @property
    def code(self) -> str:
        """The index as the lake knows it."""
        return self._index.code

    @property
    def wire_code(self) -> str:
        """The index as the publisher knows it."""
        return self.code.partition(".")[0]

    @property
    @abstractmethod
    def page(self) -> str:
        """Where a person reads the same figures."""

    @abstractmethod
    def request(self, first: date, last: date) -> Request:
        """Return the question for the bars of a range that starts and ends on a session."""

    @abstractmethod
    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the bars, held against the question; the errors are those of ``Source.check``."""

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            id=self.ID,
            label=self._index.label,
            publisher=self.PUBLISHER,
            page=self.page,
            tables=(INDEX_DAILY,),
            first=self.FIRST,
            by_day=False,
            part=self._index.key,
        )

    def locate(self, sessions: Sequence[date]) -> list[Ask]:
        """Return one question for each year; each starts on a session."""
        return [
            Ask(self.ID, first, last, self.request(first, last), self._index.key) for first, last in by_year(sessions)
        ]

    def check(self, ask: Ask, answers: Sequence[Answer]) -> None:
        """Hold the index, the days and the parts of every bar against the question."""
        self.rows(ask, answers)

    def hold(self, ask: Ask, *, shown: object, day: object) -> None:
        """Refuse a bar of another index, or of a day that was not asked for."""
        if str(shown).strip() != self.wire_code:
            raise SourceChangedError(f"{ask.name}: bars of the index {shown!r} came, which was not asked for.")
        parsed = parse_day(str(day))
        if parsed is None or not ask.first <= parsed <= ask.last:
            raise SourceChangedError(
                f"{ask.name}: a bar of {day} came, which was not asked for. Nothing of it was kept."
            )
