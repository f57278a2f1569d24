"""The stages of a mark that look at what accounts hold: values, margin as if nothing were owed, shares.

What lives here: kernels over the accounts of one block. What does not: debts (``debts.py``) and the order of the stages
(``kernels.py``). No dates, strings, objects or input and output.

How it stays exact and fast: codes are unsigned, so that no index is tested for a sign; a position's value is below 2^62
and its bits are collected, so that one test per account says whether a sum may have left its bounds; sums of value ×
haircut wrap like unsigned numbers and are right whenever the assets are within bounds.
"""

from __future__ import annotations

import numpy as np

from rongheng.account.marks.arithmetic import NO_SHARE, NULL, ceil_share_bp
from rongheng.account.marks.columns import (
    BOARD_SUM,
    BSE,
    CHINEXT,
    DUAL,
    N_GROUPS,
    NO_SECURITY,
    STAR,
    SUMS,
    HoldingsIn,
    HoldingsOut,
    Int64,
    Room,
    TermsIn,
)
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP

SIZE_BITS = 47  # 2^47 is above the limit of an account, and 65,535 values below it sum to less than 2^63
_ZERO = np.int64(0)


@kernel
def value_positions(first: Int, last: Int, holdings: HoldingsIn, terms: TermsIn, out: HoldingsOut, room: Room) -> None:
    """Value the positions of accounts ``first`` to ``last``: all, after haircuts, the largest, by group and board."""
    for k in range((last - first) * SUMS):
        room.sums[k] = 0
    for account in range(first, last):
        place = account - first
        base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
        at = np.uint64(place) * np.uint64(SUMS)
        securities, counted, size, largest = _ZERO, _ZERO, _ZERO, np.int64(-1)
        for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + 1])):
            code = np.uint64(holdings.code[i])
            word = terms.packed[base + code]
            value = np.int64(holdings.quantity[i]) * np.int64(word >> np.uint64(32))
            securities += value
            counted += value * np.int64((word >> np.uint64(16)) & np.uint64(0xFFFF))
            size |= value
            room.sums[at + ((word >> np.uint64(8)) & np.uint64(0xFF))] += value
            room.sums[at + (word & np.uint64(0xFF))] += value
            # of equal values the smallest code is the largest position; one of 2^47 or more is beyond the bounds
            largest = max(largest, (value << 16) | np.int64(code ^ np.uint64(0xFFFF)))
        assets = holdings.cash[account] + securities + holdings.other_collateral[account]
        is_beyond = (size >> SIZE_BITS) != 0 or assets >= AMOUNT_LIMIT_MILLI
        out.assets[account] = NULL if is_beyond else assets
        out.securities[account] = securities
        out.largest[account] = (largest & 0xFFFF) ^ 0xFFFF if largest >= 0 else NO_SECURITY
        room.largest[place] = largest >> 16
        room.counted[place] = counted


@kernel
def mark_holdings(
    first: Int, last: Int, held: Int, holdings: HoldingsIn, terms: TermsIn, out: HoldingsOut, room: Room
) -> Int:
    """Mark accounts ``first`` to ``last`` as if they owed nothing; return where the next ones' shares held back begin.

    ``held`` is where theirs begin.
    """
    for account in range(first, last):
        place = account - first
        margin = (holdings.cash[account] * BP + room.counted[place]) // BP
        out.margin[account] = margin
        out.withdrawable[account] = max(min(margin, holdings.cash[account] - holdings.frozen[account]), 0)
        out.withdrawable_securities[account] = out.securities[account]
    owner, end = first, holdings.starts[last]
    while held < len(holdings.held_back_at) and holdings.held_back_at[held] < end:
        at = holdings.held_back_at[held]
        while holdings.starts[owner + 1] <= at:
            owner += 1
        place_of = np.int64(holdings.policy[owner]) * terms.n_securities + np.int64(holdings.code[at])
        out.withdrawable_securities[owner] -= holdings.held_back[held] * np.int64(terms.price[place_of])
        held += 1
    return held


@inner
def first_at_least(ascending: Int64, bound: Int, low: Int, high: Int) -> Int:
    """Return the place of the first number that is at least ``bound``, looked for from ``low`` to ``high``."""
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def share_out(first: Int, last: Int, out: HoldingsOut, room: Room) -> None:
    """Mark the shares of assets of the accounts ``first`` to ``last``: the largest position, groups, boards."""
    for account in range(first, last):
        place: int = account - first
        at = place * SUMS
        boards = at + BOARD_SUM
        assets = out.assets[account]
        per_bp = 10_000.0 / float(assets) if assets > 0 else 0.0
        largest = room.largest[place]
        out.largest_share[account] = share_bp(largest, assets, per_bp) if largest >= 0 else NO_SHARE
        for group in range(N_GROUPS):
            out.shares[account, group] = share_bp(room.sums[at + group], assets, per_bp)
        star, chinext = room.sums[boards + STAR], room.sums[boards + CHINEXT]
        out.shares[account, N_GROUPS] = share_bp(star, assets, per_bp)
        out.shares[account, N_GROUPS + 1] = share_bp(chinext, assets, per_bp)
        out.shares[account, N_GROUPS + 2] = share_bp(room.sums[boards + BSE], assets, per_bp)
        out.shares[account, DUAL] = share_bp(star + chinext, assets, per_bp)


@inner
def share_bp(part: Int, assets: Int, per_bp: float) -> Int:
    """Return a share of assets in basis points, rounded up; NO_SHARE without assets, or beyond the bounds."""
    if assets <= 0:
        return NO_SHARE
    return 0 if part == 0 else ceil_share_bp(part, assets, per_bp)
