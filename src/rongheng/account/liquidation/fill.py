"""A plan carried out: the book as it is once every sale, purchase and repayment of it has been filled.

What lives here: what a filled plan does to positions, contracts and cash. What does not: planning (``plan.py``).

Money that repays goes by the policy's order, of each part the contract that was opened first. A financing contract
whose principal is repaid in part keeps shares in proportion, rounded up; it never keeps more than the account still
holds of the security, and the contract that was opened first gives up its shares first.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.book.change import Amounts, changed
from rongheng.account.book.layout import NO_COST, spans, starts_of
from rongheng.account.liquidation.kernels import FEES, INTEREST, PRINCIPAL, allot_repayments
from rongheng.account.liquidation.plan import Plan
from rongheng.account.liquidation.settlement import CASH
from rongheng.account.policy.enforcement import DebtPart

Int64 = NDArray[np.int64]
_PARTS: Final = {DebtPart.FEES: FEES, DebtPart.INTEREST: INTEREST, DebtPart.PRINCIPAL: PRINCIPAL}


def fill(plan: Plan, *, session: date | None = None) -> Book:
    """Return the book after the plan (方案执行后的账簿), with interest through the plan's session.

    Assets fall and debt falls by exactly what the plan says; every yuan that leaves is a repayment, a purchase of
    shares that were owed, or a charge.

    Parameters
    ----------
    session : of the new book; the session that was marked unless given
    """
    marks = plan.marks
    amounts = Amounts.of(marks.book)
    amounts.interest_milli[:] = marks.interest_milli
    amounts.cash_milli[plan.rows] = plan.after[:, CASH]
    _sell(plan, amounts)
    _cover(plan, amounts)
    _repay(plan, amounts)
    _keep_what_is_held(plan, amounts)
    _move_interest_of_covered_shorts(plan, amounts)
    return changed(marks.book, amounts, session=session or marks.day.session, interest_through=marks.day.session)


def _sell(plan: Plan, amounts: Amounts) -> None:
    place, before = plan.place, amounts.quantity[plan.place]
    amounts.quantity[place] = before - plan.sold
    cost = amounts.cost_milli[place]
    kept = [int(c) * int(left) // int(had) for c, left, had in zip(cost, before - plan.sold, before, strict=True)]
    amounts.cost_milli[place] = np.where(cost == NO_COST, NO_COST, np.array(kept, dtype=np.int64))


def _cover(plan: Plan, amounts: Amounts) -> None:
    """What is still owed keeps its sale price: the amount falls in proportion, rounded up."""
    for contract, left in zip(plan.short, plan.left, strict=True):
        owed, amount = int(amounts.contract_quantity[contract]), int(amounts.amount_milli[contract])
        amounts.amount_milli[contract] = -(-amount * int(left) // owed)
        amounts.contract_quantity[contract] = left


def _repay(plan: Plan, amounts: Amounts) -> None:
    layout, marks = plan.marks.book.layout, plan.marks
    starts, contract = _oldest_first(plan)
    principal = np.where(layout.is_short, 0, amounts.amount_milli)
    before = principal.copy()
    fees = amounts.other_debt_milli[plan.rows]
    policies = [marks.policies[marks.book.policies[layout.policy[row]]] for row in plan.rows]
    parts = np.array([[_PARTS[part] for part in policy.repayment] for policy in policies], dtype=np.int64)
    allot_repayments(
        plan.repaid, parts.reshape(len(plan.rows), -1), fees, starts, contract, amounts.interest_milli, principal
    )
    amounts.other_debt_milli[plan.rows] = fees
    for i in np.flatnonzero(principal < before):
        quantity = int(amounts.contract_quantity[i])
        amounts.contract_quantity[i] = -(-quantity * int(principal[i]) // int(before[i]))
        amounts.amount_milli[i] = principal[i]


def _oldest_first(plan: Plan) -> tuple[Int64, Int64]:
    """Return the accounts' contracts, each account's from the one that was opened first."""
    layout = plan.marks.book.layout
    ranks = np.searchsorted(layout.indebted, plan.rows)
    contract = spans(layout.contract_starts, ranks)
    owner = np.repeat(np.arange(len(plan.rows)), np.diff(layout.contract_starts)[ranks])
    order = np.lexsort((contract, layout.opened[contract], owner))
    return starts_of(np.diff(layout.contract_starts)[ranks]), contract[order]


def _keep_what_is_held(plan: Plan, amounts: Amounts) -> None:
    """Take from financing contracts, the oldest first, the shares that the account does not hold any more."""
    layout = plan.marks.book.layout
    starts, contract = _oldest_first(plan)
    for account, row in enumerate(plan.rows):
        first, last = layout.starts[row : row + 2].tolist()
        held = dict(zip(layout.code[first:last].tolist(), amounts.quantity[first:last].tolist(), strict=True))
        mine = [i for i in contract[starts[account] : starts[account + 1]] if not layout.is_short[i]]
        for code in {int(layout.contract_code[i]) for i in mine}:
            together = [i for i in mine if layout.contract_code[i] == code]
            beyond = sum(int(amounts.contract_quantity[i]) for i in together) - held.get(code, 0)
            for i in together:
                given = min(max(beyond, 0), int(amounts.contract_quantity[i]))
                amounts.contract_quantity[i] -= given
                beyond -= given


def _move_interest_of_covered_shorts(plan: Plan, amounts: Amounts) -> None:
    """A short that is bought back is closed; what it still owes in fees stays owed, as other debt."""
    for account, row in enumerate(plan.rows):
        for i in plan.short[plan.short_starts[account] : plan.short_starts[account + 1]]:
            if amounts.contract_quantity[i] == 0:
                amounts.other_debt_milli[row] += amounts.interest_milli[i]
                amounts.interest_milli[i] = 0
