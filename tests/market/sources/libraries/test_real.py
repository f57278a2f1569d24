"""The real libraries where they are installed: every function that is called, against loopback, to the figure."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import (
    DataError,
    NotPublishedError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
)
from rongheng.basics.ids import indices
from rongheng.market.sources.libraries import LIBRARIES, LibraryFetcher
from rongheng.market.sources.libraries.call import Call
from rongheng.market.store import Lake
from tests.market.sources.libraries.real import TOKEN, Desk, publishers, service
from tests.market.sources.libraries.test_libraries import FIRST, LAST, NOW, go, nobody
from tests.market.sources.web.loopback import FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.rendered.members import codes_of
from tests.market.sources.web.world import FUNDS, YI, Document, World, make_world

__all__ = ["only_loopback"]
pytestmark = [
    pytest.mark.long,
    pytest.mark.usefixtures("only_loopback"),
    # Neither library is one of ours, and their imports warn.
    pytest.mark.filterwarnings("ignore"),
]
CLOSED = date(2024, 4, 8)  # a session of which nobody has figures
AKSHARE = {call.function: call for call in LIBRARIES["akshare"]}
TUSHARE = {call.function: call for call in LIBRARIES["tushare"]}
HOSTS = ("www.szse.cn", "query.sse.com.cn", "datacenter-web.eastmoney.com")


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(FIRST, LAST)


@pytest.fixture
def loopback(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    pytest.importorskip("akshare", reason="akshare is not installed; make libraries installs it and runs this")
    with publishers(world, monkeypatch) as served:
        served.bend("query.sse.com.cn/commonQuery.do", _without_commas)
        yield served


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    pytest.importorskip("tushare", reason="tushare is not installed; make libraries installs it and runs this")
    with service(world, monkeypatch) as served:
        yield served


def _without_commas(document: Document, params: Mapping[str, str]) -> Document:
    """AKShare makes nothing of a number with commas."""
    for row in document["result"]:
        row["TOT_VOL"] = row["TOT_VOL"].replace(",", "")
    return document


def _read(call: Call, day: date = LAST, *, token: str = TOKEN, seconds: float = 60) -> Batch:
    fetcher = LibraryFetcher(nobody(), FakeClock(NOW), {"tushare": token}, most_seconds=seconds)
    ask = call.locate([day])[-1]
    (batch,) = call.parse(ask, call.fetch(ask, fetcher))
    return batch


def _said(batch: Batch, *names: str) -> list[tuple[Any, ...]]:
    """Return what a batch says in some columns, and that nothing of it was set aside."""
    assert batch.quarantine.is_empty(), batch.quarantine
    return batch.facts.select(names).rows()


# --- AKShare: the truth of the made-up market, to the figure ----------------------------------------------------------


def _of_securities(world: World, market: str, *names: str) -> list[tuple[Any, ...]]:
    suffix = {"SSE": "SH", "SZSE": "SZ"}[market]
    rows = world.details[LAST, market].items()
    return sorted((f"{code}.{suffix}", *(float(row[name]) for name in names)) for code, row in rows)


def test_accounts(loopback: Loopback, world: World) -> None:
    names = ("financing_balance", "short_balance", "financing_buys", "collateral_total", "individual_count")
    keys = {
        "FIN_BALANCE": YI,
        "LOAN_BALANCE": YI,
        "FIN_BUY_AMT": YI,
        "TOTAL_GUARANTEE": YI,
        "PERSONAL_INVESTOR_NUM": 10**4,
    }
    said = _said(_read(AKSHARE["stock_margin_account_info"]), *names, "maintenance_ratio")
    expected = [float(world.accounts[LAST][key] * unit) for key, unit in keys.items()]
    assert said == [pytest.approx((*expected, float(world.accounts[LAST]["AVG_GUARANTEE_RATIO"] / 100)), rel=1e-12)]


def test_the_summary_of_shanghai(loopback: Loopback, world: World) -> None:
    names = ("financing_balance", "financing_buys", "short_balance", "margin_balance")
    batch = _read(AKSHARE["stock_margin_sse"])
    assert _said(batch, "market", *names) == [("SSE", *(world.balances[LAST, "SSE"][name] for name in names))]
    assert not {"short_shares", "short_sold_shares"} & set(batch.facts.columns)  # which is which nothing tells


def test_the_details_of_shanghai(loopback: Loopback, world: World) -> None:
    names = ("financing_balance", "financing_buys", "financing_repaid", "short_shares", "short_sold_shares")
    more = (*names, "short_returned_shares")
    assert _said(_read(AKSHARE["stock_margin_detail_sse"]), "security", *more) == _of_securities(world, "SSE", *more)


def test_the_details_of_shenzhen(loopback: Loopback, world: World) -> None:
    names = ("financing_balance", "financing_buys", "short_balance", "margin_balance")
    batch = _read(AKSHARE["stock_margin_detail_szse"])
    assert _said(batch, "security", *names) == _of_securities(world, "SZSE", *names)


def test_the_turnover_of_shenzhen(loopback: Loopback, world: World) -> None:
    traded = float(world.turnover[LAST, "SZSE"]["boards"] * YI)
    assert _said(_read(AKSHARE["stock_szse_summary"]), "market", "amount") == [("SZSE", traded)]


def test_the_list_of_shenzhen(loopback: Loopback, world: World) -> None:
    names = ("is_financing_underlying", "is_short_underlying", "financing_allowed", "short_allowed")
    listed = {
        f"{code}.SZ": flags
        for code, flags in world.lists[LAST, "SZSE"].items()
        if flags["is_financing_underlying"] or flags["is_short_underlying"]
    }
    expected = sorted((code, *(flags[name] for name in names)) for code, flags in listed.items())
    assert _said(_read(AKSHARE["stock_margin_underlying_info_szse"]), "security", *names) == expected


@pytest.mark.parametrize(("function", "first"), [("fund_etf_scale_sse", "5"), ("fund_scale_daily_szse", "1")])
def test_the_shares_of_funds(function: str, first: str, loopback: Loopback, world: World) -> None:
    suffix = {"5": "SH", "1": "SZ"}[first]
    expected = [(f"{fund}.{suffix}", world.fund_shares[LAST, fund]) for fund in sorted(FUNDS) if fund[0] == first]
    said = _said(_read(AKSHARE[function]), "security", "shares")
    assert said == [(code, pytest.approx(shares, rel=1e-12)) for code, shares in expected]


def test_it_stands_in_where_the_exchanges_refuse_us(loopback: Loopback, world: World, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    with serve(world) as (refusing, urls), client(urls, FakeClock(NOW)) as asker:
        for host in ("query.sse.com.cn", "www.szse.cn", "datacenter-web.eastmoney.com"):
            refusing.fault(host, lambda reply, before: Reply(b"", 403))
        go(lake, asker, "details", "akshare")
    rows = lake.read("security_margin").filter(pl.col("source").str.ends_with("-library"))
    assert rows["as_of"].unique().sort().to_list() == list(world.sessions[1:])  # the first has none before it
    balances = dict(rows.filter(as_of=LAST).select("security", "financing_balance").rows())
    assert balances == dict(
        pair for market in ("SSE", "SZSE") for pair in _of_securities(world, market, "financing_balance")
    )


# --- AKShare: what goes wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", AKSHARE)
def test_a_session_that_is_not_out_yet_is_an_error_of_our_own(function: str, loopback: Loopback) -> None:
    with pytest.raises(DataError, match=r"nothing may be out yet|nothing of these days yet"):
        _read(AKSHARE[function], CLOSED)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (lambda reply, before: Reply(b"<html><title>Access denied</title></html>"), SourceRefusedError),
        (lambda reply, before: Reply(b"", 403), SourceRefusedError),
        (lambda reply, before: Reply(reply.body, stop_after=len(reply.body) // 2, reset=True), SourceDownError),
    ],
    ids=["a page", "forbidden", "broken off"],
)
@pytest.mark.parametrize("function", AKSHARE)
def test_a_publisher_that_fails_is_told_as_what_it_is(
    function: str, fault: Callable[[Reply, int], Reply], error: type[DataError], loopback: Loopback
) -> None:
    for host in HOSTS:
        loopback.fault(host, fault)
    with pytest.raises(error):
        _read(AKSHARE[function])


def test_a_publisher_that_never_answers_is_not_waited_for(loopback: Loopback) -> None:
    let_go = threading.Event()

    def hang(reply: Reply, before: int) -> Reply:
        let_go.wait(30)
        return reply

    loopback.fault("query.sse.com.cn", hang)
    with pytest.raises(SourceDownError, match="no answer within 1 seconds"):
        _read(AKSHARE["stock_margin_detail_sse"], seconds=1)
    let_go.set()


def _swapped(one: str, other: str) -> Callable[[Document, Mapping[str, str]], Document]:
    """Put two keys of every row in each other's place, as a publisher may who thinks of names."""

    def change(document: Document, params: Mapping[str, str]) -> Document:
        swap = {one: other, other: one}
        document["result"] = [{(k := swap.get(key, key)): row[k] for key in row} for row in document["result"]]
        return document

    return change


