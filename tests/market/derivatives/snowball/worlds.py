"""Contracts and markets of the tests: one plain contract, changed term by term."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.conform import conform
from rongheng.market.derivatives.snowball import SNOWBALLS, IndexMarket, SnowballMarket

START, MATURITY = date(2023, 3, 1), date(2025, 3, 3)

PLAIN: dict[str, Any] = {
    "contract_id": "A",
    "index": "csi500",
    "notional_milli": 10_000_000_000,
    "start": START,
    "maturity": MATURITY,
    "initial_points": 100.0,
    "knock_out_bp": 10_300,
    "knock_in_bp": 7_500,
    "coupon_ppm": 150_000,
}

PRODUCTS: dict[str, dict[str, Any]] = {
    "classic": {},
    "step_down": {"kind": "step_down", "step_down_bp": 50},
    "early_coupon": {"kind": "early_coupon", "early_coupon_ppm": 250_000, "early_months": 12, "coupon_ppm": 50_000},
    "parachute": {"kind": "parachute", "final_knock_out_bp": 8_000},
    "protected": {"kind": "protected", "floor_bp": 8_000},
}


def contract(**changed: Any) -> pl.DataFrame:
    """Return the plain contract with some terms changed, as one row of the table."""
    return contracts(changed)


def contracts(*changed: dict[str, Any]) -> pl.DataFrame:
    """Return several of them."""
    raw = pl.DataFrame([PLAIN | one for one in changed], infer_schema_length=None)
    frame, bad = conform(raw, SNOWBALLS, where="test")
    assert not bad.height, bad
    return frame


def market(
    spot: float = 100.0, volatility: float = 0.2, carry: float = -0.03, rate: float = 0.03, **changed: Any
) -> SnowballMarket:
    """Return a market of one index with level volatility and carry."""
    index = IndexMarket("csi500", spot, {243.0: volatility}, carry_rate=carry)
    return replace(SnowballMarket(START, rate, {"csi500": index}), **changed)
