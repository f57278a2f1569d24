"""The lenses beside margin trading: each read from the lake as a user asks for it."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from rongheng.market.indicators.contract import Reading
from rongheng.market.series import Frames, read
from rongheng.market.store import Lake


def basis(
    lake: Lake,
    *,
    product: str = "all",
    contracts: bool = False,
    events: bool = False,
    dividends: str = "expected",
    first: date | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Reading:
    """Return the basis of index futures: of the last session, or from a session on.

    Parameters
    ----------
    contracts : one row a contract instead of one a product
    events : of products, only the sessions on which a discount moved
    """
    name = "basis-contracts" if contracts else "basis"
    frame = Frames(lake, as_of=as_of, known_at=known_at)["futures"]
    reading = _since(read(name, frame, product=product, dividends=dividends), first, all_of_them=events)
    if events and not contracts:
        return Reading(reading.indicator, reading.rows.filter(pl.col("move").is_not_null()), reading.notes)
    return reading


def _since(reading: Reading, first: date | None, *, all_of_them: bool) -> Reading:
    """Return the rows from a session on; of the last session alone where none is named, or all of them."""
    if first is not None or all_of_them:
        return reading.between(first, None)
    last = reading.rows["session"].max()
    return reading.between(last if isinstance(last, date) else None, None)


def flows(
    lake: Lake,
    *,
    by: str = "index",
    stamp: str = "same",
    first: date | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Reading:
    """Return the net inflow into exchange-traded funds of the last session, or from a session on."""
    frame = Frames(lake, as_of=as_of, known_at=known_at)["funds"]
    return _since(read("flows", frame, by=by, stamp=stamp), first, all_of_them=False)


def by_session(reading: Reading, figure: str) -> list[dict[str, object]]:
    """Return one figure of grouped rows as a report prints it: one row a group, one column a session."""
    rows = reading.rows.pivot(on="session", index="group", values=figure, aggregate_function="first")
    return rows.sort("group").to_dicts()
