"""How a marked book's summary is printed: which tables there are, and their columns.

Amounts leave as yuan and ratios as fractions; what is counted is in ``account.marks.summary`` and ``limits``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rongheng.basics.account_tables import STATE_LABELS, State
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Format, Lang
from rongheng.cli.output import print_rows
from rongheng.report.numbers import EXACT, band

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary
    from rongheng.cli.table import Heading

Row = Mapping[str, Any]
_BAR = 24  # characters of the longest bar
_TOTAL = Text("合计", "total")
_VERDICTS = {
    "breach": Text("超限", "breach"),
    "warning": Text("预警", "warning"),
    "within": Text("未超", "within"),
    "unknown": Text("无法计量", "not measured"),
    "not_in_force": Text("规则未生效", "not in force"),
}


class Table(StrEnum):
    """The tables of a summary."""

    STATES = "states"
    RATIOS = "ratios"
    FALLS = "falls"
    SHARES = "shares"
    HOLDINGS = "holdings"
    POLICIES = "policies"
    LIMITS = "limits"
    PROBLEMS = "problems"


@dataclass(frozen=True)
class _Shown:
    title: Text
    rows: Callable[[Summary], Iterator[Row]]
    headings: Sequence[Heading]


def print_summary(summary: Summary, *, table: Table | None, style: Format, lang: Lang) -> None:
    """Print one table of a summary, or all that have rows; JSON is one list, whose rows name their table."""
    wanted = [table] if table is not None else list(Table)
    if style is Format.CSV and table is None:
        wanted = [Table.STATES]
    shown = {one: [in_units(row) | _about(summary) for row in _TABLES[one].rows(summary)] for one in wanted}
    if style is Format.JSON:
        print_rows(
            [{"table": one.value} | row for one, rows in shown.items() for row in rows], [], style=style, lang=lang
        )
        return
    for one, rows in shown.items():
        if rows or table is not None:
            with_bars = [row | {"bar": _bar(row, rows)} for row in rows] if style is Format.TABLE else rows
            title = f"{'' if one is wanted[0] else chr(10)}{_TABLES[one].title.in_(lang.value)}"
            print_rows(with_bars, _headings(one, lang), style=style, lang=lang, title=title)


def in_units(row: Row) -> dict[str, Any]:
    """Return a row in yuan and fractions; the unit goes from the end of each name."""
    plain: dict[str, Any] = {}
    for name, value in row.items():
        divisor = 1_000 if name.endswith("_milli") else 10_000 if name.endswith("_bp") else None
        stem = name.removesuffix("_milli").removesuffix("_bp")
        plain[stem] = value if divisor is None or value is None else value / divisor
    return plain


def _about(summary: Summary) -> dict[str, Any]:
    return {"as_of": summary.session, "grade": summary.grade.value}


def _headings(table: Table, lang: Lang) -> list[Heading]:
    return [(name.replace("{lang}", lang.value), label, unit) for name, label, unit in _TABLES[table].headings]


def _bar(row: Row, rows: Sequence[Row]) -> str:
    """Return a bar as long as the row's accounts are many."""
    most = max((other.get("accounts") or 0 for other in rows), default=0)
    accounts = row.get("accounts") or 0
    if not accounts:
        return " "
    return "█" * round(accounts / most * _BAR) or "▏"


def _states(summary: Summary) -> Iterator[Row]:
    for row in summary.states:
        label = STATE_LABELS[State(row["state"])]
        yield {**row, "label_zh": label.zh, "label_en": label.en}
    yield {**summary.total, "state": "total", "label_zh": _TOTAL.zh, "label_en": _TOTAL.en}


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
        label = _VERDICTS[row["verdict"]]
        yield {**row, "label_zh": label.zh, "label_en": label.en}


def _plain(name: str) -> Callable[[Summary], Iterator[Row]]:
    def rows(summary: Summary) -> Iterator[Row]:
        yield from getattr(summary, name)

    return rows


