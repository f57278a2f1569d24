"""A portal's fund pages: net asset values twenty a page, and what a fund tracks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

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


def about(world: World, params: Mapping[str, str]) -> Document:
    """What a fund says of itself."""
    fund = params["FCODE"]
    code, _, name = FUNDS.get(fund, "").partition(" ")
    return {
        "Datas": {"FCODE": fund, "SHORTNAME": f"基金{fund}", "INDEXCODE": code, "INDEXNAME": name},
        "ErrCode": 0,
        "ErrMsg": "",
    }