_DETAILS = ("rzye", "rzmre", "rzche", "rqyl", "rqmcl", "rqchl")
_SUMMARY = ("rzye", "rzmre", "rqylje", "rzrqjyzl")


@pytest.mark.parametrize(
    ("function", "one", "other"),
    [
        *(("stock_margin_detail_sse", one, other) for one in _DETAILS for other in _DETAILS if one < other),
        *(("stock_margin_sse", one, other) for one in _SUMMARY for other in (*_SUMMARY, "rqyl") if one < other),
    ],
)
def test_figures_that_a_publisher_has_put_in_each_others_place_do_not_land(
    function: str, one: str, other: str, loopback: Loopback, world: World
) -> None:
    loopback.bend("query.sse.com.cn/marketdata", _swapped(one, other))
    try:
        batch = _read(AKSHARE[function])
    except SourceChangedError:
        return
    assert batch.quarantine.height > 0
    whole = {name: float(value) for name, value in world.balances[LAST, "SSE"].items()}
    for name in batch.stated:  # what is left after the quarantine is what it is called
        assert set(batch.facts[name].drop_nulls()) <= {whole[name]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("融资余额(元)", "融资买入额(元)"),
        ("融资余额(元)", "融券余额(元)"),
        ("融资买入额(元)", "融券余量(股/份)"),
        ("融资余额(元)", "融资融券余额(元)"),
    ],
)
def test_figures_that_shenzhen_has_put_in_each_others_place_do_not_land(
    one: str, other: str, loopback: Loopback, world: World
) -> None:
    def change(rows: Document, params: Mapping[str, str]) -> Document:
        swap = {one: other, other: one}
        return [{swap.get(name, name): row[swap.get(name, name)] for name in row} for row in rows]

    loopback.bend("www.szse.cn/api/report/ShowReport", change)
    try:
        batch = _read(AKSHARE["stock_margin_detail_szse"])
    except SourceChangedError:
        return
    assert batch.quarantine.height > 0
    for name in batch.stated:
        truth = {f"{code}.SZ": float(row[name]) for code, row in world.details[LAST, "SZSE"].items()}
        said = dict(batch.facts.select("security", name).drop_nulls().rows())
        assert all(truth[code] == value for code, value in said.items()), name


