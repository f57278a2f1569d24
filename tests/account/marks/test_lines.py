"""Accounts that stand exactly on a line, or one milli-yuan beside it, are never misjudged; cures restore exactly."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import Lines, Policy, PolicySet
from rongheng.basics.market_day import MarketDay
from tests.account.worlds import RATIOS, SESSION
from tests.depth import examples

LINES = Lines(warning_bp=15_000, call_bp=14_000, liquidation_bp=13_000, emergency_bp=11_500)
POLICY = Policy("P", withdrawal_line_bp=30_000, margin_ratios=RATIOS, lines=LINES)
DAY = MarketDay(
    SESSION,
    pl.DataFrame({"security": ["600000.SH"], "board": ["main"], "price_milli": [1], "haircut_cap_bp": [7_000]}),
)


def _marked(shares: int, debt: int, *, cash: int = 0, policy: Policy = POLICY) -> Marks:
    """Mark one account with that many shares of one milli-yuan each and that other debt."""
    accounts = pl.DataFrame(
        {
            "account_id": ["A"],
            "client_type": ["individual"],
            "policy": ["P"],
            "cash_milli": [cash],
            "other_debt_milli": [debt],
        }
    )
    positions = pl.DataFrame({"account_id": ["A"], "security": ["600000.SH"], "quantity": [shares]})
    contracts = pl.DataFrame(
        schema={
            "contract_id": pl.String,
            "account_id": pl.String,
            "kind": pl.String,
            "security": pl.String,
            "quantity": pl.Int64,
            "amount_milli": pl.Int64,
            "opened": pl.Date,
            "due": pl.Date,
            "rate_ppm": pl.Int64,
        }
    )
    book = Book.of(accounts, positions, contracts, session=SESSION)
    return mark(book, DAY, PolicySet.of(policy))


def _state(shares: int, debt: int) -> str:
    return str(_marked(shares, debt).frame()["state"][0])


@pytest.mark.parametrize(
    ("line_bp", "milder", "graver"),
    [(15_000, "normal", "warning"), (14_000, "warning", "call"), (13_000, "call", "liquidation")],
)
@pytest.mark.parametrize(
    "debt", [20_000, 7_000_000_000, 60_000_000_000]
)  # × 1.5 and less: within the side table's reach
def test_an_account_on_a_line_is_not_under_it_and_one_milli_yuan_less_is(
    line_bp: int, milder: str, graver: str, debt: int
) -> None:
    on_the_line = debt * line_bp // 10_000
    assert _state(on_the_line, debt) == milder
    assert _state(on_the_line + 1, debt) == milder
    assert _state(on_the_line - 1, debt) == graver


def test_an_account_at_exactly_300_percent_may_not_withdraw() -> None:
    assert _state(3_000_000, 1_000_000) == "normal"
    assert _state(3_000_001, 1_000_000) == "withdrawable"


@settings(max_examples=examples(24), deadline=None)
@given(st.integers(1, 10**9), st.integers(10_001, 14_999))
def test_the_cash_asked_for_restores_the_target_and_one_milli_yuan_less_does_not(debt: int, ratio_bp: int) -> None:
    shares = max(debt * ratio_bp // 10_000, 1)
    asked = int(_marked(shares, debt).frame()["cash_to_cure_milli"][0])
    assert (shares + asked) * 10_000 >= debt * 15_000
    assert (shares + asked - 1) * 10_000 < debt * 15_000


@settings(max_examples=examples(24), deadline=None)
@given(st.integers(1_000, 10**9), st.integers(10_001, 14_999), st.integers(0, 5_000))
def test_the_sale_asked_for_restores_the_target_and_one_milli_yuan_less_does_not(
    debt: int, ratio_bp: int, cost_bp: int
) -> None:
    shares, cost_ppm = debt * ratio_bp // 10_000, cost_bp * 100
    row = _marked(shares, debt, policy=replace(POLICY, sale_cost_ppm=cost_ppm)).frame().row(0, named=True)

    def restores(sale: int) -> bool:
        # assets − sale, debt − sale·(1 − c), against 150 %, in parts per million
        return (shares - sale) * 10 * 10**6 >= 15 * (debt * 10**6 - sale * (10**6 - cost_ppm))

    if row["curable"]:
        sale = row["sale_to_cure_milli"]
        assert restores(sale)
        assert sale == 0 or not restores(sale - 1)
    else:
        assert not any(restores(sale) for sale in (shares // 2, shares - 1))  # something is still owed


def test_free_cash_repays_before_anything_is_sold() -> None:
    # shares 130, cash 10, debt 100: 140/100. To 150 %: repay (150 − 140)/0.5 = 20, of which 10 from cash; then
    # 130/90: sell (135 − 130)/0.5 = 10
    row = _marked(130, 100, cash=10).frame().row(0, named=True)
    assert row["sale_to_cure_milli"] == 10
