"""Who is alive and who has knocked in, from one close to the next.

What lives here: the state of contracts and what a close does to it. What does not: worth and hedges (``replay.py``).

A close strictly under the line knocks in (敲入); a close at or above the barrier on an observation knocks out (敲出).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.schedule import BP, Schedule, day_of, schedule

_TEN_THOUSANDTHS: Final = 10_000  # closes are published with four decimals at most: levels are compared in whole ones

Truths = NDArray[np.bool_]


@dataclass
class State:
    """Contracts as the last close left them."""

    alive: Truths
    knocked: Truths


@dataclass(frozen=True)
class Events:
    """What one close did to each contract."""

    knocked_in: Truths
    knocked_out: Truths


def begin(frame: pl.DataFrame) -> State:
    """Return the contracts as they are stated: all alive."""
    return State(np.ones(frame.height, dtype=bool), frame["knocked_in"].to_numpy().copy())


def follow(
    frame: pl.DataFrame, closes: Mapping[str, Mapping[date, float]]
) -> Iterator[tuple[date, Mapping[str, float], State, Events]]:
    """Yield each session with its closes, the state that they leave, and their events; the state is moved on in place.

    Parameters
    ----------
    closes : for every index of the contracts, closes by session; one that a session lacks keeps its last one
    """
    whole, state = schedule(frame), begin(frame)
    spots: dict[str, float] = {}
    for session in sorted({day for path in closes.values() for day in path}):
        spots |= {name: path[session] for name, path in closes.items() if session in path}
        yield session, spots, state, closed(frame, whole, session, spots, state)


def closed(frame: pl.DataFrame, whole: Schedule, session: date, spots: Mapping[str, float], state: State) -> Events:
    """Return the events of a close, and move the state on; an index without a level has none."""
    levels = frame["index"].replace_strict(dict(spots), default=None, return_dtype=pl.Float64())
    close = _whole(levels.fill_null(np.nan).to_numpy())
    initial = _whole(frame["initial_points"].to_numpy())
    daily = (frame["knock_in_days"] == "daily").to_numpy() | (frame["maturity"] == session).to_numpy()
    under = close * BP < initial * frame["knock_in_bp"].to_numpy()
    knocked_in = state.alive & ~state.knocked & daily & under
    knocked_out = state.alive & _out(frame, whole, session, close, initial)
    state.knocked |= knocked_in
    state.alive &= ~knocked_out & (frame["maturity"] > session).to_numpy()
    return Events(knocked_in, knocked_out)


def _out(frame: pl.DataFrame, whole: Schedule, session: date, close: Floats, initial: Floats) -> Truths:
    """Say which contracts are observed on that session at or above their barrier."""
    out = np.zeros(frame.height, dtype=bool)
    seen = whole.day == day_of(session)
    owner = whole.contract[seen]
    barrier_bp = np.rint(whole.barrier[seen] * BP)
    out[owner] = close[owner] * BP >= initial[owner] * barrier_bp
    return out


def _whole(levels: Floats) -> Floats:
    """Return levels in whole ten-thousandths of a point, exact as floats up to 9e11 points."""
    whole: Floats = np.rint(levels * _TEN_THOUSANDTHS)
    return whole
