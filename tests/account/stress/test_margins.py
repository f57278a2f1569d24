"""Changes of terms, by hand: what margin is left, what it finances, and what interest comes to."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.mark import marked_at
from rongheng.account.policy import PolicySet
from rongheng.account.stress import Kind, Scenario, Step, find_scenarios, stress
from rongheng.account.stress.margins import margins_of
from rongheng.basics.market_day import MarketDay
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook

SESSION = date(2026, 3, 2)
RULES = Rulebook.load()
YUAN = 1_000


def scenario(key: str, *steps: Step) -> Scenario:
    return Scenario(key, Text("甲", "one"), steps)


@pytest.fixture(scope="module")
def two() -> Marks:
    """Two accounts alike, of which B has a credit line of 20,000 yuan.

    Cash 100,000; 10,000 shares at 10 yuan, 1,000 of them financed at that price; 1,000 STAR shares at 50 yuan. Both
    count for 65 %, and a new contract has 100 % (from 2026-01-19), so that the margin is
    100,000 + 0.65 × (90,000 + 50,000) − 10,000.
    """
    day = MarketDay(
        SESSION,
        pl.DataFrame(
            {
                "security": ["600000.SH", "688001.SH"],
                "board": ["main", "star"],
                "price_milli": [10_000, 50_000],
                "haircut_cap_bp": [6_500, 6_500],
            }
        ),
    )
    names = ["A", "B"]
    accounts = {"account_id": names, "client_type": "individual", "policy": "exchange_only"}
    book = Book.of(
        pl.DataFrame({**accounts, "cash_milli": 100_000 * YUAN, "credit_limit_milli": [None, 20_000 * YUAN]}),
        pl.DataFrame(
            {
                "account_id": ["A", "A", "B", "B"],
                "security": ["600000.SH", "688001.SH"] * 2,
                "quantity": [10_000, 1_000] * 2,
            }
        ),
        pl.DataFrame(
            {
                "contract_id": ["C", "D"],
                "account_id": names,
                "kind": "financing",
                "security": "600000.SH",
                "quantity": 1_000,
                "amount_milli": 10_000 * YUAN,
                "opened": date(2026, 2, 2),
                "due": date(2026, 8, 1),
                "rate_ppm": 50_000,
            }
        ),
        session=SESSION,
    )
    return mark(book, day, PolicySet.load("exchange_only", session=SESSION))


MARGIN = 181_000


@pytest.mark.parametrize(
    ("steps", "margin", "may_finance", "interest"),
    [
        ([], 2 * MARGIN, MARGIN + 10_000, 2 * 500),  # today: B's line leaves 10,000
        ([Step(Kind.FINANCING_RATIO, {"": 8_000})], 2 * MARGIN, 226_250 + 10_000, 2 * 500),  # 181,000 / 0.8
        ([Step(Kind.HAIRCUT, {"star": 3_000})], 2 * (MARGIN - 17_500), MARGIN - 17_500 + 10_000, 2 * 500),
        ([Step(Kind.HAIRCUT, {"all": 5_000, "star": 7_000})], 2 * (MARGIN - 13_500), MARGIN - 13_500 + 10_000, 2 * 500),
        ([Step(Kind.RATE, {"": 100})], 2 * MARGIN, MARGIN + 10_000, 2 * 600),
        ([Step(Kind.RATE, {"": -1_000})], 2 * MARGIN, MARGIN + 10_000, 0),  # no rate is below nothing
        (
            # 9 yuan, 45 yuan; the financed shares lose 1,000: 100,000 + 0.65 × 81,000 + 0.3 × 45,000 − 1,000 − 10,000
            [Step(Kind.ALL, {"": -1_000}), Step(Kind.HAIRCUT, {"star": 3_000})],
            2 * 155_150,
            155_150 + 10_000,
            2 * 500,
        ),
    ],
)
def test_a_change_of_terms_leaves_what_the_hand_finds(
    two: Marks, steps: list[Step], margin: int, may_finance: int, interest: int
) -> None:
    row = margins_of(two, [scenario("s", *steps)], rulebook=RULES).row(-1, named=True)
    assert row["scenario"] == ("s" if steps else "today")
    assert row["available_margin_milli"] == margin * YUAN
    assert row["may_finance_milli"] == may_finance * YUAN
    assert row["interest_a_year_milli"] == interest * YUAN
    assert row["short_of_margin_accounts"] == 0


def test_accounts_that_are_short_of_margin_are_counted_and_finance_nothing(longs: Marks) -> None:
    """They have no cash, and what they owe is a loss: if nothing they hold counts, nothing is left to any of them."""
    row = margins_of(longs, [scenario("s", Step(Kind.HAIRCUT, {"all": 0}))], rulebook=RULES).row(-1, named=True)
    assert row["short_of_margin_accounts"] == 200
    assert row["available_margin_milli"] == row["may_finance_milli"] == 0


def test_only_changes_of_terms_have_a_row_beside_today(two: Marks) -> None:
    shipped = margins_of(two, find_scenarios(()), rulebook=RULES)
    assert shipped["scenario"].to_list() == ["today", "financing_ratio_100", "dual_board_haircuts_30", "rate_up_1"]


def test_a_change_of_terms_moves_no_line(two: Marks) -> None:
    changes = [scenario("h", Step(Kind.HAIRCUT, {"all": 0})), scenario("r", Step(Kind.RATE, {"": 100})), scenario("n")]
    totals = stress(two, changes, rulebook=RULES).totals
    assert all(np.array_equal(totals.accounts[0], row) for row in totals.accounts)
    assert totals.shortfall.tolist() == [0, 0, 0]


def test_marks_at_the_same_terms_are_the_same_marks(made: Marks) -> None:
    again = marked_at(made, made.terms)
    assert again.frame().equals(made.frame())
