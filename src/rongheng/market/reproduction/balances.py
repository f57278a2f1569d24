"""Levels and changes that the reports print of balances and of the maintenance ratio.

What lives here: levels, differences, growths, means and extremes of one series. What does not: what the reports say of
them in words (``balance_claims``), lows (``lows``), moves over seven sessions (``moves``), shares of float cap
(``float_cap``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np

from rongheng.basics.text import Text
from rongheng.market.reproduction.evidence import Evidence
from rongheng.market.reproduction.printed import number, table
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, joined
from rongheng.market.reproduction.words import percent, yi

_RATIO = "maintenance_ratio"
NAMES = {
    "financing_balance": Text("融资余额", "financing balance"),
    "short_balance": Text("融券余额", "short balance"),
    "margin_balance": Text("两融余额", "margin balance"),
    _RATIO: Text("平均维持担保比例", "average maintenance ratio"),
}


def _shown(series: str, value: float) -> str:
    return percent(value) if series == _RATIO else yi(value)


def begins(figure: Figure) -> date:
    """Return the day on which a period begins; a month begins where the session before it ended (年初 for January)."""
    from_a_month = len(figure.date.partition("/")[0]) == len("2019-01")
    return figure.begin - timedelta(1) if from_a_month else figure.begin


def stands_at(figure: Figure) -> date:
    """Return the day of a level: of a January its beginning (年初), of another month its end."""
    return begins(figure) if figure.begin != figure.day and figure.day.month == 1 else figure.day


def level(series: str, *, decisive: bool = True) -> Callable[[Figure, Evidence], Check]:
    """Return the check of a level of that series."""

    def check(figure: Figure, evidence: Evidence) -> Check:
        at = evidence.at(stands_at(figure))
        value = evidence.value(series, at)
        name, session, shown = NAMES[series], evidence.sessions[at], _shown(series, value)
        why = Text(f"{session} {name.zh} {shown}。", f"{name.en} of {session}: {shown}.")
        grade = evidence.grade(series, first=at, derived=series == "margin_balance")
        return compare(figure, Computed(value, grade, why), decisive=decisive)

    return check


def difference(
    series: str, *, since: date | None = None, sessions: int | None = None, relative: bool = False
) -> Callable[[Figure, Evidence], Check]:
    """Return the check of a change: since a day, over some sessions, or between the two days of the figure."""

    def check(figure: Figure, evidence: Evidence) -> Check:
        end = evidence.at(figure.day)
        start = end - sessions if sessions else evidence.at(since or begins(figure))
        before, after = evidence.value(series, start), evidence.value(series, end)
        value = after / before - 1 if relative else after - before
        rest = f"/ {yi(before)} − 1 = {percent(value, 3)}" if relative else f"− {yi(before)} = {yi(value)}"
        sums = f"{evidence.sessions[start]} → {evidence.sessions[end]}: {yi(after)} {rest}"
        why = Text(f"{NAMES[series].zh} {sums}。", f"{NAMES[series].en}, {sums}.")
        excluded = _excluded(figure, series) if relative else None
        grade = evidence.grade(series, first=start, last=end)
        computed = Computed(value, grade, joined(why, excluded) if excluded else why)
        return compare(figure, computed, own=excluded is not None)

    return check


def _excluded(figure: Figure, series: str) -> Text | None:
    """Say that the report's own two balances exclude a printed growth, whatever their digits before rounding."""
    first, _, last = figure.date.partition("/")
    levels = {one.date: one for one in table(figure.report, figure.table) if one.key == series}
    if first not in levels or last not in levels:
        return None
    start, end = levels[first], levels[last]
    lowest = (end.number - end.half_digit) / (start.number + start.half_digit) - 1
    highest = (end.number + end.half_digit) / (start.number - start.half_digit) - 1
    if figure.number - figure.half_digit <= highest and figure.number + figure.half_digit >= lowest:
        return None
    bounds = f"[{percent(lowest, 3)}, {percent(highest, 3)}]"
    why = Text(
        f"报告自己的两个余额四舍五入前只容许 {bounds}，不含 {figure.printed} %。",
        f" The report's own two balances allow {bounds} before rounding, without {figure.printed} %.",
    )
    return joined(why, _other_base(figure, end.number - start.number, levels))


def _other_base(figure: Figure, moved: float, levels: Mapping[str, Figure]) -> Text:
    """Say which other printed balance gives the printed growth when it is divided by, if one does."""
    for day, base in levels.items():
        if abs(moved / base.number - figure.number) <= figure.half_digit:
            sums = f"{yi(moved)} / {yi(base.number)} = {percent(moved / base.number)}"
            return Text(f"除以 {day} 的余额则为 {sums}。", f" Divided by the balance of {day}: {sums}.")
    return Text("", "")


