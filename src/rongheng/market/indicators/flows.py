"""Money that flows into exchange-traded funds: change of shares × net asset value, by fund, index, category or in all.

What lives here: flows of funds and their sums, ranks and runs, and inflow on days on which the index fell. What does
not: splits and dates of shares (``fund_flows``), and where funds come from (``market.series.funds``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rongheng.basics.grades import Grade, worst_in_group
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.fund_flows import STAMPS, fund_flows, stamp_note
from rongheng.market.indicators.rows import choose, figures, reading
from rongheng.market.indicators.trend import FloatArray

GROUPS = ("index", "fund", "category", "all")
WEEK, MONTH, QUARTER = 5, 20, 60  # sessions
_LEAST_FALLS = 10  # sessions on which the index fell, without which their share says nothing


def flows(frame: pl.DataFrame, *, by: str = "index", stamp: str = "same") -> Reading:
    """Return the net inflow into exchange-traded funds (ETF 净申购), in yuan.

    Net inflow is the change of a fund's shares times its net asset value of the session: it says nothing of trades on
    the exchange, in which shares only change hands.

    Parameters
    ----------
    frame : DataFrame
        The frame ``funds``; see ``contract.FUNDS``.
    by : str
        ``index`` (the one tracked), ``fund``, ``category`` (broad: an index of the house; other; unmapped) or ``all``.
    stamp : str
        What the date of Shenzhen's shares means: ``same``, the close of that session, or ``next``, the close of the
        session before. A note says which of them fits Shanghai's flows better.

    Returns
    -------
    Reading
        One row a session and group. ``net_inflow`` is the sum over the ``funds`` whose flow is known; ``lacking``
        counts those whose flow is not (no value, no session before, a split that nothing measures; ``state`` says which
        of a single fund). Sums over 5 and
        20 sessions need all of them. ``rank`` is 1 for the largest inflow of the session; ``run`` counts sessions of
        inflow (positive) or outflow (negative) in a row; ``dip_share`` is the share of the falls of the index among
        the last 60 sessions on which money came in, null with fewer than 10 falls. Fractions are fractions.

    Raises
    ------
    UsageError
        ``by`` or ``stamp`` is not one of those.
    MissingDataError
        The frame holds no shares.

    Source
    ------
    Shares of the exchanges, net asset values of the fund companies.

    Examples
    --------
    >>> from datetime import date
    >>> from rongheng.market.indicators.contract import FUNDS
    >>> day = {"security": "510300.SH", "exchange": "SSE", "index": "csi300", "category": "broad", "grade": "official"}
    >>> frame = pl.DataFrame([
    ...     {name: None for name in FUNDS} | day | {"session": date(2025, 1, 2), "shares": 100.0, "nav": 4.0},
    ...     {name: None for name in FUNDS} | day | {"session": date(2025, 1, 3), "shares": 110.0, "nav": 3.9},
    ... ], schema=FUNDS)
    >>> flows(frame).rows.select("session", "net_inflow").row(-1)
    (datetime.date(2025, 1, 3), 39.0)
    """
    choose(by, option="--by", among=GROUPS)
    choose(stamp, option="--stamp", among=STAMPS)
    require(frame, INDICATOR)
    of_funds = fund_flows(frame, stamp=stamp)
    rows = _grouped(of_funds, by)
    parts = [_with_past(part) for part in rows.partition_by("group", maintain_order=True)]
    ranked = pl.concat(parts).with_columns(
        rank=pl.col("net_inflow").rank("min", descending=True).over("session").cast(pl.Int64)
    )
    return reading(ranked.sort("session", "group"), INDICATOR, notes=stamp_note(frame, stamp))


def _grouped(of_funds: pl.DataFrame, by: str) -> pl.DataFrame:
    name = {"fund": pl.col("security"), "index": pl.col("index"), "category": pl.col("category"), "all": pl.lit("all")}
    known = pl.col("net_inflow").is_not_null()
    one_index = pl.col("index").n_unique() == 1
    return (
        of_funds.with_columns(group=name[by].fill_null("unmapped"))
        .group_by("session", "group", maintain_order=True)
        .agg(
            pl.when(known.any()).then(pl.col("net_inflow").sum()).alias("net_inflow"),
            pl.col("assets").sum().alias("assets"),
            pl.col("assets_before").filter(known).sum().alias("assets_before"),
            known.sum().cast(pl.Int64).alias("funds"),
            (~known).sum().cast(pl.Int64).alias("lacking"),
            (pl.col("state") == "split").sum().cast(pl.Int64).alias("splits"),
            pl.when(pl.lit(by == "fund")).then(pl.col("state").first().replace("", None)).alias("state"),
            pl.when(one_index).then(pl.col("index_close").first()).alias("index_close"),
            pl.col("float_cap").first(),
            pl.col("as_of").max(),
            worst_in_group(Grade.DERIVED),
        )
        .with_columns(
            assets=pl.when(pl.col("assets") > 0).then("assets"),
            inflow_share=pl.when(pl.col("assets_before") > 0).then(pl.col("net_inflow") / pl.col("assets_before")),
            assets_to_float_cap=pl.when(pl.col("assets") > 0).then(pl.col("assets") / pl.col("float_cap")),
        )
        .sort("session", "group")
    )


def _with_past(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what a group's own past makes of its inflow."""
    change = pl.col("index_close") / pl.col("index_close").shift(1) - 1
    rows = rows.with_columns(
        net_inflow_5=pl.col("net_inflow").rolling_sum(WEEK),
        net_inflow_20=pl.col("net_inflow").rolling_sum(MONTH),
        index_change=change,
    )
    inflow, moved = (
        rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("net_inflow", "index_change")
    )
    return rows.with_columns(
        run=pl.Series(_runs(inflow), dtype=pl.Int64),
        dip_share=figures(_dips(inflow, moved)),
    )


