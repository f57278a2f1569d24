"""How far a series stands off its straight line on another, the line being drawn anew on every session.

What lives here: the residual alone, in one pass. What does not: the line's other figures and their errors (``fit``,
``regression``), which take far longer.
"""

from __future__ import annotations

import numpy as np

from rongheng.market.indicators.trend import FloatArray


def fitted_so_far(x: FloatArray, y: FloatArray, *, least: int) -> FloatArray:
    """Return for each position what the least-squares line through all pairs up to it gives there.

    Parameters
    ----------
    x, y : float64, shape (n,)
        NaN where there is no figure; a pair that lacks one is passed over.
    least : int
        With fewer pairs than this there is no line, and NaN is returned, as where the pair itself is missing or all
        x so far are the same.

    Examples
    --------
    >>> fitted_so_far(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]), least=2).round(3).tolist()
    [nan, 2.0, 5.5]
    """
    fitted = np.full(len(x), np.nan)
    at = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    if not len(at):
        return fitted
    # Sums of squares lose digits where the values are large beside their spread: centre them on the first pair.
    u, v = x[at] - x[at[0]], y[at] - y[at[0]]
    count = np.arange(1, len(at) + 1)
    mean_u, mean_v = np.cumsum(u) / count, np.cumsum(v) / count
    spread = np.cumsum(u * u) / count - mean_u**2
    drawn = (count >= least) & (spread > 1e-12)
    slope = np.divide(np.cumsum(u * v) / count - mean_u * mean_v, spread, out=np.zeros_like(u), where=drawn)
    fitted[at] = np.where(drawn, y[at[0]] + mean_v + slope * (u - mean_u), np.nan)
    return fitted
