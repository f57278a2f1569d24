"""Knock-out observations of a book of contracts (敲出观察日): dates, barriers and coupons, one row an observation.

What lives here: the monthly rule and the terms that change from one observation to the next. What does not: checks of
the terms (``contracts.py``) and worth.

A contract is observed every month on the day of its start, beginning after the lock-up (锁定期); a day without trading
moves to the next session; the maturity is the last observation. The coupon runs on calendar days of 365 from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.market.derivatives.snowball.columns import Floats, Ints

PPM, BP, YEAR_DAYS = 1_000_000, 10_000, 365


@cache
def session_days() -> Ints:
    """Return every session as days since 1970."""
    days: Ints = np.array(calendar().sessions, dtype="datetime64[D]").astype(np.int64)
    return days


def days_of(column: pl.Series) -> Ints:
    """Return dates as days since 1970."""
    days: Ints = column.cast(pl.Int32).to_numpy().astype(np.int64)
    return days


def day_of(session: date) -> int:
    """Return one date as days since 1970."""
    return session.toordinal() - date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Schedule:
    """Observations sorted by contract and day; those of one contract lie between two entries of ``first``."""

    first: Ints  # one more than contracts
    contract: Ints
    day: Ints  # since 1970
    barrier: Floats  # of the initial level
    coupon: Floats  # paid when knocked out there, as a share of the notional
    kept: Floats  # paid at maturity when never knocked in nor out; one a contract

    def after(self, session: date) -> Schedule:
        """Return the observations that are still to come when that session has closed."""
        ahead = self.day > day_of(session)
        counts = np.bincount(self.contract[ahead], minlength=len(self.kept))
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Schedule(
            first, self.contract[ahead], self.day[ahead], self.barrier[ahead], self.coupon[ahead], self.kept
        )


def schedule(frame: pl.DataFrame) -> Schedule:
    """Return every observation of checked contracts, past ones included."""
    contract, day = _days(frame)
    counts = np.bincount(contract, minlength=frame.height)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    number = np.arange(len(contract)) - first[contract]  # the contract's first observation is 0
    last = number == counts[contract] - 1
    knock_out = _ints(frame, "knock_out_bp")[contract] - number * _ints(frame, "step_down_bp")[contract]
    final = _floats(frame["final_knock_out_bp"])[contract]
    barrier = np.where(last & np.isfinite(final), final, knock_out) / BP
    years = (day - days_of(frame["start"])[contract]) / YEAR_DAYS
    rate = _rates(frame, contract, day)
    final_coupon = _floats(frame["final_coupon_ppm"])
    kept = np.where(np.isnan(final_coupon), _ints(frame, "coupon_ppm"), final_coupon) / PPM
    whole = (days_of(frame["maturity"]) - days_of(frame["start"])) / YEAR_DAYS
    return Schedule(first, contract, day, barrier, rate * years, kept * whole)


def _rates(frame: pl.DataFrame, contract: Ints, day: Ints) -> Floats:
    """Return the annual coupon of each observation: the early one through the early months (早利)."""
    early = _floats(frame["early_coupon_ppm"])
    months = np.nan_to_num(_floats(frame["early_months"])).astype(np.int64)
    until = _rolled(_months_after(days_of(frame["start"]), months))
    is_early = np.isfinite(early)[contract] & (day <= until[contract])
    rates: Floats = np.where(is_early, early[contract], _ints(frame, "coupon_ppm")[contract]) / PPM
    return rates


def _days(frame: pl.DataFrame) -> tuple[Ints, Ints]:
    """Return contract and day of every observation, sorted."""
    given = frame["observations"].is_not_null().to_numpy()
    start, maturity = days_of(frame["start"]), days_of(frame["maturity"])
    months = np.maximum((maturity - start) // 28 + 1, 1)
    contract = np.repeat(np.arange(frame.height), np.where(given, 1, months))
    first = np.concatenate([[0], np.cumsum(np.where(given, 1, months))])[:-1]
    number = np.arange(len(contract)) - first[contract] + 1
    day = _rolled(_months_after(start[contract], number))
    regular = ~given[contract] & (number >= _ints(frame, "lockup_months")[contract]) & (day < maturity[contract])
    rows = [contract[regular], np.flatnonzero(~given)]
    days = [day[regular], maturity[~given]]
    for row in np.flatnonzero(given):
        listed = [day_of(date.fromisoformat(word)) for word in frame["observations"][int(row)].split()]
        rows.append(np.full(len(listed), row))
        days.append(np.array(listed))
    all_rows, all_days = np.concatenate(rows), np.concatenate(days)
    order = np.lexsort((all_days, all_rows))
    return all_rows[order].astype(np.int64), all_days[order].astype(np.int64)


def _months_after(start: Ints, months: Ints) -> Ints:
    """Return the day so many months later; a month that is too short ends on its last day."""
    dates = start.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    wanted = month + months
    last = ((wanted + 1).astype("datetime64[D]") - np.timedelta64(1, "D")).astype(np.int64)
    later: Ints = np.minimum(wanted.astype("datetime64[D]").astype(np.int64) + (dates - month).astype(np.int64), last)
    return later


def _rolled(days: Ints) -> Ints:
    """Return the first session on or after each day."""
    sessions = session_days()
    rolled: Ints = sessions[np.minimum(np.searchsorted(sessions, days), len(sessions) - 1)]
    return rolled


def _ints(frame: pl.DataFrame, name: str) -> Ints:
    column: Ints = frame[name].to_numpy()
    return column


def _floats(column: pl.Series) -> Floats:
    """Return a column as floats, NaN where nothing is given."""
    values: Floats = column.cast(pl.Float64).to_numpy()
    return values
