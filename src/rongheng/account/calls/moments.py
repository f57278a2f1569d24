"""Moments of a working day: a clock time of a session, or its end, which every one of them precedes.

What lives here: moments, and how a deadline in sessions and times of day becomes one. What does not: which deadline a
line has (``terms.py``).

The end of a day is the mark after clearing (日终清算), whenever that is run; it is written as 23:59.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from rongheng.basics.calendar import SHANGHAI, at, calendar
from rongheng.basics.errors import UsageError

END_OF_DAY: Final = time(23, 59)


def moment(session: date, clock: time | None = None) -> datetime:
    """Return that time of a session in Shanghai; without a clock time the session's end.

    >>> moment(date(2025, 4, 7)).isoformat()
    '2025-04-07T23:59:00+08:00'

    Raises
    ------
    UsageError
        The exchanges do not trade on that day.
    """
    require_session(session)
    return at(session, clock or END_OF_DAY)


def require_session(day: date) -> date:
    """Return the day, which must be a session.

    Raises
    ------
    UsageError
        It is none; the sessions around it are named.
    """
    known = calendar()
    if known.first <= day <= known.last and not known.is_session(day):
        raise UsageError(
            f"{day} is no trading day; the sessions around it are {known.offset(day, -1)} and {known.offset(day, 1)}. "
            "Give one of them."
        )
    if not known.is_session(day):
        raise UsageError(f"{day} is outside the calendar ({known.first} to {known.last}). Give a day within it.")
    return day


def session_of(moment: datetime) -> date:
    """Return the session that a moment belongs to."""
    return moment.astimezone(SHANGHAI).date()


def is_end_of_day(moment: datetime) -> bool:
    """Say whether the moment is a session's end."""
    return moment.astimezone(SHANGHAI).time() == END_OF_DAY


def deadline(called: datetime, *, within_sessions: int, by: time | None) -> datetime:
    """Return the moment by which a call must be met (追保期限), counted in sessions from the one it was made in.

    A time of day that has passed when the call is made leaves no time: the call is due at once.

    >>> deadline(moment(date(2025, 1, 27)), within_sessions=1, by=time(11, 30)).isoformat()
    '2025-02-05T11:30:00+08:00'
    """
    session = calendar().offset(session_of(called), within_sessions)
    return max(at(session, by or END_OF_DAY), called)


def next_session_at(moment: datetime) -> datetime:
    """Return the moment itself in a session, else the same time of the next one."""
    day = session_of(moment)
    session = day if calendar().is_session(day) else calendar().offset(day, 1)
    return at(session, moment.astimezone(SHANGHAI).time())


def is_provisional(moment: datetime) -> bool:
    """Say whether the session of that moment is taken from a year that no exchange has announced yet."""
    return calendar().is_provisional(session_of(moment))


def show_moment(moment: datetime) -> str:
    """Return the moment as people write it.

    >>> show_moment(moment(date(2025, 4, 7))), show_moment(moment(date(2025, 4, 8), time(11, 30)))
    ('2025-04-07', '2025-04-08 11:30')
    """
    local = moment.astimezone(SHANGHAI)
    return f"{local:%Y-%m-%d}" if is_end_of_day(moment) else f"{local:%Y-%m-%d %H:%M}"
