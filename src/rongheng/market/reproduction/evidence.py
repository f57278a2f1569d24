"""What the checks look at: the panel by session.

What lives here: looking up, with a bilingual reason where nothing is there. What does not: the published figures
(``printed``) and any comparison (``verdict``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import indices
from rongheng.basics.text import Text
from rongheng.market.indicators.fund_flows import fund_flows
from rongheng.market.indicators.index_financing import index_financing
from rongheng.market.indicators.rows import array
from rongheng.market.indicators.spans import worst_in_span
from rongheng.market.indicators.trend import FloatArray

# The columns of the reports and the index that each one means. 万得全A is not public: the All Share stands in.
MEANS = {
    "上证指数": "sse",
    "万得全A": "csi-all",
    "沪深300": "csi300",
    "中证500": "csi500",
    "中证1000": "csi1000",
    "中证2000": "csi2000",
}
STAND_IN = Text(
    "（以中证全指代万得全A，容差 1 个百分点；超出时须万得全A本身定夺。）",
    " (CSI All Share stands in for Wind All A: tolerance 1 percentage point; beyond it only Wind All A would decide.)",
)
STAND_IN_DAY = Text("（以中证全指代万得全A。）", " (CSI All Share stands in for Wind All A.)")

_ACCOUNT = Text("信用账户统计（中证金融）", "the account statistics of China Securities Finance")
_SPLIT = Text("含现金与证券之分的信用账户统计", "account statistics that part cash from securities")
_SUPPLY: dict[str, tuple[Text, Text]] = {
    "maintenance_ratio": (Text("平均维持担保比例", "average maintenance ratio"), _ACCOUNT),
    "collateral_total": (Text("担保物总价值", "collateral, total"), _ACCOUNT),
    "collateral_cash": (Text("现金担保物", "collateral, cash"), _SPLIT),
    "collateral_securities": (Text("证券担保物", "collateral, securities"), _SPLIT),
    "turnover": (
        Text("沪深两市成交额", "turnover of Shanghai and Shenzhen"),
        Text(
            "交易所市场统计，或带成交额的上证指数与深证成指行情",
            "the exchanges' market statistics, or bars of SSE Composite and SZSE Component with amounts",
        ),
    ),
    "float_cap": (
        Text("流通市值", "float market cap"),
        Text(
            "交易所市场统计，或含余额占流通市值比例的两融汇总",
            "the exchanges' market statistics, or a margin summary with its share of float cap",
        ),
    ),
}
_BALANCE = (
    Text("融资融券余额或融资买入额", "margin balances or financing buys"),
    Text("信用账户统计或交易所两融汇总", "the account statistics, or the exchanges' margin summary"),
)
_RULE = (Text("规则", "a rule"), Text("规则库", "the rulebook"))
_RULES = ("financing_margin_ratio", "liquidation_line")


class LackingError(Exception):
    """Data that a check needs are not in the panel; carries what they are and what would supply them."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(frozen=True, slots=True)
class Inflow:
    """What came into some funds on a session, in yuan, and which funds these are."""

    amount: float
    funds: tuple[str, ...]
    grade: Grade


