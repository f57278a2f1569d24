"""The stage of a mark that holds securities, classes and boards against the policy's concentration limits (集中度).

What lives here: kernels over accounts: how many limits are breached, the worst breach, and a list of all. What does
not: which limit applies (``account.policy.concentration_lookup``) and the table of breaches (``breaches.py``).

An excess is compared before it is divided: part × 10 000 − limit × assets. Most accounts are within every limit that
any of their securities has, which their largest position tells; the others are walked through once more.
"""

from __future__ import annotations

import numpy as np

from rongheng.account.marks.arithmetic import NULL, ceil_div
from rongheng.account.marks.columns import (
    BOARD_AT,
    N_BOARDS,
    N_GROUPS,
    NO_BREACH,
    NO_LIMITS,
    SUMS,
    TO_TEST,
    TOGETHER,
    BreachesOut,
    DebtsOut,
    HoldingsIn,
    HoldingsOut,
    Int64,
    LimitsIn,
    Room,
    TermsIn,
)
from rongheng.account.policy.concentration import BoardGroup
from rongheng.account.policy.concentration_lookup import BOARD_SLOT, CLASS_SLOT, UNLIMITED, limit_row
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import BP

N_BOARD_GROUPS = len(BoardGroup)
_ZERO = np.int64(0)


@kernel
def test_debt_free(
    first: Int,
    last: Int,
    holdings: HoldingsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    out: HoldingsOut,
    room: Room,
) -> None:
    """Mark how many limits the accounts ``first`` to ``last`` breach, and the worst, as if they owed nothing."""
    for account in range(np.uint64(first), np.uint64(last)):
        breached = bounds.without_debt[np.int64(holdings.policy[account]), np.int64(holdings.client[account])]
        out.breaches[account] = NO_LIMITS if out.assets[account] == NULL else breached
        out.worst_at[account], out.worst_excess_bp[account] = NO_BREACH, 0
        if breached == TO_TEST:
            _test(account, account - np.uint64(first), _ZERO, holdings, terms, bounds, out, room)


@kernel
def test_debtors(
    first: Int,
    last: Int,
    origin: Int,
    holdings: HoldingsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    room: Room,
) -> None:
    """Mark the same of the indebted accounts with the ranks ``first`` to ``last``."""
    for rank in range(np.uint64(first), np.uint64(last)):
        account = np.uint64(holdings.indebted[rank])
        _test(account, account - np.uint64(origin), debts.debt[rank], holdings, terms, bounds, out, room)


@inner
def _test(
    account: Int,
    place: Int,
    debt: Int,
    holdings: HoldingsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    out: HoldingsOut,
    room: Room,
) -> None:
    out.breaches[account], out.worst_at[account], out.worst_excess_bp[account] = NO_LIMITS, NO_BREACH, 0
    assets = out.assets[account]
    if assets == NULL:
        return
    row = row_of(account, assets, debt, holdings, bounds)
    if row == UNLIMITED:
        return
    count, excess, at = breaches(
        account,
        row,
        assets,
        room.largest[place],
        place * np.uint64(SUMS),
        holdings,
        terms,
        bounds,
        room,
        room.unlisted,
        _ZERO,
    )
    out.breaches[account], out.worst_at[account] = count, at
    out.worst_excess_bp[account] = ceil_div(excess, assets) if count > 0 else _ZERO


@inner
def row_of(account: Int, assets: Int, debt: Int, holdings: HoldingsIn, bounds: LimitsIn) -> Int:
    """Return the row of limits of an account, or UNLIMITED."""
    policy, client = np.int64(holdings.policy[account]), np.int64(holdings.client[account])
    return limit_row(bounds.limits, policy, client, assets, debt, holdings.credit_line[account])


