"""Problems: what could not be known about a security, as rows beside the result; the other rows go on.

What lives here: the shape of such a row. What does not: breaches of a rule (``list_check``), and inputs that are wrong
as a whole, which are errors (``frames``).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rongheng.basics.text import Text
from rongheng.market.pools.frames import ROW

SCHEMA = {
    "security": pl.String(),
    "row": pl.Int64(),  # in the file, or the place in the frame
    "column": pl.String(),
    "found": pl.String(),
    "problem": pl.String(),  # its code
    "reason_zh": pl.String(),
    "reason_en": pl.String(),
}


def problem(row: Mapping[str, object], column: str, found: object, code: str, reason: Text) -> tuple[object, ...]:
    """Return one row of ``SCHEMA`` about a row of a conformed frame."""
    shown = None if found is None else str(found)
    return (row["security"], row[ROW], column, shown, code, reason.zh, reason.en)
