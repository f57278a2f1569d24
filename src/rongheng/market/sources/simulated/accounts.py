"""The simulated credit accounts: maintenance ratio, balances, float cap, trades, collateral and persons.

What lives here: which printed figures pin which of these, tied to the index paths since prices are the numerator of the
ratio. What does not: the prices (``prices``) and the tables (``facts``). Levels that no report prints are round
numbers, chosen so that a chart looks like a market.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, log1p

import numpy as np

from rongheng.market.sources.simulated.anchors import Clock, printed, printed_days
from rongheng.market.sources.simulated.bridge import (
    Array,
    Pin,
    Turn,
    change,
    condition,
    fading,
    keep_between,
    level,
    lift_mean,
    random_walk,
)

_YI = 1e8  # 亿: the unit in which levels are chosen
_ALONE = np.eye(1)

# The ratio never exceeds the first, follows the market's returns and comes back to its usual level.
_RATIO_HIGHEST = 3.6
_RATIO_USUAL = 2.62
_RATIO_FOLLOWS = 0.85
_RATIO_RETURNS = 0.012  # per session

_DEBT_FREE = 1.35  # collateral of all accounts / collateral of those with debt


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
    ratio = _ratio(clock, returns, rng)
    short = _short(clock, rng)
    financing = _financing(clock, returns, short, rng)
    float_cap = _float_cap(clock, market, financing + short)
    turnover = _turnover(clock, float_cap, returns, rng)
    buys, repaid = _trades(clock, financing, turnover, rng)
    cash, securities = _collateral(clock, ratio * (financing + short), returns, rng)
    persons = _persons(clock, financing, buys, rng)
    short_sales = _whole(short * 0.04 * np.exp(0.2 * rng.standard_normal(clock.size)))
    return Accounts(ratio, financing, short, buys, repaid, short_sales, turnover, float_cap, cash, securities, *persons)


def _one(path: Array, pins: Sequence[Pin], *, memory: float | None, variance: float) -> Array:
    """Return one path given its pins: a random walk, or one that forgets them over ``memory`` sessions."""
    n = path.size
    kernel = random_walk(n, variance=variance) if memory is None else fading(n, variance=variance, memory=memory)
    given: Array = condition(path[None, :], pins, kernel=kernel, between=_ALONE)[0]
    return given


def _whole(amounts: Array) -> Array:
    """Return whole yuan (or persons), so that balances add up to the last digit."""
    whole: Array = np.round(amounts).astype(np.float64)
    return whole


# --- the ratio -------------------------------------------------------------------------------------------------------


def _ratio(clock: Clock, returns: Array, rng: np.random.Generator) -> Array:
    usual = log(_RATIO_USUAL)
    moves = _RATIO_FOLLOWS * returns + 0.0015 * rng.standard_normal(clock.size)
    free = np.empty(clock.size)
    at = log(2.57)
    for position, move in enumerate(moves.tolist()):
        at += move - _RATIO_RETURNS * (at - usual)
        free[position] = at
    turns = list(_ratio_turns(clock))
    pins = [*_ratio_pins(clock), *(pin for turn in turns for pin in turn.pins())]
    path = _one(free, pins, memory=40.0, variance=0.01)
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


# --- balances --------------------------------------------------------------------------------------------------------

# Days on which both balances are printed. The reports round to 100 million yuan; within that rounding these are
# chosen so that the printed differences and changes come out too. Margin balance, financing balance, in 亿.
_PRINTED_BALANCES = {
    "2023-08-25": (15_568.6, 14_694.6),
    "2023-12-13": (16_756.4, 15_999.0),
    "2024-01-25": (16_069.4, 15_364.2),
    "2024-02-01": (15_545.8, 14_891.0),
}
# Days on which only the margin balance is printed; the financing balance is chosen.
_SHORT_CHOSEN = {"2018-12-28": 70.0, "2020-12-31": 1_300.0, "2021-12-31": 1_200.0, "2024-08-30": 115.0}
_MARGIN_PRINTED = {
    "2018-12-28": "2018-12-31",
    "2020-12-31": "2020-12-31",
    "2021-12-31": "2022-01",
    "2024-08-30": "2024-08",
}


def _short(clock: Clock, rng: np.random.Generator) -> Array:
    knots = {"2012-09-27": 15.0, "2015-05-29": 80.0, "2016-01-28": 22.0, "2023-01-03": 950.0, "2025-03-21": 110.0}
    knots |= _SHORT_CHOSEN | {day: margin - financing for day, (margin, financing) in _PRINTED_BALANCES.items()}
    free = np.cumsum(0.004 * rng.standard_normal(clock.size))
    pins = [level(0, clock(day), log(balance * _YI)) for day, balance in knots.items()]
    path = _one(free + log(100 * _YI), pins, memory=None, variance=1e-4)
    return _whole(np.exp(path))


def _financing(clock: Clock, returns: Array, short: Array, rng: np.random.Generator) -> Array:
    follows = 0.20 * returns + 0.12 * np.roll(returns, 1) + 0.0012 * rng.standard_normal(clock.size)
    free = log(700 * _YI) + np.cumsum(follows)
    levels = dict(_financing_levels(clock))
    turns = list(_financing_turns(clock))
    pins = [level(0, at, log(balance)) for at, balance in levels.items()]
    pins += [pin for turn in turns for pin in turn.pins()]
    path = _one(free, pins, memory=None, variance=1e-5)[None, :]
    for turn in turns:
        path = turn.apply(path)
    balance = np.exp(path[0])
    year = clock.month("2023")
    mean = printed("qihe", "text", key="margin_balance_mean_2023", day="2023") - short[year].mean()
    balance = lift_mean(balance, first=year.start, last=clock("2023-08-25"), mean_over=year, mean=mean)
    return _whole(balance)


def _financing_levels(clock: Clock) -> Iterator[tuple[int, float]]:
    yield 0, 700 * _YI  # chosen
    yield clock("2015-06-12"), 19_000 * _YI  # chosen: the shares of trading are printed as highest in that year
    yield clock("2016-01-28"), 9_200 * _YI  # chosen
    for day, (_, financing) in _PRINTED_BALANCES.items():
        yield clock(day), financing * _YI
    for day, stated in _MARGIN_PRINTED.items():
        margin = printed("huachuang", "text", key="margin_balance", day=stated)
        yield clock(day), margin - _SHORT_CHOSEN[day] * _YI
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
    after = clock("2025-01-20") - top
    yield Turn(0, top, before=top - clock("2024-09-24"), after=after, rise_before=None, rise_after=0.03, high=True)


# --- the market around them ------------------------------------------------------------------------------------------


def _float_cap(clock: Clock, market: Array, margin: Array) -> Array:
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
    cap = _whole(_through(caps, market))
    share = margin[february] / cap[february]
    cap[february] = np.where(share < lowest, _whole(margin[february] / lowest), cap[february])
    return cap


def _through(caps: dict[int, float], market: Array) -> Array:
    """Return the float cap whose number of shares grows evenly, in logs, between the given sessions."""
    at = sorted(caps)
    shares = [log(caps[position] / market[position]) for position in at]
    grown: Array = market * np.exp(np.interp(np.arange(market.size), at, shares))
    return grown


def _turnover(clock: Clock, float_cap: Array, returns: Array, rng: np.random.Generator) -> Array:
    rate = np.empty(clock.size)
    at = 0.0
    shocks = (0.12 * rng.standard_normal(clock.size)).tolist()
    for position, (shock, moved) in enumerate(zip(shocks, returns.tolist(), strict=True)):
        at = 0.93 * at + shock + 3.0 * moved
        rate[position] = at
    traded = float_cap * 0.014 * np.exp(np.clip(rate, -1.0, 1.2)) * (1 + 6 * np.abs(returns))
    return _whole(traded)


def _trades(clock: Clock, financing: Array, turnover: Array, rng: np.random.Generator) -> tuple[Array, Array]:
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
    buys = _whole(buys)
    repaid = buys - grown
    repaid[0] = np.nan
    return buys, repaid


# --- collateral and persons ------------------------------------------------------------------------------------------


def _collateral(clock: Clock, behind_debt: Array, returns: Array, rng: np.random.Generator) -> tuple[Array, Array]:
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
    return _whole(cash * enough), _whole(securities * enough)


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


def _persons(
    clock: Clock, financing: Array, buys: Array, rng: np.random.Generator
) -> tuple[Array, Array, Array, Array]:
    """Return investors: natural persons, institutions, those who traded, those with debt. All levels are chosen."""
    n = clock.size
    grown = 1 / (1 + np.exp(-(np.arange(n) - n / 3) / (n / 8)))
    individuals = 390_000 + 7_000_000 * (grown - grown[0]) / (grown[-1] - grown[0])
    institutions = 1_500 + 49_000 * (np.arange(n) / n)
    debt_each = 900_000 * np.exp(_forgetting(0.003 * rng.standard_normal(n), 0.99))
    indebted = np.minimum(financing / debt_each, 0.6 * individuals)
    active = np.minimum(buys / 330_000 * np.exp(0.05 * rng.standard_normal(n)), 0.5 * individuals)
    return _whole(individuals), _whole(institutions), _whole(active), _whole(indebted)
