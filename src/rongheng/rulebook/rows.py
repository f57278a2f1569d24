"""Rules as rows for a reader: lists, one rule on a day, timelines, what a search found, what changed.

What lives here: frozen rows of ``Text`` and plain values; a command line, a page or an API needs no more. What does
not: layout, and any computing of rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rongheng.basics.text import Text
from rongheng.rulebook.confidence import Confidence
from rongheng.rulebook.documents import Citation
from rongheng.rulebook.reading import EXISTING
from rongheng.rulebook.rule import BINDS, Day, Rule
from rongheng.rulebook.rulebook import Rulebook, by_authority
from rongheng.rulebook.scalars import plain_number
from rongheng.rulebook.showing import show_cells, show_parts, show_state
from rongheng.rulebook.table import Table
from rongheng.rulebook.timeline import Entry, Start, as_day

if TYPE_CHECKING:
    from rongheng.rulebook.changes import Change
    from rongheng.rulebook.search import Hit


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule on one day, in the markets in which it says the same; ``value`` is ``None`` while it is not in force."""

    id: str
    name: Text
    markets: tuple[str, ...]
    value: Text | None
    number: int | float | None  # the value where it is one number: ratios as fractions, money in yuan
    since: date | None
    confidence: Confidence | None
    document: Text | None


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """What an entry says to one type of clients alone."""

    client: str
    name: Text
    value: Text
    number: int | float | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of a timeline, in full."""

    markets: tuple[str, ...]
    state: str
    value: Text
    number: int | float | None  # the value where it is one number: ratios as fractions, money in yuan
    parts: tuple[Text, ...]  # the value again, a phrase for each row of a table and each of several terms
    exceptions: tuple[ExceptionRow, ...]
    announced: date | None
    first_session: date
    start: Text
    existing: Text | None
    citations: tuple[Text, ...]
    urls: tuple[str, ...]
    confidence: tuple[tuple[str, Confidence], ...]
    note: Text | None
    cells: tuple[dict[str, Text], ...]  # the rows of a table, by column name
    columns: tuple[tuple[str, Text], ...]  # the names of its columns, with their labels


@dataclass(frozen=True, slots=True)
class RuleCard:
    """Everything of one rule that does not depend on the day."""

    id: str
    name: Text
    meaning: Text
    unit: str
    direction: Text | None
    binds: Text
    markets: tuple[str, ...]
    tightens: str | None
    labels: tuple[tuple[str, Text], ...]  # terms, columns, inputs or choices by their keys
    place: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One rule that changed between two days."""

    id: str
    name: Text
    kind: str
    markets: tuple[str, ...]
    before: Text | None
    after: Text
    removed: tuple[Text, ...]  # of several terms or rows, those that were said before and are not any more
    added: tuple[Text, ...]
    steps: tuple[EntryRow, ...]


@dataclass(frozen=True, slots=True)
class HitRow:
    """One rule that a search found, as it stands on a session; one row for markets in which it says the same."""

    standing: RuleRow
    where: Text


_DIRECTIONS = {
    "floor": Text("下限：证券公司只能更高", "floor: a broker may ask more"),
    "ceiling": Text("上限：证券公司只能更低", "ceiling: a broker may allow less"),
}


def list_rows(
    book: Rulebook, session: Day, *, known_at: Day | None = None, prefix: str = "", in_force_only: bool = False
) -> list[RuleRow]:
    """Return every rule whose id begins with ``prefix``, as it stands on a session; one row for markets that agree.

    Authorities come first, then practice, then brokers.
    """
    rules = [book.rules[id_] for id_ in sorted(book.rules, key=by_authority) if id_.startswith(prefix)]
    rows = [row for rule in rules for row in rule_rows(rule, session, known_at=known_at)]
    return [row for row in rows if row.value is not None or not in_force_only]


def rule_rows(rule: Rule, session: Day, *, known_at: Day | None = None) -> list[RuleRow]:
    """Return one rule as it stands on a session, one row for markets in which it says the same."""
    day = as_day(session, what="the session")
    known = None if known_at is None else as_day(known_at, what="known_at")
    groups: list[tuple[Entry, list[str]]] = []
    for market, entry in rule.standing(day, known_at=known).items():
        alike = next((markets for other, markets in groups if other.says_the_same(entry)), None)
        if alike is None:
            groups.append((entry, [market]))
        else:
            alike.append(market)
    if not groups:
        return [RuleRow(rule.id, rule.name, rule.markets, None, None, None, None, None)]
    return [_rule_row(rule, tuple(markets), entry) for entry, markets in groups]


