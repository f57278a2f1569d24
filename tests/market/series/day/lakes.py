"""Lakes made by hand: bars, lists and levels as rows, known when their tables are published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from rongheng.basics.calendar import calendar
from rongheng.basics.tables import table
from rongheng.market.store import Lake
from tests.market.store.making import batch

Row = Mapping[str, object]


def lake_of(folder: Path, facts: Mapping[str, Sequence[Row]]) -> Lake:
    """Return a new lake with the facts of each table."""
    lake = Lake(folder, create=True)
    land(lake, facts)
    return lake


def land(lake: Lake, facts: Mapping[str, Sequence[Row]]) -> None:
    """Land more facts."""
    lake.land([batch([_known(name, row) for row in rows], table(name)) for name, rows in facts.items() if rows])


def _known(name: str, row: Row) -> Row:
    as_of = row["as_of"]
    assert isinstance(as_of, date)
    return {"known_at": table(name).publication.known_at(as_of), **row}


def bar(as_of: date, security: str, close: int, **others: object) -> dict[str, object]:
    """Return a bar that traded at one price all day, unless told otherwise; prices in milli-yuan."""
    prices = {f"{name}_milli": close for name in ("open", "high", "low", "close")}
    return {"as_of": as_of, "security": security, **prices, "volume_shares": 1e6, "grade": "derived", **others}


def untraded(as_of: date, security: str, close: int) -> dict[str, object]:
    """Return the bar of a session without a trade."""
    none = dict.fromkeys(("open_milli", "high_milli", "low_milli"))
    return bar(as_of, security, close, volume_shares=0.0, **none)


def sessions_before(session: date, count: int) -> list[date]:
    """Return so many sessions up to and with this one."""
    return [calendar().offset(session, -step) for step in range(count - 1, -1, -1)]
