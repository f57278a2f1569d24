"""China Securities Finance: pages of links, and a workbook of Excel 97-2003 for each session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tests.market.sources.web.world import YI, Document, World

LIST = "www.csf.com.cn/publish/main/1022/1024/1127/index*.html"
ACCOUNTS = "www.csf.com.cn/publish/main/1022/1024/1127/P*_1.xls"
COLLATERAL = "www.csf.com.cn/publish/main/1022/1024/1127/P*_2.xls"
_TITLES = {"1": "融资融券市场每日数据统计", "2": "担保券市值每日数据统计"}

# Label, unit, the portal's key of the same figure, and how many of that key's units make one of these.
_FIGURES = (
    ("融资余额", "亿元", "FIN_BALANCE", 1),
    ("融券余额", "亿元", "LOAN_BALANCE", 1),
    ("融资买入额", "亿元", "FIN_BUY_AMT", 1),
    ("融券卖出额", "亿元", "LOAN_SELL_AMT", 1),
    ("证券公司数量", "家", "SECURITY_ORG_NUM", 1),
    ("营业部数量", "家", "OPERATEDEPT_NUM", 1),
    ("个人投资者数量", "名", "PERSONAL_INVESTOR_NUM", 10_000),
    ("机构投资者数量", "家", "ORG_INVESTOR_NUM", 1),
    ("参与交易的投资者数量", "名", "INVESTOR_NUM", 1),
    ("有融资融券负债的投资者数量", "名", "MARGINLIAB_INVESTOR_NUM", 1),
    ("可充抵保证金证券市值", "亿元", "SUBSITUTION__CAP", 1),
    ("担保资金", "亿元", "FUND_MARKET_CAP", 1),
    ("担保物总价值", "亿元", "TOTAL_GUARANTEE", 1),
    ("平均维持担保比例", "%", "AVG_GUARANTEE_RATIO", 1),
)


def links(world: World, params: Mapping[str, str], *, size: int = 8) -> Document:
    """A page of the list, newest first: title and address of each file, and the next page."""
    name = params["path"].rsplit("/", 1)[-1]
    number = int(name.removeprefix("index").removesuffix(".html").removeprefix("_") or 0)
    days = list(reversed(world.sessions))
    shown = days[number * size : (number + 1) * size]
    found = [(f"{title}{day:%Y%m%d}", f"P{day:%Y%m%d}_{kind}.xls") for day in shown for kind, title in _TITLES.items()]
    if (number + 1) * size < len(days):
        found.append(("下一页", f"index_{number + 1}.html"))
    return found


def as_page(found: Document, params: Mapping[str, str]) -> bytes:
    """A page with these links."""
    items = "".join(f'<li><a target="_blank" href="{path}" title="x">{text}</a></li>\n' for text, path in found)
    head = '<html><head><meta charset="utf-8"/></head><body><a href="http://www.example.org/">首页</a>'
    return f'{head}<div class="list_content_one_container">{items}</div></body></html>'.encode()


def _day(params: Mapping[str, str]) -> date:
    return date.fromisoformat(params["path"].rsplit("/P", 1)[-1][:8])


def accounts(world: World, params: Mapping[str, str]) -> Document:
    """The account statistics of a session: a label in each row, its unit and its figure beside it."""
    day = _day(params)
    figures = world.accounts[day]
    rows = [
        {"label": label, "unit": unit, "value": f"{figures[key] * factor:,f}"} for label, unit, key, factor in _FIGURES
    ]
    return {"title": f"融资融券市场每日数据统计（{day.year}年{day.month}月{day.day}日）", "rows": rows}


def as_upright(document: Document, params: Mapping[str, str]) -> bytes:
    """A workbook with the figures in its fourth column, under a title and among headings."""
    from tests.market.sources.web.rendered import as_old_workbook

    lines = [[document["title"]], ["序号", "项目", "单位", "数值"], ["一", "余额与投资者"]]
    lines += [[str(at), row["label"], row["unit"], row["value"]] for at, row in enumerate(document["rows"], 1)]
    return as_old_workbook(lines, params)


def collateral(world: World, params: Mapping[str, str]) -> Document:
    """What of each security is held as collateral on a session."""
    day = _day(params)
    rows = [
        {
            "序号": str(number),
            "证券代码": code,
            "证券简称": "证券",
            "上一交易日末担保证券数量(万股)": f"{(row['shares'] - row['shares_change']) // 10_000:,}",
            "当日担保证券数量变动(万股)": f"{row['shares_change'] // 10_000:,}",
            "当日末担保证券数量(万股)": f"{row['shares'] // 10_000:,}",
            "当日末担保证券市值(亿元)": f"{Decimal(row['value']) / YI:,f}",
            "当日末证券总市值(亿元)": f"{Decimal(row['total_cap']) / YI:,f}",
            "占该证券总市值比重(%)": "0.20",
        }
        for number, (code, row) in enumerate(world.collateral[day].items(), 1)
    ]
    return {"title": f"担保券市值每日数据统计{day:%Y%m%d}", "rows": rows}


def as_titled(document: Document, params: Mapping[str, str]) -> bytes:
    """A workbook with a title above its header."""
    from tests.market.sources.web.rendered import as_old_workbook, with_header

    return as_old_workbook([[document["title"]], *with_header(document["rows"])], params)
