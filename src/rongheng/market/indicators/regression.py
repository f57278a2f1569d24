"""A straight line through two series of one market, with errors that allow for their memory.

What lives here: least squares with Newey-West errors on plain arrays. What does not: which series, and what the line
means.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, nan, sqrt

import numpy as np

from rongheng.market.indicators.trend import FloatArray

# What lies below this share of the figures themselves is rounding, neither spread nor residual.
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope·x and how far it can be trusted; NaN where the figures do not say."""

    slope: float
    intercept: float
    r_squared: float
    slope_error: float  # Newey-West
    slope_t: float
    residual: float  # of the last point
    residual_sigma: float  # the same in standard deviations of the residuals
    durbin_watson: float  # 2 without memory from point to point, towards 0 with a long one


NO_LINE = Line(nan, nan, nan, nan, nan, nan, nan, nan)


def lags(count: int) -> int:
    """Return how many lags the errors allow for: floor(4·(n / 100)^(2/9)), the rule of Newey and West (1994).

    >>> lags(100), lags(250), lags(3000)
    (4, 4, 8)
    """
    return floor(float(4 * (count / 100) ** (2 / 9)))


def fit_line(x: FloatArray, y: FloatArray) -> Line:
    """Return the least-squares line of y on x with a heteroskedasticity- and autocorrelation-robust error.

    The error of the slope is that of Newey and West (1987): Bartlett weights 1 - l / (L + 1) over L = :func:`lags`
    lags, with the small-sample factor n / (n - 2). Standard deviations of residuals have n - 2 degrees of freedom.

    Parameters
    ----------
    x, y : float64, shape (n,)
        No NaN; points in the order of time.

    Returns
    -------
    Line
        ``NO_LINE`` with fewer than 3 points or when all x are equal. Where the line meets every point, the errors are
        0 and ``slope_t``, ``residual_sigma`` and ``durbin_watson`` are NaN; where all y are equal, ``r_squared`` is.

    Examples
    --------
    >>> line = fit_line(np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 3.0, 4.0, 6.0]))
    >>> round(line.slope, 6), round(line.intercept, 6), round(line.r_squared, 6)
    (1.6, 1.1, 0.984615)
    """
    count = len(x)
    if count < 3:
        return NO_LINE
    mean_x, mean_y = float(x.mean()), float(y.mean())
    u, v = x - mean_x, y - mean_y
    spread_x, spread_y = float(u @ u), float(v @ v)
    if spread_x <= _ROUNDING**2 * count * mean_x**2:
        return NO_LINE
    slope = float(u @ v) / spread_x
    residuals = v - slope * u
    left = float(residuals @ residuals)
    r_squared = 1 - left / spread_y if spread_y > 0 else nan
    intercept = mean_y - slope * mean_x
    if left <= _ROUNDING**2 * spread_y:
        return Line(slope, intercept, r_squared, 0.0, nan, float(residuals[-1]), nan, nan)
    error = sqrt(_long_run(u * residuals, lags(count)) * count / (count - 2)) / spread_x
    steps = np.diff(residuals)
    return Line(
        slope=slope,
        intercept=intercept,
        r_squared=r_squared,
        slope_error=error,
        slope_t=slope / error if error > 0 else nan,
        residual=float(residuals[-1]),
        residual_sigma=float(residuals[-1]) / sqrt(left / (count - 2)),
        durbin_watson=float(steps @ steps) / left,
    )


def _long_run(scores: FloatArray, reach: int) -> float:
    """Return Σ Σ w(|i - j|)·s(i)·s(j) with Bartlett weights w(l) = 1 - l / (reach + 1).

    Those weights are the overlap of two runs of reach + 1 points, so the double sum is the sum of squares of all
    running sums of that length: one pass, and never negative.
    """
    total = np.concatenate((np.zeros(reach + 1), np.cumsum(scores), np.full(reach, scores.sum())))
    runs = total[reach + 1 :] - total[: -(reach + 1)]
    return float(runs @ runs) / (reach + 1)
