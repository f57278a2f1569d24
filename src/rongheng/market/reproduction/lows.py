"""Huachuang's chart 23: lows of the maintenance ratio, and how many sessions after them each index had its low.

What lives here: its figures, and whether its days are lows. What does not: Qihe's points (``points``), and the rule
that calls lows (``indicators.lows``).
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np

from rongheng.basics.ids import Index, index
from rongheng.basics.text import Text
from rongheng.market.indicators.bottoms import lowest_near
from rongheng.market.reproduction.balances import level
from rongheng.market.reproduction.claim import Claim, Judged
from rongheng.market.reproduction.evidence import MEANS, STAND_IN_DAY, Evidence, LackingError
from rongheng.market.reproduction.printed import table
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, joined
from rongheng.market.reproduction.words import percent

WINDOW = 10  # sessions on either side in which an index's low is the one beside the ratio's


def chart_23(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a ratio, or of how many sessions after it an index had its lowest close."""
    if figure.column == "market_maintenance_pct":
        return level("maintenance_ratio")(figure, evidence)
    name = figure.column.removesuffix("_lag_days")
    known = index(MEANS[name])
    at = evidence.at(figure.begin)
    near, why = nearest(evidence, known, at)
    grade = evidence.grade(f"{known.prefix}_close", first=at - WINDOW, last=at + WINDOW)
    computed = Computed(near - at, grade, joined(why, _intraday(evidence, known, at)))
    if name == "万得全A":
        return compare(figure, computed, stand_in=STAND_IN_DAY, tolerance=figure.half_digit)
    return compare(figure, computed, decisive=True)


def nearest(evidence: Evidence, known: Index, at: int) -> tuple[int, Text]:
    """Return the position of an index's lowest close around a session, and the words for it."""
    column = f"{known.prefix}_close"
    evidence.values(column, evidence.around(at, WINDOW))
    near = lowest_near(evidence.column(column), at, window=WINDOW)
    assert near is not None, "the closes around the session are there"
    day, found = evidence.sessions[at], evidence.sessions[near]
    own, lowest = evidence.value(column, at), evidence.value(column, near)
    why = Text(
        f"{day} 前后各 {WINDOW} 个交易日内，{known.label.zh}最低收盘 {lowest:.2f} 在 {found}（{day} 收盘 {own:.2f}），"
        f"相差 {near - at} 个交易日。",
        f"Within {WINDOW} sessions of {day} the lowest close of {known.label.en} is {lowest:.2f} on {found} ({day}: "
        f"{own:.2f}), {near - at} sessions away.",
    )
    return near, why


def _intraday(evidence: Evidence, known: Index, at: int) -> Text:
    """Say where the intraday low lies: the report may have counted by it."""
    try:
        lows = evidence.values(f"{known.prefix}_low", evidence.around(at, WINDOW))
    except LackingError:
        return Text("", "")
    lag = int(np.argmin(lows)) - WINDOW
    return Text(f"按盘中最低点则相差 {lag} 个。", f" By intraday lows it would be {lag}.")


def _is_a_low(evidence: Evidence, *, day: date) -> Judged:
    at = evidence.at(day)
    where = evidence.around(at, WINDOW)
    ratios = evidence.values("maintenance_ratio", where)
    lowest, value, own = int(np.argmin(ratios)), float(ratios.min()), float(ratios[WINDOW])
    session = evidence.sessions[where.start + lowest]
    why = Text(
        f"前后各 {WINDOW} 个交易日内最低为 {session} 的 {percent(value, 4)}；{day} 为 {percent(own, 4)}。",
        f"The lowest within {WINDOW} sessions is {percent(value, 4)} on {session}; {day} has {percent(own, 4)}.",
    )
    return Judged(lowest == WINDOW, why, evidence.grade("maintenance_ratio", first=where.start, last=where.stop - 1))


def _is_a_high(evidence: Evidence, *, day: date) -> Judged:
    at = evidence.at(day)
    where = evidence.around(at, WINDOW)
    ratios = evidence.values("maintenance_ratio", where)
    session = evidence.sessions[where.start + int(np.argmax(ratios))]
    why = Text(
        f"前后各 {WINDOW} 个交易日内最高为 {session} 的 {percent(float(ratios.max()))}。",
        f"The highest within {WINDOW} sessions is {percent(float(ratios.max()))} on {session}.",
    )
    return Judged(session == day, why, evidence.grade("maintenance_ratio", first=where.start, last=where.stop - 1))


_LOWS = tuple(figure for figure in table("huachuang", "c23") if figure.column == "market_maintenance_pct")

CLAIMS: tuple[Claim, ...] = (
    *(
        Claim("huachuang", "c23", "low of the maintenance ratio", low.date, partial(_is_a_low, day=low.begin))
        for low in _LOWS
    ),
    Claim(
        "huachuang",
        "text",
        "local high of the maintenance ratio",
        "2024-10-08",
        partial(_is_a_high, day=date(2024, 10, 8)),
    ),
)
