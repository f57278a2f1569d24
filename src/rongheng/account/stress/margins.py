"""What scenarios leave of the margin: what may still be financed and withdrawn, and what a year's interest comes to.

What lives here: full marks at changed terms, and their sums. What does not: lines and shortfalls, which haircuts and
ratios of new contracts do not touch (``grid.py``).

What may be financed is the available margin over the ratio of a new contract, and no more than the credit line leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks import Marks
from rongheng.account.marks.mark import marked_at
from rongheng.account.policy import Terms
from rongheng.account.policy.ratios import step_values
from rongheng.account.policy.terms import BOARDS
from rongheng.account.stress.scenario import ALL_BOARDS, Kind, Scenario
from rongheng.account.stress.shocked import Ground, shocked_prices
from rongheng.account.stress.traits import Traits
from rongheng.basics.money import BP, PPM
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook

Int64 = NDArray[np.int64]
TODAY = Scenario("today", Text("目前", "As it is"), ())


def margins_of(
    marks: Marks,
    scenarios: Sequence[Scenario],
    *,
    traits: Traits | None = None,
    rulebook: Rulebook | None = None,
    threads: int = 2,
) -> pl.DataFrame:
    """Return margin, what it still finances, withdrawable cash and interest: today, and in each change of terms.

    Returns
    -------
    frame
        A scenario that changes no terms has no row: its lines and shortfalls are what there is to see.
    """
    changes = [scenario for scenario in scenarios if scenario.changes_terms]
    rows = [_row(marks, TODAY)]
    if changes:
        prices = shocked_prices(
            Ground.of(marks, traits or Traits.none(), rulebook=rulebook or Rulebook.load()), changes
        )
        rows += [
            _row(_marked_in(marks, scenario, prices[:, place], threads=threads), scenario)
            for place, scenario in enumerate(changes)
        ]
    return pl.DataFrame(rows)


def _marked_in(marks: Marks, scenario: Scenario, price: NDArray[np.int32], *, threads: int) -> Marks:
    """Return the marks of a scenario; today's where it changes neither a price nor a haircut."""
    if all(step.kind in (Kind.FINANCING_RATIO, Kind.RATE) for step in scenario.steps):
        return marks
    return marked_at(marks, _terms(marks.terms, scenario, price), threads=threads)


def _terms(terms: Terms, scenario: Scenario, price: NDArray[np.int32]) -> Terms:
    """Return the terms at the prices of a scenario, with haircuts no higher than it says."""
    haircut = terms.haircut_bp.reshape(-1, terms.n_securities)
    for step in (step for step in scenario.steps if step.kind is Kind.HAIRCUT):
        rest = step.moves_bp.get(ALL_BOARDS, BP)
        most = np.array([step.moves_bp.get(board.value, rest) for board in BOARDS], dtype=np.uint16)
        haircut = np.minimum(haircut, most[terms.board])
    return replace(terms, price_milli=np.ascontiguousarray(price), haircut_bp=haircut.reshape(-1))


def _row(marks: Marks, scenario: Scenario) -> dict[str, object]:
    margin = marks.holdings.margin[marks.is_marked]
    return {
        "scenario": scenario.key,
        "name_zh": scenario.name.zh,
        "name_en": scenario.name.en,
        "short_of_margin_accounts": int((margin < 0).sum()),
        "available_margin_milli": int(margin.clip(0).sum()),
        "may_finance_milli": int(_may_finance(marks, scenario)[marks.is_marked].sum()),
        "withdrawable_milli": int(marks.holdings.withdrawable[marks.is_marked].sum()),
        "interest_a_year_milli": _interest_a_year_milli(marks, scenario),
    }


def _may_finance(marks: Marks, scenario: Scenario) -> Int64:
    """Return what each account may still finance, rounded down."""
    ratio = _value_of(scenario, Kind.FINANCING_RATIO)
    today = np.array([marks.day.session], dtype="datetime64[D]")
    own = [step_values(marks.policies[name].margin_ratios.financing, today)[0] for name in marks.terms.policies]
    of_policy = np.array(own, dtype=np.int64) if ratio is None else np.full(len(own), ratio, dtype=np.int64)
    by_margin = marks.holdings.margin.clip(0) * BP // of_policy[marks.book.layout.policy]
    financed = np.zeros(len(by_margin), dtype=np.int64)
    financed[marks.book.layout.indebted] = marks.debts.financing
    line = marks.credit_line_milli
    return np.where(line > 0, np.minimum(by_margin, (line - financed).clip(0)), by_margin)


def _interest_a_year_milli(marks: Marks, scenario: Scenario) -> int:
    """Return a year's interest on what is owed today, each contract's rounded up; no rate falls below nothing."""
    more = (_value_of(scenario, Kind.RATE) or 0) * (PPM // BP)
    layout = marks.book.layout
    owner = np.repeat(layout.indebted, np.diff(layout.contract_starts))
    rate = (layout.rate_ppm.astype(np.int64) + more).clip(0)[marks.is_marked[owner]]
    amount = layout.amount_milli[marks.is_marked[owner]]
    whole, rest = np.divmod(amount, PPM)
    return int((whole * rate + -(-rest * rate // PPM)).sum())


def _value_of(scenario: Scenario, kind: Kind) -> int | None:
    return next((step.moves_bp[""] for step in reversed(scenario.steps) if step.kind is kind), None)
