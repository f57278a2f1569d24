"""What a recomputed figure is compared with, how exactly, and what the comparison can conclude.

What lives here: the published figure, the check and its verdict. What does not: any computation of a figure, and where
its data come from (``evidence``).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text

STAND_IN_TOLERANCE = 0.01  # one percentage point

# A difference of exactly half a digit may come out a little above it in binary.
_ROUNDING = 1e-9


class Verdict(StrEnum):
    """What a check concludes."""

    AGREES = "agrees"
    AGREES_STAND_IN = "agrees (stand-in)"  # another series plays the report's: within one percentage point
    DISAGREES = "disagrees"  # and the data cannot say who is right
    DISAGREES_STAND_IN = "disagrees (stand-in)"  # a stand-in convicts nobody
    REPORT_IS_WRONG = "report is wrong"  # by its own figures, or by figures that the publisher itself states
    MISSING_DATA = "missing data"
    NOT_COMPUTABLE = "not computable"  # not from market data: lists of securities, contracts of brokers


class Kind(StrEnum):
    """What a row is about."""

    FIGURE = "figure"  # one printed figure
    CLAIM = "claim"  # what the report says in words about its figures
    SUM = "sum"  # whether the report's own figures add up


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure, as ``published_figures`` gives it."""

    report: str
    table: str
    key: str
    date: str
    first: datetime.date | None
    last: datetime.date | None
    column: str
    printed: str
    value: float | None
    unit: str
    step: float | None
    note: str | None

    @property
    def number(self) -> float:
        """The printed number; not for dates and names."""
        assert self.value is not None, f"{self.report} {self.table} {self.key} is no number"
        return self.value

    @property
    def half_digit(self) -> float:
        """Half a unit of the last printed digit: what rounding can explain."""
        assert self.step is not None, f"{self.report} {self.table} {self.key} is no number"
        return self.step / 2

    @property
    def day(self) -> datetime.date:
        """The last day that the figure covers; not for undated figures."""
        assert self.last is not None, f"{self.report} {self.table} {self.key} has no date"
        return self.last

    @property
    def begin(self) -> datetime.date:
        """The first day that the figure covers; not for undated figures."""
        assert self.first is not None, f"{self.report} {self.table} {self.key} has no date"
        return self.first


