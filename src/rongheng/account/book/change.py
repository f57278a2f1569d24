"""A book after something has changed in it: actions, sales, purchases, repayments, payments.

What lives here: the one way in which new amounts become a new book. Positions change at some places, come or go;
contracts with nothing owed leave; the layout keeps its order, and the frames beside it stay in step. What does not: why
anything changes (``carry.py``, ``account.liquidation``). The book that is given stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.book import Book
from rongheng.account.book.layout import (
    CONTRACT_ARRAYS,
    INT32_MAX,
    NO_COST,
    SIDE_TABLES,
    WIDE,
    Layout,
    owners,
    starts_of,
)

_CODE_BITS = 16
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Amounts:
    """The money of a book that can change, each column as long as its table, in the layout's order; to write into."""

    cash_milli: Ints  # by account
    other_collateral_milli: Ints
    other_debt_milli: Ints
    contract_quantity: Ints  # by contract
    amount_milli: Ints
    interest_milli: Ints

    @classmethod
    def of(cls, layout: Layout) -> Amounts:
        """Return a copy of the amounts as they are."""
        return cls(**{name: getattr(layout, name).copy() for name in (*_OF_ACCOUNTS, *_OF_CONTRACTS)})


_OF_ACCOUNTS = ("cash_milli", "other_collateral_milli", "other_debt_milli")
_OF_CONTRACTS = ("contract_quantity", "amount_milli", "interest_milli")


@dataclass
class Held:
    """Some positions of a layout, unpacked: where they stand, whose they are, and what they hold."""

    places: Ints  # ascending
    row: Ints
    code: Ints
    quantity: Ints
    held_back: Ints
    in_transit: Ints
    cost_milli: Ints  # NO_COST where it is unknown


def held(layout: Layout, codes: Ints) -> Held:
    """Return the positions of these codes."""
    wanted = np.zeros(1 << _CODE_BITS, dtype=np.bool_)
    wanted[codes] = True
    return held_at(layout, np.flatnonzero(wanted[layout.code]))


def held_at(layout: Layout, places: Ints) -> Held:
    """Return the positions at these places, which ascend."""
    quantity = layout.quantity[places].astype(np.int64)
    values = [quantity, *(np.zeros(len(places), dtype=np.int64) for _ in range(2))]
    values.append(np.full(len(places), NO_COST, dtype=np.int64))
    for value, (at, stored) in zip(values, SIDE_TABLES, strict=True):
        _lay_over(value, places, getattr(layout, at), getattr(layout, stored))
    quantity, held_back, in_transit, cost = values
    row = owners(layout.starts, places)
    return Held(places, row, layout.code[places].astype(np.int64), quantity, held_back, in_transit, cost)


def changed(
    book: Book,
    amounts: Amounts,
    positions: Held | None = None,
    *,
    session: date,
    interest_through: date | None = None,
) -> Book:
    """Return the book with these amounts and positions; what is not held or owed any more leaves it.

    A position with shares in transit stays out too once nothing of it is held: shares in transit come with a holding.

    Parameters
    ----------
    positions : those that change; the others stay
    interest_through : the last day whose interest is in the amounts; that of the book unless given
    """
    layout = book.layout if positions is None else with_held(book.layout, positions)
    owes_shares = layout.is_short & (amounts.contract_quantity > 0)
    open_ = np.flatnonzero((amounts.amount_milli > 0) | (amounts.interest_milli > 0) | owes_shares)
    owner = layout.contract_owner()[open_]
    indebted = np.union1d(owner, np.flatnonzero(amounts.other_debt_milli > 0)).astype(np.int64)
    contracts: dict[str, Any] = {name: getattr(layout, name)[open_] for name in CONTRACT_ARRAYS}
    money = {name: getattr(amounts, name) for name in _OF_ACCOUNTS}
    new = replace(
        layout,
        indebted=indebted,
        contract_starts=starts_of(np.bincount(np.searchsorted(indebted, owner), minlength=len(indebted))),
        **money,
        **(contracts | {name: getattr(amounts, name)[open_] for name in _OF_CONTRACTS}),
    )
    return replace(
        book,
        session=session,
        interest_through=interest_through or book.interest_through,
        contracts=book.contracts[open_],
        layout=new,
    )


