"""The simulated indices: closes through the printed levels, changes and lows, and bars around them.

What lives here: which printed figures pin which index, and the bars. What does not: balances and accounts
(``accounts``). Levels that no report prints are round numbers, chosen so that a chart looks like a market.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, log1p

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock, index_lows, printed, printed_days
from rongheng.market.sources.simulated.bridge import (
    Array,
    Pin,
    Turn,
    change,
    condition,
    level,
    mirror_above,
    random_walk,
)

KEYS = ("sse", "szse", "csi-all", "csi300", "csi500", "csi1000", "csi2000")
SSE, SZSE, ALL, CSI300, CSI500, CSI1000, CSI2000 = range(7)

# The columns of the reports, and the index that plays each part. The All Share index plays 万得全A.
PLAYED_BY = {
    "上证指数": SSE,
    "万得全A": ALL,
    "沪深300": CSI300,
    "中证500": CSI500,
    "中证1000": CSI1000,
    "中证2000": CSI2000,
}

_START = (2_050, 8_400, 2_600, 2_250, 3_200, 3_400, 1_400)  # chosen

# Daily log returns load on the market and on size; the rest is each index's own.
_MARKET = np.array([0.0095, 0.0115, 0.0105, 0.0100, 0.0110, 0.0115, 0.0115])
_SIZE = np.array([-0.0015, 0.0010, 0.0000, -0.0025, 0.0020, 0.0035, 0.0045])
_OWN = np.array([0.0010, 0.0015, 0.0003, 0.0010, 0.0015, 0.0020, 0.0025])
_BETWEEN = np.outer(_MARKET, _MARKET) + np.outer(_SIZE, _SIZE) + np.diag(_OWN**2)

_STAGE = ("2024-10-15", "2025-01-06")
_STAGE_PEAK = "2024-11-11"  # chosen: the report prints the level, not the day


@dataclass(frozen=True)
class Bars:
    """Open, high, low, close of every index: float64, shape (n_indices, n_sessions), points with two decimals."""

    open: Array
    high: Array
    low: Array
    close: Array


def simulate(clock: Clock, rng: np.random.Generator) -> Bars:
    """Return the bars of every index."""
    closes = _closes(clock, rng)
    return _bars(closes, clock, rng)


def _closes(clock: Clock, rng: np.random.Generator) -> Array:
    n = clock.size
    steps = (
        _MARKET[:, None] * rng.standard_normal(n)
        + _SIZE[:, None] * rng.standard_normal(n)
        + _OWN[:, None] * rng.standard_normal((len(KEYS), n))
    )
    free = np.log(np.array(_START, dtype=np.float64))[:, None] + np.cumsum(steps, axis=1)
    turns = list(_turns(clock))
    pins = [*_pins(clock), *(pin for turn in turns for pin in turn.pins())]
    paths = condition(free, pins, kernel=random_walk(n, variance=1.0), between=_BETWEEN)
    paths = _above_the_second_low(paths, clock)
    for turn in turns:
        paths = turn.apply(paths)
    return np.round(np.exp(paths), 2).astype(np.float64)


def _pins(clock: Clock) -> Iterator[Pin]:
    for path, start in enumerate(_START):
        yield level(path, 0, log(start))
    yield from _printed_closes(clock)
    yield from _printed_changes(clock)
    yield from _lags(clock)
    yield from _stage(clock)
    yield from _chosen(clock)


def _printed_closes(clock: Clock) -> Iterator[Pin]:
    for day, close in index_lows():
        yield level(SSE, clock(day), log(close))
    yield level(SSE, clock("2024-01-22"), log(2_756.34))  # printed in the remark beside point E


def _printed_changes(clock: Clock) -> Iterator[Pin]:
    """Yield the changes of charts 24 and 26. They overlap: chart 26 repeats two windows of chart 24."""
    for table, windows, suffix in (("c24", (7,), ""), ("c26", (7, 15), "_pct")):
        for window in windows:
            for day in printed_days("huachuang", table, key=str(window)):
                end = clock(day)
                for name in ("万得全A", "沪深300", "中证500", *(("上证指数", "中证1000") if table == "c24" else ())):
                    moved = printed("huachuang", table, key=str(window), day=day, column=name + suffix)
                    yield change(PLAYED_BY[name], start=end - window, end=end, value=log1p(moved))


def _lags(clock: Clock) -> Iterator[Pin]:
    """Yield a slightly lower close where chart 23 has the index's low on another session than the ratio's."""
    for day in printed_days("huachuang", "c23"):
        for path, lag in _lags_of(day):
            if lag:
                yield change(path, start=clock(day), end=clock(day) + lag, value=-0.003 - 0.001 * abs(lag))


def _lags_of(day: str) -> Iterator[tuple[int, int]]:
    for name in ("万得全A", "沪深300", "中证500", "中证1000"):
        yield PLAYED_BY[name], round(printed("huachuang", "c23", day=day, column=f"{name}_lag_days"))


def _stage(clock: Clock) -> Iterator[Pin]:
    """Yield closes just inside the printed intraday high and low of the autumn of 2024."""
    for name, path in PLAYED_BY.items():
        if name in ("上证指数", "万得全A"):
            continue
        high, low = _stage_levels(name)
        yield level(path, clock(_STAGE_PEAK), log(high * 0.994))
        yield level(path, clock(_STAGE[1]), log(low * 1.004))


def _stage_levels(name: str) -> tuple[float, float]:
    day = "/".join(_STAGE)
    return (
        printed("guosen", "t1", key=name, day=day, column="stage_high"),
        printed("guosen", "t1", key=name, day=day, column="stage_low"),
    )


def _chosen(clock: Clock) -> Iterator[Pin]:
    """Yield what no report prints, so that the printed lows are lows and the printed changes can meet them."""
    yield level(SSE, clock("2013-06-24"), log(1_965))
    yield level(SSE, clock("2024-02-05"), log(2_700))
    for day, close in (("2024-01-19", 2_830), ("2024-01-23", 2_790), ("2024-01-24", 2_840), ("2024-01-30", 2_820)):
        yield level(SSE, clock(day), log(close))
    yield change(SSE, start=clock("2024-01-22"), end=clock("2023-01-03"), value=0.13)
    yield change(SSE, start=clock("2019-01-03"), end=clock("2019-02-15"), value=0.09)
    for path in range(len(KEYS)):
        # Chart 24's fall to 2018-10-16 ends above the low of 2018-10-18, its rise to 2024-10-08 begins above that of
        # 2024-09-18; the low of January 2025 is under the stage's.
        yield change(path, start=clock("2018-10-18"), end=clock("2018-10-16"), value=0.02)
        yield change(path, start=clock("2024-09-18"), end=clock("2024-09-20"), value=0.012)
        yield change(path, start=clock(_STAGE[1]), end=clock("2025-01-10"), value=-0.012)
        yield change(path, start=clock("2025-01-10"), end=clock("2025-03-18"), value=0.13)
        yield change(path, start=clock("2025-03-18"), end=clock("2025-03-21"), value=-0.03)
    # The ratio falls by 17 % from its high of 2024-10-08 to its low of 2025-01-10; the market falls with it.
    yield change(ALL, start=clock("2024-10-08"), end=clock("2025-01-10"), value=-0.13)
    # Float cap and balance together give the printed shares of 2.2 % and 1.82 % only in a rise of about a fifth.
    yield change(ALL, start=clock("2018-12-28"), end=clock("2019-02-26"), value=0.17)


def _above_the_second_low(paths: Array, clock: Clock) -> Array:
    """Keep Shanghai's closes from 2023-01-03 above that of 2024-02-01, 2024-01-22 apart (remark beside point E)."""
    sse = paths[SSE]
    ground = np.full(sse.size, sse[clock("2024-02-01")] + 0.0004)
    for first, last in (("2023-01-03", "2024-01-19"), ("2024-01-23", "2024-01-31")):
        sse = mirror_above(sse, ground, first=clock(first), last=clock(last))
    kept = paths.copy()
    kept[SSE] = sse
    return kept


