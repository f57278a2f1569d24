"""Reverse stress (反向压力测试): the smallest fall that does so much harm.

What lives here: the target and the search. What does not: what a fall comes to (``grid.py``).

Every whole percent is tried, all of them side by side, then every basis point of the first percent that reaches. A
book without shorts and moving lines only gets worse, so that no smaller fall reaches. Shorts gain from a fall, and a
share of STAR and ChiNext shares that shrinks lowers lines: such a book may reach within a percent and be out of it
again at its end, which the search passes over. ``is_steady`` says whether the harm rose from each whole percent to the
next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rongheng.account.marks import Marks
from rongheng.account.stress.grid import Stressed, stress
from rongheng.account.stress.kernels import Totals
from rongheng.account.stress.scenario import Kind, Scenario, Step
from rongheng.account.stress.tables import called_debt_milli
from rongheng.account.stress.traits import Traits
from rongheng.basics.errors import UsageError
from rongheng.basics.money import BP
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook

PERCENT_BP = BP // 100
_WHAT: Final[Mapping[Kind, Text]] = {
    Kind.ALL: Text("全部证券", "every security"),
    Kind.INDEX: Text("指数", "the index"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: so much of the debt under the liquidation line, or so much that collateral does not cover.

    Parameters
    ----------
    called_debt_bp : of all debt at the prices after the fall
    shortfall_milli : over all accounts
    """

    called_debt_bp: int | None = None
    shortfall_milli: int | None = None

    def __post_init__(self) -> None:
        if (self.called_debt_bp is None) == (self.shortfall_milli is None):
            raise UsageError("A reverse stress needs one target: a share of debt under the line, or a shortfall.")
        if self.called_debt_bp is not None and not 0 < self.called_debt_bp <= BP:
            raise UsageError(f"{self.called_debt_bp / 100:g}% of the debt; expected more than 0% and at most 100%.")
        if self.shortfall_milli is not None and self.shortfall_milli <= 0:
            raise UsageError(f"A shortfall of {self.shortfall_milli / 1000:,g} yuan; expected more than 0.")

    def harm_in(self, totals: Totals) -> list[tuple[int, int]]:
        """Return the harm of each scenario as a quotient."""
        if self.shortfall_milli is not None:
            return [(int(shortfall), 1) for shortfall in totals.shortfall]
        called, debt = called_debt_milli(totals), totals.debt.sum(axis=1)
        return [(int(part), max(int(whole), 1)) for part, whole in zip(called, debt, strict=True)]

    def reached_in(self, totals: Totals) -> list[bool]:
        """Say of each scenario whether it does so much harm."""
        least, scale = (self.shortfall_milli, 1) if self.shortfall_milli is not None else (self.called_debt_bp, BP)
        assert least is not None, "one of the two is there"
        return [part * scale >= least * whole for part, whole in self.harm_in(totals)]


@dataclass(frozen=True, slots=True)
class Shock:
    """What falls: everything, everything by its beta, a board, an industry, a group or one security."""

    kind: Kind = Kind.ALL
    name: str = ""

    @classmethod
    def parse(cls, words: str) -> Shock:
        """Read ``all``, ``index``, ``board=star``, ``industry=银行``, ``group=E`` or ``security=600000.SH``.

        >>> Shock.parse("board=star")
        Shock(kind=<Kind.BOARD: 'board'>, name='star')
        """
        word, _, name = words.partition("=")
        takes_name = {Kind.ALL: False, Kind.INDEX: False, Kind.BOARD: True, Kind.INDUSTRY: True, Kind.GROUP: True}
        takes_name |= {Kind.SECURITY: True}
        found = next((kind for kind in takes_name if kind.value == word), None)
        if found is None or takes_name[found] != bool(name):
            shown = ", ".join(f"{kind.value}=NAME" if named else kind.value for kind, named in takes_name.items())
            raise UsageError(f"{words!r} says not what falls; expected one of {shown}.")
        return cls(found, name)

    def by(self, fall_bp: int) -> Scenario:
        """Return the scenario of a fall."""
        about, shown = self.name or self.kind.value, f"-{fall_bp / 100:.2f}%"
        words = _WHAT.get(self.kind, Text(self.name, self.name))
        step = Step(self.kind, {self.name: -fall_bp}, place="the reverse stress")
        return Scenario(f"{about}{shown}", Text(f"{words.zh}下跌{shown[1:]}", f"{words.en} {shown}"), (step,))


@dataclass(frozen=True)
class Reversed:
    """The smallest fall that reaches, and what the book comes to there and one basis point before."""

    fall_bp: int | None  # None: not even the loss of everything reaches
    is_steady: bool
    stressed: Stressed
    reaches: tuple[bool, ...]  # of each scenario of ``stressed``


def reverse(
    marks: Marks,
    target: Target,
    *,
    shock: Shock | None = None,
    traits: Traits | None = None,
    rulebook: Rulebook | None = None,
    threads: int = 2,
) -> Reversed:
    """Return the smallest fall after which the target is reached (反向压力测试).

    Raises
    ------
    UsageError
        What is to fall is not there.
    """
    shock, rules = shock or Shock(), rulebook or Rulebook.load()

    def after(falls_bp: Sequence[int]) -> Stressed:
        return stress(marks, list(map(shock.by, falls_bp)), traits=traits, rulebook=rules, threads=threads)

    percents = range(0, BP + 1, PERCENT_BP)
    coarse = after(percents).totals
    fall_bp = _first(percents, target.reached_in(coarse))
    if fall_bp:
        around = range(fall_bp - PERCENT_BP, fall_bp + 1)
        fall_bp = _first(around, target.reached_in(after(around).totals))
    shown = after([BP] if fall_bp is None else sorted({max(fall_bp - 1, 0), fall_bp}))
    return Reversed(fall_bp, _rises(target.harm_in(coarse)), shown, tuple(target.reached_in(shown.totals)))


def _first(falls_bp: Sequence[int], reached: Sequence[bool]) -> int | None:
    return next((fall for fall, is_there in zip(falls_bp, reached, strict=True) if is_there), None)


def _rises(harm: Sequence[tuple[int, int]]) -> bool:
    return all(part * next_whole <= next_part * whole for (part, whole), (next_part, next_whole) in pairwise(harm))
