"""What the documents say of maintenance lines, fixed and moving.

What lives here: reading of rules into :class:`Lines` and :class:`MovingLines`. What does not: merging those of broker
and contract (``tightest.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from rongheng.account.policy.policy import Lines, MovingLines, MovingRow, ShareBasis
from rongheng.basics.account_tables import LINES
from rongheng.basics.money import BP
from rongheng.rulebook.table import Row


def stated_lines(terms: Mapping[str, Any]) -> Lines:
    """Return the lines that a document names."""
    return Lines(**{f"{name}_bp": percent(terms[name]) for name in LINES if name in terms})


def over_exchange(above: Lines, own: Lines) -> Lines:
    """Return the broker's lines, raised to the exchanges' where those are higher or stand alone."""
    values = {}
    for name in LINES:
        pair = [line for line in (getattr(above, f"{name}_bp"), getattr(own, f"{name}_bp")) if line is not None]
        values[f"{name}_bp"] = max(pair) if pair else None
    return Lines(**values)


def moving_lines(terms: Mapping[str, Any], fixed: Lines) -> MovingLines:
    """Return the rows that a document has, the fixed lines standing where a row names none."""
    rows = sorted(terms["lines"].rows, key=lambda row: _upper(row) or BP)
    return MovingLines(
        wake_bp=percent(terms["ratio_at_most"]),
        rows=tuple(
            MovingRow(_upper(row) or BP, _laid_over(fixed, stated_lines(row.values)), percent(row.values["withdrawal"]))
            for row in rows
        ),
        basis=ShareBasis(str(terms["basis"])),
        measured_at=_time(terms["measured_at"]),
    )


def _time(value: object) -> time:
    assert isinstance(value, time), f"{value!r} is no time of day"
    return value


def _laid_over(fixed: Lines, moved: Lines) -> Lines:
    """Return the row's lines; those that it does not name stay, and none is left under a graver one."""
    values: dict[str, int | None] = {}
    gravest = 0
    for name in reversed(LINES):
        line = getattr(moved, f"{name}_bp") or getattr(fixed, f"{name}_bp")
        values[f"{name}_bp"] = line and max(line, gravest)
        gravest = max(gravest, line or 0)
    return Lines(**values)


def _upper(row: Row) -> int | None:
    """Return the upper bound of a row's share; rows are (lower, upper], the last one has none."""
    share = row.range("dual_board_share")
    assert share.high is None or share.high_included, "rows of moving lines hold their upper bound"
    return share.high


def percent(value: object) -> int:
    """Return a percentage of a document, in basis points."""
    assert isinstance(value, int), f"{value!r} is no percentage"
    return value
