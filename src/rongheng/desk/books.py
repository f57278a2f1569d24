"""Books as they come and as they are kept: found wherever they lie, checked, and converted.

What lives here: which of a book's forms is read, and the market day beside it. What does not: the checks
(``account.book``, ``account.marks``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rongheng.account.book import Book, open_book, write_layout, write_tables
from rongheng.account.marks import mark
from rongheng.account.policy import Policy, PolicySet
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook import Rulebook

DAY = "day"  # the folder beside a book's tables that holds the day it was made with
_STAND_IN = "exchange_only"  # where no account names a policy that there is


@dataclass(frozen=True)
class Checked:
    """What became of a book's rows, by table, every Problem, and what was read under another code."""

    rows: Sequence[Mapping[str, Any]]
    problems: pl.DataFrame
    renamed: pl.DataFrame  # rows that name a security by another code than its own on the session
    day: Path | None = None  # the market day that it was checked on


def find_book(where: str, *, session: date | None = None, queries: Mapping[str, str] | None = None) -> Book:
    """Return the book of a path, or of a database's URL."""
    if "://" not in where:
        if queries:
            raise UsageError(f"{where} is no database; --query is for one. Leave it out.")
        return open_book(where, session=session)
    from rongheng.account.book.query import query_book

    if session is None:
        raise UsageError(f"Nothing says the date of {where}; give the book's session.")
    return query_book(where, queries, session=session)


def check_book(
    where: str,
    *,
    day: Path | None = None,
    session: date | None = None,
    queries: Mapping[str, str] | None = None,
    policy: str | None = None,
    rules: Sequence[Path] = (),
) -> Checked:
    """Return what is wrong with a book by itself, and on a market day where there is one."""
    book = find_book(where, session=session, queries=queries)
    day = day or find_day_beside(where)
    if day is None:
        return Checked(_rows(book), book.problems, book.renamed)
    market = MarketDay.read(day)
    governed, policies = govern(book, market.session, policy=policy, rulebook=Rulebook.load(*rules))
    marks = mark(governed, market, policies)
    return Checked(marks.rows(), marks.problems, marks.book.renamed, day)


def convert_book(
    where: str,
    out: Path,
    *,
    kernel: bool = False,
    session: date | None = None,
    queries: Mapping[str, str] | None = None,
) -> Checked:
    """Write a book in another form, with the market day that stands beside it."""
    book = find_book(where, session=session, queries=queries)
    (write_layout if kernel else write_tables)(book, out)
    beside = find_day_beside(where)
    if beside is not None and beside.resolve() != (out / DAY).resolve():
        shutil.copytree(beside, out / DAY, dirs_exist_ok=True)
    return Checked(_rows(book), book.problems, book.renamed)


def govern(book: Book, session: date, *, policy: str | None, rulebook: Rulebook) -> tuple[Book, Mapping[str, Policy]]:
    """Return the book under the policies that its accounts name, or all under one, with those policies.

    A policy that an account names and nobody knows is a Problem of that account; one that the caller names is an error.
    """
    there = {*rulebook.brokers, *rulebook.clients}
    if policy is not None and policy not in there:
        raise UsageError(f"There is no policy {policy!r}; there are: {', '.join(sorted(there))}.")
    governed = book.under(policy) if policy else book
    known = [name for name in governed.policies if name in there]
    return governed, PolicySet.load(*(known or [_STAND_IN]), session=session, rulebook=rulebook)


def find_day_beside(where: str | Path) -> Path | None:
    """Return the market day beside a book's tables, or ``None`` where none stands there."""
    beside = Path(where) / DAY
    return beside if (beside / "day.json").exists() else None


def day_beside(book: Path) -> Path:
    """Return the market day beside a book's tables."""
    beside = find_day_beside(book)
    if beside is None:
        raise UsageError(f"On which day? Give --day; no market day stands beside the book, in {book / DAY}.")
    return beside


def lines_of_renamed(renamed: pl.DataFrame) -> Iterator[str]:
    """Yield what is to be said of rows that name a security by a code of before it changed; nothing where none does."""
    if not renamed.height:
        return
    total = renamed["rows"].sum()
    yield f"rows that name a security by a code of before, read by the one it has on the session: {total:,}"
    for code, read_as, rows in renamed.drop("table").group_by("code", "read_as").sum().sort("code").rows():
        yield f"  {code} → {read_as}: {rows:,}"


def _rows(book: Book) -> list[Mapping[str, Any]]:
    """Return for each table how many rows came in, can be marked as far as the book itself goes, and cannot."""
    kept = {
        "accounts": book.layout.n_accounts,
        "positions": book.layout.n_positions,
        "contracts": book.layout.n_contracts,
    }
    return [
        {
            "table": name,
            "rows_in": count + book.left_out.get(name, 0),
            "marked": count,
            "quarantined": book.left_out.get(name, 0),
        }
        for name, count in kept.items()
    ]
