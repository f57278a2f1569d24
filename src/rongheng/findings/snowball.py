"""Findings about snowballs: how near a book's knock-ins are, and the days on which a path knocked them in.

What lives here: findings. What does not: the bars that make a number grave (``indicators.snowballs``), and the numbers
(``market.derivatives.snowball``).

What counts is not the notional but what its knock-ins release, beside what the index's future trades on a day; where
that volume is not known, nothing graver than ``low`` is said. All rests on models and on an inventory that nobody
publishes, so every finding is ``estimated``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import polars as pl

from rongheng.basics.grades import Grade
from rongheng.basics.ids import find_index
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.indicators.snowballs import HIGH_AT, NEAR, WATCH_AT

_CITES: Final = "snowball map"
_REPLAYED: Final = "snowball replay"


def knock_in_pressure(
    knock_ins: pl.DataFrame, session: date, grade: Grade = Grade.ESTIMATED, *, inventory: Text | None = None
) -> list[Finding]:
    """Return one finding for each index of a map: what a fall of ``NEAR`` knocks in and releases (敲入压力).

    Where the reader did not name the inventory, ``inventory`` does, at the end of the evidence.
    """
    found = [
        _pressure(knock_ins.filter(pl.col("index") == name), str(name), session, grade)
        for name in knock_ins["index"].unique(maintain_order=True)
    ]
    return found if inventory is None else [_with_inventory(finding, inventory) for finding in found]


def _with_inventory(finding: Finding, inventory: Text) -> Finding:
    told = finding.evidence
    return replace(finding, evidence=Text(f"{told.zh}；依据{inventory.zh}", f"{told.en}; by {inventory.en}"))


def _pressure(bands: pl.DataFrame, name: str, session: date, grade: Grade) -> Finding:
    near = bands.filter(pl.col("distance") < NEAR - 1e-9)
    shares = near["of_volume"].to_list()
    released = None if None in shares else float(sum(shares))
    notional, nearest = float(sum(near["notional_yuan"].to_list())) / 1e8, float(bands["distance"].to_numpy().min())
    label = _label(name)
    if not near.height:
        statement = Text(f"{label.zh}雪球暂无敲入压力。", f"No snowball on the {label.en} is close to its knock-in.")
    else:
        statement = Text(
            f"{label.zh}再跌 {NEAR:.0%} 将有 {notional:,.1f} 亿元雪球敲入。",
            f"A fall of {NEAR:.0%} knocks in ¥{notional / 10:,.2f} bn of snowballs on the {label.en}.",
        )
    return Finding(
        subject=name,
        session=session,
        severity=_severity(released, is_any=bool(near.height)),
        statement=statement,
        evidence=_evidence(released, nearest),
        cites=_CITES,
        grade=grade,
    )


def _evidence(released: float | None, nearest: float) -> Text:
    if released is None:
        return Text(
            f"最近的敲入区间在 {nearest:.1%} 之下；期货日均成交未知",
            f"nearest band {nearest:.1%} below; volume unknown",
        )
    return Text(
        f"减持占期货日均成交 {released:.1%}，界限 {WATCH_AT:.0%} 与 {HIGH_AT:.0%}；最近的敲入区间在 {nearest:.1%} 之下",
        f"releases {released:.1%} of a day's futures, bars {WATCH_AT:.0%} and {HIGH_AT:.0%}; "
        f"nearest band {nearest:.1%} below",
    )


def _severity(released: float | None, *, is_any: bool) -> Severity:
    if not is_any:
        return Severity.INFO
    if released is None or released < WATCH_AT:
        return Severity.LOW
    return Severity.HIGH if released >= HIGH_AT else Severity.WATCH


def knock_in_days(days: pl.DataFrame) -> list[Finding]:
    """Return a finding for each session of a replay on which contracts knocked in (敲入)."""
    return [_day(row) for row in days.filter(pl.col("knocked_in") > 0).iter_rows(named=True)]


def _day(row: dict[str, Any]) -> Finding:
    label, traded = _label(row["index"]), row["of_volume"]
    share = None if traded is None else abs(traded)
    yi = row["knocked_in_yuan"] / 1e8
    futures = f"{row['flow_futures']:+,.0f}"
    of_volume = (
        Text("", "") if traded is None else Text(f"，占日均成交 {traded:.1%}", f", {traded:.1%} of a day's volume")
    )
    return Finding(
        subject=row["index"],
        session=row["session"],
        severity=_severity(share, is_any=True),
        statement=Text(
            f"{row['session']} {label.zh}雪球敲入 {row['knocked_in']} 笔、{yi:,.1f} 亿元。",
            f"{row['session']}: {row['knocked_in']} snowballs on the {label.en}, ¥{yi / 10:,.2f} bn, knock in.",
        ),
        evidence=Text(f"对冲交易 {futures} 手{of_volume.zh}", f"the hedge trades {futures} futures{of_volume.en}"),
        cites=_REPLAYED,
        grade=Grade.ESTIMATED,
    )


def _label(name: str) -> Text:
    index = find_index(name)
    return Text(name, name) if index is None else index.label
