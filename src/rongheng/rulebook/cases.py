"""Golden cases of rules: what a document says a rule is on a day, written in YAML by whoever has read the document.

What lives here: reading such cases, running them, and finding date boundaries that no case stands on. What does not:
cases of accounts; they come with the marks.

    - case: The financing ratio fell after the close of 8 September 2023
      why: A notice that works after the close first binds the next session.
      source: document                       # hand | document | statement; never the program's own answer
      rule: exchange.financing.margin_ratio
      market: SSE                            # where the markets differ
      expect: {2023-09-08: 100%, 2023-09-11: 80%}

``client`` asks for an exception, ``known_at`` for what was known then, ``opened`` (with ``broker_applies``) for a
contract; ``term`` picks one of several terms, ``row`` and ``column`` a cell of a table. A value is typed as in the
rule; ``not in force``, ``abolished``, ``unpublished`` and ``no row`` are answers too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import NotInForceError, UsageError
from rongheng.rulebook.reader import Item, read_yaml
from rongheng.rulebook.reading import Reading
from rongheng.rulebook.rule import Rule
from rongheng.rulebook.rulebook import Rulebook
from rongheng.rulebook.scalars import READERS, read_date, read_switch
from rongheng.rulebook.schema import Schema
from rongheng.rulebook.showing import show_value
from rongheng.rulebook.table import Table
from rongheng.rulebook.timeline import Entry
from rongheng.rulebook.values import NO_LIMIT, Value, ValueReader

_REQUIRED: Final = ("case", "why", "source", "rule", "expect")
_OPTIONAL: Final = ("market", "client", "known_at", "opened", "broker_applies", "term", "row", "column")
_SOURCES: Final = ("hand", "document", "statement")
_STATES: Final = ("not in force", "abolished", "unpublished", "no row")


@dataclass(frozen=True)
class RuleCase:
    """One case: a question to one rule, and the answer that its document gives on each day."""

    name: str
    why: str
    source: str
    rule: Rule
    market: str | None
    client: str | None
    known_at: date | None
    opened: date | None
    broker_applies: bool
    term: str | None
    row: Mapping[str, str | int] | None
    column: str | None
    expect: Mapping[date, Item]
    place: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case expected on one day and what the rulebook said."""

    case: RuleCase
    session: date
    expected: str
    got: str
    passed: bool
    working: str  # the entry that answered, and its document

    def __str__(self) -> str:
        verdict = "ok" if self.passed else "FAILED"
        return (
            f"{verdict} {self.case.place}: {self.case.name}, {self.session}: expected {self.expected}, got {self.got}"
            f" ({self.working})"
        )


@dataclass(frozen=True, slots=True)
class Uncovered:
    """One side of a date boundary on which no case stands."""

    rule_id: str
    market: str
    session: date
    side: str  # before or from

    def __str__(self) -> str:
        return f"{self.rule_id}: no case on {self.session} ({self.side} a boundary in {self.market})"


def read_cases(book: Rulebook, path: Path) -> list[RuleCase]:
    """Return the cases of one file, or of every YAML file below a folder."""
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    if not files or not path.exists():
        raise UsageError(f"{path}: no YAML files with cases there.")
    cases = []
    for file in files:
        name = str(file.relative_to(path.parent)) if file.is_relative_to(path.parent) else str(file)
        cases += [_read_case(book, item) for item in read_yaml(file, name=name).items()]
    return cases


def run_cases(book: Rulebook, cases: Iterable[RuleCase]) -> list[Outcome]:
    """Return what every case expected on each of its days and what the rulebook said."""
    return [_outcome(book, case, session, item) for case in cases for session, item in case.expect.items()]


def uncovered(book: Rulebook, cases: Iterable[RuleCase]) -> list[Uncovered]:
    """Return each side of a date boundary that has no case: the first session of an entry and the one before it."""
    asked: dict[str, list[RuleCase]] = {}
    for case in cases:
        asked.setdefault(case.rule.id, []).append(case)
    return [gap for rule in book.rules.values() for gap in _uncovered_sides(rule, asked.get(rule.id, []))]


def _uncovered_sides(rule: Rule, cases: list[RuleCase]) -> Iterator[Uncovered]:
    for entry in rule.timeline.entries:
        day = entry.effective
        first = day if calendar().is_session(day) else calendar().offset(day, 1)
        for side, session in (("before", calendar().offset(day, -1)), ("from", first)):
            if not any(_covers(rule, entry, case, session) for case in cases):
                yield Uncovered(rule.id, "+".join(entry.markets), session, side)


def _covers(rule: Rule, entry: Entry, case: RuleCase, session: date) -> bool:
    """Say whether a case asks for the markets of an entry; without a market it does when no other market answers."""
    if session not in case.expect or case.opened is not None or case.known_at is not None:
        return False
    if case.market is not None:
        return case.market in entry.markets
    return set(rule.standing(session)) <= set(entry.markets)


