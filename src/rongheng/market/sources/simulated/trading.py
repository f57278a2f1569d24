"""The simulated float cap, turnover and credit trades, through the printed shares and growths.

What lives here: what the market is worth and trades, what is bought on credit and what is repaid. What does not: the
balances themselves (``balances``).
"""

from __future__ import annotations

from math import log

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock, printed
from rongheng.market.sources.simulated.bridge import Array, whole

_YI = 1e8  # 亿: the unit in which levels are chosen


def float_cap_of(clock: Clock, market: Array, margin: Array) -> Array:
    """Return the float cap: the index times a number of shares that passes through the printed shares and growths."""
    begin, end = clock("2018-12-28"), clock("2020-12-31")
    caps = {0: 170_000 * _YI, clock.size - 1: 800_000 * _YI}  # chosen
    # 2.16 % prints as 2.2 %, and lets the balance's growth give 2.5 % (2.51 %) two years later.
    caps[begin] = margin[begin] / 0.0216
    caps[end] = caps[begin] * (1 + printed("huachuang", "text", key="float_cap_growth_pct", day="2019-01/2020-12"))
    since = clock("2021-12-31")
    caps[since] = caps[end] * market[since] / market[end] * 1.08
    growth = printed("huachuang", "text", key="float_cap_growth_pct", day="2022-01/2024-08")
    caps[clock("2024-08-30")] = caps[since] * (1 + growth)
    lowest = printed("huachuang", "text", key="margin_share_of_float_cap_low_pct", day="2019-02")
    february = clock.month("2019-02")
    at = february.start + int(np.argmin(margin[february] / _through(caps, market)[february]))
    caps[at] = margin[at] / lowest
    for day in (february.start, february.stop - 1):
        if day != at:  # the rest of the month stays above the low
            caps.setdefault(day, caps[at] / market[at] * market[day] * 0.995)
    cap = whole(_through(caps, market))
    share = margin[february] / cap[february]
    cap[february] = np.where(share < lowest, whole(margin[february] / lowest), cap[february])
    return cap


def _through(caps: dict[int, float], market: Array) -> Array:
    """Return the float cap whose number of shares grows evenly, in logs, between the given sessions."""
    at = sorted(caps)
    shares = [log(caps[position] / market[position]) for position in at]
    grown: Array = market * np.exp(np.interp(np.arange(market.size), at, shares))
    return grown


def turnover_of(clock: Clock, float_cap: Array, returns: Array, rng: np.random.Generator) -> Array:
    """Return the amount traded: a share of the float cap that swings and rises with every move of prices."""
    rate = np.empty(clock.size)
    at = 0.0
    shocks = (0.12 * rng.standard_normal(clock.size)).tolist()
    for position, (shock, moved) in enumerate(zip(shocks, returns.tolist(), strict=True)):
        at = 0.93 * at + shock + 3.0 * moved
        rate[position] = at
    traded = float_cap * 0.014 * np.exp(np.clip(rate, -1.0, 1.2)) * (1 + 6 * np.abs(returns))
    return whole(traded)


def trades(clock: Clock, financing: Array, turnover: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return what was bought on credit and what was repaid; each balance is the last plus the one minus the other."""
    months = {
        month: printed("guosen", "text", key="financing_buy_share_of_turnover", day=month)
        for month in ("2015-02", "2024-12")
    }
    levels = {0: 0.07, clock("2018-10-18"): 0.08, clock("2021-12-31"): 0.075}  # chosen
    for month, share in months.items():
        inside = clock.month(month)
        levels |= {inside.start: share, inside.stop - 1: share}
    noise = 0.05 * rng.standard_normal(clock.size)
    at = sorted(levels)
    shares = np.interp(np.arange(clock.size), at, [log(levels[position]) for position in at])
    buys = turnover * np.exp(shares + noise)
    grown = np.diff(financing, prepend=financing[0])
    buys = np.maximum(buys, 1.2 * np.maximum(grown, 0.0))  # nobody repays less than nothing
    for month, share in months.items():
        inside = clock.month(month)
        buys[inside] *= share * turnover[inside].sum() / buys[inside].sum()
    buys = whole(buys)
    repaid = buys - grown
    repaid[0] = np.nan
    return buys, repaid
