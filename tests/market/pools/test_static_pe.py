"""The weekly test of the static P/E: when it works, and on both sides of its bounds."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.static_pe import last_review, static_pe_state
from rongheng.rulebook import Rulebook
from rongheng.rulebook.scalars import Duration

NEXT = Duration(1, "trading days")
FRIDAY, MONDAY = date(2025, 3, 14), date(2025, 3, 17)


def history(*rows: tuple[date, float | None], code: str = "600000.SH") -> pl.DataFrame:
    return pl.DataFrame(
        {"security": [code] * len(rows), "session": [day for day, _ in rows], "static_pe": [pe for _, pe in rows]},
        schema={"security": pl.String, "session": pl.Date, "static_pe": pl.Float64},
    )


@pytest.mark.parametrize(
    ("pe", "zeroed"), [(299.99, False), (300.0, True), (1e6, True), (-0.01, True), (0.0, False), (6.5, False)]
)
def test_three_hundred_times_or_a_loss(pe: float, zeroed: bool) -> None:
    state = static_pe_state(history((FRIDAY, pe)), session=MONDAY)
    assert state.rows["zeroed"].to_list() == [zeroed]


def test_what_fridays_close_says_works_from_monday_to_friday() -> None:
    rows = history((date(2025, 3, 7), 10.0), (FRIDAY, 350.0), (date(2025, 3, 21), 10.0))
    states = {
        day: static_pe_state(rows, session=day).rows["zeroed"].to_list()
        for day in calendar().between(date(2025, 3, 13), date(2025, 3, 24))
    }
    zeroed = [day for day, state in states.items() if state == [True]]
    assert zeroed == [date(2025, 3, day) for day in (17, 18, 19, 20, 21)]


def test_crossing_in_the_middle_of_a_week_changes_nothing_yet() -> None:
    rows = history((FRIDAY, 299.0), (date(2025, 3, 19), 400.0))
    assert static_pe_state(rows, session=date(2025, 3, 20)).rows["zeroed"].to_list() == [False]


@pytest.mark.parametrize(
    ("session", "tested"),
    [
        (date(2025, 3, 14), date(2025, 3, 7)),  # on the day of the test the one before still works
        (date(2025, 3, 17), date(2025, 3, 14)),
        (date(2025, 1, 27), date(2025, 1, 24)),
        (date(2025, 2, 5), date(2025, 1, 27)),  # that week ended on a Monday, and the next one had no session
        (date(2024, 10, 8), date(2024, 9, 30)),
        (date(2025, 3, 16), date(2025, 3, 7)),  # on a Sunday nothing new works yet
    ],
)
def test_the_last_session_of_the_week_also_around_holidays(session: date, tested: date) -> None:
    assert last_review(session, works_after=NEXT) == tested


@given(st.dates(date(2017, 1, 1), date(2025, 12, 31)))
def test_a_test_is_the_last_session_of_an_earlier_week(session: date) -> None:
    tested = last_review(session, works_after=NEXT)
    assert tested < session
    days = calendar()
    assert days.is_session(tested)
    assert days.offset(tested, 1).isocalendar()[:2] > tested.isocalendar()[:2]
    assert days.offset(tested, 1) <= session
    # and the very last one of which that is true
    later = list(days.between(tested + timedelta(days=1), session - timedelta(days=1)))
    assert all(
        days.offset(day, 1).isocalendar()[:2] == day.isocalendar()[:2] or days.offset(day, 1) > session for day in later
    )


def test_a_share_without_a_figure_on_that_day_has_no_state() -> None:
    assert static_pe_state(history((FRIDAY, None)), session=MONDAY).rows.is_empty()
    assert static_pe_state(history((date(2025, 3, 13), 400.0)), session=MONDAY).rows.is_empty()


def test_before_the_rule_nothing_is_zeroed() -> None:
    last_free, first_bound = date(2016, 12, 9), date(2016, 12, 12)
    rows = history((date(2016, 12, 2), 400.0), (date(2016, 12, 9), 400.0))
    assert static_pe_state(rows, session=last_free).rows["zeroed"].to_list() == [False]
    assert static_pe_state(rows, session=first_bound).rows["zeroed"].to_list() == [True]


def test_a_replay_does_not_use_a_habit_that_was_not_yet_known() -> None:
    rows = history((FRIDAY, 400.0))
    state = static_pe_state(rows, session=MONDAY)
    assert any("static_pe_review" in note.en for note in state.notes)  # a report shows it some days later
    from rongheng.basics.errors import NotInForceError

    with pytest.raises(NotInForceError):
        static_pe_state(rows, session=MONDAY, ask=Ask(Rulebook.load(), MONDAY, MONDAY))
