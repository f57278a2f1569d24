"""A made-up market whose figures keep the identities of the real ones, and the answer of every publisher about it.

Nothing here is copied from a publisher: figures come from a seed. Each ``render`` function gives what one endpoint
would answer to some parameters, as a document that a test may still bend before it becomes bytes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from rongheng.basics.calendar import calendar
from rongheng.basics.ids import indices

Document = Any
YI = 10**8


@dataclass
class World:
    """Figures by session: money in yuan, shares in shares, as integers, so that what is rendered loses nothing."""

    sessions: Sequence[date]
    balances: dict[tuple[date, str], dict[str, int]] = field(default_factory=dict)
    accounts: dict[date, dict[str, Decimal]] = field(default_factory=dict)
    bars: dict[tuple[date, str], dict[str, Decimal]] = field(default_factory=dict)
    turnover: dict[tuple[date, str], dict[str, Decimal]] = field(default_factory=dict)

    @property
    def first(self) -> date:
        """The first session."""
        return self.sessions[0]

    @property
    def last(self) -> date:
        """The last session."""
        return self.sessions[-1]


def make_world(first: date, last: date, *, seed: int = 7) -> World:
    """Return a market of those sessions."""
    chance = random.Random(seed)
    world = World(calendar().between(first, last))
    # Both in yuan, multiples of a million, so that 亿元 with two decimals and with four loses nothing.
    financing = {"SSE": 920_000 * 10**6, "SZSE": 880_000 * 10**6, "BSE": 6_000 * 10**6}
    for day in world.sessions:
        for market in financing:
            financing[market] += chance.randrange(-9_000, 9_001) * 10**6 * (1 if market != "BSE" else 0)
            world.balances[day, market] = _balance(financing[market], chance)
        world.balances[day, "ALL"] = _total([world.balances[day, market] for market in financing])
        world.accounts[day] = _account(world.balances[day, "ALL"], chance)
        for key in ("csi-all", "sse", "csi300", "csi500", "csi1000", "csi2000", "star50", "szse", "chinext"):
            world.bars[day, key] = _bar(chance)
        for market in ("SSE", "SZSE"):
            world.turnover[day, market] = _traded(chance)
    return world


def _balance(financing: int, chance: random.Random) -> dict[str, int]:
    short = financing // 200 // 10**6 * 10**6
    return {
        "financing_balance": financing,
        "financing_buys": chance.randrange(20_000, 90_000) * 10**6,
        "short_balance": short,
        "short_shares": short // 10 // 10**6 * 10**6,
        "short_sold_shares": chance.randrange(1, 60) * 10**6,
        "margin_balance": financing + short,
        "float_cap": financing * 40,
    }


def _total(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(part[name] for part in parts) for name in parts[0]}


def _account(whole: Mapping[str, int], chance: random.Random) -> dict[str, Decimal]:
    """The account statistics of a session, in the portal's own units (亿元, 万名, per cent)."""
    securities = Decimal(chance.randrange(500_000_000, 600_000_000)) / 10_000
    cash = Decimal(chance.randrange(20_000_000, 30_000_000)) / 10_000
    return {
        "FIN_BALANCE": Decimal(whole["financing_balance"]) / YI,
        "LOAN_BALANCE": Decimal(whole["short_balance"]) / YI,
        "FIN_BUY_AMT": Decimal(whole["financing_buys"]) / YI,
        "LOAN_SELL_AMT": Decimal(chance.randrange(10_000, 90_000)) / 10_000 + 1,
        "BALANCE_RATIO": Decimal("2.5"),
        "TRADE_AMT_RATIO": Decimal(chance.randrange(80_000, 120_000)) / 10_000,
        "SECURITY_ORG_NUM": Decimal(97),
        "OPERATEDEPT_NUM": Decimal(11_000 + chance.randrange(900)),
        "PERSONAL_INVESTOR_NUM": Decimal(chance.randrange(7_000_000, 7_900_000)) / 10_000,
        "ORG_INVESTOR_NUM": Decimal(50_000 + chance.randrange(999)),
        "INVESTOR_NUM": Decimal(400_000 + chance.randrange(99_999)),
        "MARGINLIAB_INVESTOR_NUM": Decimal(1_700_000 + chance.randrange(99_999)),
        "SUBSITUTION__CAP": securities,
        "FUND_MARKET_CAP": cash,
        "TOTAL_GUARANTEE": securities + cash,
        "AVG_GUARANTEE_RATIO": Decimal(chance.randrange(2_500_000, 2_900_000)) / 10_000,
    }


def _bar(chance: random.Random) -> dict[str, Decimal]:
    low, high = sorted(chance.sample(range(300_000, 400_000), 2))
    prices = [Decimal(price) / 100 for price in (low, high)]
    volume = Decimal(chance.randrange(10_000, 90_000)) / 100
    return {
        "low": prices[0],
        "high": prices[1],
        "open": prices[0],
        "close": prices[1],
        "tradingVol": volume,  # 万手
        "tradingValue": volume / 10,  # 亿元: ten yuan a share
    }


def _traded(chance: random.Random) -> dict[str, Decimal]:
    boards = [Decimal(chance.randrange(100_000, 900_000)) / 100, Decimal("1.50"), Decimal("2345.67")]
    return {
        "boards": sum(boards, Decimal(0)),
        "main_a": boards[0],
        "main_b": boards[1],
        "growth": boards[2],
        "volume": Decimal(500),
        "total_cap": Decimal(500_000),
    }


# --- the portal ------------------------------------------------------------------------------------------------------