@pytest.mark.parametrize(
    ("function", "address", "key"),
    [
        ("stock_margin_account_info", "datacenter-web.eastmoney.com", "FIN_BALANCE"),
        ("fund_etf_scale_sse", "query.sse.com.cn/commonQuery.do", "TOT_VOL"),
        ("stock_margin_underlying_info_szse", "www.szse.cn", "融资标的"),
        ("fund_scale_daily_szse", "www.szse.cn", "基金规模(份)"),
    ],
)
def test_a_column_that_a_publisher_has_renamed_is_an_error(
    function: str, address: str, key: str, loopback: Loopback
) -> None:
    def change(document: Document, params: Mapping[str, str]) -> Document:
        rows = document if isinstance(document, list) else (document["result"] or {})
        for row in rows["data"] if isinstance(rows, dict) else rows:
            row[f"{key}新"] = row.pop(key)
        return document

    loopback.bend(address, change)
    with pytest.raises(DataError, match=r"page has changed|has no|Nothing of it was kept"):
        _read(AKSHARE[function])


def test_funds_whose_shares_have_commas_are_lost_by_the_library_and_refused(loopback: Loopback) -> None:
    loopback.bends.clear()
    with pytest.raises(SourceChangedError, match="rows have no 基金份额"):
        _read(AKSHARE["fund_etf_scale_sse"])


def test_as_many_rows_as_a_page_of_shanghai_holds_may_not_be_all(loopback: Loopback) -> None:
    def change(document: Document, params: Mapping[str, str]) -> Document:
        first = document["result"][0]
        document["result"] = [{**first, "stockCode": f"{600_000 + number}"} for number in range(2_000)]
        return document

    loopback.bend("query.sse.com.cn/marketdata", change)
    with pytest.raises(SourceChangedError, match="2,000 rows came"):
        _read(AKSHARE["stock_margin_detail_sse"])


def test_the_library_writes_nothing_of_its_own_and_leaves_our_warnings_alone(
    loopback: Loopback, capfd: pytest.CaptureFixture[str]
) -> None:
    before = list(warnings.filters)
    for function in AKSHARE.values():
        _read(function)
    assert capfd.readouterr() == ("", "")
    assert warnings.filters == before


