"""The sessions that ship, against another's calendar and against announcements."""

from __future__ import annotations

import warnings
from datetime import date

import pytest

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError


def test_sessions_agree_with_an_independent_calendar_from_1990_to_2026() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        theirs = exchange_calendars.get_calendar("XSHG", start="1990-12-19", end="2026-12-31")
    wanted = [stamp.date() for stamp in theirs.sessions]
    ours = list(calendar().between(date(1990, 12, 19), date(2026, 12, 31)))
    assert ours == wanted


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2024, 2, 8), date(2024, 2, 19)),  # Spring Festival 2024: closed 9 to 18 February
        (date(2025, 9, 30), date(2025, 10, 9)),  # National Day and Mid-Autumn 2025: closed 1 to 8 October
        (date(2015, 9, 2), date(2015, 9, 7)),  # the parade of 3 September 2015: closed 3 and 4 September
    ],
)
def test_the_session_after_a_holiday_is_the_announced_one(day: date, later: date) -> None:
    assert calendar().offset(day, 1) == later
    assert calendar().offset(later, -1) == day


def test_a_day_without_trading_counts_from_the_sessions_around_it() -> None:
    saturday = date(2025, 1, 11)
    assert calendar().offset(saturday, 1) == date(2025, 1, 13)
    assert calendar().offset(saturday, -1) == date(2025, 1, 10)
    assert calendar().on_or_before(saturday) == date(2025, 1, 10)


def test_years_that_no_exchange_has_announced_are_provisional() -> None:
    assert not calendar().is_provisional(date(2026, 12, 31))
    assert calendar().is_provisional(date(2027, 1, 4))


def test_a_deadline_can_be_counted_past_the_announced_years() -> None:
    assert calendar().offset(date(2026, 12, 31), 2) > date(2027, 1, 4)


def test_an_offset_outside_the_calendar_says_so() -> None:
    with pytest.raises(UsageError, match="outside the calendar"):
        calendar().offset(date(1990, 12, 20), -5)
    with pytest.raises(UsageError, match="before the first session"):
        calendar().on_or_before(date(1989, 1, 1))
