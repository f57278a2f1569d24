"""What officers decide: a later deadline, a waiver, a roll-over, other collateral; proposed and approved by two.

What lives here: a decision, what it needs, and what it makes of demands. What does not: who may decide, and where it is
kept (the desk and its ledger), and the conditions of a roll-over (``maturity.py``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Final

import polars as pl

from rongheng.account.calls.events import LEADS_TO, MATURITY, Kind, Status, events_of, no_events
from rongheng.account.calls.machine import in_order, judged
from rongheng.account.calls.maturity import RollOver, notice_of, roll_over_refusals
from rongheng.account.calls.moments import is_provisional, moment, session_of, show_moment
from rongheng.account.calls.payments import Payment, of_account, on_payment
from rongheng.account.calls.state import State
from rongheng.account.policy import CallRules
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import StaleDataError, UsageError


class Action(StrEnum):
    """What can be decided."""

    EXTEND = "extend"  # a later deadline
    WAIVE = "waive"  # the line asks nothing until a day
    ROLL_OVER = "roll_over"  # a contract ends later
    COLLATERAL = "collateral"  # other collateral is accepted at a value


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one account; ``clock`` is the time of day of ``until``, its end where there is none."""

    action: Action
    account_id: str
    at: datetime
    until: date | None = None
    clock: time | None = None
    line: str | None = None  # of the demands that are extended or waived; None: all
    contract_id: str | None = None
    collateral_milli: int = 0
    what: str = ""

    @property
    def end(self) -> datetime:
        """The moment until which it holds.

        Raises
        ------
        UsageError
            No day was given, or one without trading.
        """
        if self.until is None:
            raise UsageError(f"Until when? A decision to {self.action.replace('_', ' ')} needs --until DATE.")
        end = moment(self.until, self.clock)
        if end <= self.at:
            raise UsageError(f"{show_moment(end)} is not after {show_moment(self.at)}, when it is decided.")
        return end

    def as_text(self, proposed_by: str) -> str:
        """Return the decision as JSON, as a proposal keeps it."""
        return json.dumps(asdict(self) | {"proposed_by": proposed_by}, ensure_ascii=False, default=str)


_MOVED_BY: Final = {
    Action.EXTEND: (Kind.EXTENDED, (Status.OPEN, Status.LAPSED)),
    Action.WAIVE: (Kind.WAIVED, (Status.OPEN, Status.LAPSED, Status.WARNED)),
}


def on_decision(
    state: State, decision: Decision, rules: CallRules, *, contract: RollOver | None = None
) -> pl.DataFrame:
    """Return what a decision makes of an account's demands.

    Parameters
    ----------
    contract : what a roll-over rests on

    Raises
    ------
    StaleDataError
        The mark that it rests on is older than the policy allows.
    UsageError
        Nothing of that kind is asked of the account, or the day is no session, or not later than what stands.
    """
    if decision.action is Action.ROLL_OVER:
        assert contract is not None, "a roll-over rests on a contract"
        return on_roll_over(state, decision, contract, rules)
    alone = of_account(state, decision.account_id)
    require_fresh_mark(alone, decision, rules)
    if decision.action is Action.COLLATERAL:
        posted = Payment(
            decision.account_id, decision.at, collateral_milli=decision.collateral_milli, what=decision.what
        )
        return on_payment(alone, posted)
    passed = judged(alone, at=decision.at, including=False)
    return in_order([passed, _moved(alone.after(passed), decision)])


def require_fresh_mark(state: State, decision: Decision, rules: CallRules) -> None:
    """Raise ``StaleDataError`` where the account's last mark is older than the policy allows for a decision."""
    marked_at = state.standing.row(0, named=True)["marked_at"]
    if marked_at is None:  # only a contract's end is asked about, which rests on no mark
        return
    age = calendar().count_between(session_of(marked_at), session_of(decision.at))
    if age > rules.mark_at_most_sessions:
        raise StaleDataError(
            f"The last mark of account {decision.account_id} is of {show_moment(marked_at)}, {age} sessions before; a "
            f"decision rests on one at most {rules.mark_at_most_sessions} old. Run the calls on newer marks first."
        )


def _moved(state: State, decision: Decision) -> pl.DataFrame:
    kind, statuses = _MOVED_BY[decision.action]
    ours = pl.col("status").is_in([status.value for status in statuses]) & (pl.col("line") != MATURITY)
    rows = state.demands.filter(ours)
    if decision.line is not None:
        rows = rows.filter(pl.col("line") == decision.line)
    if not rows.height:
        under = f" under the {decision.line} line" if decision.line else ""
        raise UsageError(f"Account {decision.account_id} has no call{under} to {decision.action}. Look at its history.")
    end = decision.end
    latest = rows["due"].max()
    if decision.action is Action.EXTEND and isinstance(latest, datetime) and end <= latest:
        raise UsageError(
            f"{show_moment(end)} is not after {show_moment(latest)}, by which account {decision.account_id} must act; "
            "a deadline is only ever extended. Give a later day."
        )
    return events_of(_event(row, kind, decision, end) for row in rows.iter_rows(named=True))


