"""``rongheng check-order``: what is printed, what is written, and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.account.orders.desk import MAIN, SESSION, YUAN, security
from tests.cli.words import Run

ACCOUNTS = "account_id,client_type,policy,cash_milli\nA,individual,exchange_only,100000000\nB,individual,nobody,1\n"
POSITIONS = f"account_id,security,quantity\nA,{MAIN},250\n"
CONTRACTS = "contract_id,account_id,kind,security,quantity,amount_milli,opened,due,rate_ppm\n"
BUY = ("--account", "A", "--business", "financing_buy", "--security", MAIN, "--price", "10.00")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    (folder / "day").mkdir(parents=True)
    for name, text in (("accounts", ACCOUNTS), ("positions", POSITIONS), ("contracts", CONTRACTS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "book.json").write_text(json.dumps({"session": SESSION.isoformat()}), encoding="utf-8")
    pl.DataFrame([security(MAIN)]).write_parquet(folder / "day" / "securities.parquet")
    about = {"format": 1, "session": SESSION.isoformat(), "grade": "simulated"}
    (folder / "day" / "day.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def test_an_allowed_order_ends_with_0_and_says_what_it_uses(book: Path, rongheng: Run) -> None:
    ran = rongheng("check-order", book, *BUY, "--quantity", 1_000, "--lang", "en")
    assert ran.code == 0
    assert "allowed; 10,100 shares at most; margin used ¥10,000.10, left ¥91,749.90" in ran.out
    assert "exchange.available_margin.definition" in ran.out


def test_a_refused_order_ends_with_1_and_says_what_would_make_it_pass(book: Path, rongheng: Run) -> None:
    # 100 000 of cash and 250 shares at 70 % of 10 yuan: 101 750 of margin; 12 000 shares need 120 001.20
    ran = rongheng("check-order", book, *BUY, "--quantity", 12_000, "--format", "json")
    assert ran.code == 1
    rows = {row["check"]: row for row in json.loads(ran.out)}
    assert rows["margin"]["outcome"] == "refused"
    assert rows["margin"]["to_pass_en"] == "lower to 10,100 shares; add ¥18,251.20 of cash"
    assert rows["margin"]["as_of"] == SESSION.isoformat()
    assert {row["outcome"] for name, row in rows.items() if name != "margin"} == {"passed"}


def test_labels_are_chinese_unless_asked_otherwise(book: Path, rongheng: Run) -> None:
    ran = rongheng("check-order", book, *BUY, "--quantity", 150)
    assert ran.code == 1
    assert "拒绝" in ran.out
    assert "申报数量" in ran.out
    assert "数量降至 100" in ran.out


def test_a_file_of_orders_is_answered_row_by_row_and_every_row_is_accounted_for(
    book: Path, tmp_path: Path, rongheng: Run
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_id,account_id,business,security,quantity,price_milli,amount_milli\n"
        f"1,A,financing_buy,{MAIN},1000,{10 * YUAN},\n"
        f"2,A,financing_buy,{MAIN},150,{10 * YUAN},\n"
        f"3,A,collateral_sale,{MAIN},300,,\n"
        f"4,A,withdrawal,,,,{200_000 * YUAN}\n"
        f"5,B,withdrawal,,,,1\n"
        f"6,A,financing_buy,600999.SH,100,{10 * YUAN},\n"
        f"7,A,short_sale,{MAIN},a lot,{10 * YUAN},\n",
        encoding="utf-8",
    )
    out = tmp_path / "answers.csv"
    ran = rongheng("check-order", book, "--orders", orders, "--out", out, "--format", "json")
    assert ran.code == 1
    assert {row["check"]: row["orders"] for row in json.loads(ran.out)} == {
        "available": 1,
        "cash": 1,
        "lot": 1,
        "margin": 1,
    }
    assert "orders 7 = allowed 1 + refused 3 + Problems 3" in ran.err
    answers = pl.read_csv(out)
    assert answers["allowed"].to_list() == [True, False, False, False, None, None, None]
    assert answers["refused_by_checks"].to_list()[:4] == ["", "lot", "available", "margin cash"]
    assert answers["largest_quantity"].to_list()[:4] == [10_100, 10_100, 250, None]
    assert answers["largest_amount_milli"].to_list()[3] == 100_000 * YUAN
    problems = pl.read_csv(tmp_path / "answers-problems.csv")
    assert problems.sort("row")["problem"].to_list() == ["not_marked", "unknown_security", "unreadable"]


def test_an_order_by_a_code_of_before_is_read_by_the_one_of_the_day_and_said(
    book: Path, tmp_path: Path, rongheng: Run
) -> None:
    pl.DataFrame([security("302132.SZ", board="chinext")]).write_parquet(book / "day" / "securities.parquet")
    (book / "positions.csv").write_text("account_id,security,quantity\nA,300114.SZ,200\n", encoding="utf-8")
    sale = ("--account", "A", "--business", "collateral_sale", "--security", "300114.SZ", "--quantity", 100)
    ran = rongheng("check-order", book, *sale)
    assert ran.code == 0, ran.out + ran.err
    assert "300114.SZ is read as 302132.SZ" in ran.err
    orders, out = tmp_path / "orders.csv", tmp_path / "answers.csv"
    orders.write_text("account_id,business,security,quantity\nA,collateral_sale,300114.SZ,100\n", encoding="utf-8")
    ran = rongheng("check-order", book, "--orders", orders, "--out", out)
    assert ran.code == 0, ran.out + ran.err
    assert "orders that name a security by a code of before, read by the one it has: 1" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--quantity", 1), "give --account and --business"),
        (("--account", "A", "--business", "short_sale", "--quantity", 1), "names its security"),
        (("--account", "A", "--business", "roll_over"), "give contract_id and due"),
        (
            ("--account", "A", "--business", "financing_buy", "--security", "1.SH", "--quantity", 1),
            "no security '1.SH'",
        ),
        (("--orders", "orders.csv"), "Give --out"),
    ],
)
def test_an_order_that_is_not_complete_is_refused_with_one_message(
    book: Path, rongheng: Run, words: tuple[object, ...], message: str
) -> None:
    ran = rongheng("check-order", book, *words)
    assert ran.code == 2
    assert message in ran.err


def test_an_account_that_could_not_be_marked_says_why(book: Path, rongheng: Run) -> None:
    ran = rongheng("check-order", book, "--account", "B", "--business", "withdrawal", "--amount", "0.001")
    assert ran.code == 5
    assert "nobody" in ran.err
