"""What is rendered in a publisher's format and parsed again is what it was: figure by figure, whatever the figures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import SHANGHAI, calendar
from rongheng.market.sources.web import (
    Answer,
    Request,
    cffex,
    cni,
    csi,
    csi_members,
    portal_details,
    portal_members,
    quotes,
)
from tests.depth import examples
from tests.market.sources.web.endpoints import (
    ACCOUNTS,
    BALANCES,
    BSE_DETAILS,
    BSE_LISTS,
    BSE_MARGIN,
    CALENDAR,
    CSF_ACCOUNTS,
    CSF_COLLATERAL,
    MEMBERS,
    NAV,
    PORTAL_DETAILS,
    PORTAL_MEMBERS,
    SSE_DETAILS,
    SSE_FUNDS,
    SSE_LISTS,
    SSE_MARGIN,
    SSE_TURNOVER,
    SZSE_DETAILS,
    SZSE_FUNDS,
    SZSE_LATEST,
    SZSE_LISTS,
    SZSE_MARGIN,
    SZSE_PAGED,
    SZSE_TRACKED,
    SZSE_TURNOVER,
    TRACKED,
    VALUATIONS,
    WEIGHTS,
    Endpoint,
)
from tests.market.sources.web.rendered import ENDPOINTS, route, szse
from tests.market.sources.web.world import CODES, YI, World, make_world

# Days without a printed level of an index.
_DAYS = calendar().between(date(2024, 3, 1), date(2024, 8, 30))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A market of one to eight sessions."""
    start = draw(st.integers(0, len(_DAYS) - 8))
    last = start + draw(st.integers(0, 7))
    return make_world(_DAYS[start], _DAYS[last], seed=draw(st.integers(0, 2**32)))


class Told:
    """Whoever answers as the publishers would, without a wire between."""

    def __init__(self, world: World, **bends: Any) -> None:
        self.world = world
        self.bends = bends

    def get(self, request: Request) -> Answer:
        render, encode = ENDPOINTS[route(request.address)]
        params = dict(request.params) | dict(request.form or ()) | {"path": request.address}
        body = encode(self.bends.get("render", render)(self.world, params), params)
        return Answer(f"http://127.0.0.1/{request.address}", body, datetime(2024, 9, 2, tzinfo=SHANGHAI))


def _parse(endpoint: Endpoint, world: World, **bends: Any) -> list[Batch]:
    ask = endpoint.ask(world)
    return endpoint.source.parse(ask, endpoint.source.fetch(ask, Told(world, **bends)))


def _row(batch: Batch, day: date, **key: str) -> dict[str, Any]:
    condition = pl.col("as_of") == day
    for name, value in key.items():
        condition &= pl.col(name) == value
    return batch.facts.row(by_predicate=condition, named=True)


@given(worlds())
@settings(max_examples=examples(10))
def test_account_statistics_come_back_in_yuan_persons_and_fractions(world: World) -> None:
    (batch,) = _parse(ACCOUNTS, world)
    assert batch.facts.height == len(world.sessions)
    for day in world.sessions:
        printed, row = world.accounts[day], _row(batch, day)
        for key, column in (
            ("FIN_BALANCE", "financing_balance"),
            ("LOAN_BALANCE", "short_balance"),
            ("FIN_BUY_AMT", "financing_buys"),
            ("LOAN_SELL_AMT", "short_sales"),
            ("TOTAL_GUARANTEE", "collateral_total"),
            ("FUND_MARKET_CAP", "collateral_cash"),
            ("SUBSITUTION__CAP", "collateral_securities"),
        ):
            assert row[column] == float(printed[key] * YI), column
        assert row["individual_count"] == int(printed["PERSONAL_INVESTOR_NUM"] * 10_000)
        assert row["institution_count"] == int(printed["ORG_INVESTOR_NUM"])
        assert row["maintenance_ratio"] == float(printed["AVG_GUARANTEE_RATIO"] / 100)
        assert row["margin_turnover_share"] == float(printed["TRADE_AMT_RATIO"] / 100)


