"""What goes ex in an index over a span of days, from its total-return index: as it was, and as earlier years suggest.

What lives here: dividends as fractions of the index, on columns of days and levels. What does not: futures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from rongheng.market.indicators.trend import FloatArray

YEARS = 3  # earlier years whose calendars are averaged


@dataclass(frozen=True)
class Dividends:
    """The dividends of one index, summed up from its first day: ``total[i]`` went ex on ``days[: i + 1]``."""

    days: pl.Series
    total: FloatArray

    def between(self, after: pl.Series, last: pl.Series) -> FloatArray:
        """Return what went ex after each day and up to the other; NaN where the levels do not cover the span.

        >>> from datetime import date
        >>> days = pl.Series([date(2024, 6, 3), date(2024, 6, 4), date(2024, 6, 5)])
        >>> one = dividends(days, np.array([100.0, 100.0, 100.0]), np.array([100.0, 101.0, 101.0]))
        >>> one.between(days[:1], days[2:]).round(6).tolist()
        [0.01]
        """
        if self.days.is_empty():
            return np.full(len(after), np.nan)
        covered = (after >= self.days[0]) & (last <= self.days[-1])
        return np.where(covered.to_numpy(), self.total[self._at(last)] - self.total[self._at(after)], np.nan)

    def expected(self, after: pl.Series, last: pl.Series, *, years: int = YEARS) -> FloatArray:
        """Return the mean of what went ex over the same days of each of the last ``years`` years; NaN without any.

        No day after ``after`` is looked at: where a span is longer than a year, the years that would are left out.
        """
        total, count = np.zeros(len(after)), np.zeros(len(after))
        for ago in range(1, years + 1):
            first, end = (column.dt.offset_by(f"-{ago}y") for column in (after, last))
            found = np.where((end <= after).to_numpy(), self.between(first, end), np.nan)
            total += np.nan_to_num(found)
            count += ~np.isnan(found)
        mean: FloatArray = np.divide(total, count, out=np.full(len(after), np.nan), where=count > 0)
        return mean

    def _at(self, days: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        at = np.searchsorted(self.days.to_numpy(), days.to_numpy(), side="right") - 1
        return np.asarray(np.clip(at, 0, None), dtype=np.int64)


def dividends(days: pl.Series, close: FloatArray, total_return: FloatArray) -> Dividends:
    """Return the dividends of an index: by how much its total return went ahead of its price each day (股息率).

    Parameters
    ----------
    days : dates, ascending, those on which both levels are known
    close, total_return : float64, shape (n,), points
    """
    if days.is_empty():
        return Dividends(days, np.empty(0))
    ahead = total_return[1:] / total_return[:-1] - close[1:] / close[:-1]
    return Dividends(days, np.concatenate(([0.0], np.cumsum(ahead))))
