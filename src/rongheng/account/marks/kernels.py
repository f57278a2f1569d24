"""The mark itself: one fused pass over account-sorted columns, in exact integers.

What lives here: arrays and integers only. What does not: looking up, allocating and checking (``mark.py``) and each
definition's arithmetic (``arithmetic.py``). No dates, strings, objects or input and output.

How it stays exact and fast: codes are unsigned, so that no index is tested for a sign; a position's value is below 2^62
and its bits are collected, so that one test per account says whether a sum may have left its bounds; sums of value ×
haircut wrap like unsigned numbers and are right whenever the assets are within bounds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.arithmetic import (
    NO_SHARE,
    NORMAL,
    NULL,
    WARNING,
    cash_to_cure_milli,
    ceil_share_bp,
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
from rongheng.basics.account_tables import GROUPS, LINES, Board
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP

NO_SECURITY = 2**16 - 1
DECIDE_NOW = 255  # instead of a row of lines that was fixed at the last close

LIQUIDATION = LINES.index("liquidation")

N_GROUPS = len(GROUPS)
N_BOARDS = len(Board)
STAR, CHINEXT, BSE = (list(Board).index(board) for board in (Board.STAR, Board.CHINEXT, Board.BSE))
SHARES = N_GROUPS + 4  # groups A to G, then STAR, ChiNext, BSE, and STAR and ChiNext less shorts
DUAL = N_GROUPS + 3
_ZERO = np.int64(0)
_SIZE_BITS = 47  # 2^47 is above the limit of an account, and 65,535 values below it sum to less than 2^63

Int64 = NDArray[np.int64]


class HoldingsIn(NamedTuple):
    """What accounts hold: the columns of the book's layout."""

    starts: Int64
    policy: NDArray[np.uint16]
    cash: Int64
    frozen: Int64
    other_collateral: Int64
    other_debt: Int64
    code: NDArray[np.uint16]
    quantity: NDArray[np.int32] | Int64  # int64 for the few accounts whose quantities need it
    indebted: Int64
    held_back_at: Int64  # positions of which not everything may leave today, ascending
    held_back: Int64  # how many shares of each stay


class ContractsIn(NamedTuple):
    """What accounts owe by contract, with the ratio that each bears and its interest through today."""

    starts: Int64
    is_short: NDArray[np.bool_]
    code: NDArray[np.uint16]
    quantity: Int64
    amount: Int64
    ratio: NDArray[np.int32]
    interest: Int64
    fixed_row: NDArray[np.uint8]  # by indebted account: the row of lines fixed at the last close, or DECIDE_NOW


class TermsIn(NamedTuple):
    """What the market and the policies say, by policy × security or by policy."""

    n_securities: Int
    price: NDArray[np.int32]
    haircut: NDArray[np.uint16]
    group: NDArray[np.uint8]
    board: NDArray[np.uint8]  # by security alone
    lines: Int64  # [policy, line, row]
    upper_share: Int64
    row_count: Int64
    wake: Int64
    gross_share: NDArray[np.bool_]
    withdrawal: Int64  # [policy, row]
    target: Int64  # [policy, state]; 0: the warning line of the row
    cost: Int64
    net_by_security: NDArray[np.bool_]
    by_coefficient: NDArray[np.bool_]
    coefficient: Int64


class HoldingsOut(NamedTuple):
    """What every account gets; NULL assets say that the account is beyond the bounds."""

    assets: Int64
    securities: Int64
    margin: Int64
    withdrawable: Int64
    withdrawable_securities: Int64
    largest: NDArray[np.uint16]
    largest_share: NDArray[np.uint16]
    shares: NDArray[np.uint16]  # [account, share]


class DebtsOut(NamedTuple):
    """What every indebted account gets beside it, in the order of ``indebted``."""

    debt: Int64
    financing: Int64
    short: Int64
    interest: Int64
    ratio: Int64
    leverage: Int64
    row: NDArray[np.uint8]
    state: NDArray[np.uint8]
    target: Int64
    cash_to_cure: Int64
    repay_to_cure: Int64
    sale_to_cure: Int64
    fall_then: Int64
    fall_today: Int64


@kernel
def mark_accounts(
    first: Int,
    last: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    groups: Int64,
    boards: Int64,
) -> None:
    """Mark accounts ``first`` to ``last``, with debt or without; ``groups`` and ``boards`` are room to work in."""
    rank = _first_at_least(holdings.indebted, first)
    held = _first_at_least(holdings.held_back_at, holdings.starts[first])
    for account in range(first, last):
        margin_bp = _mark_holdings(account, holdings, terms, out, groups, boards)
        past = _past(account, held, holdings)
        if rank < len(holdings.indebted) and holdings.indebted[rank] == account:
            _mark_debts(account, rank, held, past, margin_bp, holdings, contracts, terms, out, debts, boards)
            rank += 1
        elif held < past:
            free, _ = _less_held_back(account, held, past, out.securities[account], 0, holdings, terms)
            out.withdrawable_securities[account] = free
        held = past


