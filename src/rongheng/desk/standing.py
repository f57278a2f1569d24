"""How everything stands: what the lake holds of each table and part, how old it is, what went wrong last, what is next.

What lives here: coverage of the lake joined with what publishers last said. What does not: asking anybody (``update``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rongheng.basics.calendar import SHANGHAI, calendar, last_closed
from rongheng.basics.errors import NotPublishedError
from rongheng.basics.securities import SUFFIXES
from rongheng.basics.tables import TABLES, Table
from rongheng.basics.text import Text
from rongheng.desk.advice import advice
from rongheng.desk.coverage import coverage, label_of
from rongheng.desk.trouble import told
from rongheng.findings.dossier import Coverage
from rongheng.market.sources import web
from rongheng.market.store import Lake

_LATEST_POLICY = 3  # sessions after which every table has been published


@dataclass(frozen=True, slots=True)
class Standing:
    """One part of a table: what the lake holds of it (``None`` when nothing), and what keeps it current."""

    table: Table
    part: str
    held: Coverage | None
    dataset: str | None  # what `rongheng update --only` calls it; None when only files bring it
    behind_sessions: int | None  # closed sessions after the last one held
    next_at: datetime | None  # when its next figures are published
    trouble: Text | None  # what went wrong when it was asked for last; None when nothing did
    advice: tuple[Text, ...] = ()  # what can be done about that

    @property
    def label(self) -> Text:
        """What a reader calls the part."""
        return label_of(self.table, self.part)


def standing(lake: Lake, *, raw: web.RawStore, now: datetime) -> list[Standing]:
    """Return how every part of every table stands that the lake holds or that an update would bring."""
    held = {(entry.table, entry.part): entry for entry in coverage(lake)}
    fed = dict(_fed())
    said = _last_said(raw)
    parts = sorted({*held, *fed}, key=lambda key: (list(TABLES).index(key[0]), key[1]))
    return [
        _standing(TABLES[table], part, held.get((table, part)), fed.get((table, part)), said, now)
        for table, part in parts
    ]


def _standing(
    table: Table,
    part: str,
    held: Coverage | None,
    fed: tuple[str, tuple[web.Description, ...]] | None,
    said: dict[tuple[str, str], web.Kept],
    now: datetime,
) -> Standing:
    dataset, sources = fed or (None, ())
    last = [said[key] for source in sources if (key := (source.id, source.part)) in said]
    troubles = [one for one in last if one.outcome not in (web.GOOD, web.COMPARED)]
    failed = [one for one in troubles if one.outcome != NotPublishedError.__name__]
    return Standing(
        table=table,
        part=part,
        held=held,
        dataset=dataset,
        behind_sessions=None if held is None else _behind(held, now),
        next_at=None if dataset is None else _next_at(table, held, now),
        trouble=_told(max(troubles, key=lambda one: one.fetched_at)) if troubles else None,
        advice=_advice(dataset, part) if failed and dataset and (held is None or _behind(held, now)) else (),
    )


def _advice(dataset: str, part: str) -> tuple[Text, ...]:
    known = web.dataset(dataset)
    states = [state for feed in known.first for state in feed.states if _part(state) == part]
    return tuple(advice(known, parts=states))


def _fed() -> Iterator[tuple[tuple[str, str], tuple[str, tuple[web.Description, ...]]]]:
    """Yield for each table and part the dataset that brings it, and who is asked for it first."""
    found: dict[tuple[str, str], tuple[str, list[web.Description]]] = {}
    feeds = [(name, dataset.table, feed) for name, dataset in web.datasets().items() for feed in dataset.first]
    for name, table, feed in feeds:
        for state in feed.states:
            key = (table.name, _part(state))
            found.setdefault(key, (name, []))[1].append(feed.source.describe())
    for name, _, feed in feeds:
        for table, part in feed.beside:
            found.setdefault((table.name, part), (name, [feed.source.describe()]))
    for key, (name, sources) in found.items():
        yield key, (name, tuple(sources))


def _part(state: str) -> str:
    """Return the part of a table that a feed's state belongs to: of a single fund, its exchange."""
    code, dot, suffix = state.rpartition(".")
    return SUFFIXES[suffix] if dot and len(code) == 6 and code.isdigit() and suffix in SUFFIXES else state


def _last_said(raw: web.RawStore) -> dict[tuple[str, str], web.Kept]:
    return {(kept.source, kept.part): kept for kept in raw.kept()}


def _told(kept: web.Kept) -> Text:
    when, what = f"{kept.fetched_at.astimezone(SHANGHAI):%m-%d %H:%M}", told(kept.outcome, kept.said)
    return Text(f"{when} {what.zh}", f"{when} {what.en}")


def _behind(held: Coverage, now: datetime) -> int:
    return max(0, calendar().count_between(held.last, last_closed(now)))


def _next_at(table: Table, held: Coverage | None, now: datetime) -> datetime:
    """Return when figures of the next session come out that are neither held nor out already."""
    day = calendar().offset(now.astimezone(SHANGHAI).date(), -_LATEST_POLICY)
    if held is not None and held.last > day:
        day = calendar().offset(held.last, 1)
    while table.publication.known_at(day) <= now:
        day = calendar().offset(day, 1)
    return table.publication.known_at(day)
