"""One criterion of the pressure reading: a number on every session, two levels, and the verdict that follows.

What lives here: what a criterion is, how it is judged on every session without seeing a later one, and the levels that
its own past sets. What does not: any criterion (``pressure_state``, ``pressure_motion``), and the overall verdict
(``pressure``).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import has
from rongheng.market.indicators.trend import FloatArray, percentile_so_far

# Round numbers, not tuned: about 25 sessions of a year are as bad as one in ten, about 5 as bad as one in fifty.
WATCH_ONE_IN = 10
HIGH_ONE_IN = 50
ENOUGH = 250  # earlier figures, about a year, without which the past sets no level

VERDICTS = ("low", "watch", "high")  # in the order of their gravity; arrays hold the place in this order
NOT_JUDGED, LOW, WATCH, HIGH = -1, 0, 1, 2

Verdicts = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Measured:
    """A criterion's number and its two levels on every session of a panel; NaN where there is none."""

    number: FloatArray
    watch_at: FloatArray
    high_at: FloatArray


@dataclass(frozen=True)
class Judged:
    """What was measured, with its percentile so far and its verdict (a place in ``VERDICTS`` or ``NOT_JUDGED``)."""

    measured: Measured
    percentile: FloatArray
    verdict: Verdicts


@dataclass(frozen=True)
class Criterion:
    """One question that is asked of every session.

    ``measure(panel)`` may use on each session what stands there and earlier, nothing later. ``tell(panel)`` says in one
    sentence, with numbers and dates, what the number on the panel's last session is made of.
    """

    key: str
    label: Text
    kind: Literal["state", "motion"]  # how exposed the market is, or whether it is giving way now
    unit: Unit
    worse: Literal["high", "low"]  # which end is pressure
    needs: tuple[str, ...]  # panel columns; of alternatives (an index's closes) the measure takes what is there
    grades: tuple[str, ...]
    measure: Callable[[pl.DataFrame], Measured]
    tell: Callable[[pl.DataFrame], Text]

    @property
    def sign(self) -> int:
        """1 where a higher number is worse, −1 where a lower one is."""
        return 1 if self.worse == "high" else -1


def judge(criterion: Criterion, panel: pl.DataFrame) -> Judged:
    """Return the criterion's number, levels, percentile and verdict on every session of the panel.

    A session without a number or without a watch level is not judged. The high level may be missing: the criterion
    then never says more than watch.
    """
    if not all(has(panel, name) for name in criterion.needs):
        nothing = np.full(panel.height, np.nan)
        measured = Measured(nothing, nothing, nothing)
    else:
        measured = criterion.measure(panel)
    sign = criterion.sign
    number = sign * measured.number
    verdict = np.full(panel.height, LOW, dtype=np.int8)
    verdict[number >= sign * measured.watch_at] = WATCH  # a comparison with NaN is false
    verdict[number >= sign * measured.high_at] = HIGH
    verdict[np.isnan(number) | np.isnan(measured.watch_at)] = NOT_JUDGED
    return Judged(measured, percentile_so_far(measured.number), verdict)


@dataclass(frozen=True)
class Answer:
    """One criterion on the last session of a panel; ``None`` where there is no such number or no verdict."""

    criterion: Criterion
    number: float | None
    watch_at: float | None
    high_at: float | None
    percentile: float | None
    verdict: str | None
    places: int  # how many sessions have a number, the last one included
    newest: int | None  # the last session that has one, as a position

    @property
    def badness(self) -> float:
        """How far up its past the number stands, counted towards the end that is pressure; 0 without a number."""
        if self.percentile is None:
            return 0.0
        return self.percentile if self.criterion.worse == "high" else 1 - self.percentile


def answer(criterion: Criterion, panel: pl.DataFrame) -> Answer:
    """Return what the criterion says on the panel's last session."""
    judged = judge(criterion, panel)
    measured = judged.measured
    stated = np.flatnonzero(np.isfinite(measured.number))
    return Answer(
        criterion,
        number=_last(measured.number),
        watch_at=_last(measured.watch_at),
        high_at=_last(measured.high_at),
        percentile=_last(judged.percentile),
        verdict=verdict_word(int(judged.verdict[-1])),
        places=len(stated),
        newest=int(stated[-1]) if len(stated) else None,
    )


def verdict_word(place: int) -> str | None:
    """Return the verdict of that place, ``None`` for ``NOT_JUDGED``."""
    return None if place == NOT_JUDGED else VERDICTS[place]


def verdict_place(word: str | None) -> int:
    """Return the place of that verdict, ``NOT_JUDGED`` for ``None``."""
    return NOT_JUDGED if word is None else VERDICTS.index(word)


def _last(values: FloatArray) -> float | None:
    return None if np.isnan(values[-1]) else float(values[-1])


def by_past(number: FloatArray, *, worse: Literal["high", "low"]) -> Measured:
    """Return the number with the levels that its own past sets (see :func:`reached_by_one_in`)."""
    return Measured(
        number,
        watch_at=reached_by_one_in(number, WATCH_ONE_IN, worse=worse),
        high_at=reached_by_one_in(number, HIGH_ONE_IN, worse=worse),
    )


def reached_by_one_in(
    values: FloatArray, one_in: int, *, worse: Literal["high", "low"], enough: int = ENOUGH
) -> FloatArray:
    """Return for each position the level that one in ``one_in`` of the earlier figures reached or passed.

    Parameters
    ----------
    values : float64, shape (n,)
        NaN where there is no figure; such places are passed over, and get a level all the same.
    one_in : int
        10 for the worst tenth. The count of worst figures is rounded down, so no more than that reached the level.
    worse : "high" or "low"
        Which end is the worst.
    enough : int
        With fewer earlier figures than this (or than ``one_in``) there is no level: NaN.

    Examples
    --------
    >>> reached_by_one_in(np.array([1.0, 4.0, 2.0, 3.0, 9.0]), 2, worse="high", enough=2).tolist()
    [nan, nan, 4.0, 4.0, 3.0]
    """
    sign = 1.0 if worse == "high" else -1.0
    levels = np.full(len(values), np.nan)
    past: list[float] = []
    for position, value in enumerate((sign * values).tolist()):
        worst = len(past) // one_in
        if len(past) >= enough and worst:
            levels[position] = sign * past[-worst]
        if value == value:  # not NaN
            insort(past, value)
    return levels