@kernel
def mark_indebted(
    first: Int,
    last: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    groups: Int64,
    boards: Int64,
) -> None:
    """Mark the indebted accounts ``first`` to ``last`` alone; the rows of the others are left as they are."""
    for rank in range(first, last):
        account = holdings.indebted[rank]
        held = _first_at_least(holdings.held_back_at, holdings.starts[account])
        past = _past(account, held, holdings)
        margin_bp = _mark_holdings(account, holdings, terms, out, groups, boards)
        _mark_debts(account, rank, held, past, margin_bp, holdings, contracts, terms, out, debts, boards)


@inner
def _first_at_least(ascending: Int64, bound: Int) -> Int:
    """Return the place of the first number that is at least ``bound``."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def _past(account: Int, held: Int, holdings: HoldingsIn) -> Int:
    """Return the place after an account's last position that is held back; the first one is at ``held``."""
    while held < len(holdings.held_back_at) and holdings.held_back_at[held] < holdings.starts[account + 1]:
        held += 1
    return held


@inner
def _less_held_back(
    account: Int, held: Int, past: Int, value: Int, counted: Int, holdings: HoldingsIn, terms: TermsIn
) -> tuple[Int, Int]:
    """Return value, and value × haircut, without the shares that may not leave today."""
    base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
    for k in range(held, past):
        place = base + np.uint64(holdings.code[holdings.held_back_at[k]])
        stays = holdings.held_back[k] * np.int64(terms.price[place])
        value -= stays
        counted -= stays * np.int64(terms.haircut[place])
    return value, counted


@inner
def _mark_holdings(
    account: Int, holdings: HoldingsIn, terms: TermsIn, out: HoldingsOut, groups: Int64, boards: Int64
) -> Int:
    """Mark what one account holds, as if it owed nothing; return its available margin in milli-yuan × 10 000.

    ``groups`` and ``boards`` are left with the value in each.
    """
    for group in range(N_GROUPS + 1):
        groups[group] = 0
    for board in range(N_BOARDS):
        boards[board] = 0
    base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
    securities, counted, size, largest, largest_code = _ZERO, _ZERO, _ZERO, np.int64(-1), np.int64(NO_SECURITY)
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + 1])):
        code = np.uint64(holdings.code[i])
        place = base + code
        value = np.int64(holdings.quantity[i]) * np.int64(terms.price[place])
        securities += value
        counted += value * np.int64(terms.haircut[place])
        size |= value
        groups[np.uint64(terms.group[place])] += value
        boards[np.uint64(terms.board[code])] += value
        if value > largest:
            largest, largest_code = value, np.int64(code)
    cash = holdings.cash[account]
    assets = cash + securities + holdings.other_collateral[account]
    out.securities[account] = securities
    out.largest[account] = largest_code
    if (size >> _SIZE_BITS) != 0 or assets >= AMOUNT_LIMIT_MILLI:
        out.assets[account] = NULL
        return 0
    out.assets[account] = assets
    margin_bp = cash * BP + counted
    margin = margin_bp // BP
    out.margin[account] = margin
    out.withdrawable[account] = max(min(margin, cash - holdings.frozen[account]), 0)
    out.withdrawable_securities[account] = securities
    per_bp = 10_000.0 / float(assets) if assets > 0 else 0.0
    out.largest_share[account] = _share(largest, assets, per_bp) if largest >= 0 else NO_SHARE
    for group in range(N_GROUPS):
        out.shares[account, group] = _share(groups[group], assets, per_bp)
    out.shares[account, N_GROUPS] = _share(boards[STAR], assets, per_bp)
    out.shares[account, N_GROUPS + 1] = _share(boards[CHINEXT], assets, per_bp)
    out.shares[account, N_GROUPS + 2] = _share(boards[BSE], assets, per_bp)
    out.shares[account, DUAL] = _share(boards[STAR] + boards[CHINEXT], assets, per_bp)
    return np.int64(margin_bp)


@inner
def _share(part: Int, assets: Int, per_bp: float) -> Int:
    if assets == 0:
        return NO_SHARE
    return 0 if part == 0 else ceil_share_bp(part, assets, per_bp)


