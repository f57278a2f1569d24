"""The whole market is the sum of its exchanges, where a file states both.

A total that came out before every exchange had published is the sum of some of them: it goes to quarantine, and so
does one that the exchanges of its session do not make.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.tables import MARGIN_SUMMARY
from rongheng.basics.units import Unit
from rongheng.market.sources.files.inspection import Inspection

_WHOLE, _EXCHANGES = "ALL", ("SSE", "SZSE", "BSE")
_BSE_FROM = date(2023, 2, 13)  # the first session of margin trading in Beijing
_TOLERANCE = 1e-6  # relative
_ROUNDING = 3.0  # three figures, each printed to one


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set totals aside that their exchanges do not make."""
    if found.plan.table is not MARGIN_SUMMARY or not {_WHOLE, *_EXCHANGES[:2]} <= set(frame["market"]):
        return frame
    for binding in found.plan.bindings:
        if binding.column.unit in (Unit.YUAN, Unit.SHARES):
            frame = _check_column(frame, binding.column.name, found)
    return frame


def _check_column(frame: pl.DataFrame, name: str, found: Inspection) -> pl.DataFrame:
    part = {market: pl.col(name).filter(pl.col("market") == market).first().over("as_of") for market in _EXCHANGES}
    late = part["BSE"].is_null() & (pl.col("as_of") >= _BSE_FROM) & pl.lit("BSE" in set(frame["market"]))
    absent = part["SSE"].is_null() | part["SZSE"].is_null() | late
    parts = pl.sum_horizontal(*part.values())
    judged = frame.with_columns(
        ((pl.col("market") == _WHOLE) & absent).alias("__absent__"),
        ((pl.col("market") == _WHOLE) & ((parts - pl.col(name)).abs() > _ROUNDING + _TOLERANCE * parts)).alias(
            "__off__"
        ),
    )
    why = "the whole market is stated while an exchange of it is not out"
    judged = found.set_cells_aside(judged, name, pl.col("__absent__"), why)
    why = "the exchanges do not make the whole market"
    return found.set_cells_aside(judged, name, pl.col("__off__") & ~pl.col("__absent__"), why).select(frame.columns)
