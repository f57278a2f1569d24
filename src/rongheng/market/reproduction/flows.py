"""What Guosen prints of index stages, of credit purchases in turnover, and of money into ETFs.

What lives here: its tables 1 and 2 and the shares of turnover. What does not: what it says of them (``flow_claims``),
its balances (``balances``) and its safety distance (``leverage``).
"""

from __future__ import annotations

import numpy as np

from rongheng.basics.grades import Grade
from rongheng.basics.ids import find_index, index
from rongheng.basics.text import Text
from rongheng.market.indicators.share import share
from rongheng.market.reproduction.evidence import MEANS, Evidence
from rongheng.market.reproduction.printed import number
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, joined, missing
from rongheng.market.reproduction.words import percent, yi

_NEEDS_SECURITIES = Text(
    "需各日逐只股票的融资余额（交易所两融明细）与当时的指数成份股，湖中没有；导入两者后可算。",
    "Needs the financing of every share on each session (the exchanges' detail files) and the index's members then, "
    "which the lake lacks. Import both.",
)
_NEEDS_ETF = Text(
    "需跟踪该指数的 ETF 在这两日的份额与净值（份额变动 × 净值），湖中一只也没有；导入后可算。",
    "Needs shares and values of the ETFs on it on both sessions (change of shares × value), of which the lake has not "
    "one. Import them.",
)


def table_1(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a stage's high, low or fall; net financing by index needs data of single securities."""
    if figure.column.startswith("net_financing"):
        return _net_financing(figure, evidence)
    if figure.column == "max_drawdown_pct":
        return _fall(figure)
    at, value, prefix = _stage(figure, evidence, high=figure.column == "stage_high")
    zh, en = ("最高", "high") if figure.column == "stage_high" else ("最低", "low")
    label = index(MEANS[figure.key]).label
    why = Text(
        f"{figure.date} 内{label.zh}盘中{zh}点 {value:.2f}，在 {evidence.sessions[at]}。",
        f"The intraday {en} of {label.en} within {figure.date} is {value:.2f}, on {evidence.sessions[at]}.",
    )
    grade = evidence.grade(f"{prefix}_{en}", first=at, derived=False)
    return compare(figure, Computed(value, grade, why), decisive=True)


def _net_financing(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of an index's net financing after a day: the report does not say whether the day counts."""
    label = index(MEANS[figure.key]).label
    found = evidence.net_financing(MEANS[figure.key], figure.begin, figure.day)
    if found is None or found[1] is Grade.SIMULATED:  # a few simulated securities are no index
        return missing(figure, _NEEDS_SECURITIES)
    amount, grade = found
    why = Text(
        f"{label.zh}成份股（按日期）在 {figure.begin} 之后至 {figure.day} 融资净买入合计 {yi(amount)} 亿元。",
        f"Net financing of the members of {label.en}, by date, after {figure.begin} and up to {figure.day}: "
        f"{yi(amount)} (CNY 100m).",
    )
    return compare(figure, Computed(amount, grade, why))


def _stage(figure: Figure, evidence: Evidence, *, high: bool) -> tuple[int, float, str]:
    """Return where the stage's intraday high lies, or the lowest low after it, and the column's prefix."""
    prefix = index(MEANS[figure.key]).prefix
    where = evidence.within(figure.begin, figure.day)
    highs = evidence.values(f"{prefix}_high", where)
    top = where.start + int(np.argmax(highs))
    if high:
        return top, float(highs.max()), prefix
    after = slice(top, where.stop)
    lows = evidence.values(f"{prefix}_low", after)
    return top + int(np.argmin(lows)), float(lows.min()), prefix


def _fall(figure: Figure) -> Check:
    high = number("guosen", "t1", key=figure.key, day=figure.date, column="stage_high")
    low = number("guosen", "t1", key=figure.key, day=figure.date, column="stage_low")
    fallen = low / high - 1
    sums = f"{low:.2f} / {high:.2f} − 1 = {percent(fallen)}"
    why = Text(f"由报告自己的高低点：{sums}。", f"From the report's own high and low: {sums}.")
    return compare(figure, Computed(fallen, Grade.DERIVED, why), own=True)


def inflow(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a net inflow into the ETFs on one index: those that the lake has stand in for all of them."""
    known = find_index(figure.key)
    found = None if known is None else evidence.inflow(known.key, figure.day)
    if known is None or found is None or found.grade is Grade.SIMULATED:
        return missing(figure, _NEEDS_ETF)
    amount, names = found.amount, "、".join(found.funds)
    why = Text(
        f"湖中跟踪{known.label.zh}的 {len(found.funds)} 只基金（{names}）净申购合计 {yi(amount)} 亿元，",
        f"Funds on {known.label.en} of which the lake has shares and values: {len(found.funds)} "
        f"({', '.join(found.funds)}); they took {yi(amount)} (CNY 100m); ",
    )
    rest = figure.number - amount
    part = Text(
        f"印出的 {yi(figure.number)} 亿元为全部基金；相差 {yi(rest)} 亿元属其余基金，或属口径之差。",
        f"the {yi(figure.number)} printed are of all funds: {yi(rest)} belong to the others, or to another method.",
    )
    return compare(figure, Computed(amount, found.grade, why), stand_in=part, tolerance=figure.half_digit)


def inflow_of_all(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a net inflow into all ETFs, of which a few large ones say nothing."""
    found = evidence.inflow(None, figure.day)
    if found is None:
        return missing(figure, _NEEDS_ETF)
    return missing(
        figure,
        Text(
            f"湖中 {len(found.funds)} 只基金净申购合计 {yi(found.amount)} 亿元；全部 ETF 须各基金的份额与净值。",
            f"The {len(found.funds)} funds of the lake took {yi(found.amount)} (CNY 100m); all ETFs need the shares "
            "and values of every one.",
        ),
    )


def purchases(figure: Figure, evidence: Evidence) -> Check:
    """Return the check of a month's credit purchases over its turnover."""
    where = evidence.within(figure.begin, figure.day)
    for column in ("financing_buys", "turnover"):
        evidence.values(column, where)
    month = evidence.panel.slice(where.start, where.stop - where.start)
    row = share(month, every="month").rows.row(0, named=True)
    bought, traded = float(month["financing_buys"].sum()), float(month["turnover"].sum())
    value = float(row["buys_share"])
    sums = f"{yi(bought)} / {yi(traded)} = {percent(value)}"
    why = Text(
        f"{figure.date} 各日之和：{sums}（沪深两市）。", f"Sums of {figure.date}: {sums} (Shanghai and Shenzhen)."
    )
    more = _denominator(bought, traded, figure, where.stop - where.start)
    return compare(figure, Computed(value, Grade(row["grade"]), joined(why, more)))


def _denominator(bought: float, traded: float, figure: Figure, sessions: int) -> Text:
    """Say which turnover the printed share needs, where it is not ours."""
    low, high = (bought / (figure.number + sign * figure.half_digit) - traded for sign in (1, -1))
    if low <= 0 <= high:
        return Text("", "")
    zh, en = f"{yi(low / sessions)} 至 {yi(high / sessions)}", f"{yi(low / sessions)} to {yi(high / sessions)}"
    return Text(
        f"印出的比例要求分母每日多 {zh} 亿元；若报告把北京证券交易所计入成交额则属此量级，导入其成交额可定。",
        f" The printed share needs {en} more (CNY 100m) in the denominator each session, about what Beijing trades: "
        "perhaps the report counts that exchange. Its turnover would decide.",
    )
