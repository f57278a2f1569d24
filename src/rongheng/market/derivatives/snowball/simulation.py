"""Value contracts by simulation: the cross-check of the quadrature engine, and nothing else's source.

What lives here: paths of closes under the same market, every session one step, and the contract read off them as its
terms say. What does not: the quadrature (``pricing.py``), with which it shares schedule, market and nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import polars as pl

from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.schedule import BP, Schedule, schedule
from rongheng.market.derivatives.snowball.table import KnockInDays

_BATCH = 20_000  # paths in memory at once; half of them mirror the other half


@dataclass(frozen=True)
class Simulated:
    """Estimates with their standard errors; worth and delta as in ``pricing.Greeks``."""

    worth: float
    worth_error: float
    delta: float
    delta_error: float
    paths: int


def simulate(contract: pl.DataFrame, market: SnowballMarket, *, paths: int, seed: int, bump: float = 0.01) -> Simulated:
    """Return worth and delta of one contract (a frame of one row) from mirrored pairs of paths.

    Delta is the difference of the same paths started ``bump`` above and below the level: common random numbers.

    Parameters
    ----------
    paths : how many; rounded up to whole batches
    seed : of the generator; the same seed gives the same bits
    """
    game = _Game(contract, market)
    generator = np.random.default_rng(seed)
    batches = -(-paths // _BATCH)
    pairs = np.concatenate([_batch(game, generator, bump) for _ in range(batches)], axis=1)
    slopes = (pairs[1] - pairs[2]) / (2 * bump) * game.initial / game.spot
    count = pairs.shape[1]
    return Simulated(
        worth=float(pairs[0].mean()),
        worth_error=float(pairs[0].std(ddof=1) / sqrt(count)),
        delta=float(slopes.mean()),
        delta_error=float(slopes.std(ddof=1) / sqrt(count)),
        paths=batches * _BATCH,
    )


class _Game:
    """One contract as a path meets it: what is looked at on which session, in logarithms from today's level."""

    def __init__(self, contract: pl.DataFrame, market: SnowballMarket) -> None:
        assert contract.height == 1, "one contract is simulated at a time"
        self.terms = contract.row(0, named=True)
        index = market.indices[self.terms["index"]]
        self.spot, self.initial = index.spot, self.terms["initial_points"]
        ahead: Schedule = schedule(contract).after(market.session)
        self.observed = {int(step): place for place, step in enumerate(market.sessions_ahead(ahead.day))}
        self.barrier = np.log(ahead.barrier * self.initial / self.spot)
        self.discounted = market.discount(ahead.day) * (1.0 + ahead.coupon)
        self.last_discount = float(market.discount(ahead.day[-1:])[0])
        self.kept = 1.0 + float(ahead.kept[0])
        self.steps = max(self.observed)
        line = self.terms["knock_in_bp"] / BP
        self.line = log(line * self.initial / self.spot) if line > 0 else -np.inf
        self.mean, self.spread = self._steps(market)

    def _steps(self, market: SnowballMarket) -> tuple[Floats, Floats]:
        """Return mean and deviation of every session's move; the volatility is level between two observations."""
        ends = np.array([0, *sorted(self.observed)])
        index = market.indices[self.terms["index"]]
        counts = np.diff(ends)
        variance = np.diff(index.total_variance(ends, year=market.year)) / counts
        growth = np.diff(index.log_forward(ends, year=market.year)) / counts
        return np.repeat(growth - 0.5 * variance, counts), np.repeat(np.sqrt(variance), counts)

    def looks_at_line(self, step: int) -> bool:
        """Say whether a close under the line knocks in on that step."""
        return self.terms["knock_in_days"] == KnockInDays.DAILY.value or step == self.steps

    def at_maturity(self, level: Floats, knocked: Floats) -> Floats:
        """Return what is paid at maturity to who was never knocked out."""
        ratio = np.exp(level) * self.spot / self.initial
        floor, strike = self.terms["floor_bp"] / BP, self.terms["strike_bp"] / BP
        lost = np.maximum(1.0 - np.maximum(strike - ratio, 0.0), floor)
        paid: Floats = self.last_discount * np.where(knocked, lost, self.kept)
        return paid


def _batch(game: _Game, generator: np.random.Generator, bump: float) -> Floats:
    """Return the means of mirrored paths' payments from the level, above it and below it: shape (3, pairs)."""
    half = _BATCH // 2
    shifts = np.log1p([0.0, bump, -bump])[:, None]
    level = np.zeros(_BATCH)
    knocked = np.full((3, _BATCH), game.terms["knocked_in"])
    paid, alive = np.zeros((3, _BATCH)), np.full((3, _BATCH), fill_value=True)
    for step in range(1, game.steps + 1):
        draws = generator.standard_normal(half)
        level += game.mean[step - 1]
        level[:half] += game.spread[step - 1] * draws
        level[half:] -= game.spread[step - 1] * draws
        if game.looks_at_line(step):
            knocked |= level < game.line - shifts
        if step in game.observed:
            place = game.observed[step]
            out = alive & (level >= game.barrier[place] - shifts)
            paid[out] = game.discounted[place]
            alive &= ~out
    paid = np.where(alive, game.at_maturity(level + shifts, knocked), paid)
    return 0.5 * (paid[:, :half] + paid[:, half:])
