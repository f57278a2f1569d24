"""The lake's facts of securities by the codes of one session: a series goes on where a code changed (证券代码变更).

What lives here: which changes the lake knows beside those that ship, and reading by them. What does not: which code
became which (``basics.code_changes``); the lake itself keeps every fact under the code that was printed.

A security that stands under both codes on one day counts once: the code that it had on that day says what it was. An
old code that a list calls delisted has changed. A vendor whose adjustment factors begin anew with the new code has them
linked to those of the old one, so that a change of code is no move.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

import polars as pl

from rongheng.basics.code_changes import CodeChange, CodeChanges, code_changes
from rongheng.basics.grades import Grade
from rongheng.basics.tables import SECURITY_BARS, SECURITY_CODES, SECURITY_STATUS, Table
from rongheng.market.store import Lake, Snapshot

_PRINTED: Final = "__printed"  # the code that the fact came under
_OFF: Final = "__off"  # whether the security had another code on that day


def lake_changes(lake: Lake | Snapshot, *, known_at: datetime | None = None) -> CodeChanges:
    """Return the changes of codes that ship and those that were imported, as far as the lake knew them at a moment."""
    rows = lake.read(SECURITY_CODES, known_at=known_at)
    own = [
        CodeChange(row["old_security"], row["security"], row["as_of"], Grade(row["grade"]), row["source"])
        for row in rows.iter_rows(named=True)
    ]
    where = f"{SECURITY_CODES.name} of the lake at {lake.root}"
    return code_changes().with_own(own, where=where) if own else code_changes()


def read_named(
    lake: Lake | Snapshot,
    table: Table,
    *,
    on: date,
    known_at: datetime | None = None,
    first: date | None = None,
    last: date | None = None,
    columns: Collection[str] | None = None,
) -> pl.DataFrame:
    """Return what :meth:`Lake.read` does, each security by the code that it has on a session, once a day.

    Parameters
    ----------
    table : a table of securities
    on : the session whose codes are used, for facts of earlier and later days too
    """
    rows = lake.read(table, known_at=known_at, first=first, last=last, columns=columns)
    return named(rows, table, lake_changes(lake, known_at=known_at), on=on)


def named(rows: pl.DataFrame, table: Table, changes: CodeChanges, *, on: date) -> pl.DataFrame:
    """Return rows of a table by the codes of a session; see :func:`read_named`."""
    called = changes.on(on, hindsight=True)
    security = pl.col("security")
    concerned = security.is_in([*called, *set(called.values())])
    moved = rows.filter(concerned)
    if moved.is_empty():
        return rows
    began, ended = ({getattr(row, name): row.first_session for row in changes.rows} for name in ("new", "old"))
    since, until = (security.replace_strict(days, default=None, return_dtype=pl.Date) for days in (began, ended))
    off = ((pl.col("as_of") < since) | (pl.col("as_of") >= until)).fill_null(value=False)
    moved = moved.with_columns(security.alias(_PRINTED), off.alias(_OFF), security.replace(called))
    if table is SECURITY_STATUS:
        moved = moved.filter(~(pl.col(_PRINTED).is_in(list(ended)) & (pl.col("status") == "delisted")))
    if table is SECURITY_BARS and "factor" in moved.columns:
        moved = _linked(moved, changes)
    once = moved.sort(*table.identity, _OFF).unique(table.identity, keep="first", maintain_order=True)
    return pl.concat([rows.filter(~concerned), once.select(rows.columns)]).sort(table.identity)


def _linked(moved: pl.DataFrame, changes: CodeChanges) -> pl.DataFrame:
    """Return bars whose factors go on over the change: those of the old code are brought to the level of the new one.

    The close before the change stays comparable with the first close after it; where the new code's first bar prints
    another previous close, something went ex on that day, and the factor steps by it.
    """
    known = moved.filter(pl.col("factor") > 0, pl.col("close_milli") > 0, ~pl.col(_OFF)).sort("as_of")
    ends = known.group_by(_PRINTED).agg(pl.col("factor", "close_milli").last())
    previous = [name for name in ("previous_close_milli",) if name in moved.columns]
    starts = known.group_by(_PRINTED).agg(pl.col("factor", *previous).first())
    last = {row[_PRINTED]: row for row in ends.iter_rows(named=True)}
    opening = {row[_PRINTED]: row for row in starts.iter_rows(named=True)}
    unit: dict[str, float] = {}
    level: dict[str, float] = {}
    for row in reversed(changes.rows):
        if row.old in last and row.new in opening:
            before, after = last[row.old], opening[row.new]
            went_ex = before["close_milli"] / (after.get("previous_close_milli") or before["close_milli"])
            unit[row.old] = before["factor"]
            level[row.old] = after["factor"] / went_ex * level.get(row.new, 1.0) / unit.get(row.new, 1.0)
    printed = pl.col(_PRINTED)
    divided, brought = (
        printed.replace_strict(numbers, default=1.0, return_dtype=pl.Float64) for numbers in (unit, level)
    )
    return moved.with_columns(pl.col("factor") / divided * brought)
