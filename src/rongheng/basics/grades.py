"""Grades: how a number came about. A number shown anywhere carries one.

``official`` is printed by a publisher, ``derived`` follows from official numbers by arithmetic, ``estimated`` needs a
stated assumption, ``simulated`` was made up for a demonstration. What rests on several numbers has the worst of their
grades.
"""

from __future__ import annotations

from enum import StrEnum

import polars as pl


class Grade(StrEnum):
    """How a number came about, from best to worst."""

    OFFICIAL = "official"
    DERIVED = "derived"
    ESTIMATED = "estimated"
    SIMULATED = "simulated"

    @property
    def rank(self) -> int:
        """0 for the best grade, 3 for the worst."""
        return list(Grade).index(self)


GRADE_DTYPE = pl.Enum([grade.value for grade in Grade])


def worst(*grades: Grade) -> Grade:
    """Return the worst of the grades that a number rests on.

    >>> worst(Grade.OFFICIAL, Grade.ESTIMATED)
    <Grade.ESTIMATED: 'estimated'>
    """
    return max(grades, key=lambda grade: grade.rank)


def worst_of(*columns: pl.Expr | str | Grade) -> pl.Expr:
    """Return an expression for the worst grade of each row; null grades (no number there) do not count.

    Parameters
    ----------
    columns : expressions or names of grade columns (text or ``GRADE_DTYPE``), or a ``Grade`` that always counts
    """
    return _grade(pl.max_horizontal(*(_rank(column) for column in columns)))


def worst_in_group(*beside: Grade) -> pl.Expr:
    """Return an aggregation: the worst of the group's column ``grade``, at best as good as those beside it.

    >>> pl.DataFrame({"grade": ["official", "estimated"]}).select(worst_in_group(Grade.DERIVED)).item()
    'estimated'
    """
    return _grade(pl.max_horizontal(_rank("grade").max(), *(_rank(grade) for grade in beside)))


def _grade(rank: pl.Expr) -> pl.Expr:
    by_rank: dict[int, str] = {grade.rank: grade.value for grade in Grade}
    return rank.replace_strict(by_rank, default=None, return_dtype=GRADE_DTYPE).alias("grade")


def _rank(column: pl.Expr | str | Grade) -> pl.Expr:
    if isinstance(column, Grade):
        return pl.lit(column.rank, dtype=pl.Int8)
    expression = pl.col(column) if isinstance(column, str) else column
    ranks = {grade.value: grade.rank for grade in Grade}
    return expression.cast(pl.String).replace_strict(ranks, default=None, return_dtype=pl.Int8)
