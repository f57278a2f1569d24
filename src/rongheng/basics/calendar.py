"""Trading sessions of the Shanghai and Shenzhen exchanges (交易日), from the first one in 1990.

Sessions are weekdays that are not listed in ``closures.txt``. A year that no exchange has announced yet is
*provisional*: its closures follow the statutory holidays, and whatever is computed with them says so. Both exchanges
kept slightly different days before 1994; this is Shanghai's calendar.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from rongheng.basics.errors import UsageError

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPEN_OF_DAY = time(9, 30)
CLOSE_OF_DAY = time(15, 0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sorted sessions, and the first day of the provisional part."""

    sessions: tuple[date, ...]
    provisional_from: date

    @property
    def first(self) -> date:
        """The first session that we know."""
        return self.sessions[0]

    @property
    def last(self) -> date:
        """The last session that we know."""
        return self.sessions[-1]

    def is_session(self, day: date) -> bool:
        """Say whether the exchanges trade on that day.

        >>> calendar().is_session(date(2024, 2, 9)), calendar().is_session(date(2024, 2, 8))
        (False, True)
        """
        index = bisect_left(self.sessions, day)
        return index < len(self.sessions) and self.sessions[index] == day

    def is_provisional(self, day: date) -> bool:
        """Say whether that day's being a session is not yet announced."""
        return day >= self.provisional_from

    def on_or_before(self, day: date) -> date:
        """Return the latest session that is not after ``day``."""
        index = bisect_right(self.sessions, day) - 1
        if index < 0:
            raise UsageError(f"{day} is before the first session {self.first}; give a later date.")
        return self.sessions[index]

    def offset(self, day: date, count: int) -> date:
        """Return the session ``count`` sessions after ``day`` (before it, when negative); ``day`` need not be one.

        From a day without trading, 1 is the first session after it and -1 the last one before it.

        >>> calendar().offset(date(2024, 9, 30), 1)
        datetime.date(2024, 10, 8)
        """
        start = bisect_right(self.sessions, day) - 1 if count >= 0 else bisect_left(self.sessions, day)
        index = start + count
        if not 0 <= index < len(self.sessions):
            raise UsageError(
                f"{abs(count)} sessions {'after' if count > 0 else 'before'} {day} lie outside the calendar "
                f"({self.first} to {self.last})."
            )
        return self.sessions[index]

    def count_between(self, first: date, last: date) -> int:
        """Return how many sessions ``last`` lies after ``first`` (negative when it lies before).

        >>> calendar().count_between(date(2018, 10, 18), date(2019, 1, 3))
        53
        """
        return bisect_right(self.sessions, last) - bisect_right(self.sessions, first)

    def between(self, first: date, last: date) -> Sequence[date]:
        """Return the sessions from ``first`` to ``last``, both included when they are sessions."""
        return self.sessions[bisect_left(self.sessions, first) : bisect_right(self.sessions, last)]


@cache
def calendar() -> Calendar:
    """Return the calendar that ships with the package."""
    text = Path(__file__).with_name("closures.txt").read_text(encoding="utf-8")
    closed: set[date] = set()
    years: list[int] = []
    provisional: list[int] = []
    first = date.max
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "first":
            first = date.fromisoformat(words[1])
            continue
        year = int(words[0].rstrip("?"))
        years.append(year)
        if words[0].endswith("?"):
            provisional.append(year)
        closed.update(date(year, int(word[:2]), int(word[2:])) for word in words[1:])
    shut = {day.toordinal() for day in closed}
    days = range(first.toordinal(), date(max(years), 12, 31).toordinal() + 1)  # ordinal 1 is a Monday
    sessions = tuple(date.fromordinal(day) for day in days if day % 7 not in (6, 0) and day not in shut)
    return Calendar(sessions=sessions, provisional_from=date(min(provisional), 1, 1))


def last_closed(now: datetime) -> date:
    """Return the last session that has closed by a moment.

    >>> last_closed(at(date(2024, 2, 19), time(14, 0)))
    datetime.date(2024, 2, 8)
    """
    today = now.astimezone(SHANGHAI).date()
    has_closed = calendar().is_session(today) and at(today, CLOSE_OF_DAY) <= now
    return today if has_closed else calendar().offset(today, -1)


def at(day: date, clock: time) -> datetime:
    """Return that time of that day in Shanghai."""
    return datetime.combine(day, clock, tzinfo=SHANGHAI)
