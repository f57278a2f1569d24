"""Financing of single securities, summed by index, industry and board: one row a session and group, and one a security.

What lives here: the frames ``financing`` and ``securities`` of ``indicators.contract``, with membership by date. What
does not: windows and ranks (``indicators.index_financing``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade, worst_in_group, worst_of
from rongheng.basics.ids import indices
from rongheng.basics.securities import board_of
from rongheng.basics.tables import INDEX_DAILY, INDEX_MEMBERS, SECURITY_BARS, SECURITY_MARGIN, SECURITY_VALUATIONS
from rongheng.market.indicators.contract import FINANCING, SECURITIES
from rongheng.market.series.codes import read_named
from rongheng.market.store import Snapshot

YEAR = 250  # sessions before the last one that the frames reach back

_KNOWN, _UNKNOWN = "", "members_unknown"


def financing(lake: Snapshot, last: date, known_at: datetime) -> pl.DataFrame:
    """Return financing by group of the last year up to a session, as it was known at a moment."""
    first = _first(last)
    members = read_named(lake, INDEX_MEMBERS, on=last, known_at=known_at, last=last)
    bars = lake.read(INDEX_DAILY, known_at=known_at, first=first, last=last)
    return assemble_financing(securities=securities(lake, last, known_at), members=members, bars=bars)


def securities(lake: Snapshot, last: date, known_at: datetime) -> pl.DataFrame:
    """Return financing by security of the last year up to a session, as it was known at a moment.

    A security whose code has changed meanwhile is one: it has the code of the last session all along.
    """
    span: Any = {"on": last, "known_at": known_at, "first": _first(last), "last": last}
    flows = ("financing_balance", "financing_buys", "financing_repaid")
    return assemble_securities(
        margin=read_named(lake, SECURITY_MARGIN, columns=flows, **span),
        traded=read_named(lake, SECURITY_BARS, columns=("amount",), **span),
        caps=read_named(lake, SECURITY_VALUATIONS, columns=("float_cap",), **span),
    )


def _first(last: date) -> date:
    sessions = calendar().sessions
    return max(sessions[0], calendar().offset(last, -YEAR))


def assemble_securities(*, margin: pl.DataFrame, traded: pl.DataFrame, caps: pl.DataFrame) -> pl.DataFrame:
    """Return the frame ``securities`` of canonical tables as :meth:`Lake.read` gives them.

    Net financing is what was bought less what was repaid; where repayment is not stated, the change of the balance
    against the session before, and null where the security has no row of that session.
    """
    days = pl.DataFrame({"as_of": margin["as_of"].unique().sort()}).with_columns(
        before=pl.col("as_of").map_elements(lambda day: calendar().offset(day, -1), return_dtype=pl.Date)
    )
    rows = margin.join(days, on="as_of", how="left").sort("security", "as_of")
    follows = pl.col("as_of").shift(1).over("security") == pl.col("before")
    change = pl.col("financing_balance") - pl.col("financing_balance").shift(1).over("security")
    bought = pl.col("financing_buys") - pl.col("financing_repaid")
    rows = rows.with_columns(net_financing=pl.coalesce(bought, pl.when(follows).then(change)))
    amounts = traded.select("as_of", "security", "amount")
    rows = rows.join(amounts, on=["as_of", "security"], how="left").join(
        caps.select("as_of", "security", "float_cap"), on=["as_of", "security"], how="left"
    )
    return (
        rows.with_columns(board=board_of(pl.col("security")), grade=worst_of("grade"), session="as_of")
        .select(pl.col(name).cast(dtype) for name, dtype in SECURITIES.items())
        .sort("session", "security")
    )


def assemble_financing(*, securities: pl.DataFrame, members: pl.DataFrame, bars: pl.DataFrame) -> pl.DataFrame:
    """Return the frame ``financing``: sums over the members of each index on each session, over boards, and over all.

    The list of members of a session is the last one up to it; before the first one the index has a row without sums
    whose ``state`` is ``members_unknown``. Members that are no underlying have no financing, and nothing is missing.
    """
    parts = [_of_lists(securities, members), *_of_boards(securities)]
    summed = pl.concat(_sums(part) for part in parts)
    frame = summed.join(_levels(bars), on=["session", "group"], how="left")
    return frame.select(pl.col(name).cast(dtype) for name, dtype in FINANCING.items()).sort(
        "session", "group_kind", "group"
    )


def _of_lists(securities: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return the securities once for each index that they were members of, on each session."""
    lists = _lists(members, securities["session"].unique().sort())
    is_unknown = pl.col("list_day").is_null()
    rows = lists.join(securities, on=["session", "security"], how="left").with_columns(
        state=pl.when(is_unknown).then(pl.lit(_UNKNOWN)).otherwise(pl.lit(_KNOWN))
    )
    return rows.select(*securities.columns, "group_kind", "group", "state")


