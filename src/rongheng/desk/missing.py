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
_YEAR = timedelta(days=366)
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
    there = _there(lake, dataset, {part: (feed, sessions) for part, feed in dataset.needs.items()})
    return sorted(set.intersection(*there.values()))


def held(lake: Lake, dataset: web.Dataset, feed: web.Feed, sessions: Sequence[date]) -> set[date]:
    """Return the sessions of which the lake has every part that a feed states."""
    return set.intersection(*_there(lake, dataset, dict.fromkeys(feed.states, (feed, sessions))).values())


def newest(lake: Lake, dataset: web.Dataset, *, now: datetime) -> date | None:
    """Return the last session of the past year of which the lake has all that the dataset needs."""
    today = now.astimezone(SHANGHAI).date()
    there = complete(lake, dataset, calendar().between(today - _YEAR, today))
    return there[-1] if there else None


def lacking(
    lake: Lake, dataset: web.Dataset, feeds: Sequence[web.Feed], wish: Wish, *, raw: web.RawStore, now: datetime
) -> list[list[date]]:
    """Return for each feed the sessions that are to be asked of it.

    A session for which the publisher had nothing long after it was due is not asked for again, unless the wish names
    a day from which on gaps are to be filled.
    """
    spans = [span(feed.source, wish, now=now) for feed in feeds]
    wanted = {part: (feed, days) for feed, days in zip(feeds, spans, strict=True) for part in feed.states}
    there = _there(lake, dataset, wanted)
    return [
        _unsettled([day for day in days if any(day not in there[part] for part in feed.states)], feed, wish, raw)
        for feed, days in zip(feeds, spans, strict=True)
    ]


def _unsettled(left: list[date], feed: web.Feed, wish: Wish, raw: web.RawStore) -> list[date]:
    """Leave out what will not come any more, unless the wish names a day from which on gaps are to be filled.

    Of a list that dates itself nothing newer will come on a session for which it was asked and came.
    """
    described = feed.source.describe()
    if left and described.dates_itself:
        seen = {kept.last for kept in raw.kept(described.id) if (kept.part, kept.outcome) == (described.part, web.GOOD)}
        left = [day for day in left if day not in seen]
    if not left or wish.first is not None:
        return left
    final = _settled(raw, described)
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


def _there(
    lake: Lake, dataset: web.Dataset, wanted: Mapping[str, tuple[web.Feed, Sequence[date]]]
) -> dict[str, set[date]]:
    """Return for each part which of its sessions the lake has the dataset's column of; the lake is read once.

    Before a publisher's first session nothing of it can be missing.
    """
    asked = {part: (feed.source.describe(), days) for part, (feed, days) in wanted.items()}
    reach = [(good_since(described, days[0]), days[-1]) for described, days in asked.values() if days]
    if not reach:
        return {part: set() for part in wanted}
    first, last = min(start for start, _ in reach), max(end for _, end in reach)
    found = lake.snapshot().sessions(dataset.table, dataset.column, parts=asked, first=first, last=last)
    return {part: _good(described, days, found[part]) for part, (described, days) in asked.items()}


def good_since(described: web.Description, first: date) -> date:
    """Return the first day whose figures count: of what says what holds now, some sessions earlier is still good."""
    return calendar().offset(first, 1 - described.every_sessions) if described.is_current else first


def _good(described: web.Description, days: Sequence[date], found: set[date]) -> set[date]:
    """Return the sessions that are there by the days of which the lake has figures."""
    if described.is_current:
        return {day for day in days if any(good_since(described, day) <= known <= day for known in found)}
    return {day for day in days if day in found or day < described.first}
