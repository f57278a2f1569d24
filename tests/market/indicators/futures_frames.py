"""Frames of index futures for the tests: a few contracts by hand, and long random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.futures import PRODUCTS, last_trading_day
from rongheng.market.indicators.contract import FUTURES


def make_contracts(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Return a frame of these contracts; what a row does not say is null, its grade ``official``."""
    full = [
        dict.fromkeys(FUTURES)
        | {
            "product": str(row["contract"])[:2],
            "index": PRODUCTS[str(row["contract"])[:2]].index,
            "last_trading_day": last_trading_day(str(row["contract"])),
            "volume_lots": 10,
            "grade": "official",
        }
        | dict(row)
        for row in rows
    ]
    return pl.DataFrame(full, schema=FUTURES)


def made_up_contracts(height: int, *, seed: int, gaps: bool = True) -> pl.DataFrame:
    """Return two products' contracts over that many sessions, some closes and open interests missing."""
    dice = np.random.default_rng(seed)
    start = calendar().sessions.index(date(2023, 1, 3))
    rows: list[dict[str, object]] = []
    for product in ("IC", "IM"):
        index = 6000 * np.exp(np.cumsum(dice.normal(0, 0.01, height)))
        for at, session in enumerate(calendar().sessions[start : start + height]):
            for months in (1, 2, 5):
                month = session.year * 12 + session.month - 1 + months
                blank = gaps and dice.random() < 0.01
                rows.append({
                    "session": session,
                    "contract": f"{product}{month // 12 % 100:02}{month % 12 + 1:02}",
                    "close": float(index[at] * (1 - 0.01 * months + dice.normal(0, 0.003))),
                    "index_close": None if blank else float(index[at]),
                    "open_interest_lots": int(dice.integers(1_000, 100_000)),
                    "dividends_expected": float(dice.uniform(0, 0.002)),
                })  # fmt: skip
    return make_contracts(rows).sort("session", "contract")
