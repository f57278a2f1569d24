"""What can be asked of each library: a function, its arguments, the layout of its frame, and whose place it takes.

The functions, columns and units are those that the libraries document. AKShare names most columns by their position,
so that a publisher who reorders a page swaps figures without a word: its figures are held against each other
(``by_position``), columns that nothing tells apart are left out, and all stand in only where the publishers' own fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from rongheng.basics.errors import UsageError
from rongheng.basics.ids import indices
from rongheng.market.sources.libraries.by_position import ByPosition, Flow
from rongheng.market.sources.libraries.call import (
    Call,
    Days,
    Weights,
    as_portal_values,
    with_arguments,
    without_blanks,
    without_exchange,
    without_footer,
)
from rongheng.market.sources.web.datasets import Dataset, Feed
from rongheng.market.sources.web.funds import core_funds

_MARGIN = date(2010, 3, 31)
_SECOND_DAY = date(2010, 4, 1)  # that has one before it
_BEIJING = date(2023, 2, 13)
_FUNDS = date(2020, 1, 2)
_SHANGHAI_PAGE = 2_000  # rows that the exchange gives at a time, however many are asked for
_MONTHS = timedelta(days=45)  # weights are of the end of a month
_SHANGHAI_FUNDS = tuple(fund.code for fund in core_funds() if fund.code.endswith(".SH"))
# How Tushare calls the indices whose members we keep.
_TUSHARE_INDICES: Final = {
    "csi300": "000300.SH",
    "csi500": "000905.SH",
    "csi1000": "000852.SH",
    "csi2000": "932000.CSI",
    "sse50": "000016.SH",
    "sse180": "000010.SH",
    "star50": "000688.SH",
}


def _of_day(first: date, _: date) -> dict[str, str]:
    return {"date": f"{first:%Y%m%d}"}


def _of_span(first: date, last: date) -> dict[str, str]:
    return {"start_date": f"{first:%Y%m%d}", "end_date": f"{last:%Y%m%d}"}


def _of_trade_date(first: date, _: date) -> dict[str, str]:
    return {"trade_date": f"{first:%Y%m%d}"}


def _of_all(_: date, __: date) -> dict[str, str]:
    return {}


def _of_months_before(first: date, last: date) -> dict[str, str]:
    return _of_span(first - _MONTHS, last)


def _of_months_after(first: date, _: date) -> dict[str, str]:
    return _of_span(first, first + Days.AHEAD)


_AKSHARE = (
    Call(
        "akshare",
        "stock_margin_account_info",
        "account-statistics",
        "accounts",
        ("",),
        _of_all,
        date(2012, 9, 27),
        by_day=False,
        gives_all=True,
        never_blank="融资余额",
    ),
    ByPosition(
        "akshare",
        "stock_margin_sse",
        "margin-summary-sse",
        "balances",
        ("SSE",),
        _of_span,
        _MARGIN,
        by_day=False,
        never_blank="融资余额",
        total=("融资余额", "融券余量金额", "融资融券余额"),
        larger=(("融资余额", "融券余量金额"), ("融资买入额", "融券余量")),
        unsure=("融券余量", "融券卖出量"),
    ),
    ByPosition(
        "akshare",
        "stock_margin_detail_sse",
        "security-margin-sse-library",
        "details",
        ("SSE",),
        _of_day,
        _SECOND_DAY,
        never_blank="融资余额",
        most_rows=_SHANGHAI_PAGE,
        key="标的证券代码",
        flows=(Flow("融资余额", "融资买入额", "融资偿还额"), Flow("融券余量", "融券卖出量", "融券偿还量")),
    ),
    ByPosition(
        "akshare",
        "stock_margin_detail_szse",
        "security-margin-szse-library",
        "details",
        ("SZSE",),
        _of_day,
        _SECOND_DAY,
        is_dated=False,
        never_blank="融资余额",
        key="证券代码",
        flows=(Flow("融资余额", "融资买入额"),),
        total=("融资余额", "融券余额", "融资融券余额"),
        larger=(("融资余额", "融券余额"), ("融资买入额", "融券余量")),
        unsure=("融券余量", "融券卖出量"),
    ),
    Call(
        "akshare",
        "stock_szse_summary",
        "market-turnover-szse-library",
        "turnover",
        ("SZSE",),
        _of_day,
        _MARGIN,
        is_dated=False,
        keeps=("证券类别", "股票"),
        never_blank="成交金额",
    ),
    Call(
        "akshare",
        "stock_margin_underlying_info_szse",
        "exchange-lists-szse-library",
        "lists",
        ("SZSE",),
        _of_day,
        _MARGIN,
        is_dated=False,
        sessions_at_first=1,
    ),
    Call(
        "akshare",
        "fund_etf_scale_sse",
        "etf-shares-sse-library",
        "etf-shares",
        ("SSE",),
        _of_day,
        _FUNDS,
        never_blank="基金份额",
        most_rows=_SHANGHAI_PAGE,
    ),
    Call(
        "akshare",
        "fund_scale_daily_szse",
        "etf-shares-szse-library",
        "etf-shares",
        ("SZSE",),
        with_arguments(_of_span, symbol="ETF"),
        _FUNDS,
        never_blank="基金份额",
    ),
)
_TUSHARE = (
    Call("tushare", "margin", "margin-summary-tushare", "balances", ("SSE", "SZSE"), _of_trade_date, _MARGIN),
    Call(
        "tushare",
        "margin_detail",
        "security-margin-tushare",
        "details",
        ("SSE", "SZSE"),
        _of_trade_date,
        _MARGIN,
        tidied=without_footer("ts_code"),
        most_rows=6_000,
    ),
    Call(  # a loss leaves its ratio blank, so it lands nothing (``Dataset.alone``)
        "tushare",
        "daily_basic",
        "valuations-portal",
        "valuations",
        ("SSE", "SZSE"),
        _of_trade_date,
        date(2018, 1, 2),
        sessions_at_first=1,
        stands_in=False,
        tidied=as_portal_values,
        most_rows=6_000,
    ),
    Call(
        "tushare",
        "daily_info",
        "market-turnover-sse-tushare",
        "turnover",
        ("SSE",),
        with_arguments(_of_trade_date, ts_code="SH_MARKET"),
        date(2019, 1, 2),
        keeps=("ts_code", "SH_MARKET"),
    ),
    Call(
        "tushare",
        "sz_daily_info",
        "market-turnover-szse-tushare",
        "turnover",
        ("SZSE",),
        with_arguments(_of_trade_date, ts_code="股票"),
        _MARGIN,
        keeps=("ts_code", "股票"),
    ),
    *(
        Call(
            "tushare",
            "index_daily",
            "index-bars-tushare",
            dataset,
            (indices()[key].code,),
            with_arguments(_of_span, ts_code=f"{indices()[key].code.partition('.')[0]}.{suffix}"),
            date(2010, 1, 4),
            by_day=False,
            part=key,
        )
        for dataset, suffix, keys in (
            ("shenzhen-indices", "SZ", ("szse", "chinext")),
            ("indices", "SH", ("sse", "csi300", "csi500", "csi1000", "star50")),
        )
        for key in keys
    ),
    Call(
        "tushare",
        "fut_daily",
        "futures-bars-tushare",
        "futures",
        ("IF",),
        with_arguments(_of_trade_date, exchange="CFFEX"),
        date(2010, 4, 16),
        tidied=without_exchange("ts_code"),
    ),
    *(
        Call(
            "tushare",
            "margin_secs",
            "exchange-lists-tushare",
            "lists",
            (market,),
            with_arguments(_of_trade_date, exchange=market),
            first,
            sessions_at_first=1,
            keeps=("exchange", market),
            tidied=without_blanks("ts_code"),
            most_rows=6_000,
            part=market,
        )
        for market, first in (("SSE", _MARGIN), ("SZSE", _MARGIN), ("BSE", _BEIJING))
    ),
    *(
        Weights(
            "tushare",
            "index_weight",
            "index-members-tushare",
            "weights",
            (indices()[key].code,),
            with_arguments(_of_months_before, index_code=code),
            date(2005, 4, 8),
            is_current=True,
            every_sessions=20,
            part=key,
        )
        for key, code in _TUSHARE_INDICES.items()
    ),
    Days(
        "tushare",
        "trade_cal",
        "exchange-days-tushare",
        "calendar",
        ("",),
        with_arguments(_of_months_after, exchange="SZSE"),
        date(2005, 1, 4),
        is_current=True,
        every_sessions=10,
    ),
    Call(
        "tushare",
        "etf_share_size",
        "etf-shares-sse-tushare",
        "etf-shares",
        ("SSE",),
        with_arguments(_of_trade_date, exchange="SSE"),
        _FUNDS,
        most_rows=5_000,
    ),
    *(
        Call(
            "tushare",
            "etf_basic",
            "etf-index-map-tushare",
            "etf-indices",
            states,
            with_arguments(_of_all, list_status="L", exchange=exchange),
            _FUNDS,
            is_dated=False,
            is_current=True,
            every_sessions=20,
            tidied=without_exchange("index_code"),
            most_rows=5_000,
            part=exchange,
        )
        for exchange, states in (("SH", _SHANGHAI_FUNDS), ("SZ", ("SZSE",)))
    ),
)
LIBRARIES: Final[dict[str, tuple[Call, ...]]] = {"akshare": _AKSHARE, "tushare": _TUSHARE}


def calls_of(dataset: Dataset) -> list[Call]:
    """Return what the libraries give of a dataset."""
    return [call for calls in LIBRARIES.values() for call in calls if call.dataset == dataset.name]


def with_libraries(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """Return the dataset with what the libraries give of it as stand-ins; an unknown library is a ``UsageError``."""
    unknown = [name for name in names if name not in LIBRARIES]
    if unknown:
        raise UsageError(
            f"There is no library {unknown[0]!r} that Rongheng can ask; there are: {', '.join(LIBRARIES)}."
        )
    calls = [call for call in calls_of(dataset) if call.library in names]
    return replace(dataset, others=(*dataset.others, *(_feed(call) for call in calls)))


def _feed(call: Call) -> Feed:
    return Feed(call, call.states, stands_in=call.stands_in, named=True)
