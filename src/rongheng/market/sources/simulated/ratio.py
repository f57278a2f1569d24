"""The simulated maintenance ratio: through the printed lows, highs, changes and mean, and tied to the market's returns.

What lives here: the ratio's pins and its usual course. What does not: the market that it follows (``prices``).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, log1p

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock, printed, printed_days
from rongheng.market.sources.simulated.bridge import Array, Pin, Turn, change, keep_between, level, lift_mean, single

# The ratio never exceeds the first, follows the market's returns and comes back to its usual level.
_RATIO_HIGHEST = 3.6
_RATIO_USUAL = 2.62
_RATIO_FOLLOWS = 0.85
_RATIO_RETURNS = 0.012  # per session


def maintenance_ratio(clock: Clock, returns: Array, rng: np.random.Generator) -> Array:
    """Return the average maintenance ratio, as a fraction with six decimals (267.54 % is 2.675400)."""
    usual = log(_RATIO_USUAL)
    moves = _RATIO_FOLLOWS * returns + 0.0015 * rng.standard_normal(clock.size)
    free = np.empty(clock.size)
    at = log(2.57)
    for position, move in enumerate(moves.tolist()):
        at += move - _RATIO_RETURNS * (at - usual)
        free[position] = at
    turns = list(_ratio_turns(clock))
    pins = [*_ratio_pins(clock), *(pin for turn in turns for pin in turn.pins())]
    path = single(free, pins, memory=40.0, variance=0.01)
    lowest = printed("huachuang", "text", key="all_time_low_market_maintenance_pct")
    path = keep_between(path, low=log(lowest), high=log(_RATIO_HIGHEST))[None, :]
    for turn in turns:
        path = turn.apply(path)
    year = clock.month("2023")
    mean = printed("qihe", "text", key="market_maintenance_mean_2023_pct", day="2023")
    ratio = lift_mean(np.exp(path[0]), first=year.start, last=year.stop - 25, mean_over=year, mean=mean)
    rounded: Array = np.round(ratio, 6).astype(np.float64)
    return rounded


def _ratio_levels(clock: Clock) -> Iterator[tuple[int, float]]:
    yield clock("2013-06-24"), printed("huachuang", "text", key="all_time_low_market_maintenance_pct")
    for day in printed_days("huachuang", "c23"):
        yield clock(day), printed("huachuang", "c23", day=day, column="market_maintenance_pct")
    for day in printed_days("huachuang", "text", key="market_maintenance_pct"):
        at = clock("2024-09-23") if day.startswith("before") else clock(day)
        yield at, printed("huachuang", "text", key="market_maintenance_pct", day=day)
    yield clock("2024-02-01"), printed("qihe", "text", key="market_maintenance_pct", day="2024-02-01")
    # Chosen: chart 24's fall to 2018-10-16 ends above the low two sessions later, and January's low is confirmed.
    yield clock("2018-10-16"), 2.18
    yield clock("2025-03-18"), 2.752


def _ratio_pins(clock: Clock) -> Iterator[Pin]:
    for at, ratio in _ratio_levels(clock):
        yield level(0, at, log(ratio))
    for day in printed_days("huachuang", "c24"):
        moved = printed("huachuang", "c24", key="7", day=day, column="market_maintenance_change_pct")
        yield change(0, start=clock(day) - 7, end=clock(day), value=log1p(moved))


def _ratio_turns(clock: Clock) -> Iterator[Turn]:
    """Yield the printed lows; each stands a tenth and more below both sides, so that the rule for lows calls it."""
    yield Turn(0, clock("2013-06-24"), before=60, after=60, rise_before=0.14, rise_after=0.13)
    yield Turn(0, clock("2016-01-28"), before=40, after=40, rise_before=0.20, rise_after=0.13)
    yield Turn(0, clock("2018-10-18"), before=40, after=60, rise_before=0.13, rise_after=0.12)
    yield Turn(0, clock("2022-04-26"), before=60, after=60, rise_before=0.14, rise_after=0.14)
    yield Turn(0, clock("2024-02-05"), before=25, after=40, rise_before=0.13, rise_after=0.12)
    yield Turn(0, clock("2024-09-18"), before=60, after=9, rise_before=0.08, rise_after=None)
    yield Turn(0, clock("2024-10-08"), before=9, after=40, rise_before=None, rise_after=0.07, high=True)
    low, end = clock("2025-01-10"), clock("2025-03-21")
    yield Turn(0, low, before=low - clock("2024-12-02"), after=end - low, rise_before=0.10, rise_after=None)