# --- Tushare ----------------------------------------------------------------------------------------------------------


def test_its_client_asks_with_the_token_and_the_arguments_of_the_call(desk: Desk) -> None:
    _read(TUSHARE["margin"])
    (asked,) = desk.asked
    given = {name: value for name, value in asked["params"].items() if name != "ts_type_name"}
    assert (asked["api_name"], asked["token"], given) == ("margin", TOKEN, {"trade_date": f"{LAST:%Y%m%d}"})


def test_the_summaries(desk: Desk, world: World) -> None:
    names = ("financing_balance", "financing_buys", "short_balance", "short_shares", "short_sold_shares")
    expected = [(market, *(world.balances[LAST, market][name] for name in names)) for market in ("SSE", "SZSE")]
    assert _said(_read(TUSHARE["margin"]), "market", *names) == expected


def test_the_details_of_both_exchanges(desk: Desk, world: World) -> None:
    names = ("financing_balance", "financing_buys", "financing_repaid", "short_balance", "short_shares")
    expected = [*_of_securities(world, "SSE", *names), *_of_securities(world, "SZSE", *names)]
    assert _said(_read(TUSHARE["margin_detail"]), "security", *names) == sorted(expected)


@pytest.mark.parametrize(("function", "market"), [("daily_info", "SSE"), ("sz_daily_info", "SZSE")])
def test_the_turnover(function: str, market: str, desk: Desk, world: World) -> None:
    traded = world.turnover[LAST, market]
    (said,) = _said(_read(TUSHARE[function]), "market", "amount", "total_cap")
    assert said == (market, *(pytest.approx(float(traded[key] * YI), rel=1e-12) for key in ("boards", "total_cap")))


@pytest.mark.parametrize("call", [call for call in LIBRARIES["tushare"] if call.function == "index_daily"], ids=str)
def test_the_bars_of_an_index(call: Call, desk: Desk, world: World) -> None:
    names = ("open", "high", "low", "close")
    bar = world.bars[LAST, call.part]
    said = _said(_read(call), "index", *names)
    assert said == [(indices()[call.part].code, *(float(bar[name]) for name in names))]


def test_the_valuations_with_a_blank_for_each_loss(desk: Desk, world: World) -> None:
    named = {"total_cap": "TOTAL_MARKET_CAP", "float_cap": "NOTLIMITED_MARKETCAP_A", "float_shares": "FREE_SHARES_A"}
    said = _said(_read(TUSHARE["daily_basic"]), "security", "static_pe", *named)
    rows = world.valuations[LAST]
    assert [code[:6] for code, *_ in said] == sorted(rows)
    for code, ratio, *sizes in said:
        row = rows[code[:6]]
        assert ratio == (float(row["PE_LAR"]) if row["PE_LAR"] > 0 else None)
        assert sizes == [pytest.approx(float(row[key]), rel=1e-12) for key in named.values()]


def test_the_bars_of_futures(desk: Desk, world: World) -> None:
    named = {"settlement": "今结算", "previous_settlement": "前结算", "volume_lots": "成交量", "amount": "成交金额"}
    rows = {contract: figures for (day, contract), figures in world.futures.items() if day == LAST}
    said = _said(_read(TUSHARE["fut_daily"]), "contract", *named)
    assert said == [
        (contract, *(pytest.approx(float(rows[contract][key]), rel=1e-12) for key in named.values()))
        for contract in sorted(rows)
    ]


@pytest.mark.parametrize("call", [call for call in LIBRARIES["tushare"] if call.function == "margin_secs"], ids=str)
def test_the_lists(call: Call, desk: Desk, world: World) -> None:
    listed = [code for code, flags in world.lists[LAST, call.part].items() if flags["is_financing_underlying"]]
    said = _said(_read(call), "security", "is_financing_underlying")
    assert [code[:6] for code, _ in said] == sorted(listed)
    assert all(flag for _, flag in said)


@pytest.mark.parametrize("call", [call for call in LIBRARIES["tushare"] if call.function == "index_weight"], ids=str)
def test_the_weights(call: Call, desk: Desk) -> None:
    members = codes_of(call.part)
    said = _said(_read(call), "security", "weight")
    assert [code for code, _ in said] == sorted(members)
    assert sum(weight for _, weight in said) == pytest.approx(1)


def test_the_calendar(desk: Desk) -> None:
    said = _said(_read(TUSHARE["trade_cal"]), "as_of", "is_session")
    assert len(said) == 76
    assert all(calendar().is_session(day) == is_session for day, is_session in said)


