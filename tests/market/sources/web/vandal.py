"""What may become of an answer on the way: a document with another thing in one place, bytes that are others."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from tests.market.sources.web.world import Document

_ODD: tuple[Any, ...] = (
    None,
    "",
    [],
    {},
    True,
    0,
    -1,
    1e30,
    "NaN",
    "inf",
    "--",
    "1,2,3",
    "2024-02-30",
    "２０２４",
    [1],
    {"a": 1},
    "<b>",
    "1e400",
)


def bent(document: Document, chance: random.Random) -> Document:
    """Return the document with something else at one of its places."""
    document = copy.deepcopy(document)
    places = [place for place in _places(document) if place]
    if not places:
        return document
    *above, last = chance.choice(places)
    inside = document
    for key in above:
        inside = inside[key]
    change = chance.randrange(4)
    if isinstance(inside, tuple):
        return document
    if change == 0:
        del inside[last]
    elif change == 1 and isinstance(inside, dict):
        inside[f"{last}2"] = inside.pop(last)
    else:
        inside[last] = copy.deepcopy(chance.choice(_ODD))
    return document


def _places(inside: Document, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    if isinstance(inside, dict):
        for key in inside:
            yield from _places(inside[key], (*above, key))
    elif isinstance(inside, list):
        for place in range(min(len(inside), 3)):
            yield from _places(inside[place], (*above, place))


def flipped(body: bytes, chance: random.Random) -> bytes:
    """Return the bytes with some of them others."""
    changed = bytearray(body)
    for _ in range(chance.choice((1, 3, 20)) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)
