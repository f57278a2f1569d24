"""The types of a reading's columns, from the units of its figures: rows built one by one need them stated."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rongheng.basics.grades import GRADE_DTYPE
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure

_DTYPES: dict[Unit, pl.DataType] = {
    Unit.COUNT: pl.Int64(),
    Unit.SESSIONS: pl.Int64(),
    Unit.DATE: pl.Date(),
    Unit.TEXT: pl.String(),
}


def row_schema(figures: Sequence[Figure]) -> dict[str, pl.DataType]:
    """Return ``session``, ``as_of``, the figures' columns in their order and ``grade``, each with its type.

    >>> from rongheng.basics.text import Text
    >>> row_schema([Figure("lag", Unit.SESSIONS, Text("滞后", "lag"))])["lag"]
    Int64
    """
    columns = {figure.name: _DTYPES.get(figure.unit, pl.Float64()) for figure in figures}
    return {"session": pl.Date(), "as_of": pl.Date(), **columns, "grade": GRADE_DTYPE}
