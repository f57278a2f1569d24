"""The data centre: account statistics, balances and float caps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rongheng.market.sources.web.portal_members import NUMBERS
from tests.market.sources.web.rendered.members import codes_of
from tests.market.sources.web.world import Document, World


def portal(world: World, params: Mapping[str, str], *, clamp: int = 500) -> Document:
    """The data centre's answer; it gives ``clamp`` rows a page whatever was asked for."""
    if params["reportName"] == "RPT_VALUEANALYSIS_DET":
        return _valuations(world, params, clamp=clamp)
    if params["reportName"] == "RPT_INDEX_TS_COMPONENT":
        return _members(world, params, clamp=clamp)
    if params["reportName"] == "RPTA_WEB_RZRQ_GGMX":
        return _details(world, params, clamp=clamp)
    days = _asked_for(world, params)
    render = {"RPTA_WEB_MARGIN_DAILYTRADE": _account_row, "RPTA_RZRQ_LSDB": _wide_row}[params["reportName"]]
    if not days:
        return {"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201}
    return _page([render(world, day) for day in days], params, clamp=clamp)


def _asked_for(world: World, params: Mapping[str, str]) -> list[date]:
    """The sessions between the two days of the filter, or all, newest first, where there is none."""
    if "filter" not in params:
        return list(reversed(world.sessions))
    first, last = (date.fromisoformat(part.split("'")[1]) for part in params["filter"].strip("()").split(")("))
    return [day for day in world.sessions if first <= day <= last]


def _page(rows: list[dict[str, Any]], params: Mapping[str, str], *, clamp: int) -> Document:
    size, number = min(clamp, int(params["pageSize"])), int(params["pageNumber"])
    shown = rows[(number - 1) * size : number * size]
    result = {"pages": -(-len(rows) // size), "data": shown, "count": len(rows)}
    return {"version": "0", "result": result, "success": True, "message": "ok", "code": 0}


def _details(world: World, params: Mapping[str, str], *, clamp: int) -> Document:
    """Every security of all exchanges on a session."""
    day = date.fromisoformat(params["filter"].split("'")[1])
    if day not in world.sessions:
        return {"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201}
    rows = [
        {
            "DATE": f"{day} 00:00:00",
            "SCODE": code,
            "SECNAME": "证券",
            "MARKET": "融资融券",
            **{key: figures[name] for key, name in _SECURITY.items()},
            "RZJME": figures["financing_buys"] - figures["financing_repaid"],
        }
        for market in ("SSE", "SZSE", "BSE")
        for code, figures in world.details[day, market].items()
    ]
    return _page(sorted(rows, key=lambda row: str(row["SCODE"])), params, clamp=clamp)


def _members(world: World, params: Mapping[str, str], *, clamp: int) -> Document:
    """The members of the index that the portal has a number for."""
    number = params["filter"].split('"')[1]
    key = next(key for key, known in NUMBERS.items() if known == number)
    rows = [
        {
            "SECUCODE": code,
            "SECURITY_CODE": code[:6],
            "TYPE": number,
            "SECURITY_NAME_ABBR": "证券",
            "CLOSE_PRICE": 12.34,
            "INDUSTRY": "行业",
            "WEIGHT": 0.1,
        }
        for code in codes_of(key)
    ]
    return _page(rows, params, clamp=clamp)


_SECURITY = {
    "RZYE": "financing_balance",
    "RZMRE": "financing_buys",
    "RZCHE": "financing_repaid",
    "RQYE": "short_balance",
    "RQYL": "short_shares",
    "RQMCL": "short_sold_shares",
    "RQCHL": "short_returned_shares",
    "RZRQYE": "margin_balance",
}


def _valuations(world: World, params: Mapping[str, str], *, clamp: int) -> Document:
    """Valuations of every share on a session."""
    day = date.fromisoformat(params["filter"].split("'")[1])
    if day not in world.sessions:
        return {"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201}
    rows = [
        {
            "TRADE_DATE": f"{day} 00:00:00",
            "SECURITY_CODE": code,
            "SECURITY_NAME_ABBR": "证券",
            **{key: float(value) for key, value in figures.items()},
        }
        for code, figures in sorted(world.valuations[day].items())
    ]
    return _page(rows, params, clamp=clamp)


def _account_row(world: World, day: date) -> dict[str, Any]:
    figures = world.accounts[day]
    return {
        "STATISTICS_DATE": f"{day} 00:00:00",
        **{name: float(value) for name, value in figures.items()},
        "MARGIN_BALANCE": float(figures["FIN_BALANCE"] + figures["LOAN_BALANCE"]),
        "SCI_CLOSE_PRICE": 3000.0,
        "END_ACC_NUM": None,
    }


_WIDE = {
    "RZYE": "financing_balance",
    "RQYE": "short_balance",
    "RQYL": "short_shares",
    "RZMRE": "financing_buys",
    "RQMCL": "short_sold_shares",
    "RZRQYE": "margin_balance",
    "LTSZ": "float_cap",
}


def _wide_row(world: World, day: date) -> dict[str, Any]:
    row: dict[str, Any] = {"DIM_DATE": f"{day} 00:00:00"}
    for prefix, market in (("H_", "SSE"), ("S_", "SZSE"), ("B_", "BSE"), ("TOTAL_", "ALL")):
        figures = world.balances[day, market]
        row |= {f"{prefix}{key}": figures[name] for key, name in _WIDE.items()}
        row[f"{prefix}RZYEZB"] = 2.5  # per cent: the float cap is forty balances
        row[f"{prefix}RZRQYECZ"] = figures["financing_balance"] - figures["short_balance"]
    return row
