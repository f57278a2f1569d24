"""Whether Huachuang's charts of counts and lines agree with each other, and what its text says of them.

What lives here: the sums and the claims. What does not: the counts one by one (``pools``).
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from rongheng.basics.text import Text
from rongheng.market.reproduction.claim import Claim, Judged, alone
from rongheng.market.reproduction.pools import DAY, SIX, counts_of, ranked
from rongheng.market.reproduction.printed import number, table
from rongheng.market.reproduction.verdict import Kind
from rongheng.market.reproduction.words import percent

_BROKERS = ("中信证券", "中信建投", "中金公司")
_CLASSED = _BROKERS[:2]  # those whose classes are printed
_TYPES = ("沪A", "深A", "京A", "其他证券")
_LINES = ("further", "liquidation", "notice", "withdrawal")  # in the order in which they stand


def _count(chart: str, key: str, column: str) -> float:
    return number("huachuang", chart, key=key, day=DAY, column=column)


def _equal(left: float, right: float, words: str) -> Judged:
    sums = f"{words}: {left:.0f} = {right:.0f}"
    return Judged(round(left) == round(right), Text(f"{sums}。", f"{sums}."))


def _class_columns(broker: str, kind: str) -> Judged:
    classes = sum(counts_of("c11", broker, column=kind))
    return _equal(classes, _count("c04", f"{broker} / {kind}", "collateral"), "Σ c11 A–E = c04")


def _class_rows(broker: str, letter: str) -> Judged:
    cells = sum(counts_of("c13", broker, letter, column="count"))
    return _equal(cells, _count("c11", f"{broker} / {letter}", "total"), "Σ c13 = c11")


def _tiers(broker: str) -> list[str]:
    """Return the haircuts of a broker's chart 8, as printed."""
    keys = dict.fromkeys(one.key for one in table("huachuang", "c08"))
    return [tier for name, tier in (key.split(" / ") for key in keys) if name == broker]


def _tier(broker: str, tier: str) -> Judged:
    cells = sum(_count("c13", f"{broker} / {letter} / {tier}", "count") for letter in "ABCDE")
    row = sum(_count("c08", f"{broker} / {tier}", kind) for kind in _TYPES)
    return _equal(cells, row, "Σ c13 A–E = Σ c08")


def _six_columns() -> Judged:
    sums = [sum(ranked(broker)) for broker in SIX]
    why = Text(f"六列之和均为 {sums[0]:.0f}。", f"All six columns sum to {sums[0]:.0f}.")
    return Judged(len(set(sums)) == 1, why)


def _exchange(pool: str, kind: str) -> float:
    """Return the exchanges' count of the kind that a broker's row means."""
    column = {"沪A": "SSE", "深A": "SZSE", "京A": "BSE", "其他证券": "total"}[kind]
    return _count("c03", f"{pool} / {'other' if kind == '其他证券' else 'stock'}", column)


def _wholly_smaller() -> Judged:
    equal = [
        f"{broker} {kind} {column}"
        for broker in _BROKERS
        for kind in _TYPES
        for column in ("financing_underlying", "short_underlying")
        if _count("c04", f"{broker} / {kind}", column) >= _exchange("underlying", kind)
    ]
    shown = "; ".join(equal)
    why = Text(
        f"报告称各公司标的池均小于交易所；与交易所相等的有：{shown}（如中信建投其他证券 386 = 239 + 147）。",
        f"The report says that brokers' pools are all smaller than the exchanges'. Equal to them are: {shown} (CSC's "
        "other securities: 386 = 239 + 147).",
    )
    return Judged(not equal, why)


def _pools_within() -> Judged:
    beyond = [
        f"{one.key} {one.column}"
        for one in table("huachuang", "c04")
        if one.number > _exchange("collateral" if one.column == "collateral" else "underlying", one.key.split(" / ")[1])
    ]
    if not beyond:
        return Judged(True, Text("各公司各类只数均不超过图表 3。", "No broker counts more than chart 3."))
    return Judged(False, Text(f"超过图表 3：{'; '.join(beyond)}。", f"More than chart 3: {'; '.join(beyond)}."))


def _tiers_hold_shares() -> Judged:
    held = {
        tier: [_count("c08", f"中信建投 / {tier}", kind) for kind in _TYPES[:3]]
        for tier in ("0.6", "0.5", "0.4", "0.25")
    }
    shown = "; ".join(f"{tier}: {' + '.join(f'{n:.0f}' for n in counts)}" for tier, counts in held.items())
    why = Text(
        f"报告称中信建投股票另有 60、50、40、25 % 各档；图表 8 的股票只数为 {shown}：60 % 与 40 % 两档没有股票。",
        f"The report says that CSC has further tiers of 60, 50, 40 and 25 % for shares. Chart 8 counts {shown}: the "
        "tiers of 60 % and 40 % hold none.",
    )
    return Judged(all(sum(counts) for counts in held.values()), why)


def _in_order(broker: str) -> Judged:
    own = [(one.column.partition("_line")[0], one.number) for one in table("huachuang", "c09") if one.key == broker]
    levels = [[level for name, level in own if name == line] for line in _LINES]
    present = [group for group in levels if group]
    holds = all(max(lower) < min(upper) for lower, upper in pairwise(present))
    shown = " < ".join(", ".join(percent(level, 0) for level in sorted(group)) for group in present)
    return Judged(holds, Text(f"{shown}。", f"{shown}."))


def _first_row(nine: str, ten: str) -> Judged:
    return _equal(_count("c10", "0 / 0.3", ten) * 100, _count("c09", "中信证券", nine) * 100, "c10 [0, 30 %] = c09, %")


def _sum(table_: str, name: str, judge: partial[Judged]) -> Claim:
    return Claim("huachuang", table_, name, DAY, alone(judge), Kind.SUM)


def _sums() -> list[Claim]:
    claims = []
    for broker in _CLASSED:
        claims += [_sum("c11", f"{broker} / {kind}", partial(_class_columns, broker, kind)) for kind in _TYPES]
        claims += [_sum("c13", f"{broker} / {letter}", partial(_class_rows, broker, letter)) for letter in "ABCDE"]
        claims += [_sum("c13", f"{broker} / {tier}", partial(_tier, broker, tier)) for tier in _tiers(broker)]
    claims.append(_sum("c14", "six columns alike", partial(_six_columns)))
    claims.append(_sum("c04", "brokers' pools within the exchanges'", partial(_pools_within)))
    brokers = dict.fromkeys(one.key for one in table("huachuang", "c09"))
    claims += [_sum("c09", broker, partial(_in_order, broker)) for broker in brokers]
    for nine, ten in (("liquidation", "liquidation"), ("notice", "safety"), ("withdrawal", "withdrawal")):
        judge = partial(_first_row, f"{nine}_line_pct", f"{ten}_line_pct")
        claims.append(_sum("c10", f"中信证券 {ten}", judge))
    return claims


CLAIMS: tuple[Claim, ...] = (
    Claim("huachuang", "c04", "brokers' pools all smaller than the exchanges'", DAY, alone(_wholly_smaller)),
    Claim("huachuang", "c08", "CSC's further tiers hold shares", DAY, alone(_tiers_hold_shares)),
    *_sums(),
)
