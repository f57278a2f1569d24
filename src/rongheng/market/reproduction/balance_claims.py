"""What the reports say in words about balances, and whether their own changes and levels fit together.

What lives here: lows and peaks of 2023, sums of changes, the levels that changes imply. What does not: the printed
figures one by one (``balances``).
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np

from rongheng.basics.text import Text
from rongheng.market.reproduction.balances import NAMES
from rongheng.market.reproduction.claim import Claim, Judged, alone
from rongheng.market.reproduction.evidence import Evidence
from rongheng.market.reproduction.printed import number
from rongheng.market.reproduction.verdict import Kind
from rongheng.market.reproduction.words import percent, yi

_DAYS = ("2024-12-31", "2025-01-02", "2025-01-03", "2025-01-06")
_LAST = "2025-01-06"


def _change(day: str) -> float:
    return number("guosen", "text", key="financing_balance_change", day=day)


def _balance() -> float:
    return number("guosen", "text", key="financing_balance_sse_szse", day=_LAST)


def _four_falls() -> Judged:
    falls = [_change(day) for day in _DAYS]
    since = number("guosen", "text", key="financing_balance_change_since_peak_2024_12_12", day=_LAST)
    peak = _balance() - since
    sums = (
        f"{' '.join(yi(fall) for fall in falls)} = {yi(sum(falls))}; {yi(since)} / {yi(peak)} = {percent(since / peak)}"
    )
    why = Text(
        f"四日之和与较高点的降幅：{sums}，前者不超过后者。",
        f"The four days, and the fall since the peak: {sums}; the first lies within the second.",
    )
    return Judged(sum(falls) >= since, why)


def _low_of_2023(evidence: Evidence, series: str) -> Judged:
    """Return whether the day that Qihe calls the low is the lowest between July and the peak of December 2023."""
    where = evidence.within(date(2023, 7, 3), date(2023, 12, 13))
    found = where.start + int(np.argmin(evidence.values(series, where)))
    return _turn(evidence, series, where, found, day=date(2023, 8, 25), word=Text("低点", "low"))


def _peak_of_2023(evidence: Evidence, series: str) -> Judged:
    """Return whether the day that Qihe calls the peak is the highest between July 2023 and the note's day."""
    where = evidence.within(date(2023, 7, 3), date(2024, 2, 1))
    found = where.start + int(np.argmax(evidence.values(series, where)))
    return _turn(evidence, series, where, found, day=date(2023, 12, 13), word=Text("高点", "peak"))


def _turn(evidence: Evidence, series: str, where: slice, found: int, *, day: date, word: Text) -> Judged:
    stated, actual = evidence.value(series, evidence.at(day)), evidence.value(series, found)
    session = evidence.sessions[found]
    stretch = evidence.sessions[where.start], evidence.sessions[where.stop - 1]
    sums = f"{session} {yi(actual)}, {day} {yi(stated)}, Δ {yi(actual - stated)}"
    why = Text(
        f"{stretch[0]} 至 {stretch[1]} {NAMES[series].zh}的{word.zh}：{sums}。",
        f"The {word.en} of the {NAMES[series].en} from {stretch[0]} to {stretch[1]}: {sums}.",
    )
    grade = evidence.grade(series, first=where.start, last=where.stop - 1)
    return Judged(session == day, why, grade)


def _growth_of_two_years(evidence: Evidence) -> Judged:
    start, end = evidence.at(date(2018, 12, 31)), evidence.at(date(2020, 12, 31))
    before, after = evidence.value("margin_balance", start), evidence.value("margin_balance", end)
    grown = after / before - 1
    sums = f"{yi(after)} / {yi(before)} − 1 = {percent(grown, 1)}"
    why = Text(f"{sums}，报告称 +114 %。", f"{sums}; the report says +114 %.")
    grade = evidence.grade("margin_balance", first=start, last=end)
    return Judged(abs(grown - 1.14) <= 0.005, why, grade)


def _levels_behind_changes(evidence: Evidence) -> Judged:
    """Return by how much the levels that Guosen's changes imply differ from the statistics."""
    implied = {_LAST: _balance()}
    for later, day in zip(reversed(_DAYS), (*reversed(_DAYS[:-1]), "2024-12-30"), strict=True):
        implied[day] = implied[later] - _change(later)
    gaps = {
        day: level - evidence.value("financing_balance", evidence.at(date.fromisoformat(day)))
        for day, level in implied.items()
    }
    shown = ", ".join(f"{day} {yi(gap)}" for day, gap in gaps.items())
    largest = max(abs(gap) for gap in gaps.values())
    why = Text(
        f"由报告的余额与逐日变动倒推的余额减去信用账户统计：{shown} 亿元。两个来源相差至多 {yi(largest)} 亿元，"
        "孰是须看沪深交易所当日汇总。",
        f"Balances that the report's level and changes imply, minus the account statistics: {shown} (CNY 100m). The "
        f"sources differ by {yi(largest)} at most; only the two exchanges' own summaries would decide.",
    )
    at = evidence.at(date.fromisoformat(_LAST))
    grade = evidence.grade("financing_balance", first=at - 4, last=at)
    # Half a unit of the last printed digit (0.01 of CNY 100m).
    return Judged(largest <= 0.005e8, why, grade)


def _turns(series: str) -> tuple[Claim, ...]:
    name = NAMES[series].en
    return (
        Claim("qihe", "text", f"low of the {name}", "2023-08-25", partial(_low_of_2023, series=series)),
        Claim("qihe", "text", f"peak of the {name}", "2023-12-13", partial(_peak_of_2023, series=series)),
    )


CLAIMS: tuple[Claim, ...] = (
    *_turns("margin_balance"),
    *_turns("financing_balance"),
    Claim("guosen", "text", "four falls within the fall since 2024-12-12", _LAST, alone(_four_falls), Kind.SUM),
    Claim("guosen", "text", "levels implied by the changes", _LAST, _levels_behind_changes, certain=False),
    Claim("huachuang", "text", "+114 % in two years", "2020-12-31", _growth_of_two_years),
)
