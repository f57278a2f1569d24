"""What a cascade comes to: its rounds, its sessions, and the book and the prices that it ends with.

What lives here: the result as values. What does not: how it comes about (``cascade_run.py``) and tables
(``cascade_tables.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rongheng.account.marks import Marks
from rongheng.account.stress.impact import Depth
from rongheng.account.stress.scenario import Scenario
from rongheng.basics.money import BP

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Round:
    """The book at one set of prices. Session 0 is the marked one: round 0 before the shock, round 1 after it."""

    session: int
    number: int
    called_accounts: int  # under their liquidation line, before they sell
    called_debt_milli: int
    selling_accounts: int
    asked_milli: int  # what they must sell, at these prices
    at_limit: int  # securities at their lower limit of the session
    value_milli: int  # of what indebted accounts held before the shock
    shortfall_accounts: int
    shortfall_milli: int  # debt beyond all assets: bad debt


@dataclass(frozen=True, slots=True)
class Session:
    """What one session's sales come to. ``sold = costs + repaid + kept``; cash that repaid stands apart."""

    number: int
    rounds: int  # sets of prices after the opening
    at_limit: int
    sold_milli: int
    costs_milli: int
    repaid_milli: int
    kept_milli: int
    repaid_from_cash_milli: int
    left_milli: int  # asked and not taken, at the session's last prices


@dataclass(frozen=True)
class Cascade:
    """A cascade from the first shock to where it settled. Prices go by policy × security, shares by code."""

    marks: Marks
    scenario: Scenario
    depth: Depth
    rounds: tuple[Round, ...]
    sessions: tuple[Session, ...]
    before_milli: Int64
    shocked_milli: Int64
    after_milli: Int64
    sold: Int64
    asked: Int64  # the most that was asked for in one session
    sessions_at_limit: Int64
    held: Int64  # by policy × security, by indebted accounts before the shock
    called_before: int  # accounts under their line before the shock; only what the shock adds is sold
    without_average: int  # securities asked for whose average volume is not known: no impact is reckoned
    beyond_accounts: int
    replayed: int  # securities that the scenario moves as they moved themselves
    defaulted: int  # and those that take the default for their beta
    quantity: NDArray[np.int32] | Int64  # by position, at the end
    cash_milli: Int64  # by account, at the end
    repaid_milli: Int64  # by account, debt in money

    @property
    def is_settled(self) -> bool:
        """Say whether nothing is left that the shock forces anybody to sell and somebody may."""
        return not self.sessions or self.sessions[-1].left_milli == 0

    @property
    def amplification_bp(self) -> int | None:
        """Return the whole loss of what was held over the loss by the shock alone, rounded up; null without one."""
        before, shocked, after = (one.value_milli for one in (self.rounds[0], self.rounds[1], self.rounds[-1]))
        return None if before <= shocked else -((after - before) * BP // (before - shocked))
