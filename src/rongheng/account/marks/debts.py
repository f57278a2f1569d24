"""The stages of a mark that look at what accounts owe: debt, ratio, state, what may leave, cures, falls.

What lives here: kernels over the indebted accounts of one block. What does not: holdings (``holdings.py``), the order
of the stages (``kernels.py``), and each definition's arithmetic (``arithmetic.py``). No dates, strings, objects or
input and output.

``first`` to ``last`` are ranks among the indebted accounts, ``origin`` is the first account of the block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.arithmetic import (
    NULL,
    cash_to_cure_milli,
    ceil_share_bp,
    cure_target_bp,
    fall_bp,
    least_fall_bp,
    leverage_bp,
    moving_row,
    repay_to_cure_milli,
    sale_to_cure_milli,
    state_of,
    withdrawable_milli,
    withdrawable_securities_milli,
)
from rongheng.account.marks.columns import (
    BOARD_AT,
    CHINEXT,
    DECIDE_NOW,
    DUAL,
    N_BOARDS,
    STAR,
    SUMS,
    ContractsIn,
    DebtsOut,
    HoldingsIn,
    HoldingsOut,
    Int64,
    Room,
    TermsIn,
)
from rongheng.account.marks.holdings import SIZE_BITS
from rongheng.basics.account_tables import LINES
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP

LIQUIDATION = LINES.index("liquidation")
MOST_CONTRACTS = 2**16 - 1  # of one account
_NARROW_BITS = 31  # a quantity below 2^31 times any price is below 2^62
_ZERO = np.int64(0)


@kernel
def sum_contracts(
    first: Int,
    last: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    room: Room,
) -> None:
    """Sum what each account owes, and what its contracts change in the available margin; find who is beyond."""
    for rank in range(np.uint64(first), np.uint64(last)):
        account = np.uint64(holdings.indebted[rank])
        policy = np.int64(holdings.policy[account])
        base = np.uint64(policy) * np.uint64(terms.n_securities)
        financing, short, proceeds, interest, dual_short = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
        change, size, quantities, held, counted = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
        for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
            code = np.uint64(contracts.code[i])
            haircut, quantity = np.int64(terms.haircut[base + code]), contracts.quantity[i]
            value, amount = quantity * np.int64(terms.price[base + code]), contracts.amount[i]
            interest += contracts.interest[i]
            quantities |= quantity
            size |= value | contracts.interest[i]
            if contracts.is_short[i]:
                short += value
                proceeds += amount
                profit = amount - value
                change -= amount * BP + value * np.int64(contracts.ratio[i])
                if terms.board[code] == STAR or terms.board[code] == CHINEXT:
                    dual_short += value
            else:
                financing += amount
                held += value
                counted += value * haircut
                profit = value - amount
                change -= amount * np.int64(contracts.ratio[i])
            change += profit * (haircut if profit > 0 else BP)
        if terms.net_by_security[policy]:
            change += _netting(rank, base, contracts, terms)
        debt = financing + short + interest + holdings.other_debt[account]
        if max(financing + short, debt, proceeds) >= AMOUNT_LIMIT_MILLI or not sums_hold(
            rank, base, size, quantities, contracts, terms
        ):
            out.assets[account] = NULL
        debts.debt[rank] = NULL if out.assets[account] == NULL else debt
        debts.financing[rank], debts.short[rank], debts.interest[rank] = financing, short, interest
        place = rank - np.uint64(first)
        room.proceeds[place], room.dual_short[place] = proceeds, dual_short
        room.financed[place], room.financed_counted[place] = held, counted
        room.margin_bp[place] = change - counted  # financed shares are not free


@inner
def sums_hold(
    rank: Int, base: np.uint64, size: Int, quantities: Int, contracts: ContractsIn, terms: TermsIn
) -> bool | np.bool_:
    """Say whether sums over the contracts of an account cannot have left int64.

    ``size`` and ``quantities`` are the bits of all values and amounts of interest, and of all quantities. Only a
    quantity that is wide itself can have left int64 before it was summed.
    """
    if (size >> SIZE_BITS) != 0 or contracts.starts[rank + np.uint64(1)] - contracts.starts[rank] > MOST_CONTRACTS:
        return False
    if (quantities >> _NARROW_BITS) == 0:
        return True
    for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
        price = terms.price[base + np.uint64(contracts.code[i])]
        if float(contracts.quantity[i]) * float(price) > 1.5 * AMOUNT_LIMIT_MILLI:
            return False
    return True


@inner
def _netting(rank: Int, base: np.uint64, contracts: ContractsIn, terms: TermsIn) -> Int:
    """Return what netting profit and loss by security adds, in milli-yuan × 10 000, to counting them by contract.

    What is netted stands side by side: contracts stand by kind, then by code.
    """
    adds, profits, haircut, together = _ZERO, _ZERO, _ZERO, np.uint64(0)
    for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
        code = np.uint64(contracts.code[i])
        same = code * np.uint64(2) + np.uint64(contracts.is_short[i]) + np.uint64(1)
        if same != together:
            adds += profits * (haircut if profits > 0 else BP)
            profits, haircut, together = _ZERO, np.int64(terms.haircut[base + code]), same
        profit = contracts.quantity[i] * np.int64(terms.price[base + code]) - contracts.amount[i]
        if contracts.is_short[i]:
            profit = -profit
        profits += profit
        adds -= profit * (haircut if profit > 0 else BP)
    return adds + profits * (haircut if profits > 0 else BP)


@kernel
def judge(
    first: Int,
    last: Int,
    origin: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    room: Room,
) -> None:
    """Mark ratio, leverage, the row of lines that applies, the state, and what the debt leaves of the margin."""
    for rank in range(np.uint64(first), np.uint64(last)):
        debt = debts.debt[rank]
        if debt == NULL:
            continue
        account = np.uint64(holdings.indebted[rank])
        place = rank - np.uint64(first)
        policy, assets, cash = np.int64(holdings.policy[account]), out.assets[account], holdings.cash[account]
        at = (account - np.uint64(origin)) * np.uint64(SUMS)
        long = np.int64(room.sums[at + np.uint64(DUAL)])
        board = max(long - (0 if terms.gross_share[policy] else room.dual_short[place]), 0)
        cover = assets * BP
        if terms.by_coefficient[policy]:
            cover = cash * BP + covered_bp(room.sums, at, terms.coefficient, policy)
        row: Int = np.int64(contracts.fixed_row[rank])
        if row == DECIDE_NOW:
            wake, count = terms.wake[policy], terms.row_count[policy]
            row = moving_row(board, assets, cover, debt, wake, terms.upper_share, policy, count)
        owed = debts.interest[rank] + holdings.other_debt[account]
        margin_bp = cash * BP + room.counted[account - np.uint64(origin)] + room.margin_bp[place] - owed * BP
        room.margin_bp[place], room.board[place], room.cover[place] = margin_bp, board, cover
        room.free[place] = cash - room.proceeds[place] - holdings.frozen[account]
        out.margin[account] = margin_bp // BP
        if board != long:
            out.shares[account, DUAL] = ceil_share_bp(board, assets, 10_000.0 / float(assets))
        debts.ratio[rank] = cover // debt if debt > 0 else NULL
        debts.leverage[rank] = leverage_bp(assets, debt)
        debts.row[rank] = row
        debts.state[rank] = state_of(cover, debt, terms.withdrawal[policy, row], terms.lines, policy, row)


@inner
def covered_bp(sums: NDArray[np.float64], at: Int, coefficient: Int64, policy: Int) -> Int:
    """Return securities at their boards' coefficients, in milli-yuan × 10 000; their sums begin at ``at``."""
    covered = _ZERO
    for board in range(N_BOARDS):
        covered += np.int64(sums[at + np.uint64(BOARD_AT[board])]) * coefficient[policy, board]
    return covered