def card(rule: Rule) -> RuleCard:
    """Return what a rule is, apart from what it says."""
    schema = rule.schema
    parts = {name: part.label for name, part in (*schema.terms.items(), *schema.columns.items())}
    labels = {**schema.choices, **schema.inputs, **parts}
    return RuleCard(
        id=rule.id,
        name=rule.name,
        meaning=rule.meaning,
        unit=schema.unit,
        direction=None if schema.direction is None else _DIRECTIONS[schema.direction],
        binds=BINDS[rule.binds],
        markets=rule.markets,
        tightens=schema.tightens,
        labels=tuple(labels.items()),
        place=rule.place,
    )


def timeline_rows(rule: Rule, *, known_at: Day | None = None) -> list[EntryRow]:
    """Return every entry of a rule, the earliest first; what was announced after ``known_at`` is left out."""
    known = None if known_at is None else as_day(known_at, what="known_at")
    return [_entry_row(rule, entry) for entry in rule.timeline.entries if known is None or entry.known <= known]


def standing_rows(rule: Rule, session: Day, *, known_at: Day | None = None) -> list[EntryRow]:
    """Return the entries that stand on a session, each once."""
    known = None if known_at is None else as_day(known_at, what="known_at")
    standing = rule.standing(as_day(session, what="the session"), known_at=known)
    once = {id(entry): entry for entry in standing.values()}
    return [_entry_row(rule, entry) for entry in once.values()]


def hit_rows(hits: Iterable[Hit], session: Day, *, known_at: Day | None = None) -> list[HitRow]:
    """Return what a search found, as it stands on a session."""
    return [HitRow(row, hit.where) for hit in hits for row in rule_rows(hit.rule, session, known_at=known_at)]


def change_rows(changes: Iterable[Change]) -> list[ChangeRow]:
    """Return what changed between two days, each with the entries that say why."""
    return [_change_row(change) for change in changes]


def _change_row(change: Change) -> ChangeRow:
    rule = change.rule
    before, after = (_parts(rule, entry) for entry in (change.before, change.after))
    return ChangeRow(
        id=rule.id,
        name=rule.name,
        kind=change.kind.value,
        markets=change.markets,
        before=None if change.before is None else show_state(change.before, rule.schema, rule.classes),
        after=show_state(change.after, rule.schema, rule.classes),
        removed=tuple(part for part in before if part not in after),
        added=tuple(part for part in after if part not in before),
        steps=tuple(_entry_row(rule, entry) for entry in change.steps),
    )


def _rule_row(rule: Rule, markets: tuple[str, ...], entry: Entry) -> RuleRow:
    return RuleRow(
        id=rule.id,
        name=rule.name,
        markets=markets,
        value=show_state(entry, rule.schema, rule.classes),
        number=plain_number(entry.value, rule.schema.unit),
        since=entry.effective,
        confidence=entry.confidence["value"],
        document=entry.citations[0].show(),
    )


def _entry_row(rule: Rule, entry: Entry) -> EntryRow:
    clients = rule.classes.members["client_type"]
    value = entry.value
    cells = tuple(show_cells(value, rule.schema, rule.classes)) if isinstance(value, Table) else ()
    return EntryRow(
        markets=entry.markets,
        state=entry.state.value,
        value=show_state(entry, rule.schema, rule.classes),
        number=plain_number(value, rule.schema.unit),
        parts=_parts(rule, entry),
        exceptions=tuple(
            ExceptionRow(
                client,
                clients[client].name,
                show_state(entry, rule.schema, rule.classes, client=client),
                plain_number(own, rule.schema.unit),
            )
            for client, own in entry.exceptions.items()
        ),
        announced=entry.announced,
        first_session=entry.effective,
        start=_show_start(entry),
        existing=None if entry.existing is None else EXISTING[entry.existing],
        citations=tuple(citation.show() for citation in entry.citations),
        urls=_urls(entry.citations),
        confidence=tuple(entry.confidence.items()),
        note=entry.note,
        cells=cells,
        columns=tuple((name, rule.schema.columns[name].label) for name in cells[0]) if cells else (),
    )


def _parts(rule: Rule, entry: Entry | None) -> tuple[Text, ...]:
    if entry is None:
        return ()
    if entry.value is None:
        return (show_state(entry, rule.schema, rule.classes),)
    return show_parts(entry.value, rule.schema, rule.classes)


def _show_start(entry: Entry) -> Text:
    day = entry.start_day.isoformat()
    match entry.start:
        case Start.AFTER_CLOSE:
            return Text(f"{day}收市后", f"after the close of {day}")
        case Start.SEEN:
            return Text(f"{day}所见", f"seen on {day}")
        case _:
            return Text(f"自{day}", f"from {day}")


def _urls(citations: tuple[Citation, ...]) -> tuple[str, ...]:
    return tuple(url for citation in citations for url in citation.document.urls)
