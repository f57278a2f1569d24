"""The account half's day: a book from its folder marked into another one, and one account of it explained.

What lives here: which files go into a mark and what it leaves. What does not: any arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book, open_book
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.explain import explain
from rongheng.account.marks.fixed import fixed_rows_of
from rongheng.account.marks.folder import Origin, Source, read_mark, read_origin, scan_marks, write_marks
from rongheng.account.marks.mark import kernels_are_ready
from rongheng.account.marks.summary import Summary
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.market_day import MarketDay
from rongheng.desk.books import day_beside, govern, lines_of_renamed
from rongheng.rulebook import Rulebook

Say = Callable[[str], None]


@dataclass(frozen=True)
class Explained:
    """One account: its marks as they were written, and every number's terms."""

    session: date
    grade: Grade
    marks: Mapping[str, Any]
    terms: pl.DataFrame


def mark_book(
    book: Path,
    out: Path,
    *,
    day: Path | None = None,
    session: date | None = None,
    policy: str | None = None,
    rules: Sequence[Path] = (),
    lines_of: Path | None = None,
    net_capital_milli: int | None = None,
    say: Say = lambda _: None,
) -> Summary:
    """Mark a book and leave marks, problems and summary in ``out``.

    Parameters
    ----------
    day : the market day's folder; the one beside the book's tables unless given
    session : the book's date, where the book does not say it
    policy : mark every account by it, whatever the book names
    rules : folders of one's own rules
    lines_of : the folder of an earlier close's marks, whose rows of moving lines stay fixed
    net_capital_milli : the broker's, to measure its own limits by
    say : is told what is being done
    """
    source = Source.of(_there(book))
    day = day or day_beside(book)
    origin = Origin(
        book=source,
        day=Source.of(_there(day)),
        policy=policy,
        rules=tuple(str(folder.resolve()) for folder in rules),
        lines_of=Source.of(lines_of) if lines_of else None,
    )
    say(f"read {book}")
    read = open_book(book, session=session)
    say(f"mark {read.layout.n_accounts:,} accounts on {day}")
    marks = marked_book(read, MarketDay.read(day), policy, rules, lines_of, say)
    say(f"write {out}")
    return write_marks(marks, out, origin=origin, net_capital_milli=net_capital_milli, rulebook=Rulebook.load(*rules))


def explain_account(out: Path, account_id: str) -> Explained:
    """Explain one account of a folder of marks, from the book that they were made from.

    Raises
    ------
    BookError
        The account was not marked, or the book, the day or a rule has changed since.
    UsageError
        There is no such folder or account.
    """
    written = read_mark(out, account_id)
    marks, rulebook = marks_again(out, only=account_id)
    if marks.frame().row(0, named=True) != written:
        raise BookError(f"Account {account_id} comes out otherwise now: a rule has changed. Mark the book again.")
    terms = explain(marks, account_id, marks.policies[written["policy"]], rulebook=rulebook)
    return Explained(marks.day.session, marks.grade, written, terms)


def marks_again(out: Path, *, only: str | None = None, say: Say = lambda _: None) -> tuple[Marks, Rulebook]:
    """Return the marks that a folder was made from, marked anew from the same book and day, and their rulebook.

    Parameters
    ----------
    only : the one account to mark

    Raises
    ------
    BookError
        The book or the day has changed since.
    """
    _, origin = read_origin(out)
    book = origin.book.require_unchanged("book")
    day = MarketDay.read(origin.day.require_unchanged("day"))
    lines_of = origin.lines_of.require_unchanged("close") if origin.lines_of else None
    rules = [Path(folder) for folder in origin.rules]
    say(f"read {book}")
    marks = marked_book(open_book(book, only=only), day, origin.policy, rules, lines_of, say)
    return marks, Rulebook.load(*rules)


def marked_book(
    book: Book, day: MarketDay, policy: str | None, rules: Sequence[Path], lines_of: Path | None, say: Say
) -> Marks:
    """Return a book's marks by the policies that it names, or by one; ``lines_of`` as in :func:`mark_book`."""
    rulebook = Rulebook.load(*rules)
    governed, policies = govern(book, day.session, policy=policy, rulebook=rulebook)
    if not kernels_are_ready():
        say("compile the kernels; this is done once on a machine")
    fixed = None if lines_of is None else _fixed_rows(governed, lines_of, day.session)
    marks = mark(governed, day, policies, fixed_rows=fixed)
    for line in lines_of_renamed(marks.book.renamed):
        say(line)
    return marks


def _fixed_rows(book: Book, lines_of: Path, session: date) -> NDArray[np.uint8]:
    """Return the row of lines that an earlier close fixed for each indebted account; new ones are decided now."""
    closed, _ = read_origin(lines_of)
    if closed >= session:
        raise UsageError(f"{lines_of} holds the marks of {closed}, and the day is {session}; give an earlier close.")
    return fixed_rows_of(scan_marks(lines_of).select("account_id", "policy", "line_row").collect(), book)


def _there(path: Path) -> Path:
    if ":/" in str(path):
        raise UsageError(
            f"{path} is a database. A mark is made from files, so that it can be explained later: write the book with "
            "rongheng book convert first."
        )
    if not path.exists():
        raise UsageError(f"{path} is not there. Check the path.")
    return path
