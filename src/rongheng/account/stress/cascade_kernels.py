"""What indebted accounts must sell at given prices, and what becomes of them once it is sold: arrays and integers only.

What lives here: the pass over accounts that a lean mark has judged. What does not: the mark (``account.marks.lean``),
each definition's arithmetic (``account.marks.arithmetic``), and prices (``cascade.py``). An account asks the market for
what definition 10 says it must sell at the prices of the round, less what it had to sell before the shock: that is its
own plan's business, is held back, and stays due.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.arithmetic import (
    NOT_CURABLE,
    NULL,
    ceil_div,
    cure_target_bp,
    floor_of_product,
    product,
    repaid_first_milli,
)
from rongheng.account.marks.columns import ContractsIn, HoldingsIn, TermsIn
from rongheng.account.marks.holdings import first_at_least
from rongheng.account.marks.lean import JudgedOut, cover_of, row_today
from rongheng.account.stress.kernels import FORCED, sale_of
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import BP, PPM

Int64 = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Accounts(NamedTuple):
    """The indebted accounts, by rank, as sales leave them.

    Cash, quantities and other debt of the holdings change in place: what has been repaid is taken off the other debt,
    which may so fall under 0.
    """

    is_marked: Bools  # by account
    holdings: HoldingsIn
    contracts: ContractsIn
    judged: JudgedOut  # at the prices of the round
    was_called: Bools  # under its line before the shock
    due_starts: Int64  # those accounts have a number for each of their positions, the others none
    due: Int64  # shares that had to be sold before the shock


class MarketIn(NamedTuple):
    """What holds for sales, by code."""

    is_barred: Bools  # suspended, or without turnover
    turnover_rank: Int64  # 0: the most liquid
    by_turnover: Bools  # of one element: the most liquid first, instead of the same part of each


class Taken(NamedTuple):
    """What the market takes in a session, by code."""

    asked: Int64  # shares, by all accounts together
    room: Int64  # shares that are taken


class RoundOut(NamedTuple):
    """What a round comes to; single numbers are arrays of one."""

    accounts: Int64  # by state
    debt: Int64  # by state
    shortfall_accounts: Int64
    shortfall: Int64
    beyond: Int64
    selling: Int64  # accounts
    asked: Int64  # shares, by code


class FillOut(NamedTuple):
    """What sales that were filled come to; single numbers are arrays of one."""

    sold: Int64  # shares, by code
    amount: Int64
    costs: Int64
    repaid: Int64  # from what was sold
    repaid_from_cash: Int64
    kept: Int64  # as cash, since nothing was owed in money any more


@kernel
def ask(
    first: Int, last: Int, accounts: Accounts, terms: TermsIn, market: MarketIn, wanted: Int64, out: RoundOut
) -> None:
    """Count the accounts of the ranks ``first`` to ``last``, and add up what they ask the market to take.

    ``wanted`` is room for the positions of one account.
    """
    judged = accounts.judged
    for rank in range(first, last):
        if not accounts.is_marked[accounts.holdings.indebted[rank]]:
            continue
        assets, debt, state = judged.assets[rank], judged.debt[rank], np.int64(judged.state[rank])
        if assets == NULL:
            out.beyond[0] += 1
            continue
        out.accounts[state] += 1
        out.debt[state] += debt
        if debt > assets:
            out.shortfall_accounts[0] += 1
            out.shortfall[0] += debt - assets
        if state >= FORCED and _want(rank, accounts, terms, market, wanted):
            out.selling[0] += 1
            _add_asked(accounts.holdings.indebted[rank], accounts.holdings, wanted, out.asked)


@inner
def _add_asked(row: Int, holdings: HoldingsIn, wanted: Int64, asked: Int64) -> None:
    """Add what one account sells to what is asked."""
    start = holdings.starts[row]
    for k in range(holdings.starts[row + 1] - start):
        asked[np.int64(holdings.code[start + k])] += wanted[k]


@kernel
def note_due(accounts: Accounts, undue: Accounts, terms: TermsIn, market: MarketIn, wanted: Int64) -> None:
    """Fill in what the called accounts must sell at these prices; in ``undue`` nobody has anything due."""
    for rank in range(len(accounts.was_called)):
        if accounts.was_called[rank] and _want(rank, undue, terms, market, wanted):
            for k in range(accounts.due_starts[rank + 1] - accounts.due_starts[rank]):
                accounts.due[accounts.due_starts[rank] + k] = wanted[k]


@kernel
def fill_sales(
    first: Int,
    last: Int,
    accounts: Accounts,
    terms: TermsIn,
    market: MarketIn,
    taken: Taken,
    wanted: Int64,
    out: FillOut,
) -> None:
    """Sell what the market takes of what was asked, the same part for everybody, and repay debt with it.

    Free cash repays first, as definition 10 says.
    """
    holdings = accounts.holdings
    for rank in range(first, last):
        row = holdings.indebted[rank]
        if not accounts.is_marked[row] or accounts.judged.assets[rank] == NULL or accounts.judged.state[rank] < FORCED:
            continue
        money = _debt_in_money(rank, row, accounts)
        from_cash = np.int64(0) if accounts.was_called[rank] else min(_repaid_first(rank, accounts, terms), money)
        proceeds: Int = np.int64(0)
        if _want(rank, accounts, terms, market, wanted):
            proceeds = _sell(row, holdings, terms, taken, wanted, out)
        repaid = min(proceeds, money - from_cash)
        holdings.cash[row] += proceeds - repaid - from_cash
        holdings.other_debt[row] -= repaid + from_cash
        out.repaid[0] += repaid
        out.repaid_from_cash[0] += from_cash
        out.kept[0] += proceeds - repaid


@inner
def _sell(row: Int, holdings: HoldingsIn, terms: TermsIn, taken: Taken, wanted: Int64, out: FillOut) -> Int:
    """Take what the market fills out of one account; return what comes in, costs off."""
    policy = np.int64(holdings.policy[row])
    base, start, amount = policy * terms.n_securities, holdings.starts[row], np.int64(0)
    for k in range(holdings.starts[row + 1] - start):
        code = np.int64(holdings.code[start + k])
        filled = wanted[k]
        if taken.asked[code] > taken.room[code]:
            filled = floor_of_product(filled, taken.room[code], taken.asked[code])
        holdings.quantity[start + k] -= filled
        out.sold[code] += filled
        amount += filled * np.int64(terms.price[base + code])
    cost = amount // PPM * terms.cost[policy] + ceil_div(amount % PPM * terms.cost[policy], PPM)
    out.amount[0] += amount
    out.costs[0] += cost
    return np.int64(amount - cost)


@inner
def _debt_in_money(rank: Int, row: Int, accounts: Accounts) -> Int:
    """Return what an account still owes in money: fees, interest and financed amounts."""
    contracts, money = accounts.contracts, accounts.holdings.other_debt[row]
    for i in range(contracts.starts[rank], contracts.starts[rank + 1]):
        money += contracts.interest[i]
        if not contracts.is_short[i]:
            money += contracts.amount[i]
    return np.int64(money)


@inner
def _free_cash(rank: Int, row: Int, accounts: Accounts) -> Int:
    """Return cash that is neither short proceeds nor frozen."""
    contracts, free = accounts.contracts, accounts.holdings.cash[row] - accounts.holdings.frozen[row]
    for i in range(contracts.starts[rank], contracts.starts[rank + 1]):
        if contracts.is_short[i]:
            free -= contracts.amount[i]
    return np.int64(free)


@kernel
def _target(rank: Int, accounts: Accounts, terms: TermsIn) -> Int:
    """Return the ratio that a called account must be brought to; its lines are those of the prices of the round."""
    holdings, judged = accounts.holdings, accounts.judged
    row = holdings.indebted[rank]
    policy = np.int64(holdings.policy[row])
    base = np.uint64(policy) * np.uint64(terms.n_securities)
    assets, debt = judged.assets[rank], judged.debt[rank]
    cover = cover_of(row, base, policy, holdings, terms) if terms.by_coefficient[policy] else assets * BP
    lines = row_today(rank, row, base, policy, assets, cover, debt, holdings, accounts.contracts, terms)
    return cure_target_bp(terms.target, terms.lines, policy, np.int64(judged.state[rank]), lines)


@inner
def _repaid_first(rank: Int, accounts: Accounts, terms: TermsIn) -> Int:
    """Return the free cash that a called account repays before it sells."""
    free, target = _free_cash(rank, accounts.holdings.indebted[rank], accounts), _target(rank, accounts, terms)
    assets, debt = accounts.judged.assets[rank], accounts.judged.debt[rank]
    if target <= BP:  # no ratio is to be restored
        return np.int64(max(min(free, debt), 0))
    return repaid_first_milli(assets, debt, free, target)


@kernel
def _want(rank: Int, accounts: Accounts, terms: TermsIn, market: MarketIn, wanted: Int64) -> bool | np.bool_:
    """Fill ``wanted`` with the shares that one account must sell of each position; say whether it must sell at all.

    No more than it has to, in whole shares. What is held back, due or barred is not sold; where the rest is not enough,
    all of it goes.
    """
    holdings = accounts.holdings
    needed = _needed(rank, accounts, terms)
    if needed <= 0:
        return False
    row = holdings.indebted[rank]
    base = np.int64(holdings.policy[row]) * terms.n_securities
    worth = _sellable(rank, base, accounts, terms, market, wanted)
    if worth > needed and market.by_turnover[0]:
        _take_most_liquid(row, base, needed, holdings, terms, market, wanted)
    elif worth > needed:
        for k in range(holdings.starts[row + 1] - holdings.starts[row]):
            wanted[k] = _ceil_of_product(wanted[k], needed, worth)
    return bool(worth > 0)


@inner
def _needed(rank: Int, accounts: Accounts, terms: TermsIn) -> Int:
    """Return the value that an account must sell beyond what is due already."""
    holdings, assets, debt = accounts.holdings, accounts.judged.assets[rank], accounts.judged.debt[rank]
    row = holdings.indebted[rank]
    policy = np.int64(holdings.policy[row])
    base = policy * terms.n_securities
    free, target = _free_cash(rank, row, accounts), _target(rank, accounts, terms)
    securities = assets - holdings.cash[row] - holdings.other_collateral[row]
    needed = sale_of(securities, assets, debt, free, target, terms.cost[policy])
    if needed == NOT_CURABLE:
        needed = securities
    for k in range(accounts.due_starts[rank + 1] - accounts.due_starts[rank]):
        price = terms.price[base + np.int64(holdings.code[holdings.starts[row] + k])]
        needed -= accounts.due[accounts.due_starts[rank] + k] * np.int64(price)
    return np.int64(needed)


@inner
def _sellable(rank: Int, base: Int, accounts: Accounts, terms: TermsIn, market: MarketIn, wanted: Int64) -> Int:
    """Fill ``wanted`` with what one account may sell, and return its value."""
    holdings = accounts.holdings
    row = holdings.indebted[rank]
    start, count = holdings.starts[row], holdings.starts[row + 1] - holdings.starts[row]
    for k in range(count):
        code = np.int64(holdings.code[start + k])
        wanted[k] = np.int64(0) if market.is_barred[code] else np.int64(holdings.quantity[start + k])
    held = first_at_least(holdings.held_back_at, start, 0, len(holdings.held_back_at))
    while held < len(holdings.held_back_at) and holdings.held_back_at[held] < start + count:
        k = holdings.held_back_at[held] - start
        wanted[k] = max(wanted[k] - holdings.held_back[held], 0)
        held += 1
    for k in range(accounts.due_starts[rank + 1] - accounts.due_starts[rank]):
        wanted[k] = max(wanted[k] - accounts.due[accounts.due_starts[rank] + k], 0)
    worth = np.int64(0)
    for k in range(count):
        worth += wanted[k] * np.int64(terms.price[base + np.int64(holdings.code[start + k])])
    return worth


@inner
def _take_most_liquid(
    row: Int, base: Int, needed: Int, holdings: HoldingsIn, terms: TermsIn, market: MarketIn, wanted: Int64
) -> None:
    """Leave in ``wanted`` what it takes when the security with the largest turnover goes first."""
    start, count = holdings.starts[row], holdings.starts[row + 1] - holdings.starts[row]
    done = np.int64(-1)
    for _ in range(count):
        best = np.int64(-1)
        for k in range(count):
            place = market.turnover_rank[np.int64(holdings.code[start + k])]
            if place > done and (best < 0 or place < market.turnover_rank[np.int64(holdings.code[start + best])]):
                best = np.int64(k)
        code = np.int64(holdings.code[start + best])
        price = np.int64(terms.price[base + code])
        wanted[best] = min(wanted[best], max(ceil_div(needed, price), 0))
        needed -= wanted[best] * price
        done = market.turnover_rank[code]


@inner
def _ceil_of_product(a: Int, b: Int, divisor: Int) -> Int:
    """Return a × b / divisor rounded up, under the bounds of ``floor_of_product``."""
    floor = floor_of_product(a, b, divisor)
    high, low = product(a, b)
    high_of, low_of = product(floor, divisor)
    return np.int64(floor + (high != high_of or low != low_of))
