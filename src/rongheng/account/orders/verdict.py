"""One order's answer, unfolded: every rule that speaks, what it needs and what there is, and what would make it pass.

What lives here: the words and citations around the kernel's numbers. What does not: the numbers (``kernels.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rongheng.account.orders.checks import ABOUT, Check, Counts, checks_in
from rongheng.account.orders.day import BOARDS, MARKETS, PERMISSIONS
from rongheng.account.orders.kernels import FULL, NONE
from rongheng.account.orders.order import Order
from rongheng.account.orders.remedies import Action, Remedy
from rongheng.account.orders.sources import cited, rules_of
from rongheng.basics.account_tables import Board, Business
from rongheng.basics.calendar import calendar
from rongheng.basics.money import BP, ceil_milli, floor_milli, show_yuan
from rongheng.basics.text import Text

if TYPE_CHECKING:
    from rongheng.account.orders.gate import Gate

_SALES = (Business.COLLATERAL_SALE, Business.SELL_TO_REPAY, Business.SHORT_SALE)


class Outcome(StrEnum):
    """What a check says of an order."""

    PASSED = "passed"
    REFUSED = "refused"
    WARNED = "warned"


OUTCOMES = {
    Outcome.PASSED: Text("通过", "passed"),
    Outcome.REFUSED: Text("拒绝", "refused"),
    Outcome.WARNED: Text("提示", "warned"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one check says: its rule with article and confidence, its numbers, and what would make it pass."""

    check: Check
    outcome: Outcome
    rule: str
    article: Text
    confidence: Text
    needed: int | None
    have: int | None
    remedies: tuple[Remedy, ...] = ()

    @property
    def label(self) -> Text:
        """What the check is called."""
        return ABOUT[self.check].label

    def numbers(self) -> Text:
        """Return what is needed and what there is, in words; nothing where the check has no numbers."""
        if self.needed is None or self.have is None:
            return Text("", "")
        counts = ABOUT[self.check].counts
        needed, have = show_number(counts, self.needed, up=True), show_number(counts, self.have, up=False)
        return Text(f"需 {needed}，有 {have}", f"needs {needed}, has {have}")


