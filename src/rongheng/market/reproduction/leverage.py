"""Leverage and safety distance: what the reports assume, what follows, and what the market's ratio says.

What lives here: Guosen's assumed account and Huachuang's leverage figures. What does not: the formulas
(``indicators.leverage``, ``indicators.safety_distance``).
"""

from __future__ import annotations

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.indicators.leverage import leverage
from rongheng.market.indicators.safety_distance import safety_distance
from rongheng.market.reproduction.evidence import Evidence
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, not_computable
from rongheng.market.reproduction.words import percent


def assumed(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the leverage that Guosen assumes for the average account."""
    at = evidence.at(figure.day)
    ratio = evidence.value("maintenance_ratio", at)
    value = float(leverage(evidence.panel.slice(at, 1)).rows["leverage"].item())
    assumed_ = f"{figure.printed} / ({figure.printed} − 1) = {percent(figure.number / (figure.number - 1), 0)}"
    actual, session = f"{ratio:.4f} / {ratio - 1:.4f} = {value:.3f}", evidence.sessions[at]
    why = Text(
        f"杠杆 {figure.printed} 倍对应维持担保比例 {assumed_}；{session} 实为 {percent(ratio)}，杠杆 {actual} 倍。",
        f"A leverage of {figure.printed} means a ratio of {assumed_}; on {session} it was {percent(ratio)}, a leverage "
        f"of {actual}.",
    )
    return compare(figure, Computed(value, evidence.grade("maintenance_ratio", first=at), why), decisive=True)


def liquidation_line(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the liquidation line."""
    at = evidence.at(figure.day)
    value = evidence.value("liquidation_line", at)
    why = Text(
        f"{evidence.sessions[at]} 规则库中的平仓线 {percent(value, 0)}（2019 年起为合同约定，非监管要求）。",
        f"The rulebook's liquidation line of {evidence.sessions[at]} is {percent(value, 0)} (a broker's contract since "
        "2019, no regulation).",
    )
    return compare(figure, Computed(value, Grade.DERIVED, why))


def distance(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the fall to the line, from the assumed leverage; the market's own stands beside it."""
    at = evidence.at(figure.day)
    ratio, line = evidence.value("maintenance_ratio", at), evidence.value("liquidation_line", at)
    row = safety_distance(evidence.panel.slice(at, 1), leverage=1.5).rows.row(0, named=True)
    value, own = float(row["assumed_fall_to_liquidation"]), float(row["fall_to_liquidation"])
    sums = f"(1 + 0.5 − 0.5×{line:.2f}) / (1 + 0.5) = {percent(value)}"
    actual, session = f"1 − {line:.2f} / {ratio:.4f} = {percent(own, 1)}", evidence.sessions[at]
    why = Text(
        f"{sums}，算术无误，但取决于所设杠杆 1.5 倍；由 {session} 的平均维持担保比例得 {actual}。",
        f"{sums}: the arithmetic is right, but rests on the leverage of 1.5 that it assumes. From the average "
        f"maintenance ratio of {session}: {actual}.",
    )
    return compare(figure, Computed(value, evidence.grade("maintenance_ratio", first=at), why))


def average(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the market's average leverage."""
    at = evidence.at(figure.day)
    ratio = evidence.value("maintenance_ratio", at)
    value = float(leverage(evidence.panel.slice(at, 1)).rows["leverage"].item())
    sums = f"{ratio:.4f} / ({ratio:.4f} − 1) = {value:.3f}"
    why = Text(f"R / (R − 1) = {sums}。", f"R / (R − 1) = {sums}.")
    return compare(figure, Computed(value, evidence.grade("maintenance_ratio", first=at), why), decisive=True)


def ceiling(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of the highest leverage of a new purchase with cash at a margin ratio of 80 %."""
    at = evidence.at(figure.day)
    value = float(leverage(evidence.panel.slice(at, 1), margin_ratio=0.8).rows["ceiling"].item())
    in_force = evidence.value("financing_margin_ratio", at)
    following = evidence.at(calendar().offset(figure.day, 1))
    then = evidence.value("financing_margin_ratio", following)
    days = evidence.sessions[at], evidence.sessions[following]
    why = Text(
        f"1 + 1 / 80 % = {value:.2f}（全部现金）。规则库：{days[0]} 为 {percent(in_force, 0)}，{days[1]} 起 "
        f"{percent(then, 0)}（收市后生效）。",
        f"1 + 1 / 80 % = {value:.2f} (all cash). By the rulebook the ratio is {percent(in_force, 0)} on {days[0]} and "
        f"{percent(then, 0)} from {days[1]} (in force after the close).",
    )
    return compare(figure, Computed(value, Grade.DERIVED, why))


def halved(figure: Figure) -> Check:
    """Return the check of the fall from 255 % to 130 %."""
    value = 1 - 1.30 / 2.55
    why = Text(f"1 − 130 / 255 = {percent(value)}，即「腰斩」。", f"1 − 130 / 255 = {percent(value)}: about half.")
    return compare(figure, Computed(value, Grade.DERIVED, why), own=True)


def single_security(figure: Figure) -> Check:
    """Return the check of a broker's concentration limit, which no market data give."""
    return not_computable(
        figure,
        Text(
            "证券公司合同中的集中度限额，不由市场数据得出；待证券公司规则录入。",
            "A concentration limit in a broker's contract: no market data give it. It comes with the brokers' terms.",
        ),
    )
