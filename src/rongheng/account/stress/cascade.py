"""Sales that feed on sales (强平连锁): a shock, the sales that it forces, what they do to prices, and so on.

What lives here: :func:`cascade`, which checks, looks up and starts. What does not: the loop (``cascade_run.py``), the
result (``cascade_result.py``), and models of impact (``impact.py``).

The shock is a close. The sales that it forces go out in the sessions after it, each with its own price limit and its
own day's volume. Within a session the rounds look for the prices at which the sales that they force lead to themselves:
every round judges the accounts, as they opened, at the prices of the round before, and what all of them must sell
together sets the next prices, which never rise. All sales of a session are made at the price that they lead to; nobody
gets out earlier at a better one. So nothing depends on the order of accounts, and in a session a deeper shock never
leads to higher prices unless a line, a target or a short moves the other way.

A security at its lower limit takes what its market takes on the way there, the same part for everybody; the rest waits
for the next session. What is suspended, or held back in the book (bought today, or frozen), is not sold.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np

from rongheng.account.liquidation.venue import Bar, SaleTerms, Venue
from rongheng.account.marks import Marks
from rongheng.account.stress.cascade_kernels import MarketIn
from rongheng.account.stress.cascade_result import Cascade
from rongheng.account.stress.cascade_run import Run
from rongheng.account.stress.impact import Depth, Impact
from rongheng.account.stress.scenario import Scenario
from rongheng.account.stress.shocked import Ground, require_known, shocked_prices, suspended_in
from rongheng.account.stress.traits import Traits
from rongheng.basics.errors import UsageError
from rongheng.rulebook import Rulebook

MOST_SESSIONS: Final = 60
MOST_BOOKS: Final = 10_000


class Spread(StrEnum):
    """How an account spreads what it must sell over what it holds."""

    PRO_RATA = "pro_rata"  # the same part of each
    MOST_LIQUID = "most_liquid"  # the largest turnover first


def cascade(
    marks: Marks,
    scenario: Scenario,
    *,
    impact: Impact,
    traits: Traits | None = None,
    rulebook: Rulebook | None = None,
    sessions: int = 5,
    spread: Spread = Spread.PRO_RATA,
    crowd: int = 1,
    threads: int = 2,
) -> Cascade:
    """Follow a shock through forced sales and their impact until it settles (强平连锁反应).

    An account that is under its line before the shock sells only what the shock adds; so without a shock nothing moves.

    Parameters
    ----------
    traits : betas and industries, as for ``stress``
    sessions : how many sessions are followed at most; fewer where nothing is left to sell
    crowd : how many books like this one sell at once; each then has its part of the day's volume
    threads : how many shards run at once; the result does not depend on it

    Raises
    ------
    UsageError
        The scenario names what is not there, or sessions or crowd are out of bounds.

    Source
    ------
    Cifuentes, Ferrucci and Shin (2005), Liquidity risk and contagion, JEEA 3: sales at the price that they lead to, and
    the greatest such price; Caccioli, Bouchaud and Farmer (2012), arXiv:1204.0922: valuing after impact.
    """
    if not 1 <= sessions <= MOST_SESSIONS:
        raise UsageError(f"{sessions} sessions; expected 1 to {MOST_SESSIONS}.")
    if not 1 <= crowd <= MOST_BOOKS:
        raise UsageError(f"A crowd of {crowd} books; expected 1 (this one) to {MOST_BOOKS:,}.")
    scenario, traits = scenario.on(marks.day.session), traits or Traits.none()
    rulebook = rulebook or Rulebook.load()
    require_known([scenario], marks.day.securities["security"], traits)
    ground = Ground.of(marks, traits, rulebook=rulebook)
    shocked = shocked_prices(ground, [scenario])[:, 0].astype(np.int64)
    venue = Venue.of(marks.day, marks.book.securities, terms=SaleTerms(), rulebook=rulebook)
    price = ground.price_milli[: marks.terms.n_securities]
    depth = Depth.of(impact, amount_milli=venue.amount_milli, price_milli=price, crowd=crowd)
    run = Run(marks, ground, depth, _market(venue, spread), threads=threads)
    run.bar(suspended_in([scenario], marks.terms.securities))
    return run.through(shocked, scenario, sessions)


def _market(venue: Venue, spread: Spread) -> MarketIn:
    order = np.lexsort((np.arange(len(venue.amount_milli)), -venue.amount_milli))
    turnover_rank = np.empty(len(order), dtype=np.int64)
    turnover_rank[order] = np.arange(len(order))
    return MarketIn(
        is_barred=venue.sell_bar.is_in([Bar.SUSPENDED.value, Bar.NO_TURNOVER.value]).to_numpy(),
        turnover_rank=turnover_rank,
        by_turnover=np.array([spread is Spread.MOST_LIQUID]),
    )
