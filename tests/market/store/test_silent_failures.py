"""What Delta Lake, Polars and SQLite do without a word, each with its guard. A planted failure shows the guard bite."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from rongheng.basics.errors import LakeError
from rongheng.basics.tables import ACCOUNT_DAILY, INDEX_DAILY
from rongheng.market.store import Lake, commits, delta
from rongheng.market.store.failures import spoken
from tests.market.store.making import TODAY, batch, day

SCHEMA = {"as_of": pl.Date(), "count": pl.Int64(), "text": pl.String()}
RIGHT = pl.DataFrame({"as_of": [day(0)], "count": [1], "text": ["x"]}, schema=SCHEMA)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake of three imports."""
    lake = Lake(tmp_path / "lake", create=True)
    for number in range(3):
        lake.land([batch([{"as_of": day(number), "financing_balance": float(number)}], bad_rows=1)], now=TODAY)
    return lake


def log(lake: Lake) -> Path:
    """Return the log of account_daily."""
    return lake.root / "tables" / "account_daily" / "_delta_log"


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (RIGHT.with_columns(count=pl.lit(1.5)), "count is Float64, wanted Int64"),
        (RIGHT.with_columns(count=pl.lit(7, pl.UInt8)), "count is UInt8"),
        (RIGHT.with_columns(count=pl.lit(2**63, pl.UInt64)), "count is UInt64"),
        (RIGHT.with_columns(count=pl.lit(7, pl.Int32)), "count is Int32"),
        (RIGHT.with_columns(text=pl.lit(None)), "text is Null"),
        (RIGHT.with_columns(pl.col("text").cast(pl.Categorical)), "text is Categorical"),
        (RIGHT.with_columns(pl.col("text").cast(pl.Enum(["x"]))), "text is Enum"),
        (RIGHT.with_columns(as_of=pl.lit(datetime(2024, 2, 5, tzinfo=UTC))), "as_of is Datetime"),
        (RIGHT.drop("text"), "text is absent"),
        (RIGHT.with_columns(more=pl.lit(1)), "more is Int32, wanted no such column"),
    ],
)
def test_rows_of_another_type_never_reach_delta(tmp_path: Path, wrong: pl.DataFrame, found: str) -> None:
    """Delta would write the first row as 1 and say nothing."""
    folder = tmp_path / "tables" / "t"
    with pytest.raises(LakeError, match=found):
        delta.append(folder, wrong, SCHEMA, published=None, sequence=1)
    assert not folder.exists()
    assert delta.append(folder, RIGHT, SCHEMA, published=None, sequence=1) == 0


