"""How many securities stand on lists: by market and kind, by haircut, by concentration class.

What lives here: plain counts. What does not: orders of brokers (``haircut_ranks``) and how class and haircut go
together (``class_by_haircut``). Counts that a list does not tell are null, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rongheng.basics.securities import GROUPS, exchange_of, group_of
from rongheng.market.pools.broker_list import BrokerList, require_different
from rongheng.market.pools.frames import conform
from rongheng.market.pools.tables import EXCHANGE_LIST

_EXCHANGES = ("SSE", "SZSE", "BSE")


def exchange_pools(listed: pl.DataFrame, *, where: str = "the exchanges' lists") -> pl.DataFrame:
    """Count the exchanges' own pools (交易所标的池、担保物池): shares and other securities by exchange.

    Parameters
    ----------
    listed : columns of ``tables.EXCHANGE_LIST``
        An underlying is a security that is one on either side.

    Returns
    -------
    ``pool`` (underlying, collateral), ``security_type`` (stock, other), ``SSE``, ``SZSE``, ``BSE``, ``total``.
    """
    rows = conform(listed, EXCHANGE_LIST, where=where)
    code = pl.col("security")
    is_share = group_of(code, pl.col("kind")) != "other"
    told = rows.select(
        exchange_of(code).alias("exchange"),
        pl.when(is_share).then(pl.lit("stock")).otherwise(pl.lit("other")).alias("security_type"),
        (pl.col("financing").fill_null(value=False) | pl.col("short").fill_null(value=False)).alias("underlying"),
        pl.col("collateral").fill_null(value=False),
    )
    cells = [
        {"pool": pool, "security_type": kind}
        | {name: told.filter((pl.col("security_type") == kind) & pl.col(pool) & (pl.col("exchange") == name)).height
           for name in _EXCHANGES}
        for pool in ("underlying", "collateral")
        for kind in ("stock", "other")
    ]  # fmt: skip
    return pl.DataFrame(cells).with_columns(pl.sum_horizontal(_EXCHANGES).cast(pl.Int64).alias("total"))


def pool_counts(lists: Sequence[BrokerList]) -> pl.DataFrame:
    """Count each broker's pools by group (标的证券、可充抵保证金证券只数).

    Returns
    -------
    ``broker``, ``group`` (SSE, SZSE, BSE: A shares; other), ``financing``, ``short``, ``collateral``; null where the
    list does not say.
    """
    require_different(lists)
    return pl.concat(_pools(one) for one in lists)


def _pools(one: BrokerList) -> pl.DataFrame:
    counted = [
        (one.broker, group, *(_count(one.rows, side, group) for side in ("financing", "short")), held.height)
        for group in GROUPS
        for held in [one.collateral.filter(pl.col("group") == group)]
    ]
    schema = {"broker": pl.String, "group": pl.String, "financing": pl.Int64, "short": pl.Int64, "collateral": pl.Int64}
    return pl.DataFrame(counted, schema=schema, orient="row")


def _count(rows: pl.DataFrame, side: str, group: str) -> int | None:
    if rows[side].null_count() == rows.height:
        return None
    return rows.filter(pl.col(side) & (pl.col("group") == group)).height


def haircut_tiers(lists: Sequence[BrokerList]) -> pl.DataFrame:
    """Count each broker's collateral by haircut and group, the highest haircut first (折算率分档).

    Returns
    -------
    ``broker``, ``haircut_bp``, ``SSE``, ``SZSE``, ``BSE``, ``other``, ``total``.
    """
    require_different(lists)
    return pl.concat(_by_group(one, "haircut_bp").sort("haircut_bp", descending=True) for one in lists)


def class_counts(lists: Sequence[BrokerList]) -> pl.DataFrame:
    """Count each broker's collateral by concentration class and group (集中度分类).

    Returns
    -------
    ``broker``, ``concentration_class`` (null: the list gives none), ``SSE``, ``SZSE``, ``BSE``, ``other``, ``total``,
    ``share`` (of the broker's collateral, a fraction).
    """
    require_different(lists)
    counted = pl.concat(
        _by_group(one, "concentration_class").sort("concentration_class", nulls_last=True) for one in lists
    )
    return counted.with_columns((pl.col("total") / pl.col("total").sum().over("broker")).alias("share"))


def _by_group(one: BrokerList, column: str) -> pl.DataFrame:
    counted = one.collateral.group_by(column).agg(
        *((pl.col("group") == group).sum().cast(pl.Int64).alias(group) for group in GROUPS),
        pl.len().cast(pl.Int64).alias("total"),
    )
    return counted.select(pl.lit(one.broker).alias("broker"), column, *GROUPS, "total")
