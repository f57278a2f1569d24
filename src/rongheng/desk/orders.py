"""Orders at a broker's door: one order, or a file of them, against a book on a market day.

What lives here: which files go into a check and what it leaves. What does not: any arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.book import Book, open_book
from rongheng.account.book.read import read_table
from rongheng.account.marks import mark
from rongheng.account.orders import Answers, Gate, Order, Verdict, check_frame, check_order, open_gate
from rongheng.account.orders.check import checks_are_ready
from rongheng.basics.account_tables import LENDABLE
from rongheng.basics.code_changes import renamed
from rongheng.basics.conform import conform
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.desk.books import day_beside, govern
from rongheng.rulebook import Rulebook

Say = Callable[[str], None]


@dataclass(frozen=True)
class Against:
    """What orders are checked against: files, and what the broker says beside them."""

    book: Path
    day: Path | None = None  # the one beside the book's tables unless given
    session: date | None = None  # the book's date, where the book does not say it
    policy: str | None = None  # for every account, whatever the book names
    rules: Sequence[Path] = ()
    lendable: Path | None = None  # the table of what the broker can lend
    net_capital_milli: int | None = None


def check_one(order: Order, against: Against, *, say: Say = lambda _: None) -> Verdict:
    """Return the verdict on one order; of the book only its account is read."""
    book = open_book(against.book, session=against.session, only=order.account_id)
    return check_order(_gate(book, against, say), order)


def check_file(orders: Path, out: Path, against: Against, *, say: Say = lambda _: None) -> Answers:
    """Answer a file of orders (.parquet or .csv), and leave the answers in ``out``, the Problems beside it.

    Raises
    ------
    UsageError
        ``out`` ends otherwise than .parquet or .csv.
    BookError
        The file is no table of orders.
    """
    if out.suffix not in (".parquet", ".csv"):
        raise UsageError(f"--out {out} ends in {out.suffix or 'nothing'}; expected .parquet or .csv.")
    say(f"read {orders}")
    frame = read_table(orders)
    gate = _gate(open_book(against.book, session=against.session), against, say)
    say(f"check {frame.height:,} orders")
    answers = check_frame(gate, frame, where=str(orders))
    old = frame["security"].is_in(list(gate.called)).sum() if "security" in frame.columns else 0
    if old:
        say(f"orders that name a security by a code of before, read by the one it has: {old:,}")
    _write(answers.readable(), out)
    if answers.problems.height:
        _write(answers.problems, problems_beside(out))
    return answers


def problems_beside(out: Path) -> Path:
    """Return the file of the orders that could not be answered, beside the answers."""
    return out.with_name(f"{out.stem}-problems{out.suffix}")


def _write(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)


def _gate(book: Book, against: Against, say: Say) -> Gate:
    rulebook = Rulebook.load(*against.rules)
    day = MarketDay.read(against.day or day_beside(against.book))
    governed, policies = govern(book, day.session, policy=against.policy, rulebook=rulebook)
    say(f"mark {governed.layout.n_accounts:,} accounts on {day.session}")
    if not checks_are_ready():
        say("compile the checks; this is done once on a machine, and takes about a minute")
    marks = mark(governed, day, policies)
    lendable = None if against.lendable is None else _lendable(against.lendable, day.session)
    return open_gate(marks, lendable=lendable, net_capital_milli=against.net_capital_milli, rulebook=rulebook)


def _lendable(path: Path, session: date) -> pl.DataFrame:
    frame, bad = conform(read_table(path), LENDABLE, where=str(path))
    if bad.height:
        first = bad.row(0, named=True)
        raise BookError(f"{path}, row {first['row']}: found {first['found']!r}, expected {first['expected']}. Mend it.")
    named = renamed(frame, on=session)
    if named["security"].is_duplicated().any():
        twice = named.filter(pl.col("security").is_duplicated())["security"][0]
        raise BookError(f"{path}: {twice} stands twice; say once how much of it can be lent.")
    return named
