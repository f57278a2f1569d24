"""Reading one rule file: from YAML to a ``Rule``.

What lives here: the keys of a rule file, and of a broker's or client's term, whose head is its shape. What does not:
the timeline (``timeline_file.py``), shapes (``brokers.py``), and the checks between files (``lint.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from rongheng.basics.text import Text
from rongheng.rulebook.brokers import Broker, Shape
from rongheng.rulebook.classes import MARKETS
from rongheng.rulebook.clients import Client
from rongheng.rulebook.reader import Item, did_you_mean
from rongheng.rulebook.rule import BINDS, Rule
from rongheng.rulebook.scalars import read_switch
from rongheng.rulebook.schema import SCHEMA_KEYS, read_schema
from rongheng.rulebook.timeline_file import TimelineReader, read_markets
from rongheng.rulebook.values import ValueReader

_RULE_KEYS: Final = ("id", "name", "meaning", "unit", "markets", "binds", "timeline")


@dataclass(frozen=True, slots=True)
class RuleReader:
    """Reads rule files; it knows what they may name."""

    values: ValueReader
    shapes: Mapping[str, Shape]
    brokers: Mapping[str, Broker]
    clients: Mapping[str, Client]

    def read(self, root: Item, *, id_: str) -> Rule:
        """Return the rule of a file whose path says that its id is ``id_``."""
        if id_.startswith(("broker.", "client.")):
            return self._read_term(root, id_)
        fields = root.fields(required=_RULE_KEYS, optional=SCHEMA_KEYS)
        _check_id(fields["id"], id_)
        schema = read_schema(fields, self.values.classes)
        markets = read_markets(fields["markets"], MARKETS)
        binds = fields["binds"].one_of(BINDS, what="binds")
        return Rule(
            id=id_,
            name=fields["name"].bilingual(),
            meaning=fields["meaning"].bilingual(),
            schema=schema,
            markets=markets,
            binds=binds,
            timeline=TimelineReader(self.values, schema, markets, binds).read(fields["timeline"]),
            classes=self.values.classes,
            place=root.place,
        )

    def _read_term(self, root: Item, id_: str) -> Rule:
        who, shape = self._named_by(root, id_)
        fields = root.fields(required=("id", "timeline"), optional=("markets", "partial"))
        _check_id(fields["id"], id_)
        markets = read_markets(fields["markets"], shape.markets) if "markets" in fields else shape.markets
        is_partial = shape.schema.is_partial or ("partial" in fields and fields["partial"].read(read_switch))
        schema = replace(shape.schema, is_partial=is_partial)
        return Rule(
            id=id_,
            name=Text(f"{who.name.zh}：{shape.name.zh}", f"{who.name.en}: {shape.name.en}"),
            meaning=shape.meaning,
            schema=schema,
            markets=markets,
            binds=shape.binds,
            timeline=TimelineReader(self.values, schema, markets, shape.binds).read(fields["timeline"]),
            classes=self.values.classes,
            place=root.place,
        )

    def _named_by(self, root: Item, id_: str) -> tuple[Broker | Client, Shape]:
        kind, key, *rest = id_.split(".")
        if len(rest) != 1 or rest[0] not in self.shapes:
            name = ".".join(rest)
            root.refuse(
                f"no term of a {kind} is called {name!r}; expected one of {', '.join(self.shapes)}."
                f"{did_you_mean(name, self.shapes)} Rename the file."
            )
        known, needed = (self.brokers, "kind") if kind == "broker" else (self.clients, "broker")
        if key not in known:
            root.refuse(f"nothing says who the {kind} {key!r} is. Add {kind}.yaml beside this file: name and {needed}.")
        return known[key], self.shapes[rest[0]]


def _check_id(item: Item, id_: str) -> None:
    if item.text() != id_:
        item.refuse(f"found the id {item.text()!r}; the file's path says {id_!r}. Make them agree.")
