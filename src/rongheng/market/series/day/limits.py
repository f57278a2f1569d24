"""Price limits of a session: previous close × (1 ± limit of board and status), rounded half up to the tick.

What lives here: which rule speaks for which security, and the arithmetic. What does not: any limit's number
(``exchange.trading.price_limit.*``).
"""

from __future__ import annotations

from datetime import date
from typing import cast

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import NotInForceError
from rongheng.basics.money import BP, half_up_tick
from rongheng.rulebook import Rulebook

_LIMIT = "exchange.trading.price_limit"
_RULES = {"main": "main", "star": "star", "chinext": "chinext", "bse": "bse", "etf": "etf", "other_fund": "etf"}
_WARNED = {"main": "main_risk_warned"}  # other boards have one limit for all
_DUAL_ETF = r"^(588|589)"  # funds of STAR shares; those of ChiNext shares have codes like any other
_UNLIMITED = "exchange.trading.unlimited_sessions"
_TICK = "exchange.trading.price_tick"


def ticks(book: Rulebook, session: date) -> dict[str, int]:
    """Return the price tick of a share and of a fund, in milli-yuan.

    >>> ticks(Rulebook.load(), date(2024, 2, 5))
    {'share': 10, 'fund': 1}
    """
    terms = book.rule(_TICK).on(session).terms
    return {name: cast(int, terms[name]) for name in ("share", "fund")}


def limit_prices(rows: pl.DataFrame, *, session: date, book: Rulebook) -> pl.DataFrame:
    """Return the frame with ``high_limit_milli`` and ``low_limit_milli``; null where there is none or it is not known.

    Parameters
    ----------
    rows : ``security``, ``exchange``, ``board`` (null for a fund), ``kind``, ``listing``, ``listed_on`` (null:
        unknown, and long ago), ``previous_close_milli``

    Returns
    -------
    frame
        ``unlimited`` says that the session is one of the first without a limit.
    """
    tick = ticks(book, session)
    limited = _with_limit_bp(rows, session, book)
    unlimited = _unlimited(rows, session, book)
    limited = limited.with_columns(
        unlimited.alias("unlimited"),
        pl.when(pl.col("kind") == "share").then(tick["share"]).otherwise(tick["fund"]).alias("tick"),
    )
    parts = [_of_tick(part, cast(int, part["tick"][0])) for part in limited.partition_by("tick")]
    return pl.concat(parts).drop("tick", "limit_bp").sort("security") if parts else limited


def _of_tick(rows: pl.DataFrame, tick_milli: int) -> pl.DataFrame:
    before = pl.col("previous_close_milli")
    high = half_up_tick(before * (BP + pl.col("limit_bp")), BP, tick_milli=tick_milli)  # type: ignore[type-var]
    low = half_up_tick(before * (BP - pl.col("limit_bp")), BP, tick_milli=tick_milli)  # type: ignore[type-var]
    return rows.with_columns(
        pl.when(~pl.col("unlimited")).then(high).alias("high_limit_milli"),
        pl.when(~pl.col("unlimited")).then(low.clip(tick_milli)).alias("low_limit_milli"),
    )


def _with_limit_bp(rows: pl.DataFrame, session: date, book: Rulebook) -> pl.DataFrame:
    """Return the frame with the limit of each security in basis points; null where no rule is in force."""
    kind = pl.coalesce("board", "kind")
    rule = kind.replace_strict(_RULES, default=None, return_dtype=pl.String)
    for board, warned in _WARNED.items():
        rule = pl.when((kind == board) & (pl.col("listing") == "risk_warned")).then(pl.lit(warned)).otherwise(rule)
    dual = (pl.col("kind") == "etf") & pl.col("security").str.contains(_DUAL_ETF)
    rule = pl.when(dual).then(pl.lit("etf_dual_board")).otherwise(rule)
    named = rows.with_columns(rule.alias("rule"))
    found = [
        (exchange, name, _limit(book, name, exchange, session))
        for exchange, name in named.select("exchange", "rule").drop_nulls().unique().iter_rows()
    ]
    schema = {"exchange": pl.String(), "rule": pl.String(), "limit_bp": pl.Int64()}
    limits = pl.DataFrame(found, schema=schema, orient="row")
    return named.join(limits, on=["exchange", "rule"], how="left", maintain_order="left").drop("rule")


def _limit(book: Rulebook, name: str, exchange: str, session: date) -> int | None:
    rule = book.rule(f"{_LIMIT}.{name}")
    if exchange not in rule.markets:
        return None
    try:
        return rule.on(session, market=exchange).bp
    except NotInForceError:
        return None


def _unlimited(rows: pl.DataFrame, session: date, book: Rulebook) -> pl.Series:
    """Say of each security whether the session is one of its first ones, which have no limit.

    A share that was offered before its board's registration system has a special limit on its first session alone; no
    rule of the book says which, so that session counts as one without a limit.
    """
    listed = rows.select("exchange", "board", "listed_on").drop_nulls().unique()
    free = [
        key
        for key in listed.iter_rows()
        if calendar().count_between(key[2], session) < _free_sessions(book, *key) and key[2] <= session
    ]
    schema = {"exchange": pl.String(), "board": pl.String(), "listed_on": pl.Date()}
    frame = pl.DataFrame(free, schema=schema, orient="row").with_columns(pl.lit(value=True).alias("unlimited"))
    joined = rows.join(frame, on=["exchange", "board", "listed_on"], how="left", maintain_order="left")
    return joined["unlimited"].fill_null(value=False)


def _free_sessions(book: Rulebook, exchange: str, board: str, listed_on: date) -> int:
    try:
        row = book.rule(_UNLIMITED).on(listed_on, market=exchange).table.find_row(board=board)
    except NotInForceError:
        row = None
    return 1 if row is None else cast(int, row.values["sessions"])
