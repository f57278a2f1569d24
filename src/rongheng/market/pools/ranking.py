"""Candidates for the list of underlyings in their order: by weight in the market, existing underlyings first.

What lives here: the score and the places of one market's shares. What does not: the formula, which is the rulebook's
(``exchange.underlying.ranking``), and what changes on the list (``adjustment``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.basics.securities import exchange_of
from rongheng.basics.text import Text
from rongheng.market.pools.frames import conform
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.tables import SECURITIES
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.formula import Formula

RULE = "exchange.underlying.ranking"
_FIGURES = ("mean_float_cap", "mean_amount")
SCHEMA = {
    "exchange": pl.String(),
    "place": pl.Int64(),
    "security": pl.String(),
    "name": pl.String(),
    "is_underlying": pl.Boolean(),
    "is_candidate": pl.Boolean(),
    "score": pl.Float64(),
    "rank": pl.Int64(),
    "mean_float_cap": pl.Float64(),
    "mean_amount": pl.Float64(),
}


@dataclass(frozen=True)
class Ranking:
    """Every share of each market with its score and place.

    ``rows`` has ``exchange``, ``place`` (from 1; null where there is none), ``security``, ``name``, ``is_underlying``,
    ``is_candidate``, ``score``, ``rank`` (by score alone among all shares of the market; equal scores share the best
    rank), ``mean_float_cap`` and ``mean_amount`` in yuan. Only candidates have places.
    """

    session: date
    rows: pl.DataFrame
    notes: tuple[Text, ...]


def rank(
    securities: pl.DataFrame,
    *,
    session: date,
    candidates: Collection[str] | None = None,
    book: Rulebook | None = None,
    known_at: date | None = None,
    where: str = "the securities",
) -> Ranking:
    """Order a market's shares for a regular adjustment (标的股票排序): existing underlyings first, each by its score.

    The means of the market are taken over *all* shares of that exchange in the frame, candidates or not: a frame that
    holds only candidates gives other scores.

    Parameters
    ----------
    securities : columns of ``tables.SECURITIES``
        ``mean_float_cap`` and ``mean_amount`` in yuan; ``is_underlying`` where a share is on the list now.
    session : the session whose rules apply
    candidates : codes that may have a place, optional
        Those that qualify (``Screening.qualifying``); without it every share of the frame.
    book, known_at, where : as in ``screen``

    Returns
    -------
    Ranking
        Scores are computed exactly and rounded once, to ``Float64``. A share without one of its two figures has
        neither score nor place, and does not count in the means; a note names it.

    Raises
    ------
    DataError
        The frame does not keep to its table, or a market's shares have no value or no amount at all.

    Source
    ------
    exchange.underlying.ranking

    Examples
    --------
    >>> shares = pl.DataFrame({"security": ["600000.SH", "600004.SH"], "mean_float_cap": [3e10, 1e10],
    ...                        "mean_amount": [1e8, 3e8], "is_underlying": [False, True]})
    >>> rank(shares, session=date(2025, 4, 10)).rows.select("place", "security", "score", "rank").rows()
    [(1, '600004.SH', 2.5, 2), (2, '600000.SH', 3.5, 1)]
    """
    ask = Ask(book or Rulebook.load(), session, known_at)
    rows = conform(securities, SECURITIES, where=where, on=session)
    rows = rows.with_columns(exchange_of(pl.col("security")).alias("exchange"))
    markets = [_market(ask, group, candidates, where) for group in rows.partition_by("exchange", maintain_order=True)]
    notes = [note for _, own in markets for note in own]
    ordered = pl.concat([frame for frame, _ in markets]) if markets else pl.DataFrame(schema=SCHEMA)
    return Ranking(session, ordered, tuple(dict.fromkeys(notes)))


def _market(
    ask: Ask, rows: pl.DataFrame, candidates: Collection[str] | None, where: str
) -> tuple[pl.DataFrame, list[Text]]:
    """Return the shares of one exchange in their order, and what must be said of them."""
    reading = ask.rule(RULE, market=rows["exchange"][0])
    known = rows.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in _FIGURES))
    scores = _scores(known, reading.formula, where=f"{where}, {reading.market}")
    places = {score: number for number, score in enumerate(sorted(set(scores.values()), reverse=True))}
    by_code = pl.DataFrame(
        {
            "security": list(scores),
            "score": [float(score) for score in scores.values()],
            "order": [places[score] for score in scores.values()],
        },
        schema={"security": pl.String, "score": pl.Float64, "order": pl.Int64},
    )
    allowed = pl.lit(value=True) if candidates is None else pl.col("security").is_in(list(candidates))
    scored = rows.join(by_code, on="security", how="left").with_columns(
        pl.col("is_underlying").fill_null(value=False),
        pl.col("order").rank("min").cast(pl.Int64).alias("rank"),
        (allowed & pl.col("order").is_not_null()).alias("is_candidate"),
    )
    return _placed(scored), _notes(ask, reading, rows, known)


def _scores(known: pl.DataFrame, formula: Formula, *, where: str) -> Mapping[str, Fraction]:
    """Return the score of each share, exactly."""
    codes = known["security"].to_list()
    caps, amounts = ([Fraction(value) for value in known[name]] for name in _FIGURES)
    if not codes:
        return {}
    market_cap, market_amount = sum(caps, Fraction(0)) / len(codes), sum(amounts, Fraction(0)) / len(codes)
    if not market_cap or not market_amount:
        raise DataError(f"{where}: the mean float cap or amount is zero; expected figures in yuan. Mend the columns.")
    return {
        code: formula(float_value=cap, market_float_value=market_cap, amount=amount, market_amount=market_amount)
        for code, cap, amount in zip(codes, caps, amounts, strict=True)
    }


def _placed(scored: pl.DataFrame) -> pl.DataFrame:
    """Return the shares in their order: candidates first, of these the underlyings first, then by score and code."""
    ordered = scored.sort(
        ~pl.col("is_candidate"), ~pl.col("is_underlying"), "order", "security", nulls_last=True
    ).with_columns(pl.when("is_candidate").then(pl.int_range(1, pl.len() + 1)).alias("place"))
    return ordered.select(list(SCHEMA))


def _notes(ask: Ask, reading: Reading, rows: pl.DataFrame, known: pl.DataFrame) -> list[Text]:
    note = ask.note(reading)
    missing = rows.filter(~pl.col("security").is_in(known["security"].implode()))["security"].to_list()
    if not missing:
        return [] if note is None else [note]
    few = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
    lacks = Text(
        f"{reading.market}：{len(missing)} 只缺日均流通市值或日均成交金额，不参与排序：{few}",
        f"{reading.market}: {len(missing)} shares lack a mean float cap or amount and are not ranked: {few}",
    )
    return [lacks] if note is None else [note, lacks]
