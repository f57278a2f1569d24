"""What else moves a contract: a percentage point of volatility, of carry and of the rate, and one session.

What lives here: contracts priced with everything that a trader asks of one. What does not: delta and gamma, which the
engine gives without differences (``pricing.py``), and totals of a book (``book.py``).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.market.derivatives.snowball.columns import Floats
from rongheng.market.derivatives.snowball.market import IndexMarket, SnowballMarket
from rongheng.market.derivatives.snowball.pricing import value

_POINT = 0.01


def priced(frame: pl.DataFrame, market: SnowballMarket) -> pl.DataFrame:
    """Return worth and slopes of checked contracts, shares of the notional.

    ``vega``, ``carry`` and ``rho`` are the change for one percentage point more, halved differences of one up and one
    down; ``theta`` is the change to the next session at the same level, null on the last session before maturity.
    """
    now = value(frame, market).before
    return frame.select("contract_id", "index", "kind", "notional_milli", "knocked_in").with_columns(
        worth=now.worth[:, 0],
        delta=now.delta[:, 0],
        gamma=now.gamma[:, 0],
        vega=_slope(frame, _with_volatility(market, _POINT), _with_volatility(market, -_POINT)),
        carry=_slope(frame, _with_carry(market, _POINT), _with_carry(market, -_POINT)),
        rho=_slope(frame, replace(market, rate=market.rate + _POINT), replace(market, rate=market.rate - _POINT)),
        theta=_theta(frame, market, now.worth[:, 0]),
    )


def _slope(frame: pl.DataFrame, up: SnowballMarket, down: SnowballMarket) -> Floats:
    return (value(frame, up).before.worth[:, 0] - value(frame, down).before.worth[:, 0]) / 2


def _theta(frame: pl.DataFrame, market: SnowballMarket, worth: Floats) -> pl.Series:
    """Return the change of worth to the next session; an observation that day has not been looked at."""
    tomorrow = replace(market, session=calendar().offset(market.session, 1))
    alive = (frame["maturity"] > tomorrow.session).to_numpy()
    later = pl.Series("theta", [None] * frame.height, dtype=pl.Float64())
    if alive.any():
        values = value(frame.filter(alive), tomorrow).before.worth[:, 0] - worth[alive]
        later = later.scatter(pl.Series(alive).arg_true(), values)
    return later


def _with_volatility(market: SnowballMarket, more: float) -> SnowballMarket:
    """Return the market with that much more volatility at every tenor, and at most half of it taken away."""
    moved = {
        name: replace(index, volatility={at: max(each + more, each / 2) for at, each in index.volatility.items()})
        for name, index in market.indices.items()
    }
    return replace(market, indices=moved)


def _with_carry(market: SnowballMarket, more: float) -> SnowballMarket:
    return replace(market, indices={name: _carried(index, more, market) for name, index in market.indices.items()})


def _carried(index: IndexMarket, more: float, market: SnowballMarket) -> IndexMarket:
    """Return the index with its forwards grown by so much more a year."""
    carry = {ahead: each + more * ahead / market.year for ahead, each in index.carry.items()}
    return replace(index, carry=carry, carry_rate=index.carry_rate + more)
