"""Value contracts at any levels of their index: worth, delta and gamma, before and after a knock-in.

What lives here: the front of the quadrature engine, which allocates, shares the legs out to threads and puts the parts
together. What does not: payoffs (``legs.py``), quadrature (``kernels.py``), and money of a book (``book.py``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.market.derivatives.snowball.columns import Floats, room
from rongheng.market.derivatives.snowball.kernels import value_legs
from rongheng.market.derivatives.snowball.legs import COARSE_STEP, FINE_STEP, Base, BookLegs, book_legs
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.schedule import BP

_POINTS = 32  # of Gauss and Legendre over the last move
_LEGS_A_TASK = 128


@dataclass(frozen=True)
class Greeks:
    """Worth and slopes, shape (n_contracts, n_levels).

    ``worth`` is a share of the notional, principal included; ``delta`` is the worth's change in initial levels for a
    change of one initial level, so that notional / initial level × delta units of the index hedge it; ``gamma`` is the
    change of delta when the index moves by one per cent of where it stands.
    """

    worth: Floats
    delta: Floats
    gamma: Floats


@dataclass(frozen=True)
class Values:
    """Contracts at levels of their index (shape (n_contracts, n_levels)), in two states.

    ``before`` is a contract that has not knocked in (or that has, if its terms say so), ``after`` one that has, which a
    close under ``line`` makes it. Where a contract cannot knock in, both are the same.
    """

    level: Floats
    line: Floats
    before: Greeks
    after: Greeks

    def at_close(self) -> Greeks:
        """Return the contracts as they stand once that level has been a close: knocked in where under the line."""
        under = self.level < self.line
        pairs = zip(_arrays(self.after), _arrays(self.before), strict=True)
        return Greeks(*(np.where(under, after, before) for after, before in pairs))


def value(
    frame: pl.DataFrame,
    market: SnowballMarket,
    *,
    moves: Sequence[float] = (0.0,),
    at: Floats | None = None,
    fine: float = FINE_STEP,
    coarse: float = COARSE_STEP,
    threads: int | None = None,
) -> Values:
    """Return worth, delta and gamma of checked contracts at their index's level and at that level moved.

    One backward pass a contract serves every level.

    Parameters
    ----------
    frame : rows of the table of snowballs that ``check_contracts`` let through, of indices that the market has
    moves : relative moves of the index; 0 is today's level
    at : instead, the levels wanted for each contract, shape (n_contracts, n_levels)
    fine, coarse : steps of the grids in standard deviations; halving both shows the error that is left
    """
    book = book_legs(frame, market, fine=fine, coarse=coarse)
    levels = np.array([[index.spot * (1.0 + move) for move in moves] for index in market.indices.values()])
    if at is not None:
        book, levels = replace(book, legs=book.legs._replace(spots=book.contract)), at
    out = _carried(book, np.log(levels), threads or os.cpu_count() or 1)
    level = levels[book.legs.spots[: frame.height]]
    initial = frame["initial_points"].to_numpy()[:, None]
    after = out[: book.n_contracts] + _base(book.base, level)
    before = after.copy()
    before[book.contract[book.n_contracts :]] += out[book.n_contracts :]
    line = initial * frame["knock_in_bp"].to_numpy()[:, None] / BP
    return Values(level, line, _greeks(before, level, initial), _greeks(after, level, initial))


def _carried(book: BookLegs, levels: Floats, threads: int) -> Floats:
    """Return worth and derivatives of every leg, shape (n_legs, n_levels, 3)."""
    count = len(book.legs.origin)
    out = np.empty((count, levels.shape[1], 3))
    points, weights = _gauss_legendre()

    def work(first: int) -> None:
        last = min(first + _LEGS_A_TASK, count)
        scratch = room(int(book.legs.nodes[first:last].max()), book.reach)
        value_legs(first, last, book.legs, book.seen, book.pieces, levels, scratch, points, weights, out)

    tasks = range(0, count, _LEGS_A_TASK)
    if threads == 1 or len(tasks) == 1:  # a pool takes longer to start than one contract to value
        list(map(work, tasks))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, tasks))
    return out


@cache
def _gauss_legendre() -> tuple[Floats, Floats]:
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return points, weights


def _base(base: Base, level: Floats) -> Floats:
    rising = base.slope[:, None] * level
    return np.stack([base.cash[:, None] + rising, rising, rising], axis=2)


def _greeks(parts: Floats, level: Floats, initial: Floats) -> Greeks:
    """Turn derivatives by the logarithm into derivatives by the level."""
    worth, slope, bend = parts[..., 0], parts[..., 1], parts[..., 2]
    return Greeks(worth, slope * initial / level, (bend - slope) * initial / level * 0.01)


def _arrays(greeks: Greeks) -> tuple[NDArray[np.float64], ...]:
    return greeks.worth, greeks.delta, greeks.gamma
