"""Made-up securities for the tests of the pools: one share that meets every condition, and ways to change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from rongheng.market.pools.tables import SECURITIES

SESSION = date(2025, 3, 21)
GOOD: Mapping[str, Any] = {
    "security": "600000.SH",
    "listing_date": date(1999, 11, 10),
    "registration_system": False,
    "index_member": False,
    "risk_warned": False,
    "delisting": False,
    "float_shares": 1e9,
    "float_cap": 1e10,
    "holders": 50_000,
    "turnover_rate": 0.01,
    "benchmark_turnover_rate": 0.01,
    "mean_amount": 1e8,
    "mean_change": 0.001,
    "benchmark_mean_change": 0.001,
    "amplitude": 0.2,
    "benchmark_amplitude": 0.1,
    "share_reform_done": True,
}
FUND: Mapping[str, Any] = {
    "security": "510300.SH",
    "kind": "etf",
    "listing_date": date(2012, 5, 28),
    "mean_net_assets": 1e9,
    "holders": 5_000,
    "delisting": False,
    "split_or_merger": False,
}
BOND: Mapping[str, Any] = {
    "security": "110000.SH",
    "kind": "other_bond",
    "face_value": 1e9,
    "maturity": date(2030, 1, 1),
    "rating": "AAA",
    "delisting": False,
}


def frame(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Return rows as a frame with the types of the table."""
    schema = {name: dtype for name, dtype in SECURITIES.schema.items() if any(name in row for row in rows)}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def share(**changes: Any) -> pl.DataFrame:
    """Return the good share with some figures changed."""
    return frame({**GOOD, **changes})
