"""Reading one rule file: from YAML to a ``Rule``.

What lives here: the keys of a rule file and of a timeline entry. What does not: values (``values.py``), and the checks
between files (``lint.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from rongheng.basics.calendar import calendar
from rongheng.basics.text import Text
from rongheng.rulebook.classes import MARKETS, Classes
from rongheng.rulebook.confidence import Confidence, parse_confidence
from rongheng.rulebook.documents import Document, read_citations
from rongheng.rulebook.reader import Item
from rongheng.rulebook.rule import BINDS, Rule
from rongheng.rulebook.scalars import read_date
from rongheng.rulebook.schema import SCHEMA_KEYS, Schema, read_schema
from rongheng.rulebook.timeline import Entry, Existing, Start, State, Timeline
from rongheng.rulebook.values import Value, ValueReader

_RULE_KEYS: Final = ("id", "name", "meaning", "unit", "markets", "binds", "timeline")
_ENTRY_KEYS: Final = ("value", "from", "cite", "confidence")
_ENTRY_OPTIONS: Final = ("announced", "markets", "for", "why", "existing", "note")
_NO_VALUE: Final = {"none": State.ABOLISHED, "unpublished": State.UNPUBLISHED}
_SURE_OF: Final = ("value", "from", "announced", "existing", "article", "for")


@dataclass(frozen=True, slots=True)
class RuleReader:
    """Reads rule files; it knows the documents and classes that they may name."""

    register: Mapping[str, Document]
    classes: Classes

    def read(self, root: Item, *, id_: str) -> Rule:
        """Return the rule of a file whose path says that its id is ``id_``."""
        fields = root.fields(required=_RULE_KEYS, optional=SCHEMA_KEYS)
        typed = fields["id"].text()
        if typed != id_:
            fields["id"].refuse(f"found the id {typed!r}; the file's path says {id_!r}. Make them agree.")
        schema = read_schema(fields, self.classes)
        markets = _read_markets(fields["markets"], MARKETS)
        binds = fields["binds"].one_of(BINDS, what="binds")
        return Rule(
            id=id_,
            name=fields["name"].bilingual(),
            meaning=fields["meaning"].bilingual(),
            schema=schema,
            markets=markets,
            binds=binds,
            timeline=self.timeline(fields["timeline"], schema, markets, binds),
            classes=self.classes,
            place=root.place,
        )

    def timeline(self, item: Item, schema: Schema, markets: tuple[str, ...], binds: str) -> Timeline:
        """Return the entries, which must stand in the order in which they took force."""
        entries: list[Entry] = []
        for member in item.items():
            entry = self.entry(member, schema, markets, binds)
            if entries and entry.effective < entries[-1].effective:
                member.refuse(
                    f"begins on {entry.effective}, before the entry above it ({entries[-1].effective}); "
                    "expected the entries in the order of their dates. Move it up."
                )
            for earlier in entries:
                shared = set(entry.markets) & set(earlier.markets)
                if entry.effective == earlier.effective and shared:
                    member.refuse(
                        f"begins on the same session as the entry at {earlier.place} "
                        f"in {', '.join(sorted(shared))}; expected one entry. Remove one."
                    )
            entries.append(entry)
        return Timeline(tuple(entries))

    def entry(self, item: Item, schema: Schema, markets: tuple[str, ...], binds: str) -> Entry:
        """Return one entry of a timeline."""
        fields = item.fields(required=_ENTRY_KEYS, optional=_ENTRY_OPTIONS)
        state, value, why = self._stated(fields, schema)
        start, start_day, effective = _read_start(fields["from"])
        announced = fields["announced"].read(read_date) if "announced" in fields else None
        if announced is not None and announced > start_day and start is not Start.SEEN:
            fields["announced"].refuse(f"announced on {announced}, after it began on {start_day}; check both dates.")
        if "existing" in fields and binds != "contract":
            fields["existing"].refuse(f"'existing' is about contracts, but the rule binds each {binds}. Remove it.")
        return Entry(
            state=state,
            value=value,
            why=why,
            exceptions=self._exceptions(fields["for"], schema) if "for" in fields else {},
            start=start,
            start_day=start_day,
            effective=effective,
            announced=announced,
            markets=_read_markets(fields["markets"], markets) if "markets" in fields else markets,
            citations=read_citations(fields["cite"], self.register),
            confidence=_read_confidence(fields["confidence"], schema),
            existing=Existing(fields["existing"].one_of(list(Existing), what="existing"))
            if "existing" in fields
            else None,
            note=fields["note"].bilingual() if "note" in fields else None,
            place=item.place,
        )

    def _stated(self, fields: Mapping[str, Item], schema: Schema) -> tuple[State, Value | None, Text | None]:
        typed = fields["value"]
        state = _NO_VALUE.get(typed.text(), State.VALUE) if typed.is_text else State.VALUE
        why = fields["why"].bilingual() if "why" in fields else None
        if state is State.VALUE:
            if why is not None:
                fields["why"].refuse("'why' belongs to 'value: none' or 'unpublished'; use 'note' beside a value.")
            return state, ValueReader(self.register, self.classes).read(typed, schema), None
        if why is None:
            typed.refuse(f"'value: {typed.text()}' needs 'why' beside it, in zh and en. Say why there is no value.")
        return state, None, why

    def _exceptions(self, item: Item, schema: Schema) -> dict[str, Value]:
        clients = self.classes.of("client_type", item)
        reader = ValueReader(self.register, self.classes)
        pairs = item.fields(required=(), optional=tuple(clients))
        return {client: reader.read(value, schema) for client, value in pairs.items()}


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


def _read_markets(item: Item, allowed: Mapping[str, Text] | tuple[str, ...]) -> tuple[str, ...]:
    named = [member.one_of(tuple(allowed), what="market") for member in item.one_or_many()]
    return tuple(market for market in allowed if market in named)


def _read_confidence(item: Item, schema: Schema) -> dict[str, Confidence]:
    if item.is_text:
        return {"value": item.read(parse_confidence)}
    parts = item.fields(required=("value",), optional=(*_SURE_OF[1:], *schema.terms))
    return {name: part.read(parse_confidence) for name, part in parts.items()}
