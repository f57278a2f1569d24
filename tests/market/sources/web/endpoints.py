"""The endpoints that are tested alike: who is asked, where, and where in the answer the rows stand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rongheng.basics.batch import Batch
from rongheng.market.sources.web import (
    Ask,
    Source,
    bse,
    cffex,
    cni,
    csf,
    csi,
    csi_members,
    funds,
    portal,
    portal_details,
    portal_members,
    quotes,
    sse,
    szse,
    valuations,
)
from rongheng.market.sources.web.source import Fetcher
from tests.market.sources.web.rendered import cffex as rendered_cffex
from tests.market.sources.web.rendered import csf as rendered_csf
from tests.market.sources.web.rendered import funds as rendered_funds
from tests.market.sources.web.rendered import members as rendered_members
from tests.market.sources.web.rendered import sse as rendered_sse
from tests.market.sources.web.world import Document, World


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; ``key`` and ``blank`` are two of its figures (if it has two); it cannot do without the first."""

    name: str
    source: Source
    address: str
    rows: Callable[[Document], list[dict[str, Any]]]
    key: str
    blank: str
    date_key: str | None = None  # of the rows, where they have one
    counted: bool = False  # the answer says how many rows it has
    before: int = 0  # questions that are asked before the one at this address
    amount: str = ""  # a figure whose unit may slip, where `key` has one unit only
    asks_for: int | None = None  # how many sessions are asked for; all where it is None
    put: Callable[[Document, list[dict[str, Any]]], Document] | None = None  # rows back, where they are no part of it
    redate: Callable[[Document, date], Document] | None = None  # the day that the answer says of itself, but in rows

    @property
    def is_daily(self) -> bool:
        """Whether every session is a question of its own."""
        return self.source.describe().by_day

    def ask(self, world: World) -> Ask:
        """Return the first question of the world's sessions."""
        return self.source.locate(world.sessions[: self.asks_for])[0]

    def read(self, world: World, asker: Fetcher) -> list[Batch]:
        """Ask it, and read the answer."""
        ask = self.ask(world)
        return self.source.parse(ask, self.source.fetch(ask, asker))

    def bend(self, change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Document, object], Document]:
        """Return what changes the rows of an answer."""

        def bent(document: Document, params: object) -> Document:
            rows = self.rows(document)
            if not rows:  # the answer about a day without figures
                return document
            change(rows)
            return document if self.put is None else self.put(document, rows)

        return bent

    def __str__(self) -> str:
        return self.name


def _redate_tab(place: int) -> Callable[[Document, date], Document]:
    def redate(document: Document, day: date) -> Document:
        document[place]["metadata"]["subname"] = day.isoformat()
        return document

    return redate


def _redate_call(document: Document, day: date) -> Document:
    return [document[0], day.isoformat()]


def _redate_title(document: Document, day: date) -> Document:
    title, *_ = re.split(r"（|\d", document["title"])
    return document | {"title": f"{title}{day:%Y%m%d}"}


def _put_upright(document: Document, rows: list[dict[str, Any]]) -> Document:
    units = {row["label"]: row["unit"] for row in document["rows"]}
    return document | {
        "rows": [{"label": label, "unit": units.get(label, ""), "value": value} for label, value in rows[0].items()]
    }


_QUOTED = ("f51", "f52", "f53", "f54", "f55", "f56", "f57")


def _put_bars(document: Document, name: str, bars: list[Any]) -> Document:
    return document | {"data": document["data"] | {name: bars}}


def _put_under_header(document: Document, rows: list[dict[str, Any]]) -> Document:
    names = list(rows[0])
    document["data"]["item"] = names
    return _put_bars(document, "data", [[row[name] for name in names] for row in rows])


