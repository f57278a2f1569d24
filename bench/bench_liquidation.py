"""Plans of forced sales for a hundred thousand accounts.

A hundred thousand accounts stand for a crash in which every twentieth of the country's indebted accounts is sold out at
once. Bar: the plans, with their orders, outcomes and what is unsold as tables, within 5 s on two cores. The order of
least impact, which spreads each account over all that it holds, is timed beside the policy's own.

``LIQUIDATION_ACCOUNTS`` takes fewer.
"""

from __future__ import annotations

import os
from datetime import date

import numpy as np

from bench.measure import timed, verdict
from rongheng.account.liquidation import SaleOrder, fill, liquidate, orders_of, outcomes_of, unsold_of
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.rulebook import Rulebook

PLANNED = int(os.environ.get("LIQUIDATION_ACCOUNTS", "100000"))
SESSION = date(2026, 3, 2)
POLICY = "illustrative"
BAR_SECONDS = 5.0


def main() -> None:
    """Print what plans take, in the policy's order and in that of least impact, and what filling them takes."""
    rulebook = Rulebook.load()
    day = make_day(SESSION)
    recipe = Recipe(PLANNED * 10, seed=1, policy=POLICY, indebted_share=0.2)
    marks = mark(make_book(recipe, day), day, PolicySet.load(POLICY, session=SESSION))
    accounts = _worst(marks)
    print(f"{len(accounts):,} accounts of {marks.book.layout.n_accounts:,}")
    for order in (SaleOrder.POLICY, SaleOrder.LEAST_IMPACT):
        whole = timed(f"plan, {order.value}", lambda order=order: _plan(marks, accounts, rulebook, order), runs=3)  # type: ignore[misc]
        print(whole.line())
        verdict("seconds", whole.median, BAR_SECONDS, at_most=True)
    made = liquidate(marks, accounts, rulebook=rulebook)
    print(timed("fill", lambda: fill(made), runs=1, warm_up=0).line())


def _worst(marks: Marks) -> dict[str, int | None]:
    """Return the indebted accounts of the lowest ratios, each to be brought to a half more than it has."""
    ratio = marks.debts.ratio
    rows = np.argsort(ratio, kind="stable")[:PLANNED]
    names = marks.book.accounts["account_id"].gather(marks.book.layout.indebted[rows]).to_list()
    targets = np.maximum(ratio[rows] * 3 // 2, 13_000).tolist()
    return dict(zip(names, targets, strict=True))


def _plan(marks: Marks, accounts: dict[str, int | None], rulebook: Rulebook, order: SaleOrder) -> None:
    made = liquidate(marks, accounts, rulebook=rulebook, order=order)
    orders_of(made)
    outcomes_of(made)
    unsold_of(made)


if __name__ == "__main__":
    main()
