"""Detector: products of index futures whose discount moved more than it uses to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from rongheng.basics.grades import Grade, worst
from rongheng.basics.text import Text
from rongheng.findings.finding import Finding, Severity
from rongheng.market.indicators.contract import Reading

# A discount that widens is pressure; one that narrows is told.
_MOVES = {
    "narrowed_markedly": (Severity.LOW, Text("贴水明显收窄", "narrowed markedly")),
    "narrowed": (Severity.INFO, Text("贴水收窄", "narrowed")),
    "widened": (Severity.LOW, Text("贴水走阔", "widened")),
    "widened_markedly": (Severity.WATCH, Text("贴水明显走阔", "widened markedly")),
}


def moved_discounts(session: date, readings: Mapping[str, Reading]) -> Iterator[Finding]:
    """Yield a finding for each product whose discount moved on the session, with the change beside its own past."""
    reading = readings.get("basis")
    if reading is None:
        return
    moved = reading.rows.filter((pl.col("session") == session) & pl.col("move").is_not_null())
    for row in moved.iter_rows(named=True):
        severity, word = _MOVES[row["move"]]
        level = row["annual_discount"] if row["annual_adjusted"] is None else row["annual_adjusted"]
        yield Finding(
            subject=row["product"],
            session=session,
            severity=severity,
            statement=Text(
                f"{row['product']} {word.zh}：年化贴水 {level:.2%}，较前一日 {row['change_1'] * 100:+.2f} 个百分点。",
                f"The discount of {row['product']} {word.en}: {level:.2%} by year, {row['change_1'] * 100:+.2f} "
                "percentage points in a day.",
            ),
            evidence=_evidence(row),
            cites="basis",
            grade=worst(Grade(row["grade"]), Grade.DERIVED),
        )


def _evidence(row: Mapping[str, float]) -> Text:
    sigmas = "—" if row["sigmas_60"] is None else f"{row['sigmas_60']:+.1f}"
    return Text(
        f"为此前 60 日变动的 {sigmas} 倍标准差（±2 为明显），在此前 20 日变动中位于 {row['rank_20']:.0%} 分位"
        f"（两端各 20% 为变动）；近月 {row['near_contract']} 基差 {row['near_basis_points']:+.1f} 点",
        f"{sigmas} standard deviations of the 60 changes before (marked from 2 on), at the {row['rank_20']:.0%} point "
        f"of the 20 changes before (told in the outer 20% at either end); {row['near_contract']} at "
        f"{row['near_basis_points']:+.1f} points",
    )