def test_the_shares_of_funds_in_shanghai(desk: Desk, world: World) -> None:
    expected = [(f"{fund}.SH", float(world.fund_shares[LAST, fund])) for fund in sorted(FUNDS) if fund[0] == "5"]
    assert _said(_read(TUSHARE["etf_share_size"]), "security", "shares") == expected


@pytest.mark.parametrize("call", [call for call in LIBRARIES["tushare"] if call.function == "etf_basic"], ids=str)
def test_the_indices_of_funds(call: Call, desk: Desk) -> None:
    first = {"SH": "5", "SZ": "1"}[call.part]
    expected = [(f"{fund}.{call.part}", index[:6]) for fund, index in sorted(FUNDS.items()) if fund[0] == first]
    assert _said(_read(call), "security", "index_code") == expected


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        *(
            (function, NotPublishedError, "nothing of these days")
            for function in ("margin", "margin_detail", "daily_info", "sz_daily_info", "index_daily", "fut_daily")
        ),
        *((function, NotPublishedError, "nothing of these days") for function in ("margin_secs", "etf_share_size")),
    ],
)
def test_a_session_of_which_the_service_has_nothing_is_not_out_yet(
    function: str, error: type[DataError], message: str, desk: Desk
) -> None:
    desk.bend = lambda frame: frame[:0]
    with pytest.raises(error, match=message):
        _read(TUSHARE[function], CLOSED)


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (
            {
                "code": 40203,
                "msg": "抱歉，您没有接口访问权限，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。",
            },
            "points",
        ),
        (
            {
                "code": 40203,
                "msg": "抱歉，您每分钟最多访问该接口2次，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。",
            },
            "a minute",
        ),
        ({"code": 40203, "msg": "抱歉，您每天最多访问该接口2次"}, "a day"),
        ({"code": 40101, "msg": f"token不对，您传过来的是{TOKEN}请确认"}, "TUSHARE_TOKEN"),
    ],
)
def test_a_service_that_refuses_says_what_to_do(refusal: dict[str, Any], message: str, desk: Desk) -> None:
    desk.refusal = refusal
    with pytest.raises(SourceRefusedError, match=message) as caught:
        _read(TUSHARE["margin"])
    assert TOKEN not in str(caught.value)


def test_a_token_of_nobody_is_refused(desk: Desk) -> None:
    with pytest.raises(SourceRefusedError, match="Set TUSHARE_TOKEN"):
        _read(TUSHARE["margin"], token="f" * 20)


@pytest.mark.parametrize("status", [403, 500, 502])
def test_a_service_that_fails_is_down(status: int, desk: Desk) -> None:
    desk.status = status
    with pytest.raises(SourceDownError, match="answered with an error"):
        _read(TUSHARE["margin_detail"])


@pytest.mark.parametrize("function", TUSHARE)
def test_a_field_that_the_service_has_renamed_is_an_error(function: str, desk: Desk) -> None:
    needed = {"index_daily": "close", "trade_cal": "is_open", "etf_basic": "index_name", "index_weight": "weight"}
    amounts = {"daily_info": "amount", "sz_daily_info": "amount", "fut_daily": "settle", "margin_secs": "ts_code"}
    name = (needed | amounts | {"etf_share_size": "total_share", "daily_basic": "total_mv"}).get(function, "rzye")
    desk.bend = lambda frame: frame.rename(columns={name: f"{name}_new"})
    shown = {"daily_basic": "TOTAL_MARKET_CAP"}.get(function, name)  # its rows are put under the portal's keys
    with pytest.raises(SourceChangedError, match=shown):
        _read(TUSHARE[function])


def test_a_row_that_says_the_date_where_the_others_say_a_code_is_left_out(desk: Desk, world: World) -> None:
    footer = {"trade_date": f"{LAST:%Y%m%d}", "ts_code": f"日期：{LAST}.BJ"}
    desk.bend = lambda frame: pd.concat([frame, pd.DataFrame([footer])])
    said = _said(_read(TUSHARE["margin_detail"]), "security")
    assert len(said) == sum(len(world.details[LAST, market]) for market in ("SSE", "SZSE"))


def test_as_many_rows_as_the_service_gives_at_once_may_not_be_all(desk: Desk) -> None:
    def many(frame: pd.DataFrame) -> pd.DataFrame:
        codes = [f"{600_000 + number}.SH" for number in range(6_000)]
        return pd.concat([frame[:1]] * 6_000).assign(ts_code=codes)

    desk.bend = many
    with pytest.raises(SourceChangedError, match="6,000 rows came"):
        _read(TUSHARE["margin_detail"])
