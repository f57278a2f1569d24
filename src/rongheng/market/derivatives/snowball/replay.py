"""Replay a path of closes over a book: who knocks in or out on which day, and what the hedge trades.

What lives here: events and hedges by session. What does not: how a close moves the state on (``lives.py``), a single
day's worth (``pricing.py``) and where closes come from. Volatility and carry stay as the market has them: a replay
shows what the level alone does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.market.derivatives.snowball.book import of_volume, points_value, units
from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.lives import Events, State, Truths, begin, closed
from rongheng.market.derivatives.snowball.market import SnowballMarket
from rongheng.market.derivatives.snowball.pricing import value
from rongheng.market.derivatives.snowball.schedule import schedule

_MILLI = 1000

Path = Mapping[date, float]


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
    state = begin(frame)
    held = _hedges(frame, market, state)[0]
    rows: list[dict[str, Any]] = []
    for session in sorted({day for path in paths.values() for day in path}):
        today = replace(market, session=session, indices=_moved(market, paths, session))
        events = closed(frame, whole, session, _spots(today), state)
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


def _spots(market: SnowballMarket) -> dict[str, float]:
    return {name: index.spot for name, index in market.indices.items()}


def _hedges(frame: pl.DataFrame, market: SnowballMarket, state: State) -> tuple[Floats, Floats]:
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
    events: Events,
    state: State,
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
