"""The shapes of answers: figures make none, keys and units do, and a change is told with what came and went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from rongheng.basics.calendar import SHANGHAI
from rongheng.desk.missing import Wish
from rongheng.desk.shapes import Seen, compare_shapes
from rongheng.market.sources.web import Client, datasets
from tests.market.sources.web.loopback import FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.rendered import csf, szse
from tests.market.sources.web.world import Document, make_world

__all__ = ["only_loopback"]

NOW = datetime(2024, 4, 8, 20, 0, tzinfo=SHANGHAI)
NIGHTLY = (datetime(2024, 4, 3, 20, 0, tzinfo=SHANGHAI), NOW)


@pytest.fixture
def served(only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(make_world(date(2024, 3, 20), date(2024, 4, 8))) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def publishers(served: tuple[Loopback, dict[str, str]]) -> Loopback:
    return served[0]


@pytest.fixture
def asker(served: tuple[Loopback, dict[str, str]]) -> Iterator[Client]:
    with client(served[1], FakeClock(NOW)) as one:
        yield one


def _compare(asker: Client, folder: Path, *only: str, now: datetime = NOW) -> dict[str, Seen]:
    return {one.source: one for one in compare_shapes(client=asker, folder=folder, now=now, wish=Wish(only))}


def test_another_day_has_the_same_shape_for_every_source(asker: Client, tmp_path: Path, publishers: Loopback) -> None:
    but_current = ("accounts", "balances", "indices", "turnover", "details", "collateral", "futures", "valuations")
    funds = ("etf-shares", "etf-nav")
    first = _compare(asker, tmp_path, *but_current, *funds, now=NIGHTLY[0])
    assert {one.state.en for one in first.values()} == {"first seen"}
    second = _compare(asker, tmp_path, *but_current, *funds, now=NIGHTLY[1])
    assert {name: one.state.en for name, one in second.items()} == dict.fromkeys(first, "unchanged")
    assert {name: one.hash for name, one in second.items()} == {name: one.hash for name, one in first.items()}


def test_lists_have_shapes_too(asker: Client, tmp_path: Path) -> None:
    names = ("lists", "members", "weights", "calendar", "etf-indices")
    seen = _compare(asker, tmp_path, *names)
    assert {one.state.en for one in seen.values()} == {"first seen"}
    feeds = [feed for name in names for feed in (*datasets()[name].first, *datasets()[name].others)]
    assert set(seen) == {feed.source.describe().id for feed in feeds}


def test_keys_that_come_and_go_are_named(asker: Client, tmp_path: Path, publishers: Loopback) -> None:
    _compare(asker, tmp_path, "details")

    def renamed(document: Document, params: Mapping[str, str]) -> Document:
        for row in document["result"]:
            row["abbr"] = row.pop("securityAbbr")
        return document

    publishers.bend("query.sse.com.cn/marketdata", renamed)
    seen = _compare(asker, tmp_path, "details")["sse-margin-details"]
    assert seen.changed
    assert seen.gone == ("pageHelp.data[].securityAbbr", "result[].securityAbbr")
    assert seen.new == ("pageHelp.data[].abbr", "result[].abbr")
    assert not _compare(asker, tmp_path, "details")["sse-margin-details"].changed  # told once, and remembered


def test_another_unit_is_another_shape(asker: Client, tmp_path: Path, publishers: Loopback) -> None:
    _compare(asker, tmp_path, "balances")
    publishers.bend("www.szse.cn", lambda _, params: szse.margin(publishers.world, params, unit="万"))
    seen = _compare(asker, tmp_path, "balances")["szse-margin"]
    assert "[].metadata.cols.jrrjye=融券余额<br>(亿元)" in seen.gone
    assert "[].metadata.cols.jrrzye=融资余额<br>(万元)" in seen.new


def test_a_label_that_is_renamed_in_a_workbook_is_another_shape(
    asker: Client, tmp_path: Path, publishers: Loopback
) -> None:
    _compare(asker, tmp_path, "accounts")

    def renamed(document: Document, params: Mapping[str, str]) -> Document:
        document["rows"][5]["label"] = "分支机构数量"
        return document

    publishers.bend(csf.ACCOUNTS, renamed)
    seen = _compare(asker, tmp_path, "accounts")["csf-accounts"]
    assert (seen.gone, seen.new) == (("column: 营业部数量",), ("column: 分支机构数量",))


def test_who_refuses_is_told_and_left_alone(asker: Client, tmp_path: Path, publishers: Loopback) -> None:
    publishers.fault("datacenter-web.eastmoney.com", lambda reply, before: Reply(b"", 403))
    seen = _compare(asker, tmp_path, "accounts", "balances")
    assert seen["portal-accounts"].state.en == "refused"
    assert not seen["portal-accounts"].changed
    assert "portal-balances" not in seen
    assert seen["sse-margin"].state.en == "first seen"
