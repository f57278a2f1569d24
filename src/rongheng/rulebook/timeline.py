"""Timelines: the entries of one rule in the order in which they took force, and which of them stands on a session.

What lives here: entries, and choosing one by session, by what was known and by market. What does not: the words around
a chosen entry (``rule.py``) and reading a timeline from YAML (``rule_file.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.rulebook.confidence import Confidence
from rongheng.rulebook.documents import Citation
from rongheng.rulebook.values import Value


class State(StrEnum):
    """What an entry says. Before the first entry a rule is not in force, which is no entry at all."""

    VALUE = "value"
    ABOLISHED = "abolished"  # the document took the rule away
    UNPUBLISHED = "unpublished"  # something applies, but it was not published; brokers' terms only


class Start(StrEnum):
    """How a document says when it begins."""

    FROM = "from"
    AFTER_CLOSE = "after_close"  # works from the next session
    SEEN = "seen"  # in force on that day, as a report shows; when it began is not known


class Existing(StrEnum):
    """What happens to contracts that were opened before the change."""

    KEEP = "keep"  # they and their roll-overs keep the earlier value
    BROKER_MAY_APPLY = "broker_may_apply"  # the broker may agree with the client to use the new value


@dataclass(frozen=True)
class Entry:
    """One entry of a timeline: a state with its value, since when, known since when, by which document, how sure."""

    state: State
    value: Value | None
    why: Text | None
    exceptions: Mapping[str, Value]  # client type -> the value for it
    start: Start
    start_day: date
    effective: date  # the first session
    announced: date | None
    markets: tuple[str, ...]
    citations: tuple[Citation, ...]
    confidence: Mapping[str, Confidence]  # of "value", and of what differs from it
    existing: Existing | None
    note: Text | None
    place: str

    @property
    def known(self) -> date:
        """The day on which it could be known: the announcement, else the day on which it begins."""
        return self.announced or self.start_day

    def value_for(self, client: str | None) -> Value | None:
        """Return the value for a type of clients, which may have an exception; ``None``: for all others."""
        return self.value if client is None else self.exceptions.get(client, self.value)

    def says_the_same(self, other: Entry) -> bool:
        """Say whether the other entry has the same state and values; documents and dates may differ."""
        return (self.state, self.value, self.exceptions) == (other.state, other.value, other.exceptions)


@dataclass(frozen=True)
class Timeline:
    """Entries ordered by their first session."""

    entries: tuple[Entry, ...]

    def standing(self, session: date, *, known_at: date | None = None, market: str) -> Entry | None:
        """Return the entry that stands in that market, or ``None`` before the first one.

        An entry announced after ``known_at`` is invisible, so that the earlier one goes on.
        """
        for entry in reversed(self.entries):
            visible = known_at is None or entry.known <= known_at
            if entry.effective <= session and market in entry.markets and visible:
                return entry
        return None

    @cached_property
    def boundaries(self) -> tuple[date, ...]:
        """The first sessions of the entries, each once, ascending."""
        return tuple(sorted({entry.effective for entry in self.entries}))


def as_day(day: date | datetime | str, *, what: str) -> date:
    """Return the date that a caller means; text is read as 2026-01-19."""
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise UsageError(f"{what} was {day!r}; expected a date such as 2026-01-19.") from error
