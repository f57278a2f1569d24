"""Scenarios from the command line: tables, files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.words import Run


@pytest.fixture
def out(tmp_path: Path, rongheng: Run) -> Path:
    assert rongheng("book", "make", "--accounts", "2_000", "--seed", "1", "--out", tmp_path / "book", "-q").code == 0
    assert rongheng("mark", tmp_path / "book", "--out", tmp_path / "out", "-q").code == 0
    return tmp_path / "out"


def test_a_move_of_nothing_is_the_marks_and_a_fall_is_worse(out: Path, tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("stress", out, "--grid=0%,-40%", "--out", tmp_path / "tables", "--format", "json")
    assert ran.code == 0, ran.err
    still, fallen = json.loads(ran.out)
    marks = pl.read_parquet(out / "marks.parquet").filter(pl.col("debt_milli") > 0)
    grave = marks.filter(pl.col("state").cast(pl.String).is_in(["liquidation", "emergency", "next_day", "minimum"]))
    assert still["called_accounts"] == grave.height
    assert still["debt"] == marks["debt_milli"].sum() / 1000
    assert still["cash_needed"] == grave["cash_to_cure_milli"].sum() / 1000
    assert fallen["called_accounts"] > still["called_accounts"]
    assert fallen["shortfall"] > 0
    assert fallen["grade"] == "simulated"
    sales = pl.read_parquet(tmp_path / "tables" / "sales.parquet")
    assert set(sales["scenario"]) == {"all+0%", "all-40%"}
    assert (sales["days_of_volume_hundredths"].drop_nulls() > 0).all()


def test_clients_and_removals_are_tables_of_todays_book(out: Path, rongheng: Run) -> None:
    for table, columns in (
        ("clients", {"account_id", "shortfall_fall_30", "shortfall_fall_50"}),
        ("removals", {"security", "called_debt_more", "shortfall_more"}),
    ):
        ran = rongheng("stress", out, "--grid=0%", "--table", table, "--format", "json")
        assert ran.code == 0, ran.err
        rows = json.loads(ran.out)
        assert rows
        assert columns < set(rows[0])


def test_what_a_scenario_cannot_say_is_refused_with_its_line(out: Path, tmp_path: Path, rongheng: Run) -> None:
    mine = tmp_path / "mine.yaml"
    head = "- scenario: mine\n  name: {zh: 我的, en: Mine}\n  source: a test\n  steps:\n"
    mine.write_text(head + "    - all: -120%\n", encoding="utf-8")
    ran = rongheng("stress", out, "--scenario", mine)
    assert (ran.code, ran.out) == (2, "")
    assert "mine.yaml:5: all moves by -120%" in ran.err
    mine.write_text(head + "    - security: {999999.SH: -10%}\n", encoding="utf-8")
    ran = rongheng("stress", out, "--scenario", mine)
    assert (ran.code, ran.out) == (2, "")
    assert "mine.yaml:5: found the security '999999.SH'" in ran.err


def test_the_smallest_fall_is_shown_beside_the_one_before(out: Path, rongheng: Run) -> None:
    ran = rongheng("stress", out, "--reverse", "all", "--called-debt", "20%", "--format", "json")
    assert ran.code == 0, ran.err
    before, there = json.loads(ran.out)
    assert (before["reaches"], there["reaches"]) == (False, True)
    assert before["called_debt"] < 0.2 * before["debt"]
    assert there["called_debt"] >= 0.2 * there["debt"]
    ran = rongheng("stress", out, "--reverse", "all", "--loss", "1000亿元")
    assert ran.code == 0, ran.err
    assert "not even a fall of 100% reaches that" in ran.err


def test_a_search_without_a_target_or_beside_scenarios_is_refused(out: Path, rongheng: Run) -> None:
    for words, shown in (
        (["--reverse", "all"], "needs one target"),
        (["--reverse", "all", "--grid=-10%"], "without --scenario and --grid"),
        (["--loss", "1万元"], "are targets of --reverse"),
        (["--reverse", "everything", "--loss", "1万元"], "expected one of all, index"),
    ):
        ran = rongheng("stress", out, *words)
        assert (ran.code, ran.out) == (2, "")
        assert shown in ran.err
