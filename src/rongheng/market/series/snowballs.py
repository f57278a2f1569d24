"""An inventory of snowballs followed along the closes of a panel: the frame ``snowballs``, and the last session's view.

What lives here: which closes, volatility and carry an inventory is followed and valued with. What does not: the lives
of contracts and their worth (``market.derivatives.snowball``), and the reading (``indicators.snowballs``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import log
from typing import Any, Final

import numpy as np
import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError
from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import indices
from rongheng.market.derivatives.snowball import (
    IndexMarket,
    Inventory,
    SnowballMarket,
    follow,
    hedging_curve,
    knock_in_map,
    released_futures,
    totals,
    value_book,
)
from rongheng.market.derivatives.snowball.market import SESSIONS_A_YEAR
from rongheng.market.indicators.contract import SNOWBALLS
from rongheng.market.indicators.snowballs import NEAR

RATE: Final = 0.02  # a round number: a point more or less moves a delta in the third digit
TENORS: Final = (60, SESSIONS_A_YEAR)  # sessions of realised volatility
VOLUME_SESSIONS: Final = 20
MOVES: Final = tuple(move / 100 for move in range(-15, 11))
_MILLI: Final = 1000
_DUST: Final = 1e-9  # of binary fractions


@dataclass(frozen=True)
class SnowballDay:
    """An inventory on one session: the contracts that are alive, what they are valued with, map, hedging and totals."""

    inventory: Inventory
    contracts: pl.DataFrame
    market: SnowballMarket
    bands: pl.DataFrame
    curve: pl.DataFrame
    totals: pl.DataFrame
    grade: Grade


def assemble_snowballs(inventory: Inventory, *, panel: pl.DataFrame, futures: pl.DataFrame | None) -> pl.DataFrame:
    """Return the frame ``snowballs`` of the sessions on which the inventory was known and some of it was alive."""
    rows = [
        row
        for step in _steps(inventory, panel)
        if step.session >= inventory.known
        for row in _rows(step, panel=panel, futures=futures)
    ]
    return pl.DataFrame(rows, schema=SNOWBALLS).sort("session", "index")


def snowball_day(inventory: Inventory, *, panel: pl.DataFrame, futures: pl.DataFrame | None) -> SnowballDay | None:
    """Return the inventory on the panel's last session; nothing before it was known, or once none of it is alive."""
    session: date = panel["session"][-1]
    if session < inventory.known:
        return None
    contracts = [step.living() for step in _steps(inventory, panel)]
    if not contracts or contracts[-1].is_empty():
        return None
    last = contracts[-1]
    names = last["index"].unique(maintain_order=True).to_list()
    market = market_on(session, panel=panel, futures=futures, names=names)
    return SnowballDay(
        inventory=inventory,
        contracts=last,
        market=market,
        bands=knock_in_map(last, market),
        curve=hedging_curve(last, market, moves=MOVES),
        totals=totals(value_book(last, market), market),
        grade=_grade(panel.tail(1), names),
    )


@dataclass(frozen=True)
class _Step:
    """The contracts once a session has closed, with ``alive``, and ``fell`` and ``left`` on that session."""

    session: date
    spots: Mapping[str, float]
    contracts: pl.DataFrame

    def living(self) -> pl.DataFrame:
        """Return the contracts that are alive, as the table of snowballs has them."""
        return self.contracts.filter("alive").drop("alive", "fell", "left")


def _steps(inventory: Inventory, panel: pl.DataFrame) -> Iterator[_Step]:
    """Yield the inventory as it is stated, and as each later close leaves it; indices without closes stay out."""
    since = panel.filter(pl.col("session") >= inventory.stated)
    if since.is_empty() or since["session"][0] != inventory.stated:
        return
    begin = {key: since[_close(key)][0] for key in inventory.contracts["index"].unique() if _close(key) in panel}
    spots = {key: close for key, close in begin.items() if close is not None}
    frame = inventory.contracts.filter(pl.col("index").is_in(list(spots)))
    yield _Step(inventory.stated, spots, frame.with_columns(alive=True, fell=False, left=False))
    later = since.slice(1)
    paths = {key: dict(later.select("session", _close(key)).drop_nulls().rows()) for key in spots}
    for session, moved, state, events in follow(frame, paths):
        columns = {"alive": state.alive, "fell": events.knocked_in, "left": events.knocked_out}
        marked = frame.with_columns(pl.Series(name, values.copy()) for name, values in columns.items())
        yield _Step(session, {**spots, **moved}, marked.with_columns(knocked_in=pl.Series(state.knocked.copy())))


