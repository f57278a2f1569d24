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


def lists(world: World, params: Mapping[str, str]) -> Document:
    """A page of the underlyings of a day in Beijing."""
    keys = {
        "rzbd": "is_financing_underlying",
        "rqbd": "is_short_underlying",
        "drkrz": "financing_allowed",
        "drkrq": "short_allowed",
    }
    day = date.fromisoformat(params["transDate"])
    found = world.lists[day, "BSE"] if day in world.sessions else {}
    rows = [
        {"zqdm": code, "zqjc": "证券", **{key: "NY"[flags[name]] for key, name in keys.items()}}
        for code, flags in found.items()
    ]
    return _page(rows, day, int(params["page"]), size=2)


def details(world: World, params: Mapping[str, str], *, size: int = 2) -> Document:
    """A page of the securities of a day in Beijing."""
    day = date.fromisoformat(params["transDate"])
    found = world.details[day, "BSE"] if day in world.sessions else {}
    rows: list[dict[str, Any]] = [
        {"zqdm": code, "zqjc": "证券", **{key: figures[name] for key, name in _FIGURES.items()}}
        for code, figures in found.items()
    ]
    return _page(rows, day, int(params["page"]), size=size)


def _page(rows: list[dict[str, Any]], day: date, number: int, *, size: int) -> Document:
    page = {
        "content": rows[number * size : (number + 1) * size],
        "totalPages": -(-len(rows) // size),
        "totalElements": len(rows),
        "number": number,
    }
    return [[page], day.isoformat()]
