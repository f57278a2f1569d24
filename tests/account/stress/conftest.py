"""Synthetic books for laws that need many accounts."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.market_day import MarketDay

SESSION = date(2026, 3, 2)


@pytest.fixture(scope="session")
def made() -> Marks:
    """A synthetic book with shorts and moving lines."""
    day = make_day(SESSION, securities=300)
    return mark(make_book(Recipe(4_000, seed=3, policy="citic"), day), day, PolicySet.load("citic", session=SESSION))


@pytest.fixture(scope="session")
def longs() -> Marks:
    """Two hundred accounts that hold 600000.SH and 688001.SH and owe money, at ratios of 120 % and more."""
    day = MarketDay(
        SESSION,
        pl.DataFrame(
            {
                "security": ["600000.SH", "688001.SH"],
                "board": ["main", "star"],
                "price_milli": [10_000, 50_000],
                "haircut_cap_bp": [6_500, 6_500],
                "average_amount_milli": [2 * 10**9, 10**9],
            }
        ),
    )
    numbers = range(200)
    names = [f"A{number:03d}" for number in numbers]
    accounts = {"account_id": names, "client_type": "individual", "policy": "illustrative", "cash_milli": 0}
    positions = {
        "account_id": [name for name in names for _ in range(2)],
        "security": ["600000.SH", "688001.SH"] * len(names),
        "quantity": [1_000, 200] * len(names),  # 10,000 yuan of each
    }
    contracts = {
        "contract_id": [f"C{number}" for number in numbers],
        "account_id": names,
        "kind": "financing",
        "security": "600000.SH",
        "quantity": 0,
        "amount_milli": [20_000_000 * 100 // (120 + number) for number in numbers],
        "opened": date(2026, 2, 2),
        "due": date(2026, 8, 1),
        "rate_ppm": 0,
    }
    book = Book.of(pl.DataFrame(accounts), pl.DataFrame(positions), pl.DataFrame(contracts), session=SESSION)
    return mark(book, day, PolicySet.load("illustrative", session=SESSION))