@inner
def _mark_debts(
    account: Int,
    rank: Int,
    held: Int,
    past: Int,
    margin_bp: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    boards: Int64,
) -> None:
    """Mark what one account owes, and everything that rests on assets and debt together."""
    assets = out.assets[account]
    if assets == NULL:
        return
    policy = np.int64(holdings.policy[account])
    base = np.uint64(policy) * np.uint64(terms.n_securities)
    financing, short, proceeds, interest, change, dual_short = _owed(rank, base, policy, contracts, terms)
    other_debt = holdings.other_debt[account]
    debt = financing + short + interest + other_debt
    if short == NULL or debt >= AMOUNT_LIMIT_MILLI:
        out.assets[account] = NULL
        return
    board = max(boards[STAR] + boards[CHINEXT] - (0 if terms.gross_share[policy] else dual_short), 0)
    cover = assets * BP
    if terms.by_coefficient[policy]:
        cover = _cover_by_coefficient(holdings.cash[account], boards, terms.coefficient, policy)
    row: Int = np.int64(contracts.fixed_row[rank])
    if row == DECIDE_NOW:
        count, wake = terms.row_count[policy], terms.wake[policy]
        row = moving_row(board, assets, cover, debt, wake, terms.upper_share, policy, count)
    left_bp = margin_bp + change - (interest + other_debt) * BP
    margin = left_bp // BP
    free = holdings.cash[account] - proceeds - holdings.frozen[account]
    out.margin[account] = margin
    withdrawal = terms.withdrawal[policy, row]
    out.withdrawable[account] = withdrawable_milli(margin, free, cover, debt, withdrawal)
    out.withdrawable_securities[account] = 0
    if left_bp >= 0 and cover >= withdrawal * debt:
        value, counted = out.securities[account], margin_bp - holdings.cash[account] * BP
        value, counted = _less_held_back(account, held, past, value, counted, holdings, terms)
        value, counted = _less_financed(rank, base, held, past, value, counted, holdings, contracts, terms)
        out.withdrawable_securities[account] = withdrawable_securities_milli(
            value, counted, left_bp, cover, debt, withdrawal
        )
    out.shares[account, DUAL] = _share(board, assets, 10_000.0 / float(assets) if assets > 0 else 0.0)
    debts.debt[rank], debts.financing[rank], debts.short[rank], debts.interest[rank] = debt, financing, short, interest
    debts.ratio[rank] = cover // debt if debt > 0 else NULL
    debts.leverage[rank] = leverage_bp(assets, debt)
    debts.row[rank] = row
    debts.state[rank] = state_of(cover, debt, withdrawal, terms.lines, policy, row)
    _mark_cures(rank, policy, out.securities[account], assets, cover, debt, free, terms, debts)
    moves = contracts.fixed_row[rank] == DECIDE_NOW
    _mark_falls(rank, policy, out.securities[account], short, assets, debt, board, moves, terms, debts)


@inner
def _less_financed(
    rank: Int,
    base: np.uint64,
    held: Int,
    past: Int,
    value: Int,
    counted: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
) -> tuple[Int, Int]:
    """Return value, and value × haircut, without financed shares; those that are held back are out already.

    Contracts stand by kind, financing first, then by code.
    """
    i, end = contracts.starts[rank], contracts.starts[rank + 1]
    while i < end and not contracts.is_short[i]:
        code, financed, stays = contracts.code[i], _ZERO, _ZERO
        while i < end and not contracts.is_short[i] and contracts.code[i] == code:
            financed += contracts.quantity[i]
            i += 1
        for k in range(held, past):
            if holdings.code[holdings.held_back_at[k]] == code:
                stays = holdings.held_back[k]
        if financed > stays:
            place = base + np.uint64(code)
            more = (financed - stays) * np.int64(terms.price[place])
            value -= more
            counted -= more * np.int64(terms.haircut[place])
    return value, counted


@inner
def _cover_by_coefficient(cash: Int, boards: Int64, coefficient: Int64, policy: Int) -> Int:
    """Return cash and securities at their boards' coefficients, in milli-yuan × 10 000."""
    cover = cash * BP
    for board in range(N_BOARDS):
        cover += boards[board] * coefficient[policy, board]
    return cover


@inner
def _mark_cures(
    rank: Int,
    policy: Int,
    securities: Int,
    assets: Int,
    cover: Int,
    debt: Int,
    free: Int,
    terms: TermsIn,
    debts: DebtsOut,
) -> None:
    """Mark what cures one account; what the definitions do not give for the coefficient method stays null."""
    state, row = np.int64(debts.state[rank]), np.int64(debts.row[rank])
    target = terms.target[policy, state]
    if target == 0:
        target = terms.lines[policy, 0, row]
    elif state > NORMAL:  # a target never stops short of the line that the account is under
        target = max(target, terms.lines[policy, state - WARNING, row])
    debts.target[rank] = target
    debts.cash_to_cure[rank] = debts.repay_to_cure[rank] = debts.sale_to_cure[rank] = NULL
    if target > 0:
        debts.cash_to_cure[rank] = cash_to_cure_milli(cover, debt, target)
        if debt == 0 or not terms.by_coefficient[policy]:
            debts.repay_to_cure[rank] = repay_to_cure_milli(assets, debt, target)
            debts.sale_to_cure[rank] = sale_to_cure_milli(securities, assets, debt, free, target, terms.cost[policy])


