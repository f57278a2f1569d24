"""Reading the timeline of a rule file: from YAML to entries in order.

What lives here: the keys of an entry and what must hold between entries. What does not: values (``values.py``), and the
rest of a rule file (``rule_file.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from rongheng.basics.calendar import calendar
from rongheng.basics.text import Text
from rongheng.rulebook.confidence import Confidence, parse_confidence
from rongheng.rulebook.documents import read_citations
from rongheng.rulebook.reader import Item
from rongheng.rulebook.scalars import read_date
from rongheng.rulebook.schema import Schema
from rongheng.rulebook.timeline import Entry, Existing, Start, State, Timeline
from rongheng.rulebook.values import Value, ValueReader

_REQUIRED: Final = ("value", "from", "cite", "confidence")
_OPTIONAL: Final = ("announced", "markets", "for", "why", "existing", "note")
_NO_VALUE: Final = {"none": State.ABOLISHED, "unpublished": State.UNPUBLISHED}
_SURE_OF: Final = ("from", "announced", "existing", "article", "for")


@dataclass(frozen=True, slots=True)
class TimelineReader:
    """Reads the timeline of one rule, whose head is known already."""

    values: ValueReader
    schema: Schema
    markets: tuple[str, ...]
    binds: str

    def read(self, item: Item) -> Timeline:
        """Return the entries, which must stand in the order in which they took force."""
        entries: list[Entry] = []
        for member in item.items():
            entry = self._entry(member)
            self._check_order(member, entry, entries)
            entries.append(entry)
        return Timeline(tuple(entries))

    def _entry(self, item: Item) -> Entry:
        fields = item.fields(required=_REQUIRED, optional=_OPTIONAL)
        state, value, why = self._stated(fields)
        start, start_day, effective = _read_start(fields["from"])
        return Entry(
            state=state,
            value=value,
            why=why,
            exceptions=self._exceptions(fields["for"]) if "for" in fields else {},
            start=start,
            start_day=start_day,
            effective=effective,
            announced=_read_announced(fields, start, start_day),
            markets=read_markets(fields["markets"], self.markets) if "markets" in fields else self.markets,
            citations=read_citations(fields["cite"], self.values.register),
            confidence=_read_confidence(fields["confidence"], self.schema),
            existing=_read_existing(fields, self.binds),
            note=fields["note"].bilingual() if "note" in fields else None,
            place=item.place,
        )

    def _stated(self, fields: Mapping[str, Item]) -> tuple[State, Value | None, Text | None]:
        typed = fields["value"]
        state = _NO_VALUE.get(typed.text(), State.VALUE) if typed.is_text else State.VALUE
        why = fields["why"].bilingual() if "why" in fields else None
        if state is State.VALUE:
            if why is not None:
                fields["why"].refuse("'why' belongs to 'value: none' or 'unpublished'; use 'note' beside a value.")
            return state, self.values.read(typed, self.schema), None
        if why is None:
            typed.refuse(f"'value: {typed.text()}' needs 'why' beside it, in zh and en. Say why there is no value.")
        return state, None, why

    def _exceptions(self, item: Item) -> dict[str, Value]:
        pairs = item.fields(required=(), optional=tuple(self.values.classes.members["client_type"]))
        return {client: self.values.read(value, self.schema) for client, value in pairs.items()}

    def _check_order(self, item: Item, entry: Entry, earlier: list[Entry]) -> None:
        if earlier and entry.effective < earlier[-1].effective:
            item.refuse(
                f"begins on {entry.effective}, before the entry above it ({earlier[-1].effective}); "
                "expected the entries in the order of their dates. Move it up."
            )
        before = [other for other in earlier if set(other.markets) & set(entry.markets)]
        if any(other.effective == entry.effective for other in before):
            item.refuse(f"begins on {entry.effective}, as does the entry at {before[-1].place}. Remove one of them.")
        if not before and entry.state is State.ABOLISHED:
            item.refuse("abolishes a rule that has no earlier entry. Add the entry that it abolishes.")
        if before and self.binds == "contract" and entry.existing is None:
            item.refuse(
                "changes a rule that binds contracts without saying what happens to open ones; "
                f"expected 'existing: {' | '.join(Existing)}'. Add it."
            )


def read_markets(item: Item, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the markets that are named, in the order of ``allowed``."""
    named = [member.one_of(allowed, what="market") for member in item.one_or_many()]
    return tuple(market for market in allowed if market in named)


def _read_start(item: Item) -> tuple[Start, date, date]:
    if item.is_text:
        day = item.read(read_date)
        return Start.FROM, day, day
    fields = item.fields(required=(), optional=("after_close", "seen"))
    if len(fields) != 1:
        item.refuse("expected a date, '{after_close: DATE}' or '{seen: DATE}'.")
    [(word, typed)] = fields.items()
    day = typed.read(read_date)
    if word == "seen":
        return Start.SEEN, day, day
    return Start.AFTER_CLOSE, day, calendar().offset(day, 1)


def _read_announced(fields: Mapping[str, Item], start: Start, start_day: date) -> date | None:
    if "announced" not in fields:
        return None
    announced = fields["announced"].read(read_date)
    if announced > start_day and start is not Start.SEEN:
        fields["announced"].refuse(f"announced on {announced}, after it began on {start_day}; check both dates.")
    return announced


def _read_confidence(item: Item, schema: Schema) -> dict[str, Confidence]:
    if item.is_text:
        return {"value": item.read(parse_confidence)}
    parts = item.fields(required=("value",), optional=(*_SURE_OF, *schema.terms))
    return {name: part.read(parse_confidence) for name, part in parts.items()}


def _read_existing(fields: Mapping[str, Item], binds: str) -> Existing | None:
    if "existing" not in fields:
        return None
    if binds != "contract":
        fields["existing"].refuse(f"'existing' is about contracts, but the rule binds each {binds}. Remove it.")
    return Existing(fields["existing"].one_of(list(Existing), what="existing"))
