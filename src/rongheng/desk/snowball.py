"""Snowballs at the desk: which files go into a valuation, and what is told of those that cannot be valued.

What lives here: files and markets put together. What does not: any arithmetic (``market.derivatives.snowball``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from rongheng.basics.errors import BookError
from rongheng.market.derivatives.snowball import (
    Contracts,
    Discounting,
    Simulated,
    SnowballMarket,
    check_contracts,
    read_contracts,
    read_market,
    simulate,
)
from rongheng.market.derivatives.snowball.sensitivities import priced


@dataclass(frozen=True)
class Opened:
    """Contracts of a file, checked against a market."""

    contracts: Contracts
    market: SnowballMarket


def open_snowballs(contracts: Path, market: Path, *, discounting: Discounting | None = None) -> Opened:
    """Read contracts and their market; ``discounting`` replaces the market file's convention.

    Raises
    ------
    BookError
        No contract can be valued.
    """
    found = read_market(market)
    if discounting is not None:
        found = replace(found, discounting=discounting)
    checked = check_contracts(read_contracts(contracts), found, where=str(contracts))
    if not checked.frame.height:
        raise BookError(f"{contracts}: no contract can be valued. {_first(checked.problems)}")
    return Opened(checked, found)


def price_snowballs(opened: Opened) -> pl.DataFrame:
    """Return worth and slopes of every contract."""
    return priced(opened.contracts.frame, opened.market)


def simulate_snowballs(opened: Opened, *, paths: int, seed: int) -> list[Simulated]:
    """Return every contract's simulated worth and delta, in their order."""
    frame = opened.contracts.frame
    return [simulate(frame[row], opened.market, paths=paths, seed=seed) for row in range(frame.height)]


def _first(problems: pl.DataFrame) -> str:
    if not problems.height:
        return "The file has no rows; add some."
    row = problems.row(0, named=True)
    return f"Row {row['row']}, {row['column']}: {row['found']} {row['reason_en']}. Mend it."
