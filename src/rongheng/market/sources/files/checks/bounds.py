"""Values that cannot be right whatever the day: outside the bounds of their column. Each cell goes to quarantine."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from rongheng.basics.tables import Column
from rongheng.basics.units import Unit
from rongheng.market.sources.files.inspection import Inspection


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set cells outside the bounds of ``basics.tables`` aside; a level of 0 points is none."""
    bounds = [bound for binding in found.plan.bindings for bound in _bounds(binding.column)]
    if not bounds or not frame.select(pl.any_horizontal(outside for _, outside, _ in bounds).any()).item():
        return frame
    for name, outside, why in bounds:
        frame = found.set_cells_aside(frame, name, outside, why)
    return frame


def _bounds(column: Column) -> Iterator[tuple[str, pl.Expr, str]]:
    """Yield the column's name, what is true outside a bound, and the reason."""
    value = pl.col(column.name)
    if column.lowest is not None:
        below = value <= column.lowest if column.unit is Unit.POINTS else value < column.lowest
        yield column.name, below, f"must not be below {column.lowest:g} {column.unit}"
    if column.highest is not None:
        yield column.name, value > column.highest, f"must not be above {column.highest:g} {column.unit}"
