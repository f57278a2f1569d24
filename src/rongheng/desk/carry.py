"""Between two sessions: a book carried over corporate actions and payments, with what it holds said beside its tables.

What lives here: which files belong together. What does not: what an action does (``account.book``), and which payments
a book holds (``payments.py``).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.account.book import Book, Carried, actions_of, carry, read_actions, write_layout, write_tables
from rongheng.account.book.read import read_table
from rongheng.basics.account_tables import PROBLEMS
from rongheng.basics.errors import UsageError
from rongheng.desk.books import find_book, govern
from rongheng.desk.ledger import Ledger
from rongheng.desk.payments import HELD, Brought, bring_in, held_through
from rongheng.rulebook import Rulebook

ENTITLEMENTS = "entitlements.parquet"  # beside a book's tables
REPORT = "actions_report.parquet"


@dataclass(frozen=True)
class CarriedBook:
    """What became of a book, how many of the file's actions fell between the two sessions, and what was paid in."""

    carried: Carried
    actions: int = 0
    done: int = 0
    brought: Brought | None = None  # None: no ledger was given

    @property
    def book(self) -> Book:
        """The book on its new session, with everything in it."""
        return self.carried.book

    def write(self, folder: Path, *, kernel: bool) -> None:
        """Write the book, and beside its tables what is on its way, what changed, and which payments it holds."""
        (write_layout if kernel else write_tables)(self.book, folder)
        self.carried.entitlements.write_parquet(folder / ENTITLEMENTS)
        self.carried.report.write_parquet(folder / REPORT)
        if self.brought is not None:
            self.brought.write(folder)


def carry_book(
    where: str,
    out: Path,
    *,
    to: date,
    actions: Path | None = None,
    subscriptions: Path | None = None,
    entitlements: Path | None = None,
    ledger: Ledger | None = None,
    policy: str | None = None,
    rules: Sequence[Path] = (),
    kernel: bool = False,
    session: date | None = None,
    queries: Mapping[str, str] | None = None,
) -> CarriedBook:
    """Carry a book over actions and payments and write it, with what is on its way, what changed and the Problems.

    Parameters
    ----------
    entitlements : what an earlier carrying left on its way; the file beside the book's tables unless given
    ledger : what clients have paid since comes into the book from it
    policy : every account's, whatever the book names, for the order of repayments
    """
    if Path(where).resolve() == out.resolve():
        raise UsageError(f"--out {out} is the book itself; a book of one session is kept. Name another folder.")
    book = find_book(where, session=session, queries=queries)
    carried = carried_book(book, where, to=to, actions=actions, subscriptions=subscriptions, entitlements=entitlements)
    if ledger is not None:
        carried = with_payments(carried, where, ledger, since=book.session, policy=policy, rules=rules)
    carried.write(out, kernel=kernel)
    return carried


def carried_book(
    book: Book,
    where: str,
    *,
    to: date,
    actions: Path | None = None,
    subscriptions: Path | None = None,
    entitlements: Path | None = None,
) -> CarriedBook:
    """Return a book carried to a later session, with what was on its way beside its tables."""
    read, problems = ([], _no_problems()) if actions is None else actions_of(read_actions(actions), where=str(actions))
    wanted = None if subscriptions is None else read_table(subscriptions)
    carried = carry(book, read, to=to, entitlements=_coming(where, entitlements), subscriptions=wanted)
    carried = replace(carried, problems=pl.concat([problems, carried.problems]))
    return CarriedBook(carried, len(read), sum(book.session < action.ex_date <= to for action in read))


def with_payments(
    carried: CarriedBook,
    where: str,
    ledger: Ledger,
    *,
    since: date,
    policy: str | None,
    rules: Sequence[Path],
    before_commit: int | None = None,
) -> CarriedBook:
    """Return the carried book with what clients have paid; ``since`` is the session of the book before."""
    book, rulebook = carried.book, Rulebook.load(*rules)
    _, policies = govern(book, book.session, policy=policy, rulebook=rulebook)
    by_name = dict.fromkeys(book.policies, policies[policy]) if policy else dict(policies)
    held = held_through(Path(where))
    brought = bring_in(book, ledger, by_name, since=since, held_through=held, before_commit=before_commit)
    paid = brought.paid
    problems = pl.concat([carried.carried.problems, paid.problems])
    return replace(carried, carried=replace(carried.carried, book=paid.book, problems=problems), brought=brought)


def keep_beside(book: Path, out: Path) -> None:
    """Lay beside a book of the same session what an earlier one holds: what is on its way, and which payments."""
    for name in (ENTITLEMENTS, HELD):
        if (book / name).exists():
            shutil.copyfile(book / name, out / name)


def _no_problems() -> pl.DataFrame:
    return pl.DataFrame(schema=PROBLEMS.schema)


def _coming(where: str, stated: Path | None) -> pl.DataFrame | None:
    beside = Path(where) / ENTITLEMENTS
    if stated is None and not beside.exists():
        return None
    return read_table(stated or beside)
