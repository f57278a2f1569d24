"""Market-wide stops: when financed buys or short sales of a security are suspended because too much of it is held.

What lives here: the monitoring ratios and the state of each security over its sessions. What does not: any threshold
(``exchange.stops.*``). The exchange *may* suspend at the line and announces it; what is computed here is when the line
is crossed, and the state that follows if the exchange acts each time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import cast

import polars as pl

from rongheng.basics.code_changes import code_changes
from rongheng.basics.errors import RuleError
from rongheng.basics.securities import board_of, exchange_of
from rongheng.basics.text import Text
from rongheng.market.pools.frames import conform
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.tables import MONITOR
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.formula import parse_formula
from rongheng.rulebook.scalars import BP, Duration

MEASURE = "exchange.stops.measure"
# What `_measured` computes; a rulebook that measures otherwise is refused, not misread.
_KNOWN_MEASURE = parse_formula("min(financing_balance, credit_account_value) / float_value")
_CENTI = 100  # figures are compared in hundredths of a yuan and of a share

STOP, RESUME = "stop", "resume"
SCHEMA = {
    "security": pl.String(),
    "session": pl.Date(),
    "side": pl.String(),
    "ratio": pl.Float64(),
    "stopped": pl.Boolean(),
    "event": pl.String(),
    "works_from": pl.Date(),
    "rule": pl.String(),
}


@dataclass(frozen=True)
class Stops:
    """The state of each security on each session observed.

    ``rows`` has ``security``, ``session``, ``side`` (financing or short), ``ratio`` (a fraction; null where a figure is
    missing), ``stopped`` (the state *during* that session), ``event`` (what the close of the session leads to:
    ``stop``, ``resume`` or null), ``works_from`` (the session from which the event works) and ``rule``.
    """

    rows: pl.DataFrame
    notes: tuple[Text, ...]


def market_stops(
    observed: pl.DataFrame,
    *,
    stopped: Collection[tuple[str, str]] = (),
    book: Rulebook | None = None,
    known_at: date | None = None,
    where: str = "the monitored securities",
) -> Stops:
    """Follow the stops of financed buys and short sales of each security (融资买入、融券卖出的暂停与恢复).

    At or above the stop line the security is stopped from the next session; under the resume line it is free from the
    next session; between the two lines nothing changes. A session without figures changes nothing either. With one of
    the two financing figures missing the ratio is not known, but where the other one alone lies under the resume line,
    it does too.

    Parameters
    ----------
    observed : columns of ``tables.MONITOR``
        Yuan and shares at the close of each session; securities get the codes of the last one. ``kind`` says which
        securities are ETFs; they have lines of their own.
    stopped : (security, side) that were stopped before the first session, optional
    book, known_at, where : as in ``screen``

    Returns
    -------
    Stops
        Securities of markets without the rule, and sessions before it, have no rows; a note counts them.

    Raises
    ------
    DataError
        The frame does not keep to its table.
    RuleError
        The rulebook measures by a formula that is not computed here.

    Source
    ------
    exchange.stops.measure, .financing, .short, .financing_etf, .short_etf

    Examples
    --------
    >>> days = [date(2025, 3, 19), date(2025, 3, 20), date(2025, 3, 21)]
    >>> rows = pl.DataFrame({"security": ["600000.SH"] * 3, "session": days, "financing_balance": [2.5e9, 2.2e9, 1.9e9],
    ...                      "credit_account_value": [4e9, 4e9, 4e9], "float_value": [1e10, 1e10, 1e10]})
    >>> market_stops(rows).rows.filter(side="financing").select("ratio", "stopped", "event").rows()
    [(0.25, False, 'stop'), (0.22, True, None), (0.19, True, 'resume')]
    """
    last = observed["session"].max() if "session" in observed.columns else None
    on = last if isinstance(last, date) else None
    rows = _with_kind(conform(observed, MONITOR, where=where, on=on))
    book = book or Rulebook.load()
    known = rows.filter(pl.col("kind").is_not_null())
    spans = known.with_columns(_span(known["session"], book)).partition_by("span")
    lined = [_with_lines(span, Ask(book, _first_day(span), known_at)) for span in spans]
    whole = pl.concat([pl.DataFrame(schema=_LINED), *lined])
    without_rule = known.height * len(_SIDES) - whole.height
    notes = [_no_rule(without_rule)] if without_rule else []
    if known.height < rows.height:
        notes.append(_no_kind(rows.filter(pl.col("kind").is_null())))
    called = {} if on is None else code_changes().on(on)
    before = [(called.get(code, code), side) for code, side in stopped]
    return Stops(_states(_judged(whole), before), tuple(notes))


def _with_kind(rows: pl.DataFrame) -> pl.DataFrame:
    """A share is known by its code; an ETF has other lines than a share, so nothing else is taken for either."""
    code = pl.col("security")
    by_code = pl.when(board_of(code).is_not_null()).then(pl.lit("share"))
    return rows.with_columns(exchange_of(code).alias("exchange"), pl.coalesce("kind", by_code).alias("kind"))


_SIDES = ("financing", "short")
_RULES = {  # by side, and whether the security is an ETF
    ("financing", False): "financing",
    ("financing", True): "financing_etf",
    ("short", False): "short",
    ("short", True): "short_etf",
}
_LINED = {
    "security": pl.String(),
    "session": pl.Date(),
    "side": pl.String(),
    "part": pl.Int64(),
    "whole": pl.Int64(),
    "complete": pl.Boolean(),
    "stop_bp": pl.Int64(),
    "resume_bp": pl.Int64(),
    "works_from": pl.Date(),
    "rule": pl.String(),
}


def _span(sessions: pl.Series, book: Rulebook) -> pl.Series:
    """Return a number for each session that is the same as long as none of the rules changes."""
    rules = [book.rule(f"exchange.stops.{name}") for name in ("measure", *_RULES.values())]
    boundaries = sorted({day for rule in rules for day in rule.timeline.boundaries})
    return pl.Series("span", [bisect_right(boundaries, day) for day in sessions], dtype=pl.Int64)


def _first_day(span: pl.DataFrame) -> date:
    return cast(date, span["session"].min())


def _with_lines(group: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """Return one row for each security, session and side of a span, with what is compared and the lines of the span."""
    found = [pl.DataFrame(schema=_LINED)]
    for (market, kind), own in group.with_columns((pl.col("kind") == "etf").alias("is_etf")).group_by(
        "exchange", "is_etf", maintain_order=True
    ):
        for side in _SIDES:
            reading = ask.find(f"exchange.stops.{_RULES[side, bool(kind)]}", market=str(market))
            if reading is not None:
                found.append(_lined(own, side, reading, ask))
    return pl.concat(found)


def _lined(own: pl.DataFrame, side: str, reading: Reading, ask: Ask) -> pl.DataFrame:
    terms = reading.terms
    parts, whole = _measured(side, ask, reading.market)
    after = cast(Duration, terms["works_after"])
    works_from = {day: after.after(day) for day in own["session"].unique()}
    return own.select(
        "security",
        "session",
        pl.lit(side).alias("side"),
        # The smaller of what is known: with one figure missing, the ratio is at most this.
        _centi(pl.min_horizontal(parts)).alias("part"),
        _centi(whole).alias("whole"),
        pl.all_horizontal(part.is_not_null() for part in parts).alias("complete"),
        pl.lit(terms["stop_at"], dtype=pl.Int64).alias("stop_bp"),
        pl.lit(terms["resume_under"], dtype=pl.Int64).alias("resume_bp"),
        pl.col("session").replace_strict(works_from, return_dtype=pl.Date).alias("works_from"),
        pl.lit(reading.rule.id).alias("rule"),
    )


def _measured(side: str, ask: Ask, market: str) -> tuple[list[pl.Expr], pl.Expr]:
    """Return the figures of which the smallest counts, and by what it is divided."""
    if side == "short":
        return [pl.col("short_shares")], pl.col("tradable_shares")
    measure = ask.rule(MEASURE, market=market).formula
    if measure != _KNOWN_MEASURE:
        raise RuleError(
            f"{MEASURE} says {measure.typed!r} on {ask.session}; only {_KNOWN_MEASURE.typed!r} is computed. Mend the "
            "rule, or teach market.pools.stops the new one."
        )
    return [pl.col("financing_balance"), pl.col("credit_account_value")], pl.col("float_value")


def _centi(amount: pl.Expr) -> pl.Expr:
    return (amount * _CENTI).round().cast(pl.Int64)


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with ``says``: true at the stop line, false under the resume line, null between and unknown."""
    # 128 bits: from 9 × 10¹² yuan on, hundredths times basis points do not fit into 64.
    part, whole = pl.col("part").cast(pl.Int128) * BP, pl.col("whole").cast(pl.Int128)
    bounded = pl.col("whole") > 0
    known = bounded & pl.col("complete")
    says = (
        pl.when(known & (part >= whole * pl.col("stop_bp")))
        .then(pl.lit(value=True))
        .when(bounded & (part < whole * pl.col("resume_bp")))
        .then(pl.lit(value=False))
    )
    ratio = pl.when(known).then(pl.col("part") / pl.col("whole"))
    return rows.with_columns(says.alias("says"), ratio.alias("ratio"))


