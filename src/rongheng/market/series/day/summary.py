"""A market day counted by board: how many trade, are suspended, stand at a limit, are on which list."""

from __future__ import annotations

import polars as pl

from rongheng.basics.market_day import MarketDay

COUNTS = (
    "securities",
    "suspended",
    "at_high_limit",
    "at_low_limit",
    "without_limit",
    "financing",
    "short",
    "collateral",
)


def by_board(day: MarketDay) -> pl.DataFrame:
    """Return one row for each board that has securities, in the order of the boards, and one for ``all`` of them.

    A suspended security stands at no limit.
    """
    traded = ~pl.col("suspended")
    price = pl.col("price_milli")
    counts = {
        "securities": pl.len(),
        "suspended": pl.col("suspended").sum(),
        "at_high_limit": (traded & (price == pl.col("high_limit_milli"))).sum(),
        "at_low_limit": (traded & (price == pl.col("low_limit_milli"))).sum(),
        "without_limit": pl.col("high_limit_milli").is_null().sum(),
        "financing": pl.col("financing_allowed").sum(),
        "short": pl.col("short_allowed").sum(),
        "collateral": pl.col("is_collateral").sum(),
    }
    named = [counted.cast(pl.Int64).alias(name) for name, counted in counts.items()]
    boards = day.securities.group_by("board").agg(named).sort("board").with_columns(pl.col("board").cast(pl.String))
    whole = boards.select(pl.lit("all").alias("board"), *[pl.col(name).sum() for name in counts])
    return pl.concat([boards, whole])
