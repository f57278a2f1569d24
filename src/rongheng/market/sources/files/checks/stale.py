"""A figure that was not updated: the very digits of some sessions before, in a column that moves every day.

An exact repeat alone proves nothing (a ratio printed to a tenth of a per cent repeats often), nor does a jump alone
(balances do jump). The cell goes to quarantine where both meet: it repeats an earlier value of the last 10 sessions to
the last digit, and the column jumps to it and back the next session, each time by more than it otherwise moves.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.units import Unit
from rongheng.market.sources.files.adjacency import IS_NEXT, before_in, with_adjacency
from rongheng.market.sources.files.inspection import Inspection

_BACK = 10  # sessions
_JUMP = 0.04  # there and back, each
_TIMES_USUAL = 5.0  # and in terms of the column's own median daily change
_MOVES_DAILY = 0.02  # the share of unchanged days up to which a column moves every day
_LEVELS = ("financing_balance", "short_balance", "margin_balance", "collateral_total", "maintenance_ratio")


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set stale cells aside."""
    if found.plan.table.of_securities or found.plan.table.of_contracts:
        return frame
    for binding in found.plan.bindings:
        if binding.column.name in _LEVELS and binding.column.unit in (Unit.YUAN, Unit.RATIO):
            frame = _check_column(frame, binding.column.name, found)
    return frame


def _check_column(frame: pl.DataFrame, name: str, found: Inspection) -> pl.DataFrame:
    key = found.plan.table.key
    rows = with_adjacency(frame, key)
    value = pl.col(name)

    there = (value / before_in(value, key)).log()
    back = (value / before_in(value, key, -1)).log()
    usual = rows.select(there.abs().median()).item()
    still = rows.select((value == before_in(value, key)).mean()).item()
    if usual is None or still is None or still > _MOVES_DAILY:
        return frame
    least = max(_JUMP, _TIMES_USUAL * usual)
    next_is_adjacent = before_in(pl.col(IS_NEXT), key, -1)
    spike = (
        pl.col(IS_NEXT)
        & next_is_adjacent
        & (there.sign() == back.sign())
        & (there.abs() > least)
        & (back.abs() > least)
    )
    repeats = pl.any_horizontal([value == before_in(value, key, steps) for steps in range(2, _BACK + 1)])
    marked = rows.with_columns((spike & repeats).fill_null(value=False).alias("__stale__"))
    why = f"repeats an earlier figure to the last digit and jumps there and back by more than {least:.0%}: not updated"
    return found.set_cells_aside(marked, name, pl.col("__stale__"), why).select(frame.columns)