@given(worlds())
@settings(max_examples=examples(10))
def test_balances_and_float_caps_come_back_by_market(world: World) -> None:
    balances, caps = _parse(BALANCES, world)
    for (day, market), figures in world.balances.items():
        row = _row(balances, day, market=market)
        for name in figures.keys() - {"float_cap"}:
            assert row[name] == figures[name], name
        assert row["financing_to_float_cap"] == 0.025
        assert _row(caps, day, market=market)["float_cap"] == figures["float_cap"]
    assert balances.facts.height == caps.facts.height == len(world.balances)


@given(worlds())
@settings(max_examples=examples(10))
def test_shanghais_summary_comes_back_to_the_yuan(world: World) -> None:
    (batch,) = _parse(SSE_MARGIN, world)
    for day in world.sessions:
        figures, row = world.balances[day, "SSE"], _row(batch, day, market="SSE")
        assert {name: row[name] for name in figures.keys() - {"float_cap"}} == {
            name: figures[name] for name in figures.keys() - {"float_cap"}
        }


@given(worlds(), st.sampled_from(["亿", "万"]))
@settings(max_examples=examples(10))
def test_shenzhens_summary_comes_back_from_whatever_unit_it_names(world: World, unit: str) -> None:
    (batch,) = _parse(SZSE_MARGIN, world, render=lambda world, params: szse.margin(world, params, unit=unit))
    figures, row = world.balances[world.first, "SZSE"], _row(batch, world.first, market="SZSE")
    for name in figures.keys() - {"float_cap"}:
        assert row[name] == figures[name], name


@given(worlds())
@settings(max_examples=examples(6))
def test_beijings_summary_comes_back_to_the_yuan(world: World) -> None:
    (batch,) = _parse(BSE_MARGIN, world)
    figures, row = world.balances[world.first, "BSE"], _row(batch, world.first, market="BSE")
    for name in figures.keys() - {"float_cap"}:
        assert row[name] == figures[name], name


@given(worlds(), st.sampled_from([SSE_DETAILS, SZSE_DETAILS, SZSE_PAGED, BSE_DETAILS]))
@settings(max_examples=examples(10))
def test_every_security_comes_back_to_the_yuan_and_the_share(world: World, endpoint: Endpoint) -> None:
    (batch,) = _parse(endpoint, world)
    market = endpoint.name.partition("-")[0].upper()
    suffix = {"SSE": "SH", "SZSE": "SZ", "BSE": "BJ"}[market]
    assert batch.facts["security"].to_list() == sorted(f"{code}.{suffix}" for code in CODES[market])
    for code, figures in world.details[world.first, market].items():
        row = _row(batch, world.first, security=f"{code}.{suffix}")
        printed = {name for name in batch.stated if row[name] is not None}
        assert {name: row[name] for name in printed} == {name: figures[name] for name in printed}
        assert {"financing_balance", "financing_buys", "short_shares", "short_sold_shares"} <= printed


@given(worlds(), st.sampled_from(["SSE", "SZSE", "BSE"]))
@settings(max_examples=examples(10))
def test_the_portals_securities_come_back_whole_and_are_those_of_one_exchange(world: World, market: str) -> None:
    (batch,) = _parse(replace(PORTAL_DETAILS, source=portal_details.Details(market)), world)
    suffix = {"SSE": "SH", "SZSE": "SZ", "BSE": "BJ"}[market]
    assert batch.facts["security"].to_list() == sorted(f"{code}.{suffix}" for code in CODES[market])
    for code, figures in world.details[world.first, market].items():
        row = _row(batch, world.first, security=f"{code}.{suffix}")
        assert {name: row[name] for name in figures} == figures


@given(worlds())
@settings(max_examples=10)
def test_the_company_that_counts_says_what_the_portal_hands_on(world: World) -> None:
    (portal,), (company,) = _parse(ACCOUNTS, world), _parse(CSF_ACCOUNTS, world)
    ours, theirs = _row(portal, world.first), _row(company, world.first)
    shared = set(company.stated)
    assert len(shared) == 14
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}


