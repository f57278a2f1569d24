"""Up to which session a table of the lake reaches, and whether that is enough for the session that is asked for."""

from __future__ import annotations

from datetime import date

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, StaleDataError
from rongheng.basics.tables import Table
from rongheng.market.store import Snapshot


def newest_session(lake: Snapshot, table: Table, *, as_of: date | None) -> date:
    """Return the session that ``as_of`` means for a table: the newest one that it holds where nothing is asked for.

    Raises
    ------
    MissingDataError
        The lake holds nothing of the table at or before ``as_of``.
    StaleDataError
        ``as_of`` lies after the newest session that the table holds.
    """
    days = lake.extent(table)["as_of"]
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date) or (as_of is not None and as_of < first):
        what = "nothing" if not isinstance(first, date) else f"nothing before {first}"
        raise MissingDataError(f"The lake holds {what} of {table.name} ({table.label.en}). Import a file that has it.")
    session = last if as_of is None else calendar().on_or_before(as_of)
    if session > last:
        raise StaleDataError(
            f"The newest {table.label.en} of this lake are of {last}, {calendar().count_between(last, session)} "
            f"sessions before {session}. Import newer files, or ask for --as-of {last}."
        )
    return session