def _rows(step: _Step, *, panel: pl.DataFrame, futures: pl.DataFrame | None) -> Iterator[dict[str, Any]]:
    """Yield one row for each index of which something is alive, or ended that session."""
    touched = step.contracts.filter(pl.col("alive") | pl.col("left"))
    grades = panel.filter(pl.col("session") == step.session)
    for key, own in touched.partition_by("index", as_dict=True, maintain_order=True).items():
        name = str(key[0])
        waiting = _waiting(own, step.spots[name])
        near = waiting.filter(pl.col("distance") < NEAR - _DUST)
        volume = _volume(futures, name, step.session)
        yield {
            "session": step.session,
            "index": name,
            "close": step.spots[name],
            "contracts": own.filter("alive").height,
            "waiting_yuan": _yuan(waiting),
            "knocked_yuan": _yuan(own.filter(pl.col("alive") & pl.col("knocked_in"))),
            "nearest": waiting["distance"].min(),
            "near_yuan": _yuan(near),
            "near_futures": _released(near, step, panel=panel, futures=futures),
            "average_volume_lots": volume,
            "fell_yuan": _yuan(own.filter("fell")),
            "left_yuan": _yuan(own.filter("left")),
            "grade": _grade(grades, [name]),
        }


def _waiting(contracts: pl.DataFrame, spot: float) -> pl.DataFrame:
    """Return the contracts that every close may knock in, with the distance to their lines."""
    daily = (pl.col("knock_in_days") == "daily") & (pl.col("knock_in_bp") > 0)
    line = pl.col("initial_points") * pl.col("knock_in_bp") / 10_000
    return contracts.filter(pl.col("alive") & ~pl.col("knocked_in") & daily).with_columns(distance=1 - line / spot)


def _yuan(contracts: pl.DataFrame) -> float:
    return float(contracts["notional_milli"].sum()) / _MILLI


def _released(near: pl.DataFrame, step: _Step, *, panel: pl.DataFrame, futures: pl.DataFrame | None) -> float:
    if near.is_empty():
        return 0.0
    contracts = near.drop("alive", "fell", "left", "distance")
    market = market_on(step.session, panel=panel, futures=futures, names=contracts["index"].unique().to_list())
    return float(released_futures(contracts, market).sum())


def market_on(session: date, *, panel: pl.DataFrame, futures: pl.DataFrame | None, names: list[str]) -> SnowballMarket:
    """Return what a session's snowballs are valued with: closes, realised volatility, the carry of futures, volume.

    Nothing after the session is looked at.

    Raises
    ------
    MissingDataError
        An index has too few closes to take a volatility from.
    """
    upto = panel.filter(pl.col("session") <= session)
    return SnowballMarket(session, RATE, {name: _index_market(name, session, upto, futures) for name in names})


def _index_market(name: str, session: date, upto: pl.DataFrame, futures: pl.DataFrame | None) -> IndexMarket:
    closes = upto[_close(name)].drop_nulls().to_numpy()
    moves = np.diff(np.log(closes[-max(TENORS) - 1 :]))
    if len(moves) < min(TENORS) or not moves.any():
        raise MissingDataError(
            f"{name} has {len(closes)} closes up to {session}; snowballs need {min(TENORS) + 1} that move, to take a "
            "volatility from. Import its daily bars."
        )
    return IndexMarket(
        index=name,
        spot=float(closes[-1]),
        volatility={float(tenor): _realised(moves, tenor) for tenor in TENORS if tenor <= len(moves)},
        carry=_carry(futures, name, session),
        average_volume=_volume(futures, name, session) or 0.0,
    )


def _realised(moves: np.ndarray[Any, np.dtype[np.float64]], tenor: int) -> float:
    """Return the annual volatility about zero: variance then never falls from one tenor to the next."""
    return float(np.sqrt(np.mean(moves[-tenor:] ** 2) * SESSIONS_A_YEAR))


def _carry(futures: pl.DataFrame | None, name: str, session: date) -> dict[float, float]:
    """Return the logarithm of each future's close over its index, by sessions to its last trading day."""
    if futures is None:
        return {}
    day = futures.filter(
        (pl.col("session") == session)
        & (pl.col("index") == name)
        & (pl.col("last_trading_day") > session)
        & pl.col("index_close").is_not_null()
    )
    return {
        float(calendar().count_between(session, expiry)): log(close / level)
        for expiry, close, level in day.select("last_trading_day", "close", "index_close").iter_rows()
    }


def _volume(futures: pl.DataFrame | None, name: str, session: date) -> float | None:
    """Return the lots that all contracts of an index traded a day, the mean of the last sessions."""
    if futures is None:
        return None
    days = (
        futures.filter((pl.col("index") == name) & (pl.col("session") <= session))
        .group_by("session")
        .agg(pl.col("volume_lots").sum())
        .sort("session")
        .tail(VOLUME_SESSIONS)
    )
    mean = days["volume_lots"].mean()
    return float(mean) if isinstance(mean, (int, float)) and mean > 0 else None


def _close(key: str) -> str:
    return f"{indices()[key].prefix}_close"


def _grade(row: pl.DataFrame, names: list[str]) -> Grade:
    """Return the worst grade of the closes, estimated at best."""
    found = [row[f"{indices()[name].prefix}_grade"][0] for name in names]
    return worst(Grade.ESTIMATED, *(Grade(str(grade)) for grade in found if grade is not None))
