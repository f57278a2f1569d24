"""How the rows of a reading are shaped: changes over sessions, null for missing, grade, order of columns.

What lives here: the few expressions that every indicator of daily figures shares. What does not: any indicator.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.market.indicators.contract import Figure, Indicator, Reading
from rongheng.market.indicators.trend import NONE, FloatArray, IntArray

# Say it the same way wherever changes over sessions stand.
GAPS = Text(
    "某日无数据时，以该日为起点或终点的变动一律为空，不向前借用数据。",
    "Where a session has no figure, every change that begins or ends there is missing; no older figure stands in.",
)


def change(column: str, sessions: int) -> pl.Expr:
    """Return the change against the figure exactly ``sessions`` sessions earlier; null where either is missing."""
    return pl.col(column) - pl.col(column).shift(sessions)


def growth(column: str, sessions: int) -> pl.Expr:
    """Return the change over ``sessions`` sessions as a fraction of the earlier figure."""
    return pl.col(column) / pl.col(column).shift(sessions) - 1


def array(panel: pl.DataFrame, column: str) -> FloatArray:
    """Return a column as float64 with NaN for missing."""
    return panel[column].cast(pl.Float64).fill_null(np.nan).to_numpy()


def figures(values: FloatArray) -> pl.Series:
    """Return an array as a column, with null for NaN."""
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)


def positions(values: IntArray) -> pl.Series:
    """Return positions as a column to gather with, with null for ``NONE``."""
    column = pl.Series(values, dtype=pl.Int64)
    return column.set(column == NONE, None)


def choose(value: str, *, option: str, among: tuple[str, ...]) -> str:
    """Return the value of an option when it is one of those known; else raise ``UsageError`` that lists them."""
    if value not in among:
        raise UsageError(f"{option} is {value!r}; it can be {', '.join(among)}.")
    return value


def reading(rows: pl.DataFrame, indicator: Indicator, *, notes: tuple[Text, ...] = ()) -> Reading:
    """Return the reading of rows that hold ``session``, ``as_of``, ``grade`` and all or some of the figures.

    Leading rows without any figure are left out (later ones stay, so that a gap is seen). A row without any figure
    has no grade. Figures that the rows do not have are left out of the reading's indicator.
    """
    shown = tuple(figure for figure in indicator.figures if figure.name in rows.columns)
    names = [figure.name for figure in shown if figure.name not in ("session", "as_of")]
    stated = pl.any_horizontal(pl.col(name).is_not_null() for name in _telling(shown))
    kept = rows.with_columns(grade=pl.when(stated).then("grade")).filter(stated.cum_max())
    return Reading(replace(indicator, figures=shown), kept.select("session", "as_of", *names, "grade"), notes)


def _telling(shown: tuple[Figure, ...]) -> list[str]:
    """Return the figures that make a row worth showing; a label alone does not."""
    return [figure.name for figure in shown if figure.unit not in ("text", "date")]