@dataclass(frozen=True)
class Verdict:
    """Whether an order may go out. ``numbers`` [check, 2] is what each check needs and what there is."""

    gate: Gate = field(repr=False)
    order: Order
    row: int
    code: int
    contract: int
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
        return tuple(self._line(check) for check in checks_in(self.asked))

    @property
    def refusals(self) -> tuple[Line, ...]:
        """The checks that refuse it."""
        return tuple(line for line in self.lines if line.outcome is Outcome.REFUSED)

    @property
    def market(self) -> str:
        """The exchange of the security; Shanghai for cash alone."""
        return MARKETS[int(self.gate.day.market[self.code])]

    @property
    def board(self) -> Board:
        """The board of the security."""
        return BOARDS[int(self.gate.day.board[self.code])]

    def _line(self, check: Check) -> Line:
        outcome = self._outcome(check)
        rule = rules_of(self, check)
        article, confidence = cited(self.gate.today, rule, self.market)
        needed, have = self._numbers(check)
        remedies = tuple(self._remedies(check, needed, have)) if outcome is Outcome.REFUSED else ()
        return Line(check, outcome, rule, article, confidence, needed, have, remedies)

    def _outcome(self, check: Check) -> Outcome:
        if self.refused_by >> check & 1:
            return Outcome.REFUSED
        return Outcome.WARNED if self.warned >> check & 1 else Outcome.PASSED

    def _numbers(self, check: Check) -> tuple[int | None, int | None]:
        """Return the check's numbers; a room without bound is no number."""
        if ABOUT[check].counts is Counts.NOTHING:
            return None, None
        needed, have = self.numbers[check].tolist()
        return None if needed == NONE else needed, None if have in (NONE, FULL) else have

    def _remedies(self, check: Check, needed: int | None, have: int | None) -> Iterator[Remedy]:
        """Yield what would make the order pass this check."""
        match check:
            case Check.MARGIN | Check.LINE_AFTER:
                yield from self._lower()
                yield Remedy(Action.ADD_CASH, ceil_milli(_known(needed) - _known(have), BP))
            case Check.LINE_BEFORE:
                slack = int(self.numbers[Check.LINE_AFTER, 1])
                yield Remedy(Action.ADD_CASH, floor_milli(-slack, BP) + 1)
            case Check.CASH:
                yield from self._lower()
                yield Remedy(Action.ADD_CASH, _known(needed) - _known(have))
            case Check.CREDIT_LINE:
                yield from self._lower()
                yield Remedy(Action.RAISE_CREDIT_LINE, _known(needed) - _known(have))
            case Check.LOT:
                fits = _known(have)
                yield Remedy(Action.LOWER_TO, fits) if fits else Remedy(Action.RAISE_TO, int(self.gate.day.lot[self.code]))
            case Check.TICK:
                yield Remedy(Action.PRICE_AT, self._on_tick())
            case Check.PRICE_LIMIT | Check.MARKET_ORDER | Check.SHORT_PRICE:
                yield from self._prices(check, have)
            case Check.TERM:
                if have is not None:
                    yield Remedy(Action.DUE_BY, _day(have))
            case Check.OPEN:
                yield Remedy(Action.WAIT_UNTIL, self._first_session())
            case Check.PERMISSION:
                yield Remedy(Action.GET_PERMISSION, self.board.value)
            case Check.PENDING:
                yield Remedy(Action.CLEAR_PENDING)
            case _:
                yield from self._lower()

    def _lower(self) -> Iterator[Remedy]:
        largest = self.largest
        if largest:
            is_cash = self.order.security is None
            yield Remedy(Action.LOWER_AMOUNT_TO if is_cash else Action.LOWER_TO, largest)

    def _on_tick(self) -> int:
        """The nearest price on a tick that is no worse for the account's margin: down for buys, up for sales."""
        price, tick = self.order.price_milli or 0, int(self.gate.day.tick[self.code])
        return -(-price // tick) * tick if self.order.business in _SALES or price < tick else price // tick * tick

    def _prices(self, check: Check, have: int | None) -> Iterator[Remedy]:
        floor, last = int(self.gate.day.floor[self.code]), int(self.gate.terms_in.price[self.code])
        if check is Check.PRICE_LIMIT and have:
            yield Remedy(Action.PRICE_AT, have)
        elif check is Check.SHORT_PRICE:
            yield Remedy(Action.PRICE_AT, floor)
        else:
            yield Remedy(Action.PRICE_AT, max(floor, last))

    def _first_session(self) -> date:
        kind = "short" if self.order.business is Business.SHORT_SALE else "financing"
        return self.gate.today.rulebook.rule(f"exchange.{kind}.margin_ratio").first_session(self.market)


def _known(number: int | None) -> int:
    assert number is not None, "a check that refuses for want of room has both numbers"
    return number


def _day(days: int) -> date:
    return date.fromisoformat(str(np.datetime64(days, "D")))


def show_number(counts: Counts, number: int, *, up: bool) -> str:
    """Return a check's number as text; amounts that are not whole are shown needing more and having less."""
    match counts:
        case Counts.MILLI:
            return f"¥{show_yuan(number)}"
        case Counts.MARGIN:
            return f"¥{show_yuan(ceil_milli(number, BP) if up else floor_milli(number, BP))}"
        case Counts.SHARES:
            return f"{number:,}"
        case Counts.BP:
            return f"{number // 100}.{number % 100:02d}%"
        case Counts.DAY:
            return str(_day(number))
        case _:
            return ""


__all__ = ["Line", "OUTCOMES", "Outcome", "PERMISSIONS", "Verdict", "calendar", "show_number"]
