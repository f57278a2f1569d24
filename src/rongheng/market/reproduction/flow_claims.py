"""What Guosen says in words about its two tables, held against the tables and the indices' bars.

What lives here: the claims. What does not: the figures one by one (``flows``).
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np

from rongheng.basics.ids import index
from rongheng.basics.text import Text
from rongheng.market.reproduction.claim import Claim, Judged, alone
from rongheng.market.reproduction.evidence import MEANS, Evidence
from rongheng.market.reproduction.printed import number, table
from rongheng.market.reproduction.verdict import Kind
from rongheng.market.reproduction.words import percent, yi

_LISTED = ("沪深300", "中证500", "中证1000", "中证2000")
_ETF_DAYS = ("2024-12-31", "2025-01-02", "2025-01-03", "2025-01-06")
_LAST = "2025-01-06"


def _net_financing(name: str, since: str) -> float:
    column = f"net_financing_since_{since.replace('-', '_')}_cny_100m"
    return number("guosen", "t1", key=name, day=f"{since}/{_LAST}", column=column)


def _under_a_tenth() -> Judged:
    parts = {name: -_net_financing(name, "2024-12-12") / _net_financing(name, "2024-09-24") for name in _LISTED}
    shown = ", ".join(f"{name} {percent(part, 1)}" for name, part in parts.items())
    why = Text(
        f"2024-12-12 以来净流出 / 2024-09-24 以来净流入：{shown}；沪深300 为 189.19 / 1604.14，超过 10 %。",
        f"Net outflow since 2024-12-12 / inflow since 2024-09-24: {shown}; CSI 300's 189.19 / 1604.14 is over 10 %.",
    )
    return Judged(all(part < 0.1 for part in parts.values()), why)


def _micro_caps() -> Judged:
    flows = [number("guosen", "t2", key="中证2000", day=day, column=day) for day in _ETF_DAYS]
    wide = sum(number("guosen", "t2", key=name, day=_ETF_DAYS[0], column=_ETF_DAYS[0]) for name in _LISTED[:3])
    sums = f"{' + '.join(yi(flow) for flow in flows)} = {yi(sum(flows))}"
    why = Text(
        f"中证2000 ETF 四日合计 {sums} 亿元；2024-12-31 沪深300、中证500、中证1000 ETF 合计 {yi(wide)} 亿元，为净流出。"
        "「微盘股板块有增量资金」不为表 2 所支持。",
        f"CSI 2000 ETFs took {sums} (CNY 100m) in four days; on 2024-12-31 those of CSI 300, 500 and 1000 lost "
        f"{yi(-wide)}. Table 2 does not support new money for micro caps.",
    )
    return Judged(sum(flows) >= 10e8, why)  # a billion yuan would be a tenth of one of those days' totals


def _within_the_total(day: str) -> Judged:
    rows = sum(one.number for one in table("guosen", "t2") if one.column == day)
    total = number("guosen", "text", key="etf_net_inflow_all", day=day)
    sums = f"{yi(total)} − {yi(rows)} = {yi(total - rows)}"
    why = Text(
        f"全部 ETF 减表中七个指数：{sums} 亿元属未列指数，故各行之和不等于合计。",
        f"All ETFs minus the seven indices listed: {sums} (CNY 100m) belongs to indices that are not listed, so the "
        "rows need not add up.",
    )
    return Judged(total >= rows, why)


def _whole_fall(evidence: Evidence, *, name: str) -> Judged:
    """Return whether the printed fall is the largest since 2024-09-24: the stage may leave an earlier high out."""
    known = index(MEANS[name])
    where = evidence.within(date(2024, 9, 24), date(2025, 1, 6))
    highs = evidence.values(f"{known.prefix}_high", where)
    top = where.start + int(np.argmax(highs))
    high, low = float(highs.max()), float(evidence.values(f"{known.prefix}_low", slice(top, where.stop)).min())
    fallen = low / high - 1
    stated = number("guosen", "t1", key=name, day=f"2024-10-15/{_LAST}", column="max_drawdown_pct")
    sums = f"{low:.2f} / {high:.2f} − 1 = {percent(fallen, 1)}"
    why = Text(
        f"2024-09-24 以来{known.label.zh}盘中高点在 {evidence.sessions[top]}：{sums}；报告所取阶段的最大回撤为 "
        f"{percent(stated, 1)}。",
        f"The intraday high of {known.label.en} since 2024-09-24 is of {evidence.sessions[top]}: {sums}; within the "
        f"report's stage the largest fall is {percent(stated, 1)}.",
    )
    grade = evidence.grade(f"{known.prefix}_high", first=where.start, last=where.stop - 1)
    return Judged(abs(fallen - stated) <= 0.0005, why, grade)


CLAIMS: tuple[Claim, ...] = (
    # The report does not say when its stage begins, so that a larger fall before it convicts nobody.
    *(
        Claim(
            "guosen",
            "t1",
            f"largest fall of {name} since 2024-09-24",
            _LAST,
            partial(_whole_fall, name=name),
            certain=False,
        )
        for name in _LISTED
    ),
    Claim("guosen", "t1", "almost all outflows under 10 % of the inflow", _LAST, alone(_under_a_tenth)),
    Claim("guosen", "t2", "new money for micro caps", _LAST, alone(_micro_caps), certain=False),
    *(
        Claim("guosen", "t2", "listed indices within the total", day, alone(partial(_within_the_total, day)), Kind.SUM)
        for day in _ETF_DAYS
    ),
)
