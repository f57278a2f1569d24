"""What the documents say of deadlines, forced sales and repayments.

What lives here: reading of rules into the shapes of ``enforcement.py``: a broker's or a client's, the exchanges' own of
before July 2015, and what is common practice where a broker has published nothing. What does not: merging them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from rongheng.account.policy.enforcement import (
    CallRules,
    CuredBy,
    Deadline,
    DebtPart,
    LiquidationOrder,
    Step,
    StopAt,
    WithinStep,
)
from rongheng.basics.account_tables import LINES
from rongheng.basics.errors import NotInForceError, RuleError
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.scalars import Duration

TOP_UP_DEADLINE = "exchange.maintenance.top_up_deadline"
TOP_UP_TARGET = "exchange.maintenance.top_up_target"
COMMON_DEADLINE = "practice.deadlines.press"


def exchange_deadlines(rulebook: Rulebook, session: date, *, known_at: date | None) -> tuple[Deadline, ...]:
    """Return the exchanges' own deadline, which stood until June 2015; since then it is a term of the contract."""
    within, target = (_standing(rulebook, id_, session, known_at) for id_ in (TOP_UP_DEADLINE, TOP_UP_TARGET))
    if within is None or target is None:
        return ()
    return (
        Deadline(
            "liquidation",
            within_sessions=_sessions(within.duration, within.entry.place),
            restore_to_bp=target.bp,
            cites=f"{TOP_UP_DEADLINE}, {TOP_UP_TARGET}",
        ),
    )


def common_deadlines(rulebook: Rulebook, session: date, *, known_at: date | None) -> tuple[Deadline, ...]:
    """Return the clock that is common practice, to stand in where a broker's was not published.

    The ratio of that practice is not taken: where nobody says otherwise an account must be back at the warning line.
    """
    reading = _standing(rulebook, COMMON_DEADLINE, session, known_at)
    if reading is None:
        return ()
    within = _sessions(reading.terms["within"], reading.entry.place)
    return (Deadline("liquidation", within_sessions=within, cites=COMMON_DEADLINE, is_published=False),)


def stated_deadlines(reading: Reading) -> Iterator[Deadline]:
    """Yield the rows of an owner's deadlines, one for each line that a row names."""
    for row in reading.table.rows:
        by, restore_to = row.values.get("by"), row.values.get("restore_to")
        assert by is None or isinstance(by, time), "a time of day"
        assert restore_to is None or isinstance(restore_to, int), "a percentage"
        within = _sessions(row.values["within"], row.place) if "within" in row.values else None
        for line in sorted(row.members("line")):
            if line not in LINES:
                raise RuleError(f"{row.place}: a deadline under the {line} line; expected one of {', '.join(LINES)}.")
            yield Deadline(line, row.members("permission"), within, by, restore_to, reading.rule.id)


def _sessions(within: object, place: str) -> int:
    assert isinstance(within, Duration), "a deadline is a length of time"
    if within.unit != "trading days":
        raise RuleError(f"{place}: a deadline of {within.show().en}; expected trading days, such as '2 trading days'.")
    return within.count


def liquidation_order(reading: Reading) -> LiquidationOrder:
    """Return the steps of a forced sale as a document orders them."""
    steps = reading.terms["steps"]
    assert isinstance(steps, tuple), "the steps are a list"
    return LiquidationOrder(
        steps=tuple(Step(str(step)) for step in steps),
        within_step=WithinStep(str(reading.terms["within_step"])),
        stop_at=StopAt(str(reading.terms["stop_at"])),
    )


def repayment_order(reading: Reading) -> tuple[DebtPart, ...]:
    """Return what a payment pays first, as a document orders it."""
    assert isinstance(reading.value, tuple), "the order is a list"
    return tuple(DebtPart(str(part)) for part in reading.value)


def call_rules(reading: Reading) -> CallRules:
    """Return how calls are judged and decided, as a document says it."""
    terms, place = reading.terms, reading.entry.place
    return CallRules(
        cured_by=CuredBy(str(terms["cured_by"])),
        intraday=terms["intraday"] is True,
        mark_at_most_sessions=_sessions(terms["mark_at_most"], place),
        second_person=terms["second_person"] is True,
        maturity_notice_sessions=_sessions(terms["maturity_notice"], place),
        roll_over_ratio_bp=_whole(terms.get("roll_over_ratio")),
        roll_over_largest_share_bp=_whole(terms.get("roll_over_largest_share")),
        roll_overs=_whole(terms.get("roll_overs")),
    )


def _whole(value: object) -> int | None:
    assert value is None or isinstance(value, int), f"{value!r} is no whole number"
    return value


def _standing(rulebook: Rulebook, id_: str, session: date, known_at: date | None) -> Reading | None:
    try:
        reading = rulebook.rule(id_).on(session, known_at=known_at, market="SSE")
    except NotInForceError:
        return None
    return None if reading.is_abolished or reading.is_unpublished else reading
