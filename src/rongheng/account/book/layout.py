"""The kernel form of a book: arrays sorted by account, at most 8 bytes a position and 60 bytes an account.

What lives here: the arrays and how frames become them. What does not: checks (``check.py``), files (``read.py``,
``convert.py``) and anything of one session (``account.marks``).

What few positions have is kept beside them, sparsely: the places where it is, ascending, and the values there. So a
quantity that needs 64 bits, shares that cannot be sold today, shares in transit and known costs take no room elsewhere.

Positions of account *i* stand at ``starts[i]`` to ``starts[i + 1]``, by rising code; contracts of the indebted account
*k* at ``contract_starts[k]`` to ``contract_starts[k + 1]``, by kind, code and day of opening. ``indebted[k]`` is that
account's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.numbers import ACCOUNT, CODE
from rongheng.basics.account_tables import Kind

WIDE = np.int32(-1)  # the quantity of this position stands in the side table
NO_PINNED_RATIO = -1
NO_COST = -1
INT32_MAX = 2**31 - 1
_TOGETHER = 2**17  # rows whose numbers become wide at once: they stay in the cache
_ACCOUNT_ARRAYS = (
    "starts",
    "policy",
    "client",
    "cash_milli",
    "frozen_cash_milli",
    "other_collateral_milli",
    "other_debt_milli",
)
CONTRACT_ARRAYS = (
    "is_short",
    "contract_code",
    "contract_quantity",
    "amount_milli",
    "pinned_ratio_bp",
    "opened",
    "due",
    "rate_ppm",
    "interest_milli",
)
SIDE_TABLES = (
    ("wide_at", "wide_quantity"),
    ("held_back_at", "held_back_quantity"),
    ("in_transit_at", "in_transit_quantity"),
    ("cost_at", "cost_milli"),
)


def _nowhere() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Layout:
    """Arrays of a book. Money is int64 milli-yuan; codes and policies index the book's lists of names."""

    # by account
    starts: NDArray[np.int64]  # n_accounts + 1
    policy: NDArray[np.uint16]
    client: NDArray[np.uint8]  # index into ClientType
    cash_milli: NDArray[np.int64]
    frozen_cash_milli: NDArray[np.int64]
    other_collateral_milli: NDArray[np.int64]
    other_debt_milli: NDArray[np.int64]
    # by position
    code: NDArray[np.uint16]
    quantity: NDArray[np.int32]  # WIDE: look into the side table
    # by indebted account: it has a contract, or other debt
    indebted: NDArray[np.int64]
    contract_starts: NDArray[np.int64]  # n_indebted + 1
    # by contract
    is_short: NDArray[np.bool_]
    contract_code: NDArray[np.uint16]
    contract_quantity: NDArray[np.int64]
    amount_milli: NDArray[np.int64]
    pinned_ratio_bp: NDArray[np.int32]  # NO_PINNED_RATIO: the rule at opening
    opened: NDArray[np.datetime64]  # datetime64[D]
    due: NDArray[np.datetime64]
    rate_ppm: NDArray[np.int32]
    interest_milli: NDArray[np.int64]  # owed through the book's date
    # side tables of positions
    wide_at: NDArray[np.int64] = field(default_factory=_nowhere)  # positions whose quantity does not fit
    wide_quantity: NDArray[np.int64] = field(default_factory=_nowhere)
    held_back_at: NDArray[np.int64] = field(default_factory=_nowhere)  # positions not all of which can be sold today
    held_back_quantity: NDArray[np.int64] = field(default_factory=_nowhere)  # bought today (T+1), or frozen
    in_transit_at: NDArray[np.int64] = field(default_factory=_nowhere)
    in_transit_quantity: NDArray[np.int64] = field(default_factory=_nowhere)  # not part of the quantity
    cost_at: NDArray[np.int64] = field(default_factory=_nowhere)  # positions whose cost is known
    cost_milli: NDArray[np.int64] = field(default_factory=_nowhere)

    @property
    def n_accounts(self) -> int:
        """How many accounts there are."""
        return len(self.cash_milli)

    @property
    def n_positions(self) -> int:
        """How many positions all accounts hold."""
        return len(self.code)

    @property
    def n_contracts(self) -> int:
        """How many contracts are open."""
        return len(self.amount_milli)

    @property
    def position_bytes(self) -> int:
        """Bytes of memory by position, all together; side tables included."""
        side = sum(getattr(self, name).nbytes for names in SIDE_TABLES for name in names)
        return int(self.code.nbytes + self.quantity.nbytes + side)

    @property
    def account_bytes(self) -> int:
        """Bytes of memory by account, all together; contracts not included."""
        return int(sum(getattr(self, name).nbytes for name in _ACCOUNT_ARRAYS))

    def between(self, first: int, last: int) -> Layout:
        """Return the layout of the accounts from ``first`` to before ``last``; its arrays are views of these."""
        low, high = self.starts[[first, last]].tolist()
        side: dict[str, Any] = {}
        for at, values in SIDE_TABLES:
            inside = slice(*np.searchsorted(getattr(self, at), [low, high]))
            side[at], side[values] = getattr(self, at)[inside] - low, getattr(self, values)[inside]
        ranks = np.searchsorted(self.indebted, [first, last])
        owed = slice(*self.contract_starts[ranks].tolist())
        return Layout(
            starts=self.starts[first : last + 1] - low,
            code=self.code[low:high],
            quantity=self.quantity[low:high],
            indebted=self.indebted[slice(*ranks)] - first,
            contract_starts=self.contract_starts[ranks[0] : ranks[1] + 1] - owed.start,
            **{name: getattr(self, name)[first:last] for name in _ACCOUNT_ARRAYS[1:]},
            **{name: getattr(self, name)[owed] for name in CONTRACT_ARRAYS},
            **side,
        )

    def contract_owner(self) -> NDArray[np.int64]:
        """Return the account row of each contract."""
        return np.repeat(self.indebted, np.diff(self.contract_starts))

    def quantities(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the true quantities of positions ``first`` to ``last``."""
        result = self.quantity[first:last].astype(np.int64)
        return _laid_over(result, first, self.wide_at, self.wide_quantity)

    def available(self, first: int, last: int) -> NDArray[np.int64]:
        """Return what may be sold of positions ``first`` to ``last`` today (可用数量): all of it unless held back."""
        nothing = np.zeros(last - first, dtype=np.int64)
        held_back = _laid_over(nothing, first, self.held_back_at, self.held_back_quantity)
        return self.quantities(first, last) - held_back

    def in_transit(self, first: int, last: int) -> NDArray[np.int64]:
        """Return what is in transit of positions ``first`` to ``last`` (在途数量); it is not part of the quantity."""
        nothing = np.zeros(last - first, dtype=np.int64)
        return _laid_over(nothing, first, self.in_transit_at, self.in_transit_quantity)

    def costs(self, first: int, last: int) -> NDArray[np.int64]:
        """Return what positions ``first`` to ``last`` cost, in milli-yuan; NO_COST where it is unknown."""
        unknown = np.full(last - first, NO_COST, dtype=np.int64)
        return _laid_over(unknown, first, self.cost_at, self.cost_milli)

    def quantities_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the true quantities of the positions at these places."""
        return put_over(self.quantity[places].astype(np.int64), places, self.wide_at, self.wide_quantity)

    def available_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what may be sold today of the positions at these places."""
        nothing = np.zeros(len(places), dtype=np.int64)
        return self.quantities_at(places) - put_over(nothing, places, self.held_back_at, self.held_back_quantity)

    def costs_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what the positions at these places cost, in milli-yuan; NO_COST where it is unknown."""
        unknown = np.full(len(places), NO_COST, dtype=np.int64)
        return put_over(unknown, places, self.cost_at, self.cost_milli)

    def take(self, rows: NDArray[np.int64]) -> Layout:
        """Return the layout of these accounts alone, in this order."""
        places = spans(self.starts, rows)
        debt_rank = np.full(self.n_accounts, -1, dtype=np.int64)
        debt_rank[self.indebted] = np.arange(len(self.indebted))
        ranks = debt_rank[rows]
        indebted = np.flatnonzero(ranks >= 0)
        contracts = spans(self.contract_starts, ranks[indebted])
        by_account = {name: getattr(self, name)[rows] for name in _ACCOUNT_ARRAYS[1:]}
        by_contract = {name: getattr(self, name)[contracts] for name in CONTRACT_ARRAYS}
        side: dict[str, Any] = {}
        for at, values in SIDE_TABLES:
            side[at], side[values] = _found_among(places, getattr(self, at), getattr(self, values))
        return Layout(
            starts=starts_of(np.diff(self.starts)[rows]),
            code=self.code[places],
            quantity=self.quantity[places],
            indebted=indebted,
            contract_starts=starts_of(np.diff(self.contract_starts)[ranks[indebted]]),
            **by_account,
            **by_contract,
            **side,
        )


def lay_out(
    accounts: Mapping[str, pl.Series],
    held: NDArray[np.integer],
    positions: Mapping[str, Any],
    contracts: pl.DataFrame,
) -> Layout:
    """Return the layout of clean tables.

    Parameters
    ----------
    accounts, contracts : columns of the book's tables in the layout's order; policies are categories, and contracts
        have the numbers of their account and their security (``numbers.py``)
    held, positions : how many positions each account has, and the layout's arrays by position with their side tables
    """
    owed = counts_of(contracts[ACCOUNT].to_numpy(), len(held))
    indebted = np.flatnonzero((owed > 0) | (accounts["other_debt_milli"].to_numpy() > 0))
    return Layout(
        starts=starts_of(held),
        policy=accounts["policy"].to_physical().cast(pl.UInt16()).to_numpy(),
        client=accounts["client_type"].to_physical().cast(pl.UInt8()).to_numpy(),
        **{name: accounts[name].to_numpy() for name in _ACCOUNT_ARRAYS[3:]},
        **positions,
        indebted=indebted,
        contract_starts=starts_of(owed[indebted]),
        **_contract_arrays(contracts),
    )


def _contract_arrays(contracts: pl.DataFrame) -> dict[str, Any]:
    days = {name: contracts[name].to_numpy().astype("datetime64[D]") for name in ("opened", "due")}
    return {
        "is_short": (contracts["kind"] == Kind.SHORT.value).to_numpy(),
        "contract_code": contracts[CODE].to_numpy().astype(np.uint16),
        "contract_quantity": contracts["quantity"].to_numpy(),
        "amount_milli": contracts["amount_milli"].to_numpy(),
        "pinned_ratio_bp": contracts["margin_ratio_bp"].fill_null(NO_PINNED_RATIO).to_numpy().astype(np.int32),
        "rate_ppm": contracts["rate_ppm"].to_numpy().astype(np.int32),
        "interest_milli": contracts["interest_milli"].to_numpy(),
        **days,
    }


def counts_of(owner: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Return how many rows each of ``count`` accounts has; ``owner``, each row's account, rises.

    >>> counts_of(np.array([0, 0, 2]), 4).tolist()
    [2, 0, 1, 0]
    """
    counts = np.zeros(count, dtype=np.int64)
    for first in range(0, len(owner), _TOGETHER):
        part = owner[first : first + _TOGETHER]
        there = np.bincount(part - part[0])
        counts[part[0] : part[0] + len(there)] += there
    return counts


def starts_of(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return where spans of these lengths start when they lie one after another, and where the last one ends."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])


def side_tables_in_order(side: Mapping[str, Any], order: NDArray[np.int64]) -> dict[str, Any]:
    """Return side tables of positions for the positions in another order; their places ascend again."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    result: dict[str, Any] = {}
    for at, stored in SIDE_TABLES:
        moved = place[side[at]]
        rising = np.argsort(moved)
        result[at], result[stored] = moved[rising], side[stored][rising]
    return result


def spans(starts: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of all spans of these rows, one after another."""
    firsts, counts = starts[rows], np.diff(starts)[rows]
    shift = firsts - starts_of(counts)[:-1]
    return np.repeat(shift, counts) + np.arange(counts.sum(), dtype=np.int64)


def _laid_over(
    base: NDArray[np.int64], first: int, at: NDArray[np.int64], values: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return ``base``, whose first place is ``first``, with a side table's values where it has some."""
    low, high = np.searchsorted(at, [first, first + len(base)])
    base[at[low:high] - first] = values[low:high]
    return base


def put_over(
    base: NDArray[np.int64], places: NDArray[np.int64], at: NDArray[np.int64], values: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return ``base``, whose rows are at these places, with a side table's values where it has some."""
    found, there = _found_among(places, at, values)
    base[found] = there
    return base


def _found_among(
    places: NDArray[np.int64], at: NDArray[np.int64], values: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a side table for these places alone, numbered as they stand."""
    if not len(at):
        return _nowhere(), _nowhere()
    nearest = np.minimum(np.searchsorted(at, places), len(at) - 1)
    found = np.flatnonzero(at[nearest] == places)
    return found, values[nearest[found]]


def owners(starts: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row whose span holds each place."""
    return np.searchsorted(starts, places, side="right") - 1
