"""Fifty scenarios over a marked book, against one full mark of it.

A hundred thousand accounts, an eighth of them indebted, stand for a middle broker. Bar: fifty scenarios, prices
included, take no longer than two and a half full marks, because prices of a security stand side by side and every
position is met once.

``STRESS_ACCOUNTS`` takes fewer or more.
"""

from __future__ import annotations

import os
from datetime import date

from bench.measure import timed, verdict
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.account.stress import Scenario, stress
from rongheng.rulebook import Rulebook

ACCOUNTS = int(os.environ.get("STRESS_ACCOUNTS", "100000"))
SESSION = date(2026, 3, 2)
POLICY = "citic"
BAR_MARKS = 2.5


def main() -> None:
    """Print what a mark and fifty scenarios take, and their ratio."""
    rulebook, day = Rulebook.load(), make_day(SESSION)
    policies = PolicySet.load(POLICY, session=SESSION)
    book = make_book(Recipe(ACCOUNTS, seed=1, policy=POLICY), day)
    marks = mark(book, day, policies)
    print(f"{len(book.layout.indebted):,} indebted accounts of {book.layout.n_accounts:,}")
    scenarios = [Scenario.uniform(-100 * percent) for percent in range(50)]
    whole = timed("mark", lambda: mark(book, day, policies))
    fifty = timed("fifty scenarios", lambda: stress(marks, scenarios, rulebook=rulebook))
    print(whole.line())
    print(fifty.line())
    verdict("marks", fifty.median / whole.median, BAR_MARKS, at_most=True)


if __name__ == "__main__":
    main()
