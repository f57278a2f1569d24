"""The front of the mark: look up, allocate, run the kernels on our own threads, and say what could not be marked.

What lives here: :func:`mark`. What does not: arithmetic (``kernels.py``, ``arithmetic.py``) and what is shown of the
result (``marks.py``). Threads take shards of accounts; no account's numbers depend on another's, so the bits are the
same on any number of threads, in any order and for any split of a book.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book, Layout
from rongheng.account.book.layout import owners, spans, starts_of
from rongheng.account.book.renaming import named_on
from rongheng.account.marks.accrual import interest_through
from rongheng.account.marks.admission import admit
from rongheng.account.marks.arithmetic import NULL
from rongheng.account.marks.columns import (
    DECIDE_NOW,
    ContractsIn,
    DebtsOut,
    HoldingsIn,
    HoldingsOut,
    LimitsIn,
    TermsIn,
    workspace,
)
from rongheng.account.marks.fixed import require_rows
from rongheng.account.marks.inputs import allocated, contracts_in, holdings_in, limits_in, terms_in
from rongheng.account.marks.kernels import mark_accounts
from rongheng.account.marks.lean import JudgedOut, judge_indebted
from rongheng.account.marks.marks import Marks
from rongheng.account.policy import Policy, Terms, concentration_terms, terms_of
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
        The row of moving lines that was fixed at the last close, by indebted account (``fixed_rows_of``); ``None``
        decides now, as a close does.
    threads : how many shards run at once; the result does not depend on it

    Returns
    -------
    Marks
        One row for each account that could be marked, and the Problems of the others. Its book calls securities by the
        codes that they have on the day.

    Raises
    ------
    UsageError
        The market day lies before the book, no policy is given, or a fixed row is none of the policy's.

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
    book = named_on(book, day.session)
    named = [policies.get(name) for name in book.policies]
    stand_in = next(iter(policies.values()))  # for accounts without a policy, which are refused
    complete = [policy or stand_in for policy in named] or [stand_in]
    terms = terms_of(complete, day, book.securities)
    limits = concentration_terms(complete, day, book.securities)
    admission = admit(book, named, terms)
    layout = book.layout
    fixed = np.full(len(layout.indebted), DECIDE_NOW, dtype=np.uint8) if fixed_rows is None else fixed_rows
    require_rows(fixed, book, terms)
    out, debts = allocated(layout)
    unmarked = Marks(
        book=book,
        day=day,
        terms=terms,
        limits=limits,
        ratio_bp=admission.ratio_bp,
        interest_milli=interest_through(book, day.session, complete),
        credit_line_milli=_credit_lines(book),
        fixed_row=fixed,
        holdings=out,
        debts=debts,
        is_marked=~admission.refused,
        problems=pl.concat([book.problems, admission.problems]),
        policies=policies,
    )
    return _filled(unmarked, threads=threads)


def marked_at(marks: Marks, terms: Terms, *, threads: int = 2) -> Marks:
    """Return the marks of the same book and contracts at other terms: other prices, other haircuts.

    Margin ratios that contracts bear, and the interest owed, stay as they are; so do the accounts that have no mark.
    """
    out, debts = allocated(marks.book.layout)
    return _filled(replace(marks, terms=terms, holdings=out, debts=debts), threads=threads)


def _filled(marks: Marks, *, threads: int) -> Marks:
    layout, arguments = marks.book.layout, kernel_arguments(marks)
    _run(layout.n_accounts, *arguments, threads=threads)
    _mark_wide(layout, marks.terms, *arguments)
    return _judged(marks)


def _credit_lines(book: Book) -> NDArray[np.int64]:
    """Return the credit line of each account, 0 where none is set."""
    if "credit_limit_milli" not in book.accounts.columns:
        return np.zeros(book.layout.n_accounts, dtype=np.int64)
    return book.accounts["credit_limit_milli"].fill_null(0).to_numpy()


def kernels_are_ready() -> bool:
    """Say whether the kernels of the mark need not be compiled any more on this machine."""
    return is_compiled(mark_accounts)


def _run(
    count: int,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms: TermsIn,
    bounds: LimitsIn,
    out: HoldingsOut,
    debts: DebtsOut,
    *,
    threads: int,
) -> None:
    def shard(first: int, last: int) -> None:
        mark_accounts(first, last, holdings, contracts, terms, bounds, out, debts, workspace())

    over_shards(count, shard, threads=threads)


def kernel_arguments(marks: Marks) -> tuple[HoldingsIn, ContractsIn, TermsIn, LimitsIn, HoldingsOut, DebtsOut]:
    """Return what the kernels are given for these marks, to run them again: for a tick, a scenario, a benchmark.

    They write into the columns of ``marks``.
    """
    layout = marks.book.layout
    contracts = contracts_in(layout, ratio=marks.ratio_bp, interest=marks.interest_milli, fixed_row=marks.fixed_row)
    return (
        holdings_in(layout, credit_line=marks.credit_line_milli),
        contracts,
        terms_in(marks.terms),
        limits_in(marks.terms, marks.limits),
        marks.holdings,
        marks.debts,
    )


def judged(marks: Marks, *, threads: int = 2) -> JudgedOut:
    """Return assets, debt, ratio and state of the indebted accounts alone, at the prices that ``marks.terms`` holds.

    The numbers are the whole mark's, at a fraction of its time: for a tick, or for a first look.
    """
    holdings, contracts, terms, *_ = kernel_arguments(marks)
    count = len(holdings.indebted)
    assets, debt, ratio = (np.empty(count, dtype=np.int64) for _ in range(3))
    result = JudgedOut(assets, debt, ratio, np.zeros(count, dtype=np.uint8))
    over_shards(
        count, lambda first, last: judge_indebted(first, last, holdings, contracts, terms, result), threads=threads
    )
    return result


def over_shards(count: int, work: Callable[[int, int], object], *, threads: int) -> None:
    """Call ``work(first, last)`` for shards of ``count`` rows, several at once: as many and as long for each thread.

    The calling thread works too: it is awake and on a core of its own already, which a new thread first has to find.
    """
    shards = -(-count // _SHARD)
    shards += -shards % threads if shards > 1 else 0
    spans = list(pairwise(count * place // shards for place in range(shards + 1))) if count else []
    waiting = iter(spans)  # next() of an iterator over a list is one step: no span is given out twice

    def take_turns() -> None:
        for first, last in waiting:
            work(first, last)

    helpers = min(threads, len(spans)) - 1
    if helpers < 1:
        take_turns()
        return
    others = [_pool(helpers).submit(take_turns) for _ in range(helpers)]
    try:
        take_turns()
    finally:
        at_work = [other for other in others if not other.cancel()]  # who has not begun by now comes too late
        wait(at_work)  # they write into the caller's arrays
    for other in at_work:
        other.result()


@cache
def _pool(helpers: int) -> ThreadPoolExecutor:
    """Return threads that are kept: to make new ones takes as long as to judge ten thousand accounts."""
    return ThreadPoolExecutor(helpers, thread_name_prefix="marks")


if hasattr(os, "register_at_fork"):  # a process that is forked has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _mark_wide(
    layout: Layout,
    terms: Terms,
    holdings: HoldingsIn,
    contracts: ContractsIn,
    terms_: TermsIn,
    bounds: LimitsIn,
    out: HoldingsOut,
    debts: DebtsOut,
) -> None:
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
    wide = holdings_in(part, credit_line=holdings.credit_line[rows], quantity=quantity)
    wide_out, wide_debts = allocated(part)
    _run(len(rows), wide, _take(contracts, ranks), terms_, bounds, wide_out, wide_debts, threads=1)
    wide_out.assets[owner[beyond]] = NULL
    _replace(out, wide_out, rows)
    _replace(debts, wide_debts, ranks)


def _replace(columns: tuple[NDArray[Any], ...], values: tuple[NDArray[Any], ...], rows: NDArray[np.int64]) -> None:
    for column, value in zip(columns, values, strict=True):
        column[rows] = value


def _judged(marks: Marks) -> Marks:
    """Return the marks with the accounts that the kernels found beyond the bounds among the Problems."""
    is_beyond = (marks.holdings.assets == NULL) & marks.is_marked
    problems = pl.concat([marks.problems, _beyond_bounds(marks.book, np.flatnonzero(is_beyond))])
    return replace(marks, is_marked=marks.is_marked & ~is_beyond, problems=problems)


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


def _take(contracts: ContractsIn, ranks: NDArray[np.int64]) -> ContractsIn:
    """Return the contracts of these indebted accounts alone."""
    places = spans(contracts.starts, ranks)
    by_contract = {name: getattr(contracts, name)[places] for name in ContractsIn._fields[1:-1]}
    starts = starts_of(np.diff(contracts.starts)[ranks])
    return ContractsIn(starts=starts, fixed_row=contracts.fixed_row[ranks], **by_contract)
