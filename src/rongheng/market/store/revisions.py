"""What becomes of a fact in the lake: new, completed, changed, the same, or outranked; and which revision stands.

Pure functions of frames. Where revisions are kept and how they reach the disk is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from rongheng.basics.grades import Grade
from rongheng.basics.tables import Table

OUTCOMES = ("new", "completed", "changed", "same", "outranked")
_WRITTEN = ("new", "completed", "changed")
_RANKS = {grade.value: grade.rank for grade in Grade}
_SIGNS = ("source", "sha256")  # of the file that a fact is from, where the facts say it
_CARRIED = ("known_at", "grade", "revision", "note")  # what a comparison needs of the standing row's audit columns


@dataclass(frozen=True)
class Revised:
    """The rows to append, without their import, and how many facts of each day had which outcome."""

    rows: pl.DataFrame
    counts: dict[tuple[date, str], int]


def revise(facts: pl.DataFrame, *, standing: pl.DataFrame, table: Table, imported_at: datetime) -> Revised:
    """Compare facts with the rows that stand in the lake, and return the revisions that the lake gains.

    A null in ``facts`` states nothing and never contradicts; values are compared exactly. By the first line that holds:

    ==========================================  ===========  ====================================================
    the fact                                    outcome      the row that is written
    ==========================================  ===========  ====================================================
    states no value at all                      same         none
    is not in the lake                          new          the fact
    has a worse grade than the standing row     outranked    none
    has a better grade                          changed, or  the fact alone; nothing of the worse grade is mixed in
                                                new over a
                                                simulated
    contradicts the standing row                changed      the standing row under the fact's values, known when
                                                             the correction came and not before
    fills blanks of the standing row            completed    the standing row under the fact's values
    states what stands                          same         none
    ==========================================  ===========  ====================================================

    A row that mixes the standing row's values with the fact's cannot be known before both are: its ``known_at`` is
    the later of theirs.

    Parameters
    ----------
    facts : frame
        ``Batch.facts``: each fact once; ``source`` and ``sha256`` may stand beside.
    standing : frame
        The standing rows (see :func:`standing`) of at least these facts; others do not matter.
    imported_at : datetime with a time zone

    Returns
    -------
    Revised
        ``rows`` has the table's facts, ``known_at``, ``grade``, ``note``, ``revision`` and what stood beside, sorted by
        identity.
    """
    identity = list(table.identity)
    stated = [column.name for column in table.values if column.name in facts.columns]
    kept = [*(column.name for column in table.values), *_CARRIED]
    before = standing.select(*identity, *(pl.col(name).alias(_before(name)) for name in kept))
    judged = facts.join(before, on=identity, how="left").with_columns(_outcome(stated).alias("outcome"))
    counts = {(day, outcome): count for day, outcome, count in judged.group_by("as_of", "outcome").len().iter_rows()}
    rows = judged.filter(pl.col("outcome").is_in(_WRITTEN)).select(
        *identity,
        *(_value(column.name, column.dtype, stated) for column in table.values),
        _known_at(imported_at),
        "grade",
        *(name for name in _SIGNS if name in facts.columns),
        _laid_over("note"),
        (pl.col(_before("revision")) + 1).fill_null(0).cast(pl.Int32).alias("revision"),
    )
    return Revised(rows.sort(identity), counts)


def standing(rows: pl.DataFrame, *, table: Table) -> pl.DataFrame:
    """Return the row that stands for each fact, sorted by identity: the best grade, then the highest revision.

    Parameters
    ----------
    rows : frame
        Revisions with the columns of ``table.schema`` (values may be missing).

    Examples
    --------
    >>> from datetime import date
    >>> from rongheng.basics.tables import ACCOUNT_DAILY
    >>> rows = pl.DataFrame({"as_of": [date(2024, 2, 5)] * 2, "financing_balance": [1.0, 2.0],
    ...                      "grade": ["official"] * 2, "revision": [0, 1], "sequence": [1, 7]})
    >>> standing(rows, table=ACCOUNT_DAILY)["financing_balance"].item()
    2.0
    """
    identity = list(table.identity)
    latest_first = [pl.col("revision"), pl.col("sequence")]
    ordered = rows.sort(
        [*identity, _rank("grade"), *latest_first], descending=[False] * (len(identity) + 1) + [True] * 2
    )
    first = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in identity])
    return ordered.filter(first)


def _before(name: str) -> str:
    return f"standing {name}"  # a name with a space cannot be that of a canonical column


def _rank(name: str) -> pl.Expr:
    return pl.col(name).replace_strict(_RANKS, return_dtype=pl.Int8)


def _is_known() -> pl.Expr:
    return pl.col(_before("revision")).is_not_null()


def _is_laid_over() -> pl.Expr:
    """Of equal grade: the row that is written keeps what the fact does not state."""
    return _is_known() & (pl.col("grade") == pl.col(_before("grade")))


def _outcome(stated: list[str]) -> pl.Expr:
    if not stated:
        return pl.lit("same")
    states = pl.any_horizontal([pl.col(name).is_not_null() for name in stated])
    contradicts = pl.any_horizontal([(pl.col(name) != pl.col(_before(name))).fill_null(False) for name in stated])
    fills = pl.any_horizontal([pl.col(name).is_not_null() & pl.col(_before(name)).is_null() for name in stated])
    better = _rank("grade") < _rank(_before("grade"))
    over_simulated = better & (pl.col(_before("grade")) == Grade.SIMULATED.value)
    return (
        pl.when(~states)
        .then(pl.lit("same"))
        .when(~_is_known() | over_simulated)
        .then(pl.lit("new"))
        .when(_rank("grade") > _rank(_before("grade")))
        .then(pl.lit("outranked"))
        .when(better | contradicts)
        .then(pl.lit("changed"))
        .when(fills)
        .then(pl.lit("completed"))
        .otherwise(pl.lit("same"))
    )


def _value(name: str, dtype: pl.DataType, stated: list[str]) -> pl.Expr:
    if name in stated:
        return _laid_over(name)
    return pl.when(_is_laid_over()).then(pl.col(_before(name))).otherwise(pl.lit(None, dtype)).alias(name)


def _laid_over(name: str) -> pl.Expr:
    kept = pl.when(_is_laid_over()).then(pl.col(_before(name)))
    return pl.coalesce(pl.col(name), kept).alias(name)


def _known_at(imported_at: datetime) -> pl.Expr:
    own = pl.col("known_at")
    both = pl.max_horizontal(own, pl.col(_before("known_at")))
    came = pl.lit(imported_at).cast(pl.Datetime("us", "UTC"))
    corrected = _is_laid_over() & (pl.col("outcome") == "changed")
    return (
        pl.when(corrected)
        .then(pl.max_horizontal(both, came))
        .when(_is_laid_over())
        .then(both)
        .otherwise(own)
        .alias("known_at")
    )
