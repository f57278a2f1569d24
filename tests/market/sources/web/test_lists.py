"""What can be wrong with lists: of another day, cut short, of another index, with members or days missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import DataError, NotPublishedError, SourceChangedError, SourceDownError
from rongheng.basics.funds_abroad import invests_abroad
from rongheng.market.sources.web import Client
from rongheng.market.sources.web.funds import core_funds
from tests.market.sources.web.endpoints import (
    BSE_DETAILS,
    CALENDAR,
    MEMBERS,
    NAV,
    PORTAL_MEMBERS,
    SSE_LISTS,
    SZSE_FUNDS,
    SZSE_LATEST,
    SZSE_LISTS,
    SZSE_TRACKED,
    TRACKED,
    TREND,
    WEIGHTS,
    Endpoint,
)
from tests.market.sources.web.loopback import Loopback
from tests.market.sources.web.world import CODES, Document, World

Change = Callable[[Any], Any]


def _without_entries(document: Document) -> Document:
    return {**document, "entries": []}


def _other_index(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"指数代码 Index Code": "000300"} for row in rows]


def _old(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"日期Date": "20230301"} for row in rows]


def _half(rows: list[Any]) -> list[Any]:
    return rows[: len(rows) // 2]


def _renamed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name.replace("交易所Exchange", "市场Market"): cell for name, cell in row.items()} for row in rows]


def _heavier(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"权重(%)weight": "3"} for row in rows]


def _no_numbers(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"权重(%)weight": "NaN"} for row in rows]


def _a_day_less(document: Document) -> Document:
    return {**document, "data": document["data"][:-1]}


def _indices_by_name_alone(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"拟合指数": "沪深300"} for row in rows]


def _without_a_unit(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name.replace("当前规模(份)", "当前规模"): cell for name, cell in row.items()} for row in rows]


def _in_ten_thousands(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name.replace("(份)", "(万份)"): cell for name, cell in row.items()} for row in rows]


def _other_fund(document: Document) -> Document:
    return {**document, "Datas": document["Datas"] | {"FCODE": "510310"}}


def _no_index(document: Document) -> Document:
    return {**document, "Datas": document["Datas"] | {"INDEXCODE": ""}}


def _earlier(document: Document) -> Document:
    return {**document, "day": "2024-02-29"}


def _of_another_quarter(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"日期": "2023-12-29"} for row in rows]


def _of_rows(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Change:
    def bend(document: Document) -> Document:
        rows = change(document["result"]["data"])
        return {**document, "result": document["result"] | {"data": rows, "count": len(rows)}}

    return bend


def _without_codes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: cell for name, cell in row.items() if name != "SECUCODE"} for row in rows]


def _one_twice(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows[:-1], rows[0]]


def _of_the_portals_other_index(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"TYPE": "1"} for row in rows]


def _uncounted(document: Document) -> Document:
    return {**document, "result": document["result"] | {"data": document["result"]["data"][:-1]}}


def _nothing_found(document: Document) -> Document:
    return {"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201}


@pytest.mark.parametrize(
    ("endpoint", "change", "error", "message"),
    [
        (PORTAL_MEMBERS, _of_rows(_half), SourceChangedError, "has 25 members, expected 50"),
        (PORTAL_MEMBERS, _of_rows(_one_twice), SourceChangedError, "600000.SH stand in the list more than once"),
        (PORTAL_MEMBERS, _of_rows(_of_the_portals_other_index), SourceChangedError, "indices 1 came, expected 2"),
        (PORTAL_MEMBERS, _of_rows(_without_codes), SourceChangedError, "has no 'SECUCODE'"),
        (PORTAL_MEMBERS, _uncounted, SourceChangedError, "says that it has 50 rows and has 49"),
        (PORTAL_MEMBERS, _nothing_found, NotPublishedError, "no row"),
        (SSE_LISTS, _earlier, NotPublishedError, "still shows 2024-02-29"),
        (SSE_LISTS, _without_entries, SourceChangedError, "has no entry"),
        (SZSE_LISTS, _half, SourceChangedError, "the workbook has"),
        (MEMBERS, _other_index, SourceChangedError, "members of 000300"),
        (MEMBERS, _old, NotPublishedError, "2023-03-01"),
        (MEMBERS, _half, SourceChangedError, "has 25 members, expected 50"),
        (MEMBERS, _renamed, SourceChangedError, "交易所"),
        (WEIGHTS, _heavier, SourceChangedError, "the weights make 150"),
        (WEIGHTS, _no_numbers, SourceChangedError, "a weight is no number"),
        (CALENDAR, _a_day_less, SourceChangedError, "2024-4 has 29 days, expected 30"),
        (SZSE_TRACKED, _indices_by_name_alone, SourceChangedError, "0 of 4 funds name an index"),
        (SZSE_LATEST, _without_a_unit, SourceChangedError, "当前规模"),
        (SZSE_LATEST, _in_ten_thousands, SourceChangedError, "当前规模"),
        (SZSE_LATEST, _half, SourceChangedError, "the workbook has"),
        (SZSE_FUNDS, _of_another_quarter, SourceChangedError, "not asked for"),
        (TRACKED, _other_fund, SourceChangedError, "510310"),
        (TRACKED, _no_index, NotPublishedError, "no index"),
    ],
)
def test_what_is_not_the_list_that_was_asked_for_is_refused(
    endpoint: Endpoint,
    change: Change,
    error: type[DataError],
    message: str,
    world: World,
    publishers: Loopback,
    asker: Client,
) -> None:
    publishers.bend(endpoint.address, lambda document, params: change(document))
    with pytest.raises(error, match=message):
        endpoint.source.parse(
            endpoint.source.locate(world.sessions[-20:])[-1],
            endpoint.source.fetch(endpoint.source.locate(world.sessions[-20:])[-1], asker),
        )


def test_a_script_that_was_cut_between_two_entries_is_cut_short(
    world: World, publishers: Loopback, asker: Client
) -> None:
    publishers.fault(SSE_LISTS.address, lambda reply, before: type(reply)(reply.body[: reply.body.rindex(b",[")]))
    (ask,) = SSE_LISTS.source.locate(world.sessions)
    with pytest.raises(SourceDownError, match="cut short"):
        SSE_LISTS.source.fetch(ask, asker)


def test_a_name_with_a_bracket_that_is_never_closed_does_not_cut_the_list(
    world: World, publishers: Loopback, asker: Client
) -> None:
    ask = SSE_LISTS.ask(world)
    publishers.fault(
        SSE_LISTS.address, lambda reply, before: type(reply)(reply.body.replace("证券".encode(), b"ETF(H"))
    )
    (batch,) = SSE_LISTS.source.parse(ask, SSE_LISTS.source.fetch(ask, asker))
    assert batch.facts.height == len(CODES["SSE"])


def test_a_list_that_lacks_a_number_is_refused(world: World, publishers: Loopback, asker: Client) -> None:
    ask = SSE_LISTS.ask(world)
    publishers.fault(SSE_LISTS.address, lambda reply, before: type(reply)(reply.body.replace(b"['2',", b"['9',")))
    with pytest.raises(SourceChangedError, match="not numbered from 1"):
        SSE_LISTS.source.fetch(ask, asker)


def test_shares_of_funds_are_asked_for_in_pieces_that_the_exchange_answers() -> None:
    """More than six months come back as a header alone."""
    asks = SZSE_FUNDS.source.locate(calendar().between(date(2023, 1, 3), date(2024, 3, 29)))
    assert all((ask.last - ask.first).days < 180 for ask in asks)
    assert (asks[0].first, asks[-1].last) == (date(2023, 1, 3), date(2024, 3, 29))


def test_no_fund_whose_values_are_asked_for_invests_abroad() -> None:
    """An update waits for the evening of the session alone."""
    core = pl.DataFrame({"security": [fund.code for fund in core_funds()]})
    assert core.filter(invests_abroad(pl.col("security"))).is_empty()


def test_values_of_another_day_are_refused(world: World, publishers: Loopback, asker: Client) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        document["Data"]["LSJZList"][0]["FSRQ"] = "2023-12-29"
        return document

    publishers.bend(NAV.address, other)
    with pytest.raises(SourceChangedError, match="2023-12-29"):
        NAV.read(world, asker)


@pytest.mark.parametrize("gone", [{"data": []}, {"error": "报表不存在"}], ids=["empty", "an error"])
def test_the_list_of_collateral_is_found_by_its_later_name(
    gone: Mapping[str, object], world: World, publishers: Loopback, asker: Client
) -> None:
    def renamed(document: Document, params: Mapping[str, str]) -> Document:
        if params["CATALOGID"] == "1835_xxpl":
            document[0] |= gone
        return document

    ask = SZSE_LISTS.ask(world)
    (plain,) = SZSE_LISTS.source.parse(ask, SZSE_LISTS.source.fetch(ask, asker))
    publishers.bend("www.szse.cn/api/report/ShowReport/data", renamed)
    publishers.asked.clear()
    (batch,) = SZSE_LISTS.source.parse(ask, SZSE_LISTS.source.fetch(ask, asker))
    assert batch.facts.drop("note").equals(plain.facts.drop("note"))
    assert publishers.asked[-1].params["CATALOGID"] == "1835_xxpl_snapshot"


def test_beijings_pages_that_say_no_count_are_held_against_their_length(
    world: World, publishers: Loopback, asker: Client
) -> None:
    def uncounted(document: Document, params: Mapping[str, str]) -> Document:
        del document[0][0]["totalElements"]
        return document

    publishers.bend(BSE_DETAILS.address, uncounted)
    (batch,) = BSE_DETAILS.read(world, asker)
    assert batch.facts.height == 3  # two pages of two and of one

    def longer_at_last(document: Document, params: Mapping[str, str]) -> Document:
        page = uncounted(document, params)[0][0]
        if params["page"] == "1":
            page["content"] = [page["content"][0] | {"zqdm": f"92000{place}"} for place in range(3)]
        return document

    publishers.bend(BSE_DETAILS.address, longer_at_last)
    with pytest.raises(SourceChangedError, match="has 4 rows and has 5"):
        BSE_DETAILS.read(world, asker)


def test_a_script_of_another_fund_or_without_its_values_is_refused(
    world: World, publishers: Loopback, asker: Client
) -> None:
    publishers.bend(TREND.address, lambda document, params: document | {"code": "510310"})
    with pytest.raises(SourceChangedError, match="510310"):
        TREND.read(world, asker)
    publishers.bend(TREND.address, lambda document, params: document | {"values": document["values"] * 2})
    with pytest.raises(SourceChangedError, match="48 values are of 24 days"):
        TREND.read(world, asker)
    publishers.bends.clear()
    publishers.fault(TREND.address, lambda reply, before: type(reply)(reply.body.replace(b"netWorth", b"netValue")))
    with pytest.raises(SourceChangedError, match="Data_netWorthTrend"):
        TREND.read(world, asker)


def test_a_year_that_is_not_announced_yet_is_left_out(world: World, publishers: Loopback, asker: Client) -> None:
    publishers.bend(
        CALENDAR.address, lambda document, params: document if params["month"] == "2024-4" else {"data": []}
    )
    (batch,) = CALENDAR.read(world, asker)
    assert (batch.facts["as_of"].min(), batch.facts.height) == (date(2024, 4, 1), 30)
