"""How far two orders go together: Kendall's tau-b, from a table of counts or from a few pairs, with its p-value.

What lives here: arithmetic of ranks. What does not: what is ranked. Written by hand because it is short; the tests hold
it against counting every pair, and against every permutation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import erfc, factorial, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rongheng.basics.errors import UsageError

_EXACT_UP_TO = 8  # 40,320 orders


@dataclass(frozen=True, slots=True)
class Association:
    """One tau-b with the probability of one as far from 0 (or as high) if the two orders had nothing to do with
    each other; ``method`` says how that was found: ``exact`` or ``normal``.
    """

    tau: float
    p_value: float
    count: int
    method: str


def tau_b(table: ArrayLike) -> Association:
    """Return Kendall's tau-b of a table of counts whose rows and columns both stand in their order.

    Ties are what such a table is made of; the variance is corrected for them. The p-value is two-sided, by the normal
    approximation, and means little for fewer than some dozens of counts.

    Parameters
    ----------
    table : int, shape (n_rows, n_columns)
        Counts, zero or more.

    Returns
    -------
    Association
        ``tau`` from -1 to 1; 1 where no pair disagrees and none is tied in one of the two alone.

    Raises
    ------
    UsageError
        All counts stand in one row or one column, so that there is no order to compare.

    Source
    ------
    M. G. Kendall, Rank Correlation Methods, 4th ed., 1970, chapters 3 and 4

    Examples
    --------
    >>> tau_b([[2, 0], [0, 2]]).tau, round(tau_b([[2, 1], [1, 2]]).tau, 4)
    (1.0, 0.3333)
    """
    counts = np.asarray(table, dtype=np.int64)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    count = int(counts.sum())
    pairs = count * (count - 1) // 2
    untied = [pairs - int((sums * (sums - 1) // 2).sum()) for sums in (rows, columns)]
    if min(untied) <= 0:
        raise UsageError("Everything stands in one row or one column; expected at least two of each to compare.")
    score = _concordant(counts) - _concordant(counts[:, ::-1])
    spread = sqrt(_variance(count, rows.tolist(), columns.tolist()))
    p_value = erfc(abs(score) / spread / sqrt(2))
    return Association(score / sqrt(untied[0] * untied[1]), p_value, count, "normal")


def _concordant(counts: NDArray[np.int64]) -> int:
    """Return how many pairs stand in the same order in rows and columns."""
    below_right = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1), dtype=np.int64)
    below_right[:-1, :-1] = counts[::-1, ::-1].cumsum(axis=0).cumsum(axis=1)[::-1, ::-1]
    return int((counts * below_right[1:, 1:]).sum())


def _variance(count: int, rows: Sequence[int], columns: Sequence[int]) -> float:
    """Return the variance of the score when the orders are unrelated, given the ties of both."""

    def total(sums: Sequence[int], *shifts: int) -> int:
        return sum(int(np.prod([size + shift for shift in (0, *shifts)], dtype=object)) for size in sums)

    def spread(sums: Sequence[int]) -> int:
        return sum(size * (size - 1) * (2 * size + 5) for size in sums)

    plain = (spread([count]) - spread(rows) - spread(columns)) / 18
    pairs = total(rows, -1) * total(columns, -1) / (2 * count * (count - 1))
    if count < 3:
        return plain + pairs
    triples = total(rows, -1, -2) * total(columns, -1, -2) / (9 * count * (count - 1) * (count - 2))
    return plain + pairs + triples


def exact_tau(first: Sequence[float], second: Sequence[float]) -> Association:
    """Return tau-b of a few pairs; the p-value is one-sided (as high or higher), over every order of ``second``.

    Raises
    ------
    UsageError
        Fewer than 3 or more than 8 pairs, or one of the two does not vary.

    Examples
    --------
    >>> exact_tau([1, 2, 3], [1, 2, 3])  # one of six orders is as high
    Association(tau=1.0, p_value=0.16666666666666666, count=3, method='exact')
    """
    count = len(first)
    if count != len(second) or not 3 <= count <= _EXACT_UP_TO:
        raise UsageError(f"{count} and {len(second)} values; expected 3 to {_EXACT_UP_TO} pairs for an exact test.")
    signs = _signs(first)
    untied = int(np.abs(signs).sum()), int(np.abs(_signs(second)).sum())
    if min(untied) == 0:
        raise UsageError("All values are the same; expected at least two different ones to compare.")
    own = _signs(second)
    observed = int((signs * own).sum())
    as_high = sum(int((signs * own[np.ix_(order, order)]).sum()) >= observed for order in permutations(range(count)))
    return Association(observed / sqrt(untied[0] * untied[1]), as_high / factorial(count), count, "exact")


def _signs(values: Sequence[float]) -> NDArray[np.int64]:
    """Return, for each two values, 1 where the second is higher, -1 where it is lower, 0 where they are equal."""
    array = np.asarray(values, dtype=np.float64)
    return np.sign(array[np.newaxis, :] - array[:, np.newaxis]).astype(np.int64)
