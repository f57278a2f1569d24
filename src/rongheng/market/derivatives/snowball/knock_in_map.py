"""Where a book knocks in (敲入分布): notional by level of the index and by distance from today.

What lives here: bands of lines, and what each band's knock-in would release. What does not: how the hedge moves between
(``hedging.py``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rongheng.market.derivatives.snowball.book import of_volume, points_value, units
from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.pricing import value

_MILLI = 1000


def knock_in_map(frame: pl.DataFrame, market: SnowballMarket, *, width: float = 0.01) -> pl.DataFrame:
    """Return, for each index and band of lines, the notional that knocks in there.

    Contracts that have knocked in, or whose line is only looked at on the last day, have no line any more or yet, and
    are counted in none of the bands.

    Parameters
    ----------
    width : of a band, as a share of today's level; band 0 reaches from today's level down by one width

    Returns
    -------
    One row a band that holds a line: ``distance`` is its upper edge below today's level, ``upper`` and ``lower`` its
    edges in points, ``contracts``, ``notional_yuan`` and ``cumulative_yuan`` (from today's level down),
    ``released_futures``: by how many futures the hedges of these contracts fall when each knocks in at its own line,
    and this ``of_volume``.
    """
    waiting = frame.filter(~pl.col("knocked_in") & (pl.col("knock_in_bp") > 0) & (pl.col("knock_in_days") == "daily"))
    if not waiting.height:
        return _map(waiting, market, np.zeros(0), np.zeros(0), width)
    spot = waiting["index"].replace_strict(
        {name: index.spot for name, index in market.indices.items()}, return_dtype=pl.Float64()
    )
    band = np.floor((1.0 - _lines(waiting) / spot.to_numpy()) / width + 1e-9)
    return _map(waiting, market, released_futures(waiting, market), band, width)


def released_futures(frame: pl.DataFrame, market: SnowballMarket) -> Floats:
    """Return the futures that each contract's hedge sheds when it knocks in at its own line (敲入后减持)."""
    values = value(frame, market, at=_lines(frame)[:, None])
    shed: Floats = ((values.before.delta - values.after.delta) * units(frame) / points_value(frame))[:, 0]
    return shed


def _lines(frame: pl.DataFrame) -> Floats:
    lines: Floats = (frame["initial_points"] * frame["knock_in_bp"] / 10_000).to_numpy()
    return lines


def _map(frame: pl.DataFrame, market: SnowballMarket, shed: Floats, band: Floats, width: float) -> pl.DataFrame:
    levels = {name: index.spot for name, index in market.indices.items()}
    spot = pl.col("index").replace_strict(levels, default=None, return_dtype=pl.Float64())
    bands = (
        frame.with_columns(band=pl.Series(band, dtype=pl.Float64()), shed=pl.Series(shed, dtype=pl.Float64()))
        .group_by("index", "band")
        .agg(
            contracts=pl.len(),
            notional_yuan=pl.col("notional_milli").sum() / _MILLI,
            released_futures=pl.col("shed").sum(),
        )
        .sort("index", "band")
    )
    return bands.select(
        "index",
        distance=pl.col("band") * width,
        upper=spot * (1 - pl.col("band") * width),
        lower=spot * (1 - (pl.col("band") + 1) * width),
        contracts=pl.col("contracts"),
        notional_yuan=pl.col("notional_yuan"),
        cumulative_yuan=pl.col("notional_yuan").cum_sum().over("index"),
        released_futures=pl.col("released_futures"),
        of_volume=of_volume(pl.col("released_futures"), market),
    )
