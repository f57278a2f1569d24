"""Names become numbers: the row of an account, the code of a security. A table sorted by account costs next to nothing.

What lives here: the numbers, and whether something stands twice. What does not: types (``basics.conform``), checks
(``check.py``) and arrays (``layout.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

ACCOUNT = "__account"  # the account's row, Int64; UNKNOWN where the table of accounts does not have it
CODE = "__code"  # the security's number, Int64; NO_CODE where the security is null
KEY = "__key"  # both in one: account by account, and by rising code within it
NO_CODE = 2**16 - 1  # and so at most that many securities have one
UNKNOWN = -1


def with_numbers(frame: pl.DataFrame, accounts: pl.Series, securities: pl.Series) -> pl.DataFrame:
    """Return the frame with ``ACCOUNT``, ``CODE`` and ``KEY``, sorted by the key.

    Parameters
    ----------
    frame : with ``account_id``, and with a categorical ``security``
    accounts : ids, ascending, nulls last
    securities : categorical of the same categories, each once; numbers follow their order here
    """
    account = rows_of(frame["account_id"], accounts)
    code = _codes(frame["security"], securities)
    numbers = {ACCOUNT: account, CODE: code, KEY: (account << 16) | code}
    numbered = frame.with_columns(pl.Series(name, values) for name, values in numbers.items())
    return numbered if is_ascending(numbered[KEY]) else numbered.sort(KEY, maintain_order=True)


def rows_of(names: pl.Series, accounts: pl.Series) -> NDArray[np.int64]:
    """Return the row of each name among ascending ids, nulls last; UNKNOWN where it is null or not among them.

    Each run of one name is looked up once, and ascending runs are merged with the ids instead of being searched.

    >>> rows_of(pl.Series(["A", "A", "C", None]), pl.Series(["A", "B"])).tolist()
    [0, 0, -1, -1]
    """
    firsts = first_of_runs(names)
    found = _looked_up(names.gather(firsts), accounts.head(len(accounts) - accounts.null_count()))
    return np.repeat(found, np.diff(firsts, append=len(names)))


def first_of_runs(column: pl.Series) -> NDArray[np.int64]:
    """Return the places where a value stands that is not the one before it.

    >>> first_of_runs(pl.Series(["A", "A", "B", "A"])).tolist()
    [0, 2, 3]
    """
    changes = column.slice(1).ne_missing(column.head(max(len(column) - 1, 0)))
    return np.concatenate([np.zeros(min(len(column), 1), dtype=np.int64), np.flatnonzero(changes.to_numpy()) + 1])


def is_ascending(column: pl.Series) -> bool:
    """Say whether every value is above the one before it, so that none stands twice and none is null."""
    if column.null_count():
        return False
    return bool((column.slice(1) > column.head(max(len(column) - 1, 0))).all())


def repeated(column: pl.Series) -> pl.Series:
    """Say of each value whether it stands elsewhere too.

    >>> repeated(pl.Series(["A", "B", "A"])).to_list()
    [True, False, True]
    """
    return pl.repeat(False, len(column), eager=True) if is_ascending(column) else column.is_duplicated()


def distinct(columns: Sequence[pl.Series]) -> pl.Series:
    """Return every value of categorical columns of the same categories once, in the order of their text."""
    numbers = [column.to_physical().drop_nulls().to_numpy() for column in columns]
    is_there = np.zeros(max(int(some.max(initial=0)) for some in numbers) + 1, dtype=np.bool_)
    for some in numbers:
        is_there[some] = True
    values = pl.Series(np.flatnonzero(is_there).astype(np.uint32)).cat.to(columns[0].dtype)
    return values.gather(values.cast(pl.String()).arg_sort())


def _looked_up(names: pl.Series, accounts: pl.Series) -> NDArray[np.int64]:
    if names.equals(accounts):
        return np.arange(len(accounts), dtype=np.int64)
    left, right = pl.DataFrame({"name": names}), pl.DataFrame({"name": accounts}).with_row_index("row")
    if is_ascending(names) and len(accounts):
        merged = left.set_sorted("name").join_asof(right.set_sorted("name"), on="name", coalesce=False)
        row = merged.select(pl.when(pl.col("name") == pl.col("name_right")).then("row")).to_series()
    else:
        once = right.unique("name", keep="last", maintain_order=True)
        row = left.join(once, on="name", how="left", maintain_order="left")["row"]
    return np.asarray(row.cast(pl.Int64()).fill_null(UNKNOWN).to_numpy())


def _codes(column: pl.Series, securities: pl.Series) -> NDArray[np.int64]:
    """Return the place of each security among ``securities``; NO_CODE where it is null."""
    known = securities.to_physical().to_numpy()
    code = np.full(int(known.max(initial=0)) + 2, NO_CODE, dtype=np.int64)
    code[known] = np.arange(len(known))
    return np.asarray(code[column.to_physical().fill_null(len(code) - 1).to_numpy()])
