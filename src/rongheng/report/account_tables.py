"""The tables of a marked book's summary, as the terminal, the note and the workbook show them.

What lives here: which rows and columns each table takes, in yuan and fractions, and their words. What does not: any
sum (``account.marks.summary``, ``account.marks.limits``), and how a column looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rongheng.basics.account_words import STATE_LABELS, State
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.report.numbers import EXACT, Scale, band

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary

Row = Mapping[str, Any]
TOTAL = "total"
_TOTAL = Text("合计", "total")


class SummaryTable(StrEnum):
    """The tables of a summary, in the order in which they are shown."""

    STATES = "states"
    RATIOS = "ratios"
    FALLS = "falls"
    SHARES = "shares"
    HOLDINGS = "holdings"
    POLICIES = "policies"
    LIMITS = "limits"
    PROBLEMS = "problems"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key of its values, its head, and its unit or the scale that it is always shown in.

    ``{lang}`` in the key stands for the reader's language.
    """

    name: str
    label: Text
    unit: Unit | Scale

    def key(self, language: str) -> str:
        """Return the key of the column's values in that language."""
        return self.name.replace("{lang}", language)


@dataclass(frozen=True, slots=True)
class Shown:
    """One table: its title, columns, and its rows of a summary."""

    title: Text
    columns: tuple[Column, ...]
    _rows: Callable[[Summary], Iterator[Row]]

    def units(self, rows: Sequence[Row], language: Language) -> list[Unit | Scale]:
        """Return the unit of each column; all amounts of the table stand in one scale, so that they can be compared."""
        money = [column.name for column in self.columns if column.unit is Unit.YUAN]
        largest = max((abs(row.get(name) or 0) for row in rows for name in money), default=0)
        large, small = _MONEY[language]
        scale = large if largest >= large.divisor / 100 else small
        return [scale if column.unit is Unit.YUAN else column.unit for column in self.columns]

    def rows(self, summary: Summary) -> list[dict[str, Any]]:
        """Return the rows in yuan and fractions, each with the day that it describes and its grade."""
        about = {"as_of": summary.session, "grade": summary.grade.value}
        return [{**about, **in_units(row)} for row in self._rows(summary)]


def in_units(row: Row) -> dict[str, Any]:
    """Return a row in yuan and fractions; the unit goes from the end of each name.

    >>> in_units({"debt_milli": 1_500, "share_bp": 2_500, "accounts": 3})
    {'debt': 1.5, 'share': 0.25, 'accounts': 3}
    """
    plain: dict[str, Any] = {}
    for name, value in row.items():
        divisor = 1_000 if name.endswith("_milli") else 10_000 if name.endswith("_bp") else None
        stem = name.removesuffix("_milli").removesuffix("_bp")
        assert stem not in plain, f"{stem} stands in two units"
        plain[stem] = value if divisor is None or value is None else value / divisor
    return plain


def _states(summary: Summary) -> Iterator[Row]:
    for row in summary.states:
        yield {**row, **_labelled(STATE_LABELS[State(row["state"])])}
    yield {**summary.total, "state": TOTAL, **_labelled(_TOTAL)}


def _bands(name: str) -> Callable[[Summary], Iterator[Row]]:
    def rows(summary: Summary) -> Iterator[Row]:
        for row in getattr(summary, name):
            yield {"band": band(row["from_bp"], row["below_bp"]), **row}

    return rows


def _policies(summary: Summary) -> Iterator[Row]:
    for row in summary.policies:
        yield {**row, "gaps": len(row["unpublished"]), "unpublished": ", ".join(row["unpublished"])}


def _limits(summary: Summary) -> Iterator[Row]:
    for row in summary.limits:
        yield {**row, **_labelled(VERDICTS[row["verdict"]])}


def _plain(name: str) -> Callable[[Summary], Iterator[Row]]:
    def rows(summary: Summary) -> Iterator[Row]:
        yield from getattr(summary, name)

    return rows


def _labelled(label: Text) -> dict[str, str]:
    return {"label_zh": label.zh, "label_en": label.en}


VERDICTS: Mapping[str, Text] = {
    "breach": Text("超限", "breach"),
    "warning": Text("预警", "warning"),
    "within": Text("未超", "within"),
    "unknown": Text("无法计量", "not measured"),
    "not_in_force": Text("规则未生效", "not in force"),
}

