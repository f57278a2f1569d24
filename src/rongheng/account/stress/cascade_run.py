"""A cascade under way: sessions, and the rounds in which a session's prices and sales are found.

What lives here: the loop, and the book as sales leave it. What does not: what is asked and answered (``cascade.py``),
the pass over the accounts (``cascade_kernels.py``) and models of impact (``impact.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book.layout import spans, starts_of
from rongheng.account.liquidation.venue import UNLIMITED
from rongheng.account.marks import Marks
from rongheng.account.marks.arithmetic import NULL
from rongheng.account.marks.columns import DECIDE_NOW, TermsIn
from rongheng.account.marks.inputs import read_only
from rongheng.account.marks.lean import JudgedOut, judge_indebted
from rongheng.account.marks.mark import over_shards
from rongheng.account.stress.cascade_kernels import (
    Accounts,
    FillOut,
    MarketIn,
    RoundOut,
    Taken,
    ask,
    fill_sales,
    note_due,
)
from rongheng.account.stress.cascade_result import Cascade, Round, Session
from rongheng.account.stress.grid import kernel_inputs
from rongheng.account.stress.impact import Depth
from rongheng.account.stress.kernels import FORCED
from rongheng.account.stress.scenario import Scenario
from rongheng.account.stress.shocked import Ground, moved
from rongheng.basics.account_tables import State
from rongheng.basics.money import BP, PPM

Int64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Out = TypeVar("Out", bound=NamedTuple)
_FITS: Final = 2.0**62  # a float sum of values below it says that the exact one fits into int64


class Run:
    """One cascade under way: the book as sales leave it, and what has been noted so far."""

    def __init__(self, marks: Marks, ground: Ground, depth: Depth, market: MarketIn, *, threads: int) -> None:
        self.marks, self.ground, self.depth, self.market, self.threads = marks, ground, depth, market, threads
        self.count = marks.terms.n_securities
        self.most_positions = int(np.diff(marks.book.layout.starts).max(initial=1))
        undue, self.terms = _accounts(marks)
        self.accounts = self._with_due(undue)
        self.seen = read_only(undue.holdings)  # the same columns, as every lean mark has them
        self.held = _held(self.accounts, len(ground.price_milli), self.count)
        self.rounds: list[Round] = []
        self.sessions: list[Session] = []
        self.sold, self.asked, self.at_limit = (np.zeros(self.count, dtype=np.int64) for _ in range(3))
        self.beyond = 0

    def bar(self, suspended: Bools) -> None:
        """Sell nothing from now on of what the scenario suspends: [code, scenario], or no rows."""
        if len(suspended):
            self.market = self.market._replace(is_barred=self.market.is_barred | suspended[:, 0])

    def through(self, shocked: Int64, scenario: Scenario, sessions: int) -> Cascade:
        """Run the sessions after the shock."""
        price = shocked
        self._round(0, 0, self.ground.price_milli)
        asked = self._round(0, 1, price)
        for number in range(1, sessions + 1):
            if not asked.any():
                break
            price, left = self._session(number, price, asked)
            if not left or number == sessions:
                break
            asked = self._round(number + 1, 0, price)
        return self._result(shocked, price, scenario)

    def _session(self, number: int, opening: Int64, asked: Int64) -> tuple[Int64, int]:
        """Run one session; return its last prices, and the value that is left to sell."""
        floor = np.minimum(moved(opening, -self.ground.limit_bp, self.ground.tick_milli), opening)
        price, rounds = opening, 0
        while True:
            self.asked = np.maximum(self.asked, asked)
            lower = np.minimum(price, self._led_to(asked, opening, floor))
            at_limit = ((floor < opening) & (lower <= floor))[: self.count]
            if np.array_equal(lower, price):
                return price, self._fill(number, rounds, price, asked, at_limit)
            price, rounds = lower, rounds + 1
            asked = self._round(number, rounds, price, at_limit=int(at_limit.sum()))

    def _led_to(self, asked: Int64, opening: Int64, floor: Int64) -> Int64:
        """Return the prices that sales of so many shares lead to, to the tick, a half upwards."""
        fall = np.tile(self.depth.fall_ppm(asked), len(self.marks.terms.policies))
        exact, ticks = opening * (PPM - fall), self.ground.tick_milli * PPM
        rounded = (2 * exact + ticks) // (2 * ticks) * self.ground.tick_milli
        return np.where(fall > 0, np.maximum(rounded, floor), opening)

    def _round(self, session: int, number: int, price: Int64, *, at_limit: int = 0) -> Int64:
        """Judge the accounts at these prices and note it; return the shares that they ask the market to take."""
        terms = self.terms._replace(price=price.astype(np.int32))
        accounts = self.accounts

        def work(first: int, last: int, out: RoundOut) -> None:
            judge_indebted(first, last, self.seen, accounts.contracts, terms, accounts.judged)
            ask(first, last, accounts, terms, self.market, self._wanted(), out)

        out = self._added_up(work, lambda: _empty_round(self.count))
        self.beyond = max(self.beyond, int(out.beyond[0]))
        self.rounds.append(
            Round(
                session=session,
                number=number,
                called_accounts=int(out.accounts[FORCED:].sum()),
                called_debt_milli=int(out.debt[FORCED:].sum()),
                selling_accounts=int(out.selling[0]),
                asked_milli=_worth(out.asked, price),
                at_limit=at_limit,
                value_milli=_worth(self.held, price),
                shortfall_accounts=int(out.shortfall_accounts[0]),
                shortfall_milli=int(out.shortfall[0]),
            )
        )
        return out.asked

    def _fill(self, number: int, rounds: int, price: Int64, asked: Int64, at_limit: Bools) -> int:
        """Sell what the market takes; note the session, and return the value that is left."""
        limit_ppm = self.ground.limit_bp[: self.count] * (PPM // BP)
        taken = Taken(asked, np.where(at_limit, self.depth.room(limit_ppm), UNLIMITED))
        terms = self.terms._replace(price=price.astype(np.int32))

        def work(first: int, last: int, out: FillOut) -> None:
            fill_sales(first, last, self.accounts, terms, self.market, taken, self._wanted(), out)

        out = self._added_up(work, lambda: _empty_fill(self.count))
        left = _worth(asked - out.sold, price)
        self.sold, self.at_limit = self.sold + out.sold, self.at_limit + at_limit
        self.sessions.append(
            Session(
                number=number,
                rounds=rounds,
                at_limit=int(at_limit.sum()),
                sold_milli=int(out.amount[0]),
                costs_milli=int(out.costs[0]),
                repaid_milli=int(out.repaid[0]),
                kept_milli=int(out.kept[0]),
                repaid_from_cash_milli=int(out.repaid_from_cash[0]),
                left_milli=left,
            )
        )
        return left

    def _with_due(self, undue: Accounts) -> Accounts:
        """Return the accounts with who is under its line before the shock, and what it must sell at those prices."""
        holdings, judged = undue.holdings, undue.judged
        judge_indebted(0, len(holdings.indebted), read_only(holdings), undue.contracts, self.terms, judged)
        is_judged = undue.is_marked[holdings.indebted] & (judged.assets != NULL)
        was_called = np.asarray(is_judged & (judged.state >= FORCED))
        positions = np.diff(holdings.starts)[holdings.indebted]
        starts = starts_of(np.where(was_called, positions, 0))
        due = np.zeros(int(starts[-1]), dtype=np.int64)
        accounts = undue._replace(was_called=was_called, due_starts=starts, due=due)
        note_due(accounts, undue, self.terms, self.market, self._wanted())
        return accounts

    def _wanted(self) -> Int64:
        return np.zeros(self.most_positions, dtype=np.int64)

    def _added_up(self, work: Callable[[int, int, Out], None], empty: Callable[[], Out]) -> Out:
        """Run over shards, each with its own totals, and add them: whole numbers, so in whatever order."""
        parts: list[Any] = [empty()]

        def shard(first: int, last: int) -> None:
            mine = empty()
            work(first, last, mine)
            parts.append(mine)

        over_shards(len(self.accounts.was_called), shard, threads=self.threads)
        added: Out = parts[0]._make(np.sum(same, axis=0) for same in zip(*parts, strict=True))
        return added

    def _result(self, shocked: Int64, price: Int64, scenario: Scenario) -> Cascade:
        return Cascade(
            marks=self.marks,
            scenario=scenario,
            depth=self.depth,
            rounds=tuple(self.rounds),
            sessions=tuple(self.sessions),
            before_milli=self.ground.price_milli,
            shocked_milli=shocked,
            after_milli=price,
            sold=self.sold,
            asked=self.asked,
            sessions_at_limit=self.at_limit,
            held=self.held,
            called_before=int(self.accounts.was_called.sum()),
            without_average=int(((self.asked > 0) & (self.depth.average_shares == 0)).sum()),
            beyond_accounts=self.beyond,
            replayed=int(self.ground.replayed_in(scenario)[: self.count].sum()),
            defaulted=int(self.ground.defaulted_in(scenario)[: self.count].sum()),
            quantity=self.accounts.holdings.quantity,
            cash_milli=self.accounts.holdings.cash,
            repaid_milli=self.marks.book.layout.other_debt_milli - self.accounts.holdings.other_debt,
        )


def _accounts(marks: Marks) -> tuple[Accounts, TermsIn]:
    """Return the indebted accounts before any sale, with nothing due, and the terms that they are judged by.

    Lines are those of the prices of each round, whatever row was fixed at the last close.
    """
    holdings, contracts, terms = kernel_inputs(marks)
    own = {name: getattr(holdings, name).copy() for name in ("quantity", "cash", "other_debt")}
    count = len(holdings.indebted)
    assets, debt, ratio = (np.zeros(count, dtype=np.int64) for _ in range(3))
    accounts = Accounts(
        is_marked=marks.is_marked.copy(),
        holdings=holdings._replace(**own),
        contracts=contracts._replace(fixed_row=_decided_now(count)),
        judged=JudgedOut(assets, debt, ratio, np.zeros(count, dtype=np.uint8)),
        was_called=np.zeros(count, dtype=np.bool_),
        due_starts=np.zeros(count + 1, dtype=np.int64),
        due=np.zeros(0, dtype=np.int64),
    )
    return accounts, terms


def _decided_now(count: int) -> NDArray[np.uint8]:
    rows = np.full(count, DECIDE_NOW, dtype=np.uint8)
    rows.flags.writeable = False
    return rows


def _held(accounts: Accounts, places: int, count: int) -> Int64:
    """Return what the indebted accounts hold, by policy × security."""
    holdings, held = accounts.holdings, np.zeros(places, dtype=np.int64)
    rows = holdings.indebted[accounts.is_marked[holdings.indebted]]
    at = spans(holdings.starts, rows)
    policy = np.repeat(holdings.policy[rows].astype(np.int64), np.diff(holdings.starts)[rows])
    np.add.at(held, policy * count + holdings.code[at], holdings.quantity[at])
    return held


def _empty_round(count: int) -> RoundOut:
    one = {name: np.zeros(1, dtype=np.int64) for name in RoundOut._fields[2:-1]}
    states = {name: np.zeros(len(State), dtype=np.int64) for name in RoundOut._fields[:2]}
    return RoundOut(**states, **one, asked=np.zeros(count, dtype=np.int64))


def _empty_fill(count: int) -> FillOut:
    one = {name: np.zeros(1, dtype=np.int64) for name in FillOut._fields[1:]}
    return FillOut(sold=np.zeros(count, dtype=np.int64), **one)


def _worth(shares: Int64, price: Int64) -> int:
    """Return the value of shares at prices, of any size; what goes by code is at the first policy's prices."""
    price = price[: len(shares)]
    if shares.astype(np.float64) @ price.astype(np.float64) < _FITS:
        return int(shares @ price)
    return sum(int(share) * int(each) for share, each in zip(shares, price, strict=True))