def _of_boards(securities: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the securities of each board, and all of them."""
    stated = securities.with_columns(state=pl.lit(_KNOWN))
    boards = stated.filter(pl.col("board").is_not_null()).with_columns(group_kind=pl.lit("board"), group="board")
    whole = stated.with_columns(group_kind=pl.lit("all"), group=pl.lit("all"))
    return [part.select(*securities.columns, "group_kind", "group", "state") for part in (boards, whole)]


def _levels(bars: pl.DataFrame) -> pl.DataFrame:
    keys = {index.code: key for key, index in indices().items()}
    return bars.filter(pl.col("index").is_in(list(keys))).select(
        session="as_of",
        group=pl.col("index").replace_strict(keys, return_dtype=pl.String),
        index_high="high",
        index_low="low",
        index_close="close",
    )


def _lists(members: pl.DataFrame, sessions: pl.Series) -> pl.DataFrame:
    """Return for each session and index the members that stood; one row without any where no list was known yet."""
    codes = {index.code: key for key, index in indices().items()}
    kinds = {key: "industry" if index.is_industry else "index" for key, index in indices().items()}
    stated = members.filter(pl.col("is_member") & pl.col("index").is_in(list(codes))).select(
        pl.col("index").replace_strict(codes, return_dtype=pl.String).alias("group"), "security", list_day="as_of"
    )
    days = stated.select("group", "list_day").unique().sort("list_day").with_columns(day="list_day")
    asked = pl.DataFrame({"day": sessions}).join(stated.select("group").unique(), how="cross").sort("day")
    standing = asked.join_asof(days, on="day", by="group", check_sortedness=False).rename({"day": "session"})
    return standing.join(stated, on=["group", "list_day"], how="left").with_columns(
        group_kind=pl.col("group").replace_strict(kinds, return_dtype=pl.String, default=None)
    )


def _sums(rows: pl.DataFrame) -> pl.DataFrame:
    balance, net = pl.col("financing_balance"), pl.col("net_financing")
    has_cap, has_amount = pl.col("float_cap").is_not_null(), pl.col("amount").is_not_null()
    stated = balance.is_not_null().any()
    return rows.group_by("session", "group_kind", "group").agg(
        pl.when(stated).then(balance.sum()).alias("financing_balance"),
        pl.when(net.is_not_null().any()).then(net.sum()).alias("net_financing"),
        pl.when(has_amount.any()).then(pl.col("financing_buys").filter(has_amount).sum()).alias("buys_of_traded"),
        pl.when(has_amount.any()).then(pl.col("amount").filter(balance.is_not_null()).sum()).alias("amount"),
        pl.when(has_cap.any()).then(balance.filter(has_cap).sum()).alias("balance_of_capped"),
        pl.when(has_cap.any()).then(pl.col("float_cap").filter(balance.is_not_null()).sum()).alias("float_cap"),
        balance.is_not_null().sum().cast(pl.Int64).alias("securities"),
        (balance.is_not_null() & net.is_null()).sum().cast(pl.Int64).alias("lacking"),
        pl.col("state").first(),
        worst_in_group(Grade.DERIVED),
    )  # fmt: skip
