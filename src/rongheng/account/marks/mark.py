"""The front of the mark: look up, allocate, run the kernels on our own threads, and say what could not be marked.

What lives here: :func:`mark`. What does not: arithmetic (``kernels.py``, ``arithmetic.py``) and what is shown of the
result (``marks.py``). Threads take shards of accounts; no account's numbers depend on another's, so the bits are the
same on any number of threads, in any order and for any split of a book.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book, Layout
from rongheng.account.book.layout import owners, spans, starts_of
from rongheng.account.marks.accrual import interest_through
from rongheng.account.marks.admission import Admission, admit
from rongheng.account.marks.arithmetic import NULL
from rongheng.account.marks.kernels import (
    DECIDE_NOW,
    N_BOARDS,
    N_GROUPS,
    SHARES,
    ContractsIn,
    DebtsOut,
    HoldingsIn,
    HoldingsOut,
    TermsIn,
    mark_accounts,
)
from rongheng.account.marks.marks import Marks
from rongheng.account.policy import Policy, Terms, terms_of
from rongheng.basics.account_tables import PROBLEMS
from rongheng.basics.compiled import is_compiled
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import AMOUNT_LIMIT_MILLI

_SHARD = 50_000  # accounts: large enough to hide a call, small enough to spread over threads


def mark(
    book: Book,
    day: MarketDay,
    policies: Mapping[str, Policy],
    *,
    fixed_rows: NDArray[np.uint8] | None = None,
    threads: int = 2,
) -> Marks:
    """Mark every account of a book on a market day (逐日盯市).

    Parameters
    ----------
    policies : by name; an account whose policy is not among them is a Problem
    fixed_rows : uint8, shape (n_indebted,)
        The row of moving lines that was fixed at the last close, by indebted account; ``None`` decides now, as a close
        does.
    threads : how many shards run at once; the result does not depend on it

    Returns
    -------
    Marks
        One row for each account that could be marked, and the Problems of the others.

    Raises
    ------
    UsageError
        The market day lies before the book, or no policy is given.

    Source
    ------
    exchange.maintenance.definition, exchange.available_margin.definition
    """
    if day.session < book.interest_through:
        raise UsageError(
            f"The market day {day.session} lies before the book, whose interest is counted through "
            f"{book.interest_through}. Give a later day."
        )
    if not policies:
        raise UsageError("No policy is given; load at least one, such as exchange_only.")
    named = [policies.get(name) for name in book.policies]
    stand_in = next(iter(policies.values()))  # for accounts without a policy, which are refused
    complete = [policy or stand_in for policy in named] or [stand_in]
    terms = terms_of(complete, day, book.securities)
    admission = admit(book, named, terms)
    interest = interest_through(book, day.session, complete)
    layout = book.layout
    fixed = np.full(len(layout.indebted), DECIDE_NOW, dtype=np.uint8) if fixed_rows is None else fixed_rows
    contracts = _contracts_in(layout, admission, interest, fixed)
    columns = _run(layout, contracts, _terms_in(terms), threads=threads)
    _mark_wide(layout, contracts, terms, columns)
    return _judged(book, day, policies, terms, admission, interest, *columns)


def kernels_are_ready() -> bool:
    """Say whether the kernels of the mark need not be compiled any more on this machine."""
    return is_compiled(mark_accounts)


def _run(
    layout: Layout, contracts: ContractsIn, terms: TermsIn, *, threads: int, quantity: NDArray[np.int64] | None = None
) -> tuple[HoldingsOut, DebtsOut]:
    holdings = _holdings_in(layout, quantity)
    out, debts = _allocate(layout)
    over_shards(
        layout.n_accounts,
        lambda first, last: mark_accounts(first, last, holdings, contracts, terms, out, debts, *workspace()),
        threads=threads,
    )
    return out, debts


def kernel_arguments(marks: Marks) -> tuple[HoldingsIn, ContractsIn, TermsIn, HoldingsOut, DebtsOut]:
    """Return what the kernels were given for these marks, to run them again: for a tick, a scenario, a benchmark.

    They write into the columns of ``marks``.
    """
    layout = marks.book.layout
    fixed = np.full(len(layout.indebted), DECIDE_NOW, dtype=np.uint8)
    contracts = ContractsIn(
        starts=layout.contract_starts,
        is_short=layout.is_short,
        code=layout.contract_code,
        quantity=layout.contract_quantity,
        amount=layout.amount_milli,
        ratio=marks.ratio_bp,
        interest=marks.interest_milli,
        fixed_row=fixed,
    )
    return _holdings_in(layout, None), contracts, _terms_in(marks.terms), marks.holdings, marks.debts


def workspace() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the room that one call of a kernel works in: the value in each group and on each board."""
    return np.zeros(N_GROUPS + 1, dtype=np.int64), np.zeros(N_BOARDS, dtype=np.int64)


def over_shards(count: int, work: Callable[[int, int], object], *, threads: int) -> None:
    """Call ``work(first, last)`` for every shard of ``count`` rows, several at once."""
    firsts = range(0, count, _SHARD)
    if threads == 1 or len(firsts) <= 1:
        for first in firsts:
            work(first, min(first + _SHARD, count))
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, first, min(first + _SHARD, count)) for first in firsts]:
            done.result()


