"""How much of an account one security, one class or one board may be: the tables of limits, and who is tested when.

What lives here: the shapes, and the tighter of two. What does not: what the documents say
(``concentration_documents.py``), and the tables as columns that kernels look up (``concentration_terms.py``).

Every limit is of the account's total assets, the value of the security after the fill included
(``practice.concentration.measure``). No document known sets a limit of another denominator.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from rongheng.basics.account_tables import Business
from rongheng.basics.errors import RuleError
from rongheng.basics.money import BP, LINE_LIMIT_BP
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.table import EVERY_NUMBER


class Scope(StrEnum):
    """What is held against a limit: one security, or all of a class or of a board together."""

    SECURITY = "security"
    CLASS = "class"
    BOARD = "board"


class BoardGroup(StrEnum):
    """Boards whose securities are added up; the rulebook's class ``board_group``."""

    MAIN = "main"
    STAR = "star"
    CHINEXT = "chinext"
    BSE = "bse"
    DUAL_BOARD = "dual_board"
    REGISTRATION = "registration"
    APPROVAL = "approval"
    OTHER = "other"  # what is no share


class RowBy(StrEnum):
    """Which amount of an account chooses the row of a table."""

    DEBT = "debt"
    CREDIT_LINE = "credit_line"
    LARGER = "larger"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One row of a table of limits; a set that is empty makes no difference."""

    scope: Scope
    limit_bp: int | None  # None: the document sets no limit
    classes: frozenset[str] = frozenset()  # of GROUPS
    boards: frozenset[str] = frozenset()  # of BoardGroup
    over_limit: bool | None = None  # None: makes no difference
    clients: frozenset[str] = frozenset()  # of ClientType; a row for products names private funds as well
    ratio_bp: Range = EVERY_NUMBER
    amount_milli: Range = EVERY_NUMBER  # debt, credit line or the larger: ConcentrationCheck.row_by

    def __post_init__(self) -> None:
        _check_limit(self.limit_bp, self.ratio_bp)
        narrowed = {
            Scope.SECURITY: (),
            Scope.CLASS: (self.boards, self.over_limit is not None),
            Scope.BOARD: (self.classes, self.over_limit is not None),
        }
        if any(narrowed[self.scope]):
            raise RuleError(
                f"A limit for all securities of a {self.scope} is narrowed by something else as well; expected a "
                f"{self.scope} alone. Make it one limit for the whole {self.scope}."
            )


@dataclass(frozen=True, slots=True)
class Override:
    """A limit set for single securities; it goes before the rows of its own table for one security."""

    securities: frozenset[str]  # none: every one
    ratio_bp: Range
    limit_bp: int | None

    def __post_init__(self) -> None:
        _check_limit(self.limit_bp, self.ratio_bp)


@dataclass(frozen=True, slots=True)
class LimitTable:
    """What one document, a broker's or a contract's, says; of the rows that fit a case the lowest limit counts."""

    rows: tuple[LimitRow, ...]
    overrides: tuple[Override, ...] = ()
    cites: str = ""  # rule ids, joined by ", "


@dataclass(frozen=True, slots=True)
class OverLimit:
    """When a share is in the over-limit class (超限类): its collateral share and its static P/E are this high."""

    collateral_share_bp: int  # of the session before
    static_pe: Fraction
    negative_counts: bool  # a negative P/E counts like a high one


@dataclass(frozen=True, slots=True)
class ConcentrationCheck:
    """Which accounts are tested, by which amount the row is chosen, and what is refused above a limit."""

    exempt_without_debt: bool
    row_by: RowBy
    blocked: frozenset[Business]


@dataclass(frozen=True, slots=True)
class Concentration:
    """The concentration limits of a policy (集中度); each table binds, so that cell by cell the lowest limit counts."""

    tables: frozenset[LimitTable]
    check: ConcentrationCheck
    over_limit: OverLimit | None = None  # None: no share is in that class


def _check_limit(limit_bp: int | None, ratio_bp: Range) -> None:
    if limit_bp is not None and not 0 <= limit_bp <= BP:
        raise RuleError(f"A concentration limit is {limit_bp} bp; expected from 0 to {BP}, or no limit.")
    for bound in (ratio_bp.low, ratio_bp.high):
        if bound is not None and not 0 < bound <= LINE_LIMIT_BP:
            raise RuleError(
                f"A row of concentration limits is bounded by a ratio of {bound} bp; expected above 0 and at most "
                f"{LINE_LIMIT_BP}."
            )


def tighter_over_limit(first: OverLimit | None, second: OverLimit | None) -> OverLimit | None:
    """Return the standard that puts more shares into the over-limit class."""
    if first is None or second is None:
        return first or second
    return OverLimit(
        collateral_share_bp=min(first.collateral_share_bp, second.collateral_share_bp),
        static_pe=min(first.static_pe, second.static_pe),
        negative_counts=first.negative_counts or second.negative_counts,
    )
