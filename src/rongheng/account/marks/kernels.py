"""The mark itself: block after block of accounts goes through the stages, in exact integers.

What lives here: the order of the stages. What does not: the stages (``holdings.py``, ``debts.py``), marks that do less
(``lean.py``), and looking up, allocating and checking (``mark.py``). Arrays and integers only.

A block is small enough that what a stage leaves for the next is still in the cache, and each stage is a small function,
so that its columns stay in registers. Numbers of an account depend on no other account.
"""

from __future__ import annotations

from rongheng.account.marks.columns import (
    BLOCK,
    ContractsIn,
    DebtsOut,
    HoldingsIn,
    HoldingsOut,
    LimitsIn,
    Room,
    TermsIn,
)
from rongheng.account.marks.concentration import test_debt_free, test_debtors
from rongheng.account.marks.debts import cure, fall, judge, let_leave, sum_contracts
from rongheng.account.marks.holdings import first_at_least, hold_back, share_out, value_positions
from rongheng.basics.compiled import Int, kernel


@kernel
def mark_accounts(
    first: Int,
    last: Int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    room: Room,
) -> None:
    """Mark accounts ``first`` to ``last``, with debt or without."""
    rank = first_at_least(holdings.indebted, first, 0, len(holdings.indebted))
    held = first_at_least(holdings.held_back_at, holdings.starts[first], 0, len(holdings.held_back_at))
    while first < last:
        end = min(first + BLOCK, last)
        past = rank
        while past < len(holdings.indebted) and holdings.indebted[past] < end:
            past += 1
        value_positions(first, end, holdings, terms, out, room)
        next_held = hold_back(first, end, held, holdings, terms, out)
        share_out(first, end, out, room)
        if past > rank:
            sum_contracts(rank, past, holdings, contracts, terms, out, debts, room)
            judge(rank, past, first, holdings, contracts, terms, out, debts, room)
            let_leave(rank, past, first, held, next_held, holdings, contracts, terms, out, debts, room)
            cure(rank, past, holdings, terms, out, debts, room)
            fall(rank, past, holdings, contracts, terms, out, debts, room)
        if bounds.is_for_all:
            test_debt_free(first, end, holdings, terms, bounds, out, room)
        if bounds.is_any and past > rank:
            test_debtors(rank, past, first, holdings, terms, bounds, out, debts, room)
        first, rank, held = end, past, next_held