def _mark_wide(layout: Layout, contracts: ContractsIn, terms: Terms, columns: tuple[HoldingsOut, DebtsOut]) -> None:
    """Mark the few accounts whose quantities need 64 bits once more, and put their rows in place.

    Their values may leave int64 altogether, so Python's own integers decide first which are within bounds.
    """
    if not len(layout.wide_at):
        return
    rows = np.unique(owners(layout.starts, layout.wide_at))
    part = layout.take(rows)
    quantity = part.quantities(0, part.n_positions)
    owner = np.repeat(np.arange(len(rows)), np.diff(part.starts))
    price = terms.price_milli[part.policy[owner].astype(np.int64) * terms.n_securities + part.code]
    beyond = np.array([int(q) * int(p) >= AMOUNT_LIMIT_MILLI for q, p in zip(quantity, price, strict=True)])
    quantity[beyond] = 0
    ranks = np.searchsorted(layout.indebted, rows[part.indebted])
    wide_out, wide_debts = _run(part, _take(contracts, ranks), _terms_in(terms), threads=1, quantity=quantity)
    wide_out.assets[owner[beyond]] = NULL
    _replace(columns[0], wide_out, rows)
    _replace(columns[1], wide_debts, ranks)


def _replace(columns: tuple[NDArray[Any], ...], values: tuple[NDArray[Any], ...], rows: NDArray[np.int64]) -> None:
    for column, value in zip(columns, values, strict=True):
        column[rows] = value


def _judged(
    book: Book,
    day: MarketDay,
    policies: Mapping[str, Policy],
    terms: Terms,
    admission: Admission,
    interest: NDArray[np.int64],
    out: HoldingsOut,
    debts: DebtsOut,
) -> Marks:
    """Return the marks, with the accounts that the kernels found beyond the bounds among the Problems."""
    beyond = np.flatnonzero((out.assets == NULL) & ~admission.refused)
    problems = [book.problems, admission.problems, _beyond_bounds(book, beyond)]
    is_marked = ~admission.refused
    is_marked[beyond] = False
    return Marks(
        book=book,
        day=day,
        terms=terms,
        ratio_bp=admission.ratio_bp,
        interest_milli=interest,
        holdings=out,
        debts=debts,
        is_marked=is_marked,
        problems=pl.concat(problems),
        policies=policies,
    )


def _beyond_bounds(book: Book, rows: NDArray[np.int64]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": book.accounts["account_id"][rows],
            "table": ["accounts"] * len(rows),
            "row": [None] * len(rows),
            "column": ["assets, debt or short proceeds"] * len(rows),
            "found": ["an amount of 10^11 yuan or more at this day's prices"] * len(rows),
            "problem": ["beyond_bounds"] * len(rows),
            "reason": ["amounts of one account are below 10^11 yuan; check quantities and prices"] * len(rows),
        },
        schema=PROBLEMS.schema,
    )


def _holdings_in(layout: Layout, quantity: NDArray[np.int64] | None) -> HoldingsIn:
    return HoldingsIn(
        starts=layout.starts,
        policy=layout.policy,
        cash=layout.cash_milli,
        frozen=layout.frozen_cash_milli,
        other_collateral=layout.other_collateral_milli,
        other_debt=layout.other_debt_milli,
        code=layout.code,
        quantity=layout.quantity if quantity is None else quantity,
        indebted=layout.indebted,
        held_back_at=layout.held_back_at,
        held_back=layout.held_back_quantity,
    )


def _contracts_in(
    layout: Layout, admission: Admission, interest: NDArray[np.int64], fixed_row: NDArray[np.uint8]
) -> ContractsIn:
    return ContractsIn(
        starts=layout.contract_starts,
        is_short=layout.is_short,
        code=layout.contract_code,
        quantity=layout.contract_quantity,
        amount=layout.amount_milli,
        ratio=admission.ratio_bp,
        interest=interest,
        fixed_row=fixed_row,
    )


def _take(contracts: ContractsIn, ranks: NDArray[np.int64]) -> ContractsIn:
    """Return the contracts of these indebted accounts alone."""
    places = spans(contracts.starts, ranks)
    by_contract = {name: getattr(contracts, name)[places] for name in ContractsIn._fields[1:-1]}
    starts = starts_of(np.diff(contracts.starts)[ranks])
    return ContractsIn(starts=starts, fixed_row=contracts.fixed_row[ranks], **by_contract)


def _terms_in(terms: Terms) -> TermsIn:
    return TermsIn(
        n_securities=terms.n_securities,
        price=terms.price_milli,
        haircut=terms.haircut_bp,
        group=terms.group,
        board=terms.board,
        lines=terms.lines_bp,
        upper_share=terms.upper_share_bp,
        row_count=terms.row_count,
        wake=terms.wake_bp,
        gross_share=terms.gross_share,
        withdrawal=terms.withdrawal_bp,
        target=terms.target_bp,
        cost=terms.cost_ppm,
        net_by_security=terms.net_by_security,
        by_coefficient=terms.by_coefficient,
        coefficient=terms.coefficient_bp,
    )


def _allocate(layout: Layout) -> tuple[HoldingsOut, DebtsOut]:
    accounts, indebted = layout.n_accounts, len(layout.indebted)
    out = HoldingsOut(
        assets=np.empty(accounts, dtype=np.int64),
        securities=np.empty(accounts, dtype=np.int64),
        margin=np.empty(accounts, dtype=np.int64),
        withdrawable=np.empty(accounts, dtype=np.int64),
        withdrawable_securities=np.empty(accounts, dtype=np.int64),
        largest=np.empty(accounts, dtype=np.uint16),
        largest_share=np.empty(accounts, dtype=np.uint16),
        shares=np.empty((accounts, SHARES), dtype=np.uint16),
    )
    columns: dict[str, Any] = {name: np.empty(indebted, np.int64) for name in DebtsOut._fields}
    columns |= {name: np.zeros(indebted, np.uint8) for name in ("row", "state")}  # a refused account keeps them
    return out, DebtsOut(**columns)