class Evidence:
    """The panel, asked by session, and the frames beside it where there are any."""

    def __init__(
        self, panel: pl.DataFrame, funds: pl.DataFrame | None = None, financing: pl.DataFrame | None = None
    ) -> None:
        self.panel = panel
        self.funds = funds
        self.financing = financing
        first, last = panel["session"][0], panel["session"][-1]
        assert isinstance(first, date)
        assert isinstance(last, date)
        self.first, self.last = first, last

    @cached_property
    def sessions(self) -> list[date]:
        """Every session of the panel."""
        return self.panel["session"].to_list()

    def at(self, day: date) -> int:
        """Return the position of a session (of the last one before it, on a day without trading)."""
        session = calendar().on_or_before(day)
        if not self.first <= session <= self.last:
            raise LackingError(
                Text(
                    f"数据自 {self.first} 至 {self.last}，不含 {session}；需导入该日数据。",
                    f"The data run from {self.first} to {self.last}, without {session}: import that session.",
                )
            )
        return calendar().count_between(self.first, session)

    @cached_property
    def _flows(self) -> pl.DataFrame | None:
        return None if self.funds is None else fund_flows(self.funds).filter(pl.col("net_inflow").is_not_null())

    def inflow(self, index: str | None, day: date) -> Inflow | None:
        """Return what came on a session into the funds on an index, or into all; ``None`` where none has a flow."""
        if self._flows is None:
            return None
        rows = self._flows.filter(pl.col("session") == day)
        own = rows if index is None else rows.filter(pl.col("index") == index)
        if own.is_empty():
            return None
        grades = [Grade(str(grade)) for grade in own["grade"].unique().to_list()]
        names = own["fund_name"].fill_null(own["security"]).to_list()
        return Inflow(float(own["net_inflow"].sum()), tuple(names), worst(*grades, Grade.DERIVED))

    def net_financing(self, index: str, since: date, last: date) -> tuple[float, Grade] | None:
        """Return the net financing of an index's members after a day and up to another; ``None`` where it is unknown.

        The frame must end on the last day: its members are known by date, and so are its sums.
        """
        if self.financing is None or self.financing.is_empty() or self.financing["session"][-1] != last:
            return None
        rows = index_financing(self.financing, since=since.isoformat(), by="index").rows
        own = rows.filter((pl.col("group") == index) & pl.col("net_financing").is_not_null())
        if own.is_empty():
            return None
        return float(own["net_financing"][0]), worst(Grade(str(own["grade"][0])), Grade.DERIVED)

    def within(self, first: date, last: date) -> slice:
        """Return the positions of the sessions of a period, which must lie in the panel."""
        inside = calendar().between(first, last)
        return slice(self.at(inside[0]), self.at(inside[-1]) + 1)

    def around(self, at: int, sessions: int) -> slice:
        """Return the positions of as many sessions on either side, which must lie in the panel."""
        if at + sessions >= len(self.sessions):
            self.at(calendar().offset(self.sessions[at], sessions))
        if at < sessions:
            self.at(calendar().offset(self.sessions[at], -sessions))
        return slice(at - sessions, at + sessions + 1)

    def column(self, name: str) -> FloatArray:
        """Return a whole column; NaN where it has no figure."""
        if name not in self.panel.columns:
            raise LackingError(_lacking(name, None))
        return array(self.panel, name)

    def value(self, name: str, at: int) -> float:
        """Return one figure."""
        found = float(self.column(name)[at]) if at >= 0 else np.nan
        if np.isnan(found):
            raise LackingError(_lacking(name, self.sessions[at] if at >= 0 else None))
        return found

    def values(self, name: str, where: slice) -> FloatArray:
        """Return the figures of a stretch, none of which may be missing."""
        found = self.column(name)[where]
        blank = np.flatnonzero(np.isnan(found))
        if blank.size or not found.size:
            raise LackingError(_lacking(name, self.sessions[where.start + int(blank[0])] if blank.size else None))
        return found

    def change(self, name: str, *, end: int, sessions: int) -> tuple[float, float, float]:
        """Return start, end, and the change between them as a fraction."""
        start, stop = self.value(name, end - sessions), self.value(name, end)
        return start, stop, stop / start - 1

    def grade(self, *names: str, first: int, last: int | None = None, derived: bool = True) -> Grade:
        """Return the worst grade of the figures in these columns, at best ``derived`` when they were computed with."""
        columns = {_grade_column(name) for name in names}
        found = worst_in_span(self.panel, sorted(columns), first, first if last is None else last)
        grade = Grade.OFFICIAL if found is None else Grade(found)
        return worst(grade, Grade.DERIVED) if derived else grade


def _grade_column(name: str) -> str:
    if name in ("turnover", "float_cap"):
        return f"{name}_grade"
    if "balance" in name or name.startswith("financing"):
        return "balance_grade"
    prefix = name.rsplit("_", 1)[0]
    return f"{prefix}_grade" if any(index.prefix == prefix for index in indices().values()) else "account_grade"


def _lacking(name: str, session: date | None) -> Text:
    what, supply = _SUPPLY.get(name, _RULE if name in _RULES else _BALANCE)
    for index in indices().values():
        if name.startswith(f"{index.prefix}_") and name.rsplit("_", 1)[0] == index.prefix:
            what = Text(f"{index.label.zh}行情", f"bars of {index.label.en}")
            supply = Text(f"{index.label.zh}日行情文件", f"a file of daily bars of {index.label.en}")
    zh, en = (f"{session} ", f" of {session}") if session else ("", "")
    return Text(f"缺{zh}{what.zh}；可由{supply.zh}补足。", f"Lacking: {what.en}{en}. It would come from {supply.en}.")