@inner
def _mark_falls(
    rank: Int,
    policy: Int,
    securities: Int,
    short: Int,
    assets: Int,
    debt: Int,
    board: Int,
    moves: bool | np.bool_,
    terms: TermsIn,
    debts: DebtsOut,
) -> None:
    """Mark the uniform fall to today's liquidation line, and to the one that then applies (definition 11)."""
    debts.fall_then[rank] = debts.fall_today[rank] = NULL
    liquidation = terms.lines[policy, LIQUIDATION, np.int64(debts.row[rank])]
    if liquidation == 0 or debt == 0 or terms.by_coefficient[policy]:
        return
    over = assets * BP - liquidation * debt
    today = fall_bp(over, securities * BP - liquidation * short)
    debts.fall_today[rank] = debts.fall_then[rank] = today
    count = terms.row_count[policy]
    if count > 0 and moves and over >= 0:
        debts.fall_then[rank] = least_fall_bp(
            securities, short, assets, debt, board, terms.lines, LIQUIDATION, terms.upper_share, policy, count
        )


@inner
def _owed(
    rank: Int, base: np.uint64, policy: Int, contracts: ContractsIn, terms: TermsIn
) -> tuple[Int, Int, Int, Int, Int, Int]:
    """Sum one account's contracts.

    Returns financed amounts, shorts at today's price (NULL: beyond the bounds), short proceeds, interest, what the
    contracts change in the available margin (milli-yuan × 10 000; without interest), and the shorts of both boards.
    """
    financing, short, proceeds, interest, change, dual_short = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    profit, haircut, together = _ZERO, _ZERO, np.uint64(0)
    net = terms.net_by_security[policy]
    for i in range(np.uint64(contracts.starts[rank]), np.uint64(contracts.starts[rank + 1])):
        code = np.uint64(contracts.code[i])
        price = np.int64(terms.price[base + code])
        if float(contracts.quantity[i]) * float(price) > 1.5 * AMOUNT_LIMIT_MILLI:
            return 0, np.int64(NULL), 0, 0, 0, 0
        value, amount = contracts.quantity[i] * price, contracts.amount[i]
        same = code * np.uint64(2) + np.uint64(contracts.is_short[i]) + np.uint64(1)
        if not net or same != together:  # what is netted stands side by side: by kind, then code
            change += profit * (haircut if profit > 0 else BP)
            profit, haircut, together = _ZERO, np.int64(terms.haircut[base + code]), same
        interest += contracts.interest[i]
        if contracts.is_short[i]:
            short += value
            proceeds += amount
            profit += amount - value
            change -= amount * BP + value * np.int64(contracts.ratio[i])
            if terms.board[code] == STAR or terms.board[code] == CHINEXT:
                dual_short += value
        else:
            financing += amount
            profit += value - amount
            change -= value * haircut + amount * np.int64(contracts.ratio[i])  # financed shares are no free collateral
        if financing + short >= AMOUNT_LIMIT_MILLI or interest >= AMOUNT_LIMIT_MILLI or proceeds >= AMOUNT_LIMIT_MILLI:
            return 0, np.int64(NULL), 0, 0, 0, 0
    change += profit * (haircut if profit > 0 else BP)
    return financing, short, proceeds, interest, change, dual_short


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

    A running sum over the positions of a few hundred accounts, then differences at their ends: no inner loop whose end
    a processor would have to guess for each account. The sum may wrap; its differences are right when every account is
    within bounds, which the bits tell. ``running`` is room to work in; an account with more positions is summed alone.
    """
    size = _ZERO
    account = first
    while account < last:
        begin = starts[account]
        stop = account + 1
        while stop < last and starts[stop + 1] - begin < len(running):
            stop += 1
        if starts[stop] - begin >= len(running):
            total = _ZERO
            for i in range(np.uint64(begin), np.uint64(starts[stop])):
                value = np.int64(quantity[i]) * np.int64(price[np.uint64(code[i])])
                total += value
                size |= value
            assets[account] = cash[account] + total
        else:
            size |= _run_through(np.uint64(begin), np.uint64(starts[stop]), code, quantity, price, running)
            before = _ZERO
            for row in range(account, stop):
                after = running[starts[row + 1] - begin]
                assets[row] = cash[row] + after - before
                before = after
        account = stop
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
    place = np.uint64(1)
    for i in range(begin, end):
        value = np.int64(quantity[i]) * np.int64(price[np.uint64(code[i])])
        total += value
        size |= value
        running[place] = total
        place += np.uint64(1)
    return np.int64(size)
