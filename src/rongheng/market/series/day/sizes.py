"""How large each security is, and its price to its last year's earnings: from what is printed or from what follows.

What lives here: which figure is taken, the most direct first. What does not: amounts traded (``prices``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.money import MILLI
from rongheng.market.series.day.facts import Facts

_HUNDREDTHS = 100


def sizes(facts: Facts) -> pl.DataFrame:
    """Return float shares, total value and static P/E of each security; null where nothing is known.

    A valuation is printed late in the evening of its session, so a day that is made before has that of the session
    before: its static P/E and total value stand. Float shares are the printed ones, unless the share went ex since;
    else volume ÷ turnover rate over the sessions since it did, at most 20 (an estimate: the rate is rounded); else
    those of the last snapshot within a year.
    """
    last = facts.valuations.sort("as_of").group_by("security", maintain_order=True).last()
    printed = last.join(_went_ex(facts), on=["security", "as_of"], how="left", maintain_order="left").select(
        "security",
        pl.when(pl.col("went_ex").fill_null(value=False).not_())
        .then(pl.col("float_shares").cast(pl.Int64))
        .alias("printed"),
        (pl.col("total_cap") * MILLI).round(0).cast(pl.Int64).alias("total_value_milli"),
        (pl.col("static_pe") * _HUNDREDTHS).round(0).cast(pl.Int64).alias("static_pe_hundredths"),
        pl.col("grade").alias("printed_grade"),
    )
    known = printed.join(_by_turnover(facts), on="security", how="full", coalesce=True)
    known = known.join(_by_snapshot(facts), on="security", how="full", coalesce=True)
    grade = pl.when(pl.col("printed").is_not_null()).then("printed_grade")
    shares = pl.coalesce("printed", "reckoned", "snapshot")
    estimated = pl.when(shares.is_not_null()).then(pl.lit("estimated"))
    return known.select(
        "security",
        shares.alias("float_shares"),
        "total_value_milli",
        "static_pe_hundredths",
        pl.coalesce(grade, estimated).alias("float_grade"),
    )


def _went_ex(facts: Facts) -> pl.DataFrame:
    """Say of each bar whether the share went ex after it."""
    bars = facts.bars.sort("security", "as_of")
    went_ex = pl.col("factor").eq_missing(pl.col("factor").last().over("security")).not_()
    return bars.select("security", "as_of", went_ex.alias("went_ex"))


def _by_turnover(facts: Facts) -> pl.DataFrame:
    rates = facts.valuations.select("security", "as_of", "turnover_rate").drop_nulls()
    both = facts.bars.join(rates, on=["security", "as_of"]).filter(
        (pl.col("volume_shares") > 0) & (pl.col("turnover_rate") > 0)
    )
    same_count = pl.col("factor").eq_missing(pl.col("factor").last().over("security"))
    since = both.sort("security", "as_of").filter(same_count)
    summed = since.group_by("security").agg(pl.col("volume_shares").sum(), pl.col("turnover_rate").sum())
    reckoned = (pl.col("volume_shares") / pl.col("turnover_rate")).round(0).cast(pl.Int64)
    return summed.select("security", reckoned.alias("reckoned"))


def _by_snapshot(facts: Facts) -> pl.DataFrame:
    last = facts.snapshots.filter(pl.col("float_shares").is_not_null()).group_by("security").last()
    return last.select("security", pl.col("float_shares").round(0).cast(pl.Int64).alias("snapshot"))
