"""Replay a path of closes over a book: who knocks in or out on which day, and what the hedge trades.

What lives here: the state of contracts from close to close. What does not: a single day's worth (``pricing.py``) and
where closes come from. Volatility and carry stay as the market has them: a replay shows what the level alone does.

A close strictly under the line knocks in (敲入); a close at or above the barrier on an observation knocks out (敲出).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.basics.errors import UsageError
from rongheng.market.derivatives.snowball.book import of_volume, points_value, units
from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.pricing import value
from rongheng.market.derivatives.snowball.schedule import BP, Schedule, day_of, schedule

_MILLI = 1000
_TEN_THOUSANDTHS = 10_000  # closes are published with four decimals at most: levels are compared in whole ones

Path = Mapping[date, float]
Truths = NDArray[np.bool_]


@dataclass
class _State:
    """Contracts as the last close left them."""

    alive: Truths
    knocked: Truths


def replay(frame: pl.DataFrame, market: SnowballMarket, paths: Mapping[str, Path]) -> pl.DataFrame:
    """Return the events and the hedge of every session of a path, one row an index and session.

    Parameters
    ----------
    frame : checked contracts, alive at the market's session
    market : as it stands before the path; each session takes its level from the path
    paths : by index, closes by session, all after the market's session

    Returns
    -------
    ``session``, ``index``, ``close``, ``knocked_in`` and ``knocked_in_yuan`` (that day), ``knocked_out``,
    ``knocked_out_yuan`` (matured ones are not counted), ``waiting_yuan`` (alive, not knocked in), ``hedge_futures`` at
    the close, ``flow_futures`` traded since the close before, of it ``released_futures`` by that day's knock-ins, and
    ``of_volume``: the flow by a day's average volume.

    Raises
    ------
    UsageError
        An index of the book has no path, or a path begins before the market's session.
    """
    _check(frame, market, paths)
    whole = schedule(frame)
    state = _State(np.ones(frame.height, dtype=bool), frame["knocked_in"].to_numpy().copy())
    held = _hedges(frame, market, state)[0]
    rows: list[dict[str, Any]] = []
    for session in sorted({day for path in paths.values() for day in path}):
        today = replace(market, session=session, indices=_moved(market, paths, session))
        events = _closed(frame, whole, today, state)
        now, loose = _hedges(frame, today, state)
        for name in frame["index"].unique(maintain_order=True):
            if session in paths[name]:
                own = (frame["index"] == name).to_numpy()
                rows.append(_row(frame, today, name, own, events, state, now, held, loose))
        held = now
    days = pl.DataFrame(rows)
    return days.with_columns(of_volume=of_volume(pl.col("flow_futures"), market))


def _check(frame: pl.DataFrame, market: SnowballMarket, paths: Mapping[str, Path]) -> None:
    for name in frame["index"].unique(maintain_order=True):
        if not paths.get(name):
            raise UsageError(f"The book has contracts on {name}, and no path is given for it. Add one.")
        if min(paths[name]) <= market.session:
            raise UsageError(
                f"The path of {name} begins on {min(paths[name])}; expected after the market's session "
                f"{market.session}. Cut the path, or take an earlier market."
            )


def _moved(market: SnowballMarket, paths: Mapping[str, Path], session: date) -> dict[str, Any]:
    """Return the indices at their closes of that session; one that has none keeps its last one."""
    moved = {}
    for name, index in market.indices.items():
        days = [day for day in paths.get(name, {}) if day <= session]
        moved[name] = replace(index, spot=paths[name][max(days)]) if days else index
    return moved


@dataclass(frozen=True)
class _Events:
    """What one close did to each contract."""

    knocked_in: Truths
    knocked_out: Truths


def _closed(frame: pl.DataFrame, whole: Schedule, market: SnowballMarket, state: _State) -> _Events:
    """Return the events of a close, and move the state on."""
    close = _whole(frame["index"].replace_strict(_spots(market), return_dtype=pl.Float64()).to_numpy())
    initial = _whole(frame["initial_points"].to_numpy())
    daily = (frame["knock_in_days"] == "daily").to_numpy() | (frame["maturity"] == market.session).to_numpy()
    under = close * BP < initial * frame["knock_in_bp"].to_numpy()
    knocked_in = state.alive & ~state.knocked & daily & under
    knocked_out = state.alive & _out(frame, whole, market, close, initial)
    state.knocked |= knocked_in
    state.alive &= ~knocked_out & (frame["maturity"] > market.session).to_numpy()
    return _Events(knocked_in, knocked_out)


def _out(frame: pl.DataFrame, whole: Schedule, market: SnowballMarket, close: Floats, initial: Floats) -> Truths:
    """Say which contracts are observed on that session at or above their barrier."""
    out = np.zeros(frame.height, dtype=bool)
    seen = whole.day == day_of(market.session)
    owner = whole.contract[seen]
    barrier_bp = np.rint(whole.barrier[seen] * BP)
    out[owner] = close[owner] * BP >= initial[owner] * barrier_bp
    return out


def _whole(levels: Floats) -> Floats:
    """Return levels in whole ten-thousandths of a point, exact as floats up to 9e11 points."""
    whole: Floats = np.rint(levels * _TEN_THOUSANDTHS)
    return whole


def _spots(market: SnowballMarket) -> dict[str, float]:
    return {name: index.spot for name, index in market.indices.items()}


def _hedges(frame: pl.DataFrame, market: SnowballMarket, state: _State) -> tuple[Floats, Floats]:
    """Return each contract's futures as it stands, and as if it had not knocked in; zeros where it has ended."""
    held, loose = np.zeros(frame.height), np.zeros(frame.height)
    if state.alive.any():
        part = frame.with_columns(knocked_in=pl.lit(value=False)).filter(pl.Series(state.alive))
        values = value(part, market)
        size = (units(part) / points_value(part))[:, 0]
        knocked = state.knocked[state.alive]
        before, after = values.before.delta[:, 0], values.after.delta[:, 0]
        held[state.alive] = size * np.where(knocked, after, before)
        loose[state.alive] = size * before
    return held, loose


def _row(
    frame: pl.DataFrame,
    market: SnowballMarket,
    name: str,
    own: Truths,
    events: _Events,
    state: _State,
    now: Floats,
    held: Floats,
    loose: Floats,
) -> dict[str, Any]:
    notional = frame["notional_milli"].to_numpy() / _MILLI
    fell, left = own & events.knocked_in, own & events.knocked_out
    return {
        "session": market.session,
        "index": name,
        "close": market.indices[name].spot,
        "knocked_in": int(fell.sum()),
        "knocked_in_yuan": float(notional[fell].sum()),
        "knocked_out": int(left.sum()),
        "knocked_out_yuan": float(notional[left].sum()),
        "waiting_yuan": float(notional[own & state.alive & ~state.knocked].sum()),
        "hedge_futures": float(now[own].sum()),
        "flow_futures": float((now - held)[own].sum()),
        "released_futures": float((now - loose)[fell].sum()),
    }
