"""Values that cannot be right whatever the day: outside the bounds of their column. Each cell goes to quarantine."""

from __future__ import annotations

import polars as pl

from rongheng.basics.units import Unit
from rongheng.market.sources.files.inspection import Inspection


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set cells outside the bounds of ``basics.tables`` aside; a level of 0 points is none."""
    for binding in found.plan.bindings:
        column = binding.column
        value = pl.col(column.name)
        if column.lowest is not None:
            bad = value <= column.lowest if column.unit is Unit.POINTS else value < column.lowest
            frame = found.set_cells_aside(frame, column.name, bad, f"must not be below {column.lowest:g} {column.unit}")
        if column.highest is not None:
            why = f"must not be above {column.highest:g} {column.unit}"
            frame = found.set_cells_aside(frame, column.name, value > column.highest, why)
    return frame