def _read_case(book: Rulebook, item: Item) -> RuleCase:
    fields = item.fields(required=_REQUIRED, optional=_OPTIONAL)
    fields["source"].one_of(_SOURCES, what="source")
    rule = book.rules[fields["rule"].one_of(tuple(book.rules), what="rule")]
    term = fields["term"].one_of(tuple(rule.schema.terms), what="term") if "term" in fields else None
    schema = rule.schema if term is None else rule.schema.terms[term].schema
    return RuleCase(
        name=fields["case"].text(),
        why=fields["why"].text(),
        source=fields["source"].text(),
        rule=rule,
        market=fields["market"].one_of(rule.markets, what="market") if "market" in fields else None,
        client=fields["client"].text() if "client" in fields else None,
        known_at=fields["known_at"].read(read_date) if "known_at" in fields else None,
        opened=fields["opened"].read(read_date) if "opened" in fields else None,
        broker_applies="broker_applies" in fields and fields["broker_applies"].read(read_switch),
        term=term,
        row=_read_row(fields["row"], schema) if "row" in fields else None,
        column=fields["column"].one_of(tuple(schema.columns), what="column") if "column" in fields else None,
        expect={_read_day(key, fields["expect"]): value for key, value in fields["expect"].pairs().items()},
        place=item.place,
    )


def _read_row(item: Item, schema: Schema) -> dict[str, str | int]:
    keys = [name for name, column in schema.columns.items() if column.chooses]
    row: dict[str, str | int] = {}
    for name, value in item.fields(required=keys).items():
        unit = schema.columns[name].range
        number = value.text() if unit is None else value.read(READERS[unit])
        assert isinstance(number, str | int), "ranges hold whole numbers"
        row[name] = number
    return row


def _read_day(typed: str, item: Item) -> date:
    try:
        return read_date(typed)
    except ValueError as error:
        item.refuse(str(error))


def _outcome(book: Rulebook, case: RuleCase, session: date, item: Item) -> Outcome:
    try:
        reading = _ask(case, session)
    except NotInForceError as error:
        passed = item.is_text and item.text() == "not in force"
        return Outcome(case, session, _shown(item), "not in force", passed, str(error))
    got, schema = _picked(case, reading)
    if item.is_text and item.text() in _STATES:
        expected: Value = item.text()
        passed = got == expected
    else:
        expected = _expected(book, item, schema, got)
        passed = _agrees(expected, got)
    shown = got if isinstance(got, str) and got in _STATES else show_value(got, schema, book.classes).en
    return Outcome(case, session, _shown(item), shown, passed, _working(reading))


def _ask(case: RuleCase, session: date) -> Reading:
    if case.opened is not None:
        return case.rule.for_contract(
            case.opened,
            session,
            broker_applies=case.broker_applies,
            known_at=case.known_at,
            market=case.market,
            client=case.client,
        )
    return case.rule.on(session, known_at=case.known_at, market=case.market, client=case.client)


def _picked(case: RuleCase, reading: Reading) -> tuple[Value, Schema]:
    """Return the part of the value that the case asks about, and its schema."""
    schema = case.rule.schema
    if reading.is_abolished or reading.is_unpublished:
        return reading.entry.state.value, schema
    value = reading.value
    if case.term is not None:
        assert isinstance(value, Mapping), "only terms have a term"
        value, schema = value[case.term], schema.terms[case.term].schema
    if case.row is not None:
        assert isinstance(value, Table), "only tables have rows"
        row = value.find_row(**case.row)
        if row is None or case.column is None:
            return "no row", schema
        value, schema = row.values[case.column], schema.columns[case.column].schema
    return value, schema


def _expected(book: Rulebook, item: Item, schema: Schema, got: Value) -> Value:
    if item.is_text and item.text() == NO_LIMIT.value:
        return NO_LIMIT
    reader = ValueReader(book.documents, book.classes)
    if isinstance(got, Mapping) and schema.unit == "terms":  # only the terms that the case names are compared
        return {name: reader.read(part, schema.terms[name].schema) for name, part in item.pairs().items()}
    return reader.read(item, schema)


def _agrees(expected: Value, got: Value) -> bool:
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return all(name in got and got[name] == value for name, value in expected.items())
    return expected == got


def _shown(item: Item) -> str:
    if item.is_text:
        return item.text()
    if item.is_list:
        return ", ".join(_shown(member) for member in item.items())
    return ", ".join(f"{name} {_shown(value)}" for name, value in item.pairs().items())


def _working(reading: Reading) -> str:
    return f"{reading.entry.place}, {reading.citations[0].show().en}"
