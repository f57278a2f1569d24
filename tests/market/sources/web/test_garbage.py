"""Whatever a publisher answers, it gives facts or an error of our own: an update must not end over one answer.

A document is bent at a random place, or some of its bytes are others; what then comes of it is nobody's business here.
"""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import DataError
from rongheng.market.sources.web import Answer, Request
from tests.depth import examples
from tests.market.sources.web.endpoints import EVERY, Endpoint
from tests.market.sources.web.rendered import ENDPOINTS, route
from tests.market.sources.web.vandal import bent, flipped
from tests.market.sources.web.world import Document, World

_SESSIONS = 8
_TRIES = examples(12)  # of each endpoint
_AT = datetime(2024, 4, 8, 20, 0, tzinfo=SHANGHAI)


class Vandal:
    """Answers as the publishers do, and bends two answers of three on the way."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._world = world
        self._chance = chance

    def get(self, request: Request) -> Answer:
        address = f"{request.host}{request.path}"
        params = dict(request.params) | dict(request.form or ()) | {"path": address}
        render, encode = ENDPOINTS[_known(address)]
        fault = self._chance.choice((bent, flipped, None))
        document = render(self._world, params)
        if fault is bent:
            return Answer(address, _encoded(encode, fault(document, self._chance), document, params), _AT)
        body = encode(document, params)
        return Answer(address, body if fault is None else fault(body, self._chance), _AT)


def _known(address: str) -> str:
    try:
        return route(address)
    except StopIteration:
        raise DataError(f"{address} is nowhere") from None  # as a page that is not there


def _encoded(encode: Any, changed: Document, plain: Document, params: dict[str, str]) -> bytes:
    """The bent document as bytes; where it has no such form any more, the plain one."""
    try:
        return encode(changed, params)  # type: ignore[no-any-return]  # bytes
    except Exception:  # noqa: BLE001  # whatever a writer of workbooks makes of it
        return encode(plain, params)  # type: ignore[no-any-return]


@pytest.mark.parametrize("endpoint", EVERY, ids=str)
def test_any_answer_gives_facts_or_an_error_of_our_own(endpoint: Endpoint, world: World) -> None:
    ask = endpoint.source.locate(world.sessions[-_SESSIONS:])[-1]
    for number in range(_TRIES):
        chance = random.Random(f"{endpoint.name} {number}")
        try:
            endpoint.source.parse(ask, endpoint.source.fetch(ask, Vandal(world, chance)))
        except DataError:
            continue
