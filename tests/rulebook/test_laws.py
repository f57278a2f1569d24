"""Laws that hold for every rule, day and pair of days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import NotInForceError
from rongheng.rulebook import Rule, Rulebook
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.changes import diff
from rongheng.rulebook.table import Table
from tests.depth import examples

BOOK = Rulebook.load()
IDS = sorted(BOOK.rules)
BOUNDARIES = sorted({day for rule in BOOK.rules.values() for day in rule.timeline.boundaries})

rules = st.sampled_from(IDS).map(BOOK.rule)
# Days around the boundaries, where something can go wrong, and any others.
days = st.dates(date(1996, 1, 1), date(2027, 12, 31)) | st.builds(
    lambda day, shift: day + timedelta(shift), st.sampled_from(BOUNDARIES), st.integers(-2, 2)
)


def said(rule: Rule, session: date, known_at: date | None = None) -> dict[str, object]:
    """What a rule says in each market, or that it is not in force there."""
    answers: dict[str, object] = {}
    for market in rule.markets:
        try:
            reading = rule.on(session, known_at=known_at, market=market)
        except NotInForceError:
            answers[market] = "not in force"
        else:
            answers[market] = (reading.entry.state, reading.entry.value, reading.entry.exceptions)
    return answers


@given(rules, days, days)
@settings(max_examples=examples(120))
def test_a_replay_never_sees_a_later_rule(rule: Rule, session: date, known_at: date) -> None:
    for market in rule.markets:
        try:
            reading = rule.on(session, known_at=known_at, market=market)
        except NotInForceError:
            continue
        assert reading.entry.known <= known_at
        assert reading.entry.effective <= session


@given(rules, days)
@settings(max_examples=examples(120))
def test_knowing_everything_is_knowing_at_the_end_of_time(rule: Rule, session: date) -> None:
    assert said(rule, session) == said(rule, session, date.max)


@given(rules, days, days)
@settings(max_examples=examples(120))
def test_a_rule_says_the_same_between_its_boundaries(rule: Rule, first: date, second: date) -> None:
    first, second = min(first, second), max(first, second)
    if not any(first < day <= second for day in rule.timeline.boundaries):
        assert said(rule, first) == said(rule, second)


@given(days)
@settings(max_examples=examples(12))
def test_nothing_changes_from_a_day_to_itself(day: date) -> None:
    assert diff(BOOK, day, day) == []


@given(days, days, st.none() | days)
@settings(max_examples=examples(16), deadline=None)
def test_a_comparison_names_exactly_the_rules_that_say_something_else(
    first: date, second: date, known_at: date | None
) -> None:
    first, second = min(first, second), max(first, second)
    named = {change.rule.id for change in diff(BOOK, first, second, known_at=known_at)}
    differing = {id_ for id_ in IDS if said(BOOK.rule(id_), first, known_at) != said(BOOK.rule(id_), second, known_at)}
    assert named == differing


@given(days, days)
@settings(max_examples=examples(16), deadline=None)
def test_every_change_is_explained_by_entries_between_the_days(first: date, second: date) -> None:
    first, second = min(first, second), max(first, second)
    for change in diff(BOOK, first, second):
        assert change.steps[-1] is change.after
        assert all(first < step.effective <= second for step in change.steps)


@given(st.data())
@settings(max_examples=examples(80))
def test_exactly_one_row_of_a_complete_table_fits_each_case(data: st.DataObject) -> None:
    tables = [
        entry.value
        for rule in BOOK.rules.values()
        for entry in rule.timeline.entries
        if isinstance(entry.value, Table) and not entry.value.is_partial
    ]
    table = data.draw(st.sampled_from(tables))
    keys: dict[str, str | int] = {}
    for name in table.keys:
        cells = [row.keys[name] for row in table.rows]
        members = sorted({member for cell in cells if isinstance(cell, frozenset) for member in cell})
        is_range = any(isinstance(cell, Range) for cell in cells)
        numbers: st.SearchStrategy[str | int] = st.integers(-50_000, 10**12)
        keys[name] = data.draw(numbers if is_range else st.sampled_from(members or ["any one"]))
    assert sum(row.fits(keys) for row in table.rows) == 1
    assert table.row(**keys) is table.find_row(**keys)


@given(st.lists(days, max_size=20), st.none() | days)
@settings(max_examples=examples(40))
def test_a_column_holds_what_the_rule_says_on_each_session(sessions: list[date], known_at: date | None) -> None:
    rule = BOOK.rule("exchange.financing.margin_ratio")
    column = BOOK.scalar_by_session(rule.id, sessions, known_at=known_at, market="SSE")
    for session, value in zip(sessions, column, strict=True):
        answer = said(rule, session, known_at)["SSE"]
        assert value == (None if answer == "not in force" else answer[1])  # type: ignore[index]


@given(rules, days, days)
@settings(max_examples=examples(80))
def test_a_contract_keeps_the_value_of_its_opening_day(rule: Rule, opened: date, session: date) -> None:
    opened, session = min(opened, session), max(opened, session)
    if rule.binds != "contract":
        return
    for market in rule.markets:
        try:
            own = rule.on(opened, market=market)
        except NotInForceError:
            continue
        assert rule.for_contract(opened, session, market=market).entry is own.entry
