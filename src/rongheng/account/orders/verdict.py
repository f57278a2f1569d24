"""One order's answer, unfolded: every rule that speaks, what it needs and what there is, and what would make it pass.

What lives here: the words and citations around the kernel's numbers. What does not: the numbers (``kernels.py``),
which rule stands behind a check (``sources.py``) and what helps against a refusal (``remedies.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from rongheng.account.orders.checks import ABOUT, NONE, Check, Counts
from rongheng.account.orders.columns import FULL
from rongheng.account.orders.day import BOARDS, MARKETS
from rongheng.account.orders.order import Order
from rongheng.account.orders.remedies import Remedy, remedies_of
from rongheng.account.orders.sources import Spoken, spoken
from rongheng.basics.account_tables import Board
from rongheng.basics.money import BP, ceil_milli, floor_milli, show_yuan
from rongheng.basics.text import Text

if TYPE_CHECKING:
    from rongheng.account.orders.gate import Gate


class Outcome(StrEnum):
    """What a check says of an order."""

    PASSED = "passed"
    REFUSED = "refused"
    WARNED = "warned"


OUTCOMES: Final[Mapping[Outcome, Text]] = {
    Outcome.PASSED: Text("通过", "passed"),
    Outcome.REFUSED: Text("拒绝", "refused"),
    Outcome.WARNED: Text("提示", "warned"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one check says: its rule with article and confidence, its numbers, and what would make it pass.

    ``needed`` and ``have`` are in the unit that the check counts; a number without bound is None.
    """

    spoken: Spoken
    outcome: Outcome
    needed: int | None
    have: int | None
    remedies: tuple[Remedy, ...] = ()

    @property
    def check(self) -> Check:
        """Which check it is."""
        return self.spoken.check

    @property
    def label(self) -> Text:
        """What the check is called."""
        return ABOUT[self.check].label

    def show_needed(self) -> str:
        """Return what is needed as text; an amount that is not whole is shown as more."""
        return "" if self.needed is None else show_number(ABOUT[self.check].counts, self.needed, up=True)

    def show_have(self) -> str:
        """Return what there is as text; an amount that is not whole is shown as less."""
        return "" if self.have is None else show_number(ABOUT[self.check].counts, self.have, up=False)


@dataclass(frozen=True)
class Verdict:
    """Whether an order may go out. ``numbers`` [check, 2] is what each check needs and what there is."""

    gate: Gate = field(repr=False)
    order: Order
    row: int
    code: int
    asked: int
    refused_by: int
    warned: int
    largest_or_none: int
    margin_used_milli: int
    margin_left_milli: int
    numbers: NDArray[np.int64] = field(repr=False)

    @property
    def allowed(self) -> bool:
        """Whether no check refuses it."""
        return self.refused_by == 0

    @property
    def largest(self) -> int | None:
        """The largest quantity allowed (milli-yuan for cash alone); None where the order has no size to choose."""
        return None if self.largest_or_none == NONE else self.largest_or_none

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every check that speaks, in their order."""
        numbers = self.numbers.tolist()
        return tuple(self._line(behind, *numbers[behind.check]) for behind in self._spoken())

    @property
    def refusals(self) -> tuple[Line, ...]:
        """The checks that refuse it."""
        return tuple(line for line in self.lines if line.outcome is Outcome.REFUSED)

    def line(self, check: Check) -> Line:
        """Return what one of the checks says; a check that is not asked raises ``KeyError``."""
        found = next((line for line in self.lines if line.check is check), None)
        if found is None:
            raise KeyError(check.name)
        return found

    @property
    def market(self) -> str:
        """The exchange of the security; Shanghai for cash alone."""
        return MARKETS[int(self.gate.day.market[self.code])]

    @property
    def board(self) -> Board:
        """The board of the security."""
        return BOARDS[int(self.gate.day.board[self.code])]

    def _spoken(self) -> tuple[Spoken, ...]:
        day, known = self.gate.day, self.gate.spoken
        is_etf = bool(day.is_etf[self.code])
        policy = int(self.gate.accounts_in.policy[self.row])
        key = (self.order.business, day.market[self.code], day.board[self.code], is_etf, policy, self.asked)
        if key not in known:
            known[key] = spoken(
                self.gate.today,
                self.asked,
                business=self.order.business,
                market=self.market,
                board=self.board,
                is_etf=is_etf,
                policy=self.gate.policies[policy],
            )
        return known[key]

    def _line(self, behind: Spoken, needed: int, have: int) -> Line:
        check = behind.check
        counted = ABOUT[check].counts is not Counts.NOTHING
        shown_needed = needed if counted and needed != NONE else None
        shown_have = have if counted and have not in (NONE, FULL) else None
        if self.refused_by >> check & 1:
            return Line(behind, Outcome.REFUSED, shown_needed, shown_have, remedies_of(self, check))
        outcome = Outcome.WARNED if self.warned >> check & 1 else Outcome.PASSED
        return Line(behind, outcome, shown_needed, shown_have)


def show_number(counts: Counts, number: int, *, up: bool) -> str:
    """Return a check's number as text, rounded up or down where its unit is finer than what is shown.

    >>> show_number(Counts.MARGIN, 12_340_001, up=True), show_number(Counts.BP, 30_000, up=False)
    ('¥1.235', '300.00%')
    """
    match counts:
        case Counts.MILLI:
            return f"¥{show_yuan(number)}"
        case Counts.MARGIN:
            return f"¥{show_yuan(ceil_milli(number, BP) if up else floor_milli(number, BP))}"
        case Counts.SHARES:
            return f"{number:,}"
        case Counts.BP:
            return f"{number / 100:.2f}%"
        case Counts.DAY:
            return str(np.datetime64(number, "D"))
        case Counts.NOTHING:
            return ""
