"""The Shenzhen Stock Exchange: tabs as JSON, and workbooks."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from rongheng.basics.calendar import calendar
from tests.market.sources.web.world import FUNDS, YI, Document, World


def margin(world: World, params: Mapping[str, str], *, unit: str = "亿", clamp: int = 20) -> Document:
    """Shenzhen's margin summary of a day, in the unit that the head of each column names, and a page of its details."""
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
    summary = tab("tab1", rows, {key: text for key, (text, _) in columns.items()}, day, param="txtDate")
    return [summary, _details(world, day, int(params.get("tab2PAGENO", "1")), clamp)]


# The page prints its details in three units; whatever is beside a name holds for its column.
_DETAILS = {
    "jrrzmr": ("融资买入额<br>(万元)", "financing_buys", 10**4),
    "jrrzye": ("融资余额<br>(亿元)", "financing_balance", YI),
    "jrrjmc": ("融券卖出量<br>(万股/份)", "short_sold_shares", 10**4),
    "jrrjyl": ("融券余量<br>(万股/份)", "short_shares", 10**4),
    "jrrjye": ("融券余额<br>(万元)", "short_balance", 10**4),
    "jrrzrjye": ("融资融券余额<br>(亿元)", "margin_balance", YI),
}


def _details(world: World, day: date, number: int, size: int) -> Document:
    columns = {"zqdm": "证券代码", "zqjc": "证券简称", **{key: text for key, (text, _, _) in _DETAILS.items()}}
    rows = [
        {
            "zqdm": code,
            "zqjc": "证&nbsp;券",
            **{key: f"{Decimal(figures[name]) / scale:,.4f}" for key, (_, name, scale) in _DETAILS.items()},
        }
        for code, figures in _of_day(world, day)
    ]
    shown = rows[(number - 1) * size : number * size]
    return tab("tab2", shown, columns, day, param="txtDate", count=len(rows), size=size)


def margin_workbook(world: World, params: Mapping[str, str]) -> Document:
    """Every security of a day in Shenzhen, as the rows of a workbook."""
    names = {
        "融资买入额(元)": "financing_buys",
        "融资余额(元)": "financing_balance",
        "融券卖出量(股/份)": "short_sold_shares",
        "融券余量(股/份)": "short_shares",
        "融券余额(元)": "short_balance",
        "融资融券余额(元)": "margin_balance",
    }
    return [
        {"证券代码": code, "证券简称": "证 券", **{text: f"{figures[name]:,}" for text, name in names.items()}}
        for code, figures in _of_day(world, date.fromisoformat(params["txtDate"]))
    ]


def _of_day(world: World, day: date) -> list[tuple[str, dict[str, int]]]:
    return list(world.details[day, "SZSE"].items()) if day in world.sessions else []


def turnover(world: World, params: Mapping[str, str]) -> Document:
    """Trading of a day in Shenzhen, a row a class of securities."""
    day = date.fromisoformat(params["txtQueryDate"])
    columns = {
        "lbmc": "证券类别",
        "zqsl": "数量(只)",
        "cjje": "成交金额(亿元)",
        "sjzz": "总市值(亿元)",
        "ltsz": "流通市值(亿元)",
    }
    rows = [
        {"lbmc": name, "zqsl": "10", "cjje": f"{amount:,.2f}", "sjzz": f"{cap:,.2f}", "ltsz": "1"}
        for name, amount, cap in _traded(world, day)
    ]
    return [tab("tab1", rows, columns, day, param="txtQueryDate")]


def turnover_workbook(world: World, params: Mapping[str, str]) -> Document:
    """The same as a workbook, in yuan."""
    return [
        {
            "证券类别": name.replace("&nbsp;", " "),
            "数量(只)": 10,
            "成交金额(元)": f"{amount * YI:,.2f}",
            "总市值(元)": f"{cap * YI:,.2f}",
            "流通市值(元)": f"{cap * YI / 2:,.2f}",
        }
        for name, amount, cap in _traded(world, date.fromisoformat(params["txtQueryDate"]))
    ]


def _traded(world: World, day: date) -> list[tuple[str, Decimal, Decimal]]:
    """Name, amount and market value of each class of securities, the last two in 亿元."""
    if day not in world.sessions:
        return []
    traded = world.turnover[day, "SZSE"]
    named = (
        ("股票", traded["boards"]),
        ("&nbsp;&nbsp;主板A股", traded["main_a"]),
        ("&nbsp;&nbsp;主板B股", traded["main_b"]),
        ("&nbsp;&nbsp;创业板A股", traded["growth"]),
        ("基金", Decimal("999.99")),
    )
    return [(name, amount, traded["total_cap"]) for name, amount in named]


