"""Turn contracts into legs: what the kernels carry back.

What lives here: payoffs, and the grids on which they are valued. What does not: the carrying back (``kernels.py``).

A contract's worth is split in three. The *base* is what a knocked-in client gets far below every barrier, whose worth
is a forward: closed form. The *knocked-in part* adds the rest of the payoff after a knock-in; it only meets the monthly
knock-outs, so that a coarse grid and a step a month do. The *premium* is what not being knocked in is worth on top; it
lives between the knock-in line and the barriers, needs every session, and therefore has a short fine grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.market.derivatives.snowball.columns import SIGMAS, Floats, Ints, Legs, Observations, Pieces
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.schedule import BP, Schedule, schedule
from rongheng.market.derivatives.snowball.table import KnockInDays

FINE_STEP, COARSE_STEP = 0.6, 0.5  # in standard deviations of a session's, and of an observation's, move
_LINE_NODE = 3  # two nodes below the line correct the cut, and one more bounds them
_MORE_NODES = 8  # above the highest barrier: those that correct its cut, and room to round

Payoff = Callable[["_Terms", Floats], tuple[Floats, Floats]]  # cash and slope at levels, one row a contract


@dataclass(frozen=True)
class Base:
    """What is left far below every barrier: cash + slope × level, discounted to today; one row a contract."""

    cash: Floats
    slope: Floats


@dataclass(frozen=True)
class BookLegs:
    """The legs of a book; ``contract`` says whose each is; from leg ``n_contracts`` on they are premiums."""

    legs: Legs
    seen: Observations
    pieces: Pieces
    base: Base
    contract: Ints
    n_contracts: int
    reach: int  # nodes on either side that the widest move needs


@dataclass(frozen=True)
class _Terms:
    """Terms as columns, one row a contract: levels are of the initial one, amounts shares of the notional."""

    initial: Floats
    floor: Floats
    strike: Floats
    line: Floats
    out: Floats  # the barrier at maturity
    paid: Floats  # at and above it
    kept: Floats  # when never knocked in nor out
    has_premium: NDArray[np.bool_]
    is_single: NDArray[np.bool_]  # the line is looked at on the last day alone, or there is none


@dataclass(frozen=True)
class _Moves:
    """Growth and variance of the index up to each observation, and from the one before."""

    total_variance: Floats
    total_growth: Floats
    sessions: Ints  # from the observation before
    variance: Floats
    mean: Floats


@dataclass(frozen=True)
class _Part:
    """The legs of one kind, before they are joined."""

    seen: Observations
    counts: Ints  # observations of each leg
    pieces: Pieces
    piece_counts: Ints
    origin: Floats
    step: Floats
    nodes: Ints
    line_node: int
    rho: float


def book_legs(
    frame: pl.DataFrame, market: SnowballMarket, *, fine: float = FINE_STEP, coarse: float = COARSE_STEP
) -> BookLegs:
    """Return the legs of checked contracts whose indices the market has; ``fine`` and ``coarse`` are steps in s.d."""
    ahead = schedule(frame).after(market.session)
    rows = _index_rows(frame, market)
    moves, terms = _moves(rows[ahead.contract], ahead, market), _terms(frame, ahead)
    last = ahead.first[1:] - 1
    worth = market.discount(ahead.day)
    base, counts, pieces = _pieces(terms, _knocked_or_single, worth[last])
    growth = moves.total_growth[last][ahead.contract] - moves.total_growth
    cash = worth * (1.0 + ahead.coupon) - base.cash[ahead.contract]
    slope = -base.slope[ahead.contract] * np.exp(growth)
    barrier = np.log(terms.initial[ahead.contract] * ahead.barrier)
    ones = np.ones(len(worth), dtype=np.int64)
    seen = Observations(ones, moves.variance, moves.mean, barrier, cash, slope)
    knocked = _knocked_part(ahead, seen, counts, pieces, coarse)
    premium = _premium_part(terms, ahead, seen, moves, worth[last], fine)
    today = Base(base.cash, base.slope * np.exp(moves.total_growth[last]))
    owner = np.concatenate([np.arange(frame.height), np.flatnonzero(terms.has_premium)])
    return _joined(knocked, premium, today, owner, rows)


def _index_rows(frame: pl.DataFrame, market: SnowballMarket) -> Ints:
    places = {name: place for place, name in enumerate(market.indices)}
    return np.array([places[name] for name in frame["index"].to_list()], dtype=np.int64)


def _moves(rows: Ints, ahead: Schedule, market: SnowballMarket) -> _Moves:
    sessions = market.sessions_ahead(ahead.day)
    variance, growth = np.zeros(len(sessions)), np.zeros(len(sessions))
    for row, index in enumerate(market.indices.values()):
        own = rows == row
        variance[own] = index.total_variance(sessions[own], year=market.year)
        growth[own] = index.log_forward(sessions[own], year=market.year)
    between = _differences(variance, ahead)
    mean = _differences(growth, ahead) - 0.5 * between
    return _Moves(variance, growth, _differences(sessions, ahead).astype(np.int64), between, mean)


def _differences(totals: Floats | Ints, ahead: Schedule) -> Floats:
    """Return what is added since the contract's observation before, or since today."""
    values: Floats = totals.astype(np.float64)
    before = np.concatenate([[0.0], values[:-1]])
    before[ahead.first[:-1]] = 0.0
    added: Floats = values - before
    return added


