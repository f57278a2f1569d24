"""A book of contracts: what each is worth in yuan, and the index futures that hedge it.

What lives here: worth, slopes and hedge of every contract, and their totals by index. What does not: where contracts
knock in (``knock_in_map.py``) and how the hedge moves with the index (``hedging.py``).

The dealer owes the contracts, so it holds futures long: notional / initial level × delta units of the index, and a
future of CFFEX stands for as many units as yuan a point (``basics.futures``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.futures import PRODUCTS
from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.pricing import Values, value

_MILLI = 1000


def future_of(index: str) -> tuple[str | None, float]:
    """Return the product that hedges an index and its yuan a point; without one, none and a contract of one yuan."""
    for product in PRODUCTS.values():
        if product.index == index:
            return product.code, float(product.yuan_per_point)
    return None, 1.0


def units(frame: pl.DataFrame) -> Floats:
    """Return notional over initial level: the index units of each contract, shape (n, 1)."""
    found: Floats = (frame["notional_milli"] / _MILLI / frame["initial_points"]).to_numpy()[:, None]
    return found


def points_value(frame: pl.DataFrame) -> Floats:
    """Return the yuan a point of the future that hedges each contract, shape (n, 1)."""
    per_point = {index: future_of(index)[1] for index in frame["index"].unique()}
    found: Floats = frame["index"].replace_strict(per_point, return_dtype=pl.Float64()).to_numpy()[:, None]
    return found


def value_book(frame: pl.DataFrame, market: SnowballMarket) -> pl.DataFrame:
    """Return every contract with worth, slopes, hedge and the distance to its knock-in line.

    ``worth`` and ``delta`` are those of ``pricing.Greeks``; ``worth_yuan`` is money; ``delta_yuan`` is the index held
    to hedge, ``gamma_yuan`` what is bought more of it when the index rises one per cent; ``hedge_futures`` the same as
    contracts of the index's future, not rounded; ``distance`` the fall to the line, as a share of the index.
    """
    values = value(frame, market)
    now = values.before
    size = units(frame)
    held = size * now.delta
    return frame.select("contract_id", "index", "kind", "knocked_in", "notional_milli").with_columns(
        worth=now.worth[:, 0],
        delta=now.delta[:, 0],
        gamma=now.gamma[:, 0],
        worth_yuan=(now.worth * frame["notional_milli"].to_numpy()[:, None] / _MILLI)[:, 0],
        delta_yuan=(held * values.level)[:, 0],
        gamma_yuan=(size * now.gamma * values.level)[:, 0],
        hedge_futures=(held / points_value(frame))[:, 0],
        line_points=values.line[:, 0],
        distance=_distance(values),
    )


def _distance(values: Values) -> Floats:
    return 1.0 - (values.line / values.level)[:, 0]


def totals(valued: pl.DataFrame, market: SnowballMarket) -> pl.DataFrame:
    """Return the book by index: contracts, notional, worth, slopes, futures, and these against a day's volume."""
    sums = valued.group_by("index", maintain_order=True).agg(
        contracts=pl.len(),
        knocked_in=pl.col("knocked_in").sum(),
        notional_yuan=pl.col("notional_milli").sum() / _MILLI,
        worth_yuan=pl.col("worth_yuan").sum(),
        delta_yuan=pl.col("delta_yuan").sum(),
        gamma_yuan=pl.col("gamma_yuan").sum(),
        hedge_futures=pl.col("hedge_futures").sum(),
    )
    return sums.with_columns(
        future=pl.col("index").map_elements(lambda name: future_of(name)[0], return_dtype=pl.String()),
        of_volume=of_volume(pl.col("hedge_futures"), market),
    )


def of_volume(futures: pl.Expr, market: SnowballMarket) -> pl.Expr:
    """Return futures as a multiple of the day's average volume; null where that is not known."""
    volumes = {name: index.average_volume or None for name, index in market.indices.items()}
    volume = pl.col("index").replace_strict(volumes, default=None, return_dtype=pl.Float64())
    return futures / volume
