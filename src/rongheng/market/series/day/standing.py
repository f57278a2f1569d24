"""Where each security stands on a session: listed since when, warned of, in which class, on which list.

What lives here: what the lake's lists say of a session, and what is assumed where they say nothing. What does not: the
caps themselves (``market.pools``).
"""

from __future__ import annotations

from datetime import date
from typing import cast

import polars as pl

from rongheng.basics.ids import index
from rongheng.basics.securities import board_of, exchange_of, kind_of
from rongheng.market.pools import Caps, haircut_caps, screen
from rongheng.market.series.day.facts import Facts
from rongheng.rulebook import Rulebook
from rongheng.rulebook.table import Table

# Whose members have the higher cap (exchange.haircut.cap.index_share).
_CAP_INDEX = {"SSE": "sse180", "SZSE": "szse100", "BSE": "bse50"}
_LISTINGS = {"listed": "normal", "normal": "normal", "risk_warned": "risk_warned", "delisting": "delisting"}
_UNLIMITED = "exchange.trading.unlimited_sessions"
_LIMIT = "exchange.trading.price_limit"
_FLAGS = ("is_collateral", "financing_allowed", "short_allowed")


def standing(rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the securities that are still listed, with what they are and since when.

    Parameters
    ----------
    rows : ``security`` and ``first_bar``

    Returns
    -------
    frame
        The rows with ``exchange``, ``board`` (null unless a share), ``kind``, ``listing``, ``listing_known``,
        ``listed_on`` (null: not known, and before the bars begin) and ``index_member`` (null: no list of that index).
    """
    code = pl.col("security")
    known = rows.with_columns(
        exchange_of(code).alias("exchange"), board_of(code).alias("board"), kind_of(code).alias("kind")
    )
    latest = facts.status.group_by("security").agg(
        pl.col("status").last(), pl.col("as_of").filter(pl.col("status") == "listed").min().alias("listed_on")
    )
    joined = known.join(latest, on="security", how="left", maintain_order="left")
    listed = joined.filter(pl.col("status").ne_missing("delisted"))
    begins_later = pl.col("first_bar") > pl.lit(facts.bars["as_of"].min(), dtype=pl.Date)
    listed = listed.with_columns(
        pl.col("status").replace_strict(_LISTINGS, default="normal", return_dtype=pl.String).alias("listing"),
        pl.col("status").is_in(["normal", "risk_warned", "delisting"]).fill_null(value=False).alias("listing_known"),
        pl.coalesce("listed_on", pl.when(begins_later).then("first_bar")).alias("listed_on"),
    ).drop("status")
    return _with_members(listed, facts)


def _with_members(rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Say who is a member of the index that gives the higher cap, by the last list of it; null without a list."""
    member = pl.lit(None, dtype=pl.Boolean)
    for exchange, key in _CAP_INDEX.items():
        own = facts.members.filter(pl.col("index") == index(key).code)
        if own.is_empty():
            continue
        last = own.filter((pl.col("as_of") == pl.col("as_of").max()) & pl.col("is_member"))
        is_here = pl.col("exchange") == exchange
        member = pl.when(is_here).then(pl.col("security").is_in(last["security"].implode())).otherwise(member)
    return rows.with_columns(member.alias("index_member"))


def registered(rows: pl.DataFrame, *, session: date, book: Rulebook) -> pl.Series:
    """Say of each share whether it was listed under the registration system; null where nothing says when it listed.

    A board has the system since the first session on which its new shares trade without a limit
    (exchange.trading.unlimited_sessions); a board that began on that day has had no other shares.
    """
    code = pl.lit(None, dtype=pl.Boolean)
    for exchange, board in rows.select("exchange", "board").drop_nulls().unique().iter_rows():
        here = (pl.col("exchange") == exchange) & (pl.col("board") == board)
        code = pl.when(here).then(_since(book, exchange, board, session)).otherwise(code)
    return rows.select(code.alias("registered"))["registered"]


def _since(book: Rulebook, exchange: str, board: str, session: date) -> pl.Expr:
    entries = book.rule(_UNLIMITED).timeline.entries
    starts = [
        entry.effective
        for entry in entries
        if exchange in entry.markets and cast(Table, entry.value).find_row(board=board) is not None
    ]
    if not starts or session < starts[0]:
        return pl.lit(value=False)
    if book.rule(f"{_LIMIT}.{board}").first_session(exchange) == starts[0]:
        return pl.lit(value=True)
    return pl.col("listed_on") >= starts[0]


def caps(rows: pl.DataFrame, facts: Facts, *, book: Rulebook) -> Caps:
    """Return the exchange's haircut caps of the securities, tested by the static P/E where the lake has it."""
    securities = rows.select(
        "security",
        "kind",
        pl.col("index_member").fill_null(value=False),
        (pl.col("listing") == "risk_warned").alias("risk_warned"),
        (pl.col("listing") == "delisting").alias("delisting"),
    )
    history = facts.valuations.select("security", pl.col("as_of").alias("session"), "static_pe").drop_nulls()
    tested = history if history.height else None
    return haircut_caps(securities, session=facts.session, static_pe=tested, book=book, where="the lake's securities")


def flags(rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return what the exchanges' last lists say of each security; null where no list of that exchange is known.

    A security that an exchange's list leaves out is not on it.
    """
    lists = facts.flags.with_columns(exchange_of(pl.col("security")).alias("exchange"))
    last = lists.filter(pl.col("as_of") == pl.col("as_of").max().over("exchange"))
    stated = last.group_by("exchange").agg(pl.col(name).is_not_null().any().alias(f"{name}_stated") for name in _FLAGS)
    joined = rows.select("security", "exchange").join(
        last.select("security", *_FLAGS), on="security", how="left", maintain_order="left"
    )
    joined = joined.join(stated, on="exchange", how="left", maintain_order="left")
    said = [pl.when(pl.col(f"{name}_stated")).then(pl.col(name).fill_null(value=False)).alias(name) for name in _FLAGS]
    return joined.select("security", *said)


def assumed_flags(rows: pl.DataFrame, *, session: date, book: Rulebook) -> pl.DataFrame:
    """Return what is assumed of each security where no list is known.

    Collateral is what has a cap in its market. What may be financed or sold short are the shares that fail none of the
    conditions for underlyings; a condition whose figure is missing is taken as met. The lists of those days were
    shorter, for an exchange ranks candidates and stops at a number.

    Parameters
    ----------
    rows : with ``haircut_cap_bp`` before it is filled, ``float_shares`` and ``price_milli``
    """
    known = pl.col("listing_known")
    float_cap = pl.col("float_shares").cast(pl.Float64) * pl.col("price_milli") / 1_000
    screened = screen(
        rows.select(
            "security",
            "kind",
            pl.col("listed_on").alias("listing_date"),
            pl.col("registered").alias("registration_system"),
            "index_member",
            pl.when(known).then(pl.col("listing") == "risk_warned").alias("risk_warned"),
            pl.when(known).then(pl.col("listing") == "delisting").alias("delisting"),
            pl.col("float_shares").cast(pl.Float64),
            float_cap.alias("float_cap"),
        ),
        session=session,
        book=book,
        where="the lake's securities",
    ).verdicts
    passing = screened.filter(pl.col("failed") == "").select("security", "side")
    allowed = {side: passing.filter(pl.col("side") == side)["security"].implode() for side in ("financing", "short")}
    code = pl.col("security")
    return rows.select(
        "security",
        pl.col("has_cap").alias("is_collateral"),
        code.is_in(allowed["financing"]).alias("financing_allowed"),
        code.is_in(allowed["short"]).alias("short_allowed"),
    )
