"""Margin balances must add up: financing and short make the margin balance, and yesterday's balance plus what was
bought or sold less what was repaid or returned makes today's (as the exchanges define them)."""

from __future__ import annotations

import polars as pl

from rongheng.basics.tables import MARGIN_SUMMARY, SECURITY_MARGIN
from rongheng.market.sources.files.adjacency import IS_NEXT, before_in, with_adjacency
from rongheng.market.sources.files.inspection import Inspection

_PARTS = ("financing_balance", "short_balance", "margin_balance")
_FLOWS = (
    ("financing_balance", "financing_buys", "financing_repaid"),
    ("short_shares", "short_sold_shares", "short_returned_shares"),
)


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set balances aside that do not add up within the publisher's rounding; tell of flows that do not."""
    if found.plan.table not in (MARGIN_SUMMARY, SECURITY_MARGIN):
        return frame
    if set(_PARTS) <= set(frame.columns):
        frame = _check_sum(frame, found)
    spans_days = frame["as_of"].n_unique() > 1
    for names in _FLOWS if spans_days else ():
        if set(names) <= set(frame.columns):
            _tell_flow(frame, names, found)
    return frame


def _check_sum(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    financing, short, total = map(pl.col, _PARTS)
    off = (total - financing - short).abs() > _rounding(_PARTS, found)
    if not frame.select(off.any()).item():
        return frame
    frame = frame.with_columns(off.alias("__off__"))
    for name in _PARTS:
        frame = found.set_cells_aside(
            frame, name, pl.col("__off__"), "financing balance + short balance is not the margin balance"
        )
    return frame.drop("__off__")


def _tell_flow(frame: pl.DataFrame, names: tuple[str, str, str], found: Inspection) -> None:
    balance, more, less = map(pl.col, names)
    key = found.plan.table.key
    error = balance - before_in(balance, key) - more + less
    off = with_adjacency(frame, key).filter(pl.col(IS_NEXT) & (error.abs() > _rounding(names, found)))
    if off.height:
        found.notice(
            f"{off.height} 日的 {names[0]} 不等于上日余额 + {names[1]} − {names[2]}（例：{off['as_of'][0]}），照常入库",
            f"sessions whose {names[0]} is not the one before + {names[1]} − {names[2]}, landed: {off.height} "
            f"(first {off['as_of'][0]})",
            count=off.height,
        )


def _rounding(names: tuple[str, ...], found: Inspection) -> float:
    """Three figures printed to a hundredth of their unit, each half a hundredth off; never less than one."""
    return max(1.0, *(found.plan.binding(name).scale.apply(0.015) for name in names))
