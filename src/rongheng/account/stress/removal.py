"""What the book would lose if one security were worth nothing, for every security at once.

What lives here: the kernel and its table. What does not: scenarios (``grid.py``), in which a security can fall as far
as one likes together with others.

An account holds few securities, and only who holds a security is touched by its removal, so that one pass over the
holdings answers for all of them. A removed security counts for nothing, neither as an asset nor in the share of STAR
and ChiNext shares; who is short of it owes what it costs today.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks import Marks
from rongheng.account.marks.columns import ContractsIn, HoldingsIn, TermsIn
from rongheng.account.marks.mark import over_shards
from rongheng.account.stress.grid import kernel_inputs
from rongheng.account.stress.kernels import FORCED, Int64, Work, is_dual, line_of, value_contracts, value_holdings
from rongheng.basics.compiled import Int, inner, kernel

MOST_SHOWN = 10


class Losses(NamedTuple):
    """What the removal of each security does, by its code."""

    accounts: Int64  # that come under their liquidation lines
    debt: Int64  # of theirs
    shortfall: Int64  # that is added
    value: Int64  # that the indebted hold of it


@kernel
def remove_each(
    first: Int,
    last: Int,
    is_marked: NDArray[np.bool_],
    price: NDArray[np.int32],
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    work: Work,
    losses: Losses,
) -> None:
    """Take each security from the indebted accounts ``first`` to ``last`` that hold it; ``price`` is [place, 0]."""
    for rank in range(np.uint64(first), np.uint64(last)):
        account = np.uint64(holdings.indebted[rank])
        if not is_marked[account]:
            continue
        value_holdings(account, price, holdings, terms, work)
        owed, _ = value_contracts(rank, account, price, holdings, contracts, terms, work)
        _remove(account, owed + work.short[0], price, holdings, terms, work, losses)


@inner
def _remove(
    account: Int,
    debt: Int,
    price: NDArray[np.int32],
    holdings: HoldingsIn,
    terms: TermsIn,
    work: Work,
    losses: Losses,
) -> None:
    policy, cash, other = np.int64(holdings.policy[account]), holdings.cash[account], holdings.other_collateral[account]
    securities, dual, weighted = work.securities[0], work.dual[0], work.weighted[0]
    assets = cash + securities + other
    _, _, state = line_of(cash, assets, debt, dual, weighted, policy, terms)
    for i in range(np.uint64(holdings.starts[account]), np.uint64(holdings.starts[account + np.uint64(1)])):
        code = np.int64(holdings.code[i])
        board = terms.board[code]
        value = np.int64(holdings.quantity[i]) * np.int64(price[policy * terms.n_securities + code, 0])
        left = assets - value
        dual_left = dual - value if is_dual(board) else dual
        weighted_left = weighted - value * terms.coefficient[policy, board]
        _, _, then = line_of(cash, left, debt, dual_left, weighted_left, policy, terms)
        if then >= FORCED and state < FORCED:
            losses.accounts[code] += 1
            losses.debt[code] += debt
        losses.shortfall[code] += max(debt - left, 0) - max(debt - assets, 0)
        losses.value[code] += value


def losses_of(marks: Marks, *, threads: int = 2) -> Losses:
    """Return what the removal of each security of the book does."""
    inputs, price = kernel_inputs(marks), marks.terms.price_milli.reshape(-1, 1)
    parts = [_nothing(marks)]

    def run(first: int, last: int) -> None:
        mine = _nothing(marks)
        work = Work(*(np.zeros(1, dtype=np.int64) for _ in Work._fields))
        remove_each(first, last, marks.is_marked, price, *inputs, work, mine)
        parts.append(mine)

    over_shards(len(marks.book.layout.indebted), run, threads=threads)
    return Losses(*(np.sum(same, axis=0) for same in zip(*parts, strict=True)))


def _nothing(marks: Marks) -> Losses:
    return Losses(*(np.zeros(marks.terms.n_securities, dtype=np.int64) for _ in Losses._fields))


def removals_of(marks: Marks, *, most: int = MOST_SHOWN) -> pl.DataFrame:
    """Return the securities whose removal hurts most (剔除影响), the worst first; none whose removal does nothing.

    Worst is what brings most debt under the liquidation line; among equals, what adds most to the shortfall.
    """
    losses = losses_of(marks)
    frame = pl.DataFrame(
        {
            "security": marks.terms.securities,
            "value_milli": losses.value,
            "called_accounts_more": losses.accounts,
            "called_debt_more_milli": losses.debt,
            "shortfall_more_milli": losses.shortfall,
        }
    )
    hurts = (pl.col("called_debt_more_milli") > 0) | (pl.col("shortfall_more_milli") > 0)
    by = ["called_debt_more_milli", "shortfall_more_milli", "security"]
    return frame.filter(hurts).sort(by, descending=[True, True, False]).head(most)
