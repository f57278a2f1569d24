"""Money that repays debt (偿还): what becomes of fees, interest and contracts once accounts have repaid.

What lives here: the policy's order of repayment, the oldest contract first, and what a contract that is repaid in part
keeps. What does not: where the money comes from (``fill.py``, ``paid.py``).

A financing contract whose principal is repaid in part keeps shares in proportion, rounded up; it never keeps more than
the account still holds of the security, and the contract that was opened first gives up its shares first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book.change import Amounts, Held
from rongheng.account.book.layout import Layout, spans, starts_of
from rongheng.account.liquidation.kernels import FEES, INTEREST, PRINCIPAL, allot_repayments
from rongheng.account.policy import Policy
from rongheng.account.policy.enforcement import DebtPart

Int64 = NDArray[np.int64]
_PARTS: Final = {DebtPart.FEES: FEES, DebtPart.INTEREST: INTEREST, DebtPart.PRINCIPAL: PRINCIPAL}


def repay(layout: Layout, amounts: Amounts, *, rows: Int64, repaid_milli: Int64, policies: Sequence[Policy]) -> None:
    """Take what accounts repay off what they owe, in ``amounts``; nobody repays more than is owed in money.

    Parameters
    ----------
    rows : the accounts, each once
    repaid_milli : by account, milli-yuan
    policies : by account
    """
    starts, contract = oldest_first(layout, rows)
    principal = np.where(layout.is_short, 0, amounts.amount_milli)
    before = principal.copy()
    fees = amounts.other_debt_milli[rows]
    parts = np.array([[_PARTS[part] for part in policy.repayment] for policy in policies], dtype=np.int64)
    allot_repayments(
        repaid_milli, parts.reshape(len(rows), -1), fees, starts, contract, amounts.interest_milli, principal
    )
    amounts.other_debt_milli[rows] = fees
    for i in np.flatnonzero(principal < before):
        quantity = int(amounts.contract_quantity[i])
        amounts.contract_quantity[i] = -(-quantity * int(principal[i]) // int(before[i]))
        amounts.amount_milli[i] = principal[i]


def owed_in_money(layout: Layout, amounts: Amounts, rows: Int64) -> Int64:
    """Return what each account owes in money: fees, interest, and the principal of financing contracts."""
    starts, contract = oldest_first(layout, rows)
    owed = amounts.interest_milli[contract] + np.where(layout.is_short[contract], 0, amounts.amount_milli[contract])
    total = np.concatenate([[0], np.cumsum(owed)])
    return np.asarray(amounts.other_debt_milli[rows] + np.diff(total[starts]), dtype=np.int64)


def keep_what_is_held(layout: Layout, amounts: Amounts, held: Held, rows: Int64) -> None:
    """Take from financing contracts, the oldest first, the shares that the account does not hold any more.

    Parameters
    ----------
    held : every position of these accounts, as it is now
    """
    starts, contract = oldest_first(layout, rows)
    for account, row in enumerate(rows):
        first, last = np.searchsorted(held.row, [row, row + 1])
        there = dict(zip(held.code[first:last].tolist(), held.quantity[first:last].tolist(), strict=True))
        mine = [i for i in contract[starts[account] : starts[account + 1]] if not layout.is_short[i]]
        for code in {int(layout.contract_code[i]) for i in mine}:
            together = [i for i in mine if layout.contract_code[i] == code]
            beyond = sum(int(amounts.contract_quantity[i]) for i in together) - there.get(code, 0)
            for i in together:
                given = min(max(beyond, 0), int(amounts.contract_quantity[i]))
                amounts.contract_quantity[i] -= given
                beyond -= given


def oldest_first(layout: Layout, rows: Int64) -> tuple[Int64, Int64]:
    """Return the accounts' contracts, each account's from the one that was opened first.

    An account that owes nothing has none.
    """
    ranks = np.searchsorted(layout.indebted, rows)
    owes = ranks < len(layout.indebted)
    owes[owes] = layout.indebted[ranks[owes]] == rows[owes]
    counts = np.zeros(len(rows), dtype=np.int64)
    counts[owes] = np.diff(layout.contract_starts)[ranks[owes]]
    contract = spans(layout.contract_starts, ranks[owes])
    owner = np.repeat(np.arange(len(rows)), counts)
    order = np.lexsort((contract, layout.opened[contract], owner))
    return starts_of(counts), contract[order]
