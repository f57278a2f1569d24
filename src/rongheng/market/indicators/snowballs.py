"""Snowballs beside what their futures trade: how near an inventory's knock-ins are, and what they would release (雪球).

What lives here: the bars of knock-in pressure, and its reading by index and session. What does not: worth and hedges
(``market.derivatives.snowball``), and which inventory is followed (``market.series.snowballs``).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.rows import reading

NEAR: Final = 0.05  # a fall that one bad week brings
WATCH_AT: Final = 0.03  # of a day's volume
HIGH_AT: Final = 0.10


def snowballs(frame: pl.DataFrame) -> Reading:
    """Return each index's snowballs on each session: what waits, how near the first line is, what a fall releases.

    Parameters
    ----------
    frame : DataFrame
        The frame ``snowballs``; see ``contract.SNOWBALLS``.

    Returns
    -------
    Reading
        One row a session and index. ``of_volume`` is ``near_futures`` by the mean of 20 sessions' volume; null where
        that volume is not known. Everything is at best ``estimated``.

    Raises
    ------
    MissingDataError
        No inventory was known by then, or the lake has no closes of its indices.

    Examples
    --------
    >>> from datetime import date
    >>> from rongheng.market.indicators.contract import SNOWBALLS
    >>> frame = pl.DataFrame({name: [None] for name in SNOWBALLS}, schema=SNOWBALLS).with_columns(
    ...     session=date(2024, 1, 30), index=pl.lit("csi500"), waiting_yuan=9e9, near_futures=2_000.0,
    ...     average_volume_lots=80_000.0)
    >>> snowballs(frame).rows["of_volume"].to_list()
    [0.025]
    """
    require(frame, INDICATOR)
    return reading(frame.with_columns(as_of="session", of_volume=of_volume()), INDICATOR)


def of_volume() -> pl.Expr:
    """Return what a fall of ``NEAR`` releases, as a share of a day's volume; 0 where nothing is near."""
    share = pl.col("near_futures") / pl.col("average_volume_lots")
    return pl.when(pl.col("near_yuan") == 0).then(0.0).otherwise(share)


INDICATOR = Indicator(
    name="snowballs",
    label=Text("雪球敲入压力", "knock-in pressure of snowballs"),
    meaning=Text(
        "逐日沿收盘推演一份雪球清单：未敲入与已敲入的存量，最近的敲入线，指数再跌 5% 敲入多少、对冲盘减持多少期货。",
        "An inventory of snowballs followed along the closes: what waits and what has knocked in, the nearest line, "
        "what a further fall of 5 % knocks in and how many futures its hedges then release.",
    ),
    formula=(
        "distance = 1 − line / close; near: distance < 5 %; released: delta before − after the knock-in at the line, × "
        "notional / initial level / yuan a point; of_volume = released / mean volume of 20 sessions"
    ),
    source="an inventory (the illustrative ladder unless a file is given), index closes, CFFEX bars",
    problems=(
        Text(
            "存续雪球没有公开登记。未给出清单时用随附的示意性梯队：由已公布的事实拼成，不是数据，也不含此后新发的产品。",
            "No register of outstanding snowballs is public. Without a file the illustrative ladder stands in: made to "
            "agree with published facts, and no data; what was issued after 2023 is not in it.",
        ),
        Text(
            "梯队所依据的事实到 2024-01-22 才全部公布：此前各日不判断。",
            "The ladder's facts were all out on 2024-01-22 only: no earlier session is judged by it.",
        ),
        Text(
            "没有期权数据：波动率取 60 日与 243 日已实现波动率，折现率取 2%，基差取自期货。",
            "There are no option data: volatility is the realised one of 60 and 243 sessions, the rate 2 %, carry that "
            "of futures.",
        ),
    ),
    needs=("waiting_yuan",),
    figures=(
        Figure("index", Unit.TEXT, Text("指数", "index")),
        Figure("close", Unit.POINTS, Text("收盘", "close")),
        Figure("contracts", Unit.COUNT, Text("存续合约数", "contracts alive")),
        Figure("waiting_yuan", Unit.YUAN, Text("未敲入本金", "notional not knocked in")),
        Figure("knocked_yuan", Unit.YUAN, Text("已敲入本金", "notional knocked in")),
        Figure("nearest", Unit.FRACTION, Text("距最近敲入线", "distance to the nearest line")),
        Figure("near_yuan", Unit.YUAN, Text("5%内本金", "notional within 5 %")),
        Figure("near_futures", Unit.COUNT, Text("敲入后减持（手）", "futures released")),
        Figure("average_volume_lots", Unit.COUNT, Text("日均成交（手）", "mean volume, lots")),
        Figure("of_volume", Unit.FRACTION, Text("占日均成交", "of a day's volume")),
        Figure("fell_yuan", Unit.YUAN, Text("当日敲入本金", "knocked in that day")),
        Figure("left_yuan", Unit.YUAN, Text("当日敲出本金", "knocked out that day")),
    ),
    compute=snowballs,
    reads="snowballs",
)
