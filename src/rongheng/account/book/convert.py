"""Keep a checked book on disk: as sorted Parquet tables for people, and in kernel form for the next start.

What lives here: both forms, written and read. What does not: checks; what is written here has passed them, and the
quarantined accounts are written beside it as Problems.

The kernel form is one NumPy file for each array, mapped into memory and read only where a mark touches it; names stand
beside them as Arrow IPC. ``book.json`` carries the sizes, so that a file of another book is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.book import Book
from rongheng.account.book.layout import NO_COST, Layout
from rongheng.account.book.numbers import SECURITIES
from rongheng.account.book.read import SCHEMA_VERSION
from rongheng.account.book.written import stamped
from rongheng.basics.account_tables import ACCOUNTS, BOOK_TABLES, CONTRACTS, OPTIONAL_TABLES, Kind
from rongheng.basics.code_changes import CODE_CHANGES, frame_of, rows_of
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.parts import write_parts

FORMAT = 3
_ROWS = 5_000_000  # positions that get their names at once
_NAMES = ("account_names", "contract_names", "problems", "securities", "orders", "relations")
_OWN_CODES = f"{CODE_CHANGES}.parquet"
_ARRAYS = tuple(field.name for field in fields(Layout))


def write_tables(book: Book, folder: Path | str) -> None:
    """Write a book as Parquet tables sorted by account, which ``read_book`` reads, with its Problems beside them.

    They are stamped as checked (``written.py``), so that reading them as they are does not check them again.
    Securities of positions are categories: other readers see text, and here no name is compared with any other again.
    """
    folder = _made(folder)
    _accounts(book).write_parquet(folder / "accounts.parquet")
    write_parts((part.collect() for part in _named_positions(book, SECURITIES)), folder / "positions.parquet")
    _contracts(book).write_parquet(folder / "contracts.parquet")
    book.orders.write_parquet(folder / "orders.parquet")
    book.relations.write_parquet(folder / "relations.parquet")
    book.problems.write_parquet(folder / "problems.parquet")
    _write_about(folder, book, {"schema_version": SCHEMA_VERSION} | stamped(folder, book))


def write_layout(book: Book, folder: Path | str) -> None:
    """Write a book in kernel form, which ``read_layout`` reads in no time."""
    folder = _made(folder)
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(book.layout, name))
    securities = pl.DataFrame({"security": book.securities})
    accounts = book.accounts.with_columns(pl.col("permissions").cast(pl.Categorical()))  # a few, many times over
    frames = (accounts, book.contracts, book.problems, securities, book.orders, book.relations)
    for name, frame in zip(_NAMES, frames, strict=True):
        frame.write_ipc(folder / f"{name}.arrow")
    sizes = [book.layout.n_accounts, book.layout.n_positions, book.layout.n_contracts]
    about = {"layout_format": FORMAT, "policies": list(book.policies), "rows_in": book.rows_in, "sizes": sizes}
    _write_about(folder, book, about)


def _made(folder: Path | str) -> Path:
    """Return the folder, made where it is not there; one that holds tables of another form is refused."""
    folder = Path(folder)
    texts = [f"{name}.csv" for name in BOOK_TABLES | OPTIONAL_TABLES if (folder / f"{name}.csv").exists()]
    if texts:
        raise UsageError(f"{folder} holds {texts[0]}, a table of another book. Name an empty folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "book.json").unlink(missing_ok=True)  # until it is written again, this is no book
    except OSError as refused:
        raise UsageError(f"The folder {folder} cannot be written to ({refused.strerror}). Name another.") from refused
    return folder


def tables_of(book: Book) -> dict[str, pl.DataFrame]:
    """Return a book as its tables by name; a large one is better written than held twice."""
    positions = pl.concat([part.collect() for part in _named_positions(book, pl.String())])
    return {"accounts": _accounts(book), "positions": positions, "contracts": _contracts(book)}


def is_layout(folder: Path) -> bool:
    """Say whether the folder holds a book in kernel form, of whatever version."""
    return (folder / f"{_ARRAYS[0]}.npy").exists() and "layout_format" in _read_about(folder / "book.json")


def read_layout(folder: Path | str) -> Book:
    """Return the book of a folder that ``write_layout`` made; its arrays stay on disk until they are touched.

    Raises
    ------
    UsageError
        The folder holds no book in kernel form.
    BookError
        A file is damaged or belongs to another book.
    """
    folder = Path(folder)
    about = _about(folder)
    try:
        layout = Layout(**{name: _mapped(folder / f"{name}.npy") for name in _ARRAYS})
        with ThreadPoolExecutor(len(_NAMES)) as readers:  # ids of accounts and of contracts take as long as each other
            frames = list(readers.map(lambda name: pl.read_ipc(folder / f"{name}.arrow"), _NAMES))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise BookError(f"{folder} is a damaged book: {error}. Convert the book again.") from error
    accounts, contracts, problems, securities, orders, relations = frames
    own = pl.read_parquet(folder / _OWN_CODES) if (folder / _OWN_CODES).exists() else frame_of(())
    sizes = [layout.n_accounts, layout.n_positions, layout.n_contracts]
    ends = [int(layout.starts[-1]), int(layout.contract_starts[-1])]
    if sizes != about["sizes"] or ends != sizes[1:] or [accounts.height, contracts.height] != sizes[::2]:
        raise BookError(f"{folder} holds {sizes} rows, book.json says {about['sizes']}. Convert the book again.")
    return Book(
        session=date.fromisoformat(about["session"]),
        interest_through=date.fromisoformat(about["interest_through"]),
        source=about["source"],
        accounts=accounts,
        contracts=contracts,
        policies=tuple(about["policies"]),
        securities=securities["security"],
        layout=layout,
        problems=problems,
        rows_in=about["rows_in"],
        grade=Grade(about.get("grade", Grade.OFFICIAL)),
        orders=orders,
        relations=relations,
        left_out=about.get("left_out", {}),
        own_codes=tuple(rows_of(own.iter_rows(named=True), own.columns, where=str(folder / _OWN_CODES))),
    )


def _mapped(path: Path) -> NDArray[Any]:
    """Return the array of a file, mapped copy-on-write.

    Nothing is ever written, but kernels are compiled for arrays that could be. An empty file cannot be mapped.
    """
    array = np.load(path, mmap_mode="c") if path.stat().st_size > 4_096 else np.load(path)
    return np.asarray(array)


def _write_about(folder: Path, book: Book, more: dict[str, Any]) -> None:
    if book.own_codes:
        frame_of(book.own_codes).write_parquet(folder / _OWN_CODES)
    about = more | {
        "session": book.session.isoformat(),
        "interest_through": book.interest_through.isoformat(),
        "source": book.source,
        "grade": book.grade.value,
        "left_out": dict(book.left_out),
    }
    (folder / "book.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "book.json"
    if not path.exists():
        raise UsageError(f"{folder} holds no kernel form: book.json is not there. Convert a book first.")
    about = _read_about(path)
    if about.get("layout_format") != FORMAT:
        found = about.get("layout_format")
        raise UsageError(f"{folder} is no book in kernel form {FORMAT} (found {found}). Convert the book first.")
    return about


def _read_about(path: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BookError(f"{path} is no JSON: {error}. Convert the book again.") from error
    return about


def _named_positions(book: Book, kind: pl.DataType) -> Iterator[pl.LazyFrame]:
    """Yield the positions with names, in parts, so that a large book needs no room for all of its names.

    ``kind`` is the type of the securities' names.
    """
    layout = book.layout
    step = max(_ROWS * layout.n_accounts // max(layout.n_positions, 1), 1)
    for first in range(0, max(layout.n_accounts, 1), step):
        yield _part(book, first, min(first + step, layout.n_accounts), kind)


def _part(book: Book, first: int, last: int, kind: pl.DataType) -> pl.LazyFrame:
    layout = book.layout
    low, high = layout.starts[[first, last]].tolist()
    owner = np.repeat(np.arange(first, last), np.diff(layout.starts[first : last + 1]))
    code = layout.code[low:high].astype(np.int64)
    cost = pl.Series(layout.costs(low, high))
    frame = pl.DataFrame(
        {
            "row": owner,
            "code": code,
            "quantity": layout.quantities(low, high),
            "available_quantity": layout.available(low, high),
            "in_transit_quantity": layout.in_transit(low, high),
            "cost_milli": cost.set(cost == NO_COST, None),
        }
    )
    names, securities = book.accounts["account_id"], book.securities.cast(kind)
    return frame.lazy().select(
        pl.col("row").map_batches(names.gather, return_dtype=pl.String()).alias("account_id"),
        pl.col("code").map_batches(securities.gather, return_dtype=kind).alias("security"),
        *frame.columns[2:],
    )


def _accounts(book: Book) -> pl.DataFrame:
    layout = book.layout
    kinds = ACCOUNTS.field("client_type").dtype
    in_layout = {name: pl.Series(getattr(layout, name)) for name in ACCOUNTS.schema if name in _ARRAYS[3:]}
    columns = {name: book.accounts[name] for name in book.accounts.columns}
    columns |= in_layout | {"client_type": pl.Series(layout.client).cat.to(kinds)}
    return pl.DataFrame({name: columns[name].cast(kind) for name, kind in ACCOUNTS.schema.items() if name in columns})


def _contracts(book: Book) -> pl.DataFrame:
    layout = book.layout
    pinned = pl.Series(layout.pinned_ratio_bp.astype(np.int64))
    columns = {
        "contract_id": book.contracts["contract_id"],
        "account_id": book.accounts["account_id"].gather(layout.contract_owner()),
        "kind": pl.Series(np.where(layout.is_short, Kind.SHORT.value, Kind.FINANCING.value), dtype=pl.String),
        "security": book.securities.gather(layout.contract_code.astype(np.int64)),
        "quantity": pl.Series(layout.contract_quantity),
        "amount_milli": pl.Series(layout.amount_milli),
        "margin_ratio_bp": pinned.set(pinned < 0, None),
        "opened": pl.Series(layout.opened),
        "due": pl.Series(layout.due),
        "rate_ppm": pl.Series(layout.rate_ppm),
        "interest_milli": pl.Series(layout.interest_milli),
    }
    return pl.DataFrame(columns).cast(CONTRACTS.dtypes)
