"""The close: everything that is to be said of one session, gathered from the lake into a dossier."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade
from rongheng.desk.closing.dossier import figures_in, marks_in
from rongheng.desk.coverage import coverage
from rongheng.desk.snowball import inventory_of
from rongheng.findings.detect import detect
from rongheng.findings.dossier import Dossier
from rongheng.market import series
from rongheng.market.reproduction import FINANCING_TO, reproduce
from rongheng.market.store import Lake, Snapshot

if TYPE_CHECKING:
    import polars as pl

    from rongheng.account.marks.summary import Summary
    from rongheng.basics.text import Text


def close(
    lake: Lake,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    marks: Path | None = None,
    snowballs: Path | None = None,
) -> Dossier:
    """Return the dossier of a session: panel, readings, findings, coverage and the published figures recomputed.

    Parameters
    ----------
    as_of : date, optional
        A day without trading means the session before it; the default is the last session with margin figures.
    known_at : datetime with a time zone, optional
        What was not known then is not used. The default is when the session's figures came out.
    marks : path, optional
        A folder of marks, or the dossier of a book's close, of that session or an earlier one; the accounts become part
        of the dossier, and so do the calls of a close.
    snowballs : path, optional
        A file of snowballs as they stand on that session; the default is the illustrative ladder.

    Raises
    ------
    UsageError
        The marks are of a later session, or there is no such file of snowballs.
    BookError
        None of the snowballs can be valued.
    MissingDataError, StaleDataError
        The lake does not reach to that session.
    """
    lake_now = lake.snapshot()  # one state for the whole dossier, whatever is imported meanwhile
    session = series.resolve_as_of(lake_now, as_of)
    moment = known_at or series.published_by(session)
    frames = series.Frames(lake_now, as_of=session, known_at=moment)
    if snowballs is not None:
        frames.inventory = inventory_of(snowballs, frames)
    panel = frames["panel"]
    readings, unreadable = series.read_all(frames)
    covered = coverage(lake_now, as_of=session, known_at=moment)
    accounts = None if marks is None else _marked(marks_in(marks), session)
    calls = () if marks is None else tuple(figures_in(marks))
    day = frames.snowball_day()
    return Dossier(
        as_of=session,
        known_at=moment,
        panel=panel,
        readings=readings,
        unreadable=unreadable,
        findings=detect(session, readings, covered, accounts, calls, day, _apart(lake_now, session, known_at)),
        coverage=covered,
        reproduced=reproduce(
            panel, funds=frames.find("funds"), financing=_published_financing(lake_now, session, moment)
        ),
        simulated=any(Grade.SIMULATED.value in entry.grades for entry in covered)
        or (accounts is not None and accounts.grade is Grade.SIMULATED),
        accounts=accounts,
        calls=calls,
        snowballs=day,
    )


def _apart(lake: Snapshot, session: date, known_at: datetime | None) -> list[Text]:
    """Return the figures of the session that two publishers state differently, as an update by that moment found."""
    folder = lake.root / "raw"
    if not folder.is_dir():
        return []
    from rongheng.market.sources.web import COMPARED, RawStore

    found = [kept for kept in RawStore(folder).kept(outcome=COMPARED) if kept.first == session]
    return [text for kept in found if known_at is None or kept.fetched_at <= known_at for text in kept.apart]


def _published_financing(lake: Snapshot, session: date, known_at: datetime) -> pl.DataFrame | None:
    """Return financing by group up to the last published window, where the session is not before it."""
    if session < FINANCING_TO:
        return None
    return series.Frames(lake, as_of=FINANCING_TO, known_at=known_at).find("financing")


def _marked(folder: Path, session: date) -> Summary:
    """Return the summary of a folder of marks, which may be older than the session and never younger."""
    from rongheng.account.marks.folder import read_summary

    summary = read_summary(folder)
    if summary.session > session:
        raise UsageError(
            f"{folder} holds the marks of {summary.session}, which nobody knew on {session}. Give marks of that "
            "session or an earlier one."
        )
    return summary
