"""How sure a share is that was counted from few cases."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054  # of the normal distribution, two-sided 95 %


def wilson(share: float, *, count: float, z: float = Z_95) -> tuple[float, float]:
    """Return the interval in which the true share lies with the confidence of ``z`` (Wilson 置信区间).

    It stays within 0 and 1 and keeps a width where all cases or none agree, which the plain normal interval does not.

    Parameters
    ----------
    share : float, from 0 to 1
        The share that was observed.
    count : float, above 0
        How many independent cases it was counted from; cases that overlap are not independent.

    Source
    ------
    E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(1.0, count=6)]  # six of six: the low end is 6 / (6 + z²)
    [0.61, 1.0]
    """
    assert count > 0, "a share of no cases"
    spread = z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(middle - half, 0.0), min(middle + half, 1.0)
