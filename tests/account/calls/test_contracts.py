"""The ends of contracts: a roll-over until the book shows it, its conditions, and a deadline of a year to come."""

from __future__ import annotations

import re
from datetime import date, datetime, time

import polars as pl
import pytest

from rongheng.account.calls import (
    Action,
    CallTerms,
    Clock,
    Contracts,
    Decided,
    Decision,
    RollOver,
    State,
    moment,
    moments,
    step,
)
from rongheng.account.calls.events import Kind, events_of
from rongheng.account.calls.maturity import CONTRACT_COLUMNS, roll_over_refusals
from rongheng.account.policy import CallRules, PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.calendar import Calendar, calendar
from rongheng.basics.errors import UsageError

DAY = date(2025, 4, 21)
DUE = date(2025, 4, 22)
TERMS = CallTerms.of(PolicySet.load("guosen", "illustrative", session=DAY).values())


def contracts(due: date, *, policy: str = "guosen", suspended: bool = False, may_postpone: bool = True) -> pl.DataFrame:
    row = ("A", policy, "C-1", "600000.SH", due, suspended, may_postpone)
    return pl.DataFrame([row], schema=list(CONTRACT_COLUMNS), orient="row")


def facts(**more: object) -> RollOver:
    base = {
        "account_id": "A",
        "policy": "guosen",
        "contract_id": "C-1",
        "security": "600000.SH",
        "due": DUE,
        "ratio_bp": 16_000,
        "largest_share_bp": 3_000,
        "rolled_before": 0,
    }
    return RollOver(**(base | more))  # type: ignore[arg-type]


def rolled(state: State, until: date, at: datetime) -> tuple[State, pl.DataFrame]:
    decision = Decision(Action.ROLL_OVER, "A", at, until=until, contract_id="C-1")
    return step(state, Decided(decision, facts()), TERMS)


def told(events: pl.DataFrame) -> list[tuple[object, ...]]:
    return events.select("kind", "demand").rows()


def test_a_rolled_contract_ends_when_it_was_decided_until_the_book_says_so() -> None:
    state, events = step(State.begin(), Contracts(moment(DAY), contracts(DUE)), TERMS)
    assert told(events) == [("matures", "C-1@2025-04-22")]
    state, events = rolled(state, date(2025, 10, 22), moment(DUE, time(10, 0)))
    assert told(events) == [("rolled", "C-1@2025-04-22")]
    state, events = step(state, Contracts(moment(DUE), contracts(DUE)), TERMS)  # the book still has the old day
    assert told(events) == []
    state, events = step(state, Contracts(moment(date(2025, 4, 23)), contracts(date(2025, 10, 22))), TERMS)
    assert told(events) == [("booked", "C-1@2025-04-22")]
    assert state.demands.height == 0


def test_a_roll_over_that_no_book_ever_shows_comes_due_again() -> None:
    state, _ = rolled(State.begin(), date(2025, 4, 28), moment(DAY, time(10, 0)))
    state, events = step(state, Contracts(moment(date(2025, 4, 25)), contracts(DUE)), TERMS)
    assert told(events) == [("matures", "C-1@2025-04-28")]
    state, events = step(state, Contracts(moment(date(2025, 4, 28)), contracts(DUE)), TERMS)
    assert told(events) == [("lapsed", "C-1@2025-04-28")]


def test_a_contract_is_rolled_over_long_before_its_end() -> None:
    early = date(2025, 2, 17)
    state, events = rolled(State.begin(), date(2025, 10, 22), moment(early, time(10, 0)))
    assert told(events) == [("matures", "C-1@2025-04-22"), ("rolled", "C-1@2025-04-22")]
    assert state.demands["status"].to_list() == ["rolled"]


