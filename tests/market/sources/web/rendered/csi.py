"""The index companies, and a portal's quotes: bars of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rongheng.basics.ids import indices
from tests.market.sources.web.world import YI, Document, World


def csi_bars(world: World, params: Mapping[str, str]) -> Document:
    """Bars of an index."""
    first, last = (date.fromisoformat(params[name]) for name in ("startDate", "endDate"))
    code = params["indexCode"]
    key = next(index.key for index in indices().values() if index.code.partition(".")[0] == code)
    rows = [_csi_row(code, day, world.bars[day, key]) for day in world.sessions if first <= day <= last]
    return {"code": "200", "msg": "Success", "success": True, "data": rows}


def _csi_row(code: str, day: date, bar: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        "tradeDate": f"{day:%Y%m%d}",
        "indexCode": code,
        "indexNameCn": "指数",
        "indexNameEn": "index",
        **{name: float(value) for name, value in bar.items()},
        "consNumber": 300.0,
        "peg": 12.3,
    }


def cni_bars(world: World, params: Mapping[str, str]) -> Document:
    """Bars of an index of Shenzhen, newest first, under a header of their own."""
    first, last = (date.fromisoformat(params[name]) for name in ("startDate", "endDate"))
    code = params["indexCode"]
    key = next(index.key for index in indices().values() if index.code.partition(".")[0] == code)
    days = [day for day in reversed(world.sessions) if first <= day <= last]
    bars = [_of_cni(day, world.bars[day, key]) for day in days]
    if not bars:
        return _no_bars()
    data = {"indexCode": code, "indexName": "指数", "item": list(bars[0]), "data": [[*bar.values()] for bar in bars]}
    return {"code": 200, "message": "success", "total": len(bars), "data": data}


def _no_bars() -> Document:
    return {"code": 200, "message": "success", "total": 0, "data": {"indexCode": None, "item": [], "data": []}}


def _of_cni(day: date, bar: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        "timestamp": day.isoformat(),
        "current": float(bar["close"]),
        "high": float(bar["high"]),
        "open": float(bar["open"]),
        "low": float(bar["low"]),
        "close": float(bar["close"]),
        "chg": 1.23,
        "percent": "0.12%",
        "amount": float(bar["tradingValue"]) / 3,  # of the members alone
        "volume": float(bar["tradingVol"]) / 3,
        "avg": None,
    }


def quotes(world: World, params: Mapping[str, str]) -> Document:
    """Bars of an index, each a text whose parts stand in the order that was asked for."""
    first, last = (date.fromisoformat(params[name]) for name in ("beg", "end"))
    _, code = params["secid"].split(".")
    key = next(index.key for index in indices().values() if index.code.partition(".")[0] == code)
    days = [day for day in world.sessions if first <= day <= last]
    bars = [_quoted(day, world.bars[day, key], params["fields2"].split(",")) for day in days]
    data = {"code": code, "market": 1, "name": "指数", "decimal": 2, "klines": bars} if bars else None
    return {"rc": 0, "rt": 17, "data": data}


def _quoted(day: date, bar: Mapping[str, Decimal], fields: Sequence[str]) -> str:
    parts = {
        "f51": day.isoformat(),
        "f52": str(bar["open"]),
        "f53": str(bar["close"]),
        "f54": str(bar["high"]),
        "f55": str(bar["low"]),
        "f56": str(int(bar["tradingVol"] * 10_000)),  # hundreds of shares
        "f57": f"{bar['tradingValue'] * YI:.2f}",
    }
    return ",".join(parts[field] for field in fields)
