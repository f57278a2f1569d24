"""Qihe's points A to E: lows of the maintenance ratio beside those of the SSE Composite, with what the note says.

What lives here: their figures and remarks. What does not: Huachuang's chart 23 (``lows``).
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np

from rongheng.basics.ids import find_index, index
from rongheng.basics.text import Text
from rongheng.market.indicators.bottoms import later_bottom
from rongheng.market.reproduction.balances import level
from rongheng.market.reproduction.claim import Claim, Judged
from rongheng.market.reproduction.evidence import Evidence
from rongheng.market.reproduction.lows import WINDOW, nearest
from rongheng.market.reproduction.printed import table
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, same

_HORIZON = 130  # sessions in which a later bottom still belongs to a low
_DOUBLE = 0.01  # how far above the first low a second one may stand
_CLOSE = "sse_close"


def points(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of one figure of a point: ratio, index, the day of its low, its close."""
    if figure.column == "market_maintenance_pct":
        return level("maintenance_ratio")(figure, evidence)
    if figure.column == "index":
        known = find_index(figure.printed)
        why = Text("该行所指的指数。", "The index that the row is about.")
        return same(figure, holds=known is index("sse"), why=why, grade=evidence.grade(_CLOSE, first=0, derived=False))
    return _close(figure, evidence) if figure.column == "index_close" else _day(figure, evidence)


def _printed_day(key: str) -> date:
    """Return the day that the note gives for the index's low at a point."""
    days = {one.key: one.printed for one in table("qihe", "lows") if one.column == "index_low_date"}
    return date.fromisoformat(days[key])


def _close(figure: Figure, evidence: Evidence) -> Check:
    day = _printed_day(figure.key)
    at = evidence.at(day)
    value = evidence.value(_CLOSE, at)
    why = Text(f"上证指数 {day} 收盘 {value:.3f}。", f"SSE Composite closed at {value:.3f} on {day}.")
    return compare(figure, Computed(value, evidence.grade(_CLOSE, first=at, derived=False), why), decisive=True)


def _day(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the day of an index's low: the nearest one; for C2 and D2 the later one; E on its own day."""
    at = evidence.at(figure.begin)
    if figure.key == "E":
        judged = _second_low(evidence)
        return same(figure, holds=judged.holds, why=judged.why, grade=judged.grade)
    if figure.key.endswith("2"):
        found, why = _later(evidence, at)
        last = at + _HORIZON
    else:
        near, why = nearest(evidence, index("sse"), at)
        found, last = evidence.sessions[near], at + WINDOW
    grade = evidence.grade(_CLOSE, first=at - WINDOW, last=last)
    return same(figure, holds=found == _printed_day(figure.key), why=why, grade=grade)


def _later(evidence: Evidence, at: int) -> tuple[date | None, Text]:
    """Return the session of a lower or double bottom after a low, and the words for it."""
    evidence.values(_CLOSE, evidence.around(at, _HORIZON))
    closes = evidence.column(_CLOSE)
    low = float(closes[at])
    later = later_bottom(closes, at, level=low, window=WINDOW, horizon=_HORIZON, double=_DOUBLE)
    if later is None:
        none = Text(f"其后 {_HORIZON} 个交易日内无更低或相近的底部。", f"No such bottom within {_HORIZON} sessions.")
        return None, none
    found, close = evidence.sessions[later.position], float(closes[later.position])
    zh = "更低" if later.kind == "lower" else "双底"
    lag = later.position - at
    why = Text(
        f"其后 {_HORIZON} 个交易日内最低收盘 {close:.2f} 在 {found}，晚 {lag} 个交易日（{zh}，原低点 {low:.2f}）。",
        f"The lowest close within {_HORIZON} sessions is {close:.2f} on {found}, {lag} sessions later ({later.kind} "
        f"bottom; the first was {low:.2f}).",
    )
    return found, why


def _second_low(evidence: Evidence) -> Judged:
    """Return whether, as far as the note could know, 2024-02-01 was the second lowest close since 2023."""
    where = evidence.within(date(2023, 1, 1), date(2024, 2, 1))
    closes = evidence.values(_CLOSE, where)
    lowest = [(evidence.sessions[where.start + int(at)], float(closes[at])) for at in np.argsort(closes)[:2]]
    shown = ", ".join(f"{session} {close:.2f}" for session, close in lowest)
    why = Text(
        f"2023 年初至 2024-02-01 最低的两个收盘：{shown}。",
        f"The two lowest closes from the beginning of 2023 to 2024-02-01: {shown}.",
    )
    holds = [session for session, _ in lowest] == [date(2024, 1, 22), date(2024, 2, 1)]
    return Judged(holds, why, evidence.grade(_CLOSE, first=where.start, last=where.stop - 1))


def _low_point(evidence: Evidence) -> Judged:
    where = evidence.around(evidence.at(date(2013, 6, 24)), WINDOW)
    lows = evidence.values("sse_low", where)
    session = evidence.sessions[where.start + int(np.argmin(lows))]
    why = Text(
        f"1950.01 是 2013-06-27 的收盘；盘中低点为 {session} 的 {lows.min():.2f}。",
        f"1950.01 is the close of 2013-06-27; the intraday low is {lows.min():.2f} on {session}.",
    )
    holds = bool(lows.min() >= 1950.0)
    return Judged(holds, why, evidence.grade("sse_low", first=where.start, last=where.stop - 1))


def _lowest_close(evidence: Evidence, *, day: date, first: date, last: date) -> Judged:
    where = evidence.within(first, last)
    closes = evidence.values(_CLOSE, where)
    session = evidence.sessions[where.start + int(np.argmin(closes))]
    why = Text(
        f"{first} 至 {last} 上证指数最低收盘 {closes.min():.2f} 在 {session}。",
        f"The lowest close of SSE Composite from {first} to {last} is {closes.min():.2f} on {session}.",
    )
    return Judged(session == day, why, evidence.grade(_CLOSE, first=where.start, last=where.stop - 1))


def _lowest(day: date, first: date, last: date, words: str) -> Claim:
    return Claim("qihe", "lows", words, str(day), partial(_lowest_close, day=day, first=first, last=last))


CLAIMS: tuple[Claim, ...] = (
    Claim("qihe", "lows", "1950.01 as the low point", "2013-06-27", _low_point),
    _lowest(date(2016, 1, 28), date(2015, 10, 28), date(2016, 4, 28), "lowest close of 3 months before and after"),
    _lowest(date(2018, 10, 18), date(2018, 10, 1), date(2018, 10, 31), "lowest close of the month"),
    _lowest(date(2022, 4, 26), date(2022, 1, 1), date(2022, 12, 31), "lowest close of 2022"),
)
