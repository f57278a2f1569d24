"""Contracts of index futures beside their index: one row a session and contract, with what is known of dividends.

What lives here: the frame ``futures`` of ``indicators.contract``. What does not: discounts (``indicators.basis``).
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from rongheng.basics.futures import PRODUCTS, last_trading_day
from rongheng.basics.grades import worst_of
from rongheng.basics.ids import indices
from rongheng.basics.tables import FUTURES_BARS, INDEX_DAILY
from rongheng.market.indicators.contract import FUTURES
from rongheng.market.indicators.dividends import Dividends, dividends
from rongheng.market.store import Snapshot


def futures(lake: Snapshot, last: date, known_at: datetime) -> pl.DataFrame:
    """Return the contracts up to a session as they were known at a moment, each beside its index."""
    bars = lake.read(FUTURES_BARS, known_at=known_at, last=last)
    closes = lake.read(INDEX_DAILY, known_at=known_at, last=last)
    return assemble_futures(bars=bars, closes=closes)


def assemble_futures(*, bars: pl.DataFrame, closes: pl.DataFrame) -> pl.DataFrame:
    """Return the frame ``futures`` of two canonical tables as :meth:`Lake.read` gives them.

    A contract whose product or index is not known here stays out; one without a close of its index that session has
    null there.
    """
    keys = {product.code: product.index for product in PRODUCTS.values()}
    codes = {indices()[key].code: key for key in keys.values()}
    own = bars.with_columns(product=pl.col("contract").str.head(2)).filter(
        pl.col("product").is_in(list(keys)) & pl.col("close").is_not_null()
    )
    priced = closes.filter(pl.col("index").is_in(list(codes))).select(
        "as_of",
        index=pl.col("index").replace_strict(codes, return_dtype=pl.String),
        index_close="close",
        index_grade="grade",
    )
    contracts = own["contract"].unique().to_list()
    expiries = {name: last_trading_day(name) for name in contracts}
    frame = own.with_columns(
        index=pl.col("product").replace_strict(keys, return_dtype=pl.String),
        last_trading_day=pl.col("contract").replace_strict(expiries, return_dtype=pl.Date),
    ).join(priced, on=["as_of", "index"], how="left", maintain_order="left")
    frame = frame.with_columns(session="as_of", grade=worst_of("grade", "index_grade"))
    return _with_dividends(frame, closes).select(*FUTURES).sort("session", "contract")


def _with_dividends(frame: pl.DataFrame, closes: pl.DataFrame) -> pl.DataFrame:
    """Add what is expected to go ex until the last trading day, and what went ex where that day is over."""
    parts = [frame.head(0).with_columns(dividends_expected=pl.lit(0.0), dividends_realised=pl.lit(0.0))]
    for (key,), rows in frame.partition_by("index", as_dict=True).items():
        of_index = _dividends(closes, str(key))
        span = rows["session"], rows["last_trading_day"]
        known = {"dividends_expected": of_index.expected(*span), "dividends_realised": of_index.between(*span)}
        parts.append(rows.with_columns(pl.Series(name, values).fill_nan(None) for name, values in known.items()))
    return pl.concat(parts)


def _dividends(closes: pl.DataFrame, key: str) -> Dividends:
    """Return the dividends of an index from its total-return index, of the key ``<key>-tr``; none where it has none."""
    whole = indices().get(f"{key}-tr")
    price, total = (
        closes.filter(pl.col("index") == code).select("as_of", "close").drop_nulls()
        for code in (indices()[key].code, whole.code if whole else "")
    )
    both = price.join(total, on="as_of", suffix="_total").sort("as_of")
    levels = [both[name].cast(pl.Float64).to_numpy() for name in ("close", "close_total")]
    return dividends(both["as_of"], levels[0], levels[1])
