"""The simulated balances: what clients owe, through the printed levels, changes, peak, trough and mean.

What lives here: the short and the financing balance. What does not: what was bought and repaid to get there
(``trading``).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock, printed
from rongheng.market.sources.simulated.bridge import Array, Turn, level, lift_mean, single, whole

_YI = 1e8  # 亿: the unit in which levels are chosen

# Days on which both balances are printed. The reports round to 100 million yuan; within that rounding these are
# chosen so that the printed differences and changes come out too. Margin balance, financing balance, in 亿.
_PRINTED_BALANCES = {
    "2023-08-25": (15_568.6, 14_694.6),
    "2023-12-13": (16_756.4, 15_999.0),
    "2024-01-25": (16_069.45, 15_364.2),
    "2024-02-01": (15_546.2, 14_891.0),
}
# Days on which only the margin balance is printed, to 10 billion yuan (7,570 prints as 0.76 trillion and lets the
# printed growth of 114 % in two years come out); the short balance is chosen.
_PRINTED_MARGIN = {
    "2018-12-28": (7_570.0, 70.0),
    "2020-12-31": (16_200.0, 1_300.0),
    "2021-12-31": (18_300.0, 1_200.0),
    "2024-08-30": (13_900.0, 115.0),
}


def short_balance(clock: Clock, rng: np.random.Generator) -> Array:
    """Return the short balance, in whole yuan."""
    knots = {"2012-09-27": 15.0, "2015-05-29": 80.0, "2016-01-28": 22.0, "2023-01-03": 950.0, "2025-03-21": 110.0}
    knots |= {day: short for day, (_, short) in _PRINTED_MARGIN.items()}
    knots |= {day: margin - financing for day, (margin, financing) in _PRINTED_BALANCES.items()}
    free = np.cumsum(0.004 * rng.standard_normal(clock.size))
    pins = [level(0, clock(day), log(balance * _YI)) for day, balance in knots.items()]
    path = single(free + log(100 * _YI), pins, memory=None, variance=1e-4)
    return whole(np.exp(path))


def financing_balance(clock: Clock, returns: Array, short: Array, rng: np.random.Generator) -> Array:
    """Return the financing balance, in whole yuan: it follows the market's returns of the day and of the day before."""
    follows = 0.20 * returns + 0.12 * np.roll(returns, 1) + 0.0012 * rng.standard_normal(clock.size)
    free = log(700 * _YI) + np.cumsum(follows)
    levels = dict(_financing_levels(clock))
    turns = list(_financing_turns(clock))
    pins = [level(0, at, log(balance)) for at, balance in levels.items()]
    pins += [pin for turn in turns for pin in turn.pins()]
    path = single(free, pins, memory=None, variance=1e-5)[None, :]
    for turn in turns:
        path = turn.apply(path)
    balance = np.exp(path[0])
    year = clock.month("2023")
    mean = printed("qihe", "text", key="margin_balance_mean_2023", day="2023") - short[year].mean()
    balance = lift_mean(balance, first=year.start, last=clock("2023-08-25"), mean_over=year, mean=mean)
    return whole(balance)


def _financing_levels(clock: Clock) -> Iterator[tuple[int, float]]:
    yield 0, 700 * _YI  # chosen
    yield clock("2015-06-12"), 19_000 * _YI  # chosen
    yield clock("2016-01-28"), 9_000 * _YI  # chosen
    for day, (_, financing) in _PRINTED_BALANCES.items():
        yield clock(day), financing * _YI
    for day, (margin, short) in _PRINTED_MARGIN.items():
        yield clock(day), (margin - short) * _YI
    last = printed("guosen", "text", key="financing_balance_sse_szse", day="2025-01-06")
    fallen = printed("guosen", "text", key="financing_balance_change_since_peak_2024_12_12", day="2025-01-06")
    yield clock("2024-12-12"), last - fallen
    balance = last
    for day in ("2025-01-06", "2025-01-03", "2025-01-02", "2024-12-31"):
        yield clock(day), balance
        balance -= printed("guosen", "text", key="financing_balance_change", day=day)
    yield clock("2024-12-30"), balance
    yield clock("2025-03-21"), 19_200 * _YI  # chosen


def _financing_turns(clock: Clock) -> Iterator[Turn]:
    low, peak, top = clock("2023-08-25"), clock("2023-12-13"), clock("2024-12-12")
    yield Turn(0, low, before=30, after=peak - low, rise_before=0.02, rise_after=None)
    yield Turn(0, peak, before=peak - low, after=30, rise_before=None, rise_after=None, high=True)
    before, after = top - clock("2024-09-24"), clock("2025-01-20") - top
    # At the end of the year the balance is printed only 0.7 % below the peak.
    yield Turn(0, top, before, after, rise_before=None, rise_after=0.03, high=True, clearance=0.004)
