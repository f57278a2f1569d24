"""What snowballs are priced with: level, volatility by tenor, carry and discounting of each index on one session.

What lives here: the interpolation of market inputs. What does not: files (``market_file.py``) and contracts.

Volatility is an input by tenor, since there are no option data: total variance is linear between tenors, the volatility
flat before the first and after the last. Carry is the growth of the forward, read off index futures (basis-implied,
贴水隐含) or given as an annual rate: the logarithm of forward over spot is linear between expiries and goes on after
the last one at that expiry's annual rate. Variance and carry run on sessions; whether payments are discounted by
calendar days or by sessions is a convention, ``discounting``, which moves a price by some hundredths of a per cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import isfinite

import numpy as np

from rongheng.basics.errors import DataError
from rongheng.market.derivatives.snowball.columns import Floats, Ints
from rongheng.market.derivatives.snowball.schedule import day_of, session_days
from rongheng.market.derivatives.snowball.table import Discounting

SESSIONS_A_YEAR = 243
CALENDAR_YEAR_DAYS = 365.0


@dataclass(frozen=True)
class IndexMarket:
    """One index on one session.

    Parameters
    ----------
    spot : its close, points
    volatility : annual volatility by tenor in sessions; one tenor means flat
    carry : logarithm of forward over spot by sessions ahead; empty: ``carry_rate`` throughout
    carry_rate : annual growth of the forward, negative where futures stand at a discount
    average_volume : contracts of the index's future traded a day; zero where not known
    """

    index: str
    spot: float
    volatility: Mapping[float, float]
    carry: Mapping[float, float] = field(default_factory=dict)
    carry_rate: float = 0.0
    average_volume: float = 0.0

    def __post_init__(self) -> None:
        """Refuse levels and volatilities that cannot be."""
        if not (isfinite(self.spot) and self.spot > 0):
            raise DataError(f"{self.index}: the level is {self.spot}; expected more than 0. Mend the market file.")
        if not self.volatility:
            raise DataError(f"{self.index}: no volatility is given; expected at least one. Add it to the market file.")
        for tenor, value in self.volatility.items():
            if not (isfinite(value) and value > 0):
                raise DataError(
                    f"{self.index}: the volatility at {tenor:g} sessions is {value:.2%}; expected more than 0. "
                    "Mend the market file."
                )
        self._refuse_falling_variance()

    def _refuse_falling_variance(self) -> None:
        tenors = sorted(self.volatility)
        for near, far in pairwise(tenors):
            if self.volatility[far] ** 2 * far <= self.volatility[near] ** 2 * near:
                raise DataError(
                    f"{self.index}: {self.volatility[far]:.2%} at {far:g} sessions after {self.volatility[near]:.2%} "
                    f"at {near:g} would need a negative variance between them. Raise the later volatility."
                )

    def total_variance(self, sessions: Ints, *, year: int) -> Floats:
        """Return the variance of the logarithm so many sessions ahead."""
        tenors = np.array(sorted(self.volatility))
        totals = np.array([self.volatility[tenor] ** 2 * tenor / year for tenor in tenors])
        between = np.interp(sessions, np.concatenate([[0.0], tenors]), np.concatenate([[0.0], totals]))
        beyond = self.volatility[tenors[-1]] ** 2 * sessions / year
        variance: Floats = np.where(sessions > tenors[-1], beyond, between)
        return variance

    def log_forward(self, sessions: Ints, *, year: int) -> Floats:
        """Return the logarithm of forward over spot so many sessions ahead."""
        if not self.carry:
            return self.carry_rate * sessions / year
        ahead = np.array(sorted(self.carry))
        logs = np.array([self.carry[count] for count in ahead])
        between = np.interp(sessions, np.concatenate([[0.0], ahead]), np.concatenate([[0.0], logs]))
        forward: Floats = np.where(sessions > ahead[-1], logs[-1] / ahead[-1] * sessions, between)
        return forward


@dataclass(frozen=True)
class SnowballMarket:
    """Every index on one session, and how payments are discounted: at a continuous annual rate."""

    session: date
    rate: float
    indices: Mapping[str, IndexMarket]
    discounting: Discounting = Discounting.CALENDAR
    year: int = SESSIONS_A_YEAR

    def sessions_ahead(self, days: Ints) -> Ints:
        """Return how many sessions each day lies ahead."""
        sessions = session_days()
        ahead: Ints = np.searchsorted(sessions, days, side="right") - np.searchsorted(
            sessions, day_of(self.session), side="right"
        )
        return ahead

    def discount(self, days: Ints) -> Floats:
        """Return today's worth of one yuan paid on each day."""
        if self.discounting is Discounting.TRADING:
            years = self.sessions_ahead(days) / self.year
        else:
            years = (days - day_of(self.session)) / CALENDAR_YEAR_DAYS
        worth: Floats = np.exp(-self.rate * years)
        return worth