def _states(rows: pl.DataFrame, stopped: Collection[tuple[str, str]]) -> pl.DataFrame:
    """Return the state of every session, and what its close leads to."""
    key = ["security", "side"]
    first = pl.struct(key).is_in([dict(zip(key, pair, strict=True)) for pair in stopped])
    after = pl.col("says").forward_fill().over(key).fill_null(first)
    decided = rows.sort(*key, "session").with_columns(after.alias("after"))
    before = pl.col("after").shift(1).over(key).fill_null(first)
    event = pl.when(pl.col("after") & ~before).then(pl.lit(STOP)).when(~pl.col("after") & before).then(pl.lit(RESUME))
    decided = decided.with_columns(event.alias("event"))
    # What a close decides works some sessions later: each session stands under the last decision that works by then.
    working = decided.select(*key, pl.col("works_from").alias("since"), pl.col("after").alias("stopped"))
    states = decided.sort("session").join_asof(
        working.sort("since"), left_on="session", right_on="since", by=key, strategy="backward", check_sortedness=False
    )
    told = states.with_columns(
        pl.col("stopped").fill_null(first),
        pl.when(pl.col("event").is_not_null()).then("works_from").alias("works_from"),
    )
    return told.sort(*key, "session").select(list(SCHEMA))


def _no_rule(count: int) -> Text:
    return Text(
        f"{count} 个“证券—交易日—方向”没有适用的暂停规则（北交所，或规则生效之前），未列出。",
        f"{count} rows (security, session, side) have no such rule (the BSE, or before the rule) and are left out.",
    )


def _no_kind(rows: pl.DataFrame) -> Text:
    codes = rows["security"].unique(maintain_order=True)
    few = ", ".join(codes.head(5)) + (" …" if codes.len() > 5 else "")
    return Text(
        f"{codes.len()} 只证券不是 A 股代码，且未说明类别（kind），未列出：{few}",
        f"{codes.len()} securities have no code of an A share and do not say their kind; they are left out: {few}",
    )
