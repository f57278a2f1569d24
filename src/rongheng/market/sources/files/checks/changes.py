"""Closes against the change that the file itself prints: where they disagree the reader is told, both land."""

from __future__ import annotations

import polars as pl

from rongheng.market.sources.files.adjacency import IS_NEXT, before_in, with_adjacency
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.plan import Comparison

_TOLERANCE = 0.0002  # a change is printed to a hundredth of a per cent; twice that


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Tell how many closes do not follow from the close before and the printed change."""
    for comparison in found.plan.comparisons:
        if comparison.check.kind == "change" and "close" in frame.columns:
            _compare(frame, comparison, found)
    return frame


def _compare(frame: pl.DataFrame, comparison: Comparison, found: Inspection) -> None:
    key = found.plan.table.key
    change = pl.col("close") / before_in(pl.col("close"), key) - 1
    off = (
        with_adjacency(frame, key)
        .with_columns(change=change, printed=pl.col(comparison.name))
        .filter(pl.col(IS_NEXT) & ((pl.col("change") - pl.col("printed")).abs() > _TOLERANCE))
    )
    if off.height:
        day, computed, printed = off.select("as_of", "change", "printed").row(0)
        found.notice(
            f"{off.height} 个收盘价与文件所载 {comparison.header} 不符"
            f"（例：{day} 按收盘计 {computed:.2%}，文件为 {printed:.2%}），照常入库",
            f"closes that disagree with the file's own {comparison.header}, landed: {off.height} (on {day} the closes "
            f"give {computed:.2%}, it says {printed:.2%})",
            count=off.height,
        )