@kernel
def let_leave(
    first: Int,
    last: Int,
    origin: Int,
    held: Int,
    held_to: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    room: Room,
) -> None:
    """Mark the cash that may leave, and the securities that may when no cash does (definition 7).

    The entries of shares that are held back in this block lie from ``held`` to ``held_to``.
    """
    for rank in range(np.uint64(first), np.uint64(last)):
        debt = debts.debt[rank]
        if debt == NULL:
            continue
        account = np.uint64(holdings.indebted[rank])
        while held < held_to and holdings.held_back_at[held] < holdings.starts[account]:
            held += 1
        place = rank - np.uint64(first)
        policy, cover = np.int64(holdings.policy[account]), room.cover[place]
        withdrawal = terms.withdrawal[policy, np.int64(debts.row[rank])]
        margin_bp = room.margin_bp[place]
        if margin_bp < 0 or cover < withdrawal * debt:
            out.withdrawable[account] = out.withdrawable_securities[account] = 0
            continue
        out.withdrawable[account] = withdrawable_milli(out.margin[account], room.free[place], cover, debt, withdrawal)
        base = np.uint64(policy) * np.uint64(terms.n_securities)
        value = out.securities[account] - room.financed[place]
        counted = room.counted[account - np.uint64(origin)] - room.financed_counted[place]
        value, counted = _less_held_back(rank, account, held, base, value, counted, holdings, contracts, terms)
        out.withdrawable_securities[account] = withdrawable_securities_milli(
            value, counted, margin_bp, cover, debt, withdrawal
        )


