"""The simulated collateral and investors: cash and securities through the printed changes and shares.

What lives here: what stands in the credit accounts, and whose they are. What does not: the debt (``balances``).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, log1p

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock, printed, printed_days
from rongheng.market.sources.simulated.bridge import Array, Pin, change, condition, fading, whole

_DEBT_FREE = 1.35  # collateral of all accounts / collateral of those with debt


def collateral(clock: Clock, behind_debt: Array, returns: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return cash and securities that stand as collateral; together they cover what stands behind the debt."""
    n = clock.size
    usual = 0.062  # chosen: cash / securities
    base = np.log(behind_debt * _DEBT_FREE)
    drift = -0.5 * returns + 0.006 * rng.standard_normal(n)  # cash does not fall with prices
    paths = np.stack(
        [base + log(usual) + _forgetting(drift, 0.97), base + _forgetting(0.002 * rng.standard_normal(n), 0.97)]
    )
    pins = list(_collateral_pins(clock))
    between = np.diag([4.0, 1.0])
    logs = condition(paths, pins, kernel=fading(n, variance=0.01, memory=25.0), between=between)
    cash, securities = np.exp(logs)
    enough = max(1.0, 1.02 * float(np.max(behind_debt / (cash + securities))))
    return whole(cash * enough), whole(securities * enough)


def _collateral_pins(clock: Clock) -> Iterator[Pin]:
    for path, column in enumerate(("cash_collateral_pct", "securities_collateral_pct")):
        for window in (7, 15):
            for day in printed_days("huachuang", "c26", key=str(window)):
                moved = printed("huachuang", "c26", key=str(window), day=day, column=column)
                yield change(path, start=clock(day) - window, end=clock(day), value=log1p(moved))
    for day in ("2024-10-08", "2025-01-10"):
        share = printed("huachuang", "text", key="cash_to_securities_collateral_pct", day=day)
        yield Pin(((0, clock(day), 1.0), (1, clock(day), -1.0)), log(share))


def _forgetting(shocks: Array, keeps: float) -> Array:
    remembered = np.empty(shocks.size)
    at = 0.0
    for position, shock in enumerate(shocks.tolist()):
        at = keeps * at + shock
        remembered[position] = at
    return remembered


def persons(clock: Clock, financing: Array, buys: Array, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return investors: natural persons, institutions, those who traded, those with debt. All levels are chosen."""
    n = clock.size
    grown = 1 / (1 + np.exp(-(np.arange(n) - n / 3) / (n / 8)))
    individuals = 390_000 + 7_000_000 * (grown - grown[0]) / (grown[-1] - grown[0])
    institutions = 1_500 + 49_000 * (np.arange(n) / n)
    debt_each = 900_000 * np.exp(_forgetting(0.003 * rng.standard_normal(n), 0.99))
    indebted = np.minimum(financing / debt_each, 0.6 * individuals)
    active = np.minimum(buys / 330_000 * np.exp(0.05 * rng.standard_normal(n)), 0.5 * individuals)
    return whole(individuals), whole(institutions), whole(active), whole(indebted)
