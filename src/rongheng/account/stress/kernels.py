"""Every scenario over the indebted accounts in one pass: prices of a security stand side by side, one gather for all.

What lives here: arrays and integers only. What does not: scenarios and names (``grid.py``), and each definition's
arithmetic (``account.marks.arithmetic``), which is the mark's own: a scenario's states and cures are those of a mark at
the shocked prices. Accounts without debt have no line to fall under and are not visited.

Sums of an account may leave the bounds in a scenario that raises prices; such an account is counted and left out there,
as a mark leaves it out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.arithmetic import (
    NOT_CURABLE,
    WARNING,
    cash_to_cure_milli,
    cure_target_bp,
    floor_of_product,
    moving_row,
    sale_to_cure_milli,
    state_of,
)
from rongheng.account.marks.columns import CHINEXT, STAR, ContractsIn, HoldingsIn, TermsIn
from rongheng.basics.account_tables import LINES
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP, PPM

Int64 = NDArray[np.int64]
FORCED = WARNING + LINES.index("liquidation")  # the mildest state in which an account is called and sold out


class Work(NamedTuple):
    """Room to work in: one account's sums, by scenario."""

    securities: Int64
    dual: Int64  # STAR and ChiNext, long less short where the policy says so
    weighted: Int64  # at the boards' coefficients
    short: Int64
    suspended: Int64  # worth something, but not to be sold
    sold_ppm: Int64


class Totals(NamedTuple):
    """What a scenario comes to over the accounts."""

    accounts: Int64  # [scenario, state]
    debt: Int64  # [scenario, state]
    cash_needed: Int64  # by scenario, and so on
    shortfall: Int64
    shortfall_accounts: Int64
    sale: Int64
    not_curable: Int64
    beyond: Int64
    sales: Int64  # [code, scenario]
    each: Int64  # [rank, scenario]: every account's own shortfall; no row where nobody asked


@kernel
def run_scenarios(
    first: Int,
    last: Int,
    is_marked: NDArray[np.bool_],
    price: NDArray[np.int32],
    suspended: NDArray[np.bool_],
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    work: Work,
    totals: Totals,
) -> None:
    """Run all scenarios over the indebted accounts ``first`` to ``last``; ``price`` is [place, scenario].

    ``suspended`` is [code, scenario], or has no rows where everything can be sold.
    """
    for rank in range(np.uint64(first), np.uint64(last)):
        account = np.uint64(holdings.indebted[rank])
        if not is_marked[account]:
            continue
        value_holdings(account, price, holdings, terms, work)
        _value_suspended(account, price, suspended, holdings, terms, work)
        owed, proceeds = value_contracts(rank, account, price, holdings, contracts, terms, work)
        if _judge(rank, account, owed, proceeds, holdings, terms, work, totals):
            _spread_sales(account, price, suspended, holdings, terms, work, totals)


@inner
def is_dual(board: Int) -> bool:
    """Say whether the board is STAR or ChiNext, whose share of the assets moves lines."""
    return bool((board - STAR) * (board - CHINEXT) == 0)


@inner
def value_holdings(account: Int, price: NDArray[np.int32], holdings: HoldingsIn, terms: TermsIn, work: Work) -> None:
    """Sum what one account holds in every scenario."""
    count = price.shape[1]
    policy = np.int64(holdings.policy[account])
    base = np.uint64(policy) * np.uint64(terms.n_securities)
    weighs = terms.by_coefficient[policy]
    for s in range(count):
        work.securities[s] = work.dual[s] = work.weighted[s] = 0
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.uint64(holdings.code[i])
        place, quantity, board = base + code, np.int64(holdings.quantity[i]), terms.board[code]
        for s in range(count):
            work.securities[s] += quantity * np.int64(price[place, s])
        if is_dual(board):
            for s in range(count):
                work.dual[s] += quantity * np.int64(price[place, s])
        if weighs:
            coefficient = terms.coefficient[policy, board]
            for s in range(count):
                work.weighted[s] += quantity * np.int64(price[place, s]) * coefficient


@inner
def _value_suspended(
    account: Int,
    price: NDArray[np.int32],
    suspended: NDArray[np.bool_],
    holdings: HoldingsIn,
    terms: TermsIn,
    work: Work,
) -> None:
    """Sum what one account holds and cannot sell in every scenario."""
    if len(suspended) == 0:
        return
    base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
    for s in range(price.shape[1]):
        work.suspended[s] = 0
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code, quantity = np.uint64(holdings.code[i]), np.int64(holdings.quantity[i])
        for s in range(price.shape[1]):
            if suspended[code, s]:
                work.suspended[s] += quantity * np.int64(price[base + code, s])


