"""What clients pay comes into the book whole: as cash, as collateral, or as debt that is owed no more."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.liquidation import pay_in
from rongheng.account.liquidation.paid import PAYMENTS
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.basics.account_tables import CONTRACTS, POSITIONS
from rongheng.basics.errors import BookError
from rongheng.basics.market_day import MarketDay
from tests.depth import examples

MONDAY, TUESDAY, WEDNESDAY = (date(2025, 4, day) for day in (7, 8, 9))
YUAN = 1_000
POLICIES = PolicySet.load("exchange_only", session=WEDNESDAY)


def book() -> Book:
    """A owes 100 000 yuan for 10 000 shares at 7.2 % (20 yuan a day of 360), and fees of 500; B owes nothing."""
    accounts = [
        {"account_id": name, "client_type": "individual", "policy": "exchange_only", "cash_milli": cash * YUAN}
        | {"other_debt_milli": fees * YUAN}
        for name, cash, fees in (("A", 1_000, 500), ("B", 2_000, 0))
    ]
    positions = [{"account_id": "A", "security": "600000.SH", "quantity": 12_000}]
    contracts = [
        {"contract_id": f"C-{number}", "account_id": "A", "kind": "financing", "security": "600000.SH"}
        | {"quantity": quantity, "amount_milli": amount * YUAN, "opened": opened, "due": date(2025, 8, 1)}
        | {"rate_ppm": 72_000}
        for number, quantity, amount, opened in (
            (1, 4_000, 40_000, date(2025, 3, 3)),
            (2, 6_000, 60_000, date(2025, 3, 4)),
        )
    ]
    return Book.of(
        pl.DataFrame(accounts),
        pl.DataFrame(positions, schema_overrides=POSITIONS.schema),
        pl.DataFrame(contracts, schema_overrides={"rate_ppm": CONTRACTS.schema["rate_ppm"]}),
        session=MONDAY,
    )


def payment(account: str, day: date, *, cash: int = 0, repay: int = 0, collateral: int = 0) -> pl.DataFrame:
    row = (account, day, cash * YUAN, repay * YUAN, collateral * YUAN)
    return pl.DataFrame([row], schema=PAYMENTS, orient="row")


def debt_on(day: date, of: Book) -> int:
    market = MarketDay(
        day,
        pl.DataFrame(
            {"security": ["600000.SH"], "board": ["main"], "price_milli": [10_000], "haircut_cap_bp": [7_000]}
        ),
    )
    return int(mark(of, market, POLICIES).frame()["debt_milli"][0])


def test_a_repayment_pays_fees_then_interest_then_the_oldest_contract() -> None:
    """On Wednesday A owes 500 of fees, one day's 20 of interest, and 100 000; 30 520 leave 70 000, 10 000 of it old."""
    paid = pay_in(book(), payment("A", WEDNESDAY, repay=30_520), POLICIES)
    layout = paid.book.layout
    assert layout.other_debt_milli.tolist() == [0, 0]
    assert layout.interest_milli.tolist() == [0, 0]
    assert layout.amount_milli.tolist() == [10_000 * YUAN, 60_000 * YUAN]
    assert layout.contract_quantity.tolist() == [1_000, 6_000]
    assert layout.cash_milli.tolist() == [1_000 * YUAN, 2_000 * YUAN]
    assert paid.book.interest_through == TUESDAY
    assert debt_on(WEDNESDAY, paid.book) == 70_014 * YUAN  # what is left stands overnight, at 0.02 % a day
    assert debt_on(date(2025, 4, 10), paid.book) == 70_028 * YUAN


def test_what_is_repaid_beyond_the_debt_is_cash() -> None:
    paid = pay_in(book(), payment("A", WEDNESDAY, repay=100_600), POLICIES)
    assert paid.book.layout.n_contracts == 0
    assert paid.book.layout.cash_milli[0] == (1_000 + 80) * YUAN
    assert paid.report["beyond_debt_milli"].to_list() == [80 * YUAN]
    nothing_owed = pay_in(book(), payment("B", WEDNESDAY, repay=100), POLICIES)
    assert nothing_owed.book.layout.cash_milli[1] == 2_100 * YUAN


def test_collateral_is_laid_into_its_own_column_and_never_below_nothing() -> None:
    paid = pay_in(book(), payment("B", TUESDAY, collateral=500), POLICIES)
    assert paid.book.layout.other_collateral_milli.tolist() == [0, 500 * YUAN]
    with pytest.raises(BookError, match="Account B is said to get back more other collateral"):
        pay_in(paid.book, payment("B", WEDNESDAY, collateral=-501), POLICIES)


def test_a_payment_for_an_account_that_is_not_there_is_a_problem_and_the_rest_goes_on() -> None:
    both = pl.concat([payment("Z", TUESDAY, cash=1), payment("B", TUESDAY, cash=1)])
    paid = pay_in(book(), both, POLICIES)
    assert paid.problems["account_id"].to_list() == ["Z"]
    assert paid.book.layout.cash_milli[1] == 2_001 * YUAN


@settings(max_examples=examples(24), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B"]),
            st.sampled_from([TUESDAY, WEDNESDAY]),
            st.integers(0, 10**9),
            st.integers(0, 2 * 10**8),
            st.integers(0, 10**9),
        ),
        max_size=6,
    )
)
def test_no_money_appears_or_vanishes(rows: list[tuple[str, date, int, int, int]]) -> None:
    """Net worth on the last day rises by exactly what was paid, and by the interest that repaid debt bears no more."""
    payments = pl.DataFrame(rows, schema=PAYMENTS, orient="row")
    start = book()
    paid = pay_in(start, payments, POLICIES).book

    def worth(of: Book) -> int:
        layout = of.layout
        return int(layout.cash_milli.sum() + layout.other_collateral_milli.sum()) - debt_on(WEDNESDAY, of)

    interest_saved = worth(paid) - worth(start) - sum(cash + repay + more for _, _, cash, repay, more in rows)
    two_days_of_interest = 40 * YUAN + 2  # on all of the debt; a milli-yuan of rounding for each contract
    assert -2 <= interest_saved <= two_days_of_interest
