"""What a roll-over rests on: the account's marks, its contract in the book, and every rule about such an order.

What lives here: which files answer. What does not: the rules (``account.orders``) and the policy's own conditions
(``account.calls``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.book import named_on, open_book
from rongheng.account.calls import Decision, Kind, RollOver
from rongheng.account.calls.moments import session_of
from rongheng.account.marks.folder import Origin, read_mark, read_origin
from rongheng.account.orders import Order
from rongheng.account.policy import CallRules, PolicySet
from rongheng.basics.account_tables import Business
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import StaleDataError, UsageError
from rongheng.desk.ledger import Ledger
from rongheng.desk.orders import Against, check_one
from rongheng.rulebook import Rulebook


def call_rules_of(policy: str, session: date, rules: Sequence[Path]) -> CallRules:
    """Return how calls are judged and decided under a policy on a session."""
    return PolicySet.load(policy, session=session, rulebook=Rulebook.load(*rules))[policy].calls


def rested_on(ledger: Ledger, decision: Decision, marks: Path | None) -> RollOver:
    """Return what a roll-over rests on, once every rule about such an order has passed it.

    Raises
    ------
    StaleDataError
        The marks are older than the policy allows for a decision.
    UsageError
        No marks were given, or a rule refuses the order; every one that does is named.
    """
    if marks is None:
        raise UsageError("A roll-over rests on the account's marks and contract; give --marks, the folder of a mark.")
    session, origin = read_origin(marks)
    _require_passed(decision, origin)
    mark = read_mark(marks, decision.account_id)
    _require_fresh(marks, session, decision, call_rules_of(mark["policy"], session, _rules(origin)))
    alone = named_on(open_book(origin.book.require_unchanged("book"), only=decision.account_id), session)
    row = alone.contract_ends().filter(pl.col("contract_id") == decision.contract_id).row(0, named=True)
    with ledger.reading() as now:
        earlier = now.history([decision.account_id], kinds=[Kind.ROLLED])
    return RollOver(
        account_id=decision.account_id,
        policy=mark["policy"],
        contract_id=row["contract_id"],
        security=row["security"],
        due=row["due"],
        ratio_bp=mark["maintenance_ratio_bp"],
        largest_share_bp=mark["largest_share_bp"],
        rolled_before=earlier.filter(pl.col("contract_id") == row["contract_id"]).height,
    )


def _require_passed(decision: Decision, origin: Origin) -> None:
    """Refuse a roll-over that a rule about orders refuses: its term, its time, concentration."""
    order = Order(
        business=Business.ROLL_OVER,
        account_id=decision.account_id,
        contract_id=decision.contract_id,
        due=session_of(decision.end),
    )
    book, day = origin.book.require_unchanged("book"), origin.day.require_unchanged("day")
    verdict = check_one(order, Against(book=book, day=day, policy=origin.policy, rules=_rules(origin)))
    if not verdict.allowed:
        failing = "; ".join(f"{line.label.en} ({line.check.name.lower()})" for line in verdict.refusals)
        raise UsageError(
            f"Contract {decision.contract_id} cannot be rolled over. What must hold and does not: {failing}."
        )


def _require_fresh(marks: Path, session: date, decision: Decision, rules: CallRules) -> None:
    age = calendar().count_between(session, session_of(decision.at))
    if age < 0:
        raise UsageError(f"{marks} holds the marks of {session}, after the decision. Give earlier ones.")
    if age > rules.mark_at_most_sessions:
        raise StaleDataError(
            f"{marks} holds the marks of {session}, {age} sessions before; a decision rests on marks at most "
            f"{rules.mark_at_most_sessions} old. Mark the book of a later session."
        )


def _rules(origin: Origin) -> list[Path]:
    return [Path(folder) for folder in origin.rules]
