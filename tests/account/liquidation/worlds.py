"""Small markets and accounts under water or near it, as the package reads them and as the twin does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import PolicySet
from rongheng.account.policy.enforcement import LiquidationOrder, Step, StopAt
from rongheng.account.policy.policy import Lines, Policy
from rongheng.basics.account_tables import CONTRACTS, POSITIONS
from rongheng.basics.market_day import MarketDay
from tests.account.worlds import RATIOS
from tests.reference import liquidation_twin as twin

SESSION = date(2026, 3, 2)
LOTS = {"main": (100, 100), "star": (200, 1), "bse": (100, 1), "fund": (100, 100)}
PARTICIPATION_BP = 1_000


@dataclass(frozen=True)
class Stock:
    code: str
    board: str
    price: int
    is_suspended: bool
    limit: str  # low, high, none
    amount: int | None  # average daily amount

    @property
    def room(self) -> int:
        if self.amount is None:
            return 2**62
        return self.amount * PARTICIPATION_BP // 10_000 // self.price

    @property
    def trades(self) -> bool:
        return not self.is_suspended and self.amount != 0

    def twin(self) -> twin.Security:
        least, step = LOTS[self.board]
        return twin.Security(
            value=self.price,
            sell=self.price if self.trades and self.limit != "low" else None,
            buy=self.price if self.trades and self.limit != "high" else None,
            is_share=self.board != "fund",
            least=least,
            step=step,
        )


@dataclass(frozen=True)
class Debtor:
    cash: int
    frozen: int
    positions: tuple[tuple[str, int, int], ...]  # security, quantity, held back
    loans: tuple[tuple[str, int, int, int], ...]  # security, financed quantity, amount, interest
    shorts: tuple[tuple[str, int, int], ...]  # security, quantity, proceeds


@dataclass(frozen=True)
class Fall:
    """One market and its debtors, judged by one policy."""

    stocks: tuple[Stock, ...]
    debtors: tuple[Debtor, ...]
    stop_at: StopAt
    covers_first: bool
    target_bp: int

    def day(self) -> MarketDay:
        rows = [
            {
                "security": stock.code,
                "board": stock.board,
                "price_milli": stock.price,
                "haircut_cap_bp": 6_500,
                "suspended": stock.is_suspended,
                "low_limit_milli": stock.price if stock.limit == "low" else 1,
                "high_limit_milli": stock.price if stock.limit == "high" else stock.price * 2,
                "average_amount_milli": stock.amount,
            }
            for stock in self.stocks
        ]
        return MarketDay(SESSION, pl.DataFrame(rows))

    def policy(self) -> Policy:
        sales = (Step.FINANCED_SECURITIES, Step.OTHER_COLLATERAL)
        steps = (Step.COVER_SHORTS, *sales) if self.covers_first else (*sales, Step.COVER_SHORTS)
        return Policy(
            "p",
            withdrawal_line_bp=30_000,
            margin_ratios=RATIOS,
            lines=Lines(warning_bp=15_000, liquidation_bp=13_000),
            liquidation=LiquidationOrder((Step.CANCEL_ORDERS, Step.FREE_CASH, *steps), stop_at=self.stop_at),
        )

    def marks(self) -> Marks:
        accounts: list[dict[str, Any]] = []
        positions: list[dict[str, Any]] = []
        contracts: list[dict[str, Any]] = []
        for number, debtor in enumerate(self.debtors):
            name = f"A{number}"
            proceeds = sum(amount for _, _, amount in debtor.shorts)
            accounts.append(
                {
                    "account_id": name,
                    "client_type": "individual",
                    "policy": "p",
                    "cash_milli": debtor.cash + proceeds,
                    "frozen_cash_milli": debtor.frozen,
                }
            )
            for code, quantity, held_back in debtor.positions:
                positions.append(
                    {
                        "account_id": name,
                        "security": code,
                        "quantity": quantity,
                        "available_quantity": quantity - held_back,
                        "in_transit_quantity": 0,
                        "cost_milli": None,
                    }
                )
            owed = [("financing", *loan) for loan in debtor.loans]
            owed += [("short", *short, 0) for short in debtor.shorts]
            for kind, code, quantity, amount, interest in owed:
                contracts.append(
                    {
                        "contract_id": f"C{len(contracts):03d}",
                        "account_id": name,
                        "kind": kind,
                        "security": code,
                        "quantity": quantity,
                        "amount_milli": amount,
                        "margin_ratio_bp": None,
                        "opened": date(2026, 2, 2),
                        "due": date(2026, 8, 1),
                        "rate_ppm": 0,
                        "interest_milli": interest,
                    }
                )
        book = Book.of(
            pl.DataFrame(accounts),
            pl.DataFrame(positions, schema=POSITIONS.schema),
            pl.DataFrame(contracts, schema=CONTRACTS.schema),
            session=SESSION,
        )
        return mark(book, self.day(), PolicySet.of(self.policy()))

    def twins(self, names: list[str]) -> list[twin.Account]:
        return [self._twin(int(name[1:])) for name in names]

    def _twin(self, number: int) -> twin.Account:
        debtor = self.debtors[number]
        liquid = {stock.code: (-stock.amount if stock.amount is not None else float("inf")) for stock in self.stocks}
        financed = {code for code, quantity, _, _ in debtor.loans if quantity}
        held = {code: quantity for code, quantity, _ in debtor.positions}
        return twin.Account(
            name=f"A{number}",
            cash=debtor.cash + sum(amount for _, _, amount in debtor.shorts),
            frozen=debtor.frozen,
            other=0,
            money=sum(amount + interest for _, _, amount, interest in debtor.loans),
            target=None if self.stop_at is StopAt.DEBT_REPAID else Fraction(self.target_bp, 10_000),
            held=held,
            available={code: quantity - back for code, quantity, back in debtor.positions},
            order=sorted(held, key=lambda code: (code not in financed, liquid[code], code)),
            shorts=[twin.Short(*short) for short in sorted(debtor.shorts, key=lambda short: short[0])],
            covers_first=self.covers_first,
        )


_CODES = ("000001.SZ", "300750.SZ", "510300.SH", "600000.SH", "688981.SH", "920799.BJ")
_BOARDS = ("main", "chinext", "fund", "main", "star", "bse")


@st.composite
def falls(draw: st.DrawFn, *, most: int = 3) -> Fall:
    """Draw a market, debtors whose ratio lies around their target or far under it, and a policy."""
    stocks = tuple(draw(_stocks(code, board)) for code, board in zip(_CODES, _BOARDS, strict=True))
    debtors = tuple(draw(st.lists(_debtors(stocks), min_size=1, max_size=most)))
    return Fall(
        stocks,
        debtors,
        stop_at=draw(st.sampled_from([StopAt.RESTORE_TARGET, StopAt.RESTORE_TARGET, StopAt.DEBT_REPAID])),
        covers_first=draw(st.booleans()),
        target_bp=draw(st.sampled_from([13_000, 14_000, 15_000, 10_005])),
    )


@st.composite
def _stocks(draw: st.DrawFn, code: str, board: str) -> Stock:
    tick = 1 if board == "fund" else 10
    return Stock(
        code,
        "main" if board == "chinext" else board,
        price=draw(st.integers(100, 3_000)) * tick,
        is_suspended=draw(st.sampled_from([False] * 7 + [True])),
        limit=draw(st.sampled_from(["none"] * 6 + ["low", "high"])),
        amount=draw(st.sampled_from([None, 0, 10**8, 10**9, 10**10, 10**11, 10**12])),
    )


@st.composite
def _debtors(draw: st.DrawFn, stocks: tuple[Stock, ...]) -> Debtor:
    held = draw(st.lists(st.sampled_from(stocks), min_size=1, max_size=4, unique_by=lambda stock: stock.code))
    positions = []
    for stock in held:
        quantity = draw(st.integers(1, 40)) * 100 + draw(st.sampled_from([0, 0, 37]))
        positions.append((stock.code, quantity, draw(st.sampled_from([0, 0, 0, 50, quantity]))))
    value = sum(stock.price * quantity for stock, (_, quantity, _) in zip(held, positions, strict=True))
    shorts = draw(st.lists(st.sampled_from(stocks), max_size=2))
    sold = [(stock.code, draw(st.integers(1, 10)) * 100, 0) for stock in shorts]
    sold = [
        (code, quantity, quantity * stock.price * draw(st.integers(60, 130)) // 100)
        for stock, (code, quantity, _) in zip(shorts, sold, strict=True)
    ]
    cash = draw(st.sampled_from([0, 0, value // 20, value // 3]))
    shorted = sum(stock.price * quantity for stock, (_, quantity, _) in zip(shorts, sold, strict=True))
    ratio = draw(st.one_of(st.integers(70, 105), st.integers(101, 150), st.integers(101, 200)))
    owed = max((value + cash + sum(amount for _, _, amount in sold)) * 100 // ratio - shorted, 0)
    loans = []
    if owed:
        code, quantity, _ = positions[0]
        interest = min(owed - 1, draw(st.integers(0, 10**6)))
        loans.append((code, draw(st.sampled_from([0, quantity // 2, quantity, quantity])), owed - interest, interest))
    return Debtor(cash, draw(st.sampled_from([0, cash // 2])), tuple(positions), tuple(loans), tuple(sold))
