"""Several processes with one lake: a reader beside a writer, and two writers."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import LakeError
from rongheng.market.store import Lake
from tests.market.store.checking import check_whole
from tests.market.store.importer import BAD_ROWS, FACTS, files, finish, go, spawn
from tests.market.store.making import TODAY, batch, day


def test_a_reader_beside_a_writer_always_sees_whole_imports(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    writer = spawn(lake.root, 12)
    go(writer)
    seen: list[int] = []
    while writer.poll() is None or not seen:
        view = lake.snapshot()
        count = view.imports().height // 2
        seen.append(count)
        assert view.read("account_daily").height == FACTS * count
        assert view.quarantine().height == BAD_ROWS * count
        assert set(view.imports()["sequence"]) == set(view.history("index_daily")["sequence"])
        if count:  # the newest import corrected one fact of the one before it
            newest = view.read("account_daily", where=pl.col("financing_balance") == count - 1)
            assert newest.height == FACTS + (count > 1)
    assert finish(writer) == lake.imports()["file"].str.strip_suffix("-bars.csv").gather_every(2, 1).to_list()
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "the reader saw too few states to say that it read beside the writer"
    assert check_whole(lake.root, []) == 12


def test_two_writers_take_turns_and_lose_nothing(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    Lake(root, create=True)
    writers = [spawn(root, 5), spawn(root, 5)]
    for writer in writers:
        go(writer)
    landed = [name for writer in writers for name in finish(writer)]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(landed) == len(set(landed)) == 10
    lake = Lake(root)
    assert lake.imports()["sequence"].unique().to_list() == list(range(1, 11))
    assert {f"{name}-bars.csv" for name in landed} <= set(lake.imports()["file"])
    assert lake.quarantine().height == 10 * BAD_ROWS


def test_a_writer_that_waits_too_long_says_that_another_import_is_writing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    hurried = Lake(lake.root, patience_seconds=0.1)
    told: list[str] = []

    def meanwhile(step: str, done: int, total: int) -> None:
        with pytest.raises(LakeError, match="another import is writing"):
            hurried.land([batch([{"as_of": day(9), "financing_balance": 1.0}])], now=TODAY)
        told.append(step)
        assert hurried.read("account_daily").height == 0  # and reading waits for nobody

    lake.land(files("first", 0), progress=meanwhile)
    assert len(told) == 5  # two files and three tables
    assert hurried.land(files("second", 1))[0].new == FACTS


def test_a_writer_that_dies_frees_the_lake_at_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True, patience_seconds=5)
    writer = spawn(lake.root)
    go(writer)
    while not lake.imports().height:
        time.sleep(0.01)
    writer.send_signal(signal.SIGSTOP)  # wherever it is; a stopped process still holds what it has
    writer.kill()
    finish(writer)
    number = check_whole(lake.root, [])
    assert lake.land(files("next", number))[0].new == FACTS
