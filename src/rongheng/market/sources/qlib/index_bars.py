"""Bars of indices, which no factor adjusts: levels to the hundredth, as indices are printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from rongheng.market.sources.qlib.aside import Aside
from rongheng.market.sources.qlib.folder import Series
from rongheng.market.sources.qlib.prices import DoubleColumn

_LEVELS = ("open", "high", "low", "close")
_HUNDREDTHS = 100
_EMPTY = "no figure stands in this session"
_ROUNDING = 1e-4  # publishers round
_BEYOND = "contradicts the close by more than rounding does"


def read_levels(series: Sequence[tuple[str, Series]], sessions: Sequence[date]) -> tuple[pl.DataFrame, Aside]:
    """Return the bars of indices, sorted by code and session, and what was set aside.

    Parameters
    ----------
    series : pairs of our code of the index and the series
    """
    aside = Aside()
    calendar = pl.Series("as_of", sessions, dtype=pl.Date())
    return pl.concat([_of_one(code, one, calendar, aside) for code, one in series]), aside


def _of_one(code: str, series: Series, calendar: pl.Series, aside: Aside) -> pl.DataFrame:
    days = calendar.slice(series.start, series.length)
    levels: dict[str, DoubleColumn] = {
        name: np.rint(series.fields[name].astype(np.float64) * _HUNDREDTHS) / _HUNDREDTHS for name in _LEVELS
    }
    close = levels["close"]
    empty = ~(close > 0)
    aside.rows(series.code, days, empty, close, _EMPTY)
    beyond = {"high": levels["high"] < close * (1 - _ROUNDING), "low": levels["low"] > close * (1 + _ROUNDING)}
    for name, bad in beyond.items():
        aside.cells(series.code, days, name, bad, levels[name], _BEYOND)
        levels[name] = np.where(bad, np.nan, levels[name])
    frame = pl.DataFrame(
        {
            "as_of": days,
            "index": pl.repeat(code, series.length, dtype=pl.String, eager=True),
            **levels,
            "volume_shares": series.fields["volume"].astype(np.float64),
            "note": pl.repeat(None, series.length, dtype=pl.String, eager=True),
        }
    )
    return frame.with_columns(pl.col(*_LEVELS, "volume_shares").fill_nan(None)).filter(pl.Series(~empty))
