"""What a stress scenario needs to know of securities from the past: how each moves with the market, and how it moved.

What lives here: betas (贝塔) and moves over spans of sessions, from bars. What does not: which spans a scenario names,
and what becomes of a book (the account half).

Prices are made comparable by the bars' factors. A beta is the slope of a security's daily returns on the index's, over
the sessions of about a year that both traded, at least :data:`LEAST_RETURNS` of them: an estimate, in floats, rounded
to a basis point when it is handed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.ids import indices
from rongheng.basics.money import BP
from rongheng.basics.tables import INDEX_DAILY, SECURITY_BARS
from rongheng.market.series.codes import lake_changes, read_named
from rongheng.market.store import Lake, Snapshot

MARKET: Final = indices()["sse"].code  # SSE Composite, by whose closes the scenarios of the past are told
SESSIONS: Final = 250
LEAST_RETURNS: Final = 120
Span = tuple[date, date]


def betas(lake: Lake | Snapshot, session: date, *, known_at: datetime | None = None) -> pl.DataFrame:
    """Return the beta of every security with enough bars up to a session (贝塔系数).

    Returns
    -------
    frame
        ``security`` and ``beta_bp``, basis points of the index's move; negative where it moves against it.
    """
    moment = known_at or SECURITY_BARS.publication.known_at(session)
    first = calendar().offset(session, -SESSIONS)
    levels = lake.read(
        INDEX_DAILY, known_at=moment, first=first, last=session, where=pl.col("index") == MARKET, columns=("close",)
    )
    market = levels.sort("as_of").select(
        "as_of", market=pl.col("close").pct_change(), place=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    both = _traded(lake, moment, first, session).join(market, on="as_of").sort("security", "place")
    own, since = pl.col("price").pct_change().over("security"), pl.col("place").diff().over("security")
    both = both.with_columns(own=own).filter(since == 1).drop_nulls("market")
    slope = pl.cov("own", "market") / pl.col("market").var()
    found = both.group_by("security").agg(slope.alias("beta"), pl.len().alias("returns"))
    good = (pl.col("returns") >= LEAST_RETURNS) & pl.col("beta").is_finite()
    return found.filter(good).select("security", beta_bp=(pl.col("beta") * BP).round().cast(pl.Int64)).sort("security")


def past_moves(
    lake: Lake | Snapshot, spans: Sequence[Span], *, on: date | None = None, known_at: datetime | None = None
) -> pl.DataFrame:
    """Return how far each security moved from close to close of each span, dividends and splits taken out (历史涨跌).

    A security that has no bar or no factor at one of the ends is not there. A suspended one has the close that stood.

    Parameters
    ----------
    on : the session whose codes the securities have; the last day of each span unless given

    Returns
    -------
    frame
        ``first``, ``last``, ``security`` and ``move_bp``.
    """
    frames = [_moves(lake, span, on or span[1], known_at) for span in spans]
    schema = {"first": pl.Date(), "last": pl.Date(), "security": pl.String(), "move_bp": pl.Int64()}
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def _moves(lake: Lake | Snapshot, span: Span, on: date, known_at: datetime | None) -> pl.DataFrame:
    first, last = span
    moment = known_at or SECURITY_BARS.publication.known_at(last)
    before, after = _ends(lake, moment, span, on)
    both = before.join(after, on="security", suffix="_after")
    move = (pl.col("price_after") / pl.col("price") - 1) * BP
    return both.select(
        pl.lit(first).alias("first"), pl.lit(last).alias("last"), "security", move_bp=move.round().cast(pl.Int64)
    ).sort("security")


def _ends(lake: Lake | Snapshot, moment: datetime, span: Span, on: date) -> list[pl.DataFrame]:
    """Return the prices of both ends; where a code changed between them, all bars are read to link its factors."""
    first, last = span
    if any(first < row.first_session <= last for row in lake_changes(lake, known_at=moment).rows):
        bars = _comparable(lake, moment, first=first, last=last, on=on)
        return [bars.filter(as_of=day) for day in span]
    return [_comparable(lake, moment, first=day, last=day, on=on) for day in span]


def _traded(lake: Lake | Snapshot, moment: datetime, first: date, last: date) -> pl.DataFrame:
    bars = _comparable(lake, moment, first=first, last=last, on=last)
    return bars.filter(pl.col("volume_shares").is_null() | (pl.col("volume_shares") > 0))


def _comparable(lake: Lake | Snapshot, moment: datetime, *, first: date, last: date, on: date) -> pl.DataFrame:
    """Return closes times factors: prices that neither an ex-date nor a change of code moves."""
    columns = ("close_milli", "previous_close_milli", "volume_shares", "factor")
    bars = read_named(lake, SECURITY_BARS, on=on, known_at=moment, first=first, last=last, columns=columns)
    price = pl.col("close_milli") * pl.col("factor")
    return bars.with_columns(price=price).filter(pl.col("price") > 0)
