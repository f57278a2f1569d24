"""Changes from one session to the next that are large enough to look at: told, since markets do jump."""

from __future__ import annotations

import polars as pl

from rongheng.market.sources.files.adjacency import IS_NEXT, before_in, with_adjacency
from rongheng.market.sources.files.inspection import Inspection

# The change of a session from which on a reader looks twice: relative, but for the ratio.
_RELATIVE = {"financing_balance": 0.10, "margin_balance": 0.10, "collateral_total": 0.10, "close": 0.11}
_ABSOLUTE = {"maintenance_ratio": 0.25}


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Tell of each column how many changes are large, with the largest."""
    if found.plan.table.of_securities or found.plan.table.of_contracts:
        return frame
    rows = with_adjacency(frame, found.plan.table.key)
    for name, limit in (_RELATIVE | _ABSOLUTE).items():
        if name in frame.columns:
            before = before_in(pl.col(name), found.plan.table.key)
            change = pl.col(name) - before if name in _ABSOLUTE else pl.col(name) / before - 1
            large = rows.with_columns(change.alias("__change__")).filter(
                pl.col(IS_NEXT) & (pl.col("__change__").abs() > limit)
            )
            _tell(name, limit, large, found)
    return frame


def _tell(name: str, limit: float, large: pl.DataFrame, found: Inspection) -> None:
    if not large.height:
        return
    day, change = large.sort(pl.col("__change__").abs(), descending=True).select("as_of", "__change__").row(0)
    header = found.plan.binding(name).header
    found.notice(
        f"{header}：{large.height} 日的变动超过 {limit:.0%}（最大 {day} {change:+.1%}），照常入库，请留意",
        f"{header}: changes of more than {limit:.0%} in a session, landed, look at them: {large.height} "
        f"(largest on {day}, {change:+.1%})",
        count=large.height,
    )
