"""The printed moves over seven and fifteen sessions of the ratio and of the indices.

What lives here: Huachuang's chart 24 and the index columns of chart 26. What does not: the collateral of chart 26
(``collateral``).
"""

from __future__ import annotations

from datetime import date

import numpy as np

from rongheng.basics.ids import index
from rongheng.basics.text import Text
from rongheng.market.indicators.extremes import episodes
from rongheng.market.reproduction.claim import Claim, Judged
from rongheng.market.reproduction.evidence import MEANS, STAND_IN, Evidence, LackingError
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, joined
from rongheng.market.reproduction.words import percent


def over_sessions(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a change over the number of sessions that the row's key says."""
    window, name = int(figure.key), figure.column.removesuffix("_pct")
    ratio = name == "market_maintenance_change"
    column = "maintenance_ratio" if ratio else f"{index(MEANS[name]).prefix}_close"
    end = evidence.at(figure.begin)
    before, after, moved = evidence.change(column, end=end, sessions=window)
    shown = f"{percent(after)} / {percent(before)}" if ratio else f"{after:,.2f} / {before:,.2f}"
    days = f"{evidence.sessions[end - window]} → {evidence.sessions[end]}"
    why = Text(
        f"{days}（{window} 个交易日）：{shown} − 1 = {percent(moved)}。",
        f"{days} ({window} sessions): {shown} − 1 = {percent(moved)}.",
    )
    grade = evidence.grade(column, first=end - window, last=end)
    stand_in = STAND_IN if name == "万得全A" else None
    return compare(figure, Computed(moved, grade, why), stand_in=stand_in, decisive=True)


def _since_2019(evidence: Evidence) -> Judged:
    why = Text(
        "图表 24 称「2019 年以来」，但含 2018-10-16（区间 2018-09-28 → 2018-10-16）。",
        "Chart 24 says since 2019 but contains 2018-10-16 (2018-09-28 → 2018-10-16).",
    )
    return Judged(False, joined(why, _ranked(evidence, rising=False)))


def _one_per_episode(evidence: Evidence) -> Judged:
    why = Text(
        "2024-02-22 与 2024-02-23 的七日区间（02-05 → 02-22、02-06 → 02-23）有六个交易日重叠，是同一次上涨。",
        "The windows of 2024-02-22 and 2024-02-23 (02-05 → 02-22 and 02-06 → 02-23) share six of their seven sessions: "
        "one rise, counted twice.",
    )
    return Judged(False, joined(why, _ranked(evidence, rising=True)))


def _ranked(evidence: Evidence, *, rising: bool) -> Text:
    """Say which five moves since 2019 a list without overlapping windows has, by the All Share index."""
    try:
        closes = evidence.column("csi_all_close")
        first, last = evidence.at(date(2019, 1, 2)), evidence.at(date(2025, 3, 21))
    except LackingError:
        return Text("", "")
    changes = np.full(closes.size, np.nan)
    changes[7:] = closes[7:] / closes[:-7] - 1
    changes[: first + 7] = np.nan
    changes[last + 1 :] = np.nan
    sign = 1 if rising else -1
    found = episodes(sign * changes, window=7, apart=0, count=5)
    listed = ", ".join(f"{evidence.sessions[at]} {percent(float(changes[at]), 1)}" for at in found)
    zh = "按中证全指、区间互不重叠，2019 年以来前五为"
    return Text(
        f"{zh} {listed}。", f" By CSI All Share, without overlapping windows, the five since 2019 are {listed}."
    )


CLAIMS: tuple[Claim, ...] = (
    Claim("huachuang", "c24", "five falls since 2019", "2018-10-16", _since_2019),
    Claim("huachuang", "c24", "five different rises", "2024-02-23", _one_per_episode),
)
