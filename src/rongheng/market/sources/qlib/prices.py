"""From back-adjusted 32-bit floats to the prices that were printed: exact again, or not taken.

An adjusted price was made as printed price × factor, and both it and the factor were rounded to 24 bits, so that their
quotient is the printed price to within two roundings: a relative error of 2⁻²³. Printed prices are whole ticks.
Rounding the quotient to the tick gives the printed price back as long as the error stays under half a tick (up to some
20,000 yuan); a quotient that lies further from a tick than that was never a printed price times that factor.

What does not live here: which rows and cells go to quarantine for it (``stock_bars``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntColumn = NDArray[np.int64]
DoubleColumn = NDArray[np.float64]

PRICE_ERROR = 2.0**-22  # relative: two roundings to 24 bits, doubled
REFERENCE_ERROR = 2e-6  # relative: factors are printed to six decimals before they are rounded
_HALF = 0.5


def to_tick(prices: DoubleColumn, *, tick_milli: int, error: float) -> tuple[IntColumn, NDArray[np.bool_]]:
    """Return prices in yuan as whole milli-yuan on a tick, and which of them lie on one.

    Parameters
    ----------
    prices : float64, yuan
        NaN and what is not above zero never lies on a tick.
    tick_milli : the price tick
    error : the relative error that a price may carry

    Returns
    -------
    (int64 milli-yuan, bool)
        A price that is not on a tick within its error is 0.

    Examples
    --------
    >>> to_tick(np.array([20.739999, 20.7437, np.nan]), tick_milli=10, error=PRICE_ERROR)
    (array([20740,     0,     0]), array([ True, False, False]))
    """
    ticks = prices * (1_000 / tick_milli)
    with np.errstate(invalid="ignore"):
        nearest = np.floor(ticks + _HALF)
        allowed = np.minimum(ticks * error, np.nextafter(_HALF, 0))
        good = (nearest >= 1) & (np.abs(ticks - nearest) <= allowed)
    return np.where(good, nearest, 0).astype(np.int64) * tick_milli, good
