"""How hedging a book moves index futures: what is bought or sold for each move, before and after knock-ins.

What lives here: the curve of hedges over moves of the index from today. What does not: a path of days (``replay.py``).

Between the line and the barriers the hedge is long gamma for the dealer who is short the contract: it buys as the index
falls and sells as it rises. A close under the line turns delta to that of a knocked-in contract, which is lower close
to the line: what was bought on the way is sold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from rongheng.market.derivatives.snowball.book import of_volume, points_value, units
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.pricing import value

_MILLI = 1000


def hedging_curve(frame: pl.DataFrame, market: SnowballMarket, *, moves: Sequence[float]) -> pl.DataFrame:
    """Return, for each index and move, the futures that hedge the book and what is traded to get there.

    Returns
    -------
    One row an index and move: ``level``, ``hedge_before`` (nothing knocked in on the way), ``hedge_after`` (closes
    there: what lies above has knocked in), ``flow_before`` and ``flow_after`` (against the hedge at today's level;
    negative is sold), ``released`` (after less before), ``knocked_in_yuan`` (notional whose line lies above the level),
    and ``of_volume`` (``flow_after`` by a day's average volume).
    """
    values = value(frame, market, moves=[0.0, *moves])
    size = units(frame) / points_value(frame)
    before, after = values.before.delta * size, values.at_close().delta * size
    knocks = (values.level < values.line) & ~frame["knocked_in"].to_numpy()[:, None]
    notional = frame["notional_milli"].to_numpy()[:, None] / _MILLI * knocks
    rows = []
    for name in frame["index"].unique(maintain_order=True):
        own = (frame["index"] == name).to_numpy()
        today = float(before[own, 0].sum())
        for place, move in enumerate(moves, start=1):
            held, closed = float(before[own, place].sum()), float(after[own, place].sum())
            lost = float(np.asarray(notional[own, place]).sum())
            level = float(values.level[own, place][0])
            rows.append((name, move, level, held, closed, held - today, closed - today, closed - held, lost))
    names = ("index", "move", "level", "hedge_before", "hedge_after", "flow_before", "flow_after", "released")
    curve = pl.DataFrame(rows, schema=[*names, "knocked_in_yuan"], orient="row")
    return curve.with_columns(of_volume=of_volume(pl.col("flow_after"), market))
