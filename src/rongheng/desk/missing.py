"""What an update is to ask for: the sessions that a wish covers, less those that the lake has or that nobody will fill.

Nothing is asked here; ``update`` does that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rongheng.basics.calendar import CLOSE_OF_DAY, SHANGHAI, at, calendar
from rongheng.basics.errors import NotPublishedError
from rongheng.market.sources import web
from rongheng.market.sources.libraries import with_libraries
from rongheng.market.store import Lake

_YEARS = 3  # how far back the first update goes
_BY_DAY = 60  # sessions, where every session is a question of its own
_SETTLED = timedelta(days=20)  # a publisher that had nothing this long after a session has nothing


@dataclass(frozen=True, slots=True)
class Wish:
    """What to bring up to date: which datasets (all when empty), since when or in full; who else is asked."""

    only: tuple[str, ...] = ()
    first: date | None = None
    full: bool = False
    libraries: tuple[str, ...] = ()  # open libraries that stand in and are compared

    def datasets(self) -> list[web.Dataset]:
        """Return the datasets that are wished for."""
        wished = [web.dataset(name) for name in self.only] if self.only else list(web.datasets().values())
        return [with_libraries(dataset, self.libraries) for dataset in wished]


def span(source: web.Source, wish: Wish, *, now: datetime) -> list[date]:
    """Return the sessions that the wish covers, closed or already published, as far back as the source goes."""
    described = source.describe()
    start = max(wish.first or described.first, described.first)
    out = described.tables[0].publication.known_at
    sessions = [
        day
        for day in calendar().between(start, now.astimezone(SHANGHAI).date())
        if at(day, CLOSE_OF_DAY) <= now or out(day) <= now
    ]
    if described.is_current:
        return sessions[-1:]
    if wish.full or wish.first is not None or not sessions:
        return sessions
    if described.by_day or described.sessions_at_first:
        return sessions[-(described.sessions_at_first or _BY_DAY) :]
    return [day for day in sessions if day > sessions[-1] - timedelta(days=_YEARS * 366)]


def complete(lake: Lake, dataset: web.Dataset, sessions: Sequence[date]) -> list[date]:
    """Return the sessions of which the lake has all that the dataset needs, from the first feeds or their stand-ins."""
    return sorted(_there_of(lake, dataset, dataset.needs, sessions))


def lacking(
    lake: Lake, dataset: web.Dataset, feed: web.Feed, wish: Wish, *, raw: web.RawStore, now: datetime
) -> list[date]:
    """Return the sessions that are to be asked of a feed.

    A session for which the publisher had nothing long after it was due is not asked for again, unless the wish names
    a day from which on gaps are to be filled.
    """
    sessions = span(feed.source, wish, now=now)
    there = _there_of(lake, dataset, dict.fromkeys(feed.states, feed), sessions)
    left = [day for day in sessions if day not in there]
    if not left or wish.first is not None:
        return left
    final = _settled(raw, feed.source.describe())
    return [day for day in left if day not in final]


def _settled(raw: web.RawStore, described: web.Description) -> set[date]:
    """Return the sessions that were asked for long after they were due: what did not come then will not come."""
    final = (web.GOOD, NotPublishedError.__name__)
    days: set[date] = set()
    for kept in raw.kept(described.id):
        if kept.part == described.part and kept.outcome in final:
            until = (kept.fetched_at - _SETTLED).date()
            days.update(day for day in calendar().between(kept.first, kept.last) if day <= until)
    return days


def _there_of(lake: Lake, dataset: web.Dataset, parts: Mapping[str, web.Feed], sessions: Sequence[date]) -> set[date]:
    """Return the sessions of which the lake has the dataset's column in every part."""
    if not sessions:
        return set()
    return set.intersection(*(_days_of(lake, dataset, feed, part, sessions) for part, feed in parts.items()))


def _days_of(lake: Lake, dataset: web.Dataset, feed: web.Feed, part: str, sessions: Sequence[date]) -> set[date]:
    """Return the sessions of one part; before a publisher's first one nothing of it can be missing."""
    described = feed.source.describe()
    first = sessions[0]
    if described.is_current:  # what was said some sessions ago is still good
        first = calendar().offset(first, 1 - described.every_sessions)
    days = lake.snapshot().sessions(dataset.table, dataset.column, part=part, first=first, last=sessions[-1])
    if described.is_current:
        return set(sessions) if days else set()
    return days | {day for day in sessions if day < described.first}
