"""Positions become arrays part by part, so that a large table never stands in memory with its names.

What lives here: the one pass over the parts of the table, and the rows of all of them as arrays, sorted. What does not:
the conditions (``check.py``), the numbers (``numbers.py``) and the other tables, which are small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.check import (
    NO_PROBLEMS,
    POSITION_TWICE,
    ROW,
    failing,
    position_checks,
    problems_of_rows,
    readable,
)
from rongheng.account.book.layout import INT32_MAX, SIDE_TABLES, WIDE, put_over, side_tables_in_order
from rongheng.account.book.numbers import (
    ACCOUNT,
    NO_CODE,
    SECURITIES,
    UNKNOWN,
    category_numbers,
    codes_of,
    distinct,
    key_of,
    rows_of,
)
from rongheng.basics.account_tables import POSITIONS

PART = 1_000_000  # rows that bear names at once; the next ones are made in the room of these

Side = dict[str, NDArray[np.int64]]


@dataclass(frozen=True)
class PositionArrays:
    """Positions as arrays; ``side`` has the side tables of the layout, whose places index these."""

    account: NDArray[np.int32]  # the account's row; UNKNOWN where the table of accounts does not have it
    security: NDArray[np.unsignedinteger]  # the category's number, and from ``numbered`` on its code
    quantity: NDArray[np.int32]  # WIDE: look into the side table
    side: Side

    def __len__(self) -> int:
        return len(self.account)

    @property
    def key(self) -> NDArray[np.int64]:
        """Account and code in one number."""
        return key_of(self.account, self.security)

    def quantities_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the true quantities at these places."""
        at, stored = SIDE_TABLES[0]
        return put_over(self.quantity[places].astype(np.int64), places, self.side[at], self.side[stored])

    def quantities_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the quantity held of each key, 0 where there is none; keys and positions ascend."""
        if not len(self):
            return np.zeros(len(keys), dtype=np.int64)
        key = self.key
        at = np.maximum(np.searchsorted(key, keys, side="right") - 1, 0)
        return np.where(key[at] == keys, self.quantities_at(at), 0)

    def renamed(self, called: Mapping[str, str]) -> tuple[PositionArrays, pl.DataFrame]:
        """Return the positions with some names for others, and how many rows had each ``code`` that went.

        ``security`` still has the numbers of categories.
        """
        names = distinct([self.security])
        old = names.filter(names.cast(pl.String()).is_in(list(called)))
        gone = old.cast(pl.String()).alias("code")
        if not len(old):
            return self, pl.DataFrame({"code": gone, "rows": pl.Series([], dtype=pl.Int64())})
        number = category_numbers(old)
        table = np.arange(int(number.max()) + 1, dtype=np.uint32)
        table[number] = category_numbers(gone.replace(called).cast(SECURITIES))
        places = np.flatnonzero(np.isin(self.security, number))
        rows = np.bincount(self.security[places], minlength=len(table))[number]
        security = self.security.copy()
        security[places] = table[security[places]]
        return replace(self, security=security), pl.DataFrame({"code": gone, "rows": rows})

    def ordered(self, order: NDArray[np.int64]) -> PositionArrays:
        """Return the positions in this order."""
        side = side_tables_in_order(self.side, order)
        return PositionArrays(self.account[order], self.security[order], self.quantity[order], side)

    def only(self, keep: NDArray[np.bool_], account: NDArray[np.int64]) -> PositionArrays:
        """Return these positions alone; ``account`` is the new row of each row, and the last one that of UNKNOWN."""
        place = np.cumsum(keep) - 1
        side = {}
        for at, stored in SIDE_TABLES:
            kept = keep[self.side[at]]
            side[at], side[stored] = place[self.side[at][kept]], self.side[stored][kept]
        row = account[self.account[keep]].astype(np.int32)
        return PositionArrays(row, self.security[keep], self.quantity[keep], side)


@dataclass(frozen=True)
class Read:
    """What one pass over the table found."""

    held: PositionArrays
    unreadable: pl.DataFrame  # Problems: cells that are not of their column's type
    failing: tuple[pl.DataFrame, ...]  # Problems of each check, in the order of the checks


def parts_of(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of a frame in parts; at least one."""
    yield from frame.iter_slices(PART) if frame.height else [frame]


def read_positions(parts: Iterable[pl.DataFrame], accounts: pl.Series, *, where: str) -> Read:
    """Return the positions of a table that comes in parts, in their order.

    Parameters
    ----------
    parts : frames with the columns of the table; optional ones may lack. At least one
    accounts : ids, ascending, nulls last
    where : how messages call the table
    """
    arrays, unreadable, failed = [], [], []
    before = 0
    for part in parts:
        account, rows, bad = _numbered(part, accounts, where=where, before=before)
        arrays.append(_arrays(account, rows, before))
        unreadable.append(bad)
        failed.append(failing(rows.hstack([pl.Series(ACCOUNT, account)]), POSITIONS.name, position_checks()))
        before += part.height
    of_each = tuple(pl.concat(found) for found in zip(*failed, strict=True))
    return Read(_together(arrays), pl.concat(unreadable), of_each)


