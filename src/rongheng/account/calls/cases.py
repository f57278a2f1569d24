"""Golden cases of calls: days of one account — marks, payments, decisions, the clock — and what must come of them.

What lives here: reading such cases from YAML, running them through the production mark and the production step, and
comparing. What does not: cases of a single mark (``account.marks.cases``) and of rules (``rulebook.cases``).

    - case: Guosen's next-day line, met in time
      why: Under 115 % at the end of the day; the client must be back at 130 % by 11:30 of the next session.
      source: document                   # hand | document; never the program's own answer
      policy: guosen
      permissions: [star]
      week:
        - {session: 2025-04-07, assets: 1_140_000, debt: 1_000_000}          # the end of the day
        - {session: 2025-04-08, at: 10:15, cash: 160_000}                    # a payment
        - {session: 2025-04-08, at: 11:30}                                   # the clock alone
      expect:
        - 2025-04-07 called next_day by 2025-04-08 11:30 to 130%
        - 2025-04-08 10:15 paid
        - 2025-04-08 11:30 cured next_day

An entry with ``assets`` and ``debt`` is a mark: the account is all cash and owes an amount. Money is in yuan and may be
a sum. Other entries: ``cash``, ``repay``, ``collateral``; ``contract`` with ``due`` and ``suspended`` (what the book
says of it at that moment; ``settled: yes``: nothing any more); ``extend`` and ``waive`` until a day, with ``to`` for a
time of day. ``also`` changes how calls are judged (``cured_by``, ``intraday``). Daily snapshots are not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from rongheng.account.book import Book
from rongheng.account.calls.decisions import Action, Decision
from rongheng.account.calls.events import Kind
from rongheng.account.calls.maturity import CONTRACT_COLUMNS
from rongheng.account.calls.moments import moment, show_moment
from rongheng.account.calls.payments import Payment
from rongheng.account.calls.state import State
from rongheng.account.calls.step import Clock, Contracts, Decided, Event, Mark, step
from rongheng.account.calls.terms import CallTerms
from rongheng.account.marks.mark import mark
from rongheng.account.marks.stage import evaluated
from rongheng.account.policy import CuredBy, Policy, PolicySet
from rongheng.basics.account_tables import BOOK_TABLES, ClientType
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import BP, MILLI
from rongheng.rulebook import Rulebook
from rongheng.rulebook.reader import Item, read_yaml
from rongheng.rulebook.scalars import read_date, read_switch, read_time

ID: Final = "CASE"
SECURITY: Final = "600000.SH"
_AMOUNTS: Final = ("cash", "repay", "collateral")
_MARK: Final = ("assets", "debt")
_DECISIONS: Final = {"extend": Action.EXTEND, "waive": Action.WAIVE}
_ENTRY: Final = ("at", *_MARK, *_AMOUNTS, *_DECISIONS, "to", "contract", "due", "suspended", "settled")


@dataclass(frozen=True)
class CallCase:
    """One case, read: what happens, and what is expected to come of it."""

    name: str
    why: str
    source: str
    place: str
    terms: Mapping[date, CallTerms]  # as they stand on each session
    week: tuple[Event, ...]
    expect: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What one case expected, and what came."""

    case: str
    place: str
    expected: tuple[str, ...]
    got: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether exactly what was expected came, in that order."""
        return self.expected == self.got

    def __str__(self) -> str:
        verdict = "ok" if self.passed else "FAILED"
        lines = [f"{verdict} {self.place}: {self.case}"]
        lines += [f"  expected, missing: {line}" for line in self.expected if line not in self.got]
        lines += [f"  {'' if line in self.expected else 'came, not expected: '}{line}" for line in self.got]
        return "\n".join(lines)


def read_call_cases(path: Path, *, rulebook: Rulebook | None = None) -> list[CallCase]:
    """Return the cases of one file, or of every YAML file below a folder.

    Raises
    ------
    UsageError
        No such file or folder.
    RuleError
        A case is malformed; the message says ``file:line``.
    """
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    if not path.exists() or not files:
        raise UsageError(f"{path}: no YAML files with cases there.")
    rulebook = rulebook or Rulebook.load()
    return [_read(item, rulebook) for file in files for item in read_yaml(file, name=str(file)).items()]


def run_call_cases(cases: Iterable[CallCase]) -> list[CallOutcome]:
    """Return what every case expected and what came."""
    return [CallOutcome(case.name, case.place, case.expect, tuple(_told(case))) for case in cases]


def _told(case: CallCase) -> Iterator[str]:
    state = State.begin()
    for event in case.week:
        at = event.what.at if isinstance(event, Decided) else event.at
        state, happened = step(state, event, case.terms[at.date()])
        yield from (tell(row) for row in happened.iter_rows(named=True) if row["kind"] != Kind.MARKED.value)


def tell(row: Mapping[str, Any]) -> str:
    """Return an event in one line, as cases and histories write it.

    >>> tell({"moment": moment(date(2025, 4, 7)), "kind": "called", "line": "call", "target_bp": 15000})
    '2025-04-07 called call to 150%'
    """
    told = [show_moment(row["moment"]), row["kind"], row.get("contract_id") or row.get("line") or ""]
    if row.get("due") is not None:
        told.append(f"by {show_moment(row['due'])}")
    if row.get("target_bp") is not None and row["kind"] == Kind.CALLED.value:
        told.append(f"to {row['target_bp'] * 100 / BP:g}%")
    if row.get("provisional"):
        told.append("provisional")
    return " ".join(word for word in told if word)


def _read(item: Item, rulebook: Rulebook) -> CallCase:
    required = ("case", "why", "source", "policy", "week", "expect")
    fields = item.fields(required=required, optional=("permissions", "also"))
    also = fields["also"].pairs() if "also" in fields else {}
    permissions = ",".join(entry.text() for entry in fields["permissions"].items()) if "permissions" in fields else ""
    policies: dict[date, Policy] = {}
    week = []
    for entry in fields["week"].items():
        session = entry.pairs()["session"].read(read_date)
        if session not in policies:
            name = fields["policy"].text()
            policies[session] = _with(PolicySet.load(name, session=session, rulebook=rulebook)[name], also)
        week.append(_event(entry, policies[session], permissions))
    return CallCase(
        name=fields["case"].text(),
        why=fields["why"].text(),
        source=fields["source"].one_of(("hand", "document"), what="source"),
        place=item.place,
        terms={session: CallTerms.of([policy]) for session, policy in policies.items()},
        week=tuple(week),
        expect=tuple(entry.text() for entry in fields["expect"].items()),
    )


def _with(policy: Policy, also: Mapping[str, Item]) -> Policy:
    for name, item in also.items():
        if name == "cured_by":
            how = CuredBy(item.one_of([*CuredBy], what="way of being cured"))
            policy = replace(policy, calls=replace(policy.calls, cured_by=how))
        elif name == "intraday":
            policy = replace(policy, calls=replace(policy.calls, intraday=item.read(read_switch)))
        else:
            item.refuse(f"{name!r} is nothing that a case may change; expected cured_by or intraday.")
    return policy


def _event(item: Item, policy: Policy, permissions: str) -> Event:
    fields = item.fields(required=("session",), optional=_ENTRY)
    clock = fields["at"].read(read_time) if "at" in fields else None
    at = moment(fields["session"].read(read_date), clock)
    if "assets" in fields:
        return Mark(at, _marked(item, at, policy, permissions))
    if "contract" in fields:
        return Contracts(at, _contracts(fields, policy))
    for word, action in _DECISIONS.items():
        if word in fields:
            clock = fields["to"].read(read_time) if "to" in fields else None
            return Decided(Decision(action, ID, at, until=fields[word].read(read_date), clock=clock))
    amounts = {f"{name}_milli": _milli(fields[name]) for name in _AMOUNTS if name in fields}
    return Payment(ID, at, what="as the case says", **amounts) if amounts else Clock(at)


def _marked(item: Item, at: datetime, policy: Policy, permissions: str) -> pl.DataFrame:
    """Return the row of marks of an account that is all cash and owes the debt, through the production kernels."""
    fields = item.pairs()
    account = {
        "account_id": ID,
        "policy": policy.name,
        "client_type": ClientType.INDIVIDUAL.value,
        "cash_milli": _milli(fields["assets"]),
        "other_debt_milli": _milli(fields["debt"]),
        "permissions": permissions,
    }
    nothing = [pl.DataFrame(schema=BOOK_TABLES[name].schema) for name in ("positions", "contracts")]
    book = Book.of(pl.DataFrame([account]), *nothing, session=at.date(), source=item.place)
    day = MarketDay(
        at.date(), pl.DataFrame([{"security": SECURITY, "board": "main", "price_milli": 10_000, "haircut_cap_bp": 0}])
    )
    marks = mark(book, day, PolicySet.of(policy))
    return marks.frame().with_columns(permissions=pl.lit(permissions))


def _contracts(fields: Mapping[str, Item], policy: Policy) -> pl.DataFrame:
    """Return the book's one contract, or none once it is settled."""
    row = {
        "account_id": ID,
        "policy": policy.name,
        "contract_id": fields["contract"].text(),
        "security": SECURITY,
        "due": fields["due"].read(read_date) if "due" in fields else None,
        "suspended": "suspended" in fields and fields["suspended"].read(read_switch),
        "may_postpone": True,
    }
    frame = pl.DataFrame([row], schema_overrides={"due": pl.Date()}).select(CONTRACT_COLUMNS)
    return frame.clear() if "settled" in fields and fields["settled"].read(read_switch) else frame


def _milli(item: Item) -> int:
    value = evaluated(item, item.text()) * MILLI
    if value.denominator != 1:
        item.refuse(f"{item.text()} has more than three decimals of a yuan; expected whole milli-yuan.")
    return int(value)