def mean(series: str, *, decisive: bool) -> Callable[[Figure, Evidence], Check]:
    """Return the check of the mean of a series over a period."""

    def check(figure: Figure, evidence: Evidence) -> Check:
        where = evidence.within(figure.begin, figure.day)
        values = evidence.values(series, where)
        average = float(np.mean(values))
        total = f"{values.sum() * 100:,.1f} %" if series == _RATIO else yi(float(values.sum()))
        shown = percent(average, 3) if series == _RATIO else yi(average)
        name = NAMES[series]
        why = Text(
            f"{figure.date} 年 {values.size} 个交易日{name.zh}之和 {total}，除以 {values.size} 得 {shown}。",
            f"{name.en}: {values.size} sessions of {figure.date} sum to {total}; divided by {values.size}: {shown}.",
        )
        asks_why = series == "financing_balance"
        more = _why_mean_differs(figure, evidence, where) if asks_why else _REMARKS.get(series, Text("", ""))
        grade = evidence.grade(series, first=where.start, last=where.stop - 1)
        return compare(figure, Computed(average, grade, joined(why, more)), decisive=decisive)

    return check


_REMARKS: dict[str, Text] = {
    _RATIO: Text(
        "该年各日比例只公布到 0.1 个百分点，均值的百分之一位无从定夺。",
        " The ratios of that year are published to a tenth of a point: a hundredth of their mean is open.",
    )
}


def _why_mean_differs(figure: Figure, evidence: Evidence, where: slice) -> Text:
    """Say what the report's two means imply for the short balance, and which period has the printed mean."""
    margin = number("qihe", "text", key="margin_balance_mean_2023", day="2023")
    shorts = evidence.values("short_balance", where)
    lowest, usual = yi(float(shorts.min())), yi(float(shorts.mean()))
    low = evidence.at(date(2023, 8, 25))
    since = yi(float(np.mean(evidence.values("financing_balance", slice(low, where.stop)))))
    sums = f"{yi(margin)} − {yi(figure.number)} = {yi(margin - figure.number)}"
    return Text(
        f"报告的两个均值要求融券余额平均为 {sums}，而全年最低为 {lowest}、均值 {usual}。2023-08-25 至年末的融资余额"
        f"均值为 {since}，报告可能误用了这一段。",
        f" The report's two means need a mean short balance of {sums}; the year's lowest is {lowest}, its mean {usual}."
        f" From 2023-08-25 to the year's end the mean is {since}: perhaps the report took that stretch.",
    )


_RATIO_BEGINS = date(2012, 9, 27)
_WRITTEN = date(2025, 3, 21)  # the last session that the report knows


def all_time_low(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the lowest ratio of the whole history."""
    first, last = evidence.at(_RATIO_BEGINS), evidence.at(_WRITTEN)
    evidence.value(_RATIO, last)
    values = evidence.column(_RATIO)[: last + 1]
    at = first + int(np.nanargmin(values[first:]))
    value, session = float(values[at]), evidence.sessions[at]
    why = Text(
        f"{_RATIO_BEGINS} 以来最低为 {session} 的 {percent(value)}。",
        f"The lowest since {_RATIO_BEGINS} is {percent(value)} on {session}.",
    )
    grade = evidence.grade(_RATIO, first=at, derived=False)
    return compare(figure, Computed(value, grade, why), decisive=True)


QIHE: dict[str, Callable[[Figure, Evidence], Check]] = {
    "margin_balance": level("margin_balance"),
    "financing_balance": level("financing_balance"),
    "market_maintenance_pct": level(_RATIO),
    "margin_balance_week_ago": level("margin_balance"),
    "margin_balance_week_change_pct": difference("margin_balance", sessions=5, relative=True),
    "financing_balance_week_change_pct": difference("financing_balance", sessions=5, relative=True),
    "margin_balance_mean_2023": mean("margin_balance", decisive=True),
    "financing_balance_mean_2023": mean("financing_balance", decisive=True),
    # The ratios of that year are printed to a tenth of a point: a hundredth of their mean convicts nobody.
    "market_maintenance_mean_2023_pct": mean(_RATIO, decisive=False),
    "margin_balance_increase": difference("margin_balance"),
    "financing_balance_increase": difference("financing_balance"),
    "margin_balance_increase_pct": difference("margin_balance", relative=True),
    "financing_balance_increase_pct": difference("financing_balance", relative=True),
    "margin_balance_decrease": difference("margin_balance"),
    "financing_balance_decrease": difference("financing_balance"),
    "margin_balance_decrease_pct": difference("margin_balance", relative=True),
    "financing_balance_decrease_pct": difference("financing_balance", relative=True),
}

# Guosen's source is not the account statistics: where they differ, neither convicts the other.
GUOSEN: dict[str, Callable[[Figure, Evidence], Check]] = {
    "financing_balance_sse_szse": level("financing_balance", decisive=False),
    "financing_balance_change": difference("financing_balance", sessions=1),
    "financing_balance_change_since_peak_2024_12_12": difference("financing_balance", since=date(2024, 12, 12)),
}

HUACHUANG: dict[str, Callable[[Figure, Evidence], Check]] = {
    "market_maintenance_pct": level(_RATIO),
    "all_time_low_market_maintenance_pct": all_time_low,
    "margin_balance": level("margin_balance"),
}
