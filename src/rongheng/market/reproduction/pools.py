"""Counts of securities and lines of brokers, which no market data give: totals from their parts, the rest from nothing.

What lives here: charts 3, 4, 8 to 11, 13, 14 and 16, figure by figure. What does not: whether the charts agree with
each other (``pool_claims``), and anything computed from the panel.
"""

from __future__ import annotations

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.reproduction.printed import number, table
from rongheng.market.reproduction.verdict import Check, Computed, Figure, compare, not_computable
from rongheng.market.reproduction.words import percent

SIX = ("中信证券", "广发证券", "中信建投", "中金公司", "国金证券", "中银证券")
DAY = "2025-03-21"

_NEEDS_LISTS = Text(
    "证券只数出自交易所与证券公司每日公布的名单，不由市场数据得出；待名单导入后核对。",
    "Counts come from the lists that exchanges and brokers publish daily, not from market data: to be checked when "
    "such lists are imported.",
)
_NEEDS_TERMS = Text(
    "各公司合同约定的监控线，不由市场数据得出；待证券公司规则录入。",
    "Lines of the brokers' contracts: no market data give them. They come with the brokers' terms.",
)
_NEEDS_BROKERS = Text(
    "各公司定期报告中的融出资金，尚无此表。", "Money lent, from the brokers' own reports: no such table yet."
)


def counted(figure: Figure) -> Check:
    """Return the check of a count: totals from their parts, all others need lists."""
    parts = _parts(figure)
    if parts is None:
        return not_computable(figure, _NEEDS_BROKERS if figure.unit == "yuan" else _NEEDS_LISTS)
    sums = f"{' + '.join(f'{part:.0f}' for part in parts)} = {sum(parts):.0f}"
    why = Text(f"由报告自己的分项：{sums}。", f"From the report's own parts: {sums}.")
    return compare(figure, Computed(sum(parts), Grade.DERIVED, why), own=True)


def _parts(figure: Figure) -> list[float] | None:
    """Return the printed parts of a printed total; ``None`` where the figure is no total."""
    if figure.table == "c04" and figure.column == "collateral":
        broker, kind = figure.key.split(" / ")
        return counts_of("c08", broker, column=kind)
    if figure.column == "total":
        row = [one for one in table(figure.report, figure.table) if (one.key, one.date) == (figure.key, figure.date)]
        return [one.value or 0.0 for one in row if one.column not in ("total", "share_pct")]
    return None


def counts_of(chart: str, *words: str, column: str) -> list[float]:
    """Return the figures of a column whose key begins with these words."""
    begin = " / ".join(words)
    return [
        one.value or 0.0
        for one in table("huachuang", chart)
        if one.column == column and (one.key == begin or one.key.startswith(f"{begin} / "))
    ]


def class_share(figure: Figure) -> Check:
    """Return the check of a class's share of a broker's collateral securities; its counts need lists."""
    if figure.column != "share_pct":
        return counted(figure)
    broker, _ = figure.key.split(" / ")
    own = number("huachuang", "c11", key=figure.key, day=DAY, column="total")
    whole = sum(counts_of("c11", broker, column="total"))
    sums = f"{own:.0f} / {whole:.0f} = {percent(own / whole)}"
    why = Text(f"由报告自己的只数：{sums}。", f"From the report's own counts: {sums}.")
    return compare(figure, Computed(own / whole, Grade.DERIVED, why), own=True)


def line(figure: Figure) -> Check:
    """Return the check of a broker's line."""
    return not_computable(figure, _NEEDS_TERMS)


def common(figure: Figure) -> Check:
    """Return the check of how many shares six brokers have in common: chart 14 gives another number."""
    columns = {broker: ranked(broker) for broker in SIX}
    shown = "; ".join(
        f"{broker} {' + '.join(f'{n:.0f}' for n in counts)} = {sum(counts):.0f}" for broker, counts in columns.items()
    )
    sums = {sum(counts) for counts in columns.values()}
    why = Text(
        f"图表 14 六列之和：{shown}。正文的 3,774 多出 11 只，孰是须看各公司名单。",
        f"The six columns of chart 14: {shown}. The text's 3,774 has 11 more; only the brokers' lists could say which "
        "is right.",
    )
    return compare(figure, Computed(sums.pop(), Grade.DERIVED, why))


def ranked(broker: str) -> list[float]:
    return [number("huachuang", "c14", key=str(rank), day=DAY, column=broker) for rank in range(1, 7)]
