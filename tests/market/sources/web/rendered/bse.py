"""The Beijing Stock Exchange: calls with JSON inside, but for their dates in single quotes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.market.sources.web.world import Document, World

_FIGURES = {
    "rzye": "financing_balance",
    "rzmre": "financing_buys",
    "rqyl": "short_shares",
    "rqye": "short_balance",
    "rqmcl": "short_sold_shares",
    "rzrqye": "margin_balance",
}


def margin(world: World, params: Mapping[str, str]) -> Document:
    """Beijing's margin summary of a day."""
    day = date.fromisoformat(params["transDate"])
    rows = []
    if day in world.sessions:
        figures = world.balances[day, "BSE"]
        rows = [{key: figures[name] for key, name in _FIGURES.items()} | {"rzyeRound": "60.00", "rqyeRound": "0.30"}]
    return [rows, day.isoformat()]


def details(world: World, params: Mapping[str, str], *, size: int = 2) -> Document:
    """A page of the securities of a day in Beijing."""
    day, number = date.fromisoformat(params["transDate"]), int(params["page"])
    found = world.details[day, "BSE"] if day in world.sessions else {}
    rows: list[dict[str, Any]] = [
        {"zqdm": code, "zqjc": "证券", **{key: figures[name] for key, name in _FIGURES.items()}}
        for code, figures in found.items()
    ]
    page = {
        "content": rows[number * size : (number + 1) * size],
        "totalPages": -(-len(rows) // size),
        "totalElements": len(rows),
        "number": number,
    }
    return [[page], day.isoformat()]
