"""Open libraries as a second opinion. They are foreign: tiny modules with their documented frames stand for them."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_series_equal

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import (
    DataError,
    NotPublishedError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
    UsageError,
)
from rongheng.basics.tables import Table
from rongheng.desk.missing import Wish
from rongheng.desk.update import Updated, raw_store, reparse, update
from rongheng.market.sources.libraries import LIBRARIES, LibraryFetcher
from rongheng.market.sources.web import Answer, Client, Fetcher, RawStore, Request
from rongheng.market.store import Lake
from tests.depth import examples
from tests.market.sources.libraries.frames import akshare, tushare
from tests.market.sources.web.loopback import FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.vandal import bent, flipped
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


Run = Callable[..., Updated]


@pytest.fixture
def run(lake: Lake, asker: Client) -> Run:
    def run(dataset: str, *libraries: str, tokens: dict[str, str] | None = None) -> Updated:
        return go(lake, asker, dataset, *libraries, tokens=tokens)

    return run


def go(lake: Lake, asker: Client, dataset: str, *libraries: str, tokens: dict[str, str] | None = None) -> Updated:
    fetcher = LibraryFetcher(asker, FakeClock(NOW), tokens or {})
    wish = Wish((dataset,), FIRST, libraries=libraries)
    (one,) = update(lake, client=fetcher, raw=raw_store(lake), now=NOW, wish=wish)
    return one


def _use(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_library_that_agrees_says_nothing(run: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, tushare(world, []))
    done = run("details", "tushare", tokens={"tushare": "mine"})
    assert (done.newest, done.troubles, done.notes) == (LAST, (), ())


# What is asked first, and what the lake calls what stands in for it.
_STANDS_IN = [
    ("akshare", "turnover", ("www.szse.cn",), {"market-turnover-sse", "market-turnover-szse-library"}),
    (
        "akshare",
        "lists",
        ("www.szse.cn", "www.sse.com.cn"),
        {"exchange-lists", "exchange-lists-szse-library"},
    ),
    (
        "akshare",
        "etf-shares",
        ("www.szse.cn", "query.sse.com.cn"),
        {"etf-shares-sse-library", "etf-shares-szse-library"},
    ),
    (
        "tushare",
        "turnover",
        ("www.szse.cn", "query.sse.com.cn"),
        {"market-turnover-sse-tushare", "market-turnover-szse-tushare"},
    ),
    ("tushare", "shenzhen-indices", ("push2his.eastmoney.com", "hq.cnindex.com.cn"), {"index-bars-tushare"}),
    ("tushare", "futures", ("www.cffex.com.cn",), {"futures-bars-tushare"}),
    (
        "tushare",
        "lists",
        ("www.szse.cn", "www.sse.com.cn", "www.bse.cn", "www.bseinfo.net"),
        {"exchange-lists-tushare"},
    ),
    ("tushare", "weights", ("oss-ch.csindex.com.cn",), {"index-members-tushare"}),
    ("tushare", "calendar", ("www.szse.cn",), {"exchange-days-tushare"}),
    ("tushare", "etf-shares", ("query.sse.com.cn",), {"etf-shares-sse-tushare", "etf-shares-szse"}),
    (
        "tushare",
        "etf-indices",
        ("www.szse.cn", "fundmobapi.eastmoney.com"),
        {"etf-index-map-tushare"},
    ),
]


@pytest.mark.parametrize(("library", "dataset", "hosts", "sources"), _STANDS_IN)
def test_a_library_says_what_the_publishers_say_and_stands_in_for_them(
    library: str,
    dataset: str,
    hosts: tuple[str, ...],
    sources: set[str],
    run: Run,
    world: World,
    lake: Lake,
    served: tuple[Loopback, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    asker: Client,
    tmp_path: Path,
) -> None:
    _use(monkeypatch, akshare(world))
    _use(monkeypatch, tushare(world, []))
    agreed = run(dataset, library, tokens={"tushare": "mine"})
    assert [note.en for note in agreed.notes if "stood in" not in note.en] == []
    plain = lake.read(agreed.dataset.table)
    for host in hosts:
        served[0].fault(host, lambda reply, before: Reply(b"", 403))
    other = Lake(tmp_path / "other", create=True)
    done = go(other, asker, dataset, library, tokens={"tushare": "mine"})
    assert done.newest == agreed.newest
    rows = other.read(done.dataset.table)
    assert set(rows["source"]) == sources
    _assert_same(rows, plain, done.dataset.column, table=done.dataset.table)


def test_a_library_that_has_some_of_the_indices_stands_in_for_those(
    run: Run, world: World, lake: Lake, served: tuple[Loopback, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("www.csindex.com.cn", "push2his.eastmoney.com"):
        served[0].fault(host, lambda reply, before: Reply(b"", 403))
    _use(monkeypatch, tushare(world, []))
    assert run("indices", "tushare", tokens={"tushare": "mine"}).failed  # of two indices there is nothing
    rows = lake.read("index_daily")
    assert rows.select("index", "source").unique().height == 5
    closes = rows.filter(as_of=LAST, index="000300.CSI")
    assert closes["close"].to_list() == [float(world.bars[LAST, "csi300"]["close"])]


def _assert_same(rows: pl.DataFrame, plain: pl.DataFrame, column: str, *, table: Table) -> None:
    """What stands in says the same of whatever it says."""
    both = rows.join(plain, on=list(table.identity), suffix=" plain")
    assert both.height > 0
    assert both[column].null_count() == 0
    assert_series_equal(both[column], both[f"{column} plain"], check_names=False, abs_tol=1e-5, rel_tol=1e-9)


def _said(frame: pd.DataFrame, **cells: object) -> pd.DataFrame:
    return frame.assign(**cells)


@pytest.mark.parametrize(
    ("library", "function", "bend", "error", "message"),
    [
        ("akshare", "stock_szse_summary", lambda it: it[1:], SourceChangedError, "no row is of '股票'"),
        ("akshare", "stock_szse_summary", lambda it: _said(it, 成交金额=6.5e3), SourceChangedError, "成交金额"),
        (
            "akshare",
            "fund_etf_scale_sse",
            lambda it: _said(it, 基金份额=it["基金份额"] / 1e7),  # as the versions that did not multiply
            SourceChangedError,
            "基金份额",
        ),
        (
            "akshare",
            "stock_margin_underlying_info_szse",
            lambda it: it.drop(columns="融资标的"),
            SourceChangedError,
            "融资标的",
        ),
        ("tushare", "daily_info", lambda it: _said(it, ts_code="SH_A"), SourceChangedError, "no row is of 'SH_MARKET'"),
        ("tushare", "daily_info", lambda it: _said(it, amount=it["amount"] * 1e4), SourceChangedError, "amount"),
        ("tushare", "sz_daily_info", lambda it: _said(it, amount=6.5e3), SourceChangedError, "amount"),
        ("tushare", "index_daily", lambda it: _said(it, trade_date="20240301"), SourceChangedError, "not asked for"),
        ("tushare", "fut_daily", lambda it: _said(it, amount=it["amount"] * 1e4), SourceChangedError, "amount"),
        ("tushare", "margin_secs", lambda it: _said(it, exchange="SZSE"), SourceChangedError, "no row is of 'SSE'"),
        ("tushare", "margin_secs", lambda it: it[:0], NotPublishedError, "nothing of these days"),
        ("tushare", "index_weight", lambda it: it[::2], SourceChangedError, "has 150 members, expected 300"),
        ("tushare", "index_weight", lambda it: _said(it, weight=0.5), SourceChangedError, "the weights make 150"),
        ("tushare", "index_weight", lambda it: _said(it, weight=None), SourceChangedError, "a weight is no number"),
        ("tushare", "index_weight", lambda it: _said(it, index_code="000905.SH"), SourceChangedError, "000905.SH"),
        ("tushare", "index_weight", lambda it: _said(it, trade_date="20230301"), NotPublishedError, "nothing"),
        ("tushare", "trade_cal", lambda it: it.drop(index=3), SourceChangedError, "75 days came that are not those"),
        ("tushare", "trade_cal", lambda it: it[:0], NotPublishedError, "nothing of these days"),
        (
            "tushare",
            "etf_share_size",
            lambda it: _said(it, total_share=it["total_share"] * 1e8),
            SourceChangedError,
            "total_share",
        ),
        ("tushare", "etf_basic", lambda it: it.drop(columns="index_name"), SourceChangedError, "index_name"),
    ],
)
def test_a_frame_that_is_not_what_was_asked_for_is_refused(
    library: str,
    function: str,
    bend: Callable[[pd.DataFrame], pd.DataFrame],
    error: type[DataError],
    message: str,
    world: World,
    asker: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _use(monkeypatch, akshare(world))
    _use(monkeypatch, tushare(world, []))
    call = next(one for one in LIBRARIES[library] if one.function == function)
    fetcher = LibraryFetcher(asker, FakeClock(NOW), {"tushare": "mine"})
    library_of = fetcher._library(library)
    asked = getattr(library_of, function)
    monkeypatch.setattr(fetcher, "_function", lambda name, wanted: lambda **given: bend(asked(**given)))
    (ask,) = call.locate([LAST])
    with pytest.raises(error, match=message):
        call.parse(ask, call.fetch(ask, fetcher))


_FUNCTIONS = {call.function: call for calls in LIBRARIES.values() for call in calls}


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_any_frame_gives_facts_or_an_error_of_our_own(
    function: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = _FUNCTIONS[function]
    _use(monkeypatch, akshare(world))
    _use(monkeypatch, tushare(world, []))
    ask = call.locate([LAST])[-1]
    try:
        plain = call.fetch(ask, LibraryFetcher(nobody(), FakeClock(NOW), {"tushare": "mine"}))
    except DataError:
        plain = [Answer("", b"[]", NOW)]  # the functions that fail whatever is asked
    for number in range(examples(12)):
        chance = random.Random(f"{function} {number}")
        at = chance.randrange(len(plain))
        body = plain[at].body
        changed = (
            json.dumps(bent(json.loads(body), chance)).encode() if chance.random() < 0.7 else flipped(body, chance)
        )
        try:
            call.parse(ask, [*plain[:at], Answer("", changed, NOW), *plain[at + 1 :]])
        except DataError:
            continue


def nobody() -> Fetcher:
    class Nobody:
        def get(self, request: Request) -> Answer:
            raise AssertionError(request)

    return Nobody()


def test_a_calendar_that_ends_with_the_year_that_is_announced_is_taken_as_far_as_it_goes(
    world: World, asker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, tushare(world, []))
    fetcher = LibraryFetcher(asker, FakeClock(NOW), {"tushare": "mine"})
    asked = fetcher._library("tushare").trade_cal
    monkeypatch.setattr(fetcher, "_function", lambda name, wanted: lambda **given: asked(**given)[-10:])  # newest first
    call = next(one for one in LIBRARIES["tushare"] if one.function == "trade_cal")
    (ask,) = call.locate([LAST])
    (batch,) = call.parse(ask, call.fetch(ask, fetcher))
    assert (batch.facts["as_of"].min(), batch.facts["as_of"].max()) == (LAST, date(2024, 4, 12))


def test_a_library_that_disagrees_is_told_with_both_figures(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, akshare(world, off=10**9))
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
    _use(monkeypatch, akshare(world))
    run("accounts", "akshare")
    _use(monkeypatch, akshare(world, off=10**9))
    again = run("details", "akshare"), run("details", "akshare")
    assert [any("stock_margin_detail_sse says" in note.en for note in one.notes) for one in again] == [True, True]
    assert not any(one.landed for one in again[1:])


def test_a_comparison_that_fails_says_why_in_both_languages(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, akshare(world))
    (note,) = run("details", "akshare").notes
    assert "akshare.stock_margin_detail_szse failed" in note.zh
    assert "akshare.stock_margin_detail_szse failed" in note.en


def test_a_second_opinion_without_a_figure_is_no_agreement(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = akshare(world)
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
    _use(monkeypatch, akshare(world))
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
    _use(monkeypatch, akshare(world))
    run("details", "akshare")
    monkeypatch.setitem(sys.modules, "akshare", None)  # as if it were not installed any more
    other = Lake(tmp_path / "other", create=True)
    wish = Wish(("details",), libraries=("akshare",))
    list(reparse(other, raw=RawStore(lake.root / "raw"), now=NOW, wish=wish))
    shanghai = other.read("security_margin").filter(source="security-margin-sse-library")
    assert shanghai.height == 23 * 4  # the first has no session before it to be held against


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
    _use(monkeypatch, akshare(world))
    _use(monkeypatch, tushare(world, []))
    arguments: dict[str, Any] = {"stock_margin_detail_szse": {"date": "20240403"}}.get(function, {})
    if function == "stock_margin_sse":
        arguments = {"start_date": "20240401", "end_date": "20240403"}
    request = Request(library, function, tuple(arguments.items()), scheme="library")
    with pytest.raises(error, match=message):
        LibraryFetcher(asker, FakeClock(NOW)).get(request)


def _failing(monkeypatch: pytest.MonkeyPatch, library: str, error: BaseException | None, given: object = None) -> None:
    """Put a library in place whose every function fails so, or gives this."""

    def function(**asked: object) -> object:
        if error is not None:
            raise error
        return given

    module = ModuleType(library)
    pro = ModuleType("pro")
    for place in (module, pro):
        place.f = function  # type: ignore[attr-defined]  # a module has what it is given
    module.pro_api = lambda token: pro  # type: ignore[attr-defined]
    _use(monkeypatch, module)


class JSONDecodeError(ValueError):
    """As a library that is not installed here calls it."""


class ChunkedEncodingError(OSError):
    """As a library that is not installed here calls it."""


@pytest.mark.parametrize(
    ("library", "raised", "error", "message"),
    [
        ("akshare", JSONDecodeError("Expecting value"), SourceRefusedError, "a page where figures should stand"),
        ("akshare", ChunkedEncodingError("IncompleteRead"), SourceDownError, "broke off"),
        ("akshare", SystemExit(1), DataError, "wanted to end the program"),
        (
            "akshare",
            ValueError("每分钟最多访问该接口2次"),
            DataError,
            "the library cannot tell which",
        ),  # says no service
        ("tushare", Exception("抱歉，您每分钟最多访问该接口2次"), SourceRefusedError, "Wait a minute"),
        ("tushare", Exception("抱歉，您没有接口访问权限"), SourceRefusedError, "has not the points"),
        ("tushare", Exception("您的token不对，请确认。"), SourceRefusedError, "Set TUSHARE_TOKEN"),
    ],
)
def test_what_a_library_raises_is_told_as_what_it_is(
    library: str, raised: BaseException, error: type[DataError], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing(monkeypatch, library, raised)
    with pytest.raises(error, match=message) as caught:
        LibraryFetcher(nobody(), FakeClock(NOW), {"tushare": "mine"}).get(Request(library, "f", scheme="library"))
    assert type(caught.value) is error


def test_a_token_that_the_service_repeats_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(monkeypatch, "tushare", Exception("token不对，您传过来的是5ecret请确认"))
    fetcher = LibraryFetcher(nobody(), FakeClock(NOW), {"tushare": "5ecret"})
    with pytest.raises(SourceRefusedError) as caught:
        fetcher.get(Request("tushare", "f", scheme="library"))
    assert "5ecret" not in str(caught.value) + repr(fetcher)


def test_a_service_that_fails_is_down_and_has_not_merely_nothing_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client makes an empty frame of every status that is an error."""
    _failing(monkeypatch, "tushare", None, pd.DataFrame())
    with pytest.raises(SourceDownError, match="answered with an error and no more"):
        LibraryFetcher(nobody(), FakeClock(NOW), {"tushare": "mine"}).get(Request("tushare", "f", scheme="library"))


