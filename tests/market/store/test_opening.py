"""Opening a lake, and refusing what is none."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from rongheng.basics.errors import LakeError, MissingDataError, UsageError
from rongheng.basics.tables import MARGIN_SUMMARY
from rongheng.market.store import Lake
from tests.market.store.making import TODAY, batch, day

ONE = batch([{"as_of": day(0), "financing_balance": 1.0}], bad_rows=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a lake with one fact."""
    Lake(tmp_path / "lake", create=True).land([ONE], now=TODAY)
    return tmp_path / "lake"


def run_sql(root: Path, statement: str) -> None:
    """Change the catalogue from outside."""
    with closing(sqlite3.connect(root / "catalogue.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_lake_opens_again_with_what_it_had(root: Path) -> None:
    assert Lake(root).read("account_daily")["financing_balance"].to_list() == [1.0]
    assert Lake(root, create=True).read("account_daily").height == 1


def test_an_absent_folder_is_missing_data_and_says_what_makes_a_lake(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no lake at .*nowhere.*rongheng import FILE"):
        Lake(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_no_lake_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report.xlsx").write_text("mine")
    with pytest.raises(LakeError, match=r"not a lake.*rongheng import FILE"):
        Lake(tmp_path)
    with pytest.raises(LakeError, match=r"holds other things \(report.xlsx\)"):
        Lake(tmp_path, create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def test_a_file_is_no_lake(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")
    with pytest.raises(LakeError, match="is a file"):
        Lake(tmp_path / "lake", create=True)


def test_an_empty_folder_becomes_a_lake_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="rongheng import FILE"):
        Lake(tmp_path)
    assert Lake(tmp_path, create=True).tables() == []


def test_a_lake_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").touch()
    with pytest.raises(LakeError, match="rongheng import FILE"):
        Lake(tmp_path)
    assert Lake(tmp_path, create=True).land([ONE], now=TODAY)[0].new == 1


def test_tables_without_their_catalogue_are_not_written_over(root: Path) -> None:
    for path in root.glob("catalogue*"):
        path.unlink()
    for create in (False, True):
        with pytest.raises(LakeError, match=r"tables but no catalogue.sqlite.*backup"):
            Lake(root, create=create)
    assert (root / "tables" / "account_daily").is_dir()


def test_a_lake_of_a_newer_schema_asks_for_an_upgrade(root: Path) -> None:
    run_sql(root, "PRAGMA user_version = 2")
    with pytest.raises(LakeError, match=r"newer Rongheng \(schema 2, this one knows 1\): upgrade"):
        Lake(root)


def test_somebody_elses_database_is_not_a_catalogue(root: Path) -> None:
    run_sql(root, "PRAGMA application_id = 7")
    with pytest.raises(LakeError, match="not the catalogue of a lake"):
        Lake(root)


def test_somebody_elses_database_does_not_become_a_catalogue(tmp_path: Path) -> None:
    run_sql(tmp_path, "CREATE TABLE theirs (x)")
    with pytest.raises(LakeError, match="not the catalogue of a lake"):
        Lake(tmp_path, create=True)
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_several_may_make_the_same_lake_at_once(tmp_path: Path) -> None:
    def make(number: int) -> int:
        rows = [{"as_of": day(number), "financing_balance": 1.0}]
        return Lake(tmp_path / "lake", create=True).land([batch(rows)], now=TODAY)[0].new

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(8))) == 8
    assert Lake(tmp_path / "lake").read("account_daily").height == 8


def test_a_catalogue_that_is_no_database_is_named(root: Path) -> None:
    (root / "catalogue.sqlite").write_text("not a database, but long enough to have a header" * 100)
    with pytest.raises(LakeError, match=r"catalogue.sqlite.*backup"):
        Lake(root)


@pytest.mark.parametrize("letter", [*"%[]|^\\", "\n", "\x7f"])
def test_a_path_that_delta_would_misread_is_refused(tmp_path: Path, letter: str) -> None:
    with pytest.raises(UsageError, match="cannot keep"):
        Lake(tmp_path / f"a{letter}b", create=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["融资融券 数据", "a b", "a#b", "a?b", "market=SSE", "a*b", "a{b,c}", "100 ％", "é", "a&b;c'd\"e<f>", "~x", "a:b"],
)
def test_a_path_with_other_letters_holds_a_lake(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    lake = Lake(root, create=True)
    lake.land([ONE], now=TODAY)
    lake.land([batch([{"as_of": day(0), "financing_balance": 2.0}])], now=TODAY)
    opened = Lake(root)
    assert opened.read("account_daily")["financing_balance"].to_list() == [2.0]
    assert (opened.history("account_daily").height, opened.quarantine().height) == (2, 1)
    opened.compact()
    assert Lake(root).read("account_daily").height == 1
    # All of it stands in that one folder: %20 for a space would have made another.
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_star_in_a_path_does_not_mean_other_folders(root: Path) -> None:
    """A copy beside it has files of the same names, which a pattern would read as well."""
    star = root.with_name("l*e")
    shutil.copytree(root, star)
    assert Lake(star).read("account_daily").height == Lake(star).history("account_daily").height == 1


def test_a_path_like_a_partition_is_not_read_as_a_column(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "market=SZSE", create=True)
    lake.land([batch([{"as_of": day(0), "market": "SSE", "financing_balance": 1.0}], MARGIN_SUMMARY)], now=TODAY)
    assert Lake(lake.root).read("margin_summary")["market"].to_list() == ["SSE"]


def test_a_link_leads_to_the_lake(root: Path) -> None:
    link = root.with_name("link")
    link.symlink_to(root)
    assert Lake(link).root == root


def test_a_relative_path_stays_the_same_lake_when_the_process_moves(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(root.parent)
    lake = Lake("lake")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert lake.read("account_daily").height == 1
