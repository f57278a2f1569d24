"""A book calls every security by the code of its session, whatever the tables called it (证券代码变更).

What lives here: renaming of tables that come in, which is told row by row, and of a book that goes on to a later
session. What does not: which code became which (``basics.code_changes``).

Nothing but the code changes: contracts go on under the new one, and how long shares have been held is counted on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.book import RENAMED, Book
from rongheng.account.book.layout import CONTRACT_ARRAYS, Layout, owners, side_tables_in_order
from rongheng.basics.errors import BookError

_CODE_BITS: Final = 16


def named_on(book: Book, session: date) -> Book:
    """Return the book with the codes that its securities have on a session; the same book where none is another.

    Raises
    ------
    BookError
        Two securities of the book would have one code.
    """
    called = book.code_changes.on(session)
    if not any(name in called for name in book.securities):
        return book
    names = book.securities.replace(called)
    if names.is_duplicated().any():
        twice = names.filter(names.is_duplicated())[0]
        raise BookError(f"The book of {book.session} has {twice} under two codes. Mend its table of code changes.")
    order = names.arg_sort()
    moved = np.empty(len(names), dtype=np.uint16)
    moved[order.to_numpy()] = np.arange(len(names))
    layout = replace(book.layout, code=moved[book.layout.code], contract_code=moved[book.layout.contract_code])
    in_order, contracts = _in_order(layout)
    renamed = pl.col("security").replace(called)
    return replace(
        book,
        securities=names.gather(order),
        layout=in_order,
        contracts=book.contracts[contracts],
        orders=book.orders.with_columns(renamed),
        relations=book.relations.with_columns(renamed).sort("account_id", "security", "person"),
        renamed=pl.concat([book.renamed, *_told(book, called)]),
    )


def _told(book: Book, called: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Yield for each table how many of its rows have another code now."""
    layout, names = book.layout, pl.DataFrame({"code": book.securities})
    for table, codes in (("positions", layout.code), ("contracts", layout.contract_code)):
        counted = names.with_columns(rows=np.bincount(codes, minlength=names.height))
        yield _rows_told(table, counted, called)
    for table, frame in (("orders", book.orders), ("relations", book.relations)):
        yield _rows_told(
            table, frame["security"].drop_nulls().value_counts(name="rows").rename({"security": "code"}), called
        )


def _rows_told(table: str, counted: pl.DataFrame, called: Mapping[str, str]) -> pl.DataFrame:
    moved = counted.filter(pl.col("code").is_in(list(called)) & (pl.col("rows") > 0)).sort("code")
    told = moved.select(table=pl.lit(table), code="code", read_as=pl.col("code").replace(called), rows="rows")
    return told.cast(pl.Schema(RENAMED))


def _in_order(layout: Layout) -> tuple[Layout, NDArray[np.int64]]:
    """Return the layout with positions and contracts where their new codes belong, and where each contract stood."""
    owner = owners(layout.starts, np.arange(layout.n_positions))
    order = np.argsort(owner << _CODE_BITS | layout.code, kind="stable")
    side = side_tables_in_order(vars(layout), order)
    # By contract id where all else is the same: so they stand already, and the sort is stable.
    contracts = np.lexsort((layout.opened, layout.contract_code, layout.is_short, layout.contract_owner()))
    by_contract: dict[str, Any] = {name: getattr(layout, name)[contracts] for name in CONTRACT_ARRAYS}
    code, quantity = layout.code[order], layout.quantity[order]
    return replace(layout, code=code, quantity=quantity, **by_contract, **side), contracts