ACCOUNTS = Endpoint(
    "portal-accounts",
    portal.Accounts(),
    "datacenter-web.eastmoney.com",
    lambda document: document["result"]["data"],
    "FIN_BALANCE",
    "ORG_INVESTOR_NUM",
    "STATISTICS_DATE",
    counted=True,
)
BALANCES = Endpoint(
    "portal-balances",
    portal.Balances(),
    "datacenter-web.eastmoney.com",
    lambda document: document["result"]["data"],
    "TOTAL_RZYE",
    "TOTAL_RQMCL",
    "DIM_DATE",
    counted=True,
)
SSE_MARGIN = Endpoint(
    "sse-margin",
    sse.Margin(),
    "query.sse.com.cn/marketdata",
    lambda document: document["result"],
    "rzye",
    "rqmcl",
    "opDate",
    counted=True,
)
SSE_TURNOVER = Endpoint(
    "sse-turnover",
    sse.Turnover(),
    "query.sse.com.cn/commonQuery.do",
    lambda document: document["result"],
    "TRADE_AMT",
    "TRADE_VOL",
    "TRADE_DATE",
)
SZSE_MARGIN = Endpoint(
    "szse-margin",
    szse.Margin(),
    "www.szse.cn",
    lambda document: document[0]["data"],
    "jrrzye",
    "jrrjmc",
    counted=True,
    redate=_redate_tab(0),
)
SZSE_TURNOVER = Endpoint(
    "szse-turnover",
    szse.Turnover(),
    "www.szse.cn",
    lambda document: document[0]["data"],
    "cjje",
    "sjzz",
    counted=True,
    redate=_redate_tab(0),
)
SZSE_TURNOVER_WORKBOOK = Endpoint(
    "szse-turnover-workbook",
    szse.TurnoverByWorkbook(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "成交金额(元)",
    "总市值(元)",
    before=1,
)
SSE_DETAILS = Endpoint(
    "sse-details",
    sse.Details(),
    "query.sse.com.cn/marketdata",
    lambda document: document["result"],
    "rzye",
    "rqmcl",
    "opDate",
    counted=True,
)
SZSE_DETAILS = Endpoint(
    "szse-details",
    szse.Details(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "融资余额(元)",
    "融券卖出量(股/份)",
    counted=True,
    before=1,
)
SZSE_PAGED = Endpoint(
    "szse-paged",
    szse.DetailsByPage(),
    "www.szse.cn/api/report/ShowReport/data",
    lambda document: document[1]["data"],
    "jrrzye",
    "jrrjmc",
    counted=True,
    redate=_redate_tab(1),
)
PORTAL_DETAILS = Endpoint(
    "portal-details",
    portal_details.Details("SZSE"),
    "datacenter-web.eastmoney.com",
    lambda document: document["result"]["data"],
    "RZYE",
    "RQMCL",
    "DATE",
    counted=True,
)
BSE_MARGIN = Endpoint(
    "bse-margin",
    bse.Margin(),
    "www.bse.cn/rzrqjyyexxController/summaryInfoResult.do",
    lambda document: document[0],
    "rzye",
    "rqmcl",
    redate=_redate_call,
)
BSE_MARGIN_SECOND = replace(
    BSE_MARGIN,
    name="bse-margin-second",
    source=bse.Margin(bse.SECOND_HOST),
    address="www.bseinfo.net/rzrqjyyexxController/summaryInfoResult.do",
)
BSE_DETAILS = Endpoint(
    "bse-details",
    bse.Details(),
    "www.bse.cn/rzrqjyyexxController/detailInfoResult.do",
    lambda document: document[0][0]["content"],
    "rzye",
    "rqmcl",
    counted=True,
    redate=_redate_call,
)
BSE_SECOND = Endpoint(
    "bse-details-second",
    bse.Details(bse.SECOND_HOST),
    "www.bseinfo.net/rzrqjyyexxController/detailInfoResult.do",
    lambda document: document[0][0]["content"],
    "rzye",
    "rqmcl",
    counted=True,
    redate=_redate_call,
)
CSI_BARS = Endpoint(
    "csi-bars",
    csi.Bars("csi300"),
    "www.csindex.com.cn",
    lambda document: document["data"],
    "close",
    "open",
    "tradeDate",
    amount="tradingValue",
)
CSF_COLLATERAL = Endpoint(
    "csf-collateral",
    csf.Collateral(),
    rendered_csf.COLLATERAL,
    lambda document: document["rows"],
    "当日末担保证券市值(亿元)",
    "当日担保证券数量变动(万股)",
    before=3,
    redate=_redate_title,
)
CSF_ACCOUNTS = Endpoint(  # its figures stand below each other: one row
    "csf-accounts",
    csf.Accounts(),
    rendered_csf.ACCOUNTS,
    lambda document: [{row["label"]: row["value"] for row in document["rows"]}],
    "平均维持担保比例",
    "机构投资者数量",
    before=3,
    amount="担保物总价值",
    put=_put_upright,
    redate=_redate_title,
)
CFFEX_DAY = Endpoint(
    "cffex-day",
    cffex.Bars(),
    rendered_cffex.DAY,
    lambda document: document,
    "今结算",
    "持仓量",
    amount="成交金额",
    asks_for=1,
)
CFFEX_MONTH = Endpoint(
    "cffex-month",
    cffex.Bars(),
    rendered_cffex.MONTH,
    lambda document: next(iter(document.values())),
    "今结算",
    "持仓量",
)
CFFEX_BY_DAY = replace(CFFEX_DAY, name="cffex-by-day", source=cffex.Bars(by_day=True), asks_for=None)
SSE_FUNDS = Endpoint(
    "sse-fund-shares",
    sse.FundShares(),
    "query.sse.com.cn/commonQuery.do",
    lambda document: document["result"],
    "TOT_VOL",
    "",
    "STAT_DATE",
    counted=True,
)
SZSE_FUNDS = Endpoint(
    "szse-fund-shares",
    szse.FundShares(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "基金规模(份)",
    "",
    "日期",
    counted=True,
    before=1,
)
SZSE_TRACKED = Endpoint(
    "szse-tracked",
    szse.TrackedIndices(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "拟合指数",
    "当前规模(份)",
    before=1,
)
SZSE_LATEST = Endpoint(
    "szse-latest-shares",
    szse.LatestShares(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "当前规模(份)",
    "",
    counted=True,
    before=1,
)
NAV = Endpoint(
    "portal-nav",
    funds.Nav(next(fund for fund in funds.core_funds() if fund.code == "510300.SH")),
    "api.fund.eastmoney.com",
    lambda document: document["Data"]["LSJZList"],
    "DWJZ",
    "LJJZ",
    "FSRQ",
    counted=True,
)
TREND = Endpoint(
    "portal-trend",
    funds.Trend(next(fund for fund in funds.core_funds() if fund.code == "510300.SH")),
    rendered_funds.TREND,
    lambda document: document["values"],
    "y",
    "",
)
TRACKED = Endpoint(
    "portal-tracked",
    funds.TrackedIndex(next(fund for fund in funds.core_funds() if fund.code == "510300.SH")),
    "fundmobapi.eastmoney.com",
    lambda document: [document["Datas"]],
    "INDEXCODE",
    "INDEXNAME",
)
SSE_LISTS = Endpoint(
    "sse-lists",
    sse.Lists(),
    rendered_sse.LISTS,
    lambda document: document["entries"],
    "code",
    "",
    redate=lambda document, day: document | {"day": day.isoformat()},
)
SZSE_LISTS = Endpoint(
    "szse-lists",
    szse.Lists(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "证券代码",
    "",
    before=1,
)
SZSE_LISTS_WORKBOOK = Endpoint(
    "szse-lists-workbook",
    szse.ListsByWorkbook(),
    "www.szse.cn/api/report/ShowReport",
    lambda document: document,
    "证券代码",
    "",
)
BSE_LISTS = Endpoint(
    "bse-lists",
    bse.Lists(),
    "www.bse.cn/rzrqbdzqController/infoResult.do",
    lambda document: document[0][0]["content"],
    "rzbd",
    "drkrq",
    counted=True,
    redate=_redate_call,
)
BSE_LISTS_SECOND = replace(
    BSE_LISTS,
    name="bse-lists-second",
    source=bse.Lists(bse.SECOND_HOST),
    address="www.bseinfo.net/rzrqbdzqController/infoResult.do",
)
VALUATIONS = Endpoint(
    "portal-valuations",
    valuations.Valuations(),
    "datacenter-web.eastmoney.com",
    lambda document: document["result"]["data"],
    "PE_LAR",
    "PB_MRQ",
    "TRADE_DATE",
    counted=True,
    amount="NOTLIMITED_MARKETCAP_A",
)
MEMBERS = Endpoint(
    "csi-members",
    csi_members.Members("sse50", weighted=False),
    rendered_members.CONS,
    lambda document: document,
    "成份券代码Constituent Code",
    "",
    date_key="日期Date",
)
WEIGHTS = Endpoint(
    "csi-weights",
    csi_members.Members("sse50", weighted=True),
    rendered_members.WEIGHTS,
    lambda document: document,
    "权重(%)weight",
    "",
    date_key="日期Date",
)
PORTAL_MEMBERS = Endpoint(
    "portal-members",
    portal_members.Members("sse50"),
    "datacenter-web.eastmoney.com",
    lambda document: document["result"]["data"],
    "SECUCODE",
    "",
    counted=True,
)
CALENDAR = Endpoint(
    "szse-calendar",
    szse.TradingDays(),
    "www.szse.cn/api/report/exchange",
    lambda document: document["data"],
    "jybz",
    "",
    date_key="jyrq",
)
QUOTES = Endpoint(  # its rows are texts, whose parts stand in the order of the question
    "quotes-bars",
    quotes.Bars("szse"),
    "push2his.eastmoney.com",
    lambda document: [dict(zip(_QUOTED, bar.split(","), strict=True)) for bar in document["data"]["klines"]],
    "f53",
    "f52",
    "f51",
    put=lambda document, rows: _put_bars(document, "klines", [",".join(map(str, row.values())) for row in rows]),
)
CNI = Endpoint(  # its rows are lists under a header
    "cni-bars",
    cni.Bars("szse"),
    "hq.cnindex.com.cn",
    lambda document: [dict(zip(document["data"]["item"], bar, strict=True)) for bar in document["data"]["data"]],
    "close",
    "open",
    "timestamp",
    counted=True,
    put=_put_under_header,
)
EVERY = (
    ACCOUNTS,
    BALANCES,
    SSE_MARGIN,
    SSE_TURNOVER,
    SZSE_MARGIN,
    SZSE_TURNOVER,
    SSE_DETAILS,
    SZSE_DETAILS,
    SZSE_PAGED,
    PORTAL_DETAILS,
    SZSE_TURNOVER_WORKBOOK,
    BSE_MARGIN,
    BSE_MARGIN_SECOND,
    BSE_DETAILS,
    BSE_SECOND,
    CSI_BARS,
    CSF_COLLATERAL,
    CSF_ACCOUNTS,
    CFFEX_DAY,
    CFFEX_MONTH,
    CFFEX_BY_DAY,
    SSE_FUNDS,
    SZSE_FUNDS,
    SZSE_TRACKED,
    SZSE_LATEST,
    NAV,
    TREND,
    TRACKED,
    SSE_LISTS,
    SZSE_LISTS,
    SZSE_LISTS_WORKBOOK,
    BSE_LISTS,
    BSE_LISTS_SECOND,
    VALUATIONS,
    MEMBERS,
    WEIGHTS,
    PORTAL_MEMBERS,
    CALENDAR,
    QUOTES,
    CNI,
)
