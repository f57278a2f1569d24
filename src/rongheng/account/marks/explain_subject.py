"""What an explanation is made of: one account with everything its numbers rest on, and the terms that tell of them.

What lives here: the two shapes and the words that workings share. What does not: any number's own formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from rongheng.account.marks.columns import DECIDE_NOW
from rongheng.account.marks.marks import Marks
from rongheng.account.policy import Policy
from rongheng.account.policy.policy import RatioMethod
from rongheng.basics.account_tables import MARKS, Board
from rongheng.basics.money import BP, show_yuan
from rongheng.basics.text import Text

MARGIN = "exchange.available_margin.definition"
RATIO = "exchange.maintenance_ratio.definition"
WITHDRAWAL = "exchange.maintenance.withdrawal_line"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of one number, or the number itself: its name, how it comes about, the rules (ids joined by commas).

    A term is an amount or a ratio, or neither: then the working says it. ``exact`` is what it comes to before any
    rounding: milli-yuan, or a ratio of which 1 is 100 %.
    """

    number: str
    label: Text
    working: str
    rule: str
    exact: Fraction | None = None
    ratio_bp: int | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """One position or contract with everything that its terms need."""

    code: str
    quantity: int
    price: int
    haircut: int
    board: Board
    available: int = 0
    amount: int = 0
    ratio: int = 0
    interest: int = 0
    is_short: bool = False
    contract: str = ""

    @property
    def value(self) -> int:
        """Quantity × price, in milli-yuan."""
        return self.quantity * self.price

    @property
    def profit(self) -> int:
        """The floating profit or loss of a contract, in milli-yuan."""
        return self.amount - self.value if self.is_short else self.value - self.amount


@dataclass(frozen=True)
class Subject:
    """The account that is explained: its row in the marks, what was found of it, and its policy."""

    marks: Marks
    row: int
    policy: Policy

    @cached_property
    def found(self) -> dict[str, Any]:
        """The account's marks, under the names of the table of marks."""
        return self.marks.of(self.row)

    @cached_property
    def positions(self) -> list[Holding]:
        """What the account holds, by code."""
        layout = self.marks.book.layout
        first, last = layout.starts[self.row : self.row + 2].tolist()
        columns = (layout.code[first:last], layout.quantities(first, last), layout.available(first, last))
        return [
            self._holding(int(code), int(quantity), available=int(available))
            for code, quantity, available in zip(*columns, strict=True)
        ]

    @cached_property
    def contracts(self) -> list[Holding]:
        """What the account owes, in the order of the book."""
        layout, marks = self.marks.book.layout, self.marks
        return [
            self._holding(
                int(layout.contract_code[i]),
                int(layout.contract_quantity[i]),
                amount=int(layout.amount_milli[i]),
                ratio=int(marks.ratio_bp[i]),
                interest=int(marks.interest_milli[i]),
                is_short=bool(layout.is_short[i]),
                contract=marks.book.contracts["contract_id"][i],
            )
            for i in range(*marks.book.contract_span(self.row))
        ]

    def _holding(self, code: int, quantity: int, **more: Any) -> Holding:
        terms = self.marks.terms
        place = int(self.marks.book.layout.policy[self.row]) * terms.n_securities + code
        board = list(Board)[int(terms.board[code])]
        name = self.marks.book.securities[code]
        return Holding(name, quantity, int(terms.price_milli[place]), int(terms.haircut_bp[place]), board, **more)

    def of(self, name: str) -> int:
        """Return a whole number of the account's own row in the book, such as ``cash_milli``."""
        return int(getattr(self.marks.book.layout, name)[self.row])

    @cached_property
    def financed(self) -> dict[str, int]:
        """Open financed quantity by security."""
        result: dict[str, int] = {}
        for contract in self.contracts:
            if not contract.is_short:
                result[contract.code] = result.get(contract.code, 0) + contract.quantity
        return result

    @property
    def assets(self) -> int:
        """Assets, in milli-yuan."""
        return int(self.found["assets_milli"])

    @property
    def debt(self) -> int:
        """Debt, in milli-yuan."""
        return int(self.found["debt_milli"])

    @property
    def securities(self) -> int:
        """Value of securities, in milli-yuan."""
        return int(self.found["securities_milli"])

    @property
    def shorts(self) -> int:
        """Shorts at today's price, in milli-yuan."""
        return int(self.found["short_debt_milli"])

    @property
    def by_coefficient(self) -> bool:
        """Whether securities count at their board's coefficient in the ratio."""
        return self.policy.ratio_method is RatioMethod.COEFFICIENT

    @cached_property
    def cover(self) -> Fraction:
        """What stands above the fraction of the ratio, in milli-yuan."""
        if not self.by_coefficient:
            return Fraction(self.assets)
        counted = sum(p.value * self.policy.board_coefficients_bp.get(p.board, BP) for p in self.positions)
        return self.of("cash_milli") + Fraction(counted, BP)

    @cached_property
    def proceeds(self) -> int:
        """Short proceeds, in milli-yuan."""
        return sum(contract.amount for contract in self.contracts if contract.is_short)

    @property
    def free_cash(self) -> int:
        """Cash that is neither short proceeds nor frozen, in milli-yuan."""
        return self.of("cash_milli") - self.proceeds - self.of("frozen_cash_milli")

    @cached_property
    def was_fixed(self) -> bool:
        """Whether the row of lines was fixed at an earlier close."""
        layout = self.marks.book.layout
        rank = int(layout.indebted.searchsorted(self.row))
        owes = rank < len(layout.indebted) and int(layout.indebted[rank]) == self.row
        return owes and int(self.marks.fixed_row[rank]) != DECIDE_NOW

    def cite(self, *terms: str, default: str = RATIO) -> str:
        """Return the rule of the first of these terms of which the policy knows one."""
        return next((self.policy.cites[term] for term in terms if term in self.policy.cites), default)

    def total(self, number: str, working: str, rule: str, *, exact: Fraction | int | None = None) -> Term:
        """Return the number itself as the marks have it; ``exact`` is what its working comes to."""
        ratio = self.found[number] if number.endswith("_bp") else None
        value = None if exact is None else Fraction(exact)
        return Term(number, named(number), working, rule, value, ratio, is_total=True)


def named(number: str) -> Text:
    """Return what a number is called, without what its null would mean."""
    label = MARKS.field(number).label
    return Text(label.zh.partition("（空")[0], label.en.partition(" (null")[0])


def percent(bp: int | Fraction) -> str:
    """Return basis points as a percentage, with decimals only where they are not 0."""
    whole, rest = divmod(int(bp), 100)
    return f"{whole}%" if rest == 0 else f"{whole}.{rest:02d}%"


def yuan(milli: int | Fraction) -> str:
    """Return milli-yuan as text in yuan; a fraction of a milli-yuan is cut for the eye."""
    return show_yuan(int(milli))
