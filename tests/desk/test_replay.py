"""A replay of any past session gives the note that was written then, byte for byte, whatever has come in since."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest

from rongheng.basics.calendar import at, calendar
from rongheng.desk.close import close
from rongheng.desk.missing import Wish
from rongheng.desk.update import raw_store, update
from rongheng.market.sources.web import Client
from rongheng.market.store import Lake
from rongheng.report.page import note
from tests.market.sources.web.loopback import FakeClock, Loopback, client, only_loopback, serve
from tests.market.sources.web.world import World, make_world

__all__ = ["only_loopback"]

FIRST, LAST = date(2024, 3, 28), date(2024, 4, 12)  # the Qingming holiday lies within
ONLY = ("accounts", "balances", "indices", "turnover", "details", "futures", "etf-shares")
WRITTEN = (date(2024, 4, 3), date(2024, 4, 8))


@pytest.fixture(scope="module")
def market() -> World:
    return make_world(FIRST, LAST)


@pytest.fixture
def world(market: World) -> World:
    return copy.deepcopy(market)


@pytest.fixture
def served(world: World, only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(world) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def asker(served: tuple[Loopback, dict[str, str]]) -> Iterator[Client]:
    with client(served[1], FakeClock(_evening_after(FIRST))) as one:
        yield one


def _evening_after(session: date) -> datetime:
    """When all figures of a session are out that its note rests on."""
    return at(calendar().offset(session, 1), time(18, 30))


def _note(lake: Lake, session: date, folder: Path) -> bytes:
    return note(close(lake, as_of=session), folder / f"{session}.html").read_bytes()


def _update(lake: Lake, asker: Client, now: datetime) -> None:
    list(update(lake, client=asker, raw=raw_store(lake), now=now, wish=Wish(ONLY, FIRST)))


def test_every_note_can_be_written_again_as_it_was(asker: Client, world: World, market: World, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    then: dict[date, bytes] = {}
    for session in WRITTEN:
        # What is published on that evening: bars of the day itself, margin figures of the session before.
        world.sessions = [day for day in market.sessions if day <= calendar().offset(session, 1)]
        _update(lake, asker, _evening_after(session))
        then[session] = _note(lake, session, tmp_path)
    world.sessions = market.sessions
    corrected = world.balances[date(2024, 4, 8), "SSE"]
    corrected["financing_buys"] += 10**6
    world.balances[date(2024, 4, 8), "ALL"]["financing_buys"] += 10**6
    _update(lake, asker, _evening_after(date(2024, 4, 11)))
    again = tmp_path / "again"
    again.mkdir()
    for session in WRITTEN:
        assert _note(lake, session, again) == then[session], session
    later = close(lake, as_of=WRITTEN[-1], known_at=_evening_after(date(2024, 4, 11)))
    assert note(later, again / "later.html").read_bytes() != then[WRITTEN[-1]]  # the correction shows where it is known
