"""Detector: the criteria of the pressure reading that ask for attention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from rongheng.basics.grades import Grade, worst
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.indicators.contract import Reading

_SEVERITY = {"watch": Severity.WATCH, "high": Severity.HIGH}


def pressed_criteria(session: date, readings: Mapping[str, Reading]) -> Iterator[Finding]:
    """Yield a finding for each criterion of ``pressure`` (and its overall verdict) that is at watch or high."""
    reading = readings.get("pressure")
    if reading is None:
        return
    for row in reading.rows.filter(pl.col("session") == session).iter_rows(named=True):
        if row["verdict"] not in _SEVERITY:
            continue
        yield Finding(
            subject="market",
            session=session,
            severity=_SEVERITY[row["verdict"]],
            statement=Text(row["criterion_zh"], row["criterion_en"]),
            evidence=Text(row["evidence_zh"], row["evidence_en"]),
            cites=f"pressure.{row['criterion']}",
            grade=worst(Grade(row["grade"]), Grade.DERIVED),
        )
