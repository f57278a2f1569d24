"""Give a frame that was read from anywhere the names and types of a table, and say cell by cell what did not fit.

What lives here: matching of columns by name and exact casts. What does not: reading of files (``account.book``) and
what a number means (each table's own checks). Nothing is coerced: 1.5 is no quantity, "1e3" no integer, and a column
that nobody knows is refused, because it may be a misspelt one that would be defaulted in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import polars as pl

from rongheng.basics.account_tables import AccountTable, Field
from rongheng.basics.errors import BookError, RonghengError
from rongheng.basics.text import Text

_WHOLE = r"^[+-]?\d{1,18}$"
_EXACT_IN_FLOAT = 2.0**53
_FEW = 10_000  # values that are sooner looked at than told apart
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

BAD_CELLS = {"row": pl.Int64(), "column": pl.String(), "found": pl.String(), "expected": pl.String()}


def conform(
    frame: pl.DataFrame, table: AccountTable, *, where: str, as_is: Collection[str] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frame with exactly the table's columns, and the cells that did not fit (null in the frame).

    Parameters
    ----------
    frame : any columns, of the table's types or text or whole floats
    where : how messages call the input: a file, a sheet, a query
    as_is : columns of text that has no blanks around it, as is known from elsewhere

    Returns
    -------
    The conformed frame, rows in their order, and a frame of ``row`` (the first is 1), ``column``, ``found``,
    ``expected`` with one row for each cell that does not fit or is empty though it must not be.

    Raises
    ------
    BookError
        A column is unknown or a required one is missing.
    """
    labels = {field.name: field.label for field in table.fields}
    needed = [field.name for field in table.fields if field.is_required]
    check_columns(frame.columns, table=table.name, labels=labels, needed=needed, where=where, error=BookError)
    columns, bad = [], []
    for field in table.fields:
        if field.name not in frame.columns:
            columns.append(_default(field, frame.height))
            continue
        given = frame[field.name]
        cast = given if field.name in as_is else _cast(given, field)
        column = _filled(cast, given, field)
        if cast.null_count() > (0 if field.is_required else given.null_count()):
            bad.append(_bad_cells(given, column, field))
        columns.append(column)
    return pl.DataFrame(columns), pl.concat(bad) if bad else pl.DataFrame(schema=BAD_CELLS)


def check_columns(
    found: Sequence[str],
    *,
    table: str,
    labels: Mapping[str, Text],
    needed: Sequence[str],
    where: str,
    error: type[RonghengError],
) -> None:
    """Refuse a column that the table does not have, naming a near one, and the lack of one that it needs.

    Parameters
    ----------
    found : the columns that came
    table, labels, needed : what the table is called, its columns with their labels, and those that must be there
    where : how messages call the input
    error : whose error it is
    """
    for name in found:
        if name not in labels:
            near = get_close_matches(name, labels, n=1, cutoff=0.6)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise error(f"{where}: unknown column {name!r}; the table {table} has {', '.join(labels)}.{hint}")
    missing = [name for name in needed if name not in found]
    if missing:
        raise error(
            f"{where}: the column {missing[0]!r} ({labels[missing[0]].zh}) is missing; the table {table} needs "
            f"{', '.join(needed)}. Add it."
        )


def _cast(column: pl.Series, field: Field) -> pl.Series:
    """Return the column in the field's type; null where it was null or does not fit."""
    if column.dtype == pl.Categorical() and field.dtype == pl.String():
        return column if not _is_padded(_kinds(column)) else _trimmed(column.cast(pl.String()))
    if column.dtype == field.dtype:
        return _trimmed(column) if field.dtype == pl.String() else column
    if column.dtype == pl.Null():
        return pl.Series(column.name, [None] * len(column), dtype=field.dtype)
    if field.dtype == pl.Int64():
        return _whole(column)
    if field.dtype == pl.Date():
        return _dates(column)
    text = _trimmed(column.cast(pl.String(), strict=False))
    if field.dtype == pl.Boolean():
        return text.str.to_lowercase().replace_strict(_TRUTHS, default=None, return_dtype=pl.Boolean())
    return text.cast(field.dtype, strict=False)


