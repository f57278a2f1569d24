"""Forced sales from the command line: the orders for the counter, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.words import Run


@pytest.fixture
def out(tmp_path: Path, rongheng: Run) -> Path:
    assert rongheng("book", "make", "--accounts", "3_000", "--seed", "1", "--out", tmp_path / "book", "-q").code == 0
    assert rongheng("mark", tmp_path / "book", "--out", tmp_path / "out", "-q").code == 0
    return tmp_path / "out"


def test_every_account_under_a_line_gets_a_plan_and_orders_in_yuan(out: Path, tmp_path: Path, rongheng: Run) -> None:
    plan = tmp_path / "plan"
    ran = rongheng("liquidate", out, "--state", "liquidation", "--out", plan, "--format", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    marks = pl.read_parquet(out / "marks.parquet")
    grave = marks.filter(marks["state"].cast(pl.String()).is_in(["liquidation", "emergency", "next_day", "minimum"]))
    assert {row["account_id"] for row in rows} == set(grave["account_id"])
    assert {row["grade"] for row in rows} == {"simulated"}
    orders = pl.read_csv(plan / "orders.csv", encoding="utf8-lossy", infer_schema=False)
    exact = pl.read_parquet(plan / "orders.parquet")
    assert orders["amount"][0] == f"{exact['amount_milli'][0] / 1000:.3f}"
    sales = exact.filter(exact["business"] == "sell_to_repay")["amount_milli"].sum()
    assert sum(row["sold"] for row in rows) == pytest.approx(sales / 1000)


def test_a_file_names_accounts_and_their_targets(out: Path, tmp_path: Path, rongheng: Run) -> None:
    marks = pl.read_parquet(out / "marks.parquet")
    name = marks.filter(marks["maintenance_ratio_bp"].is_between(15_500, 20_000))["account_id"][0]
    listed = tmp_path / "accounts.csv"
    listed.write_text(f"account_id,target\n{name},250%\n", encoding="utf-8")
    ran = rongheng("liquidate", out, "--accounts", listed, "--out", tmp_path / "plan", "--format", "json")
    assert ran.code == 0, ran.err
    (row,) = json.loads(ran.out)
    assert row["account_id"] == name
    assert row["target"] == 2.5


def test_a_filled_plan_leaves_a_book_that_marks(out: Path, tmp_path: Path, rongheng: Run) -> None:
    words = ("--state", "liquidation", "--participation", "100%", "--out", tmp_path / "plan")
    assert rongheng("liquidate", out, *words, "--filled", tmp_path / "after").code == 0
    day = ("--day", tmp_path / "book" / "day")
    ran = rongheng("mark", tmp_path / "after", *day, "--out", tmp_path / "again", "--format", "json")
    assert ran.code == 0, ran.err
    assert "marked 3,000 + quarantined 0" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        ((), 2, "No account is to be sold out"),
        (("--account", "nobody"), 2, "has no account 'nobody'"),
        (("--account", "S000000001", "--order", "cheapest"), 2, "--order cheapest: expected one of policy"),
        (("--state", "liquidation", "--participation", "0%"), 2, "A participation of 0 bp"),
        (("--state", "liquidation", "--participation", "ten"), 2, "found 'ten'"),
        (("--state", "liquidation", "--encoding", "latin-1"), 2, "is none of utf-8-sig, gb18030"),
        (("--accounts", "missing.csv"), 2, "missing.csv is not there"),
    ],
)
def test_what_cannot_be_is_one_clear_message(
    words: tuple[str, ...], code: int, shown: str, out: Path, tmp_path: Path, rongheng: Run
) -> None:
    ran = rongheng("liquidate", out, *words, "--out", tmp_path / "plan")
    assert (ran.code, ran.out) == (code, "")
    assert shown in ran.err
    assert not (tmp_path / "plan").exists()


def test_a_bad_target_is_named_with_its_line(out: Path, tmp_path: Path, rongheng: Run) -> None:
    listed = tmp_path / "accounts.csv"
    listed.write_text("account_id,target\nS000000001,1.4\n", encoding="utf-8")
    ran = rongheng("liquidate", out, "--accounts", listed, "--out", tmp_path / "plan")
    assert ran.code == 5
    assert f"{listed}:2: " in ran.err
    assert "140%" in ran.err
