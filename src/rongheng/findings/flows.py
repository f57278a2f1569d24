"""Detector: money that came into exchange-traded funds while their index fell, and the largest outflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import find_index
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.indicators.contract import Reading


def bought_dips(session: date, readings: Mapping[str, Reading]) -> Iterator[Finding]:
    """Yield a finding for each index that fell while money came into its funds."""
    reading = readings.get("flows")
    if reading is None:
        return
    rows = reading.rows.filter(
        (pl.col("session") == session) & (pl.col("net_inflow") > 0) & (pl.col("index_change") < 0)
    )
    for row in rows.iter_rows(named=True):
        yield Finding(
            subject=row["group"],
            session=session,
            severity=Severity.INFO,
            statement=_statement(row),
            evidence=_evidence(row),
            cites="flows",
            grade=worst(Grade(row["grade"]), Grade.DERIVED),
        )


def _statement(row: Mapping[str, Any]) -> Text:
    known = find_index(row["group"])
    zh, en = (known.label.zh, known.label.en) if known else (row["group"], row["group"])
    amount = row["net_inflow"] / 1e8
    return Text(
        f"{zh}下跌 {-row['index_change']:.2%}，其 ETF 净申购 {amount:,.2f} 亿元：逆势流入。",
        f"{en} fell by {-row['index_change']:.2%} and its funds took in CNY {amount / 10:,.2f} bn: the dip was bought.",
    )


def _evidence(row: Mapping[str, Any]) -> Text:
    share = "—" if row["dip_share"] is None else f"{row['dip_share']:.0%}"
    days = max(int(row["run"] or 0), 0)
    return Text(
        f"连续 {days} 日净流入；近 60 日的下跌日中 {share} 为净流入；计入 {row['funds']} 只基金，"
        f"缺 {row['lacking']} 只",
        f"inflow on {days} session{'' if days == 1 else 's'} in a row; money came in on {share} of the falls of 60 "
        f"sessions; funds counted: {row['funds']}, without a flow: {row['lacking']}",
    )
