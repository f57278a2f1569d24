"""What every publisher answers about the made-up market: for each address a document, and how it becomes bytes.

A document is what a test may still bend: JSON as Python has it, or the rows of a table by their headers.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import xlsxwriter
import xlwt

from tests.market.sources.web.rendered import bse, cffex, csf, csi, funds, members, portal, sse, szse
from tests.market.sources.web.world import Document, World

Render = Callable[[World, Mapping[str, str]], Document]


def as_json(document: Document, params: Mapping[str, str]) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False).encode()


def as_call(document: Document, params: Mapping[str, str]) -> bytes:
    """A call of the function that the question names, with the dates of the document in single quotes."""
    text = re.sub(r'"(\d{4}-\d\d-\d\d)"', r"'\1'", json.dumps(document, ensure_ascii=False))
    return f"{params['callback']}({text})".encode()


def as_workbook(rows: Document, params: Mapping[str, str]) -> bytes:
    """A workbook whose cells are texts, headed by the keys of the first row; without rows, one that says so."""
    table = with_header(rows) if rows else [["没有找到符合条件的数据！"]]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Sheet1")
        for number, line in enumerate(table):
            sheet.write_row(number, 0, line)
    return out.getvalue()


def as_old_workbook(lines: Document, params: Mapping[str, str]) -> bytes:
    """A workbook of Excel 97-2003 with these cells."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            if cell is not None:
                sheet.write(row, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_table_of_old(rows: Document, params: Mapping[str, str]) -> bytes:
    """A workbook of Excel 97-2003 with a table from its first row on."""
    return as_old_workbook(with_header(rows), params)


def with_header(rows: Document) -> list[list[Any]]:
    """The lines of a table under the keys of its first row."""
    return [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]


def route(address: str) -> str:
    """Return the endpoint that answers at an address; its name may have stars for what changes with the day."""
    return address if address in ENDPOINTS else next(name for name in ENDPOINTS if fnmatchcase(address, name))


def _szse_tabs(world: World, params: Mapping[str, str]) -> Document:
    return _SZSE[params["CATALOGID"]][0](world, params)


def _szse_workbook(world: World, params: Mapping[str, str]) -> Document:
    return _SZSE[params["CATALOGID"]][1](world, params)


def _sse_query(world: World, params: Mapping[str, str]) -> Document:
    return (sse.fund_shares if "ETFGM" in params["sqlId"] else sse.turnover)(world, params)


_SZSE: dict[str, tuple[Render, Render]] = {  # a report's tabs and its workbook
    "1837_xxpl": (szse.margin, szse.margin_workbook),
    "1803_sczm": (szse.turnover, szse.turnover_workbook),
    "scsj_fund_jjgm": (szse.fund_shares, szse.fund_shares_workbook),
    "1945": (szse.funds, szse.funds_workbook),
    "1834_xxpl": (szse.listed, szse.listed_workbook),
    "1835_xxpl": (szse.listed, szse.listed_workbook),
    "1835_xxpl_snapshot": (szse.listed, szse.listed_workbook),
}
ENDPOINTS: dict[str, tuple[Render, Callable[[Document, Mapping[str, str]], bytes]]] = {
    "datacenter-web.eastmoney.com/api/data/v1/get": (portal.portal, as_json),
    "query.sse.com.cn/marketdata/tradedata/queryMargin.do": (sse.margin, as_json),
    "query.sse.com.cn/commonQuery.do": (_sse_query, as_json),
    "www.szse.cn/api/report/ShowReport/data": (_szse_tabs, as_json),
    "www.szse.cn/api/report/ShowReport": (_szse_workbook, as_workbook),
    "www.bse.cn/rzrqjyyexxController/summaryInfoResult.do": (bse.margin, as_call),
    "www.bse.cn/rzrqjyyexxController/detailInfoResult.do": (bse.details, as_call),
    "www.bseinfo.net/rzrqjyyexxController/summaryInfoResult.do": (bse.margin, as_call),
    "www.bseinfo.net/rzrqjyyexxController/detailInfoResult.do": (bse.details, as_call),
    "www.bseinfo.net/rzrqbdzqController/infoResult.do": (bse.lists, as_call),
    "www.csindex.com.cn/csindex-home/perf/index-perf": (csi.csi_bars, as_json),
    "hq.cnindex.com.cn/market/market/getIndexDailyDataWithDataFormat": (csi.cni_bars, as_json),
    "push2his.eastmoney.com/api/qt/stock/kline/get": (csi.quotes, as_json),
    "api.fund.eastmoney.com/f10/lsjz": (funds.nav, as_json),
    "fundmobapi.eastmoney.com/FundMNewApi/FundMNBasicInformation": (funds.about, as_json),
    "www.szse.cn/api/report/exchange/onepersistenthour/monthList": (szse.trading_days, as_json),
    "www.bse.cn/rzrqbdzqController/infoResult.do": (bse.lists, as_call),
    funds.TREND: (funds.trend, funds.as_trend),
    sse.LISTS: (sse.lists, sse.as_script),
    members.CONS: (members.members, as_table_of_old),
    members.WEIGHTS: (members.members, as_table_of_old),
    csf.LIST: (csf.links, csf.as_page),
    csf.ACCOUNTS: (csf.accounts, csf.as_upright),
    csf.COLLATERAL: (csf.collateral, csf.as_titled),
    cffex.DAY: (cffex.day, cffex.as_gbk),
    cffex.MONTH: (cffex.month, cffex.as_archive),
}
