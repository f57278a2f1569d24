"""Collateral of the credit accounts: its two parts make the whole, and the whole is more than the debt."""

from __future__ import annotations

import polars as pl

from rongheng.basics.tables import ACCOUNT_DAILY
from rongheng.market.sources.files.inspection import Inspection

_SPLIT_TOLERANCE = 1e-3
_SPLIT = ("collateral_cash", "collateral_securities")


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set a split aside that does not make the total, and a total that is not above the debt."""
    if found.plan.table is not ACCOUNT_DAILY or "collateral_total" not in frame.columns:
        return frame
    total = pl.col("collateral_total")
    if {"financing_balance", "short_balance"} <= set(frame.columns):
        debt = pl.col("financing_balance") + pl.col("short_balance")
        frame = found.set_cells_aside(
            frame, "collateral_total", total <= debt, "the collateral of all accounts must be more than their debt"
        )
    if set(_SPLIT) <= set(frame.columns):
        frame = _check_split(frame, found)
    return frame


def _check_split(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    total, parts = pl.col("collateral_total"), pl.col(_SPLIT[0]) + pl.col(_SPLIT[1])
    off = (parts - total).abs() > _SPLIT_TOLERANCE * total
    unproven = total.is_null() if any(found.plan.binding(name).inferred for name in _SPLIT) else pl.lit(value=False)
    frame = frame.with_columns((off.fill_null(value=False) | unproven).alias("__off__"))
    for name in _SPLIT:
        why = "cash and securities do not make the total collateral (0.1 %), so which is which is not proven"
        frame = found.set_cells_aside(frame, name, pl.col("__off__"), why)
    return frame.drop("__off__")