@dataclass(frozen=True, slots=True)
class Computed:
    """A number of ours, what it rests on, and how it came about."""

    value: float
    grade: Grade
    why: Text


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the reproduction."""

    report: str
    table: str
    key: str
    date: str
    column: str
    kind: Kind
    unit: str
    printed: str | None
    published: float | None
    computed: float | None
    difference: float | None
    tolerance: float | None
    verdict: Verdict
    explanation_zh: str
    explanation_en: str
    grade: str | None


def compare(
    figure: Figure,
    computed: Computed,
    *,
    stand_in: Text | None = None,
    decisive: bool = False,
    own: bool = False,
    tolerance: float | None = None,
) -> Check:
    """Return the check of a printed figure against a computed one.

    Parameters
    ----------
    stand_in : Text, optional
        Which series plays the report's own; the tolerance is then one percentage point.
    decisive : bool
        What we computed from is what the publisher of the data itself states, so that a difference beyond rounding
        convicts the report. Simulated and estimated numbers never convict.
    own : bool
        The report's own printed figures exclude this one, whatever the data say.
    tolerance : float, optional
        In the figure's unit; half a unit of the last printed digit when left out, one percentage point for a stand-in.
    """
    usual = STAND_IN_TOLERANCE if stand_in else figure.half_digit
    allowed = usual if tolerance is None else tolerance
    difference = computed.value - figure.number
    within = abs(difference) <= allowed + _ROUNDING * max(abs(figure.number), 1e-3)
    why = joined(computed.why, stand_in) if stand_in else computed.why
    return _check(
        figure,
        Verdict.REPORT_IS_WRONG
        if own and not within
        else conclude(within, stand_in=stand_in is not None, decisive=decisive, grade=computed.grade),
        why,
        computed=computed.value,
        difference=difference,
        tolerance=allowed,
        grade=computed.grade,
    )


def conclude(within: bool, *, stand_in: bool = False, decisive: bool, grade: Grade) -> Verdict:
    """Return the verdict of a comparison; ``decisive`` numbers convict unless they are simulated or estimated."""
    if stand_in:
        return Verdict.AGREES_STAND_IN if within else Verdict.DISAGREES_STAND_IN
    if within:
        return Verdict.AGREES
    convicts = decisive and grade.rank <= Grade.DERIVED.rank
    return Verdict.REPORT_IS_WRONG if convicts else Verdict.DISAGREES


def same(figure: Figure, *, holds: bool, why: Text, grade: Grade) -> Check:
    """Return the check of a printed date or name, which is right or not."""
    return _check(figure, conclude(holds, decisive=True, grade=grade), why, grade=grade)


def missing(figure: Figure, why: Text) -> Check:
    """Return the check of a figure whose data the panel does not have; ``why`` names them and what supplies them."""
    return _check(figure, Verdict.MISSING_DATA, why)


def not_computable(figure: Figure, why: Text) -> Check:
    """Return the check of a figure that no market data give."""
    return _check(figure, Verdict.NOT_COMPUTABLE, why)


def state(
    report: str,
    table: str,
    name: str,
    *,
    day: str,
    kind: Kind,
    verdict: Verdict,
    why: Text,
    grade: Grade | None,
) -> Check:
    """Return the row of a statement in words, or of a sum, which has no single number."""
    blank: dict[str, None] = dict.fromkeys(("printed", "published", "computed", "difference", "tolerance"))
    return Check(
        report=report,
        table=table,
        key=name,
        date=day,
        column=kind.value,
        kind=kind,
        unit="text",
        verdict=verdict,
        explanation_zh=why.zh,
        explanation_en=why.en,
        grade=None if grade is None else grade.value,
        **blank,
    )


def _check(
    figure: Figure,
    verdict: Verdict,
    why: Text,
    *,
    computed: float | None = None,
    difference: float | None = None,
    tolerance: float | None = None,
    grade: Grade | None = None,
) -> Check:
    return Check(
        report=figure.report,
        table=figure.table,
        key=figure.key,
        date=figure.date,
        column=figure.column,
        kind=Kind.FIGURE,
        unit=figure.unit,
        printed=figure.printed,
        published=figure.value,
        computed=computed,
        difference=difference,
        tolerance=tolerance,
        verdict=verdict,
        explanation_zh=why.zh,
        explanation_en=why.en,
        grade=None if grade is None else grade.value,
    )


def joined(first: Text, second: Text) -> Text:
    """Return two phrases as one; the second brings its own space."""
    return Text(f"{first.zh}{second.zh}", f"{first.en}{second.en}")


SCHEMA: dict[str, pl.DataType] = {
    "report": pl.String(),
    "table": pl.String(),
    "key": pl.String(),
    "date": pl.String(),
    "column": pl.String(),
    "kind": pl.String(),
    "unit": pl.String(),
    "printed": pl.String(),
    "published": pl.Float64(),
    "computed": pl.Float64(),
    "difference": pl.Float64(),
    "tolerance": pl.Float64(),
    "verdict": pl.String(),
    "explanation_zh": pl.String(),
    "explanation_en": pl.String(),
    "grade": pl.String(),
}


def frame(checks: Iterable[Check]) -> pl.DataFrame:
    """Return checks as rows, in their order."""
    rows: Sequence[dict[str, object]] = [{name: _plain(getattr(check, name)) for name in SCHEMA} for check in checks]
    return pl.DataFrame(rows, schema=SCHEMA)


def _plain(value: object) -> object:
    return value.value if isinstance(value, StrEnum) else value
