"""Lines that are fixed at one time of day and kept until it comes again (盘后确定、次日沿用的线).

What lives here: which row of moving lines a close fixed for each account of the next session's book. What does not:
deciding a row (``arithmetic.py``), and reading of earlier marks (``folder.py``).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.marks.columns import DECIDE_NOW
from rongheng.account.policy import Terms
from rongheng.basics.errors import UsageError


def fixed_rows_of(closed: pl.DataFrame, book: Book) -> NDArray[np.uint8]:
    """Return the row of lines that a close fixed for each indebted account of a later book.

    An account that was not marked then, or stood under another policy, is decided now; one that is gone is left out.

    Parameters
    ----------
    closed : the close's marks; account_id, policy and line_row are read
    book : the book that is marked now

    Returns
    -------
    uint8, shape (n_indebted,)
        What ``mark(..., fixed_rows=...)`` takes; DECIDE_NOW where nothing was fixed.

    Source
    ------
    definitions, dual-board share; broker.citic.moving_lines
    """
    now = book.accounts.select("account_id", "policy")[book.layout.indebted].cast({"policy": pl.String()})
    fixed = closed.select("account_id", "policy", "line_row")
    rows = now.join(fixed, on=["account_id", "policy"], how="left", maintain_order="left")["line_row"]
    return rows.fill_null(DECIDE_NOW).cast(pl.UInt8()).to_numpy()


def require_rows(fixed: NDArray[np.uint8], book: Book, terms: Terms) -> None:
    """Raise ``UsageError`` unless there is a row of the account's own policy for each indebted account."""
    indebted = book.layout.indebted
    if fixed.dtype != np.uint8 or fixed.shape != indebted.shape:
        raise UsageError(
            f"The fixed rows of lines are {fixed.dtype} {fixed.shape}; expected uint8 {indebted.shape}, one for each "
            "indebted account. Take them from fixed_rows_of."
        )
    most = terms.row_count[book.layout.policy[indebted].astype(np.int64)]
    wrong = np.flatnonzero((fixed != DECIDE_NOW) & (fixed > most))
    if len(wrong):
        account = book.accounts["account_id"][int(indebted[wrong[0]])]
        raise UsageError(
            f"Account {account} has row {fixed[wrong[0]]} of lines fixed, and its policy has {most[wrong[0]]} rows. "
            "The policy has changed since the close; mark that day again."
        )
