"""Run scenarios over a marked book and say what each comes to.

What lives here: :func:`stress`, and its result as arrays. What does not: the pass over the accounts (``kernels.py``),
tables (``tables.py``) and what sales do to prices (``cascade.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks import Marks
from rongheng.account.marks.columns import ContractsIn, HoldingsIn, TermsIn
from rongheng.account.marks.mark import kernel_arguments, over_shards
from rongheng.account.stress.kernels import Totals, Work, run_scenarios
from rongheng.account.stress.scenario import Scenario
from rongheng.account.stress.shocked import Ground, require_known, shocked_prices, suspended_in
from rongheng.account.stress.traits import Traits
from rongheng.basics.account_tables import State
from rongheng.basics.errors import UsageError
from rongheng.rulebook import Rulebook

Arguments = tuple[HoldingsIn, ContractsIn, TermsIn]


@dataclass(frozen=True)
class Stressed:
    """What scenarios come to. Rows of ``totals`` stand in the order of the scenarios."""

    marks: Marks
    scenarios: tuple[Scenario, ...]
    totals: Totals
    replayed: tuple[int, ...]  # by scenario: securities of the book that move as they did themselves
    defaulted: tuple[int, ...]  # by scenario: those that take the default beta


def stress(
    marks: Marks,
    scenarios: Sequence[Scenario],
    *,
    traits: Traits | None = None,
    rulebook: Rulebook | None = None,
    each: bool = False,
    threads: int = 2,
) -> Stressed:
    """Run scenarios over every indebted account of a marked book (压力测试).

    Lines are decided at the shocked prices, as the close of such a day would decide them. What a scenario suspends is
    worth its price and is not sold. Forced sales are those of the
    exchange's ratio, also where a policy counts by coefficients, for which the definitions give none.

    Parameters
    ----------
    traits : betas, industries and past moves; without them every beta is 1 and no industry is known
    each : also keep every account's own shortfall
    threads : how many shards run at once; the result does not depend on it

    Raises
    ------
    UsageError
        No scenario, or one that names what is not there.
    """
    if not scenarios:
        raise UsageError("No scenario is given; name at least one.")
    scenarios = [one.on(marks.day.session) for one in scenarios]
    traits = traits or Traits.none()
    require_known(scenarios, marks.day.securities["security"], traits)
    ground = Ground.of(marks, traits, rulebook=rulebook or Rulebook.load())
    suspended = suspended_in(scenarios, marks.terms.securities)
    totals = totals_at(marks, shocked_prices(ground, scenarios), suspended=suspended, each=each, threads=threads)
    securities = marks.terms.n_securities  # each stands once for every policy, and is counted once
    replayed = tuple(int(ground.replayed_in(one)[:securities].sum()) for one in scenarios)
    defaulted = tuple(int(ground.defaulted_in(one)[:securities].sum()) for one in scenarios)
    return Stressed(marks, tuple(scenarios), totals, replayed, defaulted)


def totals_at(
    marks: Marks,
    price: NDArray[np.int32],
    *,
    suspended: NDArray[np.bool_] | None = None,
    each: bool = False,
    threads: int = 2,
) -> Totals:
    """Return what the book comes to at these prices: int32, [policy × security, scenario].

    ``suspended`` says by code and scenario what cannot be sold; without rows, everything can.
    """
    count = price.shape[1]
    still = np.zeros((0, count), dtype=np.bool_) if suspended is None else suspended
    arguments = kernel_inputs(marks)
    rows = len(marks.book.layout.indebted) if each else 0
    own = np.zeros((rows, count), dtype=np.int64)

    def run(first: int, last: int, totals: Totals) -> None:
        work = Work(*(np.zeros(count, dtype=np.int64) for _ in Work._fields))
        run_scenarios(first, last, marks.is_marked, price, still, *arguments, work, totals)

    return summed(
        len(marks.book.layout.indebted), run, lambda: _empty(count, marks.terms.n_securities, own), threads=threads
    )


def kernel_inputs(marks: Marks) -> Arguments:
    """Return what the kernels are given; quantities as 64 bits where one of them needs it."""
    holdings, contracts, terms, *_ = kernel_arguments(marks)
    layout = marks.book.layout
    if len(layout.wide_at):
        holdings = holdings._replace(quantity=layout.quantities(0, layout.n_positions))
    return holdings, contracts, terms


def summed(rows: int, run: Callable[[int, int, Totals], None], empty: Callable[[], Totals], *, threads: int) -> Totals:
    """Run over shards, each with its own totals, and add them: whole numbers, so in whatever order."""
    parts: list[Totals] = [empty()]

    def work(first: int, last: int) -> None:
        mine = empty()
        run(first, last, mine)
        parts.append(mine)

    over_shards(rows, work, threads=threads)
    columns = zip(*(part[:-1] for part in parts), strict=True)
    added = [np.sum(same, axis=0) for same in columns]
    return Totals._make([*added, parts[0].each])


def _empty(count: int, securities: int, each: NDArray[np.int64]) -> Totals:
    def zeros(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, dtype=np.int64)

    by_scenario = {name: zeros(count) for name in Totals._fields[2:-2]}
    states = {name: zeros(count, len(State)) for name in Totals._fields[:2]}
    return Totals(**states, **by_scenario, sales=zeros(securities, count), each=each)
