"""What a report says in words about its figures, or what must add up, and how it is judged.

What lives here: the shape of a claim and how one becomes a row. What does not: any claim (each stands beside the
figures that it is about).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.reproduction.evidence import Evidence, LackingError
from rongheng.market.reproduction.verdict import Check, Kind, Verdict, conclude, state


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a claim holds, with the arithmetic, and the grade of what it rests on."""

    holds: bool
    why: Text
    grade: Grade = Grade.DERIVED


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement about a table of a report, and the function that judges it.

    ``certain`` says that the evidence settles it: then a claim that does not hold makes the report wrong; otherwise
    it merely disagrees.
    """

    report: str
    table: str
    name: str
    day: str
    judge: Callable[[Evidence], Judged]
    kind: Kind = Kind.CLAIM
    certain: bool = True

    def check(self, evidence: Evidence) -> Check:
        """Return the claim's row; where the panel lacks what it needs, the row says what."""
        try:
            judged = self.judge(evidence)
        except LackingError as lacking:
            return self._row(Verdict.MISSING_DATA, lacking.why, None)
        verdict = conclude(judged.holds, decisive=self.certain, grade=judged.grade)
        return self._row(verdict, judged.why, judged.grade)

    def _row(self, verdict: Verdict, why: Text, grade: Grade | None) -> Check:
        return state(
            self.report, self.table, self.name, day=self.day, kind=self.kind, verdict=verdict, why=why, grade=grade
        )


def alone(judge: Callable[[], Judged]) -> Callable[[Evidence], Judged]:
    """Return the judge of a claim that the published figures settle alone."""
    return lambda _: judge()
