"""A market of some weeks, the publishers on loopback, and a client that asks them without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from rongheng.basics.calendar import SHANGHAI
from rongheng.market.sources.web import Client
from tests.market.sources.web.loopback import FakeClock, Loopback, client, only_loopback, serve
from tests.market.sources.web.world import World, make_world

__all__ = ["only_loopback"]

# From the first to the last session before a holiday; no printed level of an index lies in it.
FIRST, LAST = date(2024, 3, 1), date(2024, 4, 3)


@pytest.fixture(scope="session")
def world() -> World:
    return make_world(FIRST, LAST)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2024, 4, 8, 20, 0, tzinfo=SHANGHAI))


@pytest.fixture
def served(world: World, only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(world) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def publishers(served: tuple[Loopback, dict[str, str]]) -> Loopback:
    return served[0]


@pytest.fixture
def asker(served: tuple[Loopback, dict[str, str]], clock: FakeClock) -> Iterator[Client]:
    with client(served[1], clock) as one:
        yield one
