"""Which securities qualify as underlyings on a session, condition by condition, each with its rule.

What lives here: who must meet which conditions, and the verdicts. What does not: the conditions (``stock_conditions``,
``fund_conditions``). A verdict says who *may* be put on the list; what may be traded on a day is what the exchange's
list of that day says (``exchange.underlying.published_list``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

import polars as pl

from rongheng.basics.securities import board_of, exchange_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.pools import fund_conditions, stock_conditions
from rongheng.market.pools.conditions import FAIL, SCHEMA, UNKNOWN, Condition, evaluate
from rongheng.market.pools.frames import conform
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.tables import SECURITIES
from rongheng.rulebook import Reading, Rulebook

SIDES = ("financing", "short")
_STOCKS = "exchange.underlying.stock_conditions"
_REGISTERED = "exchange.underlying.registration_from_listing"
_BEIJING = "exchange.underlying.bse_shares"
_LISTS = "exchange.underlying.published_list"


@dataclass(frozen=True)
class Screening:
    """Verdicts and the conditions that they rest on.

    ``verdicts`` has one row for each security and side: ``security``, ``name``, ``exchange``, ``board``, ``kind``,
    ``side``, ``route`` (which conditions were asked), ``qualifies``, ``failed`` and ``unknown`` (condition keys).
    ``conditions`` has one row for each condition asked: see ``conditions.SCHEMA``.
    """

    session: date
    verdicts: pl.DataFrame
    conditions: pl.DataFrame
    notes: tuple[Text, ...]

    def qualifying(self, side: str) -> list[str]:
        """Return the codes that qualify on one side, in their order."""
        chosen = self.verdicts.filter(pl.col("qualifies") & (pl.col("side") == side))
        return chosen["security"].to_list()


def screen(
    securities: pl.DataFrame,
    *,
    session: date,
    book: Rulebook | None = None,
    known_at: date | None = None,
    where: str = "the securities",
) -> Screening:
    """Say of each security whether it qualifies as a financing and as a short underlying (标的证券条件).

    A figure that is missing makes its condition unknown, and an unknown condition does not qualify. Shares offered
    under the registration system qualify from their first day; shares of the Beijing exchange by
    ``exchange.underlying.bse_shares``; others, ETFs, LOFs and bonds by their conditions. A security of any other kind
    does not.

    Parameters
    ----------
    securities : columns of ``tables.SECURITIES``
        One row a security: figures as of the session, means over the window that the rule names (three months for
        shares), those of the benchmark beside them. Yuan, shares, fractions.
    session : the session on which they would be underlyings
    book : Rulebook, optional
    known_at : date, optional
        What was announced later is invisible.
    where : how messages call the frame

    Raises
    ------
    DataError
        The frame does not keep to its table.
    NotInForceError
        Margin trading had not begun on that session.

    Source
    ------
    exchange.underlying.stock_conditions, .registration_from_listing, .bse_shares, .etf_conditions, .removal_cases

    Examples
    --------
    >>> listed = pl.DataFrame({"security": ["920002.BJ"], "listing_date": [date(2023, 9, 11)],
    ...                        "risk_warned": [False], "delisting": [False]})
    >>> screen(listed, session=date(2023, 9, 11)).verdicts["qualifies"].to_list()
    [True, True]
    """
    ask = Ask(book or Rulebook.load(), session, known_at)
    rows = _routed(conform(securities, SECURITIES, where=where, on=session), ask)
    groups = rows.partition_by("exchange", "kind", "route", maintain_order=True) if rows.height else []
    found = [evaluate(group, _asked(ask, group, side), side=side) for side in SIDES for group in groups]
    conditions = pl.concat(found) if found else pl.DataFrame(schema=SCHEMA)
    return Screening(session, _verdicts(rows, conditions), _in_order(rows, conditions), _notes(ask, conditions))


def _routed(rows: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """Return the rows with ``exchange``, ``board``, ``kind`` and ``route``, which says what each must meet."""
    code = pl.col("security")
    known = rows.with_columns(
        exchange_of(code).alias("exchange"),
        pl.coalesce("board", board_of(code)).alias("board"),
        pl.coalesce("kind", pl.when(board_of(code).is_not_null()).then(pl.lit("share"))).alias("kind"),
    )
    is_share = (pl.col("kind") == "share").fill_null(value=False)
    route = (
        pl.when(is_share & (pl.col("exchange") == "BSE"))
        .then(pl.lit(_beijing_route(ask)))
        .when(is_share & _is_registered(ask))
        .then(pl.lit("registration"))
        .when(is_share & _may_be_registered(ask))
        .then(pl.lit("registration_unknown"))
        .when(is_share)
        .then(pl.lit("conditions"))
        .when(pl.col("kind").is_in(list(fund_conditions.RULES)))
        .then(pl.lit("conditions"))
        .otherwise(pl.lit("none"))
    )
    return known.with_columns(route.alias("route"))


def _beijing_route(ask: Ask) -> str:
    reading = ask.find(_BEIJING, market="BSE")
    if reading is None:
        return "not_open"
    return "bse_all" if reading.value == "all_listed" else "bse_launch"


def _boards(ask: Ask) -> dict[str, list[str]]:
    """Return the boards of each exchange whose registered shares are underlyings from listing, on the session."""
    readings = {market: ask.find(_REGISTERED, market=market) for market in ("SSE", "SZSE")}
    return {market: list(cast(tuple[str, ...], one.value)) for market, one in readings.items() if one is not None}


def _on_listed_board(ask: Ask) -> pl.Expr:
    found = pl.lit(value=False)
    for market, boards in _boards(ask).items():
        found = found | ((pl.col("exchange") == market) & pl.col("board").is_in(boards).fill_null(value=False))
    return found


def _is_registered(ask: Ask) -> pl.Expr:
    # STAR has had no other shares than registered ones.
    registered = pl.col("registration_system").fill_null(pl.col("board") == "star").fill_null(value=False)
    return _on_listed_board(ask) & registered


def _may_be_registered(ask: Ask) -> pl.Expr:
    """A share of such a board that does not say; one listed before the board's first entry cannot be."""
    unsaid = pl.col("registration_system").is_null()
    early = pl.lit(value=False)
    for market, boards in _boards(ask).items():
        for board in boards:
            since = _first_entry(ask, market, board)
            early = early | (
                (pl.col("exchange") == market) & (pl.col("board") == board) & (pl.col("listing_date") < since)
            ).fill_null(value=False)
    return _on_listed_board(ask) & unsaid & ~early


