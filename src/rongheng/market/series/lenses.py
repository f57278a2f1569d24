"""The lenses of liquidity beside one another: one row a session, made of the panel, futures, funds, snowballs.

What lives here: the frame ``lenses`` of ``indicators.contract``. What does not: the verdict (``indicators.liquidity``).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rongheng.basics.grades import GRADE_DTYPE, worst_in_group
from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball import Inventory
from rongheng.market.indicators.basis import basis
from rongheng.market.indicators.contract import FUNDS, FUTURES, LENSES
from rongheng.market.indicators.flows import flows
from rongheng.market.indicators.pressure import pressure, pressure_history
from rongheng.market.indicators.pressure_state import broad_index
from rongheng.market.indicators.snowballs import NEAR, of_volume

_PLACES = {"low": 0.0, "watch": 1.0, "high": 2.0}


def assemble_lenses(
    *,
    panel: pl.DataFrame,
    futures: pl.DataFrame | None = None,
    funds: pl.DataFrame | None = None,
    snowballs: pl.DataFrame | None = None,
    inventory: Inventory | None = None,
) -> pl.DataFrame:
    """Return the frame ``lenses``; what a lake has no futures or funds for, or no inventory speaks of, is null."""
    frame = _of_margin(panel)
    frame = frame.join(_of_futures(futures), on="session", how="left", maintain_order="left")
    frame = frame.join(_of_funds(funds), on="session", how="left", maintain_order="left")
    frame = frame.join(_of_snowballs(snowballs, inventory), on="session", how="left", maintain_order="left")
    return frame.select(pl.col(name).cast(dtype) for name, dtype in LENSES.items())


def _of_margin(panel: pl.DataFrame) -> pl.DataFrame:
    broad = broad_index(panel)
    close = pl.lit(None) if broad is None else pl.col(f"{broad.prefix}_close")
    grade = pl.lit(None, dtype=GRADE_DTYPE) if broad is None else pl.col(f"{broad.prefix}_grade")
    verdicts = pressure_history(panel).select(
        "session", pressure=pl.col("verdict").replace_strict(_PLACES, return_dtype=pl.Float64, default=None)
    )
    overall = pressure(panel).rows.filter(pl.col("criterion") == "overall").row(0, named=True)
    is_last = pl.col("session") == panel["session"][-1]
    return panel.join(verdicts, on="session", how="left", maintain_order="left").select(
        "session",
        "financing_balance",
        "balance_grade",
        "pressure",
        pl.when(is_last).then(pl.lit(overall["evidence_zh"])).alias("pressure_zh"),
        pl.when(is_last).then(pl.lit(overall["evidence_en"])).alias("pressure_en"),
        pl.coalesce("account_grade", "balance_grade").alias("pressure_grade"),
        close.alias("close"),
        grade.alias("close_grade"),
    )


def _of_futures(futures: pl.DataFrame | None) -> pl.DataFrame:
    """Return the mean discount of the products by open interest, by year."""
    names = {"session": pl.Date(), "discount": pl.Float64(), "discount_grade": GRADE_DTYPE}
    if futures is None or futures.is_empty() or futures["index_close"].null_count() == futures.height:
        return pl.DataFrame(schema=names)
    level = pl.coalesce("annual_adjusted", "annual_discount")
    rows = basis(futures if futures.width == len(FUTURES) else futures.select(*FUTURES)).rows.with_columns(level=level)
    weight = pl.col("open_interest_lots").cast(pl.Float64)
    return (
        rows.filter(pl.col("level").is_not_null() & (weight > 0))
        .group_by("session")
        .agg(discount=(pl.col("level") * weight).sum() / weight.sum(), discount_grade=worst_in_group())
        .sort("session")
    )


def _of_funds(funds: pl.DataFrame | None) -> pl.DataFrame:
    """Return the net inflow of a week into all funds, as a share of their assets."""
    names = {"session": pl.Date(), "fund_flow": pl.Float64(), "fund_grade": GRADE_DTYPE}
    if funds is None or funds.is_empty():
        return pl.DataFrame(schema=names)
    rows = flows(funds.select(*FUNDS), by="all").rows
    return rows.select("session", fund_flow=pl.col("net_inflow_5") / pl.col("assets"), fund_grade="grade")


def _of_snowballs(snowballs: pl.DataFrame | None, inventory: Inventory | None) -> pl.DataFrame:
    """Return what a fall releases of a day's futures, of the index where it is the most, and in words what there is."""
    if snowballs is None or snowballs.is_empty() or inventory is None:
        names = ("session", "knock_in_share", "snowballs_zh", "snowballs_en", "snowball_grade")
        return pl.DataFrame(schema={name: LENSES[name] for name in names})
    days = snowballs.group_by("session", maintain_order=True).agg(
        pl.when(of_volume().is_not_null().all()).then(of_volume().max()).alias("knock_in_share"),
        pl.col("near_yuan").sum(),
        pl.col("waiting_yuan").sum(),
        pl.col("knocked_yuan").sum(),
        snowball_grade=worst_in_group(),
    )
    told = [_tell(inventory, row) for row in days.iter_rows(named=True)]
    return days.select(
        "session",
        "knock_in_share",
        pl.Series("snowballs_zh", [text.zh for text in told]),
        pl.Series("snowballs_en", [text.en for text in told]),
        "snowball_grade",
    )


def _tell(inventory: Inventory, row: Mapping[str, float]) -> Text:
    near, waiting, knocked = (row[name] / 1e8 for name in ("near_yuan", "waiting_yuan", "knocked_yuan"))
    return Text(
        f"依据{inventory.name.zh}：未敲入 {waiting:,.1f} 亿元，已敲入 {knocked:,.1f} 亿元，指数再跌 {NEAR:.0%} 敲入 "
        f"{near:,.1f} 亿元",
        f"By {inventory.name.en}: CNY {waiting / 10:,.2f} bn wait, {knocked / 10:,.2f} bn have knocked in, a further "
        f"fall of {NEAR:.0%} knocks in {near / 10:,.2f} bn",
    )