@inner
def breaches(
    account: Int,
    row: Int,
    assets: Int,
    largest: Int,
    at: Int,
    holdings: HoldingsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    room: Room,
    found: BreachesOut,
    number: Int,
) -> tuple[Int, Int, Int]:
    """Return how many limits an account breaches, the greatest excess (milli-yuan × 10 000), and where it is.

    Of equal ones the first: securities by code, then classes, then boards. The sums of the account begin at ``at``.
    Each breach is written into ``found`` from ``number`` on while there is room.
    """
    base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
    count, worst, worst_at = _ZERO, _ZERO, np.int64(NO_BREACH)
    if largest * BP > assets * np.int64(bounds.limits.least_bp[row]):
        for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
            code = np.uint64(holdings.code[i])
            value = np.int64(holdings.quantity[i]) * np.int64(terms.price[base + code])
            limit = np.int64(bounds.limits.limit_bp[row, np.int64(bounds.limits.slot[base + code])])
            excess = value * BP - assets * limit
            if excess > 0:
                _note(found, number + count, account, np.int64(code), value, limit)
                count += 1
                if excess > worst:
                    worst, worst_at = excess, np.int64(code)
    if bounds.least_together_bp[row] >= BP:
        return count, worst, worst_at
    for slot in range(N_GROUPS + N_BOARD_GROUPS):
        limit = np.int64(bounds.limits.limit_bp[row, slot])
        if limit >= BP:
            continue
        part: Int = np.int64(room.sums[at + np.uint64(slot - CLASS_SLOT)])
        if slot >= BOARD_SLOT:
            part = _on_boards(account, slot - BOARD_SLOT, assets * limit, at, base, holdings, terms, bounds, room)
        excess = part * BP - assets * limit
        if excess > 0:
            _note(found, number + count, account, TOGETHER + slot, part, limit)
            count += 1
            if excess > worst:
                worst, worst_at = excess, np.int64(TOGETHER + slot)
    return count, worst, worst_at


@inner
def _on_boards(
    account: Int,
    group: Int,
    limit: Int,
    at: Int,
    base: np.uint64,
    holdings: HoldingsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    room: Room,
) -> Int:
    """Return the value of securities in a group of boards, exactly where it may be above ``limit``.

    Boards of which only some securities belong to the group are summed whole first: what is within the limit then needs
    no closer look.
    """
    part = _ZERO
    for board in range(N_BOARDS):
        if bounds.may_hold[group, board]:
            part += np.int64(room.sums[at + np.uint64(BOARD_AT[board])])
    if bounds.is_whole[group] or part * BP <= limit:
        return part
    part = _ZERO
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.uint64(holdings.code[i])
        if bounds.in_group[np.int64(bounds.cell[code]), group]:
            part += np.int64(holdings.quantity[i]) * np.int64(terms.price[base + code])
    return part


@inner
def _note(found: BreachesOut, number: Int, account: Int, at: Int, part: Int, limit: Int) -> None:
    if number < len(found.account):
        found.account[number], found.at[number] = account, at
        found.part[number], found.limit_bp[number] = part, limit


@kernel
def list_breaches(
    debt: Int64,
    assets: Int64,
    holdings: HoldingsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    room: Room,
    found: BreachesOut,
) -> Int:
    """Write every breach of these accounts, whose debt and assets are given, into ``found``; return how many."""
    number = _ZERO
    for account in range(len(assets)):
        row = row_of(account, assets[account], debt[account], holdings, bounds)
        if row == UNLIMITED:
            continue
        largest = _sum_again(account, holdings, terms, room)
        count, _, _ = breaches(
            account, row, assets[account], largest, _ZERO, holdings, terms, bounds, room, found, number
        )
        number += count
    return number


@inner
def _sum_again(account: Int, holdings: HoldingsIn, terms: TermsIn, room: Room) -> Int:
    """Put the sums by group and board of one account into the room, and return its largest position."""
    base, largest = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities), _ZERO
    for k in range(SUMS):
        room.sums[k] = 0.0
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.uint64(holdings.code[i])
        value = np.int64(holdings.quantity[i]) * np.int64(terms.price[base + code])
        word = terms.packed[base + code]
        room.sums[(word >> np.uint64(8)) & np.uint64(0xFF)] += float(value)
        room.sums[word & np.uint64(0xFF)] += float(value)
        largest = max(largest, value)
    return largest