def portal(world: World, params: Mapping[str, str], *, clamp: int = 500) -> Document:
    """The data centre's answer; it gives ``clamp`` rows a page whatever was asked for."""
    first, last = (date.fromisoformat(part.split("'")[1]) for part in params["filter"].strip("()").split(")("))
    days = [day for day in world.sessions if first <= day <= last]
    render = {"RPTA_WEB_MARGIN_DAILYTRADE": _account_row, "RPTA_RZRQ_LSDB": _wide_row}[params["reportName"]]
    if not days:
        return {"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201}
    size, number = min(clamp, int(params["pageSize"])), int(params["pageNumber"])
    shown = days[(number - 1) * size : number * size]
    result = {
        "pages": -(-len(days) // size),
        "data": [render(world, day) for day in shown],
        "count": len(days),
    }
    return {"version": "0", "result": result, "success": True, "message": "ok", "code": 0}


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


# --- the exchanges ---------------------------------------------------------------------------------------------------


def sse_margin(world: World, params: Mapping[str, str], *, clamp: int = 2000) -> Document:
    """Shanghai's margin summary, newest first."""
    first, last = (date.fromisoformat(params[name]) for name in ("beginDate", "endDate"))
    days = [day for day in reversed(world.sessions) if first <= day <= last]
    size, number = min(clamp, int(params["pageHelp.pageSize"])), int(params["pageHelp.pageNo"])
    rows = [_sse_row(world, day) for day in days[(number - 1) * size : number * size]]
    about = {"data": rows, "total": len(days), "pageCount": -(-len(days) // size), "pageNo": number, "pageSize": size}
    return {"actionErrors": [], "pageHelp": about, "result": rows}


def _sse_row(world: World, day: date) -> dict[str, Any]:
    figures = world.balances[day, "SSE"]
    return {
        "opDate": f"{day:%Y%m%d}",
        "rqchl": None,
        "rqmcl": figures["short_sold_shares"],
        "rqyl": figures["short_shares"],
        "rqylje": figures["short_balance"],
        "rzche": None,
        "rzmre": figures["financing_buys"],
        "rzrqjyzl": figures["margin_balance"],
        "rzye": figures["financing_balance"],
        "securityAbbr": "",
        "stockCode": "",
    }


def sse_turnover(world: World, params: Mapping[str, str]) -> Document:
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


def szse_margin(world: World, params: Mapping[str, str], *, unit: str = "亿") -> Document:
    """Shenzhen's margin summary of a day, in the unit that the head of each column names."""
    day = date.fromisoformat(params["txtDate"])
    scale = {"亿": YI, "万": 10**4}[unit]
    columns = {
        "jrrzmr": (f"融资买入额<br>({unit}元)", "financing_buys"),
        "jrrzye": (f"融资余额<br>({unit}元)", "financing_balance"),
        "jrrjmc": (f"融券卖出量<br>({unit}股/份)", "short_sold_shares"),
        "jrrjyl": (f"融券余量<br>({unit}股/份)", "short_shares"),
        "jrrjye": (f"融券余额<br>({unit}元)", "short_balance"),
        "jrrzrjye": (f"融资融券余额<br>({unit}元)", "margin_balance"),
    }
    rows = []
    if day in world.sessions:
        figures = world.balances[day, "SZSE"]
        rows = [{key: f"{Decimal(figures[name]) / scale:,.2f}" for key, (_, name) in columns.items()}]
    return _tabs(rows, {key: text for key, (text, _) in columns.items()}, day, param="txtDate")


def szse_turnover(world: World, params: Mapping[str, str]) -> Document:
    """Trading of a day in Shenzhen, a row a class of securities."""
    day = date.fromisoformat(params["txtQueryDate"])
    columns = {
        "lbmc": "证券类别",
        "zqsl": "数量(只)",
        "cjje": "成交金额(亿元)",
        "sjzz": "总市值(亿元)",
        "ltsz": "流通市值(亿元)",
    }
    rows = []
    if day in world.sessions:
        traded = world.turnover[day, "SZSE"]
        named = (
            ("股票", traded["boards"]),
            ("&nbsp;&nbsp;主板A股", traded["main_a"]),
            ("&nbsp;&nbsp;主板B股", traded["main_b"]),
            ("&nbsp;&nbsp;创业板A股", traded["growth"]),
            ("基金", Decimal("999.99")),
        )
        rows = [
            {"lbmc": name, "zqsl": "10", "cjje": f"{amount:,.2f}", "sjzz": f"{traded['total_cap']:,.2f}", "ltsz": "1"}
            for name, amount in named
        ]
    return _tabs(rows, columns, day, param="txtQueryDate")


def _tabs(rows: Sequence[Mapping[str, str]], columns: Mapping[str, str], day: date, *, param: str) -> Document:
    metadata = {
        "tabkey": "tab1",
        "subname": day.isoformat() if rows else "",
        "cols": dict(columns),
        "conditions": [{"name": param, "defaultValue": day.isoformat()}],
        "pagecount": 1,
        "recordcount": len(rows),
    }
    other: Document = {"metadata": {"tabkey": "tab2", "cols": {}}, "data": [], "error": None}
    return [{"metadata": metadata, "data": list(rows), "error": None}, other]


# --- the index company -----------------------------------------------------------------------------------------------


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


ENDPOINTS: dict[str, Any] = {
    "datacenter-web.eastmoney.com/api/data/v1/get": portal,
    "query.sse.com.cn/marketdata/tradedata/queryMargin.do": sse_margin,
    "query.sse.com.cn/commonQuery.do": sse_turnover,
    "www.szse.cn/api/report/ShowReport/data": lambda world, params: (
        szse_margin(world, params) if params["CATALOGID"] == "1837_xxpl" else szse_turnover(world, params)
    ),
    "www.csindex.com.cn/csindex-home/perf/index-perf": csi_bars,
    "push2his.eastmoney.com/api/qt/stock/kline/get": quotes,
}
