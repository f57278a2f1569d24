"""What follows when an account falls under a line: by when it must be back, what is sold, what a payment pays first.

What lives here: the shapes of these terms, the tighter of two, and which deadlines bind an account. What does not:
what the documents say (``enforcement_documents.py``), running clocks (``account.calls``) and sales
(``account.liquidation``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

from rongheng.basics.account_tables import LINES
from rongheng.basics.calendar import calendar


class Step(StrEnum):
    """One step of a forced sale."""

    CANCEL_ORDERS = "cancel_orders"
    FREE_CASH = "free_cash"
    COVER_SHORTS = "cover_shorts"
    FINANCED_SECURITIES = "financed_securities"
    OTHER_COLLATERAL = "other_collateral"


class WithinStep(StrEnum):
    """What goes first within a step."""

    MOST_LIQUID = "most_liquid"
    LARGEST = "largest"


class StopAt(StrEnum):
    """When a forced sale ends."""

    RESTORE_TARGET = "restore_target"
    DEBT_REPAID = "debt_repaid"


class CuredBy(StrEnum):
    """What ends a call."""

    RATIO = "ratio"  # the ratio at its target, however it came there
    PAYMENT = "payment"  # the ratio at its target, and something paid in since the call


class DebtPart(StrEnum):
    """What a payment can pay; of each part the contract that was opened first goes first."""

    FEES = "fees"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when an account that ends a session under ``line`` must be back, and at which ratio (追保期限).

    A row without ``within_sessions`` sets no clock and only says the ratio; a row without ``restore_to_bp`` only sets
    the clock, and the ratio is the policy's own (``Policy.restore_target_bp``).
    """

    line: str  # of LINES; an account under a graver line is under this one as well
    permissions: frozenset[str] = frozenset()  # binds accounts with any of these; none: every account
    within_sessions: int | None = None  # 0: in the session itself
    by: time | None = None  # of that session; None: its end
    restore_to_bp: int | None = None
    cites: str = ""  # rule ids, joined by ", "
    is_published: bool = True  # False: what is common practice stands in for what the broker has not published

    def binds(self, permissions: Iterable[str]) -> bool:
        """Say whether an account with these permissions is bound."""
        return not self.permissions or not self.permissions.isdisjoint(permissions)

    def due(self, session: date) -> date:
        """Return the last session in which an account that ended ``session`` under the line may be brought back.

        >>> Deadline("liquidation", within_sessions=2).due(date(2024, 9, 30))
        datetime.date(2024, 10, 9)
        """
        assert self.within_sessions is not None, "a row without a clock is never due"
        return calendar().offset(session, self.within_sessions)

    @property
    def order(self) -> tuple[float, time]:
        """What sorts deadlines of one session, the soonest first; a row without a clock comes last."""
        within = float("inf") if self.within_sessions is None else self.within_sessions
        return within, self.by or time.max


@dataclass(frozen=True, slots=True)
class LiquidationOrder:
    """What a forced sale does in which order, and when it stops (强制平仓顺序)."""

    steps: tuple[Step, ...] = tuple(Step)
    within_step: WithinStep = WithinStep.MOST_LIQUID
    stop_at: StopAt = StopAt.RESTORE_TARGET


@dataclass(frozen=True, slots=True)
class CallRules:
    """How calls are judged and decided, beside their deadlines (追保的判定与办理)."""

    cured_by: CuredBy = CuredBy.RATIO
    intraday: bool = True  # under the emergency line or a graver one a call is made within the session
    mark_at_most_sessions: int = 1  # how old the mark under a decision may be
    second_person: bool = False  # a decision needs one
    maturity_notice_sessions: int = 5
    roll_over_ratio_bp: int | None = None
    roll_over_largest_share_bp: int | None = None
    roll_overs: int | None = None  # of one contract


DEFAULT_ORDER: Final = LiquidationOrder()
DEFAULT_CALL_RULES: Final = CallRules()


def deadlines_under(deadlines: Iterable[Deadline], line: str, permissions: Iterable[str] = ()) -> tuple[Deadline, ...]:
    """Return the deadlines that bind an account under ``line`` and so under every milder one, the soonest first.

    >>> next_day = Deadline("next_day", frozenset({"star"}), within_sessions=1)
    >>> rows = (Deadline("liquidation", within_sessions=2), next_day)
    >>> [deadline.line for deadline in deadlines_under(rows, "next_day", {"star"})]
    ['next_day', 'liquidation']
    >>> [deadline.line for deadline in deadlines_under(rows, "next_day")]
    ['liquidation']
    """
    permissions, lines = frozenset(permissions), LINES[: LINES.index(line) + 1]
    bound = (
        row for row in deadlines if row.line in lines and row.binds(permissions) and row.within_sessions is not None
    )
    return tuple(sorted(bound, key=lambda row: row.order))


def tighter_deadlines(first: Iterable[Deadline], second: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """Return both lists in one: of two rows about the same the sooner clock and the higher ratio.

    What stands in for an unpublished clock goes as soon as either list has a published one for the same accounts.
    """
    by_key: dict[tuple[str, frozenset[str], bool], Deadline] = {}
    for row in (*first, *second):
        key = (row.line, row.permissions, row.is_published)
        by_key[key] = _tighter(by_key[key], row) if key in by_key else row
    published = {
        (row.line, row.permissions) for row in by_key.values() if row.is_published and row.within_sessions is not None
    }
    kept = (row for row in by_key.values() if row.is_published or (row.line, row.permissions) not in published)
    return tuple(sorted(kept, key=lambda row: (LINES.index(row.line), sorted(row.permissions), not row.is_published)))


def _tighter(first: Deadline, second: Deadline) -> Deadline:
    sooner = min(first, second, key=lambda row: row.order)
    ratios = [row.restore_to_bp for row in (first, second) if row.restore_to_bp is not None]
    return Deadline(
        line=sooner.line,
        permissions=sooner.permissions,
        within_sessions=sooner.within_sessions,
        by=sooner.by,
        restore_to_bp=max(ratios, default=None),
        cites=both_cited(first.cites, second.cites),
        is_published=sooner.is_published,
    )


def stricter_calls(first: CallRules, second: CallRules) -> CallRules:
    """Return the rules that are nowhere looser than either."""
    ratios = [rules.roll_over_ratio_bp for rules in (first, second) if rules.roll_over_ratio_bp is not None]
    shares = [bp for rules in (first, second) if (bp := rules.roll_over_largest_share_bp) is not None]
    times = [rules.roll_overs for rules in (first, second) if rules.roll_overs is not None]
    return CallRules(
        cured_by=CuredBy.PAYMENT if CuredBy.PAYMENT in (first.cured_by, second.cured_by) else CuredBy.RATIO,
        intraday=first.intraday or second.intraday,
        mark_at_most_sessions=min(first.mark_at_most_sessions, second.mark_at_most_sessions),
        second_person=first.second_person or second.second_person,
        maturity_notice_sessions=max(first.maturity_notice_sessions, second.maturity_notice_sessions),
        roll_over_ratio_bp=max(ratios, default=None),
        roll_over_largest_share_bp=min(shares, default=None),
        roll_overs=min(times, default=None),
    )


def both_cited(*cites: str) -> str:
    """Return the rule ids of all, each once.

    >>> both_cited("exchange.a, broker.b", "broker.b")
    'broker.b, exchange.a'
    """
    return ", ".join(sorted({rule for cited in cites for rule in cited.split(", ") if rule}))
