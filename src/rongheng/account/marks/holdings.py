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
    CHINEXT_AT,
    DUAL,
    LARGEST,
    NO_SECURITY,
    STAR_AT,
    SUMS,
    HoldingsIn,
    HoldingsOut,
    Int64,
    Room,
    TermsIn,
)
from rongheng.basics.compiled import Int, inner, kernel
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP

# Three roundings lose less than 4 × 2^-53 of a quotient; these move it by 9 and by 8 × 2^-53.
_TOO_LOW, _TOO_HIGH = 1.0 - 1e-15, 1.0 + 1e-15
SIZE_BITS = 47  # 2^47 is above the limit of an account, and 65,535 values below it sum to less than 2^63
_ZERO = np.int64(0)


@kernel
def value_positions(first: Int, last: Int, holdings: HoldingsIn, terms: TermsIn, out: HoldingsOut, room: Room) -> None:
    """Value the positions of accounts ``first`` to ``last``: all, after haircuts, the largest, by group and board.

    Margin and what may leave are marked as if nothing were owed or held back.
    """
    for k in range((last - first) * SUMS):
        room.sums[k] = 0.0
    i = np.uint64(holdings.starts[first])
    for account in range(np.uint64(first), np.uint64(last)):
        place = account - np.uint64(first)
        base = np.uint64(holdings.policy[account]) * np.uint64(terms.n_securities)
        at = place * np.uint64(SUMS)
        securities, counted, largest, which = _ZERO, _ZERO, np.int64(-1), np.uint64(NO_SECURITY)
        # not `in range(...)`: a loop that knows its length is compiled for two positions at once, and whether an
        # account has an odd number of them is one more thing that a processor guesses wrong
        while i < np.uint64(holdings.starts[account + np.uint64(1)]):
            code = np.uint64(holdings.code[i])
            word = terms.packed[base + code]
            value = np.int64(holdings.quantity[i]) * np.int64(word >> np.uint64(32))
            securities += value
            counted += value * np.int64((word >> np.uint64(16)) & np.uint64(0xFFFF))
            room.sums[at + ((word >> np.uint64(8)) & np.uint64(0xFF))] += float(value)
            room.sums[at + (word & np.uint64(0xFF))] += float(value)
            # positions stand by rising code: of equal values the smallest code is the largest position
            which = code if value > largest else which
            largest = max(largest, value)
            i += np.uint64(1)
        assets = holdings.cash[account] + securities + holdings.other_collateral[account]
        is_beyond = (largest >> SIZE_BITS) > 0 or assets >= AMOUNT_LIMIT_MILLI
        out.assets[account] = NULL if is_beyond else assets
        out.securities[account] = out.withdrawable_securities[account] = securities
        out.largest[account] = which
        margin = (holdings.cash[account] * BP + counted) // BP
        out.margin[account] = margin
        out.withdrawable[account] = max(min(margin, holdings.cash[account] - holdings.frozen[account]), 0)
        room.largest[place] = largest
        room.counted[place] = counted
        # here and not where shares are made of them: four sums at once are read much later than one of them is written
        room.sums[at + np.uint64(DUAL)] = room.sums[at + np.uint64(STAR_AT)] + room.sums[at + np.uint64(CHINEXT_AT)]
        room.sums[at + np.uint64(LARGEST)] = float(max(room.largest[place], 0))


@kernel
def hold_back(first: Int, last: Int, held: Int, holdings: HoldingsIn, terms: TermsIn, out: HoldingsOut) -> Int:
    """Take shares held back off what may leave of accounts ``first`` to ``last``; return where the next ones' begin.

    ``held`` is where theirs begin.
    """
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
    """Mark the shares of assets of the accounts ``first`` to ``last``: groups, boards, the largest position.

    Two float quotients enclose each share, one a little too low and one a little too high: where both round up to the
    same basis point it is the answer, and where they do not exact integers decide. The loop has no branch, and its
    length is no constant, so that it is compiled for four shares at once.
    """
    count = np.uint64(out.shares.shape[1])
    for account in range(np.uint64(first), np.uint64(last)):
        place = account - np.uint64(first)
        at = place * np.uint64(SUMS)
        assets = out.assets[account]
        if assets <= 0:
            for k in range(count):
                out.shares[account, k] = NO_SHARE
            continue
        per_bp = 10_000.0 / float(assets)
        too_low, too_high = per_bp * _TOO_LOW, per_bp * _TOO_HIGH
        unsure = np.int32(0)
        for k in range(count):
            part = room.sums[at + k]
            share = np.int32(np.ceil(part * too_low))
            unsure |= share ^ np.int32(np.ceil(part * too_high))
            out.shares[account, k] = share
        if unsure != 0:
            for k in range(count):
                out.shares[account, k] = ceil_share_bp(np.int64(room.sums[at + k]), assets, per_bp)
        if room.largest[place] < 0:
            out.shares[account, LARGEST] = NO_SHARE
