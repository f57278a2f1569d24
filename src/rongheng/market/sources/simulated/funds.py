"""Simulated exchange-traded funds: shares that money comes into and out of at random, and values that follow an index.

What lives here: which funds there are, their shares, values and tracked indices. What does not: the indices.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from rongheng.basics.ids import indices
from rongheng.market.sources.simulated.anchors import Clock
from rongheng.market.sources.simulated.bridge import Array
from rongheng.market.sources.simulated.prices import KEYS, Bars

FIRST = date(2023, 1, 3)  # before that the simulated market has no funds

# Chosen: code, the index tracked, and the shares at first.
_FUNDS = (
    ("510300.SH", "csi300", 20e9),
    ("159919.SZ", "csi300", 8e9),
    ("510500.SH", "csi500", 6e9),
    ("159922.SZ", "csi500", 2e9),
    ("512100.SH", "csi1000", 9e9),
    ("563300.SH", "csi2000", 1e9),
)
_COMMON, _OWN = 0.006, 0.003  # of the shares, by session: what an index's funds share, and what is a fund's own
_AGAINST = -0.15  # by how much shares grow when the index falls: the dip is bought
_POINTS_A_YUAN = 1000


def fund_tables(whole: Clock, bars: Bars, seed: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return shares, values and tracked indices of the funds from ``FIRST`` on."""
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    sessions = [day for day in whole.sessions if day >= FIRST]
    closes = {key: bars.close[KEYS.index(key)][-len(sessions) :] for _, key, _ in _FUNDS}
    common = {key: rng.normal(0, _COMMON, len(sessions)) for key in closes}
    paths = [
        (code, closes[key], _shares(first, closes[key], common[key] + rng.normal(0, _OWN, len(sessions))))
        for code, key, first in _FUNDS
    ]
    frames = [
        pl.DataFrame({"as_of": sessions, "shares": held, "nav": np.round(close / _POINTS_A_YUAN, 4)}).with_columns(
            security=pl.lit(code)
        )
        for code, close, held in paths
    ]
    rows = pl.concat(frames)
    tracked = [(sessions[0], code, f"{key}", indices()[key].label.zh) for code, key, _ in _FUNDS] if sessions else []
    about = pl.DataFrame(tracked, schema=["as_of", "security", "fund_name", "index_name"], orient="row")
    return rows.select("as_of", "security", "shares"), rows.select("as_of", "security", "nav"), about


def _shares(first: float, close: Array, growth: Array) -> Array:
    moved = np.diff(np.log(close), prepend=np.log(close[0]))
    held: Array = np.round(first * np.exp(np.cumsum(growth + _AGAINST * moved)))
    return held
