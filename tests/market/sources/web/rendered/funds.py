"""A portal's fund pages: net asset values twenty a page, and what a fund tracks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from rongheng.basics.calendar import SHANGHAI
from tests.market.sources.web.world import FUNDS, Document, World


def nav(world: World, params: Mapping[str, str]) -> Document:
    """A page of a fund's values, newest first; the service gives twenty whatever is asked for."""
    first, last = (date.fromisoformat(params[name]) for name in ("startDate", "endDate"))
    fund, number = params["fundCode"], int(params["pageIndex"])
    days = [day for day in reversed(world.sessions) if first <= day <= last and fund in FUNDS]
    rows = [
        {
            "FSRQ": day.isoformat(),
            "DWJZ": f"{world.nav[day, fund]['nav']:.4f}",
            "LJJZ": f"{world.nav[day, fund]['accumulated_nav']:.4f}",
            "JZZZL": "0.12",
            "SGZT": "场内买入",
            "SHZT": "场内卖出",
        }
        for day in days[(number - 1) * 20 : number * 20]
    ]
    return {"Data": {"LSJZList": rows}, "ErrCode": 0, "ErrMsg": None, "TotalCount": len(days), "PageSize": 20}


TREND = "fund.eastmoney.com/pingzhongdata/*.js"


def trend(world: World, params: Mapping[str, str]) -> Document:
    """All values of a fund, oldest first, by the midnights of Shanghai in milliseconds."""
    fund = params["path"].rsplit("/", 1)[-1][:6]
    days = [
        (day, 1000 * int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp())) for day in world.sessions
    ]
    values = [
        {"x": at, "y": float(world.nav[day, fund]["nav"]), "equityReturn": 0.1, "unitMoney": ""} for day, at in days
    ]
    accumulated = [[at, float(world.nav[day, fund]["accumulated_nav"])] for day, at in days]
    return {"code": fund, "values": values, "accumulated": accumulated}


def as_trend(document: Document, params: Mapping[str, str]) -> bytes:
    """A script with one array a line of figures, and others."""
    values, accumulated = json.dumps(document["values"]), json.dumps(document["accumulated"])
    return (
        f'/*2024-04-08*/var ishb=false;var fS_name = "基金";var fS_code = "{document["code"]}";'
        f"/*单位净值走势*/var Data_netWorthTrend = {values};/*累计净值走势*/var Data_ACWorthTrend = {accumulated};"
        "/*同类排名*/var Data_rateInSimilarType = [];"
    ).encode()


def about(world: World, params: Mapping[str, str]) -> Document:
    """What a fund says of itself."""
    fund = params["FCODE"]
    code, _, name = FUNDS.get(fund, "").partition(" ")
    return {
        "Datas": {"FCODE": fund, "SHORTNAME": f"基金{fund}", "INDEXCODE": code, "INDEXNAME": name},
        "ErrCode": 0,
        "ErrMsg": "",
    }
