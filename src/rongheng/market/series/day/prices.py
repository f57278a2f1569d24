"""What each security cost: price, previous close, whether it traded, when it last did, and its average amount.

A session without a trade has the close before as its price. A security without a bar on the session is carried from its
last one. What does not live here: limits (``limits``), and which of them are still listed (``standing``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.money import MILLI
from rongheng.basics.securities import kind_of
from rongheng.market.series.day.facts import Facts

AVERAGE_SESSIONS = 20
_PRICES_IN_TYPICAL = 3  # high, low and close


def prices(facts: Facts, *, tick_milli: dict[str, int]) -> pl.DataFrame:
    """Return one row for each security that has a price on the session, or is carried from an earlier one.

    Parameters
    ----------
    tick_milli : the price tick of a ``share`` and of a ``fund``

    Returns
    -------
    frame
        ``security``, ``price_milli``, ``previous_close_milli`` (null: unknown), ``suspended``, ``last_traded``,
        ``average_amount_milli``, ``amount_grade`` (how the average came about), ``grade`` (of the price),
        ``first_bar`` (the first in the window) and ``source`` (bar, carried or snapshot).
    """
    from_bars = _from_bars(facts)
    from_snapshot = _from_snapshot(facts, tick_milli).join(from_bars, on="security", how="anti")
    return pl.concat([from_bars, from_snapshot]).sort("security")


def _from_bars(facts: Facts) -> pl.DataFrame:
    bars = facts.bars.with_columns(
        (pl.col("volume_shares").is_null() | (pl.col("volume_shares") > 0)).alias("traded"),
        pl.col("as_of").shift(1).over("security").alias("before"),
        pl.col("close_milli").shift(1).over("security").alias("close_before"),
        pl.col("factor").shift(1).over("security").alias("factor_before"),
    )
    last = bars.filter(pl.col("close_milli").is_not_null()).group_by("security").last()
    traded = bars.filter("traded").group_by("security").agg(pl.col("as_of").max().alias("last_traded"))
    first = bars.group_by("security").agg(pl.col("as_of").min().alias("first_bar"))
    is_today = pl.col("as_of") == facts.session
    shown = last.select(
        "security",
        pl.col("close_milli").alias("price_milli"),
        pl.when(is_today).then(_previous_close(facts)).otherwise("close_milli").alias("previous_close_milli"),
        (~is_today | ~pl.col("traded")).alias("suspended"),
        "grade",
        pl.when(is_today).then(pl.lit("bar")).otherwise(pl.lit("carried")).alias("source"),
    )
    joined = shown.join(traded, on="security", how="left").join(first, on="security")
    averages = _average_amounts(facts, first)
    return joined.join(averages, on="security", how="left").select(_COLUMNS)


def _previous_close(facts: Facts) -> pl.Expr:
    """The printed one; else the close of the session before, where nothing says that the share went ex since."""
    session_before = facts.window[-2] if len(facts.window) > 1 else None
    same_factor = pl.col("factor").eq_missing(pl.col("factor_before"))
    fits = (pl.col("before") == session_before).fill_null(value=False) & same_factor
    return pl.coalesce("previous_close_milli", pl.when(fits).then("close_before"))


def _average_amounts(facts: Facts, first_bars: pl.DataFrame) -> pl.DataFrame:
    """Return the average amount of the last 20 sessions, those before a share's first bar left out.

    Where a bar has no amount, it is reckoned as volume × the mean of high, low and close: an estimate.
    """
    window = facts.window[-AVERAGE_SESSIONS:]
    typical = pl.sum_horizontal("high_milli", "low_milli", "close_milli", ignore_nulls=False)
    reckoned = (pl.col("volume_shares").cast(pl.Int64) * typical) // _PRICES_IN_TYPICAL
    untraded = pl.when(pl.col("volume_shares") == 0).then(0)
    printed = (pl.col("amount") * MILLI).round(0).cast(pl.Int64)
    amount = pl.coalesce(printed, untraded, reckoned)
    since = pl.max_horizontal(pl.col("first_bar"), pl.lit(window[0]))
    places = {day: place for place, day in enumerate(window)}
    sessions = len(window) - since.replace_strict(places, return_dtype=pl.Int64)
    recent = facts.bars.filter(pl.col("as_of") >= window[0]).with_columns(amount.alias("milli"))
    summed = recent.group_by("security").agg(
        pl.col("milli").sum().alias("milli"),
        pl.col("milli").null_count().alias("unknown"),
        (pl.col("amount").is_null() & (pl.col("volume_shares") > 0)).any().alias("estimated"),
    )
    joined = summed.join(first_bars, on="security")
    average = pl.when(pl.col("unknown") == 0).then(pl.col("milli") // sessions)
    grade = pl.when("estimated").then(pl.lit("estimated")).otherwise(pl.lit("derived"))
    return joined.select("security", average.alias("average_amount_milli"), grade.alias("amount_grade"))


def _from_snapshot(facts: Facts, tick_milli: dict[str, int]) -> pl.DataFrame:
    """Return the securities of a snapshot of this very session; its change gives the previous close to the tick."""
    today = facts.snapshots.filter((pl.col("as_of") == facts.session) & pl.col("close_milli").is_not_null())
    tick = (
        pl.when(kind_of(pl.col("security")) == "share")
        .then(pl.lit(tick_milli["share"]))
        .otherwise(pl.lit(tick_milli["fund"]))
    )
    before = ((pl.col("close_milli") / (1 + pl.col("change")) / tick).round(0) * tick).cast(pl.Int64)
    traded = pl.col("volume_shares") > 0
    return today.select(
        "security",
        pl.col("close_milli").alias("price_milli"),
        before.alias("previous_close_milli"),
        (~traded).fill_null(value=False).alias("suspended"),
        "grade",
        pl.lit("snapshot").alias("source"),
        pl.when(traded).then("as_of").alias("last_traded"),
        pl.lit(None, dtype=pl.Date).alias("first_bar"),
        (pl.col("average_amount") * MILLI).round(0).cast(pl.Int64).alias("average_amount_milli"),
        pl.col("grade").alias("amount_grade"),
    ).select(_COLUMNS)


_COLUMNS = (
    "security",
    "price_milli",
    "previous_close_milli",
    "suspended",
    "last_traded",
    "average_amount_milli",
    "amount_grade",
    "grade",
    "first_bar",
    "source",
)
