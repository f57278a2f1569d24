"""The flow of one fund on one session: dates of shares aligned, splits found, and what cannot be known left open.

What lives here: one fund. What does not: sums of funds (``flows``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rongheng.basics.grades import Grade, worst_of
from rongheng.basics.text import Text

STAMPS = ("same", "next")
_LATE = "SZSE"
# No limit lets an index fund's value move so far in a session: beyond it the fund has split or merged its shares.
_JUMP = 1.25
_FEWEST = 40  # sessions with flows of both exchanges, without which their fit says nothing


def fund_flows(frame: pl.DataFrame, *, stamp: str = "same") -> pl.DataFrame:
    """Return each fund's net inflow in yuan by session.

    Returns
    -------
    frame
        The columns of ``contract.FUNDS``, and ``assets`` and ``assets_before`` (yuan), ``net_inflow`` (null where it
        cannot be known), ``as_of`` (of the last figure used) and ``state``: ``split`` (shares were split or merged),
        ``no_nav`` (no value of this session), ``no_before`` (nothing of the session before), or ``""``.
    """
    rows = _aligned(frame, stamp).sort("security", "session")
    before = {name: pl.col(name).shift(1).over("security") for name in ("shares", "nav", "index_close")}
    sessions = rows.select(pl.col("session").unique().sort()).with_row_index("place")
    rows = rows.join(sessions, on="session", how="left", maintain_order="left")
    is_next = pl.col("place").cast(pl.Int64).diff().over("security") == 1
    rows = rows.with_columns(
        assets=pl.col("shares") * pl.col("nav"),
        shares_before=pl.when(is_next).then(before["shares"]),
        nav_before=pl.when(is_next).then(before["nav"]),
        index_move=pl.when(is_next).then(pl.col("index_close") / before["index_close"]),
    )
    return _with_flows(rows).drop("place").sort("session", "security")


def _with_flows(rows: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("nav") / pl.col("nav_before")
    same_worth = (value * pl.col("shares") / pl.col("shares_before")).is_between(1 / _JUMP**2, _JUMP**2)
    has_split = (~value.is_between(1 / _JUMP, _JUMP) & same_worth).fill_null(value=False)
    held = pl.when(has_split).then(pl.col("shares_before") * pl.col("index_move") / value).otherwise("shares_before")
    state = (
        pl.when(pl.col("nav").is_null())
        .then(pl.lit("no_nav"))
        .when(pl.col("shares_before").is_null())
        .then(pl.lit("no_before"))
        .when(has_split)
        .then(pl.lit("split"))
        .otherwise(pl.lit(""))
    )
    return rows.with_columns(
        net_inflow=(pl.col("shares") - held) * pl.col("nav"),
        assets_before=pl.col("shares_before") * pl.col("nav_before"),
        state=state,
        grade=pl.when(has_split).then(worst_of("grade", Grade.ESTIMATED)).otherwise(pl.col("grade")),
    )


def _aligned(frame: pl.DataFrame, stamp: str) -> pl.DataFrame:
    """Return the rows with the shares of their own session's close; the last one of a late publisher has none yet."""
    if stamp == "same":
        return frame.with_columns(as_of="session")
    late = pl.col("exchange") == _LATE
    following = {name: pl.col(name).shift(-1).over("security") for name in ("shares", "session")}
    moved = frame.sort("security", "session").with_columns(
        shares=pl.when(late).then(following["shares"]).otherwise("shares"),
        as_of=pl.when(late).then(following["session"]).otherwise("session"),
    )
    return moved.filter(pl.col("shares").is_not_null())


def stamp_note(frame: pl.DataFrame, stamp: str) -> tuple[Text, ...]:
    """Return how well Shenzhen's flows go with Shanghai's under either meaning of its dates, where that can be told."""
    fits = {meaning: _fit(fund_flows(frame, stamp=meaning)) for meaning in STAMPS}
    if any(np.isnan(fit) for fit in fits.values()):
        return ()
    same, late = fits["same"], fits["next"]
    best = "same" if same >= late else "next"
    told = Text(
        f"深市与沪市同指数 ETF 资金流的相关系数：日期照用 {same:.2f}，前移一日 {late:.2f}；本表采用 {stamp}。",
        f"Flows of Shenzhen's and Shanghai's funds on the same index correlate at {same:.2f} as dated and {late:.2f} "
        f"moved back a session; this reading takes them as {stamp}.",
    )
    other = Text(f"数据更支持 --stamp {best}。", f" The data speak for --stamp {best}.")
    return (told if best == stamp else Text(told.zh + other.zh, told.en + other.en),)


def _fit(of_funds: pl.DataFrame) -> float:
    """Return the correlation of both exchanges' flows, as shares of assets, over all indices that both have."""
    parts = of_funds.filter(
        pl.col("net_inflow").is_not_null() & (pl.col("assets_before") > 0) & (pl.col("state") == "")
    )
    by_exchange = parts.group_by("session", "index", "exchange").agg(
        flow=pl.col("net_inflow").sum() / pl.col("assets_before").sum()
    )
    both = by_exchange.filter(pl.col("exchange") == _LATE).join(
        by_exchange.filter(pl.col("exchange") == "SSE"), on=["session", "index"], suffix="_other"
    )
    if both.height < _FEWEST:
        return float("nan")
    value = both.select(pl.corr("flow", "flow_other")).item()
    return float("nan") if value is None else float(value)
