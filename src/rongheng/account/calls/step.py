"""One step of the calls: a state and something that happens give the next state and what is to be written down.

What lives here: the one door to everything that can happen. What does not: any of it (``machine.py``, ``maturity.py``,
``payments.py``, ``decisions.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from rongheng.account.calls.decisions import Answer, Decision, on_answer, on_decision
from rongheng.account.calls.machine import on_clock, on_mark
from rongheng.account.calls.maturity import RollOver, on_contracts
from rongheng.account.calls.payments import Payment, of_account, on_payment
from rongheng.account.calls.state import State
from rongheng.account.calls.terms import CallTerms


@dataclass(frozen=True)
class Mark:
    """A book has been marked: one row for each account, with the columns of the table of marks."""

    at: datetime
    rows: pl.DataFrame


@dataclass(frozen=True)
class Contracts:
    """A book's contracts, looked at for their ends; at a mark they come before it."""

    at: datetime
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Clock:
    """A moment has come."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """An officer's decision, or a second person's answer to one, with the contract that a roll-over rests on."""

    what: Decision | Answer
    contract: RollOver | None = None


Event = Mark | Contracts | Clock | Payment | Decided


def step(state: State, event: Event, terms: CallTerms) -> tuple[State, pl.DataFrame]:
    """Return the state after an event, and the events that follow from it, for the ledger and for notices.

    It is the same for one account and for a book of a million, and for any order of accounts.
    """
    match event:
        case Mark():
            happened = on_mark(state, event.rows, terms, at=event.at)
        case Contracts():
            happened = on_contracts(state, event.rows, terms, at=event.at)
        case Clock():
            happened = on_clock(state, at=event.at)
        case Payment():
            happened = on_payment(state, event)
        case Decided():
            happened = _on_decided(state, event, terms)
    return state.after(happened), happened


def _on_decided(state: State, event: Decided, terms: CallTerms) -> pl.DataFrame:
    what, contract = event.what, event.contract
    policy = contract.policy if contract else policy_of(state, what.account_id)
    rules = terms.of_policy(policy)
    if isinstance(what, Answer):
        return on_answer(state, what, rules, contract=contract)
    return on_decision(state, what, rules, contract=contract)


def policy_of(state: State, account_id: str) -> str:
    """Return the policy under which something is asked of an account."""
    return str(of_account(state, account_id).standing.row(0, named=True)["policy"])
