"""The securities that financing moved most into and out of over a window (融资净买入前列).

What lives here: single securities. What does not: sums (``index_financing``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade, worst_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, as_of, require
from rongheng.market.indicators.rows import reading

WINDOW = 5  # sessions
TOP = 10


def financing_movers(frame: pl.DataFrame, *, window: int = WINDOW, top: int = TOP) -> Reading:
    """Return the securities with the largest net financing in either direction over the last sessions.

    Parameters
    ----------
    frame : DataFrame
        The frame ``securities``; see ``contract.SECURITIES``.
    window : int, sessions, above 0
    top : int, above 0
        How many at either end.

    Returns
    -------
    Reading
        At most ``top`` rows of inflow, the largest first, then ``top`` of outflow, the largest last, all about the
        last session. A security whose net financing of a session of the window is not known is left out.

    Raises
    ------
    UsageError
        ``window`` or ``top`` is not above 0.
    MissingDataError
        The frame holds no balance.

    Source
    ------
    The exchanges' margin trading by security.
    """
    for option, value in (("--window", window), ("--top", top)):
        if value < 1:
            raise UsageError(f"{option} is {value}; it must be 1 or more.")
    require(frame, INDICATOR)
    last = as_of(frame)
    inside = frame.filter(pl.col("session") > calendar().offset(last, -window))
    sums = (
        inside.sort("session")
        .group_by("security", maintain_order=True)
        .agg(
            pl.col("net_financing").sum(),
            pl.col("net_financing").count().alias("known"),
            pl.col("financing_balance", "float_cap", "board", "grade").last(),
            (pl.col("financing_buys").sum() / pl.col("amount").sum()).alias("buys_share"),
        )
        .filter(pl.col("known") == window)
        .sort("net_financing", "security", descending=[True, False])
    )
    inflow = sums.filter(pl.col("net_financing") > 0).head(top)
    outflow = sums.filter(pl.col("net_financing") < 0).tail(top)
    rows = pl.concat([inflow, outflow]).with_columns(
        session=pl.lit(last),
        as_of=pl.lit(last),
        financing_to_float_cap=pl.col("financing_balance") / pl.col("float_cap"),
        buys_share=pl.when(pl.col("buys_share").is_finite()).then("buys_share"),
        share_of_before=pl.col("net_financing") / (pl.col("financing_balance") - pl.col("net_financing")),
        grade=worst_of("grade", Grade.DERIVED),
    )
    return reading(rows, INDICATOR)


INDICATOR = Indicator(
    name="financing-movers",
    label=Text("融资净买入前列", "Largest moves of financing"),
    meaning=Text(
        "窗口内融资净买入与净偿还最多的证券，及其占余额、流通市值与成交额之比。",
        "The securities that were bought and repaid most on credit over a window, beside balance, cap and turnover.",
    ),
    formula="Σ over the window of financing buys − repayments (or the change of the balance)",
    source="the exchanges' margin trading by security",
    problems=(
        Text(
            "窗口内任一日净买入未知的证券不列。",
            "A security whose flow of any session of the window is unknown is left out.",
        ),
    ),
    needs=("financing_balance",),
    figures=(
        Figure("security", Unit.TEXT, Text("证券代码", "security")),
        Figure("board", Unit.TEXT, Text("板块", "board")),
        Figure("net_financing", Unit.YUAN, Text("融资净买入", "net financing")),
        Figure("share_of_before", Unit.FRACTION, Text("占期初余额", "share of the balance before")),
        Figure("financing_balance", Unit.YUAN, Text("融资余额", "financing balance")),
        Figure("financing_to_float_cap", Unit.FRACTION, Text("融资余额占流通市值", "financing / float cap")),
        Figure("buys_share", Unit.FRACTION, Text("融资买入占成交额", "financing buys / amount")),
    ),
    compute=financing_movers,
    option_help={
        "window": Text("窗口的交易日数。", "Sessions of the window."),
        "top": Text("两端各列多少只。", "How many at either end."),
    },
    reads="securities",
)