def test_a_function_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    module = ModuleType("akshare")
    module.f = never.wait  # type: ignore[attr-defined]
    _use(monkeypatch, module)
    with pytest.raises(SourceDownError, match="no answer within 0 seconds"):
        LibraryFetcher(nobody(), FakeClock(NOW), most_seconds=0.05).get(Request("akshare", "f", scheme="library"))
    never.set()


def test_a_library_that_does_not_load_is_told_apart_from_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "akshare.py").write_text("import nosuchneed\n")
    monkeypatch.delitem(sys.modules, "akshare", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=r"is installed and does not load .*nosuchneed"):
        LibraryFetcher(nobody(), FakeClock(NOW)).check("akshare")


@pytest.mark.parametrize(
    ("function", "column", "bend", "message"),
    [
        ("fund_etf_scale_sse", "基金份额", lambda it: it, "1 of 10 rows have no 基金份额"),
        ("stock_margin_detail_sse", "融资余额", lambda it: it, "1 of 23 rows have no 融资余额"),
        ("stock_margin_detail_sse", "", lambda it: pd.concat([it] * 87), "2,001 rows came, as many as one answer"),
    ],
)
def test_a_frame_with_less_than_the_publisher_printed_is_refused(
    function: str,
    column: str,
    bend: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = akshare(world)
    given = getattr(library, function)(date=f"{LAST:%Y%m%d}")
    if column:
        given = given.astype({column: float})
        given.loc[0, column] = None
    setattr(library, function, lambda **asked: bend(given))
    _use(monkeypatch, library)
    call = _FUNCTIONS[function]
    (ask,) = call.locate([LAST])
    with pytest.raises(SourceChangedError, match=message):
        call.parse(ask, call.fetch(ask, LibraryFetcher(nobody(), FakeClock(NOW))))


def test_a_valuation_is_compared_and_a_loss_that_the_library_leaves_blank_says_nothing(
    run: Run, world: World, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, tushare(world, []))
    agreed = run("valuations", "tushare", tokens={"tushare": "mine"})
    assert (agreed.newest, agreed.notes) == (LAST, ())
    landed = lake.read("security_valuations", first=LAST, last=LAST)
    assert (landed["static_pe"] < 0).sum() == sum(row["PE_LAR"] < 0 for row in world.valuations[LAST].values()) > 0


def test_a_valuation_that_a_library_states_otherwise_is_told(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = next(code for code, row in world.valuations[LAST].items() if row["PE_LAR"] > 1)
    told = make_world(FIRST, LAST)
    told.valuations[LAST][code] = world.valuations[LAST][code] | {"PE_LAR": world.valuations[LAST][code]["PE_LAR"] * 2}
    _use(monkeypatch, tushare(told, []))
    (note,) = run("valuations", "tushare", tokens={"tushare": "mine"}).notes
    assert f"{code}." in note.en
    assert "static_pe: landed" in note.en


def test_a_loss_that_a_library_sees_where_a_profit_landed_is_told(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss counts nothing as collateral: this is the side on which nobody may be mistaken."""
    code = next(code for code, row in world.valuations[LAST].items() if row["PE_LAR"] > 1)
    told = make_world(FIRST, LAST)
    told.valuations[LAST][code] = world.valuations[LAST][code] | {"PE_LAR": -world.valuations[LAST][code]["PE_LAR"]}
    _use(monkeypatch, tushare(told, []))
    (note,) = run("valuations", "tushare", tokens={"tushare": "mine"}).notes
    assert "the tushare daily_basic says nothing" in note.en
    assert "tushare daily_basic 留空" in note.zh


def test_a_library_that_leaves_losses_blank_does_not_stand_in_for_valuations(
    run: Run, world: World, lake: Lake, served: tuple[Loopback, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    served[0].fault("datacenter-web.eastmoney.com", lambda reply, before: Reply(b"", 403))
    _use(monkeypatch, tushare(world, []))
    done = run("valuations", "tushare", tokens={"tushare": "mine"})
    assert done.failed
    assert lake.read("security_valuations").is_empty()
    assert not any("--library" in note.en for note in run("valuations").notes)  # nor is it advised


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("融资余额", "融资买入额"),
        ("融资买入额", "融资偿还额"),
        ("融券余量", "融券卖出量"),
        ("融资偿还额", "融券偿还量"),
    ],
)
def test_columns_that_a_library_has_given_each_others_names_do_not_land(
    one: str, other: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = akshare(world)
    asked = library.stock_margin_detail_sse
    swap = {one: other, other: one}
    library.stock_margin_detail_sse = lambda date: asked(date=date).rename(columns=swap)  # type: ignore[attr-defined]
    _use(monkeypatch, library)
    call = _FUNCTIONS["stock_margin_detail_sse"]
    (ask,) = call.locate([LAST])
    with pytest.raises(SourceChangedError, match="does not follow from that of the session before in"):
        call.parse(ask, call.fetch(ask, LibraryFetcher(nobody(), FakeClock(NOW))))


def test_rows_of_the_session_before_under_the_name_of_this_one_do_not_land(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shenzhen's frame says no day."""
    rows = [
        {
            "证券代码": code,
            "融资买入额": row["financing_buys"],
            "融资余额": row["financing_balance"],
            "融券卖出量": row["short_sold_shares"],
            "融券余量": row["short_shares"],
            "融券余额": row["short_balance"],
            "融资融券余额": row["margin_balance"],
        }
        for code, row in world.details[FIRST, "SZSE"].items()
    ]
    library = akshare(world)
    library.stock_margin_detail_szse = lambda date: pd.DataFrame(rows)  # type: ignore[attr-defined]
    _use(monkeypatch, library)
    call = _FUNCTIONS["stock_margin_detail_szse"]
    (ask,) = call.locate([LAST])
    with pytest.raises(SourceChangedError, match="the rows of the session before came again"):
        call.parse(ask, call.fetch(ask, LibraryFetcher(nobody(), FakeClock(NOW))))


def test_a_function_that_fails_leaves_the_others_of_its_library_to_be_asked(
    run: Run, world: World, served: tuple[Loopback, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("query.sse.com.cn", "www.szse.cn", "datacenter-web.eastmoney.com"):
        served[0].fault(host, lambda reply, before: Reply(b"", 403))
    library = akshare(world)
    asked: list[str] = []

    def down(**given: object) -> None:
        asked.append("SSE")
        raise ConnectionError

    def other(**given: object) -> None:
        asked.append("SZSE")
        raise ConnectionError

    library.stock_margin_detail_sse = down  # type: ignore[attr-defined]
    library.stock_margin_detail_szse = other  # type: ignore[attr-defined]
    _use(monkeypatch, library)
    run("details", "akshare")
    assert asked[0] == "SSE"
    assert "SZSE" in asked


def test_an_unknown_library_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(UsageError, match="there are: akshare, tushare"):
        Wish(("accounts",), libraries=("pandas",)).datasets()


def test_no_library_is_imported_without_being_named(run: Run) -> None:
    before = set(sys.modules)
    run("accounts")
    assert not {"akshare", "tushare"} & (set(sys.modules) - before)