def _turns(clock: Clock) -> Iterator[Turn]:
    yield from _turns_of_chart_23(clock)
    year = clock("2022-01-04"), clock("2022-12-30")
    a, c2, d, d2 = (clock(day) for day in ("2013-06-27", "2019-01-03", "2022-04-26", "2022-10-31"))
    yield Turn(SSE, a, before=120, after=120, rise_before=0.14, rise_after=0.10)
    yield Turn(SSE, clock("2016-01-28"), before=64, after=64, rise_before=0.25, rise_after=0.10)
    yield Turn(SSE, c2, before=c2 - clock("2018-10-18"), after=90, rise_before=None, rise_after=0.20)
    yield Turn(SSE, d2, before=60, after=year[1] - d2, rise_before=0.09, rise_after=0.06)
    # The second bottom of 2022 is a quarter of a per cent above the first.
    yield Turn(SSE, d, d - year[0], year[1] - d, rise_before=0.22, rise_after=None, clearance=0.002)
    first, peak, last = clock(_STAGE[0]), clock(_STAGE_PEAK), clock(_STAGE[1])
    for path in (CSI300, CSI500, CSI1000, CSI2000):
        yield Turn(path, peak, peak - first, last - peak, rise_before=0.05, rise_after=None, high=True)
        yield Turn(path, last, before=last - first, after=0, rise_before=None, rise_after=None)


def _turns_of_chart_23(clock: Clock) -> Iterator[Turn]:
    """Yield a low of every index at every low of the ratio, on the printed session where one is printed."""
    later = {"2024-09-18": 12, "2025-01-10": 20}  # the rise of that autumn has its own pins
    earlier = {"2025-01-10": 4}  # the stage ends four sessions before
    for day in printed_days("huachuang", "c23"):
        lags = dict(_lags_of(day))
        for path in range(len(KEYS)):
            lag = lags.get(path, 0)
            before, after = earlier.get(day, 30) + lag, later.get(day, 30) - lag
            yield Turn(
                path,
                clock(day) + lag,
                before=before,
                after=after,
                rise_before=None if day in earlier else 0.22 if day == "2016-01-28" else 0.08,
                rise_after=None if day == "2024-09-18" else 0.08,
            )


def _bars(closes: Array, clock: Clock, rng: np.random.Generator) -> Bars:
    previous = np.concatenate([closes[:, :1], closes[:, :-1]], axis=1)
    opens = np.round(previous * np.exp(0.002 * rng.standard_normal(closes.shape)), 2)
    top, bottom = np.maximum(opens, closes), np.minimum(opens, closes)
    highs = np.round(top * np.exp(0.004 * np.abs(rng.standard_normal(closes.shape))), 2)
    lows = np.round(bottom * np.exp(-0.004 * np.abs(rng.standard_normal(closes.shape))), 2)
    first, peak, last = clock(_STAGE[0]), clock(_STAGE_PEAK), clock(_STAGE[1])
    for name in ("沪深300", "中证500", "中证1000", "中证2000"):
        path, (high, low) = PLAYED_BY[name], _stage_levels(name)
        stage = (path, slice(first, last + 1))
        for prices in (opens, highs, lows):  # nothing of the stage leaves it
            prices[stage] = np.clip(prices[stage], low + 0.01, high - 0.01)
        highs[path, peak], lows[path, last] = high, low
    return Bars(opens, np.maximum(highs, top), np.minimum(lows, bottom), closes)
