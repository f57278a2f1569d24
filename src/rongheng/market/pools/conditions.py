"""One condition of a rule, and how a group of securities stands to it: pass, fail, or unknown for want of a figure.

What lives here: the shape of a condition, its evaluation over a frame, and how figures are written. What does not:
which conditions there are (``stock_conditions``, ``fund_conditions``) and who must meet which (``screening``).

Fractions are compared as whole numbers of 10⁻¹², so that a figure typed with up to twelve decimals that stands exactly
on a line is judged as typed, and not by what a product of two binary fractions makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.pools.rules import cite
from rongheng.rulebook import Reading

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
OUTCOMES = pl.Enum([PASS, FAIL, UNKNOWN])
FIXED = 10**12  # 1 in the whole numbers of `fixed`

SCHEMA = {
    "security": pl.String(),
    "side": pl.String(),
    "condition": pl.String(),
    "label_zh": pl.String(),
    "label_en": pl.String(),
    "outcome": OUTCOMES,
    "value": pl.String(),
    "threshold_zh": pl.String(),
    "threshold_en": pl.String(),
    "rule": pl.String(),
    "document_zh": pl.String(),
    "document_en": pl.String(),
}


@dataclass(frozen=True)
class Condition:
    """One condition. ``passes`` is true, false, or null where a figure that it needs is missing."""

    key: str
    label: Text
    reading: Reading
    passes: pl.Expr
    shows: tuple[tuple[str, Unit], ...]  # the figures that a reader sees, in this order
    threshold: Text


def fixed(column: str) -> pl.Expr:
    """Return a fraction as a whole number of 10⁻¹²."""
    return (pl.col(column) * FIXED).round().cast(pl.Int64)


def fixed_times(multiple: Fraction, column: str) -> tuple[pl.Expr, int]:
    """Return ``multiple × column`` as a whole number and the factor by which it is too large."""
    return fixed(column) * multiple.numerator, multiple.denominator


def evaluate(frame: pl.DataFrame, conditions: Sequence[Condition], *, side: str) -> pl.DataFrame:
    """Return one row for each security and condition, in the order of the conditions.

    Parameters
    ----------
    frame : the securities that must meet these conditions
    side : financing or short

    Returns
    -------
    Columns of ``SCHEMA``.
    """
    rows = [_rows(frame, condition, side) for condition in conditions]
    return pl.concat(rows) if rows else pl.DataFrame(schema=SCHEMA)


def _rows(frame: pl.DataFrame, condition: Condition, side: str) -> pl.DataFrame:
    document = cite(condition.reading)
    passes = condition.passes
    outcome = pl.when(passes).then(pl.lit(PASS)).when(~passes).then(pl.lit(FAIL)).otherwise(pl.lit(UNKNOWN))
    return frame.select(
        pl.col("security"),
        pl.lit(side).alias("side"),
        pl.lit(condition.key).alias("condition"),
        pl.lit(condition.label.zh).alias("label_zh"),
        pl.lit(condition.label.en).alias("label_en"),
        outcome.cast(OUTCOMES).alias("outcome"),
        _shown(frame, condition.shows).alias("value"),
        pl.lit(condition.threshold.zh).alias("threshold_zh"),
        pl.lit(condition.threshold.en).alias("threshold_en"),
        pl.lit(condition.reading.rule.id).alias("rule"),
        pl.lit(document.zh).alias("document_zh"),
        pl.lit(document.en).alias("document_en"),
    )


def _shown(frame: pl.DataFrame, shows: tuple[tuple[str, Unit], ...]) -> pl.Series:
    written = [[_write(value, unit) for value in frame[name]] for name, unit in shows]
    return pl.Series([" / ".join(cells) for cells in zip(*written, strict=True)], dtype=pl.String())


def _write(value: float | date | str | bool | None, unit: Unit) -> str:
    """Return a figure as typed: no scale, no unit (the label names it), every digit that counts."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, (date, str)):
        return str(value)
    if unit is Unit.FRACTION:
        return f"{value * 100:.6g}%"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
