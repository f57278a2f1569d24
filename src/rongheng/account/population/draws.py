"""Random draws of a synthetic book: one stream of numbers for each account, so that no split of the work changes it.

What lives here: kernels that fill arrays. What does not: what the numbers are fitted to (``make.py``). Each account has
its own generator, started from the seed and the account's number (SplitMix64), so the same seed makes the same book on
any number of threads, and the first thousand accounts of a large book are the book of a thousand.

Source
------
Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014): SplitMix64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rongheng.basics.compiled import Int, inner, kernel

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
State = NDArray[np.uint64]  # one word

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2^-53
_LOT = 100  # what is held comes in round lots
_MOST_SHARES = 2_000_000_000
_TRIES = 8
_TAIL_SHARE, _TAIL_POWER = 0.02, 0.7  # of the accounts are beyond the lognormal; the tail's index is 1 / 0.7


@inner
def next_word(state: State) -> np.uint64:
    """Return the next 64 bits of the generator whose state is ``state[0]``."""
    state[0] += _GOLDEN
    word = state[0]
    word = (word ^ (word >> np.uint64(30))) * _MIX_1
    word = (word ^ (word >> np.uint64(27))) * _MIX_2
    return np.uint64(word ^ (word >> np.uint64(31)))


@inner
def uniform(state: State) -> float:
    """Return a number from 0 to below 1."""
    return float(next_word(state) >> np.uint64(11)) * _TO_UNIT


@inner
def normal(state: State) -> float:
    """Return a standard normal number (Box and Muller)."""
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform(state)))
    return float(radius * np.cos(2.0 * np.pi * uniform(state)))


@inner
def begin(state: State, seed: Int, account: Int, purpose: Int) -> None:
    """Start the generator of one account for one purpose."""
    state[0] = np.uint64(seed) * _MIX_1 + np.uint64(account) * _MIX_2 + np.uint64(purpose) * _GOLDEN
    next_word(state)


@kernel
def draw_counts(seed: Int, mean_log: float, deviation: float, most: Int, counts: Int64, state: State) -> None:
    """Draw how many positions each account holds: lognormal, at least 1; ``state`` is room to work in."""
    for account in range(len(counts)):
        begin(state, seed, account, 1)
        drawn = np.int64(np.exp(mean_log + deviation * normal(state)) + 0.5)
        counts[account] = max(1, min(most, drawn))


@kernel
def draw_positions(
    seed: Int,
    first: Int,
    last: Int,
    starts: Int64,
    accept: Float64,
    other: NDArray[np.uint16],
    price: Int64,
    client: NDArray[np.uint8],
    mean_log: Float64,
    deviation: float,
    code: NDArray[np.uint16],
    quantity: NDArray[np.int32],
    kept: Int64,
    state: State,
) -> None:
    """Draw what accounts ``first`` to ``last`` hold: different securities by popularity, in round lots.

    ``accept`` and ``other`` are the popularity as an alias table (Walker); a security drawn twice is drawn again, a few
    times. ``kept`` gets how many positions remain. Wealth is lognormal around ``mean_log`` of its client type with a
    Pareto tail; it is spread unevenly over the positions.
    """
    n_securities = len(accept)
    for account in range(first, last):
        begin(state, seed, account, 2)
        start, drawn = starts[account], starts[account + 1] - starts[account]
        place = start
        for _ in range(drawn):
            before = place
            for _ in range(_TRIES):
                pick = np.int64(uniform(state) * n_securities)
                found = pick if uniform(state) < accept[pick] else np.int64(other[pick])
                place = _insert(code, start, place, found)
                if place > before:
                    break
        kept[account] = place - start
        wealth = np.exp(mean_log[np.int64(client[account])] + deviation * normal(state)) * np.sqrt(float(drawn))
        if uniform(state) < _TAIL_SHARE:
            wealth *= (1.0 - uniform(state)) ** -_TAIL_POWER
        for i in range(start, place):
            target = wealth * (0.25 + 1.5 * uniform(state)) / float(place - start)
            lots = int(target / float(price[np.int64(code[i])]) / _LOT)
            quantity[i] = min(max(lots, 1) * _LOT, _MOST_SHARES)


@inner
def _insert(code: NDArray[np.uint16], start: Int, end: Int, found: Int) -> Int:
    """Put a security among the sorted ones from ``start`` to ``end`` unless it is there; return the new end."""
    place = end
    while place > start and code[place - 1] > found:
        place -= 1
    if place > start and code[place - 1] == found:
        return end
    for i in range(end, place, -1):
        code[i] = code[i - 1]
    code[place] = found
    return end + 1


@kernel
def compact(starts: Int64, kept: Int64, code: NDArray[np.uint16], quantity: NDArray[np.int32]) -> None:
    """Close the gaps that securities drawn twice have left; afterwards spans of ``kept`` lie one after another."""
    to = 0
    for account in range(len(kept)):
        for i in range(starts[account], starts[account] + kept[account]):
            code[to], quantity[to] = code[i], quantity[i]
            to += 1


def alias_table(weights: Float64) -> tuple[Float64, NDArray[np.uint16]]:
    """Return Walker's alias table of these weights: draw a place, keep it with ``accept``, else take the other."""
    accept = weights / weights.sum() * len(weights)
    other = np.arange(len(weights), dtype=np.uint16)
    poor = [i for i, share in enumerate(accept) if share < 1.0]
    rich = [i for i, share in enumerate(accept) if share >= 1.0]
    while poor and rich:
        low, high = poor.pop(), rich[-1]
        other[low] = high
        accept[high] -= 1.0 - accept[low]
        if accept[high] < 1.0:
            poor.append(rich.pop())
    accept[[*poor, *rich]] = 1.0
    return accept, other
