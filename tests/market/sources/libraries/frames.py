"""Frames of open libraries about the made-up market, with the functions, arguments and columns that they document.

The libraries are foreign: tiny modules stand for them. What is documented where is written in ``layouts.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import ModuleType

import pandas as pd

from rongheng.basics.calendar import SHANGHAI, calendar
from rongheng.basics.ids import indices
from tests.market.sources.web.rendered.members import codes_of
from tests.market.sources.web.world import FUNDS, YI, World


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=SHANGHAI).date()


class _AKShare:
    """Functions of AKShare beside the margin statistics."""

    def __init__(self, world: World) -> None:
        self._world = world

    def stock_szse_summary(self, date: str) -> pd.DataFrame:
        traded = self._world.turnover.get((_day(date), "SZSE"))
        classes = {"股票": traded["boards"], "主板A股": traded["main_a"], "基金": traded["growth"]} if traded else {}
        rows = [
            {"证券类别": name, "数量": 9, "成交金额": float(amount * YI), "总市值": 1.0e13, "流通市值": 1.0e13}
            for name, amount in classes.items()
        ]
        return pd.DataFrame(rows)

    def stock_margin_underlying_info_szse(self, date: str) -> pd.DataFrame:
        named = {
            "融资标的": "is_financing_underlying",
            "融券标的": "is_short_underlying",
            "当日可融资": "financing_allowed",
            "当日可融券": "short_allowed",
        }
        rows = [
            {
                "证券代码": code,
                "证券简称": "证券",
                **{text: "NY"[flags[name]] for text, name in named.items()},
                "融券卖出价格限制": "Y",
                "涨跌幅限制": "Y",
            }
            for code, flags in self._world.lists.get((_day(date), "SZSE"), {}).items()
        ]
        return pd.DataFrame(rows)

    def fund_etf_scale_sse(self, date: str) -> pd.DataFrame:
        day = _day(date)
        rows = [
            {"序号": 1, "基金代码": fund, "基金简称": "基金", "ETF类型": "单市", "统计日期": day, "基金份额": shares}
            for (counted, fund), shares in self._world.fund_shares.items()
            if counted == day and fund.startswith("5")
        ]
        return pd.DataFrame(rows)

    def fund_scale_daily_szse(self, start_date: str, end_date: str, symbol: str) -> pd.DataFrame:
        assert symbol == "ETF"
        rows = [
            {"日期": day, "基金代码": fund, "基金简称": "基金", "基金份额": shares}
            for (day, fund), shares in self._world.fund_shares.items()
            if _day(start_date) <= day <= _day(end_date) and fund.startswith("1")
        ]
        return pd.DataFrame(rows, columns=["日期", "基金代码", "基金简称", "基金份额"])


def _answer(rows: Sequence[Mapping[str, object]], fields: str) -> pd.DataFrame:
    """What the service answers: every documented field, whether there are rows or not."""
    return pd.DataFrame(rows, columns=fields.split())


class Service:
    """What Tushare's service answers to each function, with the fields that it documents."""

    def __init__(self, world: World) -> None:
        self._world = world

    def daily_info(self, trade_date: str, ts_code: str) -> pd.DataFrame:
        traded = self._world.turnover.get((_day(trade_date), "SSE"))
        row = {"trade_date": trade_date, "ts_code": ts_code, "ts_name": "上海市场", "exchange": "SH", "tr": 1.0}
        more = {"amount": "boards", "vol": "volume", "total_mv": "total_cap"}
        return _answer(
            [row | {name: float(traded[key]) for name, key in more.items()}] if traded else [],
            "trade_date ts_code ts_name com_count total_share float_share total_mv float_mv amount vol trans_count pe "
            "tr exchange",
        )

    def sz_daily_info(self, trade_date: str, ts_code: str) -> pd.DataFrame:
        traded = self._world.turnover.get((_day(trade_date), "SZSE"))
        row = {"trade_date": trade_date, "ts_code": ts_code, "count": 2800, "vol": 1.0}
        more = {"amount": "boards", "total_mv": "total_cap"}
        return _answer(
            [row | {name: float(traded[key] * YI) for name, key in more.items()}] if traded else [],
            "trade_date ts_code count amount vol total_share total_mv float_share float_mv",
        )

    def index_daily(self, ts_code: str, start_date: str, end_date: str) -> pd.DataFrame:
        key = next(index.key for index in indices().values() if index.code[:6] == ts_code[:6])
        rows = [
            {
                "ts_code": ts_code,
                "trade_date": f"{day:%Y%m%d}",
                **{name: float(bar[name]) for name in ("open", "high", "low", "close")},
                "vol": 1.0,
                "amount": 1.0,
            }
            for (day, known), bar in self._world.bars.items()
            if known == key and _day(start_date) <= day <= _day(end_date)
        ]
        return _answer(rows[::-1], "ts_code trade_date close open high low pre_close change pct_chg vol amount")

    def fut_daily(self, trade_date: str, exchange: str) -> pd.DataFrame:
        assert exchange == "CFFEX"
        named = {
            "open": "今开盘",
            "high": "最高价",
            "low": "最低价",
            "close": "今收盘",
            "settle": "今结算",
            "pre_settle": "前结算",
            "vol": "成交量",
            "oi": "持仓量",
        }
        rows = [
            {"ts_code": f"{contract}.CFX", "trade_date": trade_date}
            | {name: float(figures[key]) for name, key in named.items()}
            | {"amount": float(figures["成交金额"] / 10_000)}
            for (day, contract), figures in self._world.futures.items()
            if day == _day(trade_date)
        ]
        joined = [row | {"ts_code": code} for row in rows[:1] for code in ("IF.CFX", "IFL1.CFX", "T2409.CFX")]
        return _answer(
            [*joined, *rows],
            "ts_code trade_date pre_close pre_settle open high low close settle change1 change2 vol amount oi oi_chg",
        )

    def margin_secs(self, trade_date: str, exchange: str) -> pd.DataFrame:
        suffix = {"SSE": "SH", "SZSE": "SZ", "BSE": "BJ"}[exchange]
        rows = [
            {"trade_date": trade_date, "ts_code": f"{code} .{suffix}", "name": "证券", "exchange": exchange}
            for code, flags in self._world.lists.get((_day(trade_date), exchange), {}).items()
            if flags["is_financing_underlying"]
        ]
        return _answer(rows, "trade_date ts_code name exchange")

    def index_weight(self, index_code: str, start_date: str, end_date: str) -> pd.DataFrame:
        key = next(index.key for index in indices().values() if index.code[:6] == index_code[:6])
        members = codes_of(key)
        days = [day for day in (date(2024, 3, 1), self._world.last) if _day(start_date) <= day <= _day(end_date)]
        rows = [
            {"index_code": index_code, "con_code": code, "trade_date": f"{day:%Y%m%d}", "weight": 100 / len(members)}
            for day in reversed(days)
            for code in members
        ]
        return _answer(rows, "index_code con_code trade_date weight")

    def trade_cal(self, exchange: str, start_date: str, end_date: str) -> pd.DataFrame:
        first, last = _day(start_date), _day(end_date)
        days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        rows = [
            {"exchange": exchange, "cal_date": f"{day:%Y%m%d}", "is_open": int(calendar().is_session(day))}
            for day in reversed(days)
        ]
        return _answer(rows, "exchange cal_date is_open pretrade_date")

    def etf_share_size(self, trade_date: str, exchange: str) -> pd.DataFrame:
        rows = [
            {
                "trade_date": trade_date,
                "ts_code": f"{fund}.SH",
                "etf_name": "基金",
                "total_share": shares / 10_000,
                "total_size": 1.0,
                "exchange": exchange,
            }
            for (day, fund), shares in self._world.fund_shares.items()
            if day == _day(trade_date) and fund.startswith("5")
        ]
        return _answer(rows, "trade_date ts_code etf_name total_share total_size nav close exchange")

    def etf_basic(self, list_status: str, exchange: str) -> pd.DataFrame:
        assert list_status == "L"
        rows = [
            {
                "ts_code": f"{fund}.{exchange}",
                "csname": f"基金{fund}",
                "index_code": f"{tracked[:6]}.{'SZ' if tracked.startswith('399') else 'SH'}",
                "index_name": tracked[7:],
                "exchange": exchange,
            }
            for fund, tracked in FUNDS.items()
            if fund.startswith("5" if exchange == "SH" else "1")
        ]
        nameless = {"ts_code": f"519999.{exchange}", "csname": "货币", "index_code": None, "index_name": None}
        return pd.DataFrame([*rows, nameless])

    def daily_basic(self, trade_date: str) -> pd.DataFrame:
        """A loss leaves its ratio blank."""
        rows = [
            {
                "ts_code": f"{code}.{'SH' if code[0] == '6' else 'SZ'}",
                "trade_date": trade_date,
                "close": float(row["CLOSE_PRICE"]),
                **{
                    name: float(row[key]) if row[key] > 0 else None
                    for name, key in (("pe", "PE_LAR"), ("pe_ttm", "PE_TTM"), ("pb", "PB_MRQ"))
                },
                "total_share": float(row["TOTAL_SHARES"] / 10_000),
                "float_share": float(row["FREE_SHARES_A"] / 10_000),
                "total_mv": float(row["TOTAL_MARKET_CAP"] / 10_000),
                "circ_mv": float(row["NOTLIMITED_MARKETCAP_A"] / 10_000),
            }
            for code, row in self._world.valuations.get(_day(trade_date), {}).items()
        ]
        return _answer(
            rows,
            "ts_code trade_date close turnover_rate turnover_rate_f volume_ratio pe pe_ttm pb ps ps_ttm dv_ratio "
            "dv_ttm total_share float_share free_share total_mv circ_mv",
        )

    def margin_detail(self, trade_date: str) -> pd.DataFrame:
        day = _day(trade_date)
        return _answer(
            [
                {
                    "trade_date": trade_date,
                    "ts_code": f"{code}.{suffix}",
                    "rzye": float(row["financing_balance"]),
                    "rqye": float(row["short_balance"]),
                    "rzmre": float(row["financing_buys"]),
                    "rqyl": float(row["short_shares"]),
                    "rzche": float(row["financing_repaid"]),
                    "rqchl": float(row["short_returned_shares"]),
                    "rqmcl": float(row["short_sold_shares"]),
                    "rzrqye": float(row["margin_balance"]),
                }
                for market, suffix in (("SSE", "SH"), ("SZSE", "SZ"))
                for code, row in self._world.details.get((day, market), {}).items()
            ],
            "trade_date ts_code name rzye rqye rzmre rqyl rzche rqchl rqmcl rzrqye",
        )

    def margin(self, trade_date: str) -> pd.DataFrame:
        day = _day(trade_date)
        return _answer(
            [
                {
                    "trade_date": trade_date,
                    "exchange_id": market,
                    "rzye": figures["financing_balance"],
                    "rzmre": figures["financing_buys"],
                    "rzche": float("nan"),
                    "rqye": figures["short_balance"],
                    "rqmcl": figures["short_sold_shares"],
                    "rzrqye": figures["margin_balance"],
                    "rqyl": figures["short_shares"],
                }
                for market in ("SSE", "SZSE")
                if (figures := self._world.balances.get((day, market)))
            ],
            "trade_date exchange_id rzye rzmre rzche rqye rqmcl rzrqye rqyl",
        )


