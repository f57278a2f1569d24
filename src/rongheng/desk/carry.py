"""Between two sessions: a book carried over corporate actions, with what is on its way kept beside its tables.

What lives here: which files belong together. What does not: what an action does (``account.book``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.book import Carried, actions_of, carry, read_actions, write_layout, write_tables
from rongheng.account.book.read import read_table
from rongheng.basics.errors import UsageError
from rongheng.desk.books import find_book

ENTITLEMENTS = "entitlements.parquet"  # beside a book's tables
REPORT = "actions_report.parquet"


@dataclass(frozen=True)
class CarriedBook:
    """What became of a book, and how many of the file's actions fell between the two sessions."""

    carried: Carried
    actions: int
    done: int


def carry_book(
    where: str,
    actions: Path,
    out: Path,
    *,
    to: date,
    subscriptions: Path | None = None,
    entitlements: Path | None = None,
    kernel: bool = False,
    session: date | None = None,
    queries: Mapping[str, str] | None = None,
) -> CarriedBook:
    """Carry a book over the actions of a file and write it, with what is on its way, what changed and the Problems.

    Parameters
    ----------
    entitlements : what an earlier carrying left on its way; the file beside the book's tables unless given
    """
    if Path(where).resolve() == out.resolve():
        raise UsageError(f"--out {out} is the book itself; a book of one session is kept. Name another folder.")
    read, problems = actions_of(read_actions(actions), where=str(actions))
    book = find_book(where, session=session, queries=queries)
    carried = carry(
        book,
        read,
        to=to,
        entitlements=_coming(where, entitlements),
        subscriptions=None if subscriptions is None else read_table(subscriptions),
    )
    carried = Carried(carried.book, carried.entitlements, carried.report, pl.concat([problems, carried.problems]))
    (write_layout if kernel else write_tables)(carried.book, out)
    carried.entitlements.write_parquet(out / ENTITLEMENTS)
    carried.report.write_parquet(out / REPORT)
    done = sum(book.session < action.ex_date <= to for action in read)
    return CarriedBook(carried, len(read), done)


def _coming(where: str, stated: Path | None) -> pl.DataFrame | None:
    beside = Path(where) / ENTITLEMENTS
    if stated is None and not beside.exists():
        return None
    return read_table(stated or beside)
