"""What officers write into the ledger: payments that came, decisions, and a second person's answers.

What lives here: on which state they act, and that none acts on one that has moved. What does not: what follows from
them (``account.calls``), and what a roll-over rests on (``roll_over.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.calls import Action, Answer, Decision, Payment, State
from rongheng.account.calls.decisions import on_answer, on_decision, on_proposal, proposed_decision
from rongheng.account.calls.moments import session_of, show_moment
from rongheng.account.calls.payments import on_payment
from rongheng.account.calls.step import policy_of
from rongheng.basics.errors import NotInForceError, UsageError
from rongheng.desk.calls.roll_over import call_rules_of, rested_on
from rongheng.desk.ledger import Entry, Ledger
from rongheng.rulebook import Rulebook

OTHER_COLLATERAL = "exchange.maintenance.other_collateral"


@dataclass(frozen=True)
class Written:
    """What an officer's act made: its events, and whether it waits for a second person."""

    events: pl.DataFrame
    waits: bool = False


def pay(
    ledger: Ledger, payment: Payment, entry: Entry, *, seen: int | None = None, rules: Sequence[Path] = ()
) -> Written:
    """Write down a payment; other collateral is accepted as the policy says decisions are made.

    Parameters
    ----------
    seen : the account's last event that the officer looked at; refused when there are later ones

    Raises
    ------
    UsageError
        Nothing is asked of the account, it has moved on, or the payment cannot be as it is told.
    """
    if payment.collateral_milli:
        return _post(ledger, payment, entry, seen=seen, rules=rules)

    def paid(state: State) -> Written:
        return Written(on_payment(state, payment))

    return _write(
        ledger, f"Writing down a payment of account {payment.account_id}", payment.account_id, entry, paid, seen
    )


def _post(ledger: Ledger, payment: Payment, entry: Entry, *, seen: int | None, rules: Sequence[Path]) -> Written:
    if payment.cash_milli or payment.repay_milli:
        raise UsageError("Other collateral is accepted by a decision; write down cash and repayments apart from it.")
    _require_other_collateral(session_of(payment.at), Rulebook.load(*rules))
    posted = Decision(
        Action.COLLATERAL,
        payment.account_id,
        payment.at,
        collateral_milli=payment.collateral_milli,
        what=payment.what,
    )
    return decide(ledger, posted, entry, seen=seen, rules=rules)


def decide(
    ledger: Ledger,
    decision: Decision,
    entry: Entry,
    *,
    marks: Path | None = None,
    seen: int | None = None,
    rules: Sequence[Path] = (),
) -> Written:
    """Write down a decision, or its proposal where the account's policy asks for a second person.

    Parameters
    ----------
    marks : the folder of marks that a roll-over rests on

    Raises
    ------
    StaleDataError
        The mark that it rests on is older than the policy allows.
    UsageError
        It cannot be decided; the message says why.
    """
    contract = rested_on(ledger, decision, marks) if decision.action is Action.ROLL_OVER else None

    def decided(state: State) -> Written:
        policy = contract.policy if contract else policy_of(state, decision.account_id)
        terms = call_rules_of(policy, session_of(decision.at), rules)
        if not terms.second_person:
            return Written(on_decision(state, decision, terms, contract=contract))
        return Written(on_proposal(state, decision, terms, by=entry.by, contract=contract), waits=True)

    doing = f"Deciding on account {decision.account_id}"
    return _write(ledger, doing, decision.account_id, entry, decided, seen, is_known=contract is not None)


def answer(
    ledger: Ledger,
    given: Answer,
    entry: Entry,
    *,
    marks: Path | None = None,
    seen: int | None = None,
    rules: Sequence[Path] = (),
) -> Written:
    """Write down a second person's answer to a proposal; what is approved is decided on what stands now."""
    with ledger.reading() as now:
        state = State(now.open_events([given.account_id]).drop("sequence"))
    proposed = proposed_decision(state, given.account_id, given.proposal)
    needs_contract = given.approve and proposed.action is Action.ROLL_OVER
    contract = rested_on(ledger, proposed, marks) if needs_contract else None

    def answered(state: State) -> Written:
        policy = contract.policy if contract else policy_of(state, given.account_id)
        return Written(on_answer(state, given, call_rules_of(policy, session_of(given.at), rules), contract=contract))

    doing = f"Answering a proposal for account {given.account_id}"
    return _write(ledger, doing, given.account_id, entry, answered, seen)


def _write(
    ledger: Ledger,
    doing: str,
    account: str,
    entry: Entry,
    act: Callable[[State], Written],
    seen: int | None,
    *,
    is_known: bool = False,
) -> Written:
    """Act on the account's state as it stands while the pen is held, and append what comes of it.

    Parameters
    ----------
    is_known : the account stands in a book, so that it need not be known to the ledger
    """
    with ledger.writing(doing) as pen:
        version = pen.version_of(account)
        if not version and not is_known:
            raise UsageError(f"The ledger {ledger.place} knows no account {account!r}. Check the number.")
        if seen is not None and seen != version:
            last = pen.history([account]).row(-1, named=True)
            raise UsageError(
                f"Account {account} has moved since event {seen}: {last['by_whom']} wrote {last['kind']} of "
                f"{show_moment(last['moment'])} (event {version}). Look again and decide anew."
            )
        written = act(State(pen.open_events([account]).drop("sequence")))
        pen.append(entry, written.events)
    return written


def _require_other_collateral(session: date, rulebook: Rulebook) -> None:
    """Refuse other collateral before the exchanges allowed it (exchange.maintenance.other_collateral)."""
    try:
        allowed = rulebook.rule(OTHER_COLLATERAL).on(session, market="SSE").is_on
    except NotInForceError:
        allowed = False
    if not allowed:
        raise UsageError(
            f"On {session} no other collateral may be posted ({OTHER_COLLATERAL}). Only cash or securities."
        )
