"""A book made, marked and explained from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.words import Run


@pytest.fixture
def book(tmp_path: Path, rongheng: Run) -> Path:
    ran = rongheng("book", "make", "--accounts", "2_000", "--seed", "1", "--out", tmp_path / "book", "-q")
    assert ran.code == 0, ran.err
    return tmp_path / "book"


def test_a_book_that_was_made_is_marked_on_the_day_beside_it(book: Path, tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("mark", book, "--policy", "illustrative", "--out", tmp_path / "out", "--format", "json")
    assert ran.code == 0, ran.err
    assert "rows in 2,000 = marked 2,000 + quarantined 0" in ran.err
    rows = json.loads(ran.out)
    assert sum(row["accounts"] for row in rows) == 2_000
    assert {row["grade"] for row in rows} == {"simulated"}
    marks = pl.read_parquet(tmp_path / "out" / "marks.parquet")
    assert sum(row["debt"] for row in rows) == pytest.approx(marks["debt_milli"].sum() / 1000)
    assert pl.read_parquet(tmp_path / "out" / "problems.parquet").is_empty()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["total"]["debt_milli"] == marks["debt_milli"].sum()


def test_an_account_is_explained_until_its_book_changes(book: Path, tmp_path: Path, rongheng: Run) -> None:
    out = tmp_path / "out"
    assert rongheng("mark", book, "--out", out).code == 0
    indebted = pl.read_parquet(out / "marks.parquet").filter(pl.col("debt_milli") > 0).row(0, named=True)
    words = ("explain", out, indebted["account_id"], "--format", "json")
    terms = json.loads(rongheng(*words, "--number", "debt").out)
    assert sum(term["amount"] for term in terms) == pytest.approx(indebted["debt_milli"] / 1000)
    assert "no account 'S9'" in rongheng("explain", out, "S9").err
    assert "There is no number 'weight'" in rongheng(*words, "--number", "weight").err
    accounts = pl.read_parquet(book / "accounts.parquet")
    accounts.with_columns(pl.col("cash_milli") + 1).write_parquet(book / "accounts.parquet")
    ran = rongheng(*words)
    assert ran.code == 5
    assert "has changed since it was marked" in ran.err
