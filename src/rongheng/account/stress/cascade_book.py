"""The book after a cascade: what was sold has left it, and what came in has repaid debt.

What lives here: what a cascade does to positions, contracts and cash. What does not: prices and who sells what
(``cascade.py``), and in which order money repays (``account.liquidation.repayment``).
"""

from __future__ import annotations

import numpy as np

from rongheng.account.book import Book
from rongheng.account.book.change import Amounts, changed, held_at
from rongheng.account.book.layout import owners, spans
from rongheng.account.liquidation.fill import kept_costs, lay_interest
from rongheng.account.liquidation.repayment import keep_what_is_held, repay
from rongheng.account.stress.cascade_result import Cascade


def book_after(cascade: Cascade) -> Book:
    """Return the book of the marked session after the cascade's sales (强平连锁后的账簿).

    Repayments go by each policy's order, the oldest contract first, with interest as it stood in the marks. Where
    nothing was sold or repaid it is the book that was marked.
    """
    marks, layout = cascade.marks, cascade.marks.book.layout
    sold_at = np.flatnonzero(layout.quantities(0, layout.n_positions) != cascade.quantity)
    rows = np.union1d(owners(layout.starts, sold_at), np.flatnonzero(cascade.repaid_milli)).astype(np.int64)
    if not len(rows):
        return marks.book
    amounts = Amounts.of(layout)
    through = lay_interest(marks, rows, amounts)
    amounts.cash_milli[:] = cascade.cash_milli
    held = held_at(layout, spans(layout.starts, rows))
    left = cascade.quantity[held.places].astype(np.int64)
    held.cost_milli = kept_costs(held.cost_milli, left=left, before=held.quantity)
    held.quantity = left
    policies = [marks.policies[marks.book.policies[number]] for number in layout.policy[rows]]
    repay(layout, amounts, rows=rows, repaid_milli=cascade.repaid_milli[rows], policies=policies)
    keep_what_is_held(layout, amounts, held, rows)
    return changed(marks.book, amounts, held, session=marks.day.session, interest_through=through)