@inner
def _is_held_back(account: Int, held: Int, holdings: HoldingsIn) -> bool | np.bool_:
    """Say whether there is such an entry of shares that may not leave, and it is this account's."""
    return held < len(holdings.held_back_at) and holdings.held_back_at[held] < holdings.starts[account + np.uint64(1)]


@inner
def _less_held_back(
    rank: Int,
    account: Int,
    held: Int,
    base: np.uint64,
    value: Int,
    counted: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
) -> tuple[Int, Int]:
    """Return value, and value × haircut, of shares that are not financed, without those of them that may not leave.

    Entries of shares held back today begin at ``held``; of a security that is financed as much, none is left to stay.
    """
    while _is_held_back(account, held, holdings):
        code = holdings.code[holdings.held_back_at[held]]
        place = base + np.uint64(code)
        stays = max(holdings.held_back[held] - _financed(rank, code, contracts), 0) * np.int64(terms.price[place])
        value -= stays
        counted -= stays * np.int64(terms.haircut[place])
        held += 1
    return value, counted


@inner
def _financed(rank: Int, code: np.uint16, contracts: ContractsIn) -> Int:
    """Return how many shares of a security an account has financed."""
    quantity = _ZERO
    for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + np.uint64(1)])):
        if contracts.code[i] == code and not contracts.is_short[i]:
            quantity += contracts.quantity[i]
    return quantity


@kernel
def cure(
    first: Int, last: Int, holdings: HoldingsIn, terms: TermsIn, out: HoldingsOut, debts: DebtsOut, room: Room
) -> None:
    """Mark what cures each account; what the definitions do not give for the coefficient method stays null."""
    for rank in range(np.uint64(first), np.uint64(last)):
        debt = debts.debt[rank]
        if debt == NULL:
            continue
        account = np.uint64(holdings.indebted[rank])
        place = rank - np.uint64(first)
        policy, state, row = np.int64(holdings.policy[account]), np.int64(debts.state[rank]), np.int64(debts.row[rank])
        target = cure_target_bp(terms.target, terms.lines, policy, state, row)
        cover, is_exchanges = room.cover[place], debt == 0 or not terms.by_coefficient[policy]
        nothing = 0 if target > 0 else np.int64(NULL)
        debts.target[rank] = target
        debts.cash_to_cure[rank] = nothing
        debts.repay_to_cure[rank] = debts.sale_to_cure[rank] = nothing if is_exchanges else np.int64(NULL)
        if cover >= target * debt:
            continue
        assets = out.assets[account]
        debts.cash_to_cure[rank] = cash_to_cure_milli(cover, debt, target)
        if is_exchanges:
            debts.repay_to_cure[rank] = repay_to_cure_milli(assets, debt, target)
            debts.sale_to_cure[rank] = sale_to_cure_milli(
                out.securities[account], assets, debt, room.free[place], target, terms.cost[policy]
            )


@kernel
def fall(
    first: Int,
    last: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    room: Room,
) -> None:
    """Mark the uniform fall to today's liquidation line, and to the one that then applies (definition 11)."""
    for rank in range(np.uint64(first), np.uint64(last)):
        debt = debts.debt[rank]
        if debt == NULL:
            continue
        account = np.uint64(holdings.indebted[rank])
        policy = np.int64(holdings.policy[account])
        debts.fall_then[rank] = debts.fall_today[rank] = NULL
        line = terms.lines[policy, LIQUIDATION, np.int64(debts.row[rank])]
        if line == 0 or debt == 0 or terms.by_coefficient[policy]:
            continue
        securities, short, assets = out.securities[account], debts.short[rank], out.assets[account]
        over = assets * BP - line * debt
        debts.fall_then[rank] = debts.fall_today[rank] = fall_bp(over, securities * BP - line * short)
        count = terms.row_count[policy]
        if count > 0 and over >= 0 and contracts.fixed_row[rank] == DECIDE_NOW:
            place = rank - np.uint64(first)
            debts.fall_then[rank] = least_fall_bp(
                securities,
                short,
                assets,
                debt,
                room.board[place],
                terms.lines,
                LIQUIDATION,
                terms.upper_share,
                policy,
                count,
            )