def _runs(inflow: FloatArray) -> list[int]:
    """Return how many sessions in a row money came in (above 0) or went out (below 0); 0 where nothing is known."""
    runs, run = [], 0
    for value in inflow.tolist():
        sign = 0 if value != value or value == 0 else 1 if value > 0 else -1
        run = run + sign if sign and run * sign > 0 else sign
        runs.append(run)
    return runs


def _dips(inflow: FloatArray, moved: FloatArray) -> FloatArray:
    """Return the share of the falls among the last ``QUARTER`` sessions on which money came in."""
    known = ~np.isnan(inflow) & ~np.isnan(moved)
    falls = known & (moved < 0)
    bought = falls & (inflow > 0)
    count, of_them = (_last(values.astype(np.float64)) for values in (falls, bought))
    return np.where(count >= _LEAST_FALLS, of_them / np.maximum(count, 1), np.nan)


def _last(values: FloatArray) -> FloatArray:
    total = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    return np.asarray(total[ends] - total[np.maximum(ends - QUARTER, 0)])


INDICATOR = Indicator(
    name="flows",
    label=Text("ETF 净申购", "Flows into exchange-traded funds"),
    meaning=Text(
        "ETF 份额变动乘净值：按基金、跟踪指数、类别或全部；连续性、排名，以及指数下跌日仍净流入的比例。",
        "The change of shares times net asset value by fund, tracked index, category or in all; runs, ranks, and how "
        "often money came in while the index fell.",
    ),
    formula=(
        "net inflow = (shares − shares of the session before × split) × net asset value; dip_share = falls of the "
        "index with an inflow / falls, last 60 sessions"
    ),
    source="the exchanges' fund shares, fund companies' net asset values",
    problems=(
        Text(
            "只含湖中有份额与净值的基金；少数大基金之和不等于某指数全部 ETF。",
            "Only funds of which the lake has shares and values count: a few large ones are not all that track an "
            "index.",
        ),
        Text(
            "深市份额的日期可能晚一个交易日；不作更改地采用（same）或前移（next），并给出与沪市同指数资金流的吻合程度。",
            "Shenzhen's shares may be dated a session late: they are taken as dated (same) or moved back (next), and a "
            "note says which fits Shanghai's flows of the same index better.",
        ),
        Text(
            "份额拆分由净值跳变识别；有指数收盘时按指数涨跌还原，级别为估算，否则当日不计。",
            "A split shows in a jump of the value. With the index's closes the session is restored by its change (an "
            "estimate); without, it has no flow.",
        ),
        Text(
            "基金跟踪的指数取截至当日最近一次公布；首次公布之前用首次公布的指数。",
            "The index of a fund is the one stated last up to the session; before the first statement, that one.",
        ),
    ),
    needs=("shares",),
    figures=(
        Figure("group", Unit.TEXT, Text("分组", "group")),
        Figure("net_inflow", Unit.YUAN, Text("净申购", "net inflow")),
        Figure("net_inflow_5", Unit.YUAN, Text("5 日净申购", "over 5 sessions")),
        Figure("net_inflow_20", Unit.YUAN, Text("20 日净申购", "over 20 sessions")),
        Figure("inflow_share", Unit.FRACTION, Text("占前日规模", "share of assets before")),
        Figure("assets", Unit.YUAN, Text("规模", "assets")),
        Figure("assets_to_float_cap", Unit.FRACTION, Text("规模/流通市值", "assets / float market cap")),
        Figure("rank", Unit.COUNT, Text("当日排名", "rank of the session")),
        Figure("run", Unit.SESSIONS, Text("连续净流入日数", "sessions in a row")),
        Figure("index_change", Unit.FRACTION, Text("指数涨跌", "change of the index")),
        Figure("dip_share", Unit.FRACTION, Text("下跌日净流入占比", "falls with an inflow")),
        Figure("funds", Unit.COUNT, Text("计入基金数", "funds counted")),
        Figure("lacking", Unit.COUNT, Text("缺数基金数", "funds without a flow")),
        Figure("splits", Unit.COUNT, Text("拆分基金数", "funds that split")),
        Figure("state", Unit.TEXT, Text("基金状态", "what a fund lacks")),
    ),
    compute=flows,
    option_help={
        "by": Text("分组：index、fund、category、all。", "Group: index, fund, category or all."),
        "stamp": Text(
            "深市份额日期：same 当日收盘，next 实为上一交易日收盘。",
            "What Shenzhen's dates mean: same, or next (a session late).",
        ),
    },
    reads="funds",
)
