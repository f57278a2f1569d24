"""What cannot be more than something else, in the account statistics: a breach is told."""

from __future__ import annotations

import polars as pl

from rongheng.basics.tables import ACCOUNT_DAILY
from rongheng.market.sources.files.inspection import Inspection

_DEBT = pl.col("financing_balance") + pl.col("short_balance")
_CLIENTS = pl.col("individual_count") + pl.col("institution_count")

# The columns it takes, the smaller, the greater, and how the two are called.
_RELATIONS = (
    (
        ("maintenance_ratio", "financing_balance", "short_balance", "collateral_total"),
        pl.col("maintenance_ratio") * _DEBT,
        pl.col("collateral_total"),
        ("维持担保比例 × 负债", "担保物总价值"),
        ("collateral by ratio × debt", "collateral in all"),
    ),
    (
        ("indebted_count", "individual_count", "institution_count"),
        pl.col("indebted_count"),
        _CLIENTS,
        ("有负债的投资者数量", "个人与机构投资者之和"),
        ("investors with debt", "investors in all"),
    ),
    (
        ("active_count", "individual_count", "institution_count"),
        pl.col("active_count"),
        _CLIENTS,
        ("参与交易的投资者数量", "个人与机构投资者之和"),
        ("investors who traded", "investors in all"),
    ),
)


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Tell on how many sessions a part is more than its whole."""
    if found.plan.table is not ACCOUNT_DAILY:
        return frame
    for needs, part, whole, zh, en in _RELATIONS:
        if not set(needs) <= set(frame.columns):
            continue
        off = frame.filter(part > whole)
        if off.height:
            first = off["as_of"][0]
            found.notice(
                f"{off.height} 日的{zh[0]}大于{zh[1]}（例：{first}），照常入库，请核对",
                f"sessions with more {en[0]} than {en[1]}, landed, look at them: {off.height} (first {first})",
                count=off.height,
            )
    return frame
