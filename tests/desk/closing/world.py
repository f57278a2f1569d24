"""A broker of three accounts in one share, under Guosen's terms, over days whose price is given.

Each holds 20,000 shares and owes in fees, so that every ratio is one division: 20,000 × price / debt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from rongheng.account.book import Book, write_tables
from rongheng.basics.account_tables import CONTRACTS
from rongheng.basics.market_day import MarketDay
from rongheng.desk.closing.close import Closed, close_book
from rongheng.desk.closing.request import Request

MONDAY, TUESDAY, WEDNESDAY = (date(2025, 4, day) for day in (7, 8, 9))
NOW = datetime(2025, 4, 7, 12, 0, tzinfo=UTC)
YUAN = 1_000
SHARE = "600000.SH"
DEBTS: Mapping[str, int] = {"A-1": 180_000, "A-2": 180_000, "A-3": 90_000}  # yuan
SHARES = 20_000


def write_book(folder: Path, session: date = MONDAY) -> Path:
    accounts = [
        {"account_id": name, "client_type": "individual", "policy": "guosen", "cash_milli": 0}
        | {"other_debt_milli": debt * YUAN, "permissions": "star"}
        for name, debt in DEBTS.items()
    ]
    positions = [{"account_id": name, "security": SHARE, "quantity": SHARES} for name in DEBTS]
    book = Book.of(
        pl.DataFrame(accounts), pl.DataFrame(positions), pl.DataFrame(schema=CONTRACTS.schema), session=session
    )
    write_tables(book, folder)
    return folder


def write_day(folder: Path, session: date, price_milli: int, *, at_low_limit: bool = False) -> Path:
    row = {"security": SHARE, "board": "main", "price_milli": price_milli, "haircut_cap_bp": 7_000}
    row |= {"average_amount_milli": 10**10, "low_limit_milli": price_milli if at_low_limit else price_milli // 2}
    MarketDay(session, pl.DataFrame([row])).write(folder)
    return folder


def request(folder: Path, session: date, *, book: Path, out: str = "", ledger: str = "ledger.db") -> Request:
    out = out or f"dossier-{session}"
    return Request(
        book=book, day=folder / f"day-{session}", session=session, out=folder / out, ledger=str(folder / ledger)
    )


def close(asked: Request) -> Closed:
    return close_book(asked, now=NOW, by="Wang")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a dossier."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def figures(closed: Closed) -> dict[str, tuple[int, int | None]]:
    """Return accounts and amount of each figure, in yuan."""
    return {
        row["figure"]: (row["accounts"], None if row["amount_milli"] is None else row["amount_milli"] // YUAN)
        for row in closed.figures
    }