@given(worlds())
@settings(max_examples=10)
def test_collateral_comes_back_by_security(world: World) -> None:
    (batch,) = _parse(CSF_COLLATERAL, world)
    assert batch.facts.height == len(world.collateral[world.first])
    for code, figures in world.collateral[world.first].items():
        suffix = "SH" if code in CODES["SSE"] else "SZ"
        row = _row(batch, world.first, security=f"{code}.{suffix}")
        assert {name: row[name] for name in figures} == figures
        assert row["share_of_cap"] == 0.002


@given(worlds())
@settings(max_examples=examples(6))
def test_futures_come_back_in_points_lots_and_yuan(world: World) -> None:
    source = cffex.Bars()
    facts = pl.concat(
        [
            batch.facts
            for ask in source.locate(world.sessions)
            for batch in source.parse(ask, source.fetch(ask, Told(world)))
        ]
    )
    assert facts.height == len(world.futures)
    for (day, contract), figures in world.futures.items():
        row = facts.row(by_predicate=(pl.col("as_of") == day) & (pl.col("contract") == contract), named=True)
        for column, name in (
            ("open", "今开盘"),
            ("high", "最高价"),
            ("low", "最低价"),
            ("close", "今收盘"),
            ("settlement", "今结算"),
            ("previous_settlement", "前结算"),
            ("amount", "成交金额"),
        ):
            assert row[column] == float(figures[name]), column
        assert (row["volume_lots"], row["open_interest_lots"]) == (figures["成交量"], figures["持仓量"])


@given(worlds(), st.sampled_from([SSE_FUNDS, SZSE_FUNDS]))
@settings(max_examples=examples(6))
def test_shares_of_funds_come_back_to_the_share(world: World, endpoint: Endpoint) -> None:
    days = world.sessions if endpoint is SZSE_FUNDS else world.sessions[:1]
    (ask, *_) = endpoint.source.locate(days)
    (batch,) = endpoint.source.parse(ask, endpoint.source.fetch(ask, Told(world)))
    first, suffix = ("1", "SZ") if endpoint is SZSE_FUNDS else ("5", "SH")
    expected = {
        (day, f"{fund}.{suffix}"): float(shares)
        for (day, fund), shares in world.fund_shares.items()
        if fund.startswith(first) and ask.first <= day <= ask.last
    }
    assert {
        (day, fund): shares for day, fund, shares in batch.facts.select("as_of", "security", "shares").rows()
    } == expected


@given(worlds())
@settings(max_examples=examples(6))
def test_the_list_of_funds_has_the_shares_of_the_last_session_and_no_official_ones(world: World) -> None:
    (batch,) = _parse(SZSE_LATEST, world)
    assert dict(batch.facts.select("security", "shares").rows()) == {
        f"{fund}.SZ": float(shares)
        for (day, fund), shares in world.fund_shares.items()
        if day == world.last and fund.startswith("1")
    }
    assert batch.facts["as_of"].unique().to_list() == [world.last]
    assert set(batch.facts["grade"]) == {"derived"}


@given(worlds())
@settings(max_examples=10)
def test_values_of_funds_come_back_in_yuan(world: World) -> None:
    (batch,) = _parse(NAV, world)
    for day in world.sessions:
        row = _row(batch, day, security="510300.SH")
        assert {name: row[name] for name in ("nav", "accumulated_nav")} == {
            name: float(value) for name, value in world.nav[day, "510300"].items()
        }


def test_the_index_of_a_fund_comes_back_as_it_is_printed() -> None:
    world = make_world(_DAYS[0], _DAYS[2])
    (exchange,), (portal,) = _parse(SZSE_TRACKED, world), _parse(TRACKED, world)
    assert exchange.facts.select("as_of", "security", "index_code", "index_name").rows() == [
        (_DAYS[2], "159845.SZ", "000852", "中证1000"),
        (_DAYS[2], "159915.SZ", "399006", "创业板指"),
        (_DAYS[2], "159919.SZ", "000300", "沪深300"),
        (_DAYS[2], "159922.SZ", "000905", "中证500"),
    ]
    assert portal.facts.select("security", "index_code", "index_name").rows() == [("510300.SH", "000300", "沪深300")]


