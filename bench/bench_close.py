"""The close of a large broker's book with everything on, against one mark of the same book.

One million accounts with about seven million positions stand for a large broker. Bar: once the book is loaded, a close
— book kept, marked, calls judged and written into the ledger, the lapsed planned, findings, dossier with its digests —
within 30 times its mark.

``CLOSE_ACCOUNTS`` takes a smaller book.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from time import perf_counter

from bench.measure import timed, verdict
from rongheng.account.book import write_layout
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.desk.closing.close import close_book
from rongheng.desk.closing.request import Request

MUST_BE_NAMED = True
ACCOUNTS = int(os.environ.get("CLOSE_ACCOUNTS", "1000000"))
SESSION = date(2026, 3, 2)
POLICY = "illustrative"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BAR = 30.0


def main() -> None:
    """Print the mark, the close, the ratio and what the steps take."""
    day = make_day(SESSION)
    book = make_book(Recipe(ACCOUNTS, seed=1, policy=POLICY), day)
    print(f"{book.layout.n_accounts:,} accounts, {book.layout.n_positions:,} positions")
    policies = PolicySet.load(POLICY, session=SESSION)
    alone = timed("one mark", lambda: mark(book, day, policies), runs=5)
    print(alone.line())
    folder = Path(tempfile.mkdtemp(prefix="close-"))
    try:
        write_layout(book, folder / "book")
        day.write(folder / "book" / "day")
        numbers = count()
        whole = timed("close", lambda: _close(folder, next(numbers)), runs=3)
        print(whole.line(alone))
        verdict("the close, in marks", whole.median / alone.median, BAR, at_most=True)
        _steps(folder, next(numbers))
    finally:
        shutil.rmtree(folder)


def _request(folder: Path, number: int) -> Request:
    return Request(
        book=folder / "book", session=SESSION, out=folder / f"dossier-{number}", ledger=str(folder / f"{number}.db")
    )


def _close(folder: Path, number: int) -> None:
    """Close the book into a dossier and a ledger of their own, which make room for the next run."""
    close_book(_request(folder, number), now=NOW, by="bench")
    shutil.rmtree(folder / f"dossier-{number}")


def _steps(folder: Path, number: int) -> None:
    """Print what each step takes."""
    marks: list[tuple[str, float]] = []
    close_book(_request(folder, number), now=NOW, by="bench", say=lambda phrase: marks.append((phrase, perf_counter())))
    ends = [at for _, at in marks[1:]] + [perf_counter()]
    for (phrase, begun), ended in zip(marks, ends, strict=True):
        print(f"  {phrase:<42} {ended - begun:8.3f} s")


if __name__ == "__main__":
    main()
