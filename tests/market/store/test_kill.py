"""Killing an import at many points: the lake is as it was before or after it, never between."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from rongheng.market.store import Lake
from tests.market.store.checking import check_whole, strace_works
from tests.market.store.importer import files, finish, go, spawn


def next_import_works(root: Path, number: int) -> None:
    """Assert that whoever comes next can import."""
    Lake(root).land(files(f"next-{number}", number))
    assert check_whole(root, [f"next-{number}"]) == number + 1


def kill_at_random(root: Path, *, kills: int, seed: int) -> int:
    """Kill importers again and again; return how many left commits in the tables that are not published."""
    delays = random.Random(seed)
    landed: list[str] = []
    orphans = 0
    Lake(root, create=True)
    following = spawn(root)
    for number in range(1, kills + 1):
        importer, following = following, spawn(root)  # which opens the lake while the other one writes
        go(importer)
        time.sleep(delays.uniform(0, 0.25))
        importer.kill()
        landed += finish(importer)
        present = check_whole(root, landed)
        assert present <= len(landed) + number  # each kill may swallow one answer, and makes no import up
        orphans += bool(commits_after_published(root))
    following.kill()
    finish(following)
    next_import_works(root, present)
    return orphans


def commits_after_published(root: Path) -> list[str]:
    """Return the commits in the tables' logs that no reader may see."""
    published = Lake(root).snapshot().state.tables
    logs = (root / "tables").glob("*/_delta_log/*.json")
    return [
        str(commit)
        for commit in logs
        if (name := commit.parts[-3]) not in published or int(commit.stem) > published[name].version
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_an_import_killed_at_any_moment_is_whole_or_absent(tmp_path: Path, seed: int) -> None:
    kill_at_random(tmp_path / "lake", kills=8, seed=seed)


@pytest.mark.long
def test_hundreds_of_kills_never_leave_half_an_import(tmp_path: Path) -> None:
    orphans = kill_at_random(tmp_path / "lake", kills=200, seed=0)
    assert orphans > 0, "no kill fell between the writing of a table and its publication: the delays are wrong"


# The calls to the system by which an import becomes lasting, and which of them to kill at: every one, every third, …
CALLS = {
    "fsync": 1,
    "fdatasync": 1,
    "?rename,?renameat,?renameat2,?link,?linkat": 1,
    "pwrite64": 3,  # SQLite's
    "?unlink,?unlinkat": 1,
    "write": 29,  # Delta's, and the signals between its threads
}


def kill_at_call(root: Path, calls: str, number: int) -> tuple[bool, list[str]]:
    """Land one import and kill it when a thread of it makes that call for the nth time; say whether that came to be.

    It is not waited for until it is ready: a call of its start may be the nth one.
    """
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", f"--trace={calls}"]
    importer = spawn(root, 1, [*inject, f"--inject={calls}:signal=SIGKILL:when={number}"])
    landed = [line for line in finish(importer, order="go\n") if line != "ready"]
    return importer.returncode != 0, landed


def kill_at_calls(root: Path, calls: str, *, step: int) -> int:
    """Kill at the first call, and ``step`` calls later, … until an import comes through; return the number of kills."""
    lake = Lake(root, create=True)
    lake.land(files("first", 0))
    for kills, number in enumerate(range(1, 5000, step)):
        before = check_whole(root, [])
        killed, landed = kill_at_call(root, calls, number)
        after = check_whole(root, landed)
        assert before <= after <= before + 1
        if not killed:
            assert after == before + 1
            return kills
        next_import_works(root, after)
    raise AssertionError(f"an import makes {calls} without end")


@pytest.mark.skipif(not strace_works(), reason="strace is not installed, or may not trace processes here")
@pytest.mark.parametrize(("calls", "step"), [("fsync", 6), ("fdatasync", 2)])
def test_an_import_killed_while_it_waits_for_the_disk_is_whole_or_absent(tmp_path: Path, calls: str, step: int) -> None:
    assert kill_at_calls(tmp_path / "lake", calls, step=step) >= 2


@pytest.mark.long
@pytest.mark.skipif(not strace_works(), reason="strace is not installed, or may not trace processes here")
@pytest.mark.parametrize(("calls", "step"), CALLS.items())
def test_an_import_killed_at_its_writing_calls_is_whole_or_absent(tmp_path: Path, calls: str, step: int) -> None:
    assert kill_at_calls(tmp_path / "lake", calls, step=step) > 0