def test_delta_still_truncates_in_silence_so_the_guard_is_needed(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", RIGHT)
    write_deltalake(tmp_path / "t", RIGHT.with_columns(count=pl.lit(1.5)), mode="append")
    assert pl.read_delta(str(tmp_path / "t"))["count"].to_list() == [1, 1]


def test_every_type_of_the_canonical_tables_comes_back_as_it_went_in(lake: Lake) -> None:
    exact = {"as_of": day(9), "financing_balance": 0.1 + 0.2, "individual_count": 2**53 + 1, "note": "补"}
    lake.land([batch([exact])], now=TODAY)
    (back,) = lake.read("account_daily", first=day(9)).to_dicts()
    assert {name: back[name] for name in exact} == exact


def test_an_emptied_last_commit_is_found_on_opening(lake: Lake) -> None:
    """A power failure can leave it so; Delta then reads one import less and says nothing."""
    last = sorted(log(lake).glob("*.json"))[-1]
    last.write_bytes(b"")
    assert DeltaTable(log(lake).parent).count() == 2  # the silence: an import has gone
    with pytest.raises(
        LakeError, match=r"account_daily .*version 2 was published, but its commit .*2.json is empty.*backup"
    ):
        Lake(lake.root)


def test_an_emptied_earlier_commit_is_found_by_the_count_of_rows(lake: Lake) -> None:
    sorted(log(lake).glob("*.json"))[1].write_bytes(b"")
    with pytest.raises(LakeError, match=r"account_daily .*published with 3 rows, but it has 2"):
        Lake(lake.root)


def test_a_torn_commit_is_found_on_opening(lake: Lake) -> None:
    last = sorted(log(lake).glob("*.json"))[-1]
    last.write_bytes(last.read_bytes()[:-40])
    with pytest.raises(LakeError, match=r"account_daily .*cannot be opened.*backup"):
        Lake(lake.root)


def test_a_lost_commit_is_found_on_opening(lake: Lake) -> None:
    sorted(log(lake).glob("*.json"))[-1].unlink()
    with pytest.raises(LakeError, match=r"account_daily .*version 2 .*is not there"):
        Lake(lake.root)


def test_a_lost_table_is_found_on_opening(lake: Lake) -> None:
    shutil.rmtree(lake.root / "tables" / "quarantine")
    with pytest.raises(LakeError, match=r"quarantine .*is not there"):
        Lake(lake.root)


def test_a_cut_data_file_is_found_on_opening(lake: Lake) -> None:
    data = next(log(lake).parent.glob("*.parquet"))
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(LakeError, match=rf"account_daily .*{data.name} should have"):
        Lake(lake.root)


def test_a_table_damaged_under_an_open_lake_gains_no_import(lake: Lake) -> None:
    sorted(log(lake).glob("*.json"))[1].write_bytes(b"")
    with pytest.raises(LakeError, match=r"account_daily .*with 4 rows, but it has 3"):
        lake.land([batch([{"as_of": day(5), "financing_balance": 1.0}])], now=TODAY)
    assert lake.imports().height == 3


def orphan(lake: Lake) -> None:
    """Commit to Delta behind the catalogue's back, as an import does that is killed before it publishes."""
    row = lake.history("account_daily").head(1).with_columns(as_of=pl.lit(day(77)))
    write_deltalake(log(lake).parent, row, mode="append")


def test_what_was_committed_and_not_published_is_not_there(lake: Lake) -> None:
    orphan(lake)
    assert DeltaTable(log(lake).parent).count() == 4
    assert lake.read("account_daily").height == Lake(lake.root).read("account_daily").height == 3


@pytest.mark.parametrize("damage", [None, b"", b'{"commitInfo":{"times'], ids=["whole", "emptied", "torn"])
@pytest.mark.parametrize("count", [1, 2])
def test_the_next_import_undoes_what_was_not_published(lake: Lake, damage: bytes | None, count: int) -> None:
    for _ in range(count):
        orphan(lake)
    if damage is not None:
        (log(lake) / f"{3:020}.json").write_bytes(damage)  # the first commit after the three that are published
    lake.land([batch([{"as_of": day(5), "financing_balance": 5.0}])], now=TODAY)
    assert Lake(lake.root).read("account_daily")["financing_balance"].to_list() == [0.0, 1.0, 2.0, 5.0]
    assert DeltaTable(log(lake).parent).count() == 4


def test_a_compaction_that_was_cut_short_is_undone_by_whoever_writes_next(lake: Lake) -> None:
    before = lake.history("account_daily")
    assert delta.compact(log(lake).parent, published=2) == 3  # and nobody publishes it
    assert Lake(lake.root).history("account_daily").equals(before)
    lake.compact()
    assert Lake(lake.root).history("account_daily").equals(before)
    assert len(DeltaTable(log(lake).parent).file_uris()) == 1
    assert lake.land([batch([{"as_of": day(9), "financing_balance": 1.0}])], now=TODAY)[0].new == 1


def test_a_table_that_was_never_published_is_set_aside(lake: Lake) -> None:
    left = lake.root / "tables" / "index_daily"
    write_deltalake(left, pl.DataFrame({"whatever": [1]}))
    (left / "_delta_log" / f"{0:020}.json").write_bytes(b"")
    assert Lake(lake.root).read("index_daily").height == 0
    lake.land([batch([{"as_of": day(0), "index": "000300.CSI", "close": 1.0}], INDEX_DAILY)], now=TODAY)
    assert Lake(lake.root).read("index_daily")["close"].to_list() == [1.0]
    assert left.with_name("index_daily.unpublished-1").is_dir()


def test_a_panic_is_a_lake_error(tmp_path: Path) -> None:
    """The Rust libraries' panic is no Exception: a plain ``except`` lets it through to the user."""
    with pytest.raises(BaseException) as bare:
        write_deltalake(tmp_path / "a|b", RIGHT)
    assert not isinstance(bare.value, Exception)
    with (
        pytest.raises(LakeError, match=r"Writing t failed: PanicException.*Nothing landed"),
        spoken("Writing t", tmp_path, harm="Nothing landed."),
    ):
        write_deltalake(tmp_path / "a|b", RIGHT)


def test_an_interrupt_is_not_taken_for_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), spoken("Writing t", tmp_path, harm=""):
        raise KeyboardInterrupt


