"""Work shared with other processes: in order, whole, and over when whoever shared it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rongheng.basics.errors import DataError, RonghengError
from rongheng.basics.processes import Crew


def doubled_by(number: int) -> tuple[int, int]:
    time.sleep(0.002 * (number % 3))  # the second may be done before the first
    return 2 * number, os.getpid()


def refused(number: int) -> int:
    if number == 3:
        raise DataError("row 3 is bad")
    return number


def chatty(number: int) -> int:
    sys.stdout.write("what a library prints")
    sys.stdout.flush()
    return number


def dying(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_the_items_and_from_other_processes() -> None:
    with Crew(2) as crew:
        done = list(crew.each(doubled_by, range(200)))
        again = list(crew.each(doubled_by, range(5)))
    assert [result for result, _ in done] == [2 * number for number in range(200)]
    workers = {worker for _, worker in done}
    assert len(workers) == 2
    assert os.getpid() not in workers
    assert {worker for _, worker in again} <= workers  # they are started once


@pytest.mark.parametrize("count", [0, 1])
def test_a_crew_of_one_starts_no_process(count: int) -> None:
    with Crew(count) as crew:
        assert {worker for _, worker in crew.each(doubled_by, range(3))} == {os.getpid()}


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_is_raised_in_its_turn_after_what_came_before(count: int) -> None:
    with Crew(count) as crew:
        each = crew.each(refused, range(10))
        assert [next(each) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(DataError, match="row 3 is bad"):
            next(each)


def test_what_is_printed_beside_does_not_mix_with_results() -> None:
    with Crew(2) as crew:
        assert list(crew.each(chatty, range(4))) == [0, 1, 2, 3]


def test_a_process_that_is_killed_is_told_and_the_others_end() -> None:
    with Crew(2) as crew, pytest.raises(RonghengError, match="ended with code -9"):
        list(crew.each(dying, range(10)))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_when_the_one_that_shared_the_work_is_killed() -> None:
    script = (
        "from rongheng.basics.processes import Crew; from tests.basics.test_processes import doubled_by\n"
        "with Crew(2) as crew:\n"
        "    for result, worker in crew.each(doubled_by, range(10**6)): print(worker, flush=True)\n"
    )
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    ) as shared:
        assert shared.stdout is not None
        workers = {int(shared.stdout.readline()) for _ in range(50)}
        shared.kill()
    assert len(workers) == 2
    patience = time.monotonic() + 5
    while left := [worker for worker in workers if Path(f"/proc/{worker}").exists() and not _is_over(worker)]:
        assert time.monotonic() < patience, f"{left} still run"
        time.sleep(0.02)


def _is_over(process: int) -> bool:
    """A process that has ended and that nobody has asked for is listed still."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
