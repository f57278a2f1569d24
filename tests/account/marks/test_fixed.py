"""Lines that a close fixed go to the same accounts of the next book, whoever came or went in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.columns import DECIDE_NOW
from rongheng.account.marks.fixed import fixed_rows_of
from rongheng.account.policy import Policy, PolicySet
from rongheng.basics.account_tables import CONTRACTS
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from tests.account.worlds import CITIC, RATIOS

CLOSE, NEXT = date(2026, 3, 2), date(2026, 3, 3)
MOVING = Policy(
    "moving", withdrawal_line_bp=30_000, margin_ratios=RATIOS, lines=CITIC.rows[0].lines, moving_lines=CITIC
)
POLICIES = PolicySet.of(MOVING, replace(MOVING, name="other"))


def _book(session: date, *accounts: dict[str, Any]) -> Book:
    """Accounts of 1 000 STAR shares each, which owe what is given."""
    rows = [{"client_type": "individual", "policy": "moving", "cash_milli": 0} | account for account in accounts]
    positions = [{"account_id": row["account_id"], "security": "688001.SH", "quantity": 1_000} for row in rows]
    none = pl.DataFrame(schema=CONTRACTS.schema)
    return Book.of(pl.DataFrame(rows), pl.DataFrame(positions), none, session=session)


def _day(session: date, price_milli: int) -> MarketDay:
    row = {"security": "688001.SH", "board": "star", "price_milli": price_milli, "haircut_cap_bp": 7_000}
    return MarketDay(session, pl.DataFrame([row]))


def _closed() -> Marks:
    """At 10 yuan each account has 10 000 yuan, all STAR: A at 200 % wakes the table, B above it does not."""
    accounts = [{"account_id": "A", "other_debt_milli": 5_000_000}, {"account_id": "B", "other_debt_milli": 4_000_000}]
    accounts += [{"account_id": "C", "other_debt_milli": 5_000_000}, {"account_id": "D", "other_debt_milli": 0}]
    return mark(_book(CLOSE, *accounts), _day(CLOSE, 10_000), POLICIES)


def test_a_row_follows_its_account_and_new_ones_decide_now() -> None:
    closed = _closed().frame()
    assert closed.select("account_id", "line_row").rows() == [("A", 4), ("B", 0), ("C", 4), ("D", 0)]
    book = _book(
        NEXT,
        {"account_id": "A", "other_debt_milli": 3_000_000},  # repaid
        {"account_id": "A2", "other_debt_milli": 5_000_000},  # new
        {"account_id": "B", "other_debt_milli": 6_000_000},  # borrowed more; C is gone
        {"account_id": "D", "other_debt_milli": 6_000_000},  # owed nothing at the close: the fixed lines held
    )
    rows = fixed_rows_of(closed, book)
    assert rows.tolist() == [4, DECIDE_NOW, 0, 0]
    marks = mark(book, _day(NEXT, 10_000), POLICIES, fixed_rows=rows).frame()
    # A at 333 % would have the fixed lines now, B and D at 166 % would have the row above 80 %
    lines = marks.select("account_id", "line_row", "liquidation_line_bp", "state").rows()
    assert lines == [
        ("A", 4, 16_000, "normal"),
        ("A2", 4, 16_000, "normal"),
        ("B", 0, 13_000, "normal"),
        ("D", 0, 13_000, "normal"),
    ]


def test_an_account_under_another_policy_decides_now() -> None:
    book = _book(NEXT, {"account_id": "A", "other_debt_milli": 5_000_000, "policy": "other"})
    assert fixed_rows_of(_closed().frame(), book).tolist() == [DECIDE_NOW]


def test_rows_that_do_not_fit_the_book_or_its_policy_are_refused() -> None:
    book = _book(NEXT, {"account_id": "A", "other_debt_milli": 5_000_000})
    with pytest.raises(UsageError, match=r"expected uint8 \(1,\)"):
        mark(book, _day(NEXT, 10_000), POLICIES, fixed_rows=np.zeros(2, dtype=np.uint8))
    with pytest.raises(UsageError, match="Account A has row 5 of lines fixed, and its policy has 4 rows"):
        mark(book, _day(NEXT, 10_000), POLICIES, fixed_rows=np.array([5], dtype=np.uint8))
