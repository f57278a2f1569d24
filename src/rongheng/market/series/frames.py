"""The frames that indicators read: the panel, and what has many rows a session, each made when it is asked for.

What lives here: which frame is made how, and that each is made once. What does not: how one is made (``panel``,
``futures``, ``funds``, ``financing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

import polars as pl

from rongheng.basics.errors import DataError, MissingDataError
from rongheng.basics.tables import ETF_SHARES, FUTURES_BARS, SECURITY_MARGIN, Table
from rongheng.market.derivatives.snowball import SnowballMarket, illustrative_inventory
from rongheng.market.series.financing import financing, securities
from rongheng.market.series.funds import funds
from rongheng.market.series.futures import futures
from rongheng.market.series.lenses import assemble_lenses
from rongheng.market.series.panel import panel, published_by
from rongheng.market.series.sessions import newest_session
from rongheng.market.series.snowballs import SnowballDay, assemble_snowballs, market_on, snowball_day
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

    ``inventory`` are the snowballs that are followed: the illustrative ladder, until another one is put there.
    """

    def __init__(self, lake: Lake | Snapshot, *, as_of: date | None = None, known_at: datetime | None = None) -> None:
        self._lake = lake.snapshot() if isinstance(lake, Lake) else lake
        self._as_of = as_of
        self._known_at = known_at
        self.inventory = illustrative_inventory()
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
        if name == "snowballs":
            return self._snowballs()
        table, maker = _MAKERS[name]
        session = newest_session(self._lake, table, as_of=self._as_of)
        return maker(self._lake, session, self._known_at or published_by(session))

    def _lenses(self) -> pl.DataFrame:
        """Return the lenses up to the panel's last session; what stands beside it is of that session too."""
        names = ("futures", "funds", "snowballs")
        beside = {name: self._of_panel(name) for name in names}
        return assemble_lenses(panel=self["panel"], **beside, inventory=self.inventory)

    def _snowballs(self) -> pl.DataFrame:
        frame = assemble_snowballs(self.inventory, panel=self["panel"], futures=self._of_panel("futures"))
        if frame.is_empty():
            raise MissingDataError(
                f"Nothing is known of snowballs by then: {self.inventory.name.en}, speaks from {self.inventory.known} "
                "on, of indices whose closes the lake has. Ask for a later session, or give the note --snowballs FILE."
            )
        return frame

    def _of_panel(self, name: str) -> pl.DataFrame | None:
        """Return a frame up to the panel's last session, or ``None`` where the lake does not hold it."""
        frame, last = self.find(name), self["panel"]["session"][-1]
        return None if frame is None else frame.filter(pl.col("session") <= last)

    def snowball_day(self) -> SnowballDay | None:
        """Return the inventory on the panel's last session, or ``None`` where there is nothing to value."""
        try:
            return snowball_day(self.inventory, panel=self["panel"], futures=self._of_panel("futures"))
        except MissingDataError:  # too few closes to take a volatility from
            return None

    def snowball_market(self, names: Iterable[str]) -> SnowballMarket:
        """Return what snowballs on these indices are valued with on the panel's last session.

        Raises
        ------
        MissingDataError
            None of them has enough closes to take a volatility from.
        """
        panel = self["panel"]
        return market_on(panel["session"][-1], panel=panel, futures=self._of_panel("futures"), names=list(names))
