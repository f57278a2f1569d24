"""A scenario (压力情景): named steps that move prices, and what each step is about.

What lives here: scenarios as values. What does not: their files (``scenario_files.py``) and the prices that they lead
to (``shocked.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from rongheng.basics.account_tables import GROUPS, Board
from rongheng.basics.code_changes import code_changes
from rongheng.basics.errors import UsageError
from rongheng.basics.money import BP, MARGIN_RATIO_LIMIT_BP
from rongheng.basics.text import Text
from rongheng.rulebook.reader import did_you_mean

LOWEST_MOVE_BP: Final = -BP  # nothing falls by more than all of it
HIGHEST_MOVE_BP: Final = 2 * BP  # what rises further is no stress of a book that is long
MOST_LIMIT_DAYS: Final = 30


class Kind(StrEnum):
    """What a step moves."""

    ALL = "all"
    INDEX = "index"  # each security by its beta
    HISTORY = "history"  # each security as it moved then; by its beta where that is not known
    BOARD = "board"
    INDUSTRY = "industry"
    GROUP = "group"  # the concentration group of the account's policy
    SECURITY = "security"
    LIMIT_DOWN = "limit_down"  # so many sessions at the lower limit
    SUSPENSION = "suspension"  # cannot be sold; no price moves
    HAIRCUT = "haircut"  # what a board's securities count for at most; no price moves
    FINANCING_RATIO = "financing_ratio"  # of contracts that are new; no price moves
    RATE = "rate"  # by how much a year's interest changes on every contract; no price moves


TERMS: Final = (Kind.HAIRCUT, Kind.FINANCING_RATIO, Kind.RATE)
ALL_BOARDS: Final = "all"
_BOUNDS_BP: Final = {
    Kind.HAIRCUT: (0, BP),
    Kind.FINANCING_RATIO: (1, MARGIN_RATIO_LIMIT_BP),
    Kind.RATE: (-BP // 10, BP // 10),
}
_NAMES: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.BOARD: tuple(board.value for board in Board),
    Kind.GROUP: GROUPS,
    Kind.HAIRCUT: (ALL_BOARDS, *(board.value for board in Board)),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One move of prices, from the prices that the step before it left, or one change of terms.

    Parameters
    ----------
    moves_bp : by board, industry, group or security; under "" for a step that moves all, and for the index in history.
        Of terms: the most that haircuts come to by board, the new ratio, the change of the rate
    days : sessions at the lower limit; 0 for every other kind
    span : from which close to which, in history
    place : where the step was written, for messages
    """

    kind: Kind
    moves_bp: Mapping[str, int]
    days: int = 0
    place: str = "the scenario"
    span: tuple[date, date] | None = None

    def __post_init__(self) -> None:
        known = _NAMES.get(self.kind)
        for name in self.moves_bp if known else ():
            if known and name not in known:
                raise UsageError(
                    f"{self.place}: found the {self.kind.value} {name!r}; expected one of {', '.join(known)}."
                    f"{did_you_mean(name, known)}"
                )
        low, high = _BOUNDS_BP.get(self.kind, (LOWEST_MOVE_BP, HIGHEST_MOVE_BP))
        for name, move in self.moves_bp.items():
            if not low <= move <= high:
                about = f"{self.kind.value} {name}".strip()
                what = (
                    f"is {move / 100:g}%; expected"
                    if self.kind in TERMS
                    else f"moves by {move / 100:g}%; a price moves by"
                )
                raise UsageError(f"{self.place}: {about} {what} {low / 100:g}% to {high / 100:g}%. Mend the scenario.")
        if self.span is not None and not self.span[0] < self.span[1]:
            raise UsageError(f"{self.place}: from {self.span[0]} to {self.span[1]}; expected a later day to end with.")
        if not 0 <= self.days <= MOST_LIMIT_DAYS:
            raise UsageError(f"{self.place}: {self.days} limit-down days; expected 1 to {MOST_LIMIT_DAYS}.")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Named steps, one after another, and where their numbers come from."""

    key: str
    name: Text
    steps: tuple[Step, ...]
    source: str = "asked for"

    @property
    def changes_terms(self) -> bool:
        """Whether some step changes haircuts, ratios or rates."""
        return any(step.kind in TERMS for step in self.steps)

    def on(self, session: date) -> Scenario:
        """Return the scenario whose steps name securities by the codes that they have on a session."""
        called = code_changes().on(session)
        steps = [
            replace(step, moves_bp={called.get(name, name): move for name, move in step.moves_bp.items()})
            if step.kind in (Kind.SECURITY, Kind.SUSPENSION)
            else step
            for step in self.steps
        ]
        return replace(self, steps=tuple(steps))

    @classmethod
    def uniform(cls, move_bp: int) -> Scenario:
        """Return the scenario in which every price moves alike (全市场同幅变动)."""
        shown = f"{move_bp / 100:+g}%"
        return cls(f"all{shown}", Text(f"全部证券{shown}", f"every security {shown}"), (Step(Kind.ALL, {"": move_bp}),))
