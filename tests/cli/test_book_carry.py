"""``rongheng book carry``: a book, a file of actions, a later book, and what is on its way between two runs."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.book import open_book, write_tables
from tests.account.book.test_carry import world_of
from tests.cli.words import Run

ACTIONS = (
    "security,ex_date,pay_date,list_date,cash_per_10,bonus_per_10\n600000.SH,2024-06-20,2024-06-21,2024-06-21,3.62,3\n"
)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return the folder of a book of one account with 1,005 shares, 100 more borrowed, on 2024-06-18."""
    write_tables(world_of(held=1_005, short=100).book(), tmp_path / "book")
    (tmp_path / "actions.csv").write_text(ACTIONS, encoding="utf-8")
    return tmp_path / "book"


def test_a_book_is_carried_in_two_runs(rongheng: Run, book: Path, tmp_path: Path) -> None:
    for where, to, out in ((book, "2024-06-20", "ex"), (tmp_path / "ex", "2024-06-21", "paid")):
        ran = rongheng(
            "book", "carry", where, "--actions", tmp_path / "actions.csv", "--to", to, "--out", tmp_path / out
        )
        assert ran.code == 0, ran.err
    on_its_way = pl.read_parquet(tmp_path / "ex" / "entitlements.parquet")
    assert sorted(on_its_way["kind"].cast(pl.String)) == ["cash", "shares"]
    paid = open_book(tmp_path / "paid")
    assert paid.session == date(2024, 6, 21)
    assert paid.accounts["cash_milli"].to_list() == [363_810]  # 1,005 × 0.362
    assert paid.positions_of(0)["quantity"].to_list() == [1_306]
    assert pl.read_parquet(tmp_path / "paid" / "entitlements.parquet").is_empty()


def test_what_changed_is_counted_and_a_bad_row_is_a_problem(rongheng: Run, book: Path, tmp_path: Path) -> None:
    (tmp_path / "actions.csv").write_text(ACTIONS + "688981.SH,2024-06-20,,,much,\n", encoding="utf-8")
    words = ["book", "carry", book, "--actions", tmp_path / "actions.csv", "--to", "2024-06-21"]
    ran = rongheng(*words, "--out", tmp_path / "out", "--format", "json")
    assert ran.code == 0, ran.err
    rows = {row["what"]: row for row in json.loads(ran.out)}
    assert rows["shares_listed"]["shares"] == 301
    assert rows["compensation_owed"]["amount"] == 36.2  # 100 × 0.362
    assert "1 problems; the rest is done" in ran.err
    assert "unknown_action" in rongheng(*words, "--out", tmp_path / "again").out


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["--to", "2024-06-22", "--out", "out"], 2, "no trading day"),
        (["--to", "2024-06-18", "--out", "out"], 2, "does not lie after"),
        (["--to", "2024-06-20", "--out", "book"], 2, "is the book itself"),
    ],
)
def test_a_carrying_that_makes_no_sense_is_one_clear_error(
    rongheng: Run,
    book: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = rongheng("book", "carry", book, "--actions", "actions.csv", *words)
    assert ran.code == code
    assert complaint in ran.err


def test_a_file_of_actions_that_is_not_there_is_said(rongheng: Run, book: Path, tmp_path: Path) -> None:
    ran = rongheng("book", "carry", book, "--actions", "no.csv", "--to", "2024-06-20", "--out", tmp_path / "out")
    assert (ran.code, "no.csv" in ran.err) == (2, True)
