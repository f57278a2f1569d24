"""A market that never was, for demonstrations: random, but it passes through the published figures.

What lives here: :func:`simulated_market`. Its parts are ``anchors`` (what it passes through, and which of two
contradicting figures it follows), ``bridge`` (random paths through given points), ``prices``, ``accounts``,
``futures``, ``funds``, ``securities`` and ``facts`` (the tables). What does not: any figure of a real market beyond
the published ones.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.tables import (
    ETF_INDEX_MAP,
    ETF_NAV,
    ETF_SHARES,
    FUTURES_BARS,
    INDEX_MEMBERS,
    SECURITY_MARGIN,
)
from rongheng.market.sources.simulated import accounts, facts, funds, futures, prices, securities
from rongheng.market.sources.simulated.anchors import FIRST, Clock
from rongheng.market.sources.simulated.facts import SOURCE

__all__ = ["SOURCE", "simulated_market"]

_LAST = date(2025, 3, 21)  # the last published figure


def simulated_market(*, seed: int = 7, last: date = _LAST) -> list[Batch]:
    """Return a simulated market from 2012-09-27 on, as batches of canonical tables.

    Every published figure of the market's balances, ratio, collateral, indices and shares is met, whatever the seed;
    ``anchors`` says which one is followed where two contradict each other. All other values are random: Gaussian
    paths, in logs, that share one market factor, with the ratio tied to it since prices are its numerator. The same
    seed gives the same numbers.

    Parameters
    ----------
    seed : int
        Of NumPy's PCG64.
    last : date
        The last session; a day without trading means the session before it. An earlier day cuts the same market
        short, and nothing that it shows before that day changes.

    Returns
    -------
    list of Batch
        ``account_daily``, ``margin_summary``, ``index_daily``, ``market_daily``, and from 2023 on ``futures_bars``,
        ``etf_shares``, ``etf_nav`` and ``etf_index_map``, from 2024 on ``security_margin`` and ``index_members`` of a
        few securities; every fact has the grade ``simulated``. Only
        the first session's repayments of the market are null: the balance before it is not known.

    Raises
    ------
    UsageError
        ``last`` is before 2012-09-27.

    Examples
    --------
    >>> account, *_ = simulated_market(last=date(2013, 6, 24))
    >>> account.facts.select("as_of", "maintenance_ratio", "grade").row(-1)
    (datetime.date(2013, 6, 24), 2.0881, 'simulated')
    """
    if last < FIRST:
        raise UsageError(f"The simulated market begins on {FIRST}; {last} is before that. Give a later day.")
    whole = Clock.until(max(last, _LAST))
    shown = Clock.until(calendar().on_or_before(last))
    rng = np.random.Generator(np.random.PCG64(seed))
    bars = prices.simulate(whole, rng)
    credit = accounts.simulate(whole, bars.close[prices.ALL], rng)
    options = f"seed {seed}"
    batches = [
        facts.account_daily(shown, credit, options),
        facts.margin_summary(shown, credit, options),
        facts.index_daily(shown, credit, bars, options),
        facts.market_daily(shown, credit, options),
        facts.of_frame(FUTURES_BARS, futures.futures_bars(whole, bars, seed), shown, options),
        *(
            facts.of_frame(table, rows, shown, options)
            for table, rows in zip(
                (ETF_SHARES, ETF_NAV, ETF_INDEX_MAP), funds.fund_tables(whole, bars, seed), strict=True
            )
        ),
        *(
            facts.of_frame(table, rows, shown, options)
            for table, rows in zip(
                (SECURITY_MARGIN, INDEX_MEMBERS), securities.security_tables(whole, seed), strict=True
            )
        ),
    ]
    return [batch for batch in batches if not batch.facts.is_empty()]