@given(worlds(), st.sampled_from([SSE_LISTS, SZSE_LISTS, BSE_LISTS]))
@settings(max_examples=examples(6))
def test_lists_come_back_as_yes_and_no(world: World, endpoint: Endpoint) -> None:
    (ask,) = endpoint.source.locate(world.sessions[-1:])
    (batch,) = endpoint.source.parse(ask, endpoint.source.fetch(ask, Told(world)))
    market = endpoint.name.partition("-")[0].upper()
    suffix = {"SSE": "SH", "SZSE": "SZ", "BSE": "BJ"}[market]
    for code, flags in world.lists[world.last, market].items():
        row = _row(batch, world.last, security=f"{code}.{suffix}")
        printed = {name for name in flags if row.get(name) is not None}
        assert {name: row[name] for name in printed} == {name: flags[name] for name in printed}
    expected = {"SSE": 3, "SZSE": 5, "BSE": 4}[market]
    assert sum(batch.facts[name].null_count() == 0 for name in batch.stated) == expected


@given(worlds())
@settings(max_examples=10)
def test_valuations_come_back_with_the_losses(world: World) -> None:
    (batch,) = _parse(VALUATIONS, world)
    for code, figures in world.valuations[world.first].items():
        row = _row(batch, world.first, security=f"{code}.{'SH' if code[0] == '6' else 'SZ'}")
        assert (row["static_pe"], row["pe_ttm"]) == (float(figures["PE_LAR"]), float(figures["PE_TTM"]))
        assert row["float_cap"] == float(figures["NOTLIMITED_MARKETCAP_A"])


def test_members_come_back_with_their_zeros_and_weights() -> None:
    world = make_world(_DAYS[0], _DAYS[2])
    (members,), (weights,) = _parse(MEMBERS, world), _parse(WEIGHTS, world)
    codes = sorted(
        [*(f"{600_000 + number}.SH" for number in range(25)), *(f"{number:06d}.SZ" for number in range(25, 50))]
    )
    for batch in (members, weights):
        assert batch.facts["security"].to_list() == codes
        assert batch.facts["is_member"].all()
        assert set(batch.facts["index"]) == {"000016.SSE"}
    assert weights.facts["weight"].unique().to_list() == [0.02]


def test_the_portals_members_are_those_of_the_index_company() -> None:
    world = make_world(_DAYS[0], _DAYS[2])
    for key in portal_members.NUMBERS:
        company = replace(MEMBERS, source=csi_members.Members(key, weighted=False))
        portal = replace(PORTAL_MEMBERS, source=portal_members.Members(key))
        (ours,), (theirs,) = _parse(company, world), _parse(portal, world)
        assert ours.facts["as_of"].unique().to_list() == [_DAYS[2]]
        shared = ["index", "security", "is_member"]
        assert theirs.facts.select(shared).equals(ours.facts.select(shared)), key
        assert "weight" not in theirs.stated


def test_the_calendar_comes_back_day_by_day() -> None:
    world = make_world(_DAYS[0], _DAYS[2])  # the first of March 2024 is a session
    (batch,) = _parse(CALENDAR, world)
    assert batch.facts.height == 31 + 30 + 31
    may = batch.facts.filter(pl.col("as_of").is_between(date(2024, 5, 1), date(2024, 5, 6)))
    assert may["is_session"].to_list() == [False, False, False, False, False, True]


@given(worlds())
@settings(max_examples=examples(10))
def test_turnover_comes_back_in_yuan(world: World) -> None:
    (shanghai,) = _parse(SSE_TURNOVER, world)
    traded = world.turnover[world.first, "SSE"]
    row = _row(shanghai, world.first, market="SSE")
    assert row["amount"] == float(traded["boards"] * YI)
    assert row["volume_shares"] == float(traded["volume"] * YI)
    assert row["total_cap"] == float(traded["total_cap"] * YI)
    (shenzhen,) = _parse(SZSE_TURNOVER, world)
    assert _row(shenzhen, world.first, market="SZSE")["amount"] == float(
        world.turnover[world.first, "SZSE"]["boards"] * YI
    )


