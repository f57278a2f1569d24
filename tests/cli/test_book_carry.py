"""``rongheng book carry``: a book, a file of actions, a later book, and what is on its way between two runs."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.book import open_book, write_tables
from rongheng.basics.market_day import MarketDay
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
    assert paid.layout.cash_milli.tolist() == [363_810]  # 1,005 × 0.362
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


def test_a_book_that_goes_over_a_change_of_code_says_so_and_is_marked_by_the_new_one(
    rongheng: Run, tmp_path: Path
) -> None:
    """1,000 shares of 430017 are held on the last session before it became 920017, which costs 10.00 the day after."""
    book, day = tmp_path / "book", tmp_path / "day"
    book.mkdir()
    for name, text in {
        "accounts.csv": "account_id,client_type,policy,cash_milli\nA,individual,exchange_only,0\n",
        "positions.csv": "account_id,security,quantity\nA,430017.BJ,1000\n",
        "contracts.csv": "contract_id,account_id,kind,security,quantity,amount_milli,opened,due,rate_ppm\n"
        "C,A,financing,430017.BJ,1000,5000000,2025-06-03,2025-12-03,0\n",
        "book.json": '{"session": "2025-09-30"}',
    }.items():
        (book / name).write_text(text, encoding="utf-8")
    security = {"security": "920017.BJ", "board": "bse", "price_milli": 10_000, "haircut_cap_bp": 6_500}
    MarketDay(date(2025, 10, 9), pl.DataFrame([security])).write(day)
    ran = rongheng("book", "carry", book, "--to", "2025-10-09", "--out", tmp_path / "later")
    assert ran.code == 0, ran.err
    assert "430017.BJ → 920017.BJ: 2" in ran.err
    for folder in ("book", "later"):  # a book of before is marked by the day's codes too
        out = tmp_path / f"marks-{folder}"
        marked = rongheng("mark", tmp_path / folder, "--day", day, "--out", out)
        assert marked.code == 0, marked.err
        assert ("430017.BJ → 920017.BJ: 2" in marked.err) is (folder == "book")
        (row,) = pl.read_parquet(out / "marks.parquet").to_dicts()
        # 1,000 × 10.00 against 5,000 yuan of debt
        assert (row["largest_security"], row["maintenance_ratio_bp"]) == ("920017.BJ", 20_000)


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
