"""The close: everything that is to be said of one session, gathered from the lake into a dossier."""

from __future__ import annotations

from datetime import date, datetime

from rongheng.basics.grades import Grade
from rongheng.desk.coverage import coverage
from rongheng.findings.detect import detect
from rongheng.findings.dossier import Dossier
from rongheng.market import series
from rongheng.market.reproduction import reproduce
from rongheng.market.store import Lake


def close(lake: Lake, *, as_of: date | None = None, known_at: datetime | None = None) -> Dossier:
    """Return the dossier of a session: panel, readings, findings, coverage and the published figures recomputed.

    Parameters
    ----------
    as_of : date, optional
        A day without trading means the session before it; the default is the last session with margin figures.
    known_at : datetime with a time zone, optional
        What was not known then is not used. The default is when the session's figures came out.

    Raises
    ------
    MissingDataError, StaleDataError
        The lake does not reach to that session.
    """
    lake_now = lake.snapshot()  # one state for the whole dossier, whatever is imported meanwhile
    session = series.resolve_as_of(lake_now, as_of)
    moment = known_at or series.published_by(session)
    panel = series.panel(lake_now, as_of=session, known_at=moment)
    readings, unreadable = series.read_all(panel)
    covered = coverage(lake_now, as_of=session, known_at=moment)
    return Dossier(
        as_of=session,
        known_at=moment,
        panel=panel,
        readings=readings,
        unreadable=unreadable,
        findings=detect(session, readings, covered),
        coverage=covered,
        reproduced=reproduce(panel),
        simulated=any(Grade.SIMULATED.value in entry.grades for entry in covered),
    )
