"""Kept answers read once more: what a publisher said then, by what we understand of it now.

What lives here: the reading of one, and of many side by side. What does not: the landing (``update``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import DataError, NotPublishedError
from rongheng.basics.processes import Crew
from rongheng.desk.trouble import Trouble
from rongheng.market.sources import web

_WORTH_SHARING = 100  # answers; fewer are read before another process has started and knows the layouts


def kept_of(source: web.Source, raw: web.RawStore) -> list[web.Kept]:
    """Return the questions to a source whose answers are kept, oldest first, but for those that never land."""
    known = source.describe()
    return [
        kept
        for kept in raw.kept(known.id)
        if kept.part == known.part and kept.pages and kept.outcome != web.COMPARED and _sessions(kept)
    ]


def read_each(
    source: web.Source, kept: Sequence[web.Kept], *, raw: web.RawStore, crew: Crew
) -> Iterator[list[Batch] | Trouble]:
    """Yield what each kept answer says, in their order; one that cannot be read leaves the others as they are."""
    one_by_one = len(kept) < _WORTH_SHARING
    return (Crew(1) if one_by_one else crew).each(partial(_read, source, raw), kept)


def _read(source: web.Source, raw: web.RawStore, kept: web.Kept) -> list[Batch] | Trouble:
    (ask,) = source.locate(_sessions(kept))
    try:
        return web.facts_of(source, ask, raw.answers(kept), seen=kept.fetched_at)
    except NotPublishedError:
        return []  # it said nothing then, and says nothing now
    except DataError as error:
        return Trouble(ask.source, ask.days, error)


def _sessions(kept: web.Kept) -> Sequence[date]:
    return calendar().between(kept.first, kept.last)
