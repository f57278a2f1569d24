"""The weekly state of the static P/E rule: tested on the last session of each week, at work from the next session.

What lives here: which test stands on a session, and what it says of each share. What does not: the cap that follows
(``caps``). The static P/E (last annual report) is an input. The one over the last twelve months (TTM) is another
number, and no substitute: a loss in the last year may be a profit over twelve months, and the rule looks at the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import cast

import polars as pl

from rongheng.basics.calendar import Calendar, calendar
from rongheng.basics.securities import exchange_of
from rongheng.basics.text import Text
from rongheng.market.pools.frames import conform
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.tables import STATIC_PE
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.scalars import Duration

RULE = "exchange.haircut.static_pe"
REVIEW = "practice.haircut.static_pe_review"


@dataclass(frozen=True)
class StaticPeState:
    """What the last test says on a session.

    ``rows`` has ``security``, ``static_pe`` (on ``tested_on``) and ``zeroed``: whether the rule sets the haircut to
    zero. A share whose figure on that day is missing has no row.
    """

    session: date
    tested_on: date
    rows: pl.DataFrame
    notes: tuple[Text, ...]


def static_pe_state(
    history: pl.DataFrame,
    *,
    session: date,
    tested: date | None = None,
    ask: Ask | None = None,
    where: str = "the static P/E",
) -> StaticPeState:
    """Say which shares the static P/E rule sets to zero on a session (静态市盈率规则的周度状态).

    A share that crosses the bound in the middle of a week keeps its state until the next test has taken effect.

    Parameters
    ----------
    history : columns of ``tables.STATIC_PE``
        Static P/E by share and session; only that of the test's session is looked at. Negative for a loss.
    session : the session on which the state is asked
    tested : the session of the test, where it is not the last one of a week, optional
    ask : the rulebook and what was known of it, optional

    Raises
    ------
    DataError
        The frame does not keep to its table.

    Source
    ------
    exchange.haircut.static_pe, practice.haircut.static_pe_review

    Examples
    --------
    >>> rows = pl.DataFrame({"security": ["600000.SH"] * 2, "session": [date(2025, 3, 14), date(2025, 3, 20)],
    ...                      "static_pe": [299.9, 300.0]})
    >>> static_pe_state(rows, session=date(2025, 3, 21)).rows.rows()
    [('600000.SH', 299.9, False)]
    """
    ask = ask or Ask(Rulebook.load(), session)
    note = None
    if tested is None:
        review = ask.rule(REVIEW)
        note = ask.note(review)
        tested = last_review(session, works_after=cast(Duration, review.terms["works_after"]))
    seen = conform(history, STATIC_PE, where=where, on=session).filter(
        (pl.col("session") == tested) & pl.col("static_pe").is_not_null()
    )
    exchange = exchange_of(pl.col("security"))
    zeroed = pl.lit(value=False)
    for market in ("SSE", "SZSE", "BSE"):
        reading = ask.find(RULE, market=market)
        if reading is not None:
            zeroed = pl.when(exchange == market).then(is_zeroed(reading)).otherwise(zeroed)
    rows = seen.select("security", "static_pe", zeroed.alias("zeroed"))
    return StaticPeState(session, tested, rows, () if note is None else (note,))


def is_zeroed(reading: Reading) -> pl.Expr:
    """Return whether ``exchange.haircut.static_pe`` sets the haircut of a share with this ``static_pe`` to zero."""
    bound = cast(Fraction, reading.terms["at_or_above"])
    high = pl.col("static_pe") >= float(bound)
    return high | (pl.col("static_pe") < 0) if reading.terms["negative_counts"] else high


def last_review(session: date, *, works_after: Duration) -> date:
    """Return the day of the last test whose result works on the session.

    >>> week = Duration(1, "trading days")
    >>> last_review(date(2025, 3, 21), works_after=week), last_review(date(2025, 3, 24), works_after=week)
    (datetime.date(2025, 3, 14), datetime.date(2025, 3, 21))
    >>> last_review(date(2024, 10, 8), works_after=week)  # the week before the holiday ended on a Monday
    datetime.date(2024, 9, 30)
    """
    days = calendar()
    day = days.on_or_before(session)
    while not (_ends_week(days, day) and works_after.after(day) <= session):
        day = days.offset(day, -1)
    return day


def _ends_week(days: Calendar, day: date) -> bool:
    return day.isocalendar()[:2] != days.offset(day, 1).isocalendar()[:2]
