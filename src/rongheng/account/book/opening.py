"""Open a book in whatever form it lies on disk: tables of any kind, or the kernel form.

What lives here: telling the forms apart, and reading one account of a large book alone. What does not: the forms
(``read.py``, ``convert.py``).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rongheng.account.book.book import Book
from rongheng.account.book.convert import is_layout, read_layout
from rongheng.account.book.read import read_book
from rongheng.basics.errors import UsageError


def open_book(path: Path | str, *, session: date | None = None, only: str | None = None) -> Book:
    """Return the book of a folder of tables, a folder in kernel form, or a workbook.

    Parameters
    ----------
    session : the book's date, where the book does not say it
    only : an account; the book of it alone is returned, with the checks that need no other account

    Raises
    ------
    UsageError, BookError
        The path is not there, is no book, or is damaged; ``only`` is not in it.
    """
    if not is_layout(Path(path)):
        book = read_book(path, session=session, only=only)
    else:
        book = read_layout(path)
        if session not in (None, book.session):
            raise UsageError(f"{path} is the book of {book.session}, not of {session}. Leave the date out.")
    if only is None:
        return book
    row = book.row_of(only)
    return book.between(row, row + 1)
