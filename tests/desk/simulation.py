"""Months on a desk, by a seed: prices walk and crash, shares are suspended, clients pay or do not, closes are killed.

What lives here: the days and what is written down of them. What does not: the laws (``test_simulation.py``). Everything
runs through the production desk: its books, its ledger, its closes, its plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import polars as pl

from rongheng.account.book import Book, open_book, write_tables
from rongheng.account.calls import MATURITY, Action, Answer, Decision, Payment, Status, moment
from rongheng.account.liquidation import SaleOrder
from rongheng.basics.calendar import calendar
from rongheng.basics.market_day import MarketDay
from rongheng.desk.calls import officers
from rongheng.desk.calls.judging import judge
from rongheng.desk.calls.listing import Which, list_calls
from rongheng.desk.closing import staging
from rongheng.desk.closing.close import Closed, close_book
from rongheng.desk.closing.request import Request
from rongheng.desk.forced_sales import Chosen, liquidate_book
from rongheng.desk.ledger import Entry, Ledger

FIRST = date(2025, 1, 6)
NOW = datetime(2025, 1, 6, 12, 0, tzinfo=UTC)
YUAN = 1_000
SECURITIES = {"000001.SZ": "main", "300001.SZ": "chinext", "600000.SH": "main", "688001.SH": "star"}
LIMIT_PERCENT = {"main": 10, "chinext": 20, "star": 20}
POLICIES = ("guosen", "illustrative", "exchange_only")
SECOND = Entry("answer", "Li", "seen", NOW)
FIRST_OFFICER = Entry("pay", "Wang", "the simulation", NOW)


class Killed(BaseException):
    """The process dies here; nothing in the product may catch it."""


@dataclass
class Sum:
    """The amounts of a book, in milli-yuan and shares."""

    cash: int
    collateral: int
    owed: int
    shares: int

    @classmethod
    def of(cls, book: Book) -> Sum:
        layout = book.layout
        owed = layout.other_debt_milli.sum() + layout.amount_milli.sum() + layout.interest_milli.sum()
        return cls(
            cash=int(layout.cash_milli.sum()),
            collateral=int(layout.other_collateral_milli.sum()),
            owed=int(owed),
            shares=int(layout.quantities(0, layout.n_positions).sum()),
        )


@dataclass
class Day:
    """One session as it went: the book that it began with, its dossier, and the book that it left."""

    session: date
    before: Sum
    closed: Closed
    marked: Sum
    after: Sum
    orders: pl.DataFrame  # of the plan, where it was filled


@dataclass
class Desk:
    """A broker's desk under simulation."""

    folder: Path
    seed: int
    accounts: int = 16
    kill_rate: float = 0.15
    prices: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SECURITIES, 10_000))
    suspended: dict[str, int] = field(default_factory=dict)  # security -> sessions still to go
    kills: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.book = self.folder / "book"
        write_tables(self._first_book(), self.book)
        self.ledger = Ledger.open(self.folder / "ledger.db", create=NOW)

    def days(self, count: int) -> Iterator[Day]:
        """Live through so many sessions."""
        session = FIRST
        for number in range(count):
            if number:
                session = calendar().offset(session, 1)
                self._morning(session)
            yield self._evening(session)

    def _first_book(self) -> Book:
        accounts, positions, contracts = [], [], []
        for number in range(self.accounts):
            name = f"A-{number:02}"
            held = self.random.sample(sorted(SECURITIES), self.random.randint(1, 3))
            accounts.append(
                {"account_id": name, "client_type": "individual", "policy": self.random.choice(POLICIES)}
                | {"cash_milli": self.random.randint(0, 20_000) * YUAN, "permissions": "star,chinext"}
            )
            for code in held:
                quantity = self.random.randint(20, 200) * 100
                positions.append({"account_id": name, "security": code, "quantity": quantity})
                debt = quantity * 10 * self.random.randint(45, 72) // 100
                contracts.append(
                    {"contract_id": f"C-{name}-{code}", "account_id": name, "kind": "financing", "security": code}
                    | {"quantity": quantity, "amount_milli": debt * YUAN, "opened": date(2024, 12, 2)}
                    | {"due": date(2025, 5, 30), "rate_ppm": 0}
                )
        return Book.of(pl.DataFrame(accounts), pl.DataFrame(positions), pl.DataFrame(contracts), session=FIRST)

    def _morning(self, session: date) -> None:
        """Let some of the called clients pay, post a house or get more time, and judge the deadlines of 11:30."""
        asked = list_calls(self.ledger, Which.ALL).rows
        for row in asked.iter_rows(named=True):
            missing = row["cash_missing_milli"] or 0
            if row["debt_milli"] and missing and self.random.random() < 0.35:
                self._act(row["account_id"], session, missing, row["debt_milli"])
        judge(self.ledger, moment(session, time(11, 30)), FIRST_OFFICER)

    def _act(self, account: str, session: date, missing: int, debt: int) -> None:
        some = missing * self.random.choice((30, 100, 130)) // 100 + 1
        at = moment(session, time(10, 0))
        match self.random.choice(("cash", "cash", "repay", "house", "time")):
            case "time":
                self._give_time(account, at)
            case "house":
                self._decide(Decision(Action.COLLATERAL, account, at, collateral_milli=some, what="a house"))
            case "cash":
                officers.pay(self.ledger, Payment(account, at, cash_milli=some), FIRST_OFFICER)
            case _:
                officers.pay(self.ledger, Payment(account, at, repay_milli=min(some, debt)), FIRST_OFFICER)

    def _give_time(self, account: str, at: datetime) -> None:
        """Extend an open call by two sessions; what has lapsed, or is a contract's end, gets no more time."""
        with self.ledger.reading() as now:
            demands = now.state_after(now.head().number).demands
        calls = demands.filter(pl.col("line") != MATURITY, account_id=account, status=Status.OPEN.value)
        if calls.height:
            until = calendar().offset(calls["due"].dt.date().to_list()[-1], 6)
            self._decide(Decision(Action.EXTEND, account, at, until=until, what="asked for it"))

    def _decide(self, decision: Decision) -> None:
        """Decide, with a second person's approval where the policy asks for it."""
        if officers.decide(self.ledger, decision, FIRST_OFFICER).waits:
            later = decision.at + timedelta(minutes=30)
            officers.answer(self.ledger, Answer(decision.account_id, later, by="Li", approve=True), SECOND)

    def _evening(self, session: date) -> Day:
        before = Sum.of(open_book(self.book))
        closed = self._close(session)
        marked = open_book(closed.dossier / "book")
        orders = self._fill(closed)
        return Day(session, before, closed, Sum.of(marked), Sum.of(open_book(self.book)), orders)

    def _close(self, session: date) -> Closed:
        """Close the session, killed now and then, and taken up again until it is done."""
        day = self.folder / f"day-{session}"
        self._market(session).write(day)
        out = self.folder / f"dossier-{session}"
        request = Request(book=self.book, session=session, out=out, ledger=str(self.folder / "ledger.db"), day=day)
        while True:
            wait = self.random.randint(1, 13) if self.random.random() < self.kill_rate else 0
            try:
                with killed_before_wait(wait):
                    return close_book(request, now=NOW, by="Wang")
            except Killed:
                self.kills += 1

    def _market(self, session: date) -> MarketDay:
        """Return the day's prices: a walk, at times a crash to the lower limit of everything; suspended ones stand."""
        crash, rows = self.random.random() < 0.12, []
        for code, board in SECURITIES.items():
            last = self.prices[code]
            low, high = (last * (100 + sign * LIMIT_PERCENT[board]) // 100 // 10 * 10 for sign in (-1, 1))
            left = self.suspended.get(code, 0)
            if left:
                self.suspended[code] = left - 1
            elif self.random.random() < 0.03:
                self.suspended[code] = self.random.randint(1, 6)
            is_suspended = self.suspended.get(code, 0) > 0
            move = -LIMIT_PERCENT[board] if crash else self.random.randint(-4, 4)
            price = last if is_suspended else max(last * (100 + move) // 100 // 10 * 10, low, 500)
            self.prices[code] = price
            rows.append(
                {"security": code, "board": board, "price_milli": price, "previous_close_milli": last}
                | {"low_limit_milli": low, "high_limit_milli": high, "suspended": is_suspended}
                | {"haircut_cap_bp": 6_500, "average_amount_milli": 300_000 * YUAN}
            )
        return MarketDay(session, pl.DataFrame(rows))

    def _fill(self, closed: Closed) -> pl.DataFrame:
        """Let the counter fill the plan, or nothing of it; the next day begins with the book that is left."""
        accounts = closed.dossier / "plan" / "accounts.csv"
        self.book = closed.dossier / "book"
        orders = pl.read_parquet(closed.dossier / "plan" / "orders.parquet")
        if len(accounts.read_text().splitlines()) == 1 or self.random.random() < 0.2:
            return orders.clear()
        filled = self.folder / f"filled-{closed.dossier.name}"
        sales = liquidate_book(
            closed.dossier / "marks",
            self.folder / f"fills-{closed.dossier.name}",
            chosen=Chosen(file=accounts),
            order=SaleOrder.POLICY,
            filled=filled,
        )
        self.book = filled
        return sales.orders


class killed_before_wait:  # noqa: N801  reads as what happens
    """Within this the process dies before its given wait for a folder on disk; 0 lets it live."""

    def __init__(self, number: int) -> None:
        self._left, self._real = number, staging._sync

    def __enter__(self) -> None:
        staging._sync = self._sync

    def __exit__(self, *_: object) -> None:
        staging._sync = self._real

    def _sync(self, path: Path) -> None:
        if path.is_dir():
            self._left -= 1
            if self._left == 0:
                raise Killed
        self._real(path)
