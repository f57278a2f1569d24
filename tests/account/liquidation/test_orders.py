"""What goes first: each order of sale does what its name says, and the least impact is the least of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.liquidation import SaleOrder, SaleTerms, fill, liquidate, orders_of, outcomes_of
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
    return float(sum(amount**1.5 / TURNOVER[code] ** 0.5 for code, amount in amounts.items()))


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


def two_accounts(*, shorts: bool) -> Marks:
    """B is deeper under water than A; both hold, or owe, the same share, of which 1,000 may be traded a day."""
    day = MarketDay(
        SESSION,
        pl.DataFrame(
            {
                "security": ["600001.SH"],
                "board": "main",
                "price_milli": 10_000,
                "haircut_cap_bp": 6_500,
                "average_amount_milli": [10**8],  # a tenth of it is 10 000 yuan
            }
        ),
    )
    frames = _owing_shares() if shorts else _owing_money()
    book = Book.of(*frames, session=SESSION)
    return mark(book, day, PolicySet.load("exchange_only", session=SESSION))


def _owing_money() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    accounts = _accounts(cash=[0, 0])
    positions = pl.DataFrame({"account_id": ["A", "B"], "security": "600001.SH", "quantity": [10_000, 10_000]})
    return accounts, positions, _contracts("financing", {"A": [80_000], "B": [85_000]}, quantity=10_000)


def _owing_shares() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    positions = pl.DataFrame(schema={"account_id": pl.String, "security": pl.String, "quantity": pl.Int64})
    shorts = {"A": [6_000, 6_000], "B": [6_000, 6_000]}  # two contracts of 600 shares each, sold at 10
    return _accounts(cash=[15_000, 14_000]), positions, _contracts("short", shorts, quantity=600)


def _accounts(cash: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": ["A", "B"],
            "client_type": "individual",
            "policy": "exchange_only",
            "cash_milli": [amount * 1_000 for amount in cash],
        }
    )


def _contracts(kind: str, amounts: dict[str, list[int]], *, quantity: int) -> pl.DataFrame:
    rows = [(account, amount) for account, several in amounts.items() for amount in several]
    return pl.DataFrame(
        {
            "contract_id": [f"C{number}" for number in range(len(rows))],
            "account_id": [account for account, _ in rows],
            "kind": kind,
            "security": "600001.SH",
            "quantity": quantity,
            "amount_milli": [amount * 1_000 for _, amount in rows],
            "opened": date(2026, 2, 2),
            "due": date(2026, 8, 1),
            "rate_ppm": 0,
        }
    )


def test_accounts_share_a_days_room_and_the_deepest_goes_first() -> None:
    # A needs (1.3 × 80 000 − 100 000) / 0.3 and costs, 1 400 shares; B (110 500 − 100 000) / 0.3, more than the day has
    orders = orders_of(liquidate(two_accounts(shorts=False), {"A": 13_000, "B": 13_000}, rulebook=RULES))
    assert orders.select("account_id", "quantity").rows() == [("B", 1_000)]


def test_two_shorts_of_one_share_take_from_the_same_room() -> None:
    # B must buy back (1.3 × 12 000 − 14 000) / 3 a share, 600 and more; A 200: together the day's 1 000 and no more
    marks = two_accounts(shorts=True)
    orders = orders_of(liquidate(marks, {"A": 20_000, "B": 20_000}, rulebook=RULES))
    assert orders["account_id"].to_list() == ["B", "B"]
    assert orders["quantity"].to_list() == [600, 400]


def test_what_is_filled_leaves_contracts_that_a_book_can_hold() -> None:
    """All shares are sold and the debt is not covered: the contract keeps what is owed and no share."""
    marks = two_accounts(shorts=False)
    plan = liquidate(
        marks, {"B": 90_000}, rulebook=RULES, terms=SaleTerms(participation_bp=10_000), order=SaleOrder.LARGEST
    )
    layout = fill(plan).layout
    sold = 10_000 - layout.quantities(0, layout.n_positions)[1:].sum()
    assert sold == orders_of(plan)["quantity"].sum()
    assert layout.contract_quantity[-1] <= 10_000 - sold


def test_the_fee_of_a_short_that_is_bought_back_stays_owed() -> None:
    """There is no free cash to pay the fees; a thousand shares are bought back, which closes the first contract."""
    _, positions, contracts = _owing_shares()
    rows = contracts.filter(pl.col("account_id") == "B").with_columns(interest_milli=pl.lit(70_000))
    accounts = _accounts(cash=[0, 12_000]).filter(pl.col("account_id") == "B")
    marks = mark(
        Book.of(accounts, positions, rows, session=SESSION),
        two_accounts(shorts=True).day,
        PolicySet.load("exchange_only", session=SESSION),
    )
    filled = fill(liquidate(marks, {"B": 20_000}, rulebook=RULES))
    assert filled.layout.contract_quantity.tolist() == [200]
    assert filled.layout.interest_milli.tolist() == [70_000]
    assert filled.layout.other_debt_milli.tolist() == [70_000]
    again = mark(filled, marks.day, marks.policies).frame().row(0, named=True)
    assert again["debt_milli"] == 200 * 10_000 + 140_000


def test_no_day_of_interest_is_charged_twice_where_policies_count_differently() -> None:
    """Principal 365 000 yuan at 10 % is 100 a day. ``counts`` has the 2nd in its mark, ``leaves_out`` has not.

    Both sell at 10 yuan on the 2nd. On the 3rd ``counts`` owes one day more than it was left with, that of the 3rd, and
    ``leaves_out`` one day too, that of the 2nd, each on the principal that is left, rounded up.
    """
    first = PolicySet.load("exchange_only", session=SESSION)["exchange_only"]
    terms = {"counts": False, "leaves_out": True}
    policies = {
        name: replace(first, name=name, interest=replace(first.interest, last_day_out=out, basis_days=365))
        for name, out in terms.items()
    }
    security = {"security": ["600001.SH"], "board": ["main"], "price_milli": [10_000], "haircut_cap_bp": [6_500]}
    day = MarketDay(SESSION, pl.DataFrame(security | {"average_amount_milli": [10**12]}))
    accounts = {"account_id": ["A", "B"], "client_type": "individual", "policy": list(terms), "cash_milli": 0}
    contracts = {"contract_id": ["C", "D"], "account_id": ["A", "B"], "kind": "financing", "security": "600001.SH"}
    owed = {"quantity": 0, "amount_milli": 365_000_000, "opened": date(2026, 2, 2), "due": date(2026, 8, 1)}
    book = Book.of(
        pl.DataFrame(accounts),
        pl.DataFrame({"account_id": ["A", "B"], "security": "600001.SH", "quantity": 44_000}),
        pl.DataFrame({**contracts, **owed, "rate_ppm": 100_000}),
        session=date(2026, 3, 1),
    )
    filled = fill(liquidate(mark(book, day, policies), {"A": 13_000, "B": 13_000}, rulebook=RULES))
    assert filled.accounts["interest_through"].to_list() == [SESSION, None]
    left = filled.layout.amount_milli + filled.layout.interest_milli
    a_day = [-(-int(amount) * 100_000 // (365 * 10**6)) for amount in filled.layout.amount_milli]
    assert all(0 < day_milli < 100_000 for day_milli in a_day)
    next_day = MarketDay(date(2026, 3, 3), day.securities)
    assert mark(filled, next_day, policies).debts.debt.tolist() == (left + a_day).tolist()
    assert mark(filled, day, policies).debts.debt.tolist() == left.tolist()
