"""The frames that indicators read: the panel, and what has many rows a session, each made when it is asked for.

What lives here: which frame is made how, and that each is made once. What does not: how one is made (``panel``,
``futures``, ``funds``, ``financing``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.basics.tables import ETF_SHARES, FUTURES_BARS, SECURITY_MARGIN, Table
from rongheng.market.series.financing import financing, securities
from rongheng.market.series.funds import funds
from rongheng.market.series.futures import futures
from rongheng.market.series.lenses import assemble_lenses
from rongheng.market.series.panel import panel, published_by
from rongheng.market.series.sessions import newest_session
from rongheng.market.store import Lake, Snapshot

Maker = Callable[[Snapshot, date, datetime], pl.DataFrame]

# The table that says up to which session a frame reaches, and what makes it.
_MAKERS: dict[str, tuple[Table, Maker]] = {
    "futures": (FUTURES_BARS, futures),
    "funds": (ETF_SHARES, funds),
    "securities": (SECURITY_MARGIN, securities),
    "financing": (SECURITY_MARGIN, financing),
}


class Frames:
    """The frames of one lake up to a session, as known at a moment.

    Parameters
    ----------
    as_of : date, optional
        The last session shown; the default is the last one of which the lake has what the frame is made of.
    known_at : datetime with a time zone, optional
        The default is the moment when the figures of that session came out.
    """

    def __init__(self, lake: Lake | Snapshot, *, as_of: date | None = None, known_at: datetime | None = None) -> None:
        self._lake = lake.snapshot() if isinstance(lake, Lake) else lake
        self._as_of = as_of
        self._known_at = known_at
        self._made: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Return the frame of that name.

        Raises
        ------
        MissingDataError, StaleDataError
            The lake does not hold what the frame is made of, or does not reach to the session.
        """
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def find(self, name: str) -> pl.DataFrame | None:
        """Return the frame of that name, or ``None`` where the lake does not hold what it is made of."""
        try:
            return self[name]
        except DataError:
            return None

    def _make(self, name: str) -> pl.DataFrame:
        if name == "panel":
            return panel(self._lake, as_of=self._as_of, known_at=self._known_at)
        if name == "lenses":
            return self._lenses()
        table, maker = _MAKERS[name]
        session = newest_session(self._lake, table, as_of=self._as_of)
        return maker(self._lake, session, self._known_at or published_by(session))

    def _lenses(self) -> pl.DataFrame:
        """Return the lenses up to the panel's last session; futures and funds are those of that session too."""
        margin = self["panel"]
        last = margin["session"][-1]
        beside = {
            name: None if (frame := self.find(name)) is None else frame.filter(pl.col("session") <= last)
            for name in ("futures", "funds")
        }
        return assemble_lenses(panel=margin, **beside)