def test_an_interrupted_import_leaves_nothing_and_frees_the_lake(lake: Lake) -> None:
    def interrupt(step: str, done: int, total: int) -> None:
        if step == "write":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lake.land([batch([{"as_of": day(8), "financing_balance": 1.0}], bad_rows=1)], now=TODAY, progress=interrupt)
    assert (lake.read("account_daily").height, lake.quarantine().height, lake.imports().height) == (3, 3, 3)
    assert lake.land([batch([{"as_of": day(8), "financing_balance": 1.0}])], now=TODAY)[0].new == 1


def test_file_times_say_nothing(lake: Lake) -> None:
    """A copy has new file times; Delta would travel by them."""
    for path in log(lake).glob("*"):
        os.utime(path, (0, 0))
    copied = lake.root.with_name("copied")
    shutil.copytree(lake.root, copied, copy_function=shutil.copyfile)
    for one in (lake, Lake(copied)):
        assert one.history("account_daily").equals(lake.history("account_daily"))
        assert one.read("account_daily", known_at=TODAY).height == 3


def test_a_pickled_snapshot_keeps_its_version(lake: Lake) -> None:
    """A scan of a ``DeltaTable`` reads the latest version after a pickle."""
    view = lake.snapshot()
    lake.land([batch([{"as_of": day(9), "financing_balance": 9.0}])], now=TODAY)
    sent = pickle.loads(pickle.dumps(view))
    assert (sent.read("account_daily").height, sent.imports().height) == (3, 3)
    assert pickle.loads(pickle.dumps(lake)).read("account_daily").height == 4


def test_old_commits_are_kept_however_old_they_are(lake: Lake) -> None:
    """By default a checkpoint removes commits of more than 30 days, the published one of a quiet lake among them."""
    for path in log(lake).glob("*"):
        os.utime(path, (0, 0))
    view = lake.snapshot()
    for number in range(10, 13):
        lake.land([batch([{"as_of": day(number), "financing_balance": 1.0}])], now=TODAY)
    DeltaTable(log(lake).parent).create_checkpoint()
    DeltaTable(log(lake).parent).cleanup_metadata()
    lake.land([batch([{"as_of": day(20), "financing_balance": 1.0}])], now=TODAY)
    assert view.read("account_daily").height == 3
    assert DeltaTable(log(lake).parent).metadata().configuration == {"delta.enableExpiredLogCleanup": "false"}


def test_a_long_log_gets_a_checkpoint_that_stands_alone(tmp_path: Path) -> None:
    folder = tmp_path / "tables" / "t"
    delta.append(folder, RIGHT, SCHEMA, published=None, sequence=0)
    table = DeltaTable(folder)
    for _ in range(100):
        write_deltalake(table, RIGHT, mode="append", post_commithook_properties=commits.NO_HOOKS)
    assert delta.append(folder, RIGHT, SCHEMA, published=100, sequence=1) == 101
    assert {path.name for path in tmp_path.glob("tables/*")} == {"t"}
    made = sorted(path.name for path in commits.log(folder).iterdir() if path.suffix != ".json")
    assert made == [f"{100:020}.checkpoint.parquet"]  # and no hint, which names one that a power failure may tear
    for commit in list(commits.log(folder).glob("*.json")):
        if int(commit.stem) <= 100:
            commit.unlink()
    delta.verify(folder, version=101, rows=102)  # with the commits gone, the checkpoint alone knows the first 101 rows
    assert delta.scan(folder, 101, SCHEMA).collect().height == 102


def test_the_catalogue_waits_for_the_disk_at_each_commit(lake: Lake) -> None:
    """WAL lets readers read beside a writer; with synchronous = NORMAL a power failure would take commits back."""
    with closing(sqlite3.connect(lake.root / "catalogue.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with lake._catalogue.writing("Trying") as writing:
        assert writing._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_threads_may_share_a_lake(lake: Lake) -> None:
    heights: list[int] = []
    threads = [threading.Thread(target=lambda: heights.append(lake.read(ACCOUNT_DAILY).height)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heights == [3] * 8
