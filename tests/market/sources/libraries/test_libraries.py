"""Open libraries as a second opinion. They are foreign: tiny modules with their documented frames stand for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import DataError, SourceDownError, UsageError
from rongheng.desk.missing import Wish
from rongheng.desk.update import Updated, raw_store, reparse, update
from rongheng.market.sources.libraries import LibraryFetcher
from rongheng.market.sources.web import Client, RawStore, Request
from rongheng.market.store import Lake
from tests.market.sources.web.loopback import FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.world import World, make_world

__all__ = ["only_loopback"]

FIRST, LAST = date(2024, 3, 28), date(2024, 4, 3)
NOW = datetime(2024, 4, 8, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def world() -> World:
    return make_world(FIRST, LAST)


@pytest.fixture
def served(world: World, only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(world) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def asker(served: tuple[Loopback, dict[str, str]]) -> Iterator[Client]:
    with client(served[1], FakeClock(NOW)) as one:
        yield one


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", create=True)


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=SHANGHAI).date()


def _akshare(world: World, *, off: int = 0) -> ModuleType:
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
    return module


def _tushare(world: World, asked: list[str]) -> ModuleType:
    """The two functions of Tushare's pro interface, behind a token."""

    class Pro:
        def margin_detail(self, trade_date: str) -> pd.DataFrame:
            day = _day(trade_date)
            return pd.DataFrame(
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
                    for code, row in world.details.get((day, market), {}).items()
                ]
            )

        def margin(self, trade_date: str) -> pd.DataFrame:
            day = _day(trade_date)
            return pd.DataFrame(
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
                    if (figures := world.balances.get((day, market)))
                ]
            )

    def pro_api(token: str) -> Pro:
        asked.append(token)
        return Pro()

    module = ModuleType("tushare")
    module.pro_api = pro_api  # type: ignore[attr-defined]
    return module


Run = Callable[..., Updated]


@pytest.fixture
def run(lake: Lake, asker: Client) -> Run:
    def go(dataset: str, *libraries: str, tokens: dict[str, str] | None = None) -> Updated:
        fetcher = LibraryFetcher(asker, FakeClock(NOW), tokens or {})
        wish = Wish((dataset,), FIRST, libraries=libraries)
        (one,) = update(lake, client=fetcher, raw=raw_store(lake), now=NOW, wish=wish)
        return one

    return go


def _use(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_library_that_agrees_says_nothing(run: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, _tushare(world, []))
    done = run("details", "tushare", tokens={"tushare": "mine"})
    assert (done.newest, done.troubles, done.notes) == (LAST, (), ())


def test_a_library_that_disagrees_is_told_with_both_figures(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, _akshare(world, off=10**9))
    done = run("details", "akshare")
    notes = [note.en for note in done.notes]
    balances = {code: row["financing_balance"] for code, row in world.details[LAST, "SSE"].items()}
    code = min(balances, key=lambda code: (balances[code], code))  # the same gap is the most of the smallest
    assert (
        f"{LAST} {code}.SH financing_balance: landed {balances[code]:,.0f}, the akshare stock_margin_detail_sse says"
        in notes[0]
    )
    assert sum("financing_balance:" in note for note in notes) == 4  # the three that are furthest apart, and how many
    assert "financing_balance: 20 more are not what the akshare stock_margin_detail_sse says" in notes
    assert any("could not be compared with the akshare stock_margin_detail_szse" in note for note in notes)


def test_a_second_opinion_is_asked_for_even_where_nothing_is_new(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, _akshare(world))
    run("accounts", "akshare")
    _use(monkeypatch, _akshare(world, off=10**9))
    again = run("details", "akshare"), run("details", "akshare")
    assert [any("stock_margin_detail_sse says" in note.en for note in one.notes) for one in again] == [True, True]
    assert not any(one.landed for one in again[1:])


def test_a_comparison_that_fails_says_why_in_both_languages(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, _akshare(world))
    (note,) = run("details", "akshare").notes
    assert "akshare.stock_margin_detail_szse failed" in note.zh
    assert "akshare.stock_margin_detail_szse failed" in note.en


def test_a_second_opinion_without_a_figure_is_no_agreement(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = _akshare(world)
    blank = library.stock_margin_account_info().astype(object)
    blank.iloc[:, 1:] = "--"
    library.stock_margin_account_info = lambda: blank  # type: ignore[attr-defined]  # a module has what it is given
    _use(monkeypatch, library)
    notes = [note.en for note in run("accounts", "akshare").notes]
    assert any("has no figure that could be compared" in note for note in notes), notes


def test_a_library_stands_in_where_the_publisher_fails(
    run: Run, world: World, lake: Lake, served: tuple[Loopback, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    publishers, _ = served
    for host in ("datacenter-web.eastmoney.com", "www.csf.com.cn"):
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    _use(monkeypatch, _akshare(world))
    done = run("accounts", "akshare")
    assert (done.newest, done.failed) == (date(2024, 4, 2), False)  # the 3rd is not due yet
    rows = lake.read("account_daily")
    assert set(rows["source"]) == {"account-statistics"}
    assert rows["maintenance_ratio"].to_list() == [
        float(world.accounts[day]["AVG_GUARANTEE_RATIO"] / 100) for day in rows["as_of"]
    ]


def test_what_a_library_gave_is_kept_and_read_again(
    run: Run,
    world: World,
    lake: Lake,
    served: tuple[Loopback, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    publishers, _ = served
    for host in ("query.sse.com.cn", "datacenter-web.eastmoney.com"):
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    _use(monkeypatch, _akshare(world))
    run("details", "akshare")
    monkeypatch.setitem(sys.modules, "akshare", None)  # as if it were not installed any more
    other = Lake(tmp_path / "other", create=True)
    wish = Wish(("details",), libraries=("akshare",))
    list(reparse(other, raw=RawStore(lake.root / "raw"), now=NOW, wish=wish))
    shanghai = other.read("security_margin").filter(source="security-margin-sse-library")
    assert shanghai.height == 23 * 5


@pytest.mark.parametrize(
    ("library", "function", "error", "message"),
    [
        ("akshare", "stock_margin_detail_szse", DataError, "the library cannot tell which"),
        ("akshare", "stock_margin_sse", SourceDownError, "could not be reached"),
        ("akshare", "gone", DataError, "no function 'gone'"),
        ("tushare", "margin", UsageError, "TUSHARE_TOKEN"),
        ("nosuchlibrary", "f", UsageError, "pip install nosuchlibrary"),
    ],
)
def test_every_way_to_fail_is_told(
    library: str,
    function: str,
    error: type[Exception],
    message: str,
    world: World,
    asker: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _use(monkeypatch, _akshare(world))
    _use(monkeypatch, _tushare(world, []))
    arguments: dict[str, Any] = {"stock_margin_detail_szse": {"date": "20240403"}}.get(function, {})
    if function == "stock_margin_sse":
        arguments = {"start_date": "20240401", "end_date": "20240403"}
    request = Request(library, function, tuple(arguments.items()), scheme="library")
    with pytest.raises(error, match=message):
        LibraryFetcher(asker, FakeClock(NOW)).get(request)


def test_an_unknown_library_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(UsageError, match="there are: akshare, tushare"):
        Wish(("accounts",), libraries=("pandas",)).datasets()


def test_no_library_is_imported_without_being_named(run: Run) -> None:
    before = set(sys.modules)
    run("accounts")
    assert not {"akshare", "tushare"} & (set(sys.modules) - before)