_MONEY: Mapping[Language, tuple[Scale, Scale]] = {
    "zh": (Scale(1e8, Text("亿元", "CNY 100 mn"), 2), Scale(1e4, Text("万元", "CNY 10,000"), 2)),
    "en": (Scale(1e6, Text("百万元", "CNY mn"), 2), Scale(1e3, Text("千元", "CNY k"), 2)),
}
_ACCOUNTS = Column("accounts", Text("账户数", "accounts"), EXACT)
_DEBT = Column("debt", Text("负债", "debt"), Unit.YUAN)
_ASSETS = Column("assets", Text("担保物", "collateral"), Unit.YUAN)
_SO_FAR = Column("debt_so_far", Text("累计负债", "debt up to here"), Unit.YUAN)
_PART = Column("debt_share_so_far", Text("占负债", "of debt"), Unit.FRACTION)
_GRADE = Column("grade", Text("级别", "grade"), Unit.TEXT)

TABLES: Mapping[SummaryTable, Shown] = {
    SummaryTable.STATES: Shown(
        Text("账户按状态", "Accounts by state"),
        (
            Column("label_{lang}", Text("状态", "state"), Unit.TEXT),
            _ACCOUNTS,
            _DEBT,
            Column("financing_debt", Text("融资", "financing"), Unit.YUAN),
            Column("short_debt", Text("融券", "shorts"), Unit.YUAN),
            _ASSETS,
            Column("cash_to_cure", Text("需追加现金", "cash to cure"), Unit.YUAN),
            _GRADE,
        ),
        _states,
    ),
    SummaryTable.RATIOS: Shown(
        Text("有负债账户按维持担保比例", "Indebted accounts by maintenance ratio"),
        (
            Column("band", Text("维持担保比例", "maintenance ratio"), Unit.TEXT),
            _ACCOUNTS,
            _DEBT,
            _ASSETS,
            _SO_FAR,
            _PART,
            _GRADE,
        ),
        _bands("ratios"),
    ),
    SummaryTable.FALLS: Shown(
        Text("持仓一齐下跌多少即低于届时平仓线", "The uniform fall that meets the liquidation line of then"),
        (Column("band", Text("跌幅", "fall"), Unit.TEXT), _ACCOUNTS, _DEBT, _SO_FAR, _PART, _GRADE),
        _bands("falls"),
    ),
    SummaryTable.SHARES: Shown(
        Text("有负债账户按第一大持仓占总资产", "Indebted accounts by their largest position in assets"),
        (Column("band", Text("占总资产", "of assets"), Unit.TEXT), _ACCOUNTS, _DEBT, _ASSETS, _GRADE),
        _bands("shares"),
    ),
    SummaryTable.HOLDINGS: Shown(
        Text("有负债账户的证券最多是哪些", "What the indebted accounts hold most of"),
        (
            Column("security", Text("证券", "security"), Unit.TEXT),
            Column("indebted_value", Text("有负债账户持有", "held by the indebted"), Unit.YUAN),
            Column("share", Text("占其证券", "of their securities"), Unit.FRACTION),
            Column("indebted_holders", Text("有负债账户数", "indebted accounts"), EXACT),
            Column("value", Text("全部账户持有", "held by all"), Unit.YUAN),
            Column("of_total", Text("占总市值", "of total value"), Unit.FRACTION),
            _GRADE,
        ),
        _plain("holdings"),
    ),
    SummaryTable.POLICIES: Shown(
        Text("政策，与取自交易所的未公布条款", "Policies, and terms not published, taken from the exchanges"),
        (
            Column("policy", Text("政策", "policy"), Unit.TEXT),
            _ACCOUNTS,
            Column("gaps", Text("未公布条款", "terms not published"), EXACT),
            Column("unpublished", Text("哪些", "which"), Unit.TEXT),
            _GRADE,
        ),
        _policies,
    ),
    SummaryTable.LIMITS: Shown(
        Text("证券公司风控指标", "The broker's own limits"),
        (
            Column("label_{lang}", Text("结论", "verdict"), Unit.TEXT),
            Column("name_{lang}", Text("指标", "limit on"), Unit.TEXT),
            Column("subject", Text("对象", "subject"), Unit.TEXT),
            Column("amount", Text("金额", "amount"), Unit.YUAN),
            Column("share", Text("占比", "share"), Unit.FRACTION),
            Column("limit", Text("上限", "limit"), Unit.FRACTION),
            Column("warning", Text("预警", "warning"), Unit.FRACTION),
            Column("confidence_{lang}", Text("依据", "how sure"), Unit.TEXT),
            Column("rule", Text("规则", "rule"), Unit.TEXT),
            _GRADE,
        ),
        _limits,
    ),
    SummaryTable.PROBLEMS: Shown(
        Text("问题行", "Problems"),
        (Column("problem", Text("问题", "problem"), Unit.TEXT), Column("rows", Text("行数", "rows"), EXACT), _ACCOUNTS),
        _plain("problems"),
    ),
}
