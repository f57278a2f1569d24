"""Detector: the lenses of liquidity that ask for attention, and the verdict of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from rongheng.basics.grades import Grade, worst
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.indicators.contract import Reading

_SEVERITY = {"watch": Severity.WATCH, "high": Severity.HIGH}
_TOLD_ELSEWHERE = ("margin", "financing")  # the criteria of pressure are findings of their own, outflow among them


def pressed_lenses(session: date, readings: Mapping[str, Reading]) -> Iterator[Finding]:
    """Yield a finding for each lens of ``liquidity`` (and the verdict of all) that is at watch or high."""
    reading = readings.get("liquidity")
    if reading is None:
        return
    rows = reading.rows.filter((pl.col("session") == session) & ~pl.col("lens").is_in(_TOLD_ELSEWHERE))
    for row in rows.filter(pl.col("verdict").is_in(list(_SEVERITY))).iter_rows(named=True):
        yield Finding(
            subject="market",
            session=session,
            severity=_SEVERITY[row["verdict"]],
            statement=Text(f"流动性·{row['lens_zh']}", f"liquidity: {row['lens_en']}"),
            evidence=Text(row["evidence_zh"], row["evidence_en"]),
            cites=f"liquidity.{row['lens']}",
            grade=worst(Grade(row["grade"]), Grade.DERIVED),
        )
