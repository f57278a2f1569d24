"""A book after something has changed in it: sales, purchases, repayments, payments.

What lives here: the one way in which new amounts become a new book. What is not held or owed any more leaves it, and
the layout keeps its order. What does not: why anything changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.book import Book
from rongheng.account.book.layout import CONTRACT_ARRAYS, INT32_MAX, SIDE_TABLES, WIDE, Layout, starts_of

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Amounts:
    """The amounts of a book that can change, each as long as its table, in the layout's order; a copy to write into."""

    cash_milli: Int64  # by account
    other_collateral_milli: Int64
    other_debt_milli: Int64
    quantity: Int64  # by position
    held_back: Int64
    in_transit: Int64
    cost_milli: Int64  # NO_COST: not known
    contract_quantity: Int64  # by contract
    amount_milli: Int64
    interest_milli: Int64
    due: NDArray[np.datetime64]

    @classmethod
    def of(cls, book: Book) -> Amounts:
        """Return the amounts of a book as they are."""
        layout, count = book.layout, book.layout.n_positions
        return cls(
            cash_milli=layout.cash_milli.copy(),
            other_collateral_milli=layout.other_collateral_milli.copy(),
            other_debt_milli=layout.other_debt_milli.copy(),
            quantity=layout.quantities(0, count),
            held_back=layout.quantities(0, count) - layout.available(0, count),
            in_transit=layout.in_transit(0, count),
            cost_milli=layout.costs(0, count),
            contract_quantity=layout.contract_quantity.copy(),
            amount_milli=layout.amount_milli.copy(),
            interest_milli=layout.interest_milli.copy(),
            due=layout.due.copy(),
        )


def changed(book: Book, amounts: Amounts, *, session: date, interest_through: date) -> Book:
    """Return the book with these amounts; empty positions, and contracts with nothing owed, leave it.

    A position with shares in transit stays out too once nothing of it is held: shares in transit come with a holding.
    """
    layout = book.layout
    held = np.flatnonzero(amounts.quantity > 0)
    open_ = np.flatnonzero((amounts.amount_milli > 0) | (amounts.interest_milli > 0) | _owes_shares(layout, amounts))
    owner = layout.contract_owner()[open_]
    indebted = np.union1d(owner, np.flatnonzero(amounts.other_debt_milli > 0)).astype(np.int64)
    counts = np.bincount(_owner_of_positions(layout)[held], minlength=layout.n_accounts)
    contracts: dict[str, Any] = {name: getattr(layout, name)[open_] for name in CONTRACT_ARRAYS}
    for name in ("contract_quantity", "amount_milli", "interest_milli", "due"):
        contracts[name] = getattr(amounts, name)[open_]
    new = Layout(
        starts=starts_of(counts),
        policy=layout.policy,
        client=layout.client,
        cash_milli=amounts.cash_milli,
        frozen_cash_milli=layout.frozen_cash_milli,
        other_collateral_milli=amounts.other_collateral_milli,
        other_debt_milli=amounts.other_debt_milli,
        code=layout.code[held],
        indebted=indebted,
        contract_starts=starts_of(np.bincount(np.searchsorted(indebted, owner), minlength=len(indebted))),
        **_quantities(amounts, held),
        **contracts,
    )
    money = {name: getattr(amounts, name) for name in ("cash_milli", "other_collateral_milli", "other_debt_milli")}
    return replace(
        book,
        session=session,
        interest_through=interest_through,
        accounts=book.accounts.with_columns(pl.Series(name, column) for name, column in money.items()),
        contracts=book.contracts[open_],
        layout=new,
    )


def _owes_shares(layout: Layout, amounts: Amounts) -> NDArray[np.bool_]:
    return layout.is_short & (amounts.contract_quantity > 0)


def _owner_of_positions(layout: Layout) -> Int64:
    return np.repeat(np.arange(layout.n_accounts), np.diff(layout.starts))


def _quantities(amounts: Amounts, held: Int64) -> dict[str, Any]:
    """Return the quantities of what is held, and the side tables of it."""
    quantity = amounts.quantity[held]
    is_wide = quantity > INT32_MAX
    values = (quantity, amounts.held_back[held], amounts.in_transit[held], amounts.cost_milli[held])
    some = (is_wide, values[1] > 0, values[2] > 0, values[3] >= 0)
    columns: dict[str, Any] = {"quantity": np.where(is_wide, np.int64(WIDE), quantity).astype(np.int32)}
    for (at, name), has, value in zip(SIDE_TABLES, some, values, strict=True):
        columns[at] = np.flatnonzero(has)
        columns[name] = value[columns[at]]
    return columns
