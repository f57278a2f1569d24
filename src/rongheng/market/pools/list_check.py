"""Whether a broker's list keeps to the exchange's: inside its lists, haircuts under the caps, ratios over the minima.

What lives here: breaches, one row each. What does not: lists that are wrong in themselves; those are refused when they
are read (``frames``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from rongheng.basics.text import Text
from rongheng.market.pools.broker_list import BrokerList
from rongheng.market.pools.caps import Caps
from rongheng.market.pools.frames import conform
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.tables import EXCHANGE_LIST
from rongheng.rulebook import Rulebook
from rongheng.rulebook.scalars import show_percent

INSIDE = "exchange.collateral.broker_list_inside"
SCHEMA = {
    "broker": pl.String(),
    "row": pl.Int64(),
    "security": pl.String(),
    "name": pl.String(),
    "breach": pl.String(),
    "found_bp": pl.Int64(),
    "allowed_bp": pl.Int64(),
    "why_zh": pl.String(),
    "why_en": pl.String(),
    "rule": pl.String(),
}
_OUTSIDE = {
    "collateral": Text("不在交易所可充抵保证金证券名单内", "not on the exchange's list of collateral"),
    "financing": Text("不在交易所融资标的名单内", "not on the exchange's list of financing underlyings"),
    "short": Text("不在交易所融券标的名单内", "not on the exchange's list of short underlyings"),
}


@dataclass(frozen=True)
class ListCheck:
    """``breaches`` has one row for each rule that a row of the list breaks; ``notes`` say what could not be tested."""

    breaches: pl.DataFrame
    notes: tuple[Text, ...]


def check_list(
    one: BrokerList,
    *,
    session: date,
    caps: Caps | None = None,
    exchange: pl.DataFrame | None = None,
    book: Rulebook | None = None,
    known_at: date | None = None,
) -> ListCheck:
    """Hold a broker's list against the exchange's rules on a session (证券公司名单核对).

    Parameters
    ----------
    one : the list
    caps : the caps of the session (``haircut_caps``), optional
    exchange : columns of ``tables.EXCHANGE_LIST``, optional
        The exchange's lists of the session; one that it does not speak of is not tested.
    book, known_at : as in ``screen``; the caps have been read already

    Returns
    -------
    ListCheck
        Ratios against the exchange's minimum are tested always.

    Source
    ------
    exchange.collateral.broker_list_inside, exchange.haircut.cap.*, exchange.financing.margin_ratio,
    exchange.short.margin_ratio
    """
    ask = Ask(book or Rulebook.load(), session, known_at)
    breaches = [_under_minimum(one, side, ask) for side in ("financing", "short")]
    notes: list[Text] = []
    if caps is not None:
        breaches.append(_above_cap(one, caps))
        notes += _without_cap(one, caps)
    if exchange is not None:
        breaches += _outside(one, conform(exchange, EXCHANGE_LIST, where="the exchange's list", on=session))
    found = pl.concat([pl.DataFrame(schema=SCHEMA), *breaches])
    return ListCheck(found.sort("row", "breach", maintain_order=True), tuple(notes))


def _breaches(
    one: BrokerList, rows: pl.DataFrame, breach: str, why: tuple[pl.Expr, pl.Expr], rule: pl.Expr
) -> pl.DataFrame:
    """Return rows of ``SCHEMA``; ``rows`` may have ``found_bp`` and ``allowed_bp``."""
    absent = [
        pl.lit(None, dtype=pl.Int64).alias(name) for name in ("found_bp", "allowed_bp") if name not in rows.columns
    ]
    return rows.with_columns(
        *absent,
        pl.lit(one.broker).alias("broker"),
        pl.lit(breach).alias("breach"),
        why[0].alias("why_zh"),
        why[1].alias("why_en"),
        rule.alias("rule"),
    ).select(list(SCHEMA))


def _above_cap(one: BrokerList, caps: Caps) -> pl.DataFrame:
    known = caps.rows.select("security", "haircut_cap_bp", "rule")
    over = one.collateral.join(known, on="security", how="inner", maintain_order="left").filter(
        pl.col("haircut_bp") > pl.col("haircut_cap_bp")
    )
    found = over.with_columns(pl.col("haircut_bp").alias("found_bp"), pl.col("haircut_cap_bp").alias("allowed_bp"))
    why = (
        _worded("折算率{}高于上限{}", "found_bp", "allowed_bp"),
        _worded("haircut {} above the cap {}", "found_bp", "allowed_bp"),
    )
    return _breaches(one, found, "haircut_above_cap", why, pl.col("rule"))


def _without_cap(one: BrokerList, caps: Caps) -> list[Text]:
    untested = one.collateral.join(caps.rows, on="security", how="anti")["security"]
    if untested.is_empty():
        return []
    few = ", ".join(untested.head(5)) + (" …" if untested.len() > 5 else "")
    return [
        Text(
            f"{one.broker}：{untested.len()} 只证券没有上限数据，未核对：{few}",
            f"{one.broker}: {untested.len()} securities have no cap among those given and were not tested: {few}",
        )
    ]


def _outside(one: BrokerList, listed: pl.DataFrame) -> list[pl.DataFrame]:
    spoken = [name for name in _OUTSIDE if listed[name].null_count() < listed.height] or ["collateral"]
    # A list that speaks of none of the three is a list of collateral.
    silent = listed["collateral"].null_count() == listed.height
    found = []
    for name in spoken:
        inside = listed if name == "collateral" and silent else listed.filter(pl.col(name))
        own = one.collateral if name == "collateral" else one.rows.filter(pl.col(name))
        why = _OUTSIDE[name]
        outside = own.join(inside, on="security", how="anti", maintain_order="left")
        found.append(_breaches(one, outside, f"outside_{name}", (pl.lit(why.zh), pl.lit(why.en)), pl.lit(INSIDE)))
    return found


def _under_minimum(one: BrokerList, side: str, ask: Ask) -> pl.DataFrame:
    rule = f"exchange.{side}.margin_ratio"
    minima = {market: ask.find(rule, market=market) for market in ("SSE", "SZSE", "BSE")}
    floors = {market: reading.bp for market, reading in minima.items() if reading is not None}
    if not floors:
        return pl.DataFrame(schema=SCHEMA)
    ratio = pl.col(f"{side}_ratio_bp")
    floor = pl.col("exchange").replace_strict(floors, default=None, return_dtype=pl.Int64)
    under = one.rows.with_columns(ratio.alias("found_bp"), floor.alias("allowed_bp")).filter(ratio < floor)
    why = (
        _worded("保证金比例{}低于下限{}", "found_bp", "allowed_bp"),
        _worded("margin ratio {} under the minimum {}", "found_bp", "allowed_bp"),
    )
    return _breaches(one, under, f"{side}_ratio_under_minimum", why, pl.lit(rule))


def _worded(words: str, *columns: str) -> pl.Expr:
    shown = [pl.col(name).map_elements(lambda bp: show_percent(bp).en, return_dtype=pl.String) for name in columns]
    return pl.format(words, *shown)
