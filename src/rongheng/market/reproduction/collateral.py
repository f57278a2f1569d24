"""Cash and securities that stand as collateral: chart 26, the cash share, and the gaps that the text prints.

What lives here: the figures of the split. What does not: the index columns of chart 26 (``moves``), and what the report
concludes from it (``collateral_claims``).
"""

from __future__ import annotations

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.reproduction.evidence import Evidence, LackingError
from rongheng.market.reproduction.printed import number
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare
from rongheng.market.reproduction.words import percent

_PARTS = {
    "cash_collateral_pct": "collateral_cash",
    "securities_collateral_pct": "collateral_securities",
}
_LOWS = ("2016-01-28", "2018-10-18", "2022-04-26", "2024-02-05", "2024-09-18", "2025-01-10")


def chart_26(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a change of cash or securities; without the split, what the totals say instead."""
    window, column = int(figure.key), _PARTS[figure.column]
    end = evidence.at(figure.begin)
    try:
        before, after, moved = evidence.change(column, end=end, sessions=window)
    except LackingError as lacking:
        raise LackingError(_with_totals(lacking.why, evidence, end, window)) from None
    days = f"{evidence.sessions[end - window]} → {evidence.sessions[end]}"
    sums = f"{after / 1e8:,.2f} / {before / 1e8:,.2f} − 1 = {percent(moved)}"
    why = Text(f"{days}：{sums}。", f"{days}: {sums}.")
    grade = evidence.grade(column, first=end - window, last=end)
    return compare(figure, Computed(moved, grade, why), decisive=True)


def _with_totals(why: Text, evidence: Evidence, end: int, window: int) -> Text:
    """Add what the panel does have over the same sessions: ratio × debt, and the total."""
    zh, en = [], []
    try:
        behind = behind_debt(evidence, end) / behind_debt(evidence, end - window) - 1
        zh.append(f"同期 维持担保比例×负债 变动 {percent(behind)}")
        en.append(f"ratio × debt moved {percent(behind)} over the same sessions")
        _, _, total = evidence.change("collateral_total", end=end, sessions=window)
        zh.append(f"担保物总价值变动 {percent(total)}")
        en.append(f"total collateral {percent(total)}")
    except LackingError:
        pass
    if not en:
        return why
    said = "; ".join(en)
    return Text(f"{why.zh}{'，'.join(zh)}。", f"{why.en} {said[0].upper()}{said[1:]}.")


def behind_debt(evidence: Evidence, at: int) -> float:
    """Return ratio × debt: the collateral of the accounts that owe something."""
    return evidence.value("maintenance_ratio", at) * evidence.value("margin_balance", at)


def cash_share(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of cash over securities."""
    at = evidence.at(figure.day)
    cash, securities = evidence.value("collateral_cash", at), evidence.value("collateral_securities", at)
    sums = f"{cash / 1e8:,.2f} / {securities / 1e8:,.2f} = {percent(cash / securities)}"
    why = Text(f"{evidence.sessions[at]}：{sums}。", f"{evidence.sessions[at]}: {sums}.")
    return compare(figure, Computed(cash / securities, evidence.grade("collateral_cash", first=at), why))


def gap(figure: Figure) -> Check:
    """Return the check of the difference of falls that the text prints, from the report's own chart 26."""
    securities = number("huachuang", "c26", key="7", day=figure.date, column="securities_collateral_pct")
    market = number("huachuang", "c26", key="7", day=figure.date, column="万得全A_pct")
    sums = f"{percent(-securities, 1)} − {percent(-market, 1)} = {(market - securities) * 100:.1f}"
    why = Text(f"由图表 26：{sums} 个百分点。", f"From chart 26: {sums} percentage points.")
    return compare(figure, Computed(market - securities, Grade.DERIVED, why), own=True)
