"""The key numbers of a session: each beside a day and a week earlier, and its place in its own past.

What lives here: which figures a reader asks for first, and how their movement is judged. What does not: how the
figures are computed (the indicators) and how the table looks (``report``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade, worst
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.market.indicators.contract import Figure, Reading

DAY, WEEK = 1, 5  # sessions

# (indicator, figure), in the order of the table.
KEY_FIGURES: tuple[tuple[str, str], ...] = (
    ("balance", "margin_balance"),
    ("balance", "financing_balance"),
    ("balance", "short_balance"),
    ("share", "margin_share"),
    ("share", "buys_share"),
    ("leverage", "maintenance_ratio"),
    ("leverage", "leverage"),
    ("leverage", "ceiling_use"),
    ("safety-distance", "fall_to_liquidation"),
    ("fit", "residual_sigma"),
    ("participation", "indebted_count"),
    ("participation", "active_count"),
    ("participation", "debt_per_indebted"),
    ("participation", "collateral_total"),
    ("participation", "without_debt_share"),
)

_LEVELS = (Unit.YUAN, Unit.COUNT, Unit.SHARES, Unit.POINTS)  # what grows: its change is a fraction of itself


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One figure on its last session up to the dossier's.

    ``change_day`` and ``change_week`` are fractions of the earlier figure where ``relative``, else differences in the
    figure's unit; null where the earlier session has no figure. ``percentile`` is the share of the ``places`` figures
    so far that are not above this one.
    """

    indicator: str
    figure: Figure
    value: float
    as_of: date
    grade: Grade
    relative: bool
    change_day: float | None
    change_week: float | None
    percentile: float
    places: int


def key_numbers(dossier: Dossier) -> tuple[KeyNumber, ...]:
    """Return the key numbers that the dossier's readings can give, in the order of ``KEY_FIGURES``.

    A figure that the session lacks appears with its last earlier value and that value's date.
    """
    return tuple(_found(dossier))


def _found(dossier: Dossier) -> Iterator[KeyNumber]:
    for indicator, name in KEY_FIGURES:
        reading = dossier.reading(indicator)
        figure = None if reading is None else _figure(reading, name)
        if reading is None or figure is None:
            continue
        rows = reading.rows.select("session", pl.col(name).alias("value"), "grade").filter(
            pl.col("value").is_not_null() & (pl.col("session") <= dossier.as_of)
        )
        rows = rows.unique("session", keep="first").sort("session")
        if rows.height:
            yield _key_number(indicator, figure, rows)


def _figure(reading: Reading, name: str) -> Figure | None:
    return next((figure for figure in reading.indicator.figures if figure.name == name), None)


def _key_number(indicator: str, figure: Figure, rows: pl.DataFrame) -> KeyNumber:
    session, value, grade = rows.row(-1)
    relative = figure.unit in _LEVELS
    return KeyNumber(
        indicator=indicator,
        figure=figure,
        value=float(value),
        as_of=session,
        grade=Grade(grade) if figure.published else worst(Grade(grade), Grade.DERIVED),
        relative=relative,
        change_day=_change(rows, DAY, relative=relative),
        change_week=_change(rows, WEEK, relative=relative),
        percentile=rows.filter(pl.col("value") <= value).height / rows.height,
        places=rows.height,
    )


def _change(rows: pl.DataFrame, sessions: int, *, relative: bool) -> float | None:
    """Return the change against the figure exactly that many sessions earlier; ``None`` where there is none."""
    session, value, _ = rows.row(-1)
    then = rows.filter(pl.col("session") == calendar().offset(session, -sessions))["value"].to_list()
    if not then or (relative and then[0] == 0):
        return None
    return float(value / then[0] - 1 if relative else value - then[0])