def on_roll_over(state: State, decision: Decision, contract: RollOver, rules: CallRules) -> pl.DataFrame:
    """Return that a contract ends later; its demand says so until the book does.

    Raises
    ------
    UsageError
        A condition of the policy is not met; every one that is not is named.
    """
    end = decision.end
    refusals = roll_over_refusals(contract, rules)
    if refusals:
        raise UsageError(f"Contract {contract.contract_id} cannot be rolled over. {' '.join(refusals)}")
    ours = (pl.col("account_id") == contract.account_id) & (pl.col("contract_id") == contract.contract_id)
    rows = state.demands.filter(ours & (pl.col("line") == MATURITY))
    noticed = no_events() if rows.height else notice_of(contract, at=decision.at)
    row = rows.row(0, named=True) if rows.height else noticed.row(0, named=True)
    return pl.concat([noticed, events_of([_event(row, Kind.ROLLED, decision, end)])])


def _event(row: dict[str, Any], kind: Kind, decision: Decision, end: datetime) -> dict[str, Any]:
    about = {name: row[name] for name in ("account_id", "demand", "line", "contract_id", "target_bp")}
    return about | {
        "kind": kind,
        "moment": decision.at,
        "due": end,
        "provisional": is_provisional(end),
        "detail": decision.what.strip() or None,
    }


def on_proposal(
    state: State, decision: Decision, rules: CallRules, *, by: str, contract: RollOver | None = None
) -> pl.DataFrame:
    """Return the proposal of a decision, which a second person approves or refuses; it is tested as if it were made."""
    on_decision(state, decision, rules, contract=contract)
    proposed = {
        "account_id": decision.account_id,
        "demand": f"proposal@{decision.at.isoformat()}",
        "kind": Kind.PROPOSED,
        "moment": decision.at,
        "detail": decision.as_text(by),
    }
    return events_of([proposed])


@dataclass(frozen=True, slots=True)
class Answer:
    """A second person's answer to a proposal (复核); ``proposal`` may be left out where only one waits."""

    account_id: str
    at: datetime
    by: str
    approve: bool
    proposal: str | None = None


def on_answer(state: State, answer: Answer, rules: CallRules, *, contract: RollOver | None = None) -> pl.DataFrame:
    """Return what an answer makes; what is approved is decided now, on what stands now.

    Raises
    ------
    UsageError
        No proposal waits, or several do, or the person is the one who proposed it.
    """
    alone = of_account(state, answer.account_id)
    row = _waiting(alone, answer.account_id, answer.proposal)
    proposed = json.loads(row["detail"])
    if proposed["proposed_by"].strip().casefold() == answer.by.strip().casefold():
        raise UsageError(f"{answer.by} proposed it; a second person must answer. Ask somebody else.")
    kind = Kind.APPROVED if answer.approve else Kind.REFUSED
    about = {"account_id": answer.account_id, "demand": row["demand"], "detail": row["detail"]}
    answered = events_of([about | {"kind": kind, "moment": answer.at}])
    if not answer.approve:
        return answered
    made = on_decision(alone, replace(_decision_of(proposed), at=answer.at), rules, contract=contract)
    return in_order([answered, made])


def proposed_decision(state: State, account_id: str, proposal: str | None = None) -> Decision:
    """Return the decision that waits for a second person."""
    return _decision_of(json.loads(_waiting(of_account(state, account_id), account_id, proposal)["detail"]))


def _waiting(state: State, account_id: str, proposal: str | None) -> dict[str, Any]:
    rows = state.demands.filter(pl.col("status") == LEADS_TO[Kind.PROPOSED].value)
    if proposal is not None:
        rows = rows.filter(pl.col("demand") == proposal)
    if rows.height != 1:
        found = ", ".join(rows["demand"]) or "none"
        raise UsageError(f"Which proposal for account {account_id}? Found: {found}. Name one with --proposal.")
    return rows.row(0, named=True)


def _decision_of(text: dict[str, Any]) -> Decision:
    return Decision(
        action=Action(text["action"]),
        account_id=text["account_id"],
        at=datetime.fromisoformat(text["at"]),
        until=date.fromisoformat(text["until"]) if text["until"] else None,
        clock=time.fromisoformat(text["clock"]) if text["clock"] else None,
        line=text["line"],
        contract_id=text["contract_id"],
        collateral_milli=text["collateral_milli"],
        what=text["what"],
    )