def _kinds(column: pl.Series) -> pl.Series:
    """Return the text of each category that occurs."""
    numbers = column.to_physical().drop_nulls().to_numpy()
    is_there = np.zeros(int(numbers.max(initial=0)) + 1, dtype=np.bool_)
    is_there[numbers] = True
    return pl.Series(np.flatnonzero(is_there).astype(numbers.dtype)).cat.to(column.dtype).cast(pl.String())


def _trimmed(column: pl.Series) -> pl.Series:
    """Return text without blanks around it; empty text is null. A column without blanks is returned as it is."""
    if not _is_padded(column if len(column) <= _FEW else _changes(column)):
        return column
    stripped = column.str.strip_chars()
    return stripped.set(stripped == "", None)


def _changes(column: pl.Series) -> pl.Series:
    """Return the first value and those that differ from the one before: in a sorted table few do."""
    return column.filter(column.ne_missing(column.shift(1))).extend(column.head(1))


def _is_padded(text: pl.Series) -> bool:
    return bool(((text.str.strip_chars() != text) | (text == "")).any())


def _whole(column: pl.Series) -> pl.Series:
    if column.dtype.is_integer():
        return column.cast(pl.Int64(), strict=False)
    if column.dtype.is_float():
        exact = column.is_finite() & (column == column.floor()) & (column.abs() < _EXACT_IN_FLOAT)
        return column.set(~exact, None).cast(pl.Int64(), strict=False)
    if column.dtype.is_decimal():
        return column.set(column != column.floor(), None).cast(pl.Int64(), strict=False)
    text = _trimmed(column.cast(pl.String(), strict=False))
    return text.set(~text.str.contains(_WHOLE), None).cast(pl.Int64(), strict=False)


def _dates(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Datetime():
        return column.dt.date()
    text = _trimmed(column.cast(pl.String(), strict=False))
    dashed = text.str.replace(r"^(\d{4})(\d{2})(\d{2})$", "$1-$2-$3").str.replace(" 00:00:00$", "")
    return dashed.str.to_date("%Y-%m-%d", strict=False)


def _filled(column: pl.Series, given: pl.Series, field: Field) -> pl.Series:
    """Return the column with the default where nothing was given; what was given and did not fit stays null."""
    if field.is_required or field.default is None or not column.null_count():
        return column
    empty = given.is_null() if given.dtype != pl.String() else given.is_null() | (given.str.strip_chars() == "")
    return column.zip_with(~(empty & column.is_null()), _default(field, len(column)))


def _default(field: Field, count: int) -> pl.Series:
    return pl.Series(field.name, [field.default], dtype=field.dtype).new_from_index(0, count)


def _bad_cells(given: pl.Series, column: pl.Series, field: Field) -> pl.DataFrame:
    missing = column.is_null()
    if not field.is_required:
        blank = given.is_null() if given.dtype != pl.String() else given.is_null() | (given.str.strip_chars() == "")
        missing &= ~blank
    rows = missing.arg_true()
    found = given.gather(rows).cast(pl.String(), strict=False).fill_null("nothing")
    return pl.DataFrame(
        {
            "row": rows.cast(pl.Int64()) + 1,
            "column": pl.repeat(field.name, len(rows), eager=True),
            "found": found,
            "expected": pl.repeat(_expected(field), len(rows), eager=True),
        },
        schema=BAD_CELLS,
    )


def _expected(field: Field) -> str:
    if isinstance(field.dtype, pl.Enum):
        return f"one of {', '.join(field.dtype.categories)}"
    names = {
        pl.Int64(): "a whole number",
        pl.Float64(): "a number",
        pl.Date(): "a date such as 2025-01-10",
        pl.Boolean(): "true or false",
    }
    return names.get(field.dtype, "text")
