"""What goes first: each order of sale does what its name says, and the least impact is the least of them."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.liquidation import SaleOrder, SaleTerms, liquidate, orders_of, outcomes_of
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import PolicySet
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook import Rulebook

SESSION = date(2026, 3, 2)
RULES = Rulebook.load()
TURNOVER = {"600001.SH": 4 * 10**9, "600002.SH": 10**9, "600003.SH": 16 * 10**9}  # milli-yuan a day
COST = {"600001.SH": 20, "600002.SH": 5, "600003.SH": 12}  # yuan a share; today each is worth 10
HELD = {"600001.SH": 20_000, "600002.SH": 50_000, "600003.SH": 5_000}


def marked(policy: str = "exchange_only") -> Marks:
    day = MarketDay(
        SESSION,
        pl.DataFrame(
            {
                "security": list(TURNOVER),
                "board": "main",
                "price_milli": 10_000,
                "haircut_cap_bp": 6_500,
                "average_amount_milli": list(TURNOVER.values()),
            }
        ),
    )
    accounts = {"account_id": ["A"], "client_type": ["individual"], "policy": [policy], "cash_milli": [0]}
    positions = {
        "account_id": "A",
        "security": list(HELD),
        "quantity": list(HELD.values()),
        "cost_milli": [HELD[code] * COST[code] * 1_000 for code in HELD],
    }
    contract = {
        "contract_id": ["C"],
        "account_id": ["A"],
        "kind": ["financing"],
        "security": ["600002.SH"],
        "quantity": [50_000],
        "amount_milli": [600_000_000],
        "opened": [date(2026, 2, 2)],
        "due": [date(2026, 8, 1)],
        "rate_ppm": [0],
    }
    book = Book.of(pl.DataFrame(accounts), pl.DataFrame(positions), pl.DataFrame(contract), session=SESSION)
    return mark(book, day, PolicySet.load(policy, session=SESSION))


def sold(order: SaleOrder, target_bp: int = 13_000) -> dict[str, int]:
    plan = liquidate(marked(), {"A": target_bp}, rulebook=RULES, order=order, terms=SaleTerms(participation_bp=10_000))
    assert outcomes_of(plan)["outcome"].to_list() == ["reached"]
    frame = orders_of(plan).group_by("security", maintain_order=True).agg(pl.col("quantity").sum())
    return dict(frame.iter_rows())


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (SaleOrder.MOST_LIQUID, "600003.SH"),
        (SaleOrder.LARGEST, "600002.SH"),
        (SaleOrder.FINANCED_FIRST, "600002.SH"),
        (SaleOrder.POLICY, "600002.SH"),
        (SaleOrder.LOSERS_FIRST, "600001.SH"),  # it has lost half of its cost; 600003 a sixth; 600002 has doubled
    ],
)
def test_an_order_sells_what_its_name_says_first(order: SaleOrder, first: str) -> None:
    assert next(iter(sold(order))) == first


def impact(quantities: dict[str, int]) -> float:
    """The expected impact of a square-root law: for each security amount × √(amount / turnover)."""
    amounts = {code: quantity * 10_000 for code, quantity in quantities.items()}
    return sum(amount**1.5 / TURNOVER[code] ** 0.5 for code, amount in amounts.items())


def test_least_impact_sells_in_proportion_to_turnover_and_is_the_least() -> None:
    spread = sold(SaleOrder.LEAST_IMPACT)
    # 600003 is sold out; of the rest 600001 has four times the turnover of 600002
    assert spread["600003.SH"] == HELD["600003.SH"]
    assert abs(spread["600001.SH"] - 4 * spread["600002.SH"]) <= 500
    others = [impact(sold(order)) for order in SaleOrder if order is not SaleOrder.LEAST_IMPACT]
    assert impact(spread) < min(others)


def test_no_split_in_lots_of_a_thousand_has_less_impact() -> None:
    spread = sold(SaleOrder.LEAST_IMPACT)
    total = sum(spread.values())
    lots = range(0, total + 1, 1_000)
    best = min(
        impact({"600001.SH": a, "600002.SH": total - a - c, "600003.SH": c})
        for a in lots
        for c in lots
        if a <= HELD["600001.SH"] and c <= HELD["600003.SH"] and 0 <= total - a - c <= HELD["600002.SH"]
    )
    assert impact(spread) <= best * 1.001


def test_who_owes_nothing_or_has_no_target_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="Account A has no ratio to be restored"):
        liquidate(marked(), ["A"], rulebook=RULES)
    with pytest.raises(UsageError, match="no account 'B'"):
        liquidate(marked(), {"B": 13_000}, rulebook=RULES)


@pytest.mark.parametrize("participation", [0, 10_001])
def test_a_participation_outside_nothing_to_all_is_refused(participation: int) -> None:
    with pytest.raises(UsageError, match="participation"):
        SaleTerms(participation_bp=participation)