_FLAGS = {
    "融资标的": "is_financing_underlying",
    "融券标的": "is_short_underlying",
    "当日可融资": "financing_allowed",
    "当日可融券": "short_allowed",
}


def listed(world: World, params: Mapping[str, str]) -> Document:
    """The tab of a list of a session, first page."""
    rows = listed_workbook(world, params)
    columns = {f"col{at}": text for at, text in enumerate(rows[0])} if rows else {}
    shown = [{key: row[text] for key, text in columns.items()} for row in rows[:20]]
    day = date.fromisoformat(params["txtDate"])
    return [tab("tab1", shown, columns, day, param="txtDate", count=len(rows))]


def listed_workbook(world: World, params: Mapping[str, str]) -> Document:
    """The underlyings of a session with what is allowed of them, or its collateral."""
    day = date.fromisoformat(params["txtDate"])
    found = world.lists.get((day, "SZSE"), {}) if day in world.sessions else {}
    if params["CATALOGID"].startswith("1835_xxpl"):
        return [{"证券代码": code, "证券简称": "证券"} for code, flags in found.items() if flags["is_collateral"]]
    return [
        {"证券代码": code, "证券简称": "证券", **{text: "NY"[flags[name]] for text, name in _FLAGS.items()}}
        for code, flags in found.items()
        if flags["is_financing_underlying"] or flags["is_short_underlying"]
    ]


def trading_days(world: World, params: Mapping[str, str]) -> Document:
    """Every day of a month."""
    year, month = map(int, params["month"].split("-"))
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    return {
        "nowdate": world.last.isoformat(),
        "data": [{"zrxh": 1, "jybz": "01"[calendar().is_session(day)], "jyrq": day.isoformat()} for day in days],
    }


def fund_shares(world: World, params: Mapping[str, str]) -> Document:
    """The tab of the funds' shares over some days, first page."""
    rows = fund_shares_workbook(world, params)
    columns = {"size_date": "日期", "fund_code": "基金代码", "current_size": "基金规模(份)"}
    shown = [{key: row[text] for key, text in columns.items()} for row in rows[:20]]
    return [tab("tab1", shown, columns, world.first, param="txtStart", count=len(rows))]


def fund_shares_workbook(world: World, params: Mapping[str, str]) -> Document:
    """The shares of every fund over some days."""
    first, last = (date.fromisoformat(params[name]) for name in ("txtStart", "txtEnd"))
    return [
        {
            "日期": day.isoformat(),
            "基金代码": fund,
            "基金简称": "基金",
            "基金规模(份)": f"{world.fund_shares[day, fund]:,}",
        }
        for day in world.sessions
        for fund in FUNDS
        if first <= day <= last and fund.startswith("1")
    ]


def funds(world: World, params: Mapping[str, str]) -> Document:
    """The tab of the funds, first page."""
    rows = funds_workbook(world, params)
    columns = {"sys_key": "证券代码", "kzjcurl": "证券简称", "nhzs": "拟合指数", "dqgm": "当前规模(份)"}
    shown = [{key: row[text] for key, text in columns.items()} for row in rows]
    return [tab("tab1", shown, columns, world.first, param="none")]


def funds_workbook(world: World, params: Mapping[str, str]) -> Document:
    """Every fund with the index that it tracks, and its shares after the last session."""
    return [
        {
            "证券代码": fund,
            "证券简称": f"基金{fund}",
            "拟合指数": index,
            "当前规模(份)": f"{world.fund_shares[world.last, fund]:,}",
        }
        for fund, index in FUNDS.items()
        if fund.startswith("1")
    ]


def tab(
    key: str,
    rows: Sequence[Mapping[str, str]],
    columns: Mapping[str, str],
    day: date,
    *,
    param: str,
    count: int | None = None,
    size: int = 20,
) -> Document:
    """One tab of an answer, with ``count`` rows on pages of ``size``, of which these are one."""
    total = len(rows) if count is None else count
    metadata = {
        "tabkey": key,
        "subname": day.isoformat() if rows else "",
        "cols": dict(columns),
        "conditions": [{"name": param, "defaultValue": day.isoformat()}],
        "pagecount": -(-total // size),
        "recordcount": total,
    }
    return {"metadata": metadata, "data": list(rows), "error": None}