def with_held(layout: Layout, changed: Held) -> Layout:
    """Return the layout with these positions as they are now; one that holds nothing any more is left out."""
    quantity = layout.quantity.copy()
    is_wide = changed.quantity > INT32_MAX
    quantity[changed.places] = np.where(is_wide, np.int64(WIDE), changed.quantity).astype(np.int32)
    present = (is_wide, changed.held_back > 0, changed.in_transit > 0, changed.cost_milli != NO_COST)
    values = (changed.quantity, changed.held_back, changed.in_transit, changed.cost_milli)
    side: dict[str, Any] = {}
    untouched = _all_but(layout, changed.places)
    for (at, stored), some, value in zip(SIDE_TABLES, present, values, strict=True):
        others = untouched[getattr(layout, at)]
        at_all = np.concatenate([getattr(layout, at)[others], changed.places[some]])
        all_values = np.concatenate([getattr(layout, stored)[others], value[some]])
        order = np.argsort(at_all, kind="stable")
        side[at], side[stored] = at_all[order], all_values[order]
    return _without(replace(layout, quantity=quantity, **side), changed.places[changed.quantity == 0])


def with_room(layout: Layout, *, row: Ints, code: Ints) -> Layout:
    """Return the layout with empty positions for what is on its way; none of them is there yet, and each stands once.

    An empty position is no position: whoever makes room fills it, or leaves it out by :func:`with_held`.
    """
    if not len(row):
        return layout
    order = np.lexsort((code, row))
    row, code = row[order], code[order]
    keys = owners(layout.starts, np.arange(layout.n_positions)) << _CODE_BITS | layout.code
    before = np.searchsorted(keys, row << _CODE_BITS | code)
    side: dict[str, Any] = {}
    for at, _ in SIDE_TABLES:
        side[at] = getattr(layout, at) + np.searchsorted(before, getattr(layout, at), side="right")
    return replace(
        layout,
        starts=starts_of(np.diff(layout.starts) + np.bincount(row, minlength=layout.n_accounts)),
        code=np.insert(layout.code, before, code.astype(np.uint16)),
        quantity=np.insert(layout.quantity, before, np.int32(0)),
        **side,
    )


def with_securities(book: Book, names: pl.Series) -> Book:
    """Return the book with these securities among those that it can name; codes follow the sorted names."""
    together = pl.concat([book.securities, names.alias("security")]).unique().sort()
    if len(together) == len(book.securities):
        return book
    moved = together.search_sorted(book.securities).to_numpy().astype(np.uint16)
    layout = replace(book.layout, code=moved[book.layout.code], contract_code=moved[book.layout.contract_code])
    return replace(book, securities=together, layout=layout)


def _without(layout: Layout, gone: Ints) -> Layout:
    if not len(gone):
        return layout
    lost = np.bincount(owners(layout.starts, gone), minlength=layout.n_accounts)
    side: dict[str, Any] = {}
    stays = _all_but(layout, gone)
    for at, stored in SIDE_TABLES:
        keep = stays[getattr(layout, at)]
        kept = getattr(layout, at)[keep]
        side[at], side[stored] = kept - np.searchsorted(gone, kept), getattr(layout, stored)[keep]
    return replace(
        layout,
        starts=starts_of(np.diff(layout.starts) - lost),
        code=np.delete(layout.code, gone),
        quantity=np.delete(layout.quantity, gone),
        **side,
    )


def _all_but(layout: Layout, places: Ints) -> NDArray[np.bool_]:
    """Say of each position whether it is none of these."""
    others = np.ones(layout.n_positions, dtype=np.bool_)
    others[places] = False
    return others


def _lay_over(values: Ints, places: Ints, at: Ints, stored: Ints) -> None:
    """Put a side table's values where it has some for these places."""
    if not len(at) or not len(places):
        return
    nearest = np.minimum(np.searchsorted(at, places), len(at) - 1)
    found = at[nearest] == places
    values[found] = stored[nearest[found]]