_ACCOUNTS: Heading = ("accounts", Text("账户数", "accounts"), EXACT)
_DEBT: Heading = ("debt", Text("负债", "debt"), Unit.YUAN)
_ASSETS: Heading = ("assets", Text("担保物", "collateral"), Unit.YUAN)
_SO_FAR: Heading = ("debt_so_far", Text("累计负债", "debt up to here"), Unit.YUAN)
_BARS: Heading = ("bar", Text("", ""), Unit.TEXT)
_GRADE: Heading = ("grade", Text("级别", "grade"), Unit.TEXT)

_TABLES: dict[Table, _Shown] = {
    Table.STATES: _Shown(
        Text("账户按状态", "Accounts by state"),
        _states,
        (
            ("label_{lang}", Text("状态", "state"), Unit.TEXT),
            _ACCOUNTS,
            _DEBT,
            ("financing_debt", Text("融资", "financing"), Unit.YUAN),
            ("short_debt", Text("融券", "shorts"), Unit.YUAN),
            _ASSETS,
            ("cash_to_cure", Text("需追加现金", "cash to cure"), Unit.YUAN),
            _GRADE,
        ),
    ),
    Table.RATIOS: _Shown(
        Text("有负债账户按维持担保比例", "Indebted accounts by maintenance ratio"),
        _bands("ratios"),
        (("band", Text("维持担保比例", "maintenance ratio"), Unit.TEXT), _ACCOUNTS, _DEBT, _ASSETS, _SO_FAR, _BARS),
    ),
    Table.FALLS: _Shown(
        Text("距平仓线：持仓一齐下跌多少即低于平仓线", "How far to the liquidation line: the uniform fall to it"),
        _bands("falls"),
        (("band", Text("跌幅（负：已低于）", "fall (under 0: met)"), Unit.TEXT), _ACCOUNTS, _DEBT, _SO_FAR, _BARS),
    ),
    Table.SHARES: _Shown(
        Text("有负债账户按第一大持仓占比", "Indebted accounts by the share of their largest position"),
        _bands("shares"),
        (("band", Text("占总资产", "of assets"), Unit.TEXT), _ACCOUNTS, _DEBT, _ASSETS, _BARS),
    ),
    Table.HOLDINGS: _Shown(
        Text("担保集中于哪些证券", "The securities that the indebted accounts' collateral is"),
        _plain("holdings"),
        (
            ("security", Text("证券", "security"), Unit.TEXT),
            ("indebted_value", Text("有负债账户持有", "held by the indebted"), Unit.YUAN),
            ("share", Text("占其证券", "of their securities"), Unit.FRACTION),
            ("indebted_holders", Text("账户数", "accounts"), EXACT),
            ("value", Text("全部账户持有", "held by all"), Unit.YUAN),
            ("of_total", Text("占总市值", "of total value"), Unit.FRACTION),
            _GRADE,
        ),
    ),
    Table.POLICIES: _Shown(
        Text("政策与未公布的条款（取交易所的界限）", "Policies, and terms not published (the exchanges' stand in)"),
        _policies,
        (
            ("policy", Text("政策", "policy"), Unit.TEXT),
            _ACCOUNTS,
            ("gaps", Text("未公布条款", "terms not published"), EXACT),
            ("unpublished", Text("哪些", "which"), Unit.TEXT),
            _GRADE,
        ),
    ),
    Table.LIMITS: _Shown(
        Text("证券公司风控指标", "The broker's own limits"),
        _limits,
        (
            ("label_{lang}", Text("结论", "verdict"), Unit.TEXT),
            ("name_{lang}", Text("指标", "limit on"), Unit.TEXT),
            ("subject", Text("对象", "subject"), Unit.TEXT),
            ("amount", Text("金额", "amount"), Unit.YUAN),
            ("share", Text("占比", "share"), Unit.FRACTION),
            ("limit", Text("上限", "limit"), Unit.FRACTION),
            ("warning", Text("预警", "warning"), Unit.FRACTION),
            ("confidence_{lang}", Text("依据", "how sure"), Unit.TEXT),
            ("rule", Text("规则", "rule"), Unit.TEXT),
            _GRADE,
        ),
    ),
    Table.PROBLEMS: _Shown(
        Text("问题行", "Problems"),
        _plain("problems"),
        (
            ("problem", Text("问题", "problem"), Unit.TEXT),
            ("rows", Text("行数", "rows"), EXACT),
            _ACCOUNTS,
        ),
    ),
}  # fmt: skip
