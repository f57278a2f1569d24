"""A cascade from the command line: tables, files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.words import Run

FALL = ("--shock=-30%", "--crowd", "500", "-q")


@pytest.fixture
def out(tmp_path: Path, rongheng: Run) -> Path:
    assert rongheng("book", "make", "--accounts", "2_000", "--seed", "1", "--out", tmp_path / "book", "-q").code == 0
    assert rongheng("mark", tmp_path / "book", "--out", tmp_path / "out", "-q").code == 0
    return tmp_path / "out"


def test_the_rounds_start_at_the_marks_and_at_the_scenario(out: Path, tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("cascade", out, *FALL, "--out", tmp_path / "tables", "--format", "json")
    assert ran.code == 0, ran.err
    before, shocked, *later = json.loads(ran.out)
    still, fallen = json.loads(rongheng("stress", out, "--grid=0%,-30%", "--format", "json", "-q").out)
    for name in ("called_accounts", "called_debt", "shortfall_accounts", "shortfall"):
        assert (before[name], shocked[name]) == (still[name], fallen[name])
    assert before["asked"] == 0
    assert later[-1]["fall"] > shocked["fall"] > 0.29
    assert later[-1]["shortfall"] >= shocked["shortfall"]
    assert later[-1]["grade"] == "simulated"
    assert "impact square-root: 3% for one day's volume" in ran.err
    assert "times that of the shock" in ran.err
    about = json.loads((tmp_path / "tables" / "cascade.json").read_text(encoding="utf-8"))
    assert about["impact"]["confidence"] == "memory 0.7"
    assert set(pl.read_parquet(tmp_path / "tables" / "summary.parquet")["impact"]) == {"model", "half", "twice"}


@pytest.mark.parametrize("table", ["sessions", "securities", "summary"])
def test_each_table_can_be_printed_and_is_the_file(out: Path, tmp_path: Path, rongheng: Run, table: str) -> None:
    ran = rongheng("cascade", out, *FALL, "--table", table, "--out", tmp_path / "tables", "--format", "json")
    assert ran.code == 0, ran.err
    assert len(json.loads(ran.out)) == pl.read_parquet(tmp_path / "tables" / f"{table}.parquet").height > 0
    assert rongheng("cascade", out, *FALL, "--table", table).code == 0


def test_the_book_that_the_sales_leave_can_be_marked(out: Path, tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("cascade", out, *FALL, "--table", "sessions", "--filled", tmp_path / "left", "--format", "json")
    assert ran.code == 0, ran.err
    repaid = sum(row["repaid"] + row["repaid_from_cash"] for row in json.loads(ran.out))
    day = ("--day", tmp_path / "book" / "day")
    assert rongheng("mark", tmp_path / "left", *day, "--out", tmp_path / "later", "-q").code == 0
    debts = [int(pl.read_parquet(tmp_path / name / "marks.parquet")["debt_milli"].sum()) for name in ("out", "later")]
    assert debts[0] - debts[1] == round(repaid * 1_000) > 0


def test_without_a_shock_nothing_is_sold(out: Path, rongheng: Run) -> None:
    ran = rongheng("cascade", out, "--shock=0%", "--format", "json", "-q")
    assert [row["asked"] for row in json.loads(ran.out)] == [0, 0]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), "either --shock or --scenario"),
        (("--shock=-10%", "--scenario", "fall_10"), "either --shock or --scenario"),
        (("--shock=-120%",), "moves by -120%"),
        (("--shock=-10%", "--impact", "lineal"), "Did you mean 'linear'"),
        (("--shock=-10%", "--days", "0"), "0 sessions"),
        (("--shock=-10%", "--crowd", "0"), "crowd of 0"),
        (("--shock=-10%", "--table", "total"), "expected one of rounds"),
        (("--shock=-10%", "--spread", "all"), "expected one of pro_rata"),
    ],
)
def test_what_cannot_be_followed_is_refused(out: Path, rongheng: Run, words: tuple[str, ...], shown: str) -> None:
    ran = rongheng("cascade", out, *words, "-q")
    assert (ran.code, ran.out) == (2, "")
    assert shown in ran.err


def test_a_file_of_models_says_where_it_is_wrong(out: Path, tmp_path: Path, rongheng: Run) -> None:
    mine = tmp_path / "mine.yaml"
    lines = [
        "- impact: mine",
        "  name: {zh: 我的, en: Mine}",
        "  form: cubic",
        "  fall_at_one_day: 5%",
        "  working: a guess",
        "  source: a test",
        "  confidence: guess",
    ]
    mine.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = rongheng("cascade", out, "--shock=-10%", "--impact", mine)
    assert (ran.code, ran.out) == (3, "")
    assert "mine.yaml:3: found form 'cubic'" in ran.err
    mine.write_text("\n".join(lines).replace("cubic", "linear").replace("5%", "500%") + "\n", encoding="utf-8")
    assert "mine.yaml:4: found a fall of 500%" in rongheng("cascade", out, "--shock=-10%", "--impact", mine).err