def _terms(frame: pl.DataFrame, ahead: Schedule) -> _Terms:
    last = ahead.first[1:] - 1
    line = frame["knock_in_bp"].to_numpy() / BP
    out = ahead.barrier[last]
    knocked = frame["knocked_in"].to_numpy()
    daily = frame["knock_in_days"].to_numpy() == KnockInDays.DAILY.value
    return _Terms(
        initial=frame["initial_points"].to_numpy(),
        floor=frame["floor_bp"].to_numpy() / BP,
        strike=frame["strike_bp"].to_numpy() / BP,
        line=line,
        out=out,
        paid=1.0 + ahead.coupon[last],
        kept=1.0 + ahead.kept,
        has_premium=daily & ~knocked & (line > 0) & (line < out),
        is_single=~knocked & ((line <= 0) | ~daily),
    )


def _knocked(terms: _Terms, level: Floats) -> tuple[Floats, Floats]:
    """Return the payoff at maturity after a knock-in: the client bears the fall from the strike, down to the floor."""
    is_lost = level < _column(terms.strike)
    is_floored = level < _column(terms.floor + terms.strike - 1.0)
    is_out = level >= _column(terms.out)
    below = np.where(is_floored, _column(terms.floor), np.where(is_lost, 1.0 - _column(terms.strike), 1.0))
    cash = np.where(is_out, _column(terms.paid), below)
    slope = np.where(is_lost & ~is_floored & ~is_out, 1.0, 0.0)
    return cash, slope


def _knocked_or_single(terms: _Terms, level: Floats) -> tuple[Floats, Floats]:
    """Return the same, or for a line that is only looked at here what the contract pays on either side of it."""
    cash, slope = _knocked(terms, level)
    is_kept = _column(terms.is_single) & (level >= _column(terms.line)) & (level < _column(terms.out))
    single: Floats = np.where(is_kept, _column(terms.kept), cash)
    return single, np.where(is_kept, 0.0, slope)


def _premium(terms: _Terms, level: Floats) -> tuple[Floats, Floats]:
    """Return what a client who was never knocked in gets at maturity on top of one who was."""
    cash, slope = _knocked(terms, level)
    is_kept = (level >= _column(terms.line)) & (level < _column(terms.out))
    return np.where(is_kept, _column(terms.kept) - cash, 0.0), np.where(is_kept, -slope, 0.0)


def _column(values: Floats | NDArray[np.bool_]) -> Any:
    return values[:, None]


def _pieces(terms: _Terms, payoff: Payoff, worth: Floats) -> tuple[Base, Ints, Pieces]:
    """Return a payoff as what holds below every edge, and what each edge adds: how many a contract, and which."""
    low = terms.floor + terms.strike - 1.0
    edges = [np.where(low > 0, low, terms.strike), terms.strike, np.where(terms.line > 0, terms.line, terms.out)]
    edge = np.sort(np.stack([*edges, terms.out], axis=1), axis=1)
    bounds = np.concatenate([edge[:, :1] * 0.5, edge, edge[:, -1:] * 2.0], axis=1)
    cash, slope = payoff(terms, 0.5 * (bounds[:, 1:] + bounds[:, :-1]))
    cash, slope = cash * _column(worth), slope * _column(worth / terms.initial)
    more_cash, more_slope = np.diff(cash, axis=1), np.diff(slope, axis=1)
    is_edge = (more_cash != 0) | (more_slope != 0)  # of two edges in one place, the first brings all that they bring
    levels = np.log(edge * _column(terms.initial))
    pieces = Pieces(levels[is_edge], more_cash[is_edge], more_slope[is_edge])
    return Base(cash[:, 0], slope[:, 0]), is_edge.sum(axis=1), pieces


