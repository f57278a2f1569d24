"""Shards: every row is worked on once, whoever works, and whatever goes wrong is told after all have stopped."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from rongheng.account.marks.mark import over_shards

ROWS = 400_000  # several shards


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_every_row_is_in_one_shard(threads: int) -> None:
    times = np.zeros(ROWS, dtype=np.int64)

    def count(first: int, last: int) -> None:
        times[first:last] += 1

    for _ in range(20):
        over_shards(ROWS, count, threads=threads)
    assert (times == 20).all()


def test_work_that_is_itself_in_shards_ends() -> None:
    seen = []

    def again(first: int, last: int) -> None:
        over_shards(ROWS, lambda low, high: seen.append((first, low, high)), threads=2)

    over_shards(ROWS, again, threads=2)
    assert len(seen) == len(set(seen)) == len({first for first, _, _ in seen}) ** 2


def test_what_goes_wrong_is_told_when_nobody_works_any_more() -> None:
    at_work = []

    def fail(first: int, last: int) -> None:
        at_work.append(first)
        time.sleep(0.002)
        at_work.pop()
        raise ValueError(f"shard {first}")

    with pytest.raises(ValueError, match="shard"):
        over_shards(ROWS, fail, threads=2)
    assert not at_work


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_process_that_was_forked_has_threads_of_its_own() -> None:
    over_shards(ROWS, lambda first, last: None, threads=2)
    child = os.fork()
    if child == 0:
        workers: set[int] = set()

        def work(first: int, last: int) -> None:
            workers.add(threading.get_ident())
            time.sleep(0.01)

        over_shards(ROWS, work, threads=2)
        os._exit(0 if len(workers) == 2 else 1)
    deadline = time.monotonic() + 30
    ended = (0, 0)
    while ended[0] == 0 and time.monotonic() < deadline:
        ended = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    if ended[0] == 0:
        os.kill(child, 9)
    assert ended == (child, 0)
