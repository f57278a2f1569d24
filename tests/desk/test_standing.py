"""How everything stands: what is held, how far behind it is, what went wrong last, when the next figures come out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from rongheng.basics.calendar import SHANGHAI
from rongheng.desk.missing import Wish
from rongheng.desk.standing import Standing, standing
from rongheng.desk.update import raw_store, update
from rongheng.market.sources.web import Client, datasets
from rongheng.market.store import Lake
from tests.market.sources.web.loopback import FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.world import make_world

__all__ = ["only_loopback"]

LAST, NOW = date(2024, 4, 3), datetime(2024, 4, 8, 10, 0, tzinfo=SHANGHAI)  # a holiday lies between


@pytest.fixture
def served(only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(make_world(date(2024, 3, 28), LAST)) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def asker(served: tuple[Loopback, dict[str, str]]) -> Iterator[Client]:
    with client(served[1], FakeClock(NOW)) as one:
        yield one


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", create=True)


def _update(lake: Lake, asker: Client, *only: str) -> dict[tuple[str, str], Standing]:
    wish = Wish(only, date(2024, 3, 28))
    list(update(lake, client=asker, raw=raw_store(lake), now=NOW, wish=wish))
    return {(one.table.name, one.part): one for one in standing(lake, raw=raw_store(lake), now=NOW)}


def test_what_is_held_is_told_with_its_age_and_its_next_time(lake: Lake, asker: Client) -> None:
    told = _update(lake, asker, "details", "accounts")
    shenzhen = told["security_margin", "SZSE"]
    assert shenzhen.held is not None
    assert (shenzhen.held.first, shenzhen.held.last, shenzhen.held.gaps) == (date(2024, 3, 28), LAST, 0)
    assert shenzhen.held.rows == 23 * 5  # securities × sessions
    assert (shenzhen.dataset, shenzhen.behind_sessions, shenzhen.trouble) == ("details", 0, None)
    assert shenzhen.next_at == datetime(2024, 4, 9, 9, 0, tzinfo=SHANGHAI)  # of the 8th
    accounts = told["account_daily", ""]
    assert accounts.next_at == datetime(2024, 4, 9, 18, 0, tzinfo=SHANGHAI)  # of the 8th; the 3rd is held already


def test_what_comes_along_with_something_else_is_told_by_what_brings_it(lake: Lake, asker: Client) -> None:
    told = _update(lake, asker, "balances", "futures")
    brought = {("margin_summary", "BSE"), ("market_daily", "ALL"), ("market_daily", "BSE")}
    assert {told[key].dataset for key in brought} == {"balances"}
    assert {told["futures_bars", product].dataset for product in ("IF", "IH", "IC", "IM")} == {"futures"}
    assert {one.dataset for one in told.values() if one.held} <= {"balances", "futures", "turnover"}


def test_what_an_update_would_bring_is_told_where_nothing_is_held(lake: Lake, asker: Client) -> None:
    told = _update(lake, asker, "accounts")
    bars = told["futures_bars", "IF"]
    assert (bars.held, bars.dataset, bars.behind_sessions) == (None, "futures", None)
    assert bars.next_at == datetime(2024, 4, 8, 18, 0, tzinfo=SHANGHAI)
    assert told["etf_nav", "SZSE"].dataset == "etf-nav"  # single funds stand for their exchange
    assert not any(part == "510300.SH" for _, part in told)


def test_the_last_trouble_stays_until_it_is_over(
    lake: Lake, asker: Client, served: tuple[Loopback, dict[str, str]]
) -> None:
    publishers, _ = served
    publishers.fault("www.cffex.com.cn", lambda reply, before: Reply(b"", 403))
    trouble = _update(lake, asker, "futures")["futures_bars", "IF"].trouble
    assert trouble is not None
    assert trouble.en.startswith("04-08 10:00 refused: www.cffex.com.cn")
    assert trouble.zh.startswith("04-08 10:00 拒绝访问，请半小时后再试")
    publishers.faults.clear()
    assert _update(lake, asker, "futures")["futures_bars", "IF"].trouble is None


def test_what_can_be_done_about_a_failure_is_told_beside_it(
    lake: Lake, asker: Client, served: tuple[Loopback, dict[str, str]]
) -> None:
    for host in ("www.csf.com.cn", "query.sse.com.cn"):
        served[0].fault(host, lambda reply, before: Reply(b"", 403))
    told = _update(lake, asker, "collateral", "turnover")
    assert told["security_collateral", "SSE"].advice == (datasets()["collateral"].alone,)
    assert [text.en for text in told["market_daily", "SSE"].advice] == ["--library tushare could stand in"]
    assert told["market_daily", "SZSE"].advice == ()