def _numbered(
    part: pl.DataFrame, accounts: pl.Series, *, where: str, before: int
) -> tuple[NDArray[np.int64], pl.DataFrame, pl.DataFrame]:
    """Return the rows' accounts, the part in the table's types, and its unreadable cells as Problems."""
    is_text = part.schema.get("account_id") == pl.String()
    account = rows_of(part["account_id"], accounts) if is_text else np.array([UNKNOWN])
    is_known = bool((account != UNKNOWN).all())  # an id that the accounts have is written as it is there
    rows, bad = readable(part, POSITIONS, where=where, before=before, as_is=("account_id",) if is_known else ())
    return account if is_known else rows_of(rows["account_id"], accounts), rows, bad


def _arrays(account: NDArray[np.int64], rows: pl.DataFrame, before: int) -> PositionArrays:
    """Return the rows as arrays. A cell that could not be read is 0 there, and its account is a Problem."""
    return PositionArrays(account.astype(np.int32), category_numbers(rows["security"]), *stored_of(rows, before))


def stored_of(rows: pl.DataFrame, before: int) -> tuple[NDArray[np.int32], Side]:
    """Return the layout's quantities of the rows of a part, and their side tables; ``before`` rows came before it."""
    quantity, in_transit, cost = (rows[name] for name in ("quantity", "in_transit_quantity", "cost_milli"))
    true, held_back, moving = (_numbers(some) for some in (quantity, quantity - rows["available_quantity"], in_transit))
    sparse = (
        (true, true > INT32_MAX),
        (held_back, held_back > 0),
        (moving, moving > 0),
    )
    side: Side = {}
    for (at, stored), (values, is_there) in zip(SIDE_TABLES[:3], sparse, strict=True):
        places = np.flatnonzero(is_there)
        side[at], side[stored] = places + before, values[places]
    known = cost.is_not_null().arg_true() if cost.null_count() < len(cost) else pl.Series([], dtype=pl.UInt32())
    side["cost_at"], side["cost_milli"] = known.to_numpy() + np.int64(before), cost.gather(known).to_numpy()
    narrow = true.astype(np.int32)
    narrow[side[SIDE_TABLES[0][0]] - before] = WIDE
    return narrow, side


def _numbers(column: pl.Series) -> NDArray[np.int64]:
    return np.asarray((column.fill_null(0) if column.null_count() else column).to_numpy())


def _together(parts: list[PositionArrays]) -> PositionArrays:
    return PositionArrays(
        account=np.concatenate([part.account for part in parts]),
        security=np.concatenate([part.security for part in parts]),
        quantity=np.concatenate([part.quantity for part in parts]),
        side=joined([part.side for part in parts]),
    )


def joined(sides: Sequence[Side]) -> Side:
    """Return the side tables of parts that follow each other as one."""
    none = np.zeros(0, dtype=np.int64)
    return {name: np.concatenate([none, *(side[name] for side in sides)]) for names in SIDE_TABLES for name in names}


def numbered(held: PositionArrays, securities: pl.Series) -> tuple[PositionArrays, NDArray[np.int64] | None]:
    """Return the positions with codes, sorted by account and code, and from which rows they came if they moved."""
    coded = replace(held, security=codes_of(held.security, securities))
    key = coded.key
    if bool((key[1:] > key[:-1]).all()):
        return coded, None
    order = np.argsort(key, kind="stable")
    return coded.ordered(order), order


def held_twice(
    held: PositionArrays, order: NDArray[np.int64] | None, accounts: pl.Series, securities: pl.Series
) -> pl.DataFrame:
    """Return Problems of rows whose account holds the security in another row too; all as ``numbered`` leaves them.

    ``accounts`` and ``securities`` are the names that rows and codes stand for.
    """
    if order is None:  # every one is above the one before it
        return NO_PROBLEMS
    key = held.key
    again = key[1:] == key[:-1]
    is_twice = np.append(again, False) | np.append(False, again)
    places = np.flatnonzero(is_twice & (held.account != UNKNOWN) & (held.security != NO_CODE))
    named = pl.DataFrame(
        {
            ROW: order[places] + 1,
            "account_id": accounts.gather(held.account[places]),
            "security": securities.cast(pl.String()).gather(held.security[places].astype(np.int64)),
        }
    )
    return problems_of_rows(named.sort(ROW), POSITIONS.name, POSITION_TWICE)
