"""One broker's list: what counts as collateral there, at which haircut, in which class, and what may be traded.

What lives here: the checked list. What does not: files (``desk.broker_lists``), whether the list keeps to the
exchange's (``list_check``), and comparisons of lists (``counts`` and its neighbours).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.securities import exchange_of, group_of
from rongheng.market.pools.frames import conform
from rongheng.market.pools.tables import BROKER_LIST


@dataclass(frozen=True)
class BrokerList:
    """The list of one broker as of one day.

    ``rows`` has the columns of ``tables.BROKER_LIST``, ``row``, ``exchange`` and ``group`` (SSE, SZSE, BSE for A
    shares, ``other`` for everything else). A row with a haircut is collateral, also at 0 %. ``financing`` and ``short``
    are null throughout where the list does not say which securities are underlyings.
    """

    broker: str
    as_of: date | None
    rows: pl.DataFrame

    @classmethod
    def of(cls, frame: pl.DataFrame, *, broker: str, as_of: date | None = None, where: str | None = None) -> BrokerList:
        """Check a frame and return it as a list.

        Parameters
        ----------
        frame : columns of ``tables.BROKER_LIST``
            A margin ratio says that a security may be traded, where no column says it.
        broker : whose list it is
        as_of : the day of the list; its securities get the codes of that day
        where : how messages call it

        Raises
        ------
        DataError
            A code stands twice or is malformed, a haircut is under 0 % or above 100 %; the message names the rows.
        """
        rows = conform(frame, BROKER_LIST, where=where or f"the list of {broker}", on=as_of)
        traded = [_traded(rows, side) for side in ("financing", "short")]
        code = pl.col("security")
        known = rows.with_columns(traded).with_columns(
            exchange_of(code).alias("exchange"), group_of(code, pl.col("kind")).alias("group")
        )
        return cls(broker, as_of, known)

    @property
    def collateral(self) -> pl.DataFrame:
        """The rows that are collateral: those with a haircut."""
        return self.rows.filter(pl.col("haircut_bp").is_not_null())


def _traded(rows: pl.DataFrame, side: str) -> pl.Series:
    """Return whether each security may be traded on that side; null throughout where the list does not speak of it."""
    said = rows[side]
    if said.null_count() == rows.height:
        ratio = rows[f"{side}_ratio_bp"]
        return said if ratio.null_count() == rows.height else ratio.is_not_null().alias(side)
    return said.fill_null(value=False)


def require_different(lists: Sequence[BrokerList], *, at_least: int = 1) -> None:
    """Refuse to compare too few lists, or two of one broker."""
    if len(lists) < at_least:
        raise UsageError(f"Expected lists of at least {at_least} brokers to compare; found {len(lists)}.")
    names = [one.broker for one in lists]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two lists are of {name}. Give each list the name of its broker: NAME=FILE.")
