"""Interest from the book's date to the session that is marked, contract by contract (利息计提).

What lives here: counting days and one multiplication, rounded up once. What does not: interest up to the book's date,
which the book states.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.policy import Policy
from rongheng.basics.compiled import kernel
from rongheng.basics.money import PPM

Int64 = NDArray[np.int64]


def interest_through(book: Book, session: date, policies: list[Policy]) -> Int64:
    """Return what each contract owes in interest at the close of ``session``.

    The session itself counts, since the debt stands overnight; with ``last_day_out`` it does not. Interest runs on the
    financed amount or on the sale proceeds, from the day of opening; from the due day the overdue rate comes on top.

    Parameters
    ----------
    policies : in the order of the book's policy numbers

    Returns
    -------
    int64, shape (n_contracts,), milli-yuan
        What the book states, plus the new days' interest, rounded up once for each contract.

    Source
    ------
    definitions, interest; exchange.contract.interest
    """
    return _accrued(book, session, policies, [policy.interest.last_day_out for policy in policies])


def interest_of_whole_days(book: Book, through: date, policies: list[Policy]) -> Int64:
    """Return what each contract owes for every day up to ``through``, that one too: what a book of that date states."""
    return _accrued(book, through, policies, [False] * len(policies))


def _accrued(book: Book, session: date, policies: list[Policy], last_day_out: list[bool]) -> Int64:
    result = book.layout.interest_milli.copy()
    if session == book.interest_through or not book.layout.n_contracts:
        return result
    terms = _Terms(
        np.array([policy.interest.basis_days for policy in policies], dtype=np.int64),
        np.array(last_day_out, dtype=np.bool_),
        np.array([policy.interest.overdue_ppm_a_day for policy in policies], dtype=np.int64),
    )
    _add(result, book, slice(None), since=book.interest_through, through=session, terms=terms)
    for since, contracts in book.counted_further().items():
        result[contracts] = book.layout.interest_milli[contracts]
        part = result[contracts]
        _add(part, book, contracts, since=since, through=session, terms=terms)
        result[contracts] = part
    return result


class _Terms(NamedTuple):
    basis_days: Int64
    last_day_out: NDArray[np.bool_]
    overdue_ppm: Int64


def _add(interest: Int64, book: Book, which: slice | Int64, *, since: date, through: date, terms: _Terms) -> None:
    """Add the interest of the days after ``since`` to that of these contracts."""
    layout = book.layout
    accrue(
        (through - since).days,
        _since(layout.opened[which], since),
        _since(layout.due[which], since),
        layout.policy[layout.contract_owner()[which]],
        *terms,
        layout.amount_milli[which],
        layout.rate_ppm[which],
        interest,
    )


def _since(days: NDArray[np.datetime64], origin: date) -> Int64:
    return (days - np.datetime64(origin, "D")).astype(np.int64)


@kernel
def accrue(
    today: int,
    opened: Int64,
    due: Int64,
    policy: NDArray[np.uint16],
    basis_days: Int64,
    last_day_out: NDArray[np.bool_],
    overdue_ppm: Int64,
    principal: Int64,
    rate_ppm: NDArray[np.int32],
    interest: Int64,
) -> None:
    """Add each contract's interest of the days 1 to ``today``; days are counted from the book's date, day 0."""
    for i in range(len(principal)):
        terms = np.int64(policy[i])
        basis = basis_days[terms]
        last = today - np.int64(last_day_out[terms])
        days = max(last - max(opened[i] - 1, 0), 0)
        overdue = max(last - max(due[i] - 1, opened[i] - 1, 0), 0)
        # principal × rate × days may not fit: by whole years' worth of the divisor, and the rest
        factor = np.int64(rate_ppm[i]) * days + overdue_ppm[terms] * basis * overdue
        divisor = basis * PPM
        rest = principal[i] % divisor * factor
        interest[i] += principal[i] // divisor * factor + (rest + divisor - 1) // divisor
