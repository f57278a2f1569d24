"""Shares of float market cap and their growth, as Huachuang prints them.

What lives here: balance over float cap and the growth of float cap. What does not: the balances (``balances``).
"""

from __future__ import annotations

import numpy as np

from rongheng.basics.text import Text
from rongheng.market.reproduction.balances import begins, stands_at
from rongheng.market.reproduction.claim import Claim, Judged, alone
from rongheng.market.reproduction.evidence import Evidence, LackingError
from rongheng.market.reproduction.printed import number
from rongheng.market.reproduction.verdict import Check, Computed, Figure, Kind, compare, joined
from rongheng.market.reproduction.words import percent, yi


def share(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a share: of a January its beginning, of another month its end."""
    at = evidence.at(stands_at(figure))
    try:
        cap = evidence.value("float_cap", at)
    except LackingError as lacking:
        raise LackingError(_with_nearest(lacking.why, evidence, at)) from None
    balance = evidence.value("margin_balance", at)
    sums = f"{yi(balance)} / {yi(cap)} = {percent(balance / cap)}"
    why = Text(f"{evidence.sessions[at]}：{sums}。", f"{evidence.sessions[at]}: {sums}.")
    grade = evidence.grade("margin_balance", "float_cap", first=at)
    return compare(figure, Computed(balance / cap, grade, why))


def _with_nearest(why: Text, evidence: Evidence, at: int) -> Text:
    """Add the share of the nearest earlier session that has one, up to ten sessions back."""
    caps = evidence.column("float_cap")
    for back in range(at - 1, max(at - 11, -1), -1):
        if not np.isnan(caps[back]):
            part = percent(evidence.value("margin_balance", back) / float(caps[back]))
            session = evidence.sessions[back]
            return Text(f"{why.zh}最近的 {session} 为 {part}。", f"{why.en} The nearest before, {session}, has {part}.")
    return why


def lowest_share(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the lowest share of a month."""
    where = evidence.within(figure.begin, figure.day)
    try:
        shares = evidence.values("margin_balance", where) / evidence.values("float_cap", where)
    except LackingError as lacking:
        raise LackingError(joined(lacking.why, _estimated(evidence, where))) from None
    at = where.start + int(np.argmin(shares))
    value = float(shares.min())
    why = Text(
        f"{figure.date} 最低在 {evidence.sessions[at]}：{percent(value)}。",
        f"The lowest of {figure.date} is {percent(value)} on {evidence.sessions[at]}.",
    )
    grade = evidence.grade("margin_balance", "float_cap", first=where.start, last=where.stop - 1)
    return compare(figure, Computed(value, grade, why))


def _estimated(evidence: Evidence, where: slice) -> Text:
    """Say what the lowest share would be if float cap had moved with the All Share index since it was last known."""
    known = np.flatnonzero(~np.isnan(evidence.column("float_cap")[: where.start]))
    if not known.size or where.start - known[-1] > 60:
        return Text("", "")
    base = int(known[-1])
    try:
        closes = evidence.values("csi_all_close", where) / evidence.value("csi_all_close", base)
    except LackingError:
        return Text("", "")
    shares = evidence.values("margin_balance", where) / (evidence.value("float_cap", base) * closes)
    lowest, session = percent(float(shares.min())), evidence.sessions[where.start + int(np.argmin(shares))]
    since = evidence.sessions[base]
    return Text(
        f"若流通市值自 {since} 起与中证全指同幅变动（估算），最低为 {session} 的 {lowest}。",
        f" If float cap had moved with CSI All Share since {since} (an estimate), the lowest would be {lowest} on "
        f"{session}.",
    )


def growth(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the growth of float cap, from the beginning of the first month to the end of the last."""
    start, end = evidence.at(begins(figure)), evidence.at(figure.day)
    before, after = evidence.value("float_cap", start), evidence.value("float_cap", end)
    value = after / before - 1
    days = f"{evidence.sessions[start]} → {evidence.sessions[end]}"
    sums = f"{yi(after)} / {yi(before)} − 1 = {percent(value, 1)}"
    why = Text(f"{days}：{sums}。", f"{days}: {sums}.")
    grade = evidence.grade("float_cap", first=start, last=end)
    return compare(figure, Computed(value, grade, why))


def _fit_together() -> Judged:
    """Return whether the printed balances, growth and shares of 2019 and 2020 fit, each within its rounding."""
    before = number("huachuang", "text", key="margin_balance", day="2018-12-31")
    after = number("huachuang", "text", key="margin_balance", day="2020-12-31")
    grown = number("huachuang", "text", key="float_cap_growth_pct", day="2019-01/2020-12")
    first = number("huachuang", "text", key="margin_share_of_float_cap_pct", day="2019-01")
    last = number("huachuang", "text", key="margin_share_of_float_cap_pct", day="2020-12")
    # By half a unit of its last digit: balances by 50 (CNY 100m), shares and growth by 0.05 percentage points.
    low = (first - 0.0005) * (after - 50e8) / (before + 50e8) / (1 + grown + 0.0005)
    high = (first + 0.0005) * (after + 50e8) / (before - 50e8) / (1 + grown - 0.0005)
    bounds = percent(low), percent(high)
    why = Text(
        f"2.2 % × 16,200 / 7,600 / 1.834，计入四舍五入为 {bounds[0]} 至 {bounds[1]}；报告为 {percent(last, 1)}。",
        f"2.2 % × 16,200 / 7,600 / 1.834 lies between {bounds[0]} and {bounds[1]} before rounding; the report has "
        f"{percent(last, 1)}.",
    )
    return Judged(low <= last + 0.0005 and last - 0.0005 <= high, why)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "huachuang", "text", "share, balance and float cap of 2019 and 2020", "2020-12", alone(_fit_together), Kind.SUM
    ),
)
