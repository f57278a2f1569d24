"""What can go wrong with an answer: each fault gives its own error, or none where nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rongheng.basics.batch import Batch
from rongheng.basics.errors import (
    DataError,
    NotPublishedError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
)
from rongheng.market.sources.web import Client
from tests.market.sources.web.endpoints import (
    ACCOUNTS,
    BALANCES,
    BSE_DETAILS,
    BSE_MARGIN,
    CFFEX_BY_DAY,
    CFFEX_DAY,
    CFFEX_MONTH,
    CNI,
    CSF_ACCOUNTS,
    CSF_COLLATERAL,
    CSI_BARS,
    EVERY,
    MEMBERS,
    NAV,
    PORTAL_DETAILS,
    QUOTES,
    SSE_DETAILS,
    SSE_LISTS,
    SSE_MARGIN,
    SSE_TURNOVER,
    SZSE_DETAILS,
    SZSE_LISTS,
    SZSE_MARGIN,
    SZSE_PAGED,
    SZSE_TURNOVER,
    SZSE_TURNOVER_WORKBOOK,
    TRACKED,
    TREND,
    WEIGHTS,
    Endpoint,
)
from tests.market.sources.web.loopback import Loopback, Reply
from tests.market.sources.web.rendered import bse, sse, szse
from tests.market.sources.web.rendered.portal import portal
from tests.market.sources.web.world import Document, World


def _facts(batches: list[Batch]) -> pl.DataFrame:
    return pl.concat([batch.facts.drop("note") for batch in batches], how="diagonal")


# --- keys and rows ----------------------------------------------------------------------------------------------------


def _with_more_keys(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["BRAND_NEW"] = 1


def test_an_answer_none_of_whose_rows_can_be_read_is_no_answer_without_news(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def renamed(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["证券代码"] = f"A{row['证券代码']}"

    publishers.bend(SZSE_LISTS.address, SZSE_LISTS.bend(renamed))
    with pytest.raises(SourceChangedError, match="none of its rows could be read"):
        SZSE_LISTS.read(world, asker)


@pytest.mark.parametrize("endpoint", [ACCOUNTS, SSE_MARGIN, CSI_BARS], ids=str)
def test_a_key_that_is_new_is_told(endpoint: Endpoint, world: World, publishers: Loopback, asker: Client) -> None:
    publishers.bend(endpoint.address, endpoint.bend(_with_more_keys))
    (batch,) = endpoint.read(world, asker)
    assert any("BRAND_NEW" in notice.text.en for notice in batch.notices)


# --- the rows are not what was asked for -----------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [one for one in EVERY if not one.source.describe().is_current], ids=str)
def test_a_day_that_is_not_out_yet_is_not_published(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    (ask,) = endpoint.source.locate([date(2024, 4, 8)])
    with pytest.raises(NotPublishedError):
        endpoint.source.parse(ask, endpoint.source.fetch(ask, asker))


@pytest.mark.parametrize("endpoint", [SZSE_MARGIN, SZSE_TURNOVER], ids=str)
def test_the_day_before_in_the_head_of_a_tab_is_not_published_yet(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    def stale(document: Document, params: Mapping[str, str]) -> Document:
        document[0]["metadata"]["subname"] = "2024-02-29"
        return document

    publishers.bend(endpoint.address, stale)
    with pytest.raises(NotPublishedError, match="still shows 2024-02-29"):
        endpoint.read(world, asker)


def test_a_workbook_that_is_the_one_of_the_session_before_is_not_published_yet(
    world: World, publishers: Loopback, asker: Client
) -> None:
    """The workbook does not say its day, so whoever shows one day for every question is found out by asking twice."""
    fixed = szse.turnover_workbook(world, {"txtQueryDate": world.sessions[0].isoformat()})
    publishers.bend(SZSE_TURNOVER_WORKBOOK.address, lambda document, params: fixed)
    with pytest.raises(NotPublishedError, match="still shows the figures of the session before"):
        SZSE_TURNOVER_WORKBOOK.read(world, asker)


@pytest.mark.parametrize("spelling", ["亿股/亿份", "亿股（份）", "亿股/份", "亿股"])
def test_shares_and_units_of_funds_are_counted_however_the_page_names_both(
    spelling: str, world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(SZSE_MARGIN.read(world, asker))

    def spelt(document: Document, params: Mapping[str, str]) -> Document:
        document[0]["metadata"]["cols"] |= {
            "jrrjyl": f"融券余量<br>({spelling})",
            "jrrjmc": f"融券卖出量<br>({spelling})",
        }
        return document

    publishers.bend(SZSE_MARGIN.address, spelt)
    assert_frame_equal(_facts(SZSE_MARGIN.read(world, asker)), plain)


def test_a_question_that_shenzhen_rejects_is_told_in_its_words(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def rejected(document: Document, params: Mapping[str, str]) -> Document:
        document[0]["error"] = "查询条件有误"
        return document

    publishers.bend(SZSE_MARGIN.address, rejected)
    with pytest.raises(SourceChangedError, match="rejects the question: 查询条件有误"):
        SZSE_MARGIN.read(world, asker)


def test_a_tab_that_names_no_day_is_believed_only_by_its_form(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def nameless(document: Document, params: Mapping[str, str]) -> Document:
        document[0]["metadata"]["subname"] = ""
        return document

    publishers.bend(SZSE_MARGIN.address, nameless)
    assert SZSE_MARGIN.read(world, asker)[0].facts.height == 1  # the form above the table still says the day

    def dumb(document: Document, params: Mapping[str, str]) -> Document:
        document[0]["metadata"] |= {"subname": "", "conditions": []}
        return document

    publishers.bend(SZSE_MARGIN.address, dumb)
    with pytest.raises(SourceChangedError, match="of which day"):
        SZSE_MARGIN.read(world, asker)


def test_the_products_of_another_day_are_not_published_yet(world: World, publishers: Loopback, asker: Client) -> None:
    def stale(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["TRADE_DATE"] = "20240229"

    publishers.bend(SSE_TURNOVER.address, SSE_TURNOVER.bend(stale))
    with pytest.raises(NotPublishedError, match="still shows"):
        SSE_TURNOVER.read(world, asker)


def test_bars_of_another_index_are_refused(world: World, publishers: Loopback, asker: Client) -> None:
    def other(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["indexCode"] = "000905"

    publishers.bend(CSI_BARS.address, CSI_BARS.bend(other))
    with pytest.raises(SourceChangedError, match="000905"):
        CSI_BARS.read(world, asker)


# --- pages and counts ------------------------------------------------------------------------------------------------


def test_a_row_that_stands_twice_lands_once(world: World, publishers: Loopback, asker: Client) -> None:
    publishers.bend(CSI_BARS.address, CSI_BARS.bend(lambda rows: rows.append(dict(rows[0]))))
    (batch,) = CSI_BARS.read(world, asker)
    assert (batch.facts.height, batch.rows_repeated) == (len(world.sessions), 1)


def test_a_service_that_answers_the_end_of_a_range_alone_is_asked_for_the_rest(
    world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(CSI_BARS.read(world, asker))
    publishers.asked.clear()

    def shrunk(document: Document, params: Mapping[str, str]) -> Document:
        return document | {"data": document["data"][-10:]}

    publishers.bend(CSI_BARS.address, shrunk)
    assert_frame_equal(_facts(CSI_BARS.read(world, asker)), plain)
    assert len(publishers.asked) == 3  # 24 sessions by ten


def test_rows_that_contradict_each_other_do_not_land(world: World, publishers: Loopback, asker: Client) -> None:
    publishers.bend(CSI_BARS.address, CSI_BARS.bend(lambda rows: rows.append(rows[0] | {"close": 1234.5})))
    (batch,) = CSI_BARS.read(world, asker)
    assert batch.facts.height == len(world.sessions) - 1
    assert batch.rows_quarantined == 2


@pytest.mark.parametrize("endpoint", [ACCOUNTS, BALANCES], ids=str)
def test_a_server_that_gives_smaller_pages_is_asked_for_all_of_them(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(endpoint.read(world, asker))
    publishers.asked.clear()
    publishers.bend(endpoint.address, lambda _, params: portal(world, params, clamp=10))
    assert_frame_equal(_facts(endpoint.read(world, asker)), plain)
    assert [one.params["pageNumber"] for one in publishers.asked] == ["1", "2", "3"]  # 24 sessions


_PAGED: dict[Endpoint, tuple[Any, str, dict[str, int]]] = {
    SSE_DETAILS: (sse.margin, "pageHelp.pageNo", {"clamp": 7}),
    SZSE_PAGED: (szse.margin, "tab2PAGENO", {"clamp": 7}),
    BSE_DETAILS: (bse.details, "page", {"size": 1}),
}


@pytest.mark.parametrize("endpoint", _PAGED, ids=str)
def test_details_come_page_by_page_whatever_the_size_of_a_page(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(endpoint.read(world, asker))
    render, _, size = _PAGED[endpoint]
    publishers.asked.clear()
    publishers.bend(endpoint.address, lambda _, params: render(world, params, **size))
    assert_frame_equal(_facts(endpoint.read(world, asker)), plain)
    assert len(publishers.asked) == (3 if endpoint is BSE_DETAILS else 4)  # 3 of 1, 23 of 7


@pytest.mark.parametrize("endpoint", _PAGED, ids=str)
def test_a_page_of_details_that_comes_again_is_refused(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    render, param, size = _PAGED[endpoint]
    first = {param: "0" if endpoint is BSE_DETAILS else "1"}
    publishers.bend(endpoint.address, lambda _, params: render(world, dict(params) | first, **size))
    with pytest.raises(SourceChangedError, match="page 2 repeats"):
        endpoint.read(world, asker)


@pytest.mark.parametrize("endpoint", [SZSE_DETAILS, SZSE_PAGED], ids=str)
@pytest.mark.parametrize("factor", [Decimal("1.2"), Decimal("0.8")])
def test_details_that_do_not_make_the_summary_are_of_another_day(
    endpoint: Endpoint, factor: Decimal, world: World, publishers: Loopback, asker: Client
) -> None:
    parts = {
        SZSE_DETAILS: ("融资余额(元)", "融券余额(元)", "融资融券余额(元)"),
        SZSE_PAGED: ("jrrzye", "jrrjye", "jrrzrjye"),
    }[endpoint]

    def other(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row.update({key: f"{Decimal(row[key].replace(',', '')) * factor:.6f}" for key in parts})

    publishers.bend(endpoint.address, endpoint.bend(other))
    with pytest.raises(SourceChangedError, match="the summary says"):
        endpoint.read(world, asker)


def test_details_without_the_securities_that_were_removed_are_told(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def without_one(document: Document, params: Mapping[str, str]) -> Document:
        left = szse.margin(world, params, clamp=99)[1]["data"][1:]
        document[1]["data"] = left
        document[1]["metadata"] |= {"recordcount": len(left), "pagecount": 1}
        return document

    publishers.bend(SZSE_PAGED.address, without_one)
    (batch,) = SZSE_PAGED.read(world, asker)
    assert batch.facts.height == 22
    assert any("less than the summary" in notice.text.en for notice in batch.notices)


def test_beijings_answer_of_another_day_is_not_published_yet(world: World, publishers: Loopback, asker: Client) -> None:
    publishers.bend(BSE_DETAILS.address, lambda document, params: [document[0], "2024-02-29"])
    with pytest.raises(NotPublishedError, match="still shows 2024-02-29"):
        BSE_DETAILS.read(world, asker)


@pytest.mark.parametrize("endpoint", [BSE_MARGIN, BSE_DETAILS], ids=str)
def test_beijings_figures_of_no_day_are_refused(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    publishers.bend(endpoint.address, lambda document, params: document[:1])
    with pytest.raises(SourceChangedError, match="of which day"):
        endpoint.read(world, asker)


def test_a_host_that_hands_out_a_cookie_first_is_asked_once_more(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def turnstile(reply: Reply, before: int) -> Reply:
        itself = "/www.bse.cn/rzrqjyyexxController/detailInfoResult.do?callback=answer"
        return reply if before else Reply(b"", 302, {"Location": itself, "Set-Cookie": "pass=1"})

    publishers.fault(BSE_DETAILS.address, turnstile)
    assert BSE_DETAILS.read(world, asker)[0].facts.height == 3
    assert publishers.asked[1].headers["Cookie"] == "pass=1"


@pytest.mark.parametrize("endpoint", [ACCOUNTS, BALANCES], ids=str)
def test_a_page_that_comes_again_is_refused(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    publishers.bend(endpoint.address, lambda _, params: portal(world, dict(params) | {"pageNumber": "1"}, clamp=8))
    with pytest.raises(SourceChangedError, match="page 2 repeats"):
        endpoint.read(world, asker)


@pytest.mark.parametrize(
    ("endpoint", "keys"),
    [
        (ACCOUNTS, ("result", "pages")),
        (SSE_DETAILS, ("pageHelp", "pageCount")),
        (SZSE_PAGED, (1, "metadata", "pagecount")),
        (BSE_DETAILS, (0, 0, "totalPages")),
        (NAV, ("TotalCount",)),
    ],
    ids=str,
)
def test_pages_without_end_are_not_asked_for(
    endpoint: Endpoint, keys: tuple[Any, ...], world: World, publishers: Loopback, asker: Client
) -> None:
    def endless(document: Document, params: Mapping[str, str]) -> Document:
        inside = document
        for key in keys[:-1]:
            inside = inside[key]
        inside[keys[-1]] = 10**6
        return document

    publishers.bend(endpoint.address, endless)
    with pytest.raises(SourceChangedError, match="pages"):
        endpoint.read(world, asker)
    assert len(publishers.asked) == 1


def test_a_list_of_files_that_leads_to_itself_ends(world: World, publishers: Loopback, asker: Client) -> None:
    def circle(document: Document, params: Mapping[str, str]) -> Document:
        return [entry if entry[0] != "下一页" else ("下一页", "index.html") for entry in document]

    publishers.bend("www.csf.com.cn/publish/main/1022/1024/1127/index*.html", circle)
    with pytest.raises(NotPublishedError, match="of that day yet"):
        CSF_COLLATERAL.read(world, asker)  # the oldest session, which stands on a later page
    assert len(publishers.asked) == 1


def test_a_file_of_another_day_than_its_link_says_is_not_the_days(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        return document | {"title": "融资融券市场每日数据统计（2024年2月29日）"}

    publishers.bend(CSF_ACCOUNTS.address, other)
    with pytest.raises(NotPublishedError, match="the file is of 2024-02-29"):
        CSF_ACCOUNTS.read(world, asker)


@pytest.mark.parametrize(
    ("name", "message"),
    [("20240229_1.csv", "holds 2024-02-29, which was not asked for"), ("readme.csv", "whose name says no day")],
)
def test_an_archive_with_a_file_of_no_day_of_its_month_is_refused(
    name: str, message: str, world: World, publishers: Loopback, asker: Client
) -> None:
    publishers.bend(CFFEX_MONTH.address, lambda document, params: {name: next(iter(document.values())), **document})
    with pytest.raises(SourceChangedError, match=message):
        CFFEX_MONTH.read(world, asker)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"message": "请求过于频繁", "code": 9999}, SourceRefusedError),
        ({"message": "报表不存在", "code": 9501}, SourceChangedError),
    ],
    ids=["too often", "no such report"],
)
def test_what_the_portal_says_with_status_200_is_heard(
    said: dict[str, Any], error: type[DataError], world: World, publishers: Loopback, asker: Client
) -> None:
    publishers.bend(ACCOUNTS.address, lambda _, params: {"success": False, "result": None, **said})
    with pytest.raises(error, match=said["message"]):
        ACCOUNTS.read(world, asker)


def test_the_fund_portals_refusal_with_status_200_is_one(world: World, publishers: Loopback, asker: Client) -> None:
    refusal = {"Datas": None, "ErrCode": 61136403, "ErrMsg": "网络繁忙"}
    publishers.bend(TRACKED.address, lambda _, params: refusal)
    with pytest.raises(SourceRefusedError, match="61136403"):
        TRACKED.read(world, asker)


def test_the_index_companys_own_code_is_heard(world: World, publishers: Loopback, asker: Client) -> None:
    publishers.bend(CSI_BARS.address, lambda _, params: {"code": "500", "msg": "error", "data": None})
    with pytest.raises(SourceChangedError, match="answers 500"):
        CSI_BARS.read(world, asker)


# --- keys and units --------------------------------------------------------------------------------------------------


def test_the_unit_on_the_page_is_the_unit(world: World, publishers: Loopback, asker: Client) -> None:
    plain = _facts(SZSE_MARGIN.read(world, asker))
    publishers.bend(SZSE_MARGIN.address, lambda _, params: szse.margin(world, params, unit="万"))
    assert_frame_equal(_facts(SZSE_MARGIN.read(world, asker)), plain)


@pytest.mark.parametrize("endpoint", [SZSE_MARGIN, SZSE_TURNOVER], ids=str)
@pytest.mark.parametrize("head", ["融资余额", "融资余额<br>(亿股)", "融资余额<br>(百亿)"])
def test_a_unit_that_is_not_there_or_does_not_fit_is_never_guessed(
    endpoint: Endpoint, head: str, world: World, publishers: Loopback, asker: Client
) -> None:
    def reworded(document: Document, params: Mapping[str, str]) -> Document:
        document[0]["metadata"]["cols"][endpoint.key] = head
        return document

    publishers.bend(endpoint.address, reworded)
    with pytest.raises(SourceChangedError):
        endpoint.read(world, asker)


@pytest.mark.parametrize("endpoint", [SSE_TURNOVER, SZSE_TURNOVER], ids=str)
def test_boards_that_do_not_make_the_whole_are_refused(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    def halved(rows: list[dict[str, Any]]) -> None:
        row = next(one for one in rows if "主板A股" in one.get("lbmc", "") or one.get("PRODUCT_CODE") == "01")
        row[endpoint.key] = "1.00"

    publishers.bend(endpoint.address, endpoint.bend(halved))
    with pytest.raises(SourceChangedError, match="the boards make"):
        endpoint.read(world, asker)


def test_yuan_and_shares_that_have_changed_places_are_refused(
    world: World, publishers: Loopback, asker: Client
) -> None:
    """Much code that reads this report takes RQYE for shares and RQYL for yuan; a publisher may do so some day."""

    def exchanged(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["RQYE"], row["RQYL"] = row["RQYL"], row["RQYE"]

    publishers.bend(PORTAL_DETAILS.address, PORTAL_DETAILS.bend(exchanged))
    with pytest.raises(SourceChangedError, match="RZYE \\+ RQYE is not RZRQYE in 49 of 49 rows"):
        PORTAL_DETAILS.read(world, asker)


def test_a_code_that_tells_no_exchange_is_told(world: World, publishers: Loopback, asker: Client) -> None:
    plain = _facts(PORTAL_DETAILS.read(world, asker))

    def with_a_bond(document: Document, params: Mapping[str, str]) -> Document:
        rows = document["result"]["data"]
        document["result"] |= {"data": [*rows, rows[0] | {"SCODE": "019547"}], "count": len(rows) + 1}
        return document

    publishers.bend(PORTAL_DETAILS.address, with_a_bond)
    (batch,) = PORTAL_DETAILS.read(world, asker)
    assert_frame_equal(_facts([batch]), plain)
    assert any("019547" in notice.text.en for notice in batch.notices)


# --- the meaning of the portal's figures -----------------------------------------------------------------------------


def test_the_split_of_the_collateral_lands_only_where_it_adds_up(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def off(rows: list[dict[str, Any]]) -> None:
        rows[0]["FUND_MARKET_CAP"] *= 2

    publishers.bend(ACCOUNTS.address, ACCOUNTS.bend(off))
    (batch,) = ACCOUNTS.read(world, asker)
    split = batch.facts.select("collateral_cash", "collateral_securities")
    assert split.row(0) == (None, None)
    assert split[1:].null_count().row(0) == (0, 0)
    assert batch.facts["collateral_total"].null_count() == 0


def test_a_session_that_one_exchange_has_not_published_has_no_total(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def early(rows: list[dict[str, Any]]) -> None:
        shanghai = {name: value for name, value in rows[-1].items() if name.startswith("H_")}
        rows[-1].update({name: None for name in rows[-1] if name.startswith("S_")})
        rows[-1].update({f"TOTAL_{name[2:]}": value for name, value in shanghai.items()})

    publishers.bend(BALANCES.address, BALANCES.bend(early))
    balances, caps = BALANCES.read(world, asker)
    for batch in (balances, caps):
        last = batch.facts.filter(pl.col("as_of") == world.last)
        assert sorted(last["market"]) == ["BSE", "SSE"]
    assert any("not out yet" in notice.text.en for notice in balances.notices)


def test_a_total_that_the_exchanges_do_not_make_is_set_aside(world: World, publishers: Loopback, asker: Client) -> None:
    def off(rows: list[dict[str, Any]]) -> None:
        rows[0]["TOTAL_RZMRE"] += 10**6

    publishers.bend(BALANCES.address, BALANCES.bend(off))
    balances, _ = BALANCES.read(world, asker)
    assert balances.quarantine.select("column", "reason").rows() == [
        ("RZMRE", "the exchanges do not make the whole market")
    ]
    whole = balances.facts.filter(pl.col("market") == "ALL")
    assert whole["financing_buys"].null_count() == 1


def test_a_float_cap_lands_only_where_the_share_beside_it_proves_its_unit(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def in_ten_thousands(rows: list[dict[str, Any]]) -> None:
        rows[0]["H_LTSZ"] /= 10_000

    publishers.bend(BALANCES.address, BALANCES.bend(in_ten_thousands))
    balances, caps = BALANCES.read(world, asker)
    assert balances.facts.height == 4 * len(world.sessions)
    assert caps.facts.height == 4 * len(world.sessions) - 1
    assert any("does not prove" in notice.text.en for notice in caps.notices)


# --- bars that are texts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "message"),
    [
        ("2024-03-01,1,2,3", "4 parts"),
        ("2024-02-29,10.00,10.00,10.00,10.00,100,100000.00", "not asked for"),
        ("20240301;10;10", "1 parts"),
        ({"day": "2024-03-01"}, "parts"),
    ],
)
def test_a_bar_of_another_form_or_day_is_refused(
    bar: object, message: str, world: World, publishers: Loopback, asker: Client
) -> None:
    def bend(document: Document, params: Mapping[str, str]) -> Document:
        document["data"]["klines"][0] = bar
        return document

    publishers.bend(QUOTES.address, bend)
    with pytest.raises(SourceChangedError, match=message):
        QUOTES.read(world, asker)


def test_bars_of_more_parts_than_were_asked_for_are_the_same_bars(
    world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(QUOTES.read(world, asker))

    def whole(document: Document, params: Mapping[str, str]) -> Document:
        document["data"]["klines"] = [f"{bar},1.50,0.35,35.20,0.86" for bar in document["data"]["klines"]]
        return document

    publishers.bend(QUOTES.address, whole)
    assert_frame_equal(_facts(QUOTES.read(world, asker)), plain)


def test_bars_of_a_share_with_the_code_of_an_index_are_refused(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def bend(document: Document, params: Mapping[str, str]) -> Document:
        document["data"]["code"] = "000001"
        return document

    publishers.bend(QUOTES.address, bend)
    with pytest.raises(SourceChangedError, match="000001"):
        QUOTES.read(world, asker)


def test_volumes_of_another_unit_are_refused(world: World, publishers: Loopback, asker: Client) -> None:
    def bend(document: Document, params: Mapping[str, str]) -> Document:
        bars = [bar.split(",") for bar in document["data"]["klines"]]
        document["data"]["klines"] = [",".join([*bar[:5], str(int(bar[5]) * 100), bar[6]]) for bar in bars]
        return document

    publishers.bend(QUOTES.address, bend)
    with pytest.raises(SourceChangedError, match="yuan a share"):
        QUOTES.read(world, asker)


def _reordered(document: Document) -> None:
    data = document["data"]
    data["item"] = data["item"][::-1]
    data["data"] = [bar[::-1] for bar in data["data"]]


def test_bars_under_a_header_in_another_order_are_the_same_bars(
    world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(CNI.read(world, asker))

    def bend(document: Document, params: Mapping[str, str]) -> Document:
        _reordered(document)
        return document

    publishers.bend(CNI.address, bend)
    assert_frame_equal(_facts(CNI.read(world, asker)), plain)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda document: document | {"code": 500}, SourceChangedError, "answers 500"),
        (lambda document: document | {"total": 3}, SourceChangedError, "says that it has 3 rows"),
        (lambda document: document | {"data": None}, NotPublishedError, "no bars"),
        (lambda document: _with_data(document, indexCode="399006"), SourceChangedError, "399006"),
        (lambda document: _with_data(document, item=document["data"]["item"][:-1]), SourceChangedError, "10 parts"),
        (lambda document: _with_data(document, item="timestamp"), SourceChangedError, "no list of names"),
        (lambda document: _with_data(document, data="none"), SourceChangedError, "no list of bars"),
        (lambda document: _with_bars(document, 5, lambda close: close * 10_000), SourceChangedError, "close"),
        (lambda document: _with_bars(document, 0, lambda _: "2024-02-29"), SourceChangedError, "not asked for"),
        (
            lambda document: _with_data(document, item=["date", *document["data"]["item"][1:]]),
            SourceChangedError,
            "timestamp",
        ),
    ],
)
def test_bars_of_shenzhens_company_that_are_not_those_that_were_asked_for_are_refused(
    change: Callable[[Document], Document],
    error: type[DataError],
    message: str,
    world: World,
    publishers: Loopback,
    asker: Client,
) -> None:
    publishers.bend(CNI.address, lambda document, params: change(document))
    with pytest.raises(error, match=message):
        CNI.read(world, asker)


def _with_data(document: Document, **changes: object) -> Document:
    return document | {"data": document["data"] | changes}


def _with_bars(document: Document, place: int, change: Callable[[Any], Any]) -> Document:
    bars = [[change(part) if at == place else part for at, part in enumerate(bar)] for bar in document["data"]["data"]]
    return _with_data(document, data=bars)


# --- on the way ------------------------------------------------------------------------------------------------------


def _captcha(reply: Reply, before: int) -> Reply:
    return Reply("<html><title>安全验证</title>请完成验证</html>".encode())


def _other_page(reply: Reply, before: int) -> Reply:
    return Reply(b"<!DOCTYPE html><html><title>Welcome</title></html>")


def _status(status: int, **headers: str) -> Callable[[Reply, int], Reply]:
    return lambda reply, before: Reply(b"<html>no</html>", status, headers)


def _cut_on_the_way(reply: Reply, before: int) -> Reply:
    return Reply(reply.body, stop_after=len(reply.body) // 2)


def _reset(reply: Reply, before: int) -> Reply:
    return Reply(reply.body, stop_after=len(reply.body) // 2, reset=True)


def _cut_at_the_publisher(reply: Reply, before: int) -> Reply:
    return Reply(reply.body[: len(reply.body) * 2 // 3])


def _cut_by_a_letter(reply: Reply, before: int) -> Reply:
    return Reply(reply.body[:-1])


def _nothing(reply: Reply, before: int) -> Reply:
    return Reply(b"")


def _null(reply: Reply, before: int) -> Reply:
    return Reply(b"null")


def _script(reply: Reply, before: int) -> Reply:
    return Reply(b"var a=1;")


_WIRE: list[tuple[Callable[[Reply, int], Reply], type[DataError], int]] = [  # fault, its error, how often it is asked
    (_captcha, SourceRefusedError, 1),
    (_other_page, SourceChangedError, 1),
    (_status(403), SourceRefusedError, 1),
    (_status(429), SourceRefusedError, 4),
    (_status(500), SourceDownError, 4),
    (_status(503), SourceDownError, 4),
    (_status(404), SourceChangedError, 1),
    (_status(301, location="https://example.org/"), SourceChangedError, 1),
    (_status(302, location="/itself"), SourceRefusedError, 1),
    (_cut_on_the_way, SourceDownError, 4),
    (_reset, SourceDownError, 4),
    (_cut_at_the_publisher, SourceDownError, 1),
    (_cut_by_a_letter, SourceDownError, 1),
    (_nothing, SourceDownError, 1),
    (_null, SourceChangedError, 1),
    (_script, SourceChangedError, 1),
]
_NAMES = [
    "captcha page",
    "another page",
    "403",
    "429",
    "500",
    "503",
    "404",
    "moved",
    "redirect loop",
    "cut on the way",
    "reset",
    "cut at the publisher",
    "last letter cut",
    "empty body",
    "null",
    "script",
]


# The last byte of a workbook of Excel 97-2003 fills a sector, that of a text ends its last line, and that of a script a
# list that nobody reads.
_PADDED = (CSF_ACCOUNTS, CSF_COLLATERAL, CFFEX_DAY, CFFEX_BY_DAY, MEMBERS, WEIGHTS, TREND)


@pytest.mark.parametrize("endpoint", _PADDED, ids=str)
def test_a_last_letter_that_says_nothing_is_not_missed(
    endpoint: Endpoint, world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(endpoint.read(world, asker))
    publishers.fault(endpoint.address, _cut_by_a_letter)
    assert_frame_equal(_facts(endpoint.read(world, asker)), plain)


# One of each kind of answer; the others of a kind take the same way, and are tried with the long tests.
_OF_EACH_KIND = (
    ACCOUNTS,
    SSE_DETAILS,
    SZSE_DETAILS,
    BSE_DETAILS,
    CSI_BARS,
    CSF_COLLATERAL,
    CFFEX_DAY,
    CFFEX_MONTH,
    SSE_LISTS,
)


@pytest.mark.parametrize(
    ("endpoint", "fault", "error", "times"),
    [
        pytest.param(
            endpoint, *wire, id=f"{endpoint}-{name}", marks=() if endpoint in _OF_EACH_KIND else pytest.mark.long
        )
        for endpoint in EVERY
        for wire, name in zip(_WIRE, _NAMES, strict=True)
        if not (wire[0] is _cut_by_a_letter and endpoint in _PADDED)
    ],
)
def test_every_fault_on_the_way_has_its_own_error(
    endpoint: Endpoint,
    fault: Callable[[Reply, int], Reply],
    error: type[DataError],
    times: int,
    world: World,
    publishers: Loopback,
    asker: Client,
) -> None:
    publishers.fault(endpoint.address, fault)
    with pytest.raises(error) as raised:
        endpoint.read(world, asker)
    assert type(raised.value) is error
    assert publishers.asked[0].address.split("/")[0] in str(raised.value)
    assert len(publishers.asked) == endpoint.before + times


@pytest.mark.parametrize("endpoint", _OF_EACH_KIND, ids=str)
@pytest.mark.parametrize(
    "fault", [_status(500), _status(429), _cut_on_the_way, _reset], ids=["500", "429", "cut", "reset"]
)
def test_what_passes_is_waited_for(
    endpoint: Endpoint, fault: Callable[[Reply, int], Reply], world: World, publishers: Loopback, asker: Client
) -> None:
    plain = _facts(endpoint.read(world, asker))
    publishers.asked.clear()
    publishers.fault(endpoint.address, lambda reply, before: fault(reply, before) if before < 2 else reply)
    assert_frame_equal(_facts(endpoint.read(world, asker)), plain)


def test_a_range_over_two_years_is_two_questions(world: World) -> None:
    days = [date(2023, 12, 29), date(2024, 1, 2) + timedelta(days=1)]
    assert [(ask.first, ask.last) for ask in ACCOUNTS.source.locate(days)] == [(days[0], days[0]), (days[1], days[1])]