@given(worlds(), st.sampled_from(csi.KEYS))
@settings(max_examples=examples(10))
def test_bars_come_back_with_yuan_and_shares(world: World, key: str) -> None:
    source = csi.Bars(key)
    (ask,) = source.locate(world.sessions)
    (batch,) = source.parse(ask, source.fetch(ask, Told(world)))
    for day in world.sessions:
        bar, row = world.bars[day, key], _row(batch, day, index=source.code)
        assert {name: row[name] for name in ("open", "high", "low", "close")} == {
            name: float(bar[name]) for name in ("open", "high", "low", "close")
        }
        assert row["volume_shares"] == float(bar["tradingVol"] * 10**6)  # 万手 of a hundred shares
        assert row["amount"] == float(bar["tradingValue"] * YI)


@given(worlds(), st.sampled_from(["szse", "chinext", *csi.KEYS]))
@settings(max_examples=examples(10))
def test_quoted_bars_come_back_in_the_order_that_was_asked_for(world: World, key: str) -> None:
    source = quotes.Bars(key)
    (ask,) = source.locate(world.sessions)
    (batch,) = source.parse(ask, source.fetch(ask, Told(world)))
    for day in world.sessions:
        bar, row = world.bars[day, key], _row(batch, day, index=source.code)
        assert {name: row[name] for name in ("open", "high", "low", "close")} == {
            name: float(bar[name]) for name in ("open", "high", "low", "close")
        }
        assert row["volume_shares"] == float(bar["tradingVol"] * 10**6)
        assert row["amount"] == float(bar["tradingValue"] * YI)


@given(worlds(), st.sampled_from(cni.KEYS))
@settings(max_examples=examples(6))
def test_shenzhens_own_bars_come_back_with_their_prices_alone(world: World, key: str) -> None:
    source = cni.Bars(key)
    (ask,) = source.locate(world.sessions)
    (batch,) = source.parse(ask, source.fetch(ask, Told(world)))
    assert set(batch.stated) == {"open", "high", "low", "close"}
    for day in world.sessions:
        bar, row = world.bars[day, key], _row(batch, day, index=source.code)
        assert {name: row[name] for name in batch.stated} == {name: float(bar[name]) for name in batch.stated}


def test_a_hand_written_answer_reads_as_a_person_would_read_it() -> None:
    document = [
        {
            "metadata": {
                "tabkey": "tab1",
                "subname": "2024-03-01",
                "cols": {
                    "jrrzye": "融资余额<br>(亿元)",
                    "jrrzmr": "融资买入额<br>(亿元)",
                    "jrrjye": "融券余额<br>(亿元)",
                    "jrrjyl": "融券余量<br>(亿股/份)",
                    "jrrjmc": "融券卖出量<br>(亿股/份)",
                    "jrrzrjye": "融资融券余额<br>(亿元)",
                },
                "recordcount": 1,
            },
            "data": [
                {
                    "jrrzye": "7,001.25",
                    "jrrzmr": "512.30",
                    "jrrjye": "130.05",
                    "jrrjyl": "21.50",
                    "jrrjmc": "0.12",
                    "jrrzrjye": "7,131.30",
                }
            ],
            "error": None,
        }
    ]
    (ask,) = SZSE_MARGIN.source.locate([date(2024, 3, 1)])
    (batch,) = SZSE_MARGIN.source.parse(
        ask, [Answer("", json.dumps(document).encode(), datetime(2024, 9, 2, tzinfo=SHANGHAI))]
    )
    row = batch.facts.row(0, named=True)
    assert row["financing_balance"] == 700_125_000_000  # 7,001.25 亿
    assert row["short_sold_shares"] == 12_000_000  # 0.12 亿
    assert row["margin_balance"] == float(Decimal("7131.30") * YI)
    assert row["known_at"] == datetime(2024, 3, 4, 9, 0, tzinfo=SHANGHAI)  # the next session is a Monday
