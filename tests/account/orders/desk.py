"""A small market and accounts for the tests of orders: everything that a test does not say is plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from rongheng.account.book import Book
from rongheng.account.marks import mark
from rongheng.account.orders import Gate, open_gate
from rongheng.account.policy import Policy, PolicySet
from rongheng.basics.account_tables import CONTRACTS, ORDERS, POSITIONS, RELATIONS
from rongheng.basics.market_day import MarketDay

SESSION = date(2026, 3, 2)
YUAN = 1_000
MAIN, STAR, CHINEXT, BSE, ETF = "600000.SH", "688001.SH", "300001.SZ", "920001.BJ", "510300.SH"
_BOARDS = {MAIN: "main", STAR: "star", CHINEXT: "chinext", BSE: "bse", ETF: "fund"}


def security(code: str, **changes: object) -> dict[str, object]:
    """A security at 10 yuan that may be financed and sold short, with a haircut of 70 %."""
    return {
        "security": code,
        "board": _BOARDS.get(code, "main"),
        "class": "etf" if code == ETF else "other_share",
        "price_milli": 10 * YUAN,
        "previous_close_milli": 10 * YUAN,
        "high_limit_milli": 11 * YUAN,
        "low_limit_milli": 9 * YUAN,
        "haircut_cap_bp": 7_000,
        "financing_allowed": True,
        "short_allowed": True,
    } | changes


def gate(
    account: Mapping[str, object] | None = None,
    *,
    market: list[dict[str, object]] | None = None,
    positions: Mapping[str, object] | None = None,
    contracts: list[dict[str, object]] | None = None,
    pending: list[dict[str, object]] | None = None,
    relations: list[dict[str, object]] | None = None,
    session: date = SESSION,
    policy: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Gate:
    """The gate of one account, ``A``, with 100,000 yuan of cash unless said otherwise."""
    own = {"account_id": "A", "client_type": "individual", "policy": "exchange_only", "cash_milli": 100_000 * YUAN}
    market = market or [security(code) for code in _BOARDS]
    day = MarketDay(session, pl.DataFrame(market, infer_schema_length=None))
    held = [{"account_id": "A", "security": code, **_position(value)} for code, value in (positions or {}).items()]
    owed = [
        {"contract_id": f"C{number}", "account_id": "A", "rate_ppm": 0, "due": session + timedelta(days=90)} | contract
        for number, contract in enumerate(contracts or [])
    ]
    waiting = [{"order_id": f"O{number}", "account_id": "A"} | order for number, order in enumerate(pending or [])]
    ties = [{"account_id": "A"} | tie for tie in relations or []]
    book = Book.of(
        pl.DataFrame([own | dict(account or {})]),
        pl.DataFrame(held, schema=POSITIONS.schema) if not held else pl.DataFrame(held),
        pl.DataFrame(owed, schema=CONTRACTS.schema) if not owed else pl.DataFrame(owed),
        session=session,
        orders=pl.DataFrame(waiting, schema=ORDERS.schema) if not waiting else pl.DataFrame(waiting),
        relations=pl.DataFrame(ties, schema=RELATIONS.schema) if not ties else pl.DataFrame(ties),
    )
    assert not book.problems.height, book.problems
    rules: Policy = PolicySet.load("exchange_only", session=session)["exchange_only"]
    return open_gate(mark(book, day, PolicySet.of(replace(rules, **dict(policy or {})))), **settings)


def _position(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {"quantity": value}
