"""Our own assets kernel in floats, for what exactness costs; and what floats misjudge of accounts at their lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers.work import Work
from rongheng.account.marks.lean import TOGETHER
from rongheng.basics.compiled import Int, kernel
from rongheng.basics.money import BP

Int64 = NDArray[np.int64]
Floats = NDArray[Any]


@kernel
def assets_in_floats(
    first: Int,
    last: Int,
    starts: Int64,
    cash: Floats,
    code: NDArray[np.uint16],
    quantity: NDArray[np.int32],
    price: Floats,
    assets: Floats,
    running: Floats,
) -> None:
    """Value accounts as ``account.marks.lean.assets_alone`` does, in the floats of its arguments."""
    for block in range(first, last, TOGETHER):
        past = min(block + TOGETHER, last)
        begin, end = np.uint64(starts[block]), np.uint64(starts[past])
        total = price[0] * 0
        if end - begin < np.uint64(len(running)):
            running[0] = 0
            for i in range(begin, end):
                total += quantity[i] * price[np.uint64(code[i])]
                running[i - begin + np.uint64(1)] = total
            before = price[0] * 0
            for account in range(np.uint64(block), np.uint64(past)):
                after = running[np.uint64(starts[account + np.uint64(1)]) - begin]
                assets[account] = cash[account] + after - before
                before = after
        else:
            for account in range(block, past):
                total = cash[account]
                for i in range(np.uint64(starts[account]), np.uint64(starts[account + 1])):
                    total += quantity[i] * price[np.uint64(code[i])]
                assets[account] = total


def misjudged(assets: Int64, debt: Int64, line_bp: Int64, dtype: type[np.floating[Any]]) -> int:
    """Return how many accounts a division of yuan in floats puts on the wrong side of their line."""
    owes = debt > 0
    a, d, line = assets[owes], debt[owes], line_bp[owes]
    ratio = (a / 1_000).astype(dtype) / (d / 1_000).astype(dtype)
    return int(((ratio < (line / BP).astype(dtype)) != (a * BP < d * line)).sum())


def on_their_lines(work: Work, count: int = 1_000_000) -> tuple[Int64, Int64, Int64]:
    """Return assets, debt and line of accounts that stand exactly on a line, as those who topped up do."""
    random = np.random.default_rng(7)
    lines = np.unique(work.lines[work.lines > 0])
    line = lines[random.integers(0, len(lines), count)]
    debt = random.integers(10**4, 10**9, count) * 100  # tenths of a yuan, so that the line is met in whole fen
    return debt * line // BP, debt, line
