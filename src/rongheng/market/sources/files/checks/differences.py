"""Printed columns that are the difference of two others: a disagreement is told."""

from __future__ import annotations

import polars as pl

from rongheng.market.sources.files.inspection import Inspection


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Tell how many printed differences do not come out."""
    for comparison in found.plan.comparisons:
        names = comparison.check.of
        if comparison.check.kind != "difference" or not set(names) <= set(frame.columns):
            continue
        follows = pl.col(names[0]) - pl.col(names[1])
        tolerance = max(1.0, comparison.scale.apply(0.015))
        off = frame.filter((follows - pl.col(comparison.name)).abs() > tolerance)
        if off.height:
            found.notice(
                f"{off.height} 行的 {comparison.header} 与 {names[0]} − {names[1]} 不符（例：{off['as_of'][0]}）",
                f"rows whose {comparison.header} is not {names[0]} − {names[1]}: {off.height} "
                f"(first on {off['as_of'][0]})",
                count=off.height,
            )
    return frame
