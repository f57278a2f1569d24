"""Names become numbers: the row of an account, the code of a security. A table sorted by account costs next to nothing.

What lives here: the numbers, and whether something stands twice. What does not: types (``basics.conform``), checks
(``check.py``) and arrays (``layout.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

ACCOUNT = "__account"  # the account's row, Int64; UNKNOWN where the table of accounts does not have it
CODE = "__code"  # the security's number, UInt16; NO_CODE where the security is null
KEY = "__key"  # both in one: account by account, and by rising code within it
NO_CODE = 2**16 - 1  # and so at most that many securities have one
NO_NUMBER = 2**32 - 1  # of a category, where there is no name
UNKNOWN = -1
_TOGETHER = 2**17  # numbers that are looked at together: they stay in the cache
SECURITIES = pl.Categorical()  # a name is kept once, and its number stands in every row
_ONE = np.uint32(1)  # on top of NO_NUMBER it makes 0
_NUMBERED = pl.Series([], dtype=SECURITIES)  # while a column of them is there, Polars does not forget the numbers


def category_numbers(column: pl.Series) -> NDArray[np.uint32]:
    """Return the number of each category; NO_NUMBER where there is none."""
    numbers = column.to_physical().cast(pl.UInt32())
    return np.asarray((numbers.fill_null(NO_NUMBER) if numbers.null_count() else numbers).to_numpy())


def with_numbers(frame: pl.DataFrame, securities: pl.Series) -> pl.DataFrame:
    """Return the frame with ``CODE`` and ``KEY``, sorted by the key.

    Parameters
    ----------
    frame : with ``ACCOUNT``, and with ``security`` as a category, which goes
    securities : categories, each once; codes follow their order here
    """
    code = codes_of(category_numbers(frame["security"]), securities)
    key = key_of(frame[ACCOUNT].to_numpy(), code)
    numbered = frame.drop("security").hstack([pl.Series(CODE, code), pl.Series(KEY, key)])
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
    before, after = column.head(max(len(column) - 1, 0)), column.slice(1)
    changes = after.ne_missing(before) if column.null_count() else after != before
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
    if is_ascending(column) or _is_unlike(column):
        return pl.Series(np.zeros(len(column), dtype=np.bool_))
    return column.is_duplicated()


def _is_unlike(column: pl.Series) -> bool:
    """Say whether even the hashes of all values differ: telling that takes a fifth of the time of looking closer."""
    hashes = np.sort(column.hash().to_numpy())
    return bool((hashes[1:] != hashes[:-1]).all())


def distinct(numbers: Sequence[NDArray[np.uint32]]) -> pl.Series:
    """Return every one of ``SECURITIES`` whose number is in some array, in the order of their text."""
    count = max((int((part + _ONE).max()) for part in _parts(numbers)), default=0) + 1
    is_there = occurring((part + _ONE for part in _parts(numbers)), count)
    values = pl.Series(np.flatnonzero(is_there[1:]).astype(np.uint32)).cat.to(SECURITIES)
    return values.gather(values.cast(pl.String()).arg_sort())


def occurring(numbers: Iterable[NDArray[np.unsignedinteger]], count: int) -> NDArray[np.bool_]:
    """Say of each number below ``count`` whether some array has it.

    >>> occurring([np.array([1, 3], dtype=np.uint16)], 4).tolist()
    [False, True, False, True]
    """
    is_there = np.zeros(count, dtype=np.bool_)
    for part in _parts(numbers):
        is_there[part] = True
    return is_there


def _parts(numbers: Iterable[NDArray[np.unsignedinteger]]) -> Iterator[NDArray[np.unsignedinteger]]:
    """Yield the arrays in parts that stay in the cache."""
    for some in numbers:
        for first in range(0, len(some), _TOGETHER):
            yield some[first : first + _TOGETHER]


def _looked_up(names: pl.Series, accounts: pl.Series) -> NDArray[np.int64]:
    """Return the row of each name; of one that stands twice among ``accounts`` the last."""
    if not is_ascending(names):
        once = names.drop_nulls().unique().sort()
        found = pl.DataFrame({"name": once, "row": _looked_up(once, accounts)})
        rows = names.to_frame("name").join(found, on="name", how="left", maintain_order="left")["row"]
        return np.asarray(rows.fill_null(UNKNOWN).to_numpy())
    if not len(names) or not len(accounts):
        return np.full(len(names), UNKNOWN, dtype=np.int64)
    first = int(accounts.search_sorted(names[0], side="left"))
    near = accounts[first : int(accounts.search_sorted(names[-1], side="right"))]
    if names.equals(near):
        return np.arange(first, first + len(near), dtype=np.int64)
    left, right = pl.DataFrame({"name": names}), pl.DataFrame({"name": near}).with_row_index("row")
    merged = left.set_sorted("name").join_asof(right.set_sorted("name"), on="name", coalesce=False)
    row = merged.select(pl.when(pl.col("name") == pl.col("name_right")).then(pl.col("row").cast(pl.Int64()) + first))
    return np.asarray(row.to_series().fill_null(UNKNOWN).to_numpy())


def codes_of(numbers: NDArray[np.uint32], securities: pl.Series) -> NDArray[np.uint16]:
    """Return the place of each category's number among ``securities``; NO_CODE for NO_NUMBER."""
    known = securities.to_physical().to_numpy()
    code = np.full(int(known.max(initial=0)) + 2, NO_CODE, dtype=np.uint16)
    code[known] = np.arange(len(known), dtype=np.uint16)
    result = np.empty(len(numbers), dtype=np.uint16)
    for first in range(0, len(numbers), _TOGETHER):  # clipped: NO_NUMBER is above all, and the last place has no code
        here = slice(first, first + _TOGETHER)
        code.take(numbers[here], mode="clip", out=result[here])
    return result


def key_of(account: NDArray[np.integer], code: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return account and code in one number."""
    return (account.astype(np.int64) << 16) | code
