"""The simulated credit accounts, put together: every whole-market figure by session.

What lives here: the order in which one figure rests on another. What does not: how each comes about (``ratio``,
``balances``, ``trading``, ``collateral``), and the tables (``facts``). Levels that no report prints are round numbers,
chosen so that a chart looks like a market.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock
from rongheng.market.sources.simulated.balances import financing_balance, short_balance
from rongheng.market.sources.simulated.bridge import Array, whole
from rongheng.market.sources.simulated.collateral import collateral, persons
from rongheng.market.sources.simulated.ratio import maintenance_ratio
from rongheng.market.sources.simulated.trading import float_cap_of, trades, turnover_of


@dataclass(frozen=True)
class Accounts:
    """Whole-market figures by session: float64, shape (n_sessions,), yuan or fractions; persons as counts."""

    ratio: Array
    financing: Array
    short: Array
    buys: Array
    repaid: Array  # nan on the first session: the balance before it is not known
    short_sales: Array
    turnover: Array
    float_cap: Array
    cash: Array
    securities: Array
    individuals: Array
    institutions: Array
    active: Array
    indebted: Array


def simulate(clock: Clock, market: Array, rng: np.random.Generator) -> Accounts:
    """Return the accounts beside a market.

    Parameters
    ----------
    market : float64, shape (n_sessions,), points
        Closes of the index of all shares.
    """
    returns = np.diff(np.log(market), prepend=log(market[0]))
    ratio = maintenance_ratio(clock, returns, rng)
    short = short_balance(clock, rng)
    financing = financing_balance(clock, returns, short, rng)
    float_cap = float_cap_of(clock, market, financing + short)
    turnover = turnover_of(clock, float_cap, returns, rng)
    buys, repaid = trades(clock, financing, turnover, rng)
    cash, securities = collateral(clock, ratio * (financing + short), returns, rng)
    people = persons(clock, financing, buys, rng)
    short_sales = whole(short * 0.04 * np.exp(0.2 * rng.standard_normal(clock.size)))
    return Accounts(ratio, financing, short, buys, repaid, short_sales, turnover, float_cap, cash, securities, *people)