def _first_entry(ask: Ask, market: str, board: str) -> date:
    entries = ask.book.rule(_REGISTERED).timeline.entries
    return next(
        entry.effective
        for entry in entries
        if market in entry.markets
        and board in cast(tuple[str, ...], entry.value or ())
        and (ask.known_at is None or entry.known <= ask.known_at)
    )


def _asked(ask: Ask, group: pl.DataFrame, side: str) -> list[Condition]:
    """Return the conditions of one group of securities of one exchange, kind and route."""
    first = group.row(0, named=True)
    market, kind, route = first["exchange"], first["kind"], first["route"]
    match route:
        case "registration":
            reading = ask.rule(_REGISTERED, market=market)
            return [stock_conditions.listed(ask, reading), *stock_conditions.standing(ask, market)]
        case "bse_all":
            reading = ask.rule(_BEIJING, market=market)
            return [stock_conditions.listed(ask, reading), *stock_conditions.standing(ask, market)]
        case "bse_launch":
            return _beijing_launch(ask)
        case "registration_unknown":
            unsaid = _unsaid(ask.rule(_REGISTERED, market=market))
            return [unsaid, *stock_conditions.ordinary(ask, ask.rule(_STOCKS, market=market), side=side)]
        case "conditions" if kind == "share":
            return stock_conditions.ordinary(ask, ask.rule(_STOCKS, market=market), side=side)
        case "conditions":
            return _of_fund_or_bond(ask, market, kind)
        case _:
            return [_no_such_kind(ask, market)]


