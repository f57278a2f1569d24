"""Tables that a checked book was written as are read back without checking them again.

What lives here: the stamp that says so, and the short way of reading. What does not: the tables (``convert.py``), and
the long way, which every other table goes (``read.py``).

The stamp in ``book.json`` has the digest of every file and of the checks. Where a file was touched, a table was added,
or a check has changed since, it does not hold, and the book goes the long way: both give the same book.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rongheng.account.book.book import Book, assembled
from rongheng.account.book.check import NO_PROBLEMS, all_checks
from rongheng.account.book.numbers import ACCOUNT, CODE, SECURITIES, category_numbers, codes_of, occurring
from rongheng.account.book.positions import Side, joined, stored_of
from rongheng.basics.account_tables import BOOK_TABLES, CONTRACTS, OPTIONAL_TABLES, POSITIONS
from rongheng.basics.code_changes import code_changes
from rongheng.basics.digests import sha256_of_each

_SUFFIX = ".parquet"
_TABLES = (*BOOK_TABLES, *OPTIONAL_TABLES)
_ROWS, _CODES = "rows", "codes"  # beside the tables: how many rows each account has, and which securities have codes
_COLUMNS = tuple(name for name in POSITIONS.schema if name != "account_id")
_OF_CONTRACTS = [name for name in CONTRACTS.schema if name != "account_id"]


def stamped(folder: Path, book: Book) -> dict[str, Any]:
    """Write what stands beside the tables of a book in a folder, and return the stamp for its book.json."""
    layout = book.layout
    contracts = np.zeros(layout.n_accounts, dtype=np.uint32)
    contracts[layout.indebted] = np.diff(layout.contract_starts)
    held = np.diff(layout.starts).astype(np.uint32)
    pl.DataFrame({"positions": held, "contracts": contracts}).write_parquet(_file(folder, _ROWS))
    is_used = occurring((layout.code, layout.contract_code), len(book.securities))
    book.securities.filter(is_used).to_frame("security").write_parquet(_file(folder, _CODES))
    files = [_file(folder, name) for name in (*_TABLES, _ROWS, _CODES)]
    digests = dict(zip((file.name for file in files), sha256_of_each(files), strict=True))
    return {"checks": _digest_of_checks(), "files": digests}


def holds(about: Mapping[str, Any], tables: Mapping[str, Path]) -> bool:
    """Say whether these tables (by name) are, to the byte, those that a checked book was written as.

    Parameters
    ----------
    about : what book.json says
    """
    digests = about.get("files")
    if not isinstance(digests, dict) or about.get("checks") != _digest_of_checks():
        return False
    folder = next(iter(tables.values())).parent
    files = [*tables.values(), _file(folder, _ROWS), _file(folder, _CODES)]
    if {file.name for file in files} != set(digests) or not all(file.exists() for file in files):
        return False
    return sha256_of_each(files) == [digests[file.name] for file in files]


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}{_SUFFIX}"


def _digest_of_checks() -> str:
    """Return a digest of what the checks of today look at and say."""
    said = (f"{check.code} {check.column} {check.broken} {check.reason}" for check in all_checks(date.min))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def read_written(folder: Path, session: date, **beside: Any) -> Book | None:
    """Return the book of a folder whose stamp holds; None where a security of it is called otherwise by now.

    Parameters
    ----------
    session : the book's date
    beside : the other fields of a book that its tables do not say
    """
    names = pl.read_parquet(_file(folder, _CODES))["security"]
    if names.is_in(list(code_changes().on(session))).any():
        return None
    securities = names.cast(SECURITIES)
    rows = pl.read_parquet(_file(folder, _ROWS))
    with ThreadPoolExecutor(1) as beside_us:
        positions = beside_us.submit(
            _positions, _file(folder, POSITIONS.name), int(rows["positions"].sum()), securities
        )
        accounts, orders, relations = (pl.read_parquet(_file(folder, name)) for name in ("accounts", *OPTIONAL_TABLES))
        contracts = _contracts(_file(folder, CONTRACTS.name), rows["contracts"], securities)
    return assembled(
        accounts,
        rows["positions"].to_numpy(),
        positions.result(),
        contracts,
        names,
        orders=orders,
        relations=relations,
        session=session,
        problems=NO_PROBLEMS,
        rows_in=rows.height,
        left_out=dict.fromkeys(BOOK_TABLES, 0),
        **beside,
    )


def _contracts(path: Path, of_each: pl.Series, securities: pl.Series) -> pl.DataFrame:
    """Return the contracts with the numbers of their account and their security; each account has so many."""
    frame = pl.read_parquet(path, columns=_OF_CONTRACTS)
    code = codes_of(category_numbers(frame["security"].cast(SECURITIES)), securities)
    owner = np.repeat(np.arange(len(of_each)), of_each.to_numpy())
    return frame.with_columns(pl.Series(ACCOUNT, owner), pl.Series(CODE, code))


def _positions(path: Path, count: int, securities: pl.Series) -> dict[str, Any]:
    """Return the arrays of a table of ``count`` positions as the layout has them."""
    code, quantity = np.empty(count, dtype=np.uint16), np.empty(count, dtype=np.int32)
    sides: list[Side] = []
    before = 0
    for part in pl.scan_parquet(path).select(_COLUMNS).collect_batches(maintain_order=True):
        here = slice(before, before + part.height)
        code[here] = codes_of(category_numbers(part["security"]), securities)
        quantity[here], side = stored_of(part, before)
        sides.append(side)
        before = here.stop
    return {"code": code, "quantity": quantity, **joined(sides)}
