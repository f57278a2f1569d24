"""The Shanghai Stock Exchange."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tests.market.sources.web.world import FUNDS, Document, World


def margin(world: World, params: Mapping[str, str], *, clamp: int = 2000) -> Document:
    """Shanghai's margin summary, newest first, or every security of a day."""
    if params["tabType"] == "mxtype":
        return _details(world, params, clamp=clamp)
    first, last = (date.fromisoformat(params[name]) for name in ("beginDate", "endDate"))
    days = [day for day in reversed(world.sessions) if first <= day <= last]
    return _pages([_sse_row(world, day) for day in days], params, clamp=clamp)


def _details(world: World, params: Mapping[str, str], *, clamp: int) -> Document:
    """Every security of a day in Shanghai."""
    day = date.fromisoformat(params["detailsDate"])
    rows = [_detail_row(day, code, row) for code, row in world.details.get((day, "SSE"), {}).items()]
    return _pages(rows if day in world.sessions else [], params, clamp=clamp)


def _pages(rows: list[dict[str, Any]], params: Mapping[str, str], *, clamp: int) -> Document:
    size, number = min(clamp, int(params["pageHelp.pageSize"])), int(params["pageHelp.pageNo"])
    shown = rows[(number - 1) * size : number * size]
    about = {"data": shown, "total": len(rows), "pageCount": -(-len(rows) // size), "pageNo": number, "pageSize": size}
    return {"actionErrors": [], "pageHelp": about, "result": shown}


# Each row has thirteen keys in the order of the alphabet; what two of them are called is not known, and both are empty.
_BEFORE, _BETWEEN = "a", "rr"


def _detail_row(day: date, code: str, figures: Mapping[str, int]) -> dict[str, Any]:
    return {
        _BEFORE: None,
        "opDate": f"{day:%Y%m%d}",
        "rqchl": figures["short_returned_shares"],
        "rqmcl": figures["short_sold_shares"],
        "rqyl": figures["short_shares"],
        "rqylje": None,
        _BETWEEN: None,
        "rzche": figures["financing_repaid"],
        "rzmre": figures["financing_buys"],
        "rzrqjyzl": None,
        "rzye": figures["financing_balance"],
        "securityAbbr": "证券",
        "stockCode": code,
    }


def _sse_row(world: World, day: date) -> dict[str, Any]:
    figures = world.balances[day, "SSE"]
    return {
        _BEFORE: None,
        "opDate": f"{day:%Y%m%d}",
        "rqchl": None,
        "rqmcl": figures["short_sold_shares"],
        "rqyl": figures["short_shares"],
        "rqylje": figures["short_balance"],
        _BETWEEN: None,
        "rzche": None,
        "rzmre": figures["financing_buys"],
        "rzrqjyzl": figures["margin_balance"],
        "rzye": figures["financing_balance"],
        "securityAbbr": "",
        "stockCode": "",
    }


def fund_shares(world: World, params: Mapping[str, str], *, clamp: int = 2000) -> Document:
    """Shares of every fund in Shanghai on a day, in 万份."""
    day = date.fromisoformat(params["STAT_DATE"])
    funds = [fund for fund in FUNDS if fund.startswith("5")] if day in world.sessions else []
    rows = [
        {
            "NUM": str(number),
            "SEC_CODE": fund,
            "SEC_NAME": "基金",
            "ETF_TYPE": "股票",
            "STAT_DATE": day.isoformat(),
            "TOT_VOL": f"{Decimal(world.fund_shares[day, fund]) / 10_000:,.2f}",
        }
        for number, fund in enumerate(funds, 1)
    ]
    return _pages(rows, params, clamp=clamp)


LISTS = "www.sse.com.cn/services/tradingservice/margin/info/againstmargin/data_96*.js"
_LISTED = {"960": "is_collateral", "961": "is_financing_underlying", "962": "is_short_underlying"}


def lists(world: World, params: Mapping[str, str]) -> Document:
    """One of the lists of the last session: its entries, and its day."""
    name = _LISTED[params["path"].rsplit("data_", 1)[-1][:3]]
    day = world.last
    codes = [code for code, flags in world.lists[day, "SSE"].items() if flags[name]]
    entries = [{"seq": str(number), "code": code, "name": "证券"} for number, code in enumerate(codes, 1)]
    return {"day": day.isoformat(), "entries": entries}


def as_script(document: Document, params: Mapping[str, str]) -> bytes:
    """A script with an array of the entries, whose parts have places and no names."""
    entries = ",".join("[" + ",".join(f"'{part}'" for part in one.values()) + "]" for one in document["entries"])
    return f"var dataObj = {{ staticDate:'{document['day']}', list:[{entries}] }}".encode()


def turnover(world: World, params: Mapping[str, str]) -> Document:
    """Trading of a day in Shanghai, a row a product."""
    day = date.fromisoformat(params["SEARCH_DATE"])
    if day not in world.sessions:
        return {"actionErrors": [], "result": []}
    traded = world.turnover[day, "SSE"]
    rows = [
        _sse_product(day, code, traded[name], traded)
        for code, name in (("01", "main_a"), ("02", "main_b"), ("03", "growth"), ("17", "boards"))
    ]
    return {"actionErrors": [], "result": [*rows, _sse_product(day, "11", Decimal(0), traded)]}


def _sse_product(day: date, code: str, amount: Decimal, traded: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        "PRODUCT_CODE": code,
        "TRADE_DATE": f"{day:%Y%m%d}",
        "TRADE_AMT": f"{amount:.2f}",
        "TRADE_VOL": f"{traded['volume']:.2f}",
        "TOTAL_VALUE": f"{traded['total_cap']:.2f}",
        "NEGO_VALUE": f"{traded['total_cap'] / 2:.2f}",
        "AVG_PE_RATE": "-",
    }