def akshare(world: World, *, off: int = 0) -> ModuleType:
    """The functions that are called, with the columns that AKShare documents; balances are off by some yuan."""

    def stock_margin_detail_sse(date: str) -> pd.DataFrame:
        day = _day(date)
        rows = [
            {
                "信用交易日期": date,
                "标的证券代码": code,
                "标的证券简称": "证券",
                "融资余额": row["financing_balance"] + off,
                "融资买入额": row["financing_buys"],
                "融资偿还额": row["financing_repaid"],
                "融券余量": row["short_shares"],
                "融券卖出量": row["short_sold_shares"],
                "融券偿还量": row["short_returned_shares"],
            }
            for code, row in world.details.get((day, "SSE"), {}).items()
        ]
        return pd.DataFrame(rows)

    def stock_margin_detail_szse(date: str) -> pd.DataFrame:
        raise ValueError("Length mismatch: Expected axis has 1 elements, new values have 8 elements")

    def stock_margin_account_info() -> pd.DataFrame:
        named = {
            "日期": None,
            "融资余额": "FIN_BALANCE",
            "融券余额": "LOAN_BALANCE",
            "融资买入额": "FIN_BUY_AMT",
            "融券卖出额": "LOAN_SELL_AMT",
            "证券公司数量": "SECURITY_ORG_NUM",
            "营业部数量": "OPERATEDEPT_NUM",
            "个人投资者数量": "PERSONAL_INVESTOR_NUM",
            "机构投资者数量": "ORG_INVESTOR_NUM",
            "参与交易的投资者数量": "INVESTOR_NUM",
            "有融资融券负债的投资者数量": "MARGINLIAB_INVESTOR_NUM",
            "担保物总价值": "TOTAL_GUARANTEE",
            "平均维持担保比例": "AVG_GUARANTEE_RATIO",
        }
        return pd.DataFrame(
            [
                {name: day if key is None else float(figures[key]) for name, key in named.items()}
                for day, figures in world.accounts.items()
            ]
        )

    def stock_margin_sse(start_date: str, end_date: str) -> pd.DataFrame:
        raise ConnectionError("Max retries exceeded")

    module = ModuleType("akshare")
    for function in (
        stock_margin_detail_sse,
        stock_margin_detail_szse,
        stock_margin_account_info,
        stock_margin_sse,
    ):
        setattr(module, function.__name__, function)
    more = _AKShare(world)
    for name in ("stock_szse_summary", "stock_margin_underlying_info_szse", "fund_etf_scale_sse"):
        setattr(module, name, getattr(more, name))
    module.fund_scale_daily_szse = more.fund_scale_daily_szse  # type: ignore[attr-defined]  # a module has what it is given
    return module


def tushare(world: World, asked: list[str]) -> ModuleType:
    """The functions of Tushare's pro interface, behind a token."""

    def pro_api(token: str) -> Service:
        asked.append(token)
        return Service(world)

    module = ModuleType("tushare")
    module.pro_api = pro_api  # type: ignore[attr-defined]
    return module
