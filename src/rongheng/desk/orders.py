"""Orders at a broker's door: one order, or a file of them, against a book on a market day.

What lives here: which files go into a check. What does not: any arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.book import Book, open_book
from rongheng.account.marks import mark
from rongheng.account.orders import Gate, Order, Verdict, check_order, open_gate
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
    lendable: Path | None = None  # security and quantity that the broker can lend
    net_capital_milli: int | None = None


def check_one(order: Order, against: Against, *, say: Say = lambda _: None) -> Verdict:
    """Return the verdict on one order; of the book only its account is read."""
    book = open_book(against.book, session=against.session, only=order.account_id)
    return check_order(_gate(book, against, say), order)


def _gate(book: Book, against: Against, say: Say) -> Gate:
    rulebook = Rulebook.load(*against.rules)
    day = MarketDay.read(against.day or day_beside(against.book))
    governed, policies = govern(book, day.session, policy=against.policy, rulebook=rulebook)
    say(f"mark {governed.layout.n_accounts:,} accounts on {day.session}")
    marks = mark(governed, day, policies)
    lendable = None if against.lendable is None else pl.read_csv(against.lendable, schema_overrides=_LENDABLE)
    return open_gate(marks, lendable=lendable, net_capital_milli=against.net_capital_milli, rulebook=rulebook)


_LENDABLE = {"security": pl.String(), "quantity": pl.Int64()}
