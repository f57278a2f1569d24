"""Bars of futures: what was traded is worth lots × points × the contract's multiplier, and settlements follow on.

A unit that slipped shows in the first of these at once: the amount a lot and point lies between the low and the high.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError
from rongheng.basics.futures import PRODUCTS
from rongheng.basics.tables import FUTURES_BARS
from rongheng.market.sources.files.adjacency import IS_NEXT, before_in, with_adjacency
from rongheng.market.sources.files.inspection import Inspection

_ROUNDING = 1e-3  # relative, on either side
_MONTHS = 4  # of each product, at any time
_TICK = 0.2  # points


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Refuse another unit, set amounts aside that their lots do not make, and tell what does not follow on."""
    if found.plan.table is not FUTURES_BARS:
        return frame
    if {"amount", "volume_lots", "low", "high"} <= set(frame.columns):
        frame = _check_amounts(frame, found)
    if {"settlement", "previous_settlement"} <= set(frame.columns):
        _tell_settlements(frame, found)
    if {"volume_lots", "open_interest_lots"} <= set(frame.columns):
        frame = _without_left_out(frame, found)
    _tell_months(frame, found)
    _tell_sessions(frame, found)
    return frame


def _without_left_out(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Some collections write 0 for an open interest that they do not have: after trades that is no number."""
    left_out = (pl.col("open_interest_lots") == 0) & (pl.col("volume_lots") > 0)
    return found.set_cells_aside(frame, "open_interest_lots", left_out, "no lot is open after lots were traded")


def _tell_sessions(frame: pl.DataFrame, found: Inspection) -> None:
    """A session that a product lacks altogether, while others have it, was lost by whoever collected the file."""
    of_product = frame.select("as_of", pl.col("contract").str.head(2).alias("product")).unique()
    for (product,), rows in sorted(of_product.partition_by("product", as_dict=True).items()):
        have = set(rows["as_of"].to_list())
        missing = [day for day in calendar().between(min(have), max(have)) if day not in have]
        if missing:
            shown = ", ".join(map(str, missing[:3])) + (" …" if len(missing) > 3 else "")
            found.notice(
                f"{product} 缺 {len(missing)} 个交易日（{shown}）",
                f"sessions that {product} lacks: {len(missing)} ({shown})",
                count=len(missing),
            )


def _check_amounts(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    worth = {product.code: product.yuan_per_point for product in PRODUCTS.values()}
    multiplier = pl.col("contract").str.head(2).replace_strict(worth, default=None, return_dtype=pl.Int64)
    point = pl.when(pl.col("volume_lots") > 0).then(pl.col("amount") / pl.col("volume_lots") / multiplier)
    judged = frame.with_columns(point.alias("__point__"))
    low, high = pl.col("low") * (1 - _ROUNDING), pl.col("high") * (1 + _ROUNDING)
    off = ~pl.col("__point__").is_between(low, high)
    told = judged.drop_nulls(["__point__", "low", "high"])
    if told.height and told.select(off.mean()).item() > 1 / 2:
        row = told.filter(off).row(0, named=True)
        raise SourceChangedError(
            f"{found.sheet.where}: the amount of {row['contract']} makes {row['__point__']:,.6g} points a lot; its low "
            f"and high are {row['low']:,} and {row['high']:,}. The unit of amounts or of lots is another one; nothing "
            "of it was kept."
        )
    why = "the amount is not lots × points × the contract's multiplier"
    return found.set_cells_aside(judged, "amount", off, why).drop("__point__")


def _tell_settlements(frame: pl.DataFrame, found: Inspection) -> None:
    error = (pl.col("previous_settlement") - before_in(pl.col("settlement"), ("contract",))).abs()
    off = with_adjacency(frame, ("contract",)).filter(pl.col(IS_NEXT) & (error > _TICK / 2))
    if off.height:
        found.notice(
            f"{off.height} 个合约日的前结算价与上日结算价不符（例：{off['contract'][0]} {off['as_of'][0]}），照常入库",
            f"contracts whose previous settlement is not the one of the session before, landed: {off.height} "
            f"({off['contract'][0]} on {off['as_of'][0]})",
            count=off.height,
        )


def _tell_months(frame: pl.DataFrame, found: Inspection) -> None:
    product = pl.col("contract").str.head(2)
    months = frame.filter(product.is_in(list(PRODUCTS))).group_by("as_of", product.alias("product")).len()
    off = months.filter(pl.col("len") != _MONTHS).sort("as_of", "product")
    if off.height:
        found.notice(
            f"{off.height} 个品种日的合约数不是 {_MONTHS} 个（例：{off['product'][0]} {off['as_of'][0]} "
            f"{off['len'][0]} 个）",
            f"products with another number of contracts than {_MONTHS}: {off.height} ({off['product'][0]} on "
            f"{off['as_of'][0]} has {off['len'][0]})",
            count=off.height,
        )
