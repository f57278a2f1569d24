"""What clients paid, from the ledger into the next session's book, each payment once.

What lives here: which payments a book holds already. What does not: what a payment does to a book
(``account.liquidation.paid``).

A book that the desk has written says beside its tables up to which event of the ledger it holds payments; whatever was
written down later, or paid after its session, is still to come. A book from elsewhere holds what was paid up to the end
of its session; of other collateral, which counters do not know, it holds what its column says, and where that says
nothing the ledger's value is laid in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.book import Book
from rongheng.account.calls import Kind, moment
from rongheng.account.liquidation.paid import PAYMENTS, PaidIn, pay_in
from rongheng.account.policy import Policy
from rongheng.basics.errors import BookError
from rongheng.desk.ledger import Ledger, Reading

HELD: Final = "payments.json"  # beside a book's tables
REPORT: Final = "payments_report.parquet"
_AMOUNTS: Final = ("cash_milli", "repay_milli", "collateral_milli")


@dataclass(frozen=True)
class Brought:
    """A book with its payments, and the last event of the ledger that was looked at."""

    paid: PaidIn
    through: int

    def write(self, folder: Path) -> None:
        """Leave beside the book's tables what came in, and how far the ledger was read."""
        self.paid.report.write_parquet(folder / REPORT)
        (folder / HELD).write_text(json.dumps({"through": self.through}) + "\n", encoding="utf-8")


def bring_in(
    book: Book,
    ledger: Ledger,
    policies: dict[str, Policy],
    *,
    since: date,
    held_through: int | None,
    before_commit: int | None = None,
) -> Brought:
    """Return the book, carried to its session, with every payment up to that session's end that it does not hold.

    Parameters
    ----------
    since : the session of the book before it was carried
    held_through : the last event whose payments that book holds; ``None`` for a book from elsewhere
    before_commit : only what the ledger said before it; ``None`` means all
    """
    with ledger.reading("Reading payments") as now:
        last = now.head().last_sequence if before_commit is None else now.last_event_before(before_commit)
        events = _payments(now, book.session, last)
    new = pl.col("moment") > moment(since)
    if held_through is not None:
        new = new | (pl.col("sequence") > held_through)
    day, amounts = pl.col("moment").dt.date().alias("day"), pl.col(_AMOUNTS).fill_null(0)
    to_pay = events.filter(new).select("account_id", day, amounts)
    if held_through is None:
        to_pay = pl.concat([_laid_in(book, events.filter(~new), since), to_pay.select(list(PAYMENTS))])
    return Brought(pay_in(book, to_pay.select(list(PAYMENTS)), policies), last)


def held_through(where: Path) -> int | None:
    """Return the last event of the ledger whose payments a book holds; ``None`` for a book from elsewhere."""
    path = where / HELD
    if not path.exists():
        return None
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["through"])
    except (ValueError, KeyError, TypeError) as error:
        raise BookError(f"{path} does not say which payments the book holds: {error}. Carry the book again.") from error


def _payments(now: Reading, session: date, last: int) -> pl.DataFrame:
    return now.history(kinds=[Kind.PAID], until=moment(session)).filter(pl.col("sequence") <= last)


def _laid_in(book: Book, events: pl.DataFrame, since: date) -> pl.DataFrame:
    """Return other collateral that the ledger knows and the book says nothing of, as one payment of its session."""
    if events.is_empty():
        return pl.DataFrame(schema=PAYMENTS)
    silent = book.accounts.select("account_id").filter(book.layout.other_collateral_milli == 0)
    posted = events.group_by("account_id").agg(pl.col("collateral_milli").sum())
    there = posted.filter(pl.col("collateral_milli") != 0).join(silent, on="account_id", how="semi")
    return there.select(
        "account_id",
        "collateral_milli",
        day=pl.lit(since),
        cash_milli=pl.lit(0, dtype=pl.Int64()),
        repay_milli=pl.lit(0, dtype=pl.Int64()),
    ).select(list(PAYMENTS))
