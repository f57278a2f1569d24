"""Bars of shares: prices recovered from adjusted ones, the previous close of ex-dates, sessions without a trade.

What lives here: what each figure of the folder means and which of them cannot be right. What does not: the binary form
(``folder``) and the arithmetic of recovering (``prices``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.market.sources.qlib.aside import Aside
from rongheng.market.sources.qlib.folder import FIELDS, Series
from rongheng.market.sources.qlib.prices import PRICE_ERROR, REFERENCE_ERROR, DoubleColumn, IntColumn, to_tick

_PRICES = ("open", "high", "low", "close")
_CARRIED = "nothing traded: the close before is carried"
_NO_VOLUME = "the volume is blank and the four prices are one: taken as a session without a trade"
_OFF_TICK = "not a whole number of ticks once the adjustment is taken off"
_OFF_REFERENCE = "the close before and the change of the factor give no price on a tick at or below that close"
_EMPTY = "no figure stands in this session"

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Bars:
    """The bars of some shares as facts without publication, what was set aside, and what a reader must know."""

    facts: pl.DataFrame
    aside: Aside
    rows_read: int
    carried: int
    ex_dates: int


def read_bars(series: Sequence[tuple[str, Series]], sessions: Sequence[date], *, tick_milli: int) -> Bars:
    """Return the bars of shares, sorted by code and session.

    Parameters
    ----------
    series : pairs of our code and the series
    """
    aside = Aside()
    calendar = pl.Series("as_of", sessions, dtype=pl.Date())
    frames, carried, ex_dates = [], 0, 0
    for code, one in series:
        frame, untraded, went_ex = _of_one(code, one, calendar, aside, tick_milli=tick_milli)
        frames.append(frame)
        carried += untraded
        ex_dates += went_ex
    return Bars(pl.concat(frames), aside, sum(one.length for _, one in series), carried, ex_dates)


def _of_one(
    code: str, series: Series, calendar: pl.Series, aside: Aside, *, tick_milli: int
) -> tuple[pl.DataFrame, int, int]:
    days = calendar.slice(series.start, series.length)
    values = {name: series.fields[name].astype(np.float64) for name in FIELDS}
    raw = {name: values[name] / values["factor"] for name in _PRICES}
    prices = {name: to_tick(raw[name], tick_milli=tick_milli, error=PRICE_ERROR) for name in _PRICES}
    empty = np.isnan(values["close"])
    _set_aside(aside, series, days, empty=empty, prices=prices, values=values)
    traded = _traded(values)
    close, good = prices["close"]
    previous, moved, known = _previous_close(close, good, values["factor"], tick_milli=tick_milli)
    aside.cells(series.code, days, "factor", moved & ~known & good, values["factor"], _OFF_REFERENCE)
    frame = pl.DataFrame(
        {
            "as_of": days,
            "security": pl.repeat(code, series.length, dtype=pl.String, eager=True),
            **{f"{name}_milli": _known(prices[name][0], prices[name][1] & traded) for name in _PRICES[:3]},
            "close_milli": close,
            "previous_close_milli": _known(previous, known),
            "volume_shares": np.where(traded, values["volume"], 0.0),
            "factor": values["factor"],
            "note": _notes(traded, np.isnan(values["volume"])),
        }
    )
    kept = frame.filter(pl.Series(good))
    return kept, int((~traded & good).sum()), int((moved & known).sum())


def _set_aside(
    aside: Aside,
    series: Series,
    days: pl.Series,
    *,
    empty: Flags,
    prices: dict[str, tuple[IntColumn, Flags]],
    values: dict[str, DoubleColumn],
) -> None:
    """Set sessions aside that have no close, and open, high and low prices that were none."""
    good = prices["close"][1]
    aside.rows(series.code, days, empty, values["close"], _EMPTY)
    aside.rows(series.code, days, ~good & ~empty, values["close"], f"close: {_OFF_TICK}")
    for name in _PRICES[:3]:
        aside.cells(series.code, days, name, good & ~prices[name][1], values[name], _OFF_TICK)


def _traded(values: dict[str, DoubleColumn]) -> Flags:
    """A volume that is blank means that nothing traded only where the price did not move at all."""
    still = (values["open"] == values["close"]) & (values["high"] == values["low"]) & (values["high"] == values["open"])
    volume = values["volume"]
    traded: Flags = ~((volume == 0) | (np.isnan(volume) & still))
    return traded


def _previous_close(
    close: IntColumn, good: Flags, factor: DoubleColumn, *, tick_milli: int
) -> tuple[IntColumn, Flags, Flags]:
    """Return the previous closes, on which sessions the factor changed, and where the previous close is known.

    The factor changes so that close × factor goes on over an ex-date: the close before × the factor before ÷ the new
    factor is the price from which the exchange reckons. It never lies above the close before.
    """
    before, was_good = np.roll(close, 1), np.roll(good, 1)
    ratio = np.roll(factor, 1) / factor
    if len(close):
        was_good[0] = False
    moved = was_good & (ratio != 1.0)
    reference, on_tick = to_tick(before / 1_000 * ratio, tick_milli=tick_milli, error=REFERENCE_ERROR)
    fits = on_tick & (reference <= before)
    known = was_good & (~moved | fits)
    return np.where(moved, reference, before), moved, known


def _known(values: IntColumn, known: Flags) -> pl.Series:
    return pl.Series(values).set(pl.Series(~known), None)


def _notes(traded: Flags, blank: Flags) -> pl.Series:
    carried = pl.Series(~traded)
    without = pl.Series(~traded & blank)
    notes = pl.repeat(None, len(traded), dtype=pl.String, eager=True)
    return notes.set(carried, _CARRIED).set(without, _NO_VOLUME)
