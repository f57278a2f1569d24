"""What a report asks of a dossier: series, the session's row, grades. Nothing is computed: rows are picked and named.

What lives here: the few ways in which figures, tables and sentences look into a reading. What does not: how they are
shown. A question about a reading that is not there answers with nothing, so that every page can be drawn with gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.grades import Grade, worst
from rongheng.basics.text import Text
from rongheng.findings.dossier import Dossier

Row = dict[str, Any]
Point = tuple[date, float | None]


def rows_of(dossier: Dossier, name: str, **where: object) -> pl.DataFrame:
    """Return the rows of a reading for which the named columns hold those values; none where it could not be read."""
    reading = dossier.reading(name)
    if reading is None:
        return pl.DataFrame()
    rows = reading.rows
    for column, value in where.items():
        if column not in rows.columns:
            return rows.clear()
        rows = rows.filter(pl.col(column) == value)
    return rows


def with_figure(rows: pl.DataFrame, figure: str) -> pl.DataFrame:
    """Return the rows that have that figure; none where the whole column is absent."""
    return rows.filter(pl.col(figure).is_not_null()) if figure in rows.columns else pl.DataFrame()


def today(dossier: Dossier, name: str, **where: object) -> Row:
    """Return the last row about the dossier's session, or an empty one."""
    rows = rows_of(dossier, name, **where)
    if "session" not in rows.columns:
        return {}
    rows = rows.filter(pl.col("session") == dossier.as_of)
    return rows.row(-1, named=True) if rows.height else {}


def series(dossier: Dossier, name: str, figure: str, *, scale: float = 1.0, since: date | None = None) -> list[Point]:
    """Return one figure by session, ascending, one point a session, divided by ``scale`` for its axis."""
    rows = rows_of(dossier, name)
    if figure not in rows.columns:
        return []
    picked = rows.select("session", figure).unique("session", keep="first", maintain_order=True).sort("session")
    if since is not None:
        picked = picked.filter(pl.col("session") >= since)
    return _points(picked, figure, scale)


def panel_series(dossier: Dossier, column: str, *, scale: float = 1.0, since: date | None = None) -> list[Point]:
    """Return one column of the panel by session."""
    if column not in dossier.panel.columns:
        return []
    picked = dossier.panel.select("session", column)
    if since is not None:
        picked = picked.filter(pl.col("session") >= since)
    return _points(picked, column, scale)


def _points(picked: pl.DataFrame, figure: str, scale: float) -> list[Point]:
    values = picked[figure].cast(pl.Float64).to_list()
    return [
        (day, None if value is None else value / scale)
        for day, value in zip(picked["session"].to_list(), values, strict=True)
    ]


def stated(points: Iterable[Point]) -> list[tuple[date, float]]:
    """Return the points that have a value."""
    return [(day, value) for day, value in points if value is not None]


def last_of_each(points: Sequence[Point], *, period: str) -> list[tuple[date, float]]:
    """Return the last stated point of each month or quarter."""
    latest: dict[tuple[int, int], tuple[date, float]] = {}
    for day, value in stated(points):
        part = day.month if period == "month" else (day.month - 1) // 3
        latest[day.year, part] = (day, value)
    return list(latest.values())


def grade_of(dossier: Dossier, name: str) -> Grade | None:
    """Return the worst grade among a reading's rows, derived at best: a figure shows what follows from them."""
    reading = dossier.reading(name)
    if reading is None or "grade" not in reading.rows.columns:
        return None
    grades = [Grade(str(grade)) for grade in reading.rows["grade"].drop_nulls().unique().to_list()]
    return worst(*grades, Grade.DERIVED) if grades else None


def why_missing(dossier: Dossier, names: Iterable[str]) -> Text | None:
    """Return why the first of the readings that could not be read is not there, or ``None`` when all are."""
    for name in names:
        if dossier.reading(name) is None:
            return dossier.unreadable.get(name, Text("未读取该指标。", "This indicator was not read."))
    return None
