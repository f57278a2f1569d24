"""Brokers and the shapes of their terms: every broker writes the same terms in the same columns.

What lives here: who a broker is, and what a file such as ``rules/broker/<name>/lines.yaml`` must look like. What does
not: merging a broker's terms with the exchanges' and the client's; that is the account half's business.

A shape (``shapes/lines.yaml``) has everything of a rule but the timeline. A broker's file is named after its shape and
has the timeline. So adding a broker takes no code, and whoever merges terms finds them under known names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rongheng.basics.text import Text
from rongheng.rulebook.classes import MARKETS, Classes
from rongheng.rulebook.reader import Item
from rongheng.rulebook.rule import BINDS
from rongheng.rulebook.schema import SCHEMA_KEYS, Schema, read_schema
from rongheng.rulebook.timeline_file import read_markets

_SHAPE_KEYS: Final = ("name", "meaning", "unit", "binds")


class BrokerKind(StrEnum):
    """What a policy stands for."""

    REAL = "real"  # what a named broker published, and nothing else
    BOUNDS = "bounds"  # the exchanges' rules alone
    ILLUSTRATIVE = "illustrative"  # made up to show every feature


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker, real or not, by the name of its folder."""

    key: str
    name: Text
    kind: BrokerKind
    note: Text | None
    place: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of broker term: a rule without its timeline."""

    key: str
    name: Text
    meaning: Text
    schema: Schema
    markets: tuple[str, ...]
    binds: str


def read_broker(root: Item, *, key: str) -> Broker:
    """Return the broker of ``rules/broker/<key>/broker.yaml``."""
    fields = root.fields(required=("name", "kind"), optional=("note",))
    return Broker(
        key=key,
        name=fields["name"].bilingual(),
        kind=BrokerKind(fields["kind"].one_of(list(BrokerKind), what="kind")),
        note=fields["note"].bilingual() if "note" in fields else None,
        place=root.place,
    )


def read_shape(root: Item, *, key: str, classes: Classes) -> Shape:
    """Return the shape of ``shapes/<key>.yaml``."""
    fields = root.fields(required=_SHAPE_KEYS, optional=("markets", *SCHEMA_KEYS))
    return Shape(
        key=key,
        name=fields["name"].bilingual(),
        meaning=fields["meaning"].bilingual(),
        schema=read_schema(fields, classes),
        markets=read_markets(fields["markets"], MARKETS) if "markets" in fields else MARKETS,
        binds=fields["binds"].one_of(BINDS, what="binds"),
    )
