"""A plan carried out: the book as it is once every sale, purchase and repayment of it has been filled.

What lives here: what a filled plan does to positions, contracts and cash. What does not: planning (``plan.py``), and in
which order money repays (``repayment.py``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.book.change import Amounts, Held, changed, held_at
from rongheng.account.book.layout import NO_COST, spans
from rongheng.account.liquidation.plan import Plan
from rongheng.account.liquidation.repayment import keep_what_is_held, repay
from rongheng.account.liquidation.settlement import CASH
from rongheng.account.marks import Marks
from rongheng.account.marks.accrual import interest_of_whole_days

Int64 = NDArray[np.int64]


def fill(plan: Plan, *, session: date | None = None) -> Book:
    """Return the book after the plan (方案执行后的账簿), with interest as it stood in the marks.

    Where a policy does not count the last day, the book's interest runs through the day before, and the session's own
    is still to come; an account of the plan that does count it, in one book with such, says so itself.

    Assets fall and debt falls by exactly what the plan says; every yuan that leaves is a repayment, a purchase of
    shares that were owed, or a charge.

    Parameters
    ----------
    session : of the new book; the session that was marked unless given
    """
    marks, rows, layout = plan.marks, plan.rows, plan.marks.book.layout
    amounts = Amounts.of(layout)
    through = lay_interest(marks, rows, amounts)
    amounts.cash_milli[rows] = plan.after[:, CASH]
    held = held_at(layout, spans(layout.starts, np.sort(rows)))
    _sell(plan, held)
    _cover(plan, amounts)
    policies = [marks.policies[marks.book.policies[layout.policy[row]]] for row in rows]
    repay(layout, amounts, rows=rows, repaid_milli=plan.repaid, policies=policies)
    keep_what_is_held(layout, amounts, held, rows)
    _move_interest_of_covered_shorts(plan, amounts)
    book = changed(marks.book, amounts, held, session=session or marks.day.session, interest_through=through)
    return book if through == marks.day.session else _counting_the_session(book, plan)


def _counting_the_session(book: Book, plan: Plan) -> Book:
    """Return the book with the accounts of the plan marked whose interest holds the session's already."""
    marks = plan.marks
    counts = [name for name, policy in marks.policies.items() if not policy.interest.last_day_out]
    names = book.accounts["account_id"].gather(plan.rows)
    holds = pl.col("account_id").is_in(names.implode()) & pl.col("policy").cast(pl.String).is_in(counts)
    own = pl.col("interest_through") if "interest_through" in book.accounts.columns else pl.lit(None, dtype=pl.Date())
    marked = pl.when(holds).then(pl.lit(marks.day.session)).otherwise(own).alias("interest_through")
    return replace(book, accounts=book.accounts.with_columns(marked))


def lay_interest(marks: Marks, rows: Int64, amounts: Amounts) -> date:
    """Lay in what each contract owes, of these accounts as they were marked; return through which day it is."""
    named = [marks.policies.get(name) for name in marks.book.policies]
    known = [policy or next(iter(marks.policies.values())) for policy in named]
    is_open = any(policy.interest.last_day_out for policy in known)
    through = max(marks.day.session - timedelta(days=int(is_open)), marks.book.interest_through)
    is_changed = np.isin(marks.book.layout.contract_owner(), rows)
    whole = interest_of_whole_days(marks.book, through, known)
    amounts.interest_milli[:] = np.where(is_changed, marks.interest_milli, whole)
    return through


def _sell(plan: Plan, held: Held) -> None:
    at = np.searchsorted(held.places, plan.place)
    before = held.quantity[at]
    held.quantity[at] = before - plan.sold
    held.cost_milli[at] = kept_costs(held.cost_milli[at], left=before - plan.sold, before=before)


def kept_costs(cost_milli: Int64, *, left: Int64, before: Int64) -> Int64:
    """Return what is left of the costs of positions once some of each is sold: in proportion, rounded down."""
    kept = [int(c) * int(some) // int(had) for c, some, had in zip(cost_milli, left, before, strict=True)]
    return np.where(cost_milli == NO_COST, NO_COST, np.array(kept, dtype=np.int64))


def _cover(plan: Plan, amounts: Amounts) -> None:
    """What is still owed keeps its sale price: the amount falls in proportion, rounded up."""
    for contract, left in zip(plan.short, plan.left, strict=True):
        owed, amount = int(amounts.contract_quantity[contract]), int(amounts.amount_milli[contract])
        amounts.amount_milli[contract] = -(-amount * int(left) // owed)
        amounts.contract_quantity[contract] = left


def _move_interest_of_covered_shorts(plan: Plan, amounts: Amounts) -> None:
    """A short that is bought back is closed; what it still owes in fees stays owed, as other debt."""
    for account, row in enumerate(plan.rows):
        for i in plan.short[plan.short_starts[account] : plan.short_starts[account + 1]]:
            if amounts.contract_quantity[i] == 0:
                amounts.other_debt_milli[row] += amounts.interest_milli[i]
                amounts.interest_milli[i] = 0
