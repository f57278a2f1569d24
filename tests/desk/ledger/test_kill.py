"""Killing a writer at many points: what it said the ledger has is there, and nothing is there by half."""

from __future__ import annotations

import random
import time

import pytest

from rongheng.desk.ledger import Ledger
from tests.desk.ledger.writer import EVENTS_EACH, NOW, finish, go, spawn


def check_whole(url: str, acknowledged: list[int]) -> int:
    """Assert that every acknowledged commit is there and that each is whole; return how many there are."""
    ledger = Ledger.open(url)
    head = ledger.verify()  # the chain holds, and so does the index of what is open
    with ledger.reading() as now:
        assert head.number == len(list(now.commits()))
        assert head.last_sequence == now.history().height == EVENTS_EACH * head.number
    assert set(acknowledged) <= set(range(1, head.number + 1))
    return head.number


def kill_at_random(url: str, *, kills: int, seed: int) -> int:
    """Kill writers again and again, each while the next one waits; return how many commits were not acknowledged.

    A writer is killed within a commit and a half after one of its first answers, by its own pace, which the machine's
    load decides: in the middle of the commit that follows, between that commit and its answer, or just after.
    """
    chance = random.Random(seed)
    acknowledged: list[int] = []
    Ledger.open(url, create=NOW)
    following = spawn(url, "A-1")
    for number in range(1, kills + 1):
        writer, following = following, spawn(url, "A-1")
        go(writer)
        assert writer.stdout is not None
        acknowledged.append(int(writer.stdout.readline()))
        since, more = time.perf_counter(), chance.randint(1, 3)
        acknowledged += [int(writer.stdout.readline()) for _ in range(more)]
        pace = (time.perf_counter() - since) / more
        time.sleep(pace * chance.uniform(0, 1.5))
        writer.kill()
        acknowledged += finish(writer)
        present = check_whole(url, acknowledged)
        assert len(acknowledged) <= present <= len(acknowledged) + number  # each kill may swallow one answer
    following.kill()
    finish(following)
    return present - len(acknowledged)


def test_whoever_is_killed_loses_nothing_that_was_acknowledged(url: str) -> None:
    kill_at_random(url, kills=6, seed=1)


@pytest.mark.long
def test_hundreds_of_kills_lose_nothing_that_was_acknowledged(url: str) -> None:
    swallowed = kill_at_random(url, kills=200, seed=2)
    assert swallowed > 0, "no kill fell between a commit and its answer: the delays are wrong"
