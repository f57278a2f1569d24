"""A broker of a few accounts, each all cash and owing an amount, marked by the production kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from rongheng.account.book import Book
from rongheng.account.marks.mark import mark
from rongheng.account.policy import PolicySet
from rongheng.basics.account_tables import BOOK_TABLES
from rongheng.basics.grades import Grade
from rongheng.basics.market_day import MarketDay
from rongheng.desk.calls.judging import Marked, marked
from rongheng.rulebook import Rulebook

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2025, 4, day) for day in (7, 8, 9, 10))
YUAN = 1_000
DEBT = 1_000_000  # yuan, of every account unless said otherwise


@dataclass(frozen=True)
class Contract:
    """One short contract of one share, so that it hardly counts."""

    account: str
    name: str
    due: date
    security: str = "600000.SH"


def book_of(
    assets: Mapping[str, int], session: date, *, policy: str = "illustrative", contracts: Sequence[Contract] = ()
) -> Book:
    """Return a book of accounts with these assets in yuan, who owe ``DEBT`` each and have every permission."""
    accounts = [
        {
            "account_id": account,
            "client_type": "individual",
            "policy": policy,
            "cash_milli": cash * YUAN,
            "other_debt_milli": DEBT * YUAN,
            "permissions": "star,chinext,bse",
        }
        for account, cash in assets.items()
    ]
    rows = [
        {
            "contract_id": contract.name,
            "account_id": contract.account,
            "kind": "short",
            "security": contract.security,
            "quantity": 1,
            "amount_milli": 1,
            "margin_ratio_bp": None,
            "opened": date(2024, 11, 4),
            "due": contract.due,
            "rate_ppm": 0,
            "interest_milli": 0,
        }
        for contract in contracts
    ]
    return Book.of(
        pl.DataFrame(accounts, schema_overrides={"cash_milli": pl.Int64}),
        pl.DataFrame(schema=BOOK_TABLES["positions"].schema),
        pl.DataFrame(rows, schema=BOOK_TABLES["contracts"].schema),
        session=session,
        source="the tests",
    )


def day_of(session: date, *, suspended: Sequence[str] = ()) -> MarketDay:
    """Return a market day of three shares, one on each exchange."""
    rows = [
        {
            "security": code,
            "board": board,
            "price_milli": 1,
            "haircut_cap_bp": 0,
            "suspended": code in suspended,
        }
        for code, board in (("600000.SH", "main"), ("000001.SZ", "main"), ("920002.BJ", "bse"))
    ]
    return MarketDay(session, pl.DataFrame(rows))


def together(first: Marked, second: Marked) -> Marked:
    """Return the marks of both brokers' accounts as those of one."""
    assert first.contracts is not None
    assert second.contracts is not None
    return replace(
        first,
        rows=pl.concat([first.rows, second.rows]),
        policies={**first.policies, **second.policies},
        contracts=pl.concat([first.contracts, second.contracts]),
    )


def marks_of(
    assets: Mapping[str, int],
    session: date,
    *,
    policy: str = "illustrative",
    contracts: Sequence[Contract] = (),
    suspended: Sequence[str] = (),
) -> Marked:
    """Return what a mark of that broker brings to the calls."""
    book, day = book_of(assets, session, policy=policy, contracts=contracts), day_of(session, suspended=suspended)
    rulebook = Rulebook.load()
    frame = mark(book, day, PolicySet.load(policy, session=session, rulebook=rulebook)).frame()
    name = f"{sorted(assets.items())} {contracts} {suspended}"
    return marked(frame, book, day, rulebook=rulebook, sha256=name, place="the tests", grade=Grade.SIMULATED)