def _beijing_launch(ask: Ask) -> list[Condition]:
    """At launch: members of the BSE 50, or shares that met tests whose numbers were not published."""
    reading = ask.rule(_BEIJING, market="BSE")
    member = Condition(
        "index_member",
        Text("北证50成份股", "member of the BSE 50"),
        reading,
        pl.when(pl.col("index_member")).then(pl.lit(value=True)),  # others: unknown, for want of the numbers
        (("index_member", Unit.TEXT),),
        Text("是；非成份股的条件数值未公布", "yes; the numbers of the tests for other shares were not published"),
    )
    return [stock_conditions.listed(ask, reading), member, *stock_conditions.standing(ask, "BSE")]


def _unsaid(reading: Reading) -> Condition:
    return Condition(
        "registration_system",
        Text("是否注册制发行", "offered under the registration system"),
        reading,
        pl.lit(None, dtype=pl.Boolean),
        (("registration_system", Unit.TEXT),),
        Text("须说明", "must be said"),
    )


def _of_fund_or_bond(ask: Ask, market: str, kind: str) -> list[Condition]:
    reading = ask.find(fund_conditions.RULES[kind], market=market)
    if reading is None:
        return [_no_such_kind(ask, market)]
    return fund_conditions.fund(ask, reading) if kind in ("etf", "lof") else fund_conditions.bond(ask, reading)


def _no_such_kind(ask: Ask, market: str) -> Condition:
    """No rule makes this kind of security an underlying in this market on the session."""
    reading = ask.find(_LISTS, market=market) or ask.rule(_LISTS)
    return Condition(
        "kind",
        Text("证券类别", "kind"),
        reading,
        pl.when(pl.col("kind").is_not_null()).then(pl.lit(value=False)),
        (("kind", Unit.TEXT),),
        Text("当日该市场可作标的的类别", "a kind that may be an underlying in this market on the session"),
    )


def _verdicts(rows: pl.DataFrame, conditions: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each security and side; it qualifies when every condition passes."""
    keyed = pl.col("condition")
    summary = conditions.group_by("security", "side").agg(
        keyed.filter(pl.col("outcome") == FAIL).str.join(", ").alias("failed"),
        keyed.filter(pl.col("outcome") == UNKNOWN).str.join(", ").alias("unknown"),
    )
    sides = pl.DataFrame({"side": SIDES}, schema={"side": pl.String})
    shown = rows.select("security", "name", "exchange", "board", "kind", "route")
    joined = shown.join(sides, how="cross").join(summary, on=["security", "side"], how="left", maintain_order="left")
    qualifies = (pl.col("failed") == "") & (pl.col("unknown") == "")
    return joined.select(
        "security",
        "name",
        "exchange",
        "board",
        "kind",
        "side",
        "route",
        qualifies.alias("qualifies"),
        "failed",
        "unknown",
    )


def _in_order(rows: pl.DataFrame, conditions: pl.DataFrame) -> pl.DataFrame:
    """Return the conditions in the order of the securities, both sides of each together."""
    places = rows.select("security", pl.int_range(pl.len()).alias("place"))
    ordered = conditions.join(places, on="security", how="left", maintain_order="left")
    return ordered.sort("place", maintain_order=True).drop("place")


def _notes(ask: Ask, conditions: pl.DataFrame) -> tuple[Text, ...]:
    """Return what a reader must know of the rules that were asked."""
    notes = [
        ask.note(reading)
        for id_ in conditions["rule"].unique(maintain_order=True)
        for market in ask.book.rule(id_).markets
        if (reading := ask.find(id_, market=market)) is not None
    ]
    return tuple(dict.fromkeys(note for note in notes if note is not None))
