"""Concentration once an order and all pending ones are filled (集中度).

What lives here: values added up by security, class and group of boards, and held against a policy's limits. What does
not: the limits' own look-up (``account.policy.concentration_lookup``).

A buy is held against the limits of its own security, class and boards. Whatever else a limit blocks (a transfer, a
roll-over) is held against all limits of the account.
"""

from __future__ import annotations

import numpy as np

from rongheng.account.orders.checks import NONE, Check
from rongheng.account.orders.columns import (
    FULL,
    N_BOARD_GROUPS,
    N_GROUPS,
    N_SUMS,
    AccountsIn,
    Int64,
    TermsIn,
    WaitingIn,
)
from rongheng.account.orders.rooms import Held, Owed, shares_at
from rongheng.account.orders.uses import VALUE, Use, buys
from rongheng.account.policy.concentration_lookup import (
    BOARD_SLOT,
    CLASS_SLOT,
    NO_LIMIT_BP,
    UNLIMITED,
    exceeds,
    limit_row,
)
from rongheng.basics.compiled import Int, inner
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP

_MOST_ASSETS = 4 * AMOUNT_LIMIT_MILLI  # beyond what any account can come to


@inner
def sum_up(account: Int, accounts: AccountsIn, waiting: WaitingIn, terms: TermsIn, sums: Int64) -> None:
    """Add up the account's securities by class and by group of boards, with what pending orders add or take at once."""
    for place in range(N_SUMS):
        sums[place] = 0
    base = np.int64(accounts.policy[account]) * terms.n_securities
    for i in range(accounts.starts[account], accounts.starts[account + 1]):
        own = np.int64(accounts.to_code[accounts.code[i]])
        _add(base, own, shares_at(i, accounts) * np.int64(terms.price[base + own]), terms, sums)
    for i in range(waiting.starts[account], waiting.starts[account + 1]):
        _add(base, waiting.code[i], min(waiting.use[i, VALUE], AMOUNT_LIMIT_MILLI), terms, sums)


@inner
def _add(base: Int, code: Int, value: Int, terms: TermsIn, sums: Int64) -> None:
    sums[np.int64(terms.group[base + code])] += value
    cell = np.int64(terms.board_cell[code])
    for board in range(N_BOARD_GROUPS):
        if terms.in_board[cell, board]:
            sums[N_GROUPS + 1 + board] += value


@inner
def share_bits(
    account: Int,
    business: Int,
    code: Int,
    held: Held,
    owed: Owed,
    used: Use,
    use: Use,
    accounts: AccountsIn,
    waiting: WaitingIn,
    terms: TermsIn,
    sums: Int64,
    numbers: Int64,
) -> Int:
    """Return the bits of the limits that the account is above after the order (``use``) and the pending (``used``)."""
    for check in (Check.SECURITY_SHARE, Check.CLASS_SHARE, Check.BOARD_SHARE):
        numbers[0, check, 0], numbers[0, check, 1] = NONE, NONE
    policy, client = np.int64(accounts.policy[account]), np.int64(accounts.client[account])
    assets = min(max(accounts.assets[account] + used.assets + use.assets, 0), _MOST_ASSETS)
    debt = min(max(owed.debt + used.debt + use.debt, 0), AMOUNT_LIMIT_MILLI - 1)
    line = accounts.credit_limit[account]
    row = limit_row(terms.limits, policy, client, assets, debt, line if line != NONE else np.int64(0))
    if row == UNLIMITED:
        return np.int64(0)
    base = policy * terms.n_securities
    if buys(business):
        value = held.quantity * np.int64(terms.price[base + code]) + used.value + use.value
        bits = _security(row, base, policy, code, value, assets, terms, numbers)
    else:
        bits = _securities(row, account, base, policy, code, use.value, assets, accounts, waiting, terms, numbers)
    return bits | _sums(row, base, code, use.value, assets, buys(business), terms, sums, numbers)


@inner
def _security(
    row: Int, base: Int, policy: Int, code: Int, value: Int, assets: Int, terms: TermsIn, numbers: Int64
) -> Int:
    limit_bp = terms.limits.limit_bp[row, terms.limits.slot[base - policy + code]]
    return _share(Check.SECURITY_SHARE, value, assets, limit_bp, numbers)


@inner
def _securities(
    row: Int,
    account: Int,
    base: Int,
    policy: Int,
    code: Int,
    added: Int,
    assets: Int,
    accounts: AccountsIn,
    waiting: WaitingIn,
    terms: TermsIn,
    numbers: Int64,
) -> Int:
    """Return the bit of any security above its limit, held or on its way; places beyond the positions are pending."""
    bits = np.int64(0)
    first, last = accounts.starts[account], accounts.starts[account + 1]
    pending, end = waiting.starts[account], waiting.starts[account + 1]
    for i in range(first, last + end - pending):
        own = np.int64(accounts.to_code[accounts.code[i]]) if i < last else waiting.code[pending + i - last]
        value = added if own == code else np.int64(0)
        for j in range(first, last):
            if np.int64(accounts.to_code[accounts.code[j]]) == own:
                value += shares_at(j, accounts) * np.int64(terms.price[base + own])
        for j in range(pending, end):
            if waiting.code[j] == own:
                value += min(waiting.use[j, VALUE], AMOUNT_LIMIT_MILLI)
        if value > 0:
            bits |= _security(row, base, policy, own, value, assets, terms, numbers)
    return bits


@inner
def _sums(
    row: Int,
    base: Int,
    code: Int,
    added: Int,
    assets: Int,
    own_alone: bool,
    terms: TermsIn,
    sums: Int64,
    numbers: Int64,
) -> Int:
    """Return the bits of classes and groups of boards above their limits; of a buy only its own."""
    bits = np.int64(0)
    group, cell = np.int64(terms.group[base + code]), np.int64(terms.board_cell[code])
    for place in range(N_GROUPS):
        mine = place == group
        if mine or not own_alone:
            value = sums[place] + (added if mine else 0)
            bits |= _share(Check.CLASS_SHARE, value, assets, terms.limits.limit_bp[row, CLASS_SLOT + place], numbers)
    for board in range(N_BOARD_GROUPS):
        within = terms.in_board[cell, board]
        if within or not own_alone:
            value = sums[N_GROUPS + 1 + board] + (added if within else 0)
            bits |= _share(Check.BOARD_SHARE, value, assets, terms.limits.limit_bp[row, BOARD_SLOT + board], numbers)
    return bits


@inner
def _share(check: Int, value: Int, assets: Int, limit_bp: Int, numbers: Int64) -> Int:
    """Return the bit of a value above its limit; note the share that is furthest above its limit, or nearest to it."""
    limit = np.int64(limit_bp)
    if limit == NO_LIMIT_BP:
        return np.int64(0)
    worth = min(value, _MOST_ASSETS)
    share = -((-worth * BP) // assets) if assets > 0 else (np.int64(FULL) if worth > 0 else np.int64(0))
    noted, against = numbers[0, check, 0], numbers[0, check, 1]
    if noted == NONE or share - limit > noted - against:
        numbers[0, check, 0], numbers[0, check, 1] = share, limit
    return np.int64(exceeds(worth, assets, limit)) << np.int64(check)
