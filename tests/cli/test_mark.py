"""A book made, marked and explained from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import show_yuan
from rongheng.cli.options import parse_money
from tests.cli.words import Run


@pytest.fixture
def book(tmp_path: Path, rongheng: Run) -> Path:
    ran = rongheng("book", "make", "--accounts", "2_000", "--seed", "1", "--out", tmp_path / "book", "-q")
    assert ran.code == 0, ran.err
    return tmp_path / "book"


def test_a_book_that_was_made_is_marked_on_the_day_beside_it(book: Path, tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("mark", book, "--policy", "illustrative", "--out", tmp_path / "out", "--format", "json")
    assert ran.code == 0, ran.err
    assert "accounts: rows in 2,000 = marked 2,000 + quarantined 0" in ran.err
    states = [row for row in json.loads(ran.out) if row["table"] == "states"]
    rows = [row for row in states if row["state"] != "total"]
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
    parts = [term["amount"] for term in terms if not term["is_total"]]
    assert sum(parts) == pytest.approx(indebted["debt_milli"] / 1000)
    assert [term["amount"] for term in terms if term["is_total"]] == [pytest.approx(indebted["debt_milli"] / 1000)]
    assert {term["value"] for term in terms} == {indebted["debt_milli"] / 1000}
    assert all(term["article_zh"] and term["confidence_en"] and term["grade"] == "simulated" for term in terms)
    assert "no account 'S9'" in rongheng("explain", out, "S9").err
    assert "There is no number 'weight' to unfold" in rongheng(*words, "--number", "weight").err
    accounts = pl.read_parquet(book / "accounts.parquet")
    accounts.with_columns(pl.col("cash_milli") + 1).write_parquet(book / "accounts.parquet")
    ran = rongheng(*words)
    assert ran.code == 5
    assert "has changed since it was marked" in ran.err


def test_every_table_of_the_summary_is_printed_and_json_names_each(book: Path, tmp_path: Path, rongheng: Run) -> None:
    words = ("mark", book, "--out", tmp_path / "out", "--net-capital", "0.5亿元")
    printed = rongheng(*words, "--lang", "en")
    for title in ("Accounts by state", "maintenance ratio", "liquidation line", "largest position", "own limits"):
        assert title in printed.out
    rows = json.loads(rongheng(*words, "--format", "json").out)
    assert {row["table"] for row in rows} == {
        "states", "ratios", "falls", "shares", "holdings", "policies", "limits",
    }  # fmt: skip
    total = next(row for row in rows if row["table"] == "states" and row["state"] == "total")
    ratios = [row for row in rows if row["table"] == "ratios"]
    assert sum(row["debt"] for row in ratios) == pytest.approx(total["debt"])
    assert ratios[-1]["debt_so_far"] == pytest.approx(total["debt"])
    limit = next(row for row in rows if row["table"] == "limits" and row["rule"] == "csrc.broker.total_multiple")
    assert limit["against"] == 50_000_000
    assert limit["amount"] == pytest.approx(total["financing_debt"] + total["short_debt"])
    csv = rongheng(*words, "--format", "csv", "--table", "ratios").out.splitlines()
    assert len(csv) == len(ratios) + 1


def test_a_risk_officer_reads_the_explanation_in_either_language(book: Path, tmp_path: Path, rongheng: Run) -> None:
    out = tmp_path / "out"
    assert rongheng("mark", book, "--out", out).code == 0
    indebted = pl.read_parquet(out / "marks.parquet").filter(pl.col("debt_milli") > 0).row(0, named=True)
    name, debt = indebted["account_id"], show_yuan(indebted["debt_milli"])
    chinese, english = rongheng("explain", out, name).out, rongheng("explain", out, name, "--lang", "en").out
    assert f"{name} · 2026-03-02 · illustrative" in chinese
    assert f"总负债 {debt}" in chinese
    assert "上海证券交易所" in chinese
    assert f"debt {debt}" in english
    assert "Shanghai Stock Exchange" in english
    assert "null" not in english
    for line in ("exchange.maintenance_ratio.definition", "exchange.available_margin.definition"):
        assert line in chinese
        assert line in english


@pytest.mark.parametrize(
    ("typed", "milli"),
    [
        ("250亿元", 25_000_000_000_000),
        ("250 亿", 25_000_000_000_000),
        ("1.5万元", 15_000_000),
        ("1,000", 1_000_000),
        ("2_000元", 2_000_000),
        ("0.5 yuan", 500),
    ],
)
def test_an_amount_is_typed_in_yuan_or_with_its_unit(typed: str, milli: int) -> None:
    assert parse_money(typed, option="--net-capital") == milli


@pytest.mark.parametrize("typed", ["250股", "much", "亿元", "1e9", "250亿美元"])
def test_an_amount_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        parse_money(typed, option="--net-capital")


def test_gaps_of_a_named_brokers_policy_are_counted_and_graded(book: Path, tmp_path: Path, rongheng: Run) -> None:
    about = json.loads((book / "book.json").read_text(encoding="utf-8"))
    (book / "book.json").write_text(json.dumps(about | {"grade": "official"}), encoding="utf-8")
    day = json.loads((book / "day" / "day.json").read_text(encoding="utf-8"))
    (book / "day" / "day.json").write_text(json.dumps(day | {"grade": "derived"}), encoding="utf-8")
    words = ("mark", book, "--out", tmp_path / "out", "--format", "json", "--table", "policies")
    (huatai,) = json.loads(rongheng(*words, "--policy", "huatai").out)
    assert huatai["grade"] == "estimated"
    assert huatai["gaps"] > 5
    assert "haircuts" in huatai["unpublished"]
    (illustrative,) = json.loads(rongheng(*words, "--policy", "illustrative").out)
    assert (illustrative["grade"], illustrative["gaps"]) == ("derived", 0)


def test_lines_that_a_close_fixed_stay_for_the_next_session(book: Path, tmp_path: Path, rongheng: Run) -> None:
    """The row of moving lines is the one of the close, whatever the day's prices would decide."""
    close, fixed, free = tmp_path / "close", tmp_path / "fixed", tmp_path / "free"
    assert rongheng("mark", book, "--out", close).code == 0
    later = MarketDay.read(book / "day")
    fallen = later.securities.with_columns(pl.col("price_milli") * 6 // 10).drop("high_limit_milli", "low_limit_milli")
    MarketDay(date(2026, 3, 3), fallen, later.grade).write(tmp_path / "later")
    words = ("mark", book, "--day", tmp_path / "later", "--format", "json")
    assert rongheng(*words, "--out", free).code == 0
    assert rongheng(*words, "--lines-of", close, "--out", fixed).code == 0
    rows = [pl.read_parquet(folder / "marks.parquet")["line_row"] for folder in (close, fixed, free)]
    assert rows[1].equals(rows[0])
    assert not rows[2].equals(rows[0])
    changed = pl.read_parquet(fixed / "marks.parquet").filter(rows[2] != rows[0])["account_id"][0]
    assert rongheng("explain", fixed, changed).code == 0
    early = rongheng("mark", book, "--lines-of", fixed, "--out", tmp_path / "early")
    assert early.code == 2
    assert "give an earlier close" in early.err


@pytest.mark.long
def test_kernels_that_must_be_compiled_are_announced(book: Path, tmp_path: Path) -> None:
    """On a machine that has none of them; the second time they are kept."""
    words = [str(Path(sys.executable).parent / "rongheng"), "mark", str(book), "--out", str(tmp_path / "out")]
    machine = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    said = [subprocess.run(words, env=machine, capture_output=True, text=True, check=True).stderr for _ in range(2)]
    assert "compile the kernels; this is done once" in said[0]
    assert "compile" not in said[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--session", "2026-03-01"), "no trading day"),
        (("--day", "nowhere"), "day.json is not there"),
        (("--day", "d", "--session", "2026-03-02"), "leave out --lake and --session"),
        (("--lake", "nowhere"), "Which session of the lake"),
        (("--policy", "nobody"), "nobody"),
        (("--average-ratio", "0.9"), "too low"),
    ],
)
def test_what_cannot_be_made_says_why(
    tmp_path: Path, rongheng: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = rongheng("book", "make", "--accounts", "10", "--out", "book", *words)
    assert ran.code == 2, ran.err
    assert message in ran.err


def test_the_market_day_may_be_written_elsewhere_and_taken_from_there(tmp_path: Path, rongheng: Run) -> None:
    make = ("book", "make", "--accounts", "20", "-q")
    assert rongheng(*make, "--out", tmp_path / "a", "--day-out", tmp_path / "day").code == 0
    assert rongheng(*make, "--out", tmp_path / "b", "--day", tmp_path / "day", "--kernel").code == 0
    no_day = rongheng("mark", tmp_path / "a", "--out", tmp_path / "out")
    assert no_day.code == 2
    assert "no market day stands beside the book" in no_day.err
    found = []
    for book in ("a", "b"):
        out = tmp_path / f"{book}.out"
        assert rongheng("mark", tmp_path / book, "--day", tmp_path / "day", "--out", out).code == 0
        found.append(pl.read_parquet(out / "marks.parquet"))
    assert found[0].equals(found[1])


def test_marks_that_come_out_otherwise_now_are_not_explained(book: Path, tmp_path: Path, rongheng: Run) -> None:
    out = tmp_path / "out"
    assert rongheng("mark", book, "--out", out).code == 0
    marks = pl.read_parquet(out / "marks.parquet")
    marks.with_columns(pl.col("debt_milli") + 1).write_parquet(out / "marks.parquet")
    ran = rongheng("explain", out, marks["account_id"][0])
    assert ran.code == 5
    assert "comes out otherwise now" in ran.err


def test_a_database_is_converted_before_it_is_marked(tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("mark", "sqlite:///book.db", "--out", tmp_path / "out")
    assert ran.code == 2
    assert "rongheng book convert first" in ran.err
