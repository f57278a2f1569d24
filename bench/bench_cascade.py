"""A round of a fire-sale cascade, against a mark of the indebted accounts.

A hundred and fifty thousand indebted accounts stand for a large broker; they fall by 30 %, sixty such brokers sell at
once. Bar: a round (the lean mark, who sells what, the next prices, and its part of filling the sales) takes no longer
than one full mark of those accounts, since only who is under the line is looked at twice.

``CASCADE_ACCOUNTS`` takes fewer or more.
"""

from __future__ import annotations

import os
from datetime import date
from functools import partial

from bench.measure import machine, timed, verdict
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.account.stress import Scenario
from rongheng.account.stress.cascade import cascade
from rongheng.account.stress.impact import shipped_impacts
from rongheng.rulebook import Rulebook

ACCOUNTS = int(os.environ.get("CASCADE_ACCOUNTS", "150000"))
SESSION = date(2026, 3, 2)
POLICY = "citic"
SHOCK = Scenario.uniform(-3_000)
CROWD = 60
BAR_MARKS = 1.0


def main() -> None:
    """Print what a mark and a round take, and their ratio, for each model of impact."""
    rulebook, day = Rulebook.load(), make_day(SESSION)
    policies = PolicySet.load(POLICY, session=SESSION)
    book = make_book(Recipe(ACCOUNTS, seed=1, policy=POLICY, indebted_share=1.0), day)
    marks = mark(book, day, policies)
    print(f"{machine()}: {len(book.layout.indebted):,} indebted accounts, {book.layout.n_positions:,} positions")
    whole = timed("mark of the indebted", lambda: mark(book, day, policies))
    print(whole.line())
    for name, impact in shipped_impacts().items():
        found = cascade(marks, SHOCK, impact=impact, rulebook=rulebook, crowd=CROWD)
        follow = partial(cascade, marks, SHOCK, impact=impact, rulebook=rulebook, crowd=CROWD)
        fell = timed(f"cascade, {name}", follow)
        print(fell.line(whole))
        rounds = len(found.rounds)
        print(f"  {rounds} sets of prices in {len(found.sessions)} sessions, settled: {found.is_settled}")
        verdict(f"marks a round, {name}", fell.median / rounds / whole.median, BAR_MARKS, at_most=True)


if __name__ == "__main__":
    main()