def test_a_contract_that_was_settled_while_rolled_over_is_over() -> None:
    state, _ = rolled(State.begin(), date(2025, 10, 22), moment(DAY, time(10, 0)))
    _, events = step(state, Contracts(moment(DAY), contracts(DUE).clear()), TERMS)
    assert told(events) == [("repaid", "C-1@2025-04-22")]


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"ratio_bp": 14_999}, "The maintenance ratio is 149.99%; the policy asks for 150%."),
        ({"largest_share_bp": 5_001}, "The largest position is 50.01% of the assets; the policy allows 50%."),
        ({"rolled_before": 3}, "It was rolled over 3 times, as often as the policy allows."),
    ],
)
def test_each_condition_of_a_roll_over_is_told(more: dict[str, int], refusal: str) -> None:
    rules = TERMS.of_policy("illustrative")
    assert list(roll_over_refusals(facts(ratio_bp=15_000, largest_share_bp=5_000, rolled_before=2), rules)) == []
    assert list(roll_over_refusals(facts(**more), rules)) == [refusal]
    decision = Decision(Action.ROLL_OVER, "A", moment(DAY), until=date(2025, 10, 22), contract_id="C-1")
    decided = Decided(decision, facts(policy="illustrative", **more))
    with pytest.raises(UsageError, match=re.escape(f"Contract C-1 cannot be rolled over. {refusal}")):
        step(State.begin(), decided, TERMS)


def test_who_owes_nothing_or_holds_nothing_meets_conditions_about_it() -> None:
    rules = CallRules(roll_over_ratio_bp=15_000, roll_over_largest_share_bp=5_000)
    assert list(roll_over_refusals(facts(ratio_bp=None, largest_share_bp=None), rules)) == []


def test_a_contract_that_was_over_before_anybody_looked_lapses_at_once() -> None:
    _, events = step(State.begin(), Contracts(moment(date(2025, 4, 24)), contracts(DUE)), TERMS)
    assert told(events) == [("matures", "C-1@2025-04-22"), ("lapsed", "C-1@2025-04-22")]
    assert set(events["moment"]) == {moment(date(2025, 4, 24))}


def test_a_suspended_contract_lapses_where_no_rule_extends_its_term() -> None:
    state, _ = step(State.begin(), Contracts(moment(DAY), contracts(DUE)), TERMS)
    _, events = step(state, Contracts(moment(DUE), contracts(DUE, suspended=True, may_postpone=False)), TERMS)
    assert told(events) == [("lapsed", "C-1@2025-04-22")]


def test_each_policy_notices_in_its_own_time() -> None:
    eight_sessions_before = moment(date(2025, 4, 10))
    for policy, count in (("guosen", 0), ("illustrative", 1)):  # five sessions and ten
        _, events = step(State.begin(), Contracts(eight_sessions_before, contracts(DUE, policy=policy)), TERMS)
        assert events.height == count


def test_the_due_days_of_a_book_are_days() -> None:
    book = make_book(Recipe(50, seed=1), make_day(date(2026, 3, 2)))
    assert book.contract_ends()["due"].dtype == pl.Date


def announced(*closed: date) -> Calendar:
    """Return the calendar once the exchanges have announced 2027, with these days closed beside ours."""
    ours = calendar()
    sessions = tuple(day for day in ours.sessions if day not in closed)
    return Calendar(sessions=sessions, provisional_from=date(2028, 1, 1))


@pytest.mark.parametrize(
    ("closed", "due"),
    [
        ((), date(2027, 1, 4)),
        ((date(2027, 1, 4),), date(2027, 1, 5)),  # a day without trading after all: the next session
    ],
)
def test_a_provisional_deadline_is_confirmed_once_its_year_is_announced(
    monkeypatch: pytest.MonkeyPatch, closed: tuple[date, ...], due: date
) -> None:
    called = {
        "account_id": "A",
        "demand": "next_day@2026-12-31",
        "kind": Kind.CALLED,
        "moment": moment(date(2026, 12, 31)),
        "line": "next_day",
        "due": moment(date(2027, 1, 4), time(11, 30)),
        "provisional": True,
        "target_bp": 13_000,
        "needs_payment": False,
        "assets_milli": 1,
        "debt_milli": 1,
    }
    state = State.begin().after(events_of([called]))
    _, before = step(state, Clock(moment(date(2026, 12, 31))), TERMS)
    assert before.height == 0
    monkeypatch.setattr(moments, "calendar", lambda: announced(*closed))
    state, events = step(state, Clock(moment(date(2026, 12, 31))), TERMS)
    assert told(events) == [("confirmed", "next_day@2026-12-31")]
    row = state.demands.row(0, named=True)
    assert (row["due"], row["provisional"]) == (moment(due, time(11, 30)), False)
