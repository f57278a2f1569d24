"""What the lake knows about the securities of one session, as it was known at a moment: the frames that a day needs.

What lives here: which spans of which tables are read. What does not: what follows from them (the files beside this).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError
from rongheng.basics.tables import (
    INDEX_DAILY,
    INDEX_MEMBERS,
    SECURITY_BARS,
    SECURITY_FLAGS,
    SECURITY_SNAPSHOTS,
    SECURITY_STATUS,
    SECURITY_VALUATIONS,
)
from rongheng.market.series.codes import read_named
from rongheng.market.store import Lake, Snapshot

BACK_SESSIONS = 250  # how far back a bar is looked for: a share that has had none for a year is taken as gone
_VALUED_SESSIONS = 20
_SNAPSHOT_DAYS = 366  # an older snapshot says nothing about today's float


@dataclass(frozen=True)
class Facts:
    """Facts of one session and what stands from before; each frame has the columns of its table.

    Securities have the codes of the session, in the facts from before it too.
    """

    session: date
    window: tuple[date, ...]  # the sessions up to this one in which bars were looked for
    bars: pl.DataFrame
    snapshots: pl.DataFrame
    valuations: pl.DataFrame
    status: pl.DataFrame
    members: pl.DataFrame
    flags: pl.DataFrame
    levels: pl.DataFrame


def read_facts(lake: Lake | Snapshot, session: date, *, known_at: datetime) -> Facts:
    """Return what was known about the session's securities at a moment.

    Raises
    ------
    MissingDataError
        The lake has neither bars nor a snapshot of the session.
    """
    lake = lake.snapshot() if isinstance(lake, Lake) else lake  # no import may come in between two reads
    known = calendar()
    earliest = max(known.first, known.sessions[max(0, known.sessions.index(session) - BACK_SESSIONS)])
    window = tuple(known.between(earliest, session))
    valued = window[-_VALUED_SESSIONS:][0]
    snapshot_from = date.fromordinal(session.toordinal() - _SNAPSHOT_DAYS)
    until: Any = {"on": session, "known_at": known_at, "last": session}
    facts = Facts(
        session=session,
        window=window,
        bars=read_named(lake, SECURITY_BARS, first=earliest, **until),
        snapshots=read_named(lake, SECURITY_SNAPSHOTS, first=snapshot_from, **until),
        valuations=read_named(lake, SECURITY_VALUATIONS, first=valued, **until),
        status=read_named(lake, SECURITY_STATUS, **until),
        members=read_named(lake, INDEX_MEMBERS, **until),
        flags=read_named(lake, SECURITY_FLAGS, **until),
        levels=lake.read(INDEX_DAILY, known_at=known_at, first=earliest, last=session),
    )
    today = pl.col("as_of") == session
    if facts.bars.filter(today).is_empty() and facts.snapshots.filter(today).is_empty():
        raise _without_prices(lake, session, known_at)
    return facts


def _without_prices(lake: Snapshot, session: date, known_at: datetime) -> MissingDataError:
    days = lake.read(SECURITY_BARS, columns=())["as_of"].to_list()
    reach = f"Its bars reach from {min(days)} to {max(days)}" if days else "It has no bars at all"
    return MissingDataError(
        f"The lake at {lake.root} has no prices of securities of {session} that were known at "
        f"{known_at:%Y-%m-%d %H:%M %Z}. {reach}. Import bars of that session, or ask for another one."
    )
