"""Who holds what: of each security how many accounts hold it and how many shares, of all and of the indebted.

What lives here: one pass over the positions of a span. What does not: values, and the summary of which it becomes a
part (``summary.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks.marks import Marks
from rongheng.basics.compiled import Int, inner, kernel

Int64 = NDArray[np.int64]

LOW_BITS = 20  # of quantities, summed apart from the others: all the shares of a market may leave 64 bits
COLUMNS = 6  # holders, low and high bits of their shares, then the same of the indebted
OF_INDEBTED = COLUMNS // 2


def held_by_security(part: Marks, debt: Int64) -> Int64:
    """Return counts and shares by security: [code, column], whole numbers that add up over spans.

    Parameters
    ----------
    debt : of the marked accounts, in their order
    """
    layout = part.book.layout
    kind = part.is_marked.astype(np.uint8)
    kind[np.flatnonzero(part.is_marked)] += debt > 0
    held = np.zeros((len(part.book.securities), COLUMNS), dtype=np.int64)
    _count(kind, layout.starts, layout.code, layout.quantities(0, layout.n_positions), held)
    return held


def shares_of(columns: Int64) -> list[int]:
    """Return the shares whose low and high bits stand in columns 1 and 2."""
    return [int(low) + (int(high) << LOW_BITS) for _, low, high in columns]


@kernel
def _count(kind: NDArray[np.uint8], starts: Int64, code: NDArray[np.uint16], quantity: Int64, held: Int64) -> None:
    """Count the positions of accounts of kind 1, marked, and 2, marked and indebted."""
    for account in range(len(kind)):
        for i in range(np.uint64(starts[account]), np.uint64(starts[account + 1])):
            if kind[account] > 0:
                _add(np.int64(code[i]), quantity[i], 0, held)
            if kind[account] > 1:
                _add(np.int64(code[i]), quantity[i], OF_INDEBTED, held)


@inner
def _add(code: Int, quantity: Int, first: Int, held: Int64) -> None:
    held[code, first] += 1
    held[code, first + 1] += quantity & ((1 << LOW_BITS) - 1)
    held[code, first + 2] += quantity >> LOW_BITS
