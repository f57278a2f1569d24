"""Simulated index futures: contracts that stand under their index by a random discount, which shrinks to nothing.

What lives here: which contracts are listed on a session, and their bars. What does not: the indices (``prices``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl

from rongheng.basics.futures import PRODUCTS, last_trading_day
from rongheng.basics.tables import FUTURES_BARS
from rongheng.market.sources.simulated.anchors import Clock
from rongheng.market.sources.simulated.bridge import Array
from rongheng.market.sources.simulated.prices import KEYS, Bars

FIRST = date(2023, 1, 3)  # before that the simulated market has no futures

# Chosen: the mean discount by year, how far it strays, how fast it returns, and the lots that are open.
_MEAN = {"IF": 0.01, "IC": 0.05, "IM": 0.07}
_SPREAD, _KEPT = 0.012, 0.9
_LOTS = (110_000, 40_000, 120_000, 50_000)  # nearest, next, and two quarters
_TICK = 0.2
_DAYS = 365
_QUARTER = 3


def futures_bars(whole: Clock, bars: Bars, seed: int) -> pl.DataFrame:
    """Return the bars of IF, IC and IM from ``FIRST`` on, one row a session and contract."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    sessions = [day for day in whole.sessions if day >= FIRST]
    rows = [
        row
        for product, mean in _MEAN.items()
        for row in _rows(product, sessions, _closes(product, bars, len(sessions)), mean + _paths(rng, len(sessions)))
    ]
    names = ["as_of", "contract", "close", "volume_lots", "open_interest_lots"]
    schema = {name: FUTURES_BARS.schema[name] for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("as_of", "contract")


def _closes(product: str, bars: Bars, count: int) -> Array:
    closes: Array = bars.close[KEYS.index(PRODUCTS[product].index)]
    return closes[-count:]


def _paths(rng: np.random.Generator, count: int) -> Array:
    """Return by how much the discount strays from its mean: a walk that returns."""
    steps = rng.normal(0, _SPREAD, count)
    path = np.zeros(count)
    for at in range(1, count):
        path[at] = _KEPT * path[at - 1] + steps[at]
    return path


def _rows(
    product: str, sessions: Sequence[date], closes: Array, discounts: Array
) -> Iterator[tuple[date, str, float, int, int]]:
    for day, close, discount in zip(sessions, closes.tolist(), discounts.tolist(), strict=True):
        for contract, lots in zip(listed(product, day), _LOTS, strict=True):
            left = (last_trading_day(contract) - day).days
            price = round(close * (1 - discount * left / _DAYS) / _TICK) * _TICK
            yield day, contract, round(price, 1), lots // 2, lots


def listed(product: str, session: date) -> tuple[str, ...]:
    """Return the four contracts of a product on a session: this month or the next, the one after, two quarters.

    >>> listed("IM", date(2025, 1, 6))
    ('IM2501', 'IM2502', 'IM2503', 'IM2506')
    """
    month = session.year * 12 + session.month - 1
    if last_trading_day(_code(product, month)) < session:
        month += 1
    quarters = [later for later in range(month + 2, month + 9) if later % 12 % _QUARTER == _QUARTER - 1]
    return tuple(_code(product, one) for one in (month, month + 1, *quarters[:2]))


def _code(product: str, month: int) -> str:
    return f"{product}{month // 12 % 100:02}{month % 12 + 1:02}"
