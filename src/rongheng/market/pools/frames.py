"""Frames that keep to their table: every column there and of its type, codes whole, values possible, no key twice.

What lives here: the checks that every entrance of the pools makes. What does not: any judgement about a security. A
list that breaks one of them is refused as a whole, because a list with two haircuts for one code has no right answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from rongheng.basics.code_changes import renamed
from rongheng.basics.conform import check_columns
from rongheng.basics.errors import DataError
from rongheng.basics.securities import CODE
from rongheng.market.pools.tables import Column, Holds, PoolTable
from rongheng.rulebook import Rulebook

ROW = "row"  # where a row stands in its file; without a file, its place from 1
_WHERE = "where"
_SHOWN = 3  # bad rows that a message lists


def conform(frame: pl.DataFrame, table: PoolTable, *, where: str, on: date | None = None) -> pl.DataFrame:
    """Return the frame with exactly the table's columns and ``row``; columns that it lacks are null.

    Parameters
    ----------
    frame : typed columns by their names; ``row``, where it is there, says where each row stands in its file
    where : how messages call the input
    on : the session whose codes the securities get, where it is known

    Raises
    ------
    DataError
        A column is unknown, missing or of another type; a code is malformed; a value cannot be; a key stands twice.
    """
    labels = {column.name: column.label for column in table.columns}
    needed = [column.name for column in table.columns if column.required]
    named = [name for name in frame.columns if name != ROW]
    check_columns(named, table=table.name, labels=labels, needed=needed, where=where, error=DataError)
    rows = frame if ROW in frame.columns else frame.with_row_index(ROW, offset=1)
    columns = [rows[ROW].cast(pl.Int64)]
    columns += [_column(rows, column, where=where) for column in table.columns]
    complete = pl.DataFrame(columns) if on is None else renamed(pl.DataFrame(columns), on=on)
    for column in table.columns:
        _check_values(complete, column, where=where)
    _refuse_repeats(complete, table, where=where)
    return complete


def words_of(column: Column) -> dict[str, tuple[str, ...]]:
    """Return the words that a choice may hold, each with the spellings that files use."""
    if column.rulebook_class is None:
        return dict(column.words)
    members = Rulebook.load().classes.members[column.rulebook_class]
    return {key: (member.name.zh, member.name.en) for key, member in members.items()}


def merge(parts: Sequence[tuple[str, pl.DataFrame]], table: PoolTable) -> pl.DataFrame:
    """Return several conformed parts of one list as one: what one part says of a key, the others need not say again.

    Parameters
    ----------
    parts : what messages call each part, and its conformed frame

    Raises
    ------
    DataError
        Two parts say different things about one key.
    """
    if len(parts) == 1:
        return parts[0][1]
    key = list(table.key)
    whole = pl.concat(frame.with_columns(pl.lit(where).alias(_WHERE)) for where, frame in parts)
    for column in (one.name for one in table.columns if one.name not in key):
        _refuse_contradiction(whole.filter(pl.col(column).is_not_null()), key, column)
    values = [pl.col(one.name).drop_nulls().first() for one in table.columns if one.name not in key]
    merged = whole.group_by(key, maintain_order=True).agg(pl.col(ROW).first(), *values)
    return merged.select(ROW, *table.by_name)


def _refuse_contradiction(said: pl.DataFrame, key: list[str], column: str) -> None:
    against = said.filter(pl.col(column).n_unique().over(key) > 1)
    if against.is_empty():
        return
    first = against.row(0, named=True)
    same = against.filter(pl.all_horizontal(pl.col(name) == first[name] for name in key))
    told = "; ".join(
        f"{row[_WHERE]}, row {row[ROW]}: {_show(row[column], column)}" for row in same.iter_rows(named=True)
    )
    named = " on ".join(str(first[name]) for name in key)
    raise DataError(f"{column} of {named} is said twice: {told}. Expected one value; correct one of the files.")


def _column(rows: pl.DataFrame, column: Column, *, where: str) -> pl.Series:
    if column.name not in rows.columns:
        return pl.Series(column.name, [None], dtype=column.dtype).new_from_index(0, rows.height)
    given = rows[column.name]
    fits = given.dtype in (column.dtype, pl.Null()) or (given.dtype.is_integer() and column.dtype.is_numeric())
    if not fits:
        found = f"{where}: the column {column.name!r} holds {given.dtype}"
        raise DataError(f"{found}; expected {column.dtype}. Cast it first.")
    return given.cast(column.dtype)


def _check_values(rows: pl.DataFrame, column: Column, *, where: str) -> None:
    value = pl.col(column.name)
    if column.required:
        _refuse(rows.filter(value.is_null()), column, where=where, expected="a value in every row")
    if column.holds is Holds.CODE:
        expected = "a code such as 600000.SH, 000001.SZ or 920001.BJ"
        _refuse(rows.filter(~value.str.contains(CODE)), column, where=where, expected=expected)
    if column.holds is Holds.CHOICE:
        words = list(words_of(column))
        _refuse(rows.filter(~value.is_in(words)), column, where=where, expected=f"one of {', '.join(words)}")
    if column.dtype == pl.Float64():
        _refuse(rows.filter(~value.is_finite()), column, where=where, expected="a finite number, or null")
    if column.lowest is not None:
        _refuse(rows.filter(value < column.lowest), column, where=where, expected=_bounds(column))
    if column.highest is not None:
        _refuse(rows.filter(value > column.highest), column, where=where, expected=_bounds(column))


def _bounds(column: Column) -> str:
    lowest, highest = column.lowest, column.highest
    if column.holds is Holds.PERCENT_BP and lowest is not None and highest is not None:
        return (
            f"{lowest / 100:g} % to {highest / 100:g} % (a column in percent says so in its header, "
            f"{column.label.zh}(%), or in its cells, 65%)"
        )
    return f"at least {lowest:g}" if highest is None else f"{lowest:g} to {highest:g}"


def _refuse(bad: pl.DataFrame, column: Column, *, where: str, expected: str) -> None:
    """Raise the error that lists the first bad rows; none is no error."""
    if bad.is_empty():
        return
    shown = []
    for row in bad.head(_SHOWN).iter_rows(named=True):
        code = "" if column.holds is Holds.CODE else f" of {row['security']}"
        shown.append(f"row {row[ROW]}: {column.name}{code} is {_show(row[column.name], column.name)}")
    more = f" ({bad.height} rows are wrong)" if bad.height > _SHOWN else ""
    raise DataError(f"{where}, {'; '.join(shown)}{more}. Expected {expected}. Mend the list and read it again.")


def _show(value: object, column: str) -> str:
    if isinstance(value, int) and column.endswith("_bp"):
        return f"{value / 100:g} %"
    return "empty" if value is None else str(value)


def _refuse_repeats(rows: pl.DataFrame, table: PoolTable, *, where: str) -> None:
    key = list(table.key)
    repeated = rows.filter(pl.struct(key).is_duplicated()).sort(*key, ROW)
    if repeated.is_empty():
        return
    first = repeated.row(0, named=True)
    same = repeated.filter(pl.all_horizontal(pl.col(name) == first[name] for name in key))
    places = ", ".join(str(row) for row in same[ROW])
    named = " on ".join(str(first[name]) for name in key)
    count = repeated.select(pl.struct(key).n_unique()).item()
    more = f" {count} codes are repeated in all." if count > 1 else ""
    raise DataError(
        f"{where}, rows {places}: {named} stands {same.height} times; expected once.{more} Keep the right row and "
        "delete the others."
    )