def _knocked_part(ahead: Schedule, seen: Observations, counts: Ints, pieces: Pieces, coarse: float) -> _Part:
    """Return the legs of what is left after a knock-in: one move from observation to observation."""
    spread = np.sqrt(seen.variance)
    between = np.where(np.arange(len(spread)) == ahead.first[ahead.contract], np.inf, spread)
    least = np.minimum.reduceat(between, ahead.first[:-1])
    step = coarse * np.where(np.isfinite(least), least, spread[ahead.first[:-1]])
    lowest = np.minimum.reduceat(seen.barrier, ahead.first[:-1])
    np.minimum.at(lowest, np.repeat(np.arange(len(counts)), counts), pieces.edge)
    total = np.add.reduceat(seen.variance, ahead.first[:-1])
    drift = np.add.reduceat(np.abs(seen.mean), ahead.first[:-1])
    origin = lowest - SIGMAS * np.sqrt(total) - total - drift
    highest = np.maximum.reduceat(seen.barrier, ahead.first[:-1])
    return _Part(
        seen=seen,
        counts=np.diff(ahead.first),
        pieces=pieces,
        piece_counts=counts,
        origin=origin,
        step=step,
        nodes=np.ceil((highest - origin) / step).astype(np.int64) + _MORE_NODES,
        line_node=-1,
        rho=float(np.max(spread / step[ahead.contract])),
    )


def _premium_part(
    terms: _Terms, ahead: Schedule, seen: Observations, moves: _Moves, worth: Floats, fine: float
) -> _Part | None:
    """Return the legs of what not being knocked in is worth: one move a session, on a grid that begins at the line."""
    own = terms.has_premium
    if not own.any():
        return None
    here = own[ahead.contract]
    counts = np.diff(ahead.first)[own]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    leg = np.repeat(np.arange(len(counts)), counts)
    nothing = np.zeros(int(here.sum()))
    daily = Observations(
        moves.sessions[here], seen.variance[here], seen.mean[here], seen.barrier[here], nothing, nothing
    )
    spread = np.sqrt(daily.variance / daily.substeps)
    step = fine * np.minimum.reduceat(spread, first)
    origin = np.log(terms.initial * np.where(own, terms.line, 1.0))[own] - _LINE_NODE * step
    reached = daily.barrier + SIGMAS * np.sqrt(daily.variance) + np.abs(daily.mean)
    highest = np.maximum.reduceat(reached, first)
    _, n_pieces, pieces = _pieces(terms, _premium, worth)
    wanted = np.repeat(own, n_pieces)
    return _Part(
        seen=daily,
        counts=counts,
        pieces=Pieces(pieces.edge[wanted], pieces.cash[wanted], pieces.slope[wanted]),
        piece_counts=n_pieces[own],
        origin=origin,
        step=step,
        nodes=np.ceil((highest - origin) / step).astype(np.int64) + _MORE_NODES,
        line_node=_LINE_NODE,
        rho=float(np.max(spread / step[leg])),
    )


def _joined(knocked: _Part, premium: _Part | None, base: Base, owner: Ints, rows: Ints) -> BookLegs:
    parts = [knocked] if premium is None else [knocked, premium]
    legs = Legs(
        first=_ends([part.counts for part in parts]),
        first_piece=_ends([part.piece_counts for part in parts]),
        origin=np.concatenate([part.origin for part in parts]),
        step=np.concatenate([part.step for part in parts]),
        nodes=np.concatenate([part.nodes for part in parts]),
        line_node=np.repeat([part.line_node for part in parts], [len(part.counts) for part in parts]),
        spots=rows[owner],
    )
    seen = Observations(*(np.concatenate(columns) for columns in zip(*(part.seen for part in parts), strict=True)))
    pieces = Pieces(*(np.concatenate(columns) for columns in zip(*(part.pieces for part in parts), strict=True)))
    reach = int(np.ceil(SIGMAS * max(part.rho for part in parts))) + 1
    return BookLegs(legs, seen, pieces, base, owner, len(rows), reach)


def _ends(counts: list[Ints]) -> Ints:
    ends: Ints = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return ends
