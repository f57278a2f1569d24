"""What a suspended security is worth by the index method (指数收益法): it moves with its board's index, never upwards.

    value = min(last price, ⌊last price × index now ÷ index on its last session with a trade⌋)

What lives here: which index, and the arithmetic in integers. What does not: whether a policy values by it
(``account.policy``).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from rongheng.basics.ids import index
from rongheng.market.series.day.facts import Facts

# The composite index of its board; no other index stands in where the lake has no bars of this one.
BOARD_INDEX: Final = {
    ("SSE", "main"): "sse",
    ("SSE", "star"): "star50",
    ("SZSE", "main"): "szse",
    ("SZSE", "chinext"): "chinext",
    ("BSE", "bse"): "bse50",
}
_HUNDREDTHS = 100  # indices are printed to the hundredth of a point


def index_prices(rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the value by the index method of each suspended share of the frame.

    Parameters
    ----------
    rows : ``security``, ``exchange``, ``board``, ``price_milli``, ``suspended``, ``last_traded``

    Returns
    -------
    frame
        ``security`` and ``index_price_milli``, rounded down to the milli-yuan; null where the last trade or a level of
        the board's index is not known.

    Source
    ------
    exchange.maintenance_ratio.special_valuation, practice.valuation.suspended
    """
    codes = [(exchange, board, index(key).code) for (exchange, board), key in BOARD_INDEX.items()]
    names = pl.DataFrame(codes, schema=["exchange", "board", "index"], orient="row")
    levels = facts.levels.select(
        "index", pl.col("as_of"), (pl.col("close") * _HUNDREDTHS).round(0).cast(pl.Int64).alias("level")
    )
    now = levels.filter(pl.col("as_of") == facts.session).select("index", now="level")
    then = levels.select("index", pl.col("as_of").alias("last_traded"), then="level")
    suspended = rows.filter("suspended").join(names, on=["exchange", "board"], how="left")
    joined = suspended.join(now, on="index", how="left").join(then, on=["index", "last_traded"], how="left")
    moved = pl.col("price_milli") * pl.col("now") // pl.col("then")
    value = pl.when(moved.is_not_null()).then(pl.min_horizontal("price_milli", moved))
    return joined.select("security", value.alias("index_price_milli"))