@inner
def value_contracts(
    rank: Int,
    account: Int,
    price: NDArray[np.int32],
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    work: Work,
) -> tuple[Int, Int]:
    """Sum one account's shorts in every scenario; return what it owes in money, and its short proceeds."""
    count = price.shape[1]
    policy = np.int64(holdings.policy[account])
    owed, proceeds = holdings.other_debt[account], np.int64(0)
    for s in range(count):
        work.short[s] = 0
    for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
        owed += contracts.interest[i]
        if not contracts.is_short[i]:
            owed += contracts.amount[i]
            continue
        proceeds += contracts.amount[i]
        code = np.uint64(contracts.code[i])
        place, quantity, board = (
            np.uint64(policy) * np.uint64(terms.n_securities) + code,
            contracts.quantity[i],
            terms.board[code],
        )
        nets = not terms.gross_share[policy] and is_dual(board)
        for s in range(count):
            value = quantity * np.int64(price[place, s])
            work.short[s] += value
            if nets:
                work.dual[s] -= value
    return owed, proceeds


@inner
def _judge(
    rank: Int,
    account: Int,
    owed: Int,
    proceeds: Int,
    holdings: HoldingsIn,
    terms: TermsIn,
    work: Work,
    totals: Totals,
) -> bool | np.bool_:
    """Find one account's state in every scenario, and add what follows to the totals; say whether anything is sold."""
    policy, cash = np.int64(holdings.policy[account]), holdings.cash[account]
    free = cash - proceeds - holdings.frozen[account]
    sells: bool | np.bool_ = False
    for s in range(len(work.securities)):
        work.sold_ppm[s] = 0
        debt = owed + work.short[s]
        assets = cash + work.securities[s] + holdings.other_collateral[account]
        if assets >= AMOUNT_LIMIT_MILLI or debt >= AMOUNT_LIMIT_MILLI:
            totals.beyond[s] += 1
            continue
        cover, row, state = line_of(cash, assets, debt, work.dual[s], work.weighted[s], policy, terms)
        totals.accounts[s, state] += 1
        totals.debt[s, state] += debt
        if debt > assets:
            totals.shortfall[s] += debt - assets
            totals.shortfall_accounts[s] += 1
            if len(totals.each) > 0:
                totals.each[rank, s] = debt - assets
        if state >= FORCED:
            target = cure_target_bp(terms.target, terms.lines, policy, state, row)
            totals.cash_needed[s] += cash_to_cure_milli(cover, debt, target)
            sellable = work.securities[s] - work.suspended[s]
            sale = sale_of(sellable, assets, debt, free, target, terms.cost[policy])
            totals.not_curable[s] += sale == NOT_CURABLE
            if sale == NOT_CURABLE:
                sale = sellable
            totals.sale[s] += sale
            work.sold_ppm[s] = part_ppm(sale, sellable)
            sells |= sale > 0
    return sells


@inner
def line_of(
    cash: Int, assets: Int, debt: Int, dual: Int, weighted: Int, policy: Int, terms: TermsIn
) -> tuple[Int, Int, Int]:
    """Return what stands over the debt in its ratio, the row of lines that applies, and the state (definition 8)."""
    cover = cash * BP + weighted if terms.by_coefficient[policy] else assets * BP
    count, wake = terms.row_count[policy], terms.wake[policy]
    row: Int = moving_row(max(dual, 0), assets, cover, debt, wake, terms.upper_share, policy, count)
    return cover, row, state_of(cover, debt, terms.withdrawal[policy, row], terms.lines, policy, row)


@inner
def sale_of(securities: Int, assets: Int, debt: Int, free: Int, target: Int, cost_ppm: Int) -> Int:
    """Return what an account must sell (definition 10), or NOT_CURABLE; nothing without a target."""
    if target <= BP:
        return np.int64(NOT_CURABLE)
    return sale_to_cure_milli(securities, assets, debt, free, target, cost_ppm)


@inner
def part_ppm(sale: Int, of: Int) -> Int:
    """Return the part of the holdings that is sold, in parts per million, rounded up by less than two of them."""
    if sale <= 0:
        return np.int64(0)
    return np.int64(PPM) if sale >= of else min(floor_of_product(np.int64(PPM), sale, of) + 1, np.int64(PPM))


@inner
def _spread_sales(
    account: Int,
    price: NDArray[np.int32],
    suspended: NDArray[np.bool_],
    holdings: HoldingsIn,
    terms: TermsIn,
    work: Work,
    totals: Totals,
) -> None:
    """Spread one account's sales over what it holds and can sell, the same part of each."""
    base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.uint64(holdings.code[i])
        quantity = np.int64(holdings.quantity[i])
        for s in range(len(work.sold_ppm)):
            part = work.sold_ppm[s]
            if part > 0 and (len(suspended) == 0 or not suspended[code, s]):
                value = quantity * np.int64(price[base + code, s])
                totals.sales[code, s] += value // PPM * part + value % PPM * part // PPM
