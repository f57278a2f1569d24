"""Marks that do less than the whole: ratio and state of the indebted alone, and assets alone.

What lives here: what a tick or a first look needs, at a fraction of the time; its numbers are the whole mark's own.
What does not: the whole mark (``kernels.py``). Arrays and integers only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.arithmetic import NULL, row_of_share, state_of
from rongheng.account.marks.columns import CHINEXT, DECIDE_NOW, STAR, ContractsIn, HoldingsIn, Int64, TermsIn
from rongheng.account.marks.debts import sums_hold
from rongheng.account.marks.holdings import SIZE_BITS
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP

_ZERO = np.int64(0)
TOGETHER = 32  # accounts whose running sum stays in the first cache beside the prices


class JudgedOut(NamedTuple):
    """What a lean mark says of every indebted account; NULL assets: beyond the bounds, and the rest means nothing."""

    assets: Int64
    debt: Int64
    ratio: Int64  # basis points, rounded down; NULL without debt
    state: NDArray[np.uint8]


@kernel
def judge_indebted(
    first: Int, last: Int, holdings: HoldingsIn, contracts: ContractsIn, terms: TermsIn, judged: JudgedOut
) -> None:
    """Mark assets, debt, ratio and state of the indebted accounts with the ranks ``first`` to ``last``."""
    for rank in range(np.uint64(first), np.uint64(last)):
        account = np.uint64(holdings.indebted[rank])
        policy = np.int64(holdings.policy[account])
        base = np.uint64(policy) * np.uint64(terms.n_securities)
        assets = assets_of(account, base, holdings, terms)
        debt = debt_of(rank, base, holdings.other_debt[account], contracts, terms)
        judged.assets[rank] = NULL if debt == NULL else assets
        if assets == NULL or debt == NULL:
            continue
        cover = assets * BP
        if terms.by_coefficient[policy]:
            cover = cover_of(account, base, policy, holdings, terms)
        row: Int = np.int64(contracts.fixed_row[rank])
        if row == DECIDE_NOW:
            row = row_today(rank, account, base, policy, assets, cover, debt, holdings, contracts, terms)
        judged.debt[rank] = debt
        judged.ratio[rank] = cover // debt if debt > 0 else NULL
        judged.state[rank] = state_of(cover, debt, terms.withdrawal[policy, row], terms.lines, policy, row)


@inner
def assets_of(account: Int, base: np.uint64, holdings: HoldingsIn, terms: TermsIn) -> Int:
    """Return the assets of an account, or NULL where they are beyond the bounds."""
    assets, size = holdings.cash[account] + holdings.other_collateral[account], _ZERO
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        value = np.int64(holdings.quantity[i]) * np.int64(terms.price[base + np.uint64(holdings.code[i])])
        assets += value
        size |= value
    is_beyond = (size >> SIZE_BITS) != 0 or assets >= AMOUNT_LIMIT_MILLI
    return np.int64(NULL) if is_beyond else np.int64(assets)


@inner
def debt_of(rank: Int, base: np.uint64, debt: Int, contracts: ContractsIn, terms: TermsIn) -> Int:
    """Return what an account owes, other debt included, or NULL where a sum is beyond the bounds."""
    principal, proceeds, size, quantities = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
        debt += contracts.interest[i]
        size |= contracts.interest[i]
        if contracts.is_short[i]:
            value = contracts.quantity[i] * np.int64(terms.price[base + np.uint64(contracts.code[i])])
            principal += value
            proceeds += contracts.amount[i]
            size |= value
            quantities |= contracts.quantity[i]
        else:
            principal += contracts.amount[i]
    if not sums_hold(rank, base, size, quantities, contracts, terms):
        return np.int64(NULL)
    return np.int64(NULL) if max(principal + debt, proceeds) >= AMOUNT_LIMIT_MILLI else principal + debt


@inner
def cover_of(account: Int, base: np.uint64, policy: Int, holdings: HoldingsIn, terms: TermsIn) -> Int:
    """Return cash and securities at their boards' coefficients, in milli-yuan × 10 000."""
    cover: Int = holdings.cash[account] * BP
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.uint64(holdings.code[i])
        value = np.int64(holdings.quantity[i]) * np.int64(terms.price[base + code])
        cover += value * terms.coefficient[policy, np.int64(terms.board[code])]
    return cover


@inner
def row_today(
    rank: Int,
    account: Int,
    base: np.uint64,
    policy: Int,
    assets: Int,
    cover: Int,
    debt: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
) -> Int:
    """Return the row of lines that applies today (definition 9); boards are summed only where the table is awake."""
    count = terms.row_count[policy]
    if count == 0 or debt == 0 or cover > terms.wake[policy] * debt:
        return _ZERO
    board = _ZERO
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.uint64(holdings.code[i])
        if terms.board[code] == STAR or terms.board[code] == CHINEXT:
            board += np.int64(holdings.quantity[i]) * np.int64(terms.price[base + code])
    if not terms.gross_share[policy]:
        for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
            code = np.uint64(contracts.code[i])
            if contracts.is_short[i] and (terms.board[code] == STAR or terms.board[code] == CHINEXT):
                board -= contracts.quantity[i] * np.int64(terms.price[base + code])
    return row_of_share(max(board, _ZERO), assets, terms.upper_share, policy, count)


@kernel
def assets_alone(
    first: Int,
    last: Int,
    starts: Int64,
    cash: Int64,
    code: NDArray[np.uint16],
    quantity: NDArray[np.int32],
    price: NDArray[np.int32],
    assets: Int64,
    running: Int64,
) -> Int:
    """Value accounts ``first`` to ``last`` and nothing else; return the bits of all values.

    A running sum over the positions of a few accounts, then differences at their ends: no inner loop whose end a
    processor would have to guess for each account. The sum may wrap; its differences are right when every account is
    within bounds, which the bits tell. ``running`` is room to work in; accounts that need more are summed one by one.
    """
    size = _ZERO
    for block in range(first, last, TOGETHER):
        past = min(block + TOGETHER, last)
        begin, end = np.uint64(starts[block]), np.uint64(starts[past])
        if end - begin < np.uint64(len(running)):
            size |= _run_through(begin, end, code, quantity, price, running)
            before = _ZERO
            for account in range(np.uint64(block), np.uint64(past)):
                after = running[np.uint64(starts[account + np.uint64(1)]) - begin]
                assets[account] = cash[account] + after - before
                before = after
        else:
            for account in range(block, past):
                total = cash[account]
                for i in range(np.uint64(starts[account]), np.uint64(starts[account + 1])):
                    value = np.int64(quantity[i]) * np.int64(price[np.uint64(code[i])])
                    total += value
                    size |= value
                assets[account] = total
    return size


@inner
def _run_through(
    begin: np.uint64,
    end: np.uint64,
    code: NDArray[np.uint16],
    quantity: NDArray[np.int32],
    price: NDArray[np.int32],
    running: Int64,
) -> np.int64:
    """Fill ``running`` with the sums of the values before each position, the last one of all; return their bits."""
    total, size = _ZERO, _ZERO
    running[0] = 0
    for i in range(begin, end):
        value = np.int64(quantity[i]) * np.int64(price[np.uint64(code[i])])
        total += value
        size |= value
        running[i - begin + np.uint64(1)] = total
    return np.int64(size)
