"""The lake brought up to date from publishers on loopback: what is asked, what lands, what is said when it does not."""

from __future__ import annotations

import copy
import shutil
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.desk.close import close
from rongheng.desk.missing import Wish
from rongheng.desk.update import Updated, clock_note, outlook, raw_store, reparse, update
from rongheng.market.sources import web
from rongheng.market.sources.libraries import calls_of
from rongheng.market.sources.web import Client, RawStore, datasets
from rongheng.market.sources.web.csi_members import SIZES
from rongheng.market.store import Lake
from tests.market.sources.web.loopback import HOSTS, FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.world import Document, World, make_world

__all__ = ["only_loopback"]

# The last session before the Qingming holiday; the next one is Monday the 8th. No printed level lies in this time.
FIRST, LAST, AFTER = date(2024, 3, 1), date(2024, 4, 3), date(2024, 4, 8)
START = date(2024, 3, 28)  # where it does not matter how much there is
PORTAL, SSE, SZSE, CSI, QUOTES, BSE, CSF, CFFEX = HOSTS[:8]
MARGIN = "query.sse.com.cn/marketdata"


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


MORNING_AFTER = _at(AFTER, 10)  # everything but the account statistics of the 3rd is due; the 8th has not closed


@pytest.fixture(scope="session")
def market() -> World:
    return make_world(FIRST, LAST)


@pytest.fixture
def world(market: World) -> World:
    return copy.deepcopy(market)


@pytest.fixture
def served(world: World, only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(world) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def publishers(served: tuple[Loopback, dict[str, str]]) -> Loopback:
    return served[0]


@pytest.fixture
def asker(served: tuple[Loopback, dict[str, str]]) -> Iterator[Client]:
    with client(served[1], FakeClock(MORNING_AFTER)) as one:
        yield one


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", create=True)


@pytest.fixture(scope="session")
def filled(market: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Updated]]:
    """A lake that one update filled, which no test changes, and what was said of it."""
    lake = Lake(tmp_path_factory.mktemp("filled") / "lake", create=True)
    with serve(market) as (_, urls), client(urls, FakeClock(MORNING_AFTER)) as asker:
        return lake.root, _run(lake, asker)


@pytest.fixture
def full(filled: tuple[Path, dict[str, Updated]], tmp_path: Path) -> Lake:
    """A copy of that lake."""
    return Lake(shutil.copytree(filled[0], tmp_path / "full"))


def _run(
    lake: Lake, asker: Client, *only: str, now: datetime = MORNING_AFTER, first: date | None = START
) -> dict[str, Updated]:
    runs = update(lake, client=asker, raw=raw_store(lake), now=now, wish=Wish(only, first))
    return {one.dataset.name: one for one in runs}


def _hosts(publishers: Loopback) -> set[str]:
    return {one.address.split("/")[0] for one in publishers.asked}


# --- what lands ------------------------------------------------------------------------------------------------------


def test_everything_that_todays_note_needs_lands(filled: tuple[Path, dict[str, Updated]], market: World) -> None:
    lake, done, world = Lake(filled[0]), dict(filled[1]), market
    assert done.pop("lists").missing == (AFTER,)  # due before the open, and this market ends with the 3rd
    assert {name: one.state.en for name, one in done.items()} == dict.fromkeys(done, "current")
    of_today = {name for name, one in done.items() if one.newest == AFTER}
    assert of_today == {"members", "weights", "calendar"}  # what holds from the opening on
    assert all(one.newest == LAST for name, one in done.items() if name not in of_today)
    assert all(one.age_sessions == 0 for one in done.values())
    dossier = close(lake, as_of=LAST)
    last = dossier.panel.row(-1, named=True)
    whole = world.balances[LAST, "ALL"]
    assert last["session"] == LAST
    assert last["financing_balance"] == whole["financing_balance"]
    assert last["collateral_cash"] + last["collateral_securities"] == pytest.approx(last["collateral_total"])
    assert last["float_cap"] == whole["float_cap"]
    both = world.turnover[LAST, "SSE"]["boards"] + world.turnover[LAST, "SZSE"]["boards"]
    assert last["turnover"] == pytest.approx(float(both) * 1e8)
    assert not dossier.simulated


def test_another_publisher_stands_in_for_the_portal(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    publishers.fault(PORTAL, lambda reply, before: Reply(b"", 403))
    accounts = _run(lake, asker, "accounts")["accounts"]
    assert (accounts.newest, accounts.failed, accounts.troubles[0].kind.en) == (date(2024, 4, 2), False, "refused")
    rows = lake.read("account_daily")
    assert set(rows["source"]) == {"account-statistics-csf"}
    assert rows["collateral_cash"].to_list() == [
        float(world.accounts[day]["FUND_MARKET_CAP"] * 10**8) for day in rows["as_of"]
    ]
    pages = [one.address for one in publishers.asked if one.address.endswith(".html")]
    assert len(pages) == len(set(pages))  # one look at each page of links
    (note,) = accounts.notes
    assert note.en.startswith("China Securities Finance Corporation stood in")
    assert note.en.endswith("sessions: 4")  # the 28th, 29th, 1st and 2nd


def test_sessions_that_nobody_has_any_more_are_not_claimed_for_whoever_stood_in(lake: Lake, asker: Client) -> None:
    """Two months later the portal and 中证金融 have nothing of May either, and neither is asked for it again."""
    late = _at(date(2024, 6, 3), 20)
    (accounts,) = _run(lake, asker, "accounts", now=late, first=None).values()
    assert accounts.newest == LAST
    assert not [note.en for note in accounts.notes if "stood in" in note.en]


def test_the_portal_stands_in_for_an_exchange_that_fails_and_leaves_the_others_figures(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    publishers.fault(MARGIN, lambda reply, before: Reply(b"", 403))
    details = _run(lake, asker, "details")["details"]
    assert (details.newest, details.failed, details.troubles[0].kind.en) == (LAST, False, "refused")
    assert any(note.en.startswith("Eastmoney data centre stood in") for note in details.notes)
    rows = lake.read("security_margin")
    by_suffix = rows.group_by(pl.col("security").str.tail(2)).agg(pl.col("source").unique())
    sources = {suffix: tuple(names) for suffix, names in by_suffix.iter_rows()}
    assert sources == {
        "SH": ("security-margin-portal",),
        "SZ": ("security-margin-szse",),
        "BJ": ("security-margin-bse-raw",),
    }
    shanghai = rows.filter(security="600000.SH", as_of=LAST).row(0, named=True)
    assert shanghai["short_balance"] == world.details[LAST, "SSE"]["600000"]["short_balance"]


def test_details_are_held_against_the_portals_of_all_three_exchanges_in_one_question(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    def off(document: Document, params: Mapping[str, str]) -> Document:
        for row in document["result"]["data"] if params.get("reportName") == "RPTA_WEB_RZRQ_GGMX" else ():
            if row["SCODE"] == "000001":
                row["RZMRE"] += 10**8
        return document

    publishers.bend(PORTAL, off)
    details = _run(lake, asker, "details")["details"]
    (note,) = details.notes
    bought = world.details[LAST, "SZSE"]["000001"]["financing_buys"]
    assert note.en.startswith(f"{LAST} 000001.SZ financing_buys: landed {bought:,.0f}, the Eastmoney margin details")
    assert sum(one.address.startswith(PORTAL) for one in publishers.asked) == 1


def test_futures_come_by_the_month_and_then_day_by_day(lake: Lake, asker: Client, publishers: Loopback) -> None:
    _run(lake, asker, "futures", first=date(2024, 3, 21))
    assert [one.address.rsplit("/", 1)[-1] for one in publishers.asked] == [
        "202403.zip",
        "20240401_1.csv",
        "20240402_1.csv",
        "20240403_1.csv",
    ]
    publishers.asked.clear()
    _run(lake, asker, "futures", now=_at(AFTER, 19))
    assert [one.address.rsplit("/", 1)[-1] for one in publishers.asked] == ["20240408_1.csv"]  # past bars stay


def test_days_of_futures_stand_in_for_a_month_that_cannot_be_read(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    publishers.fault(f"{CFFEX}/sj/historysj", lambda reply, before: Reply(reply.body[: len(reply.body) // 2]))
    futures = _run(lake, asker, "futures", first=date(2024, 3, 21))["futures"]
    assert (futures.newest, futures.failed, futures.troubles[0].kind.en) == (LAST, False, "down")
    assert lake.read("futures_bars")["as_of"].n_unique() == 10


def test_another_page_of_the_portal_stands_in_with_net_asset_values(
    lake: Lake, asker: Client, publishers: Loopback, market: World
) -> None:
    publishers.fault("api.fund.eastmoney.com", lambda reply, before: Reply(b"", 403))
    nav = _run(lake, asker, "etf-nav")["etf-nav"]
    assert (nav.newest, nav.failed) == (LAST, False)
    row = lake.read("etf_nav").filter(security="510300.SH", as_of=LAST).row(0, named=True)
    assert (row["nav"], row["accumulated_nav"]) == tuple(map(float, market.nav[LAST, "510300"].values()))


def test_the_portal_stands_in_with_the_members_of_indices(lake: Lake, asker: Client, publishers: Loopback) -> None:
    publishers.fault("oss-ch.csindex.com.cn", lambda reply, before: Reply(b"", 403))
    members = _run(lake, asker, "members")["members"]
    assert (members.newest, members.failed) == (AFTER, False)
    assert [note.en for note in members.notes if "CSI 2000" in note.en] == [
        "Eastmoney data centre stood in with the Eastmoney members of the CSI 2000; sessions: 1"
    ]
    rows = lake.read("index_members")
    assert rows.height == sum(SIZES.values())
    assert set(rows["source"]) == {"index-members-portal"}


def test_lists_that_date_themselves_are_known_since_they_were_seen(lake: Lake, asker: Client, tmp_path: Path) -> None:
    """The lists are of the 3rd of April and were asked for on the 8th: nobody had them before."""
    _run(lake, asker, "members", "weights")
    rows = lake.read("index_members")
    assert set(rows["as_of"]) == {LAST}
    assert set(rows["known_at"]) == {MORNING_AFTER.astimezone(UTC)}
    assert not lake.read("index_members", known_at=MORNING_AFTER - timedelta(minutes=1)).height
    again = Lake(tmp_path / "again", create=True)
    list(reparse(again, raw=raw_store(lake), now=MORNING_AFTER + timedelta(days=300)))
    assert set(again.read("index_members")["known_at"]) == {MORNING_AFTER.astimezone(UTC)}


def test_weights_of_a_month_are_not_missed_before_the_next_are_out(
    lake: Lake, asker: Client, world: World, publishers: Loopback
) -> None:
    """Those of the 30th of April, seen on the 31st of May: 22 sessions later there are none that are newer."""
    world.sessions = [date(2024, 4, 30)]
    done = _run(lake, asker, "weights", now=_at(date(2024, 5, 31), 20))["weights"]
    assert (done.state.en, done.missing, done.failed) == ("current", (), False)
    assert set(lake.read("index_members")["as_of"]) == {date(2024, 4, 30)}
    publishers.asked.clear()
    _run(lake, asker, "weights", now=_at(date(2024, 6, 1), 20))  # a Saturday
    assert not publishers.asked
    world.sessions = [date(2024, 5, 31)]
    _run(lake, asker, "weights", now=_at(date(2024, 6, 3), 20))
    assert date(2024, 5, 31) in set(lake.read("index_members")["as_of"])


def test_workbooks_of_shenzhen_stand_in_where_its_tabs_fail(
    lake: Lake, asker: Client, publishers: Loopback, market: World
) -> None:
    """The lists of all days are the same to the byte: each day has its own all the same."""
    publishers.fault("www.szse.cn/api/report/ShowReport/data", lambda reply, before: Reply(b"", 404))
    done = _run(lake, asker, "turnover", "lists")
    assert {name: one.missing for name, one in done.items()} == {"turnover": (), "lists": (AFTER,)}
    for day in (date(2024, 4, 2), LAST):
        (row,) = lake.read("market_daily").filter(as_of=day, market="SZSE").iter_rows(named=True)
        assert row["amount"] == pytest.approx(float(market.turnover[day, "SZSE"]["boards"]) * 1e8)
        listed = lake.read("security_flags").filter(pl.col("as_of") == day, pl.col("security").str.ends_with(".SZ"))
        assert dict(listed.select("security", "is_collateral").iter_rows()) == {
            f"{code}.SZ": flags["is_collateral"] for code, flags in market.lists[day, "SZSE"].items()
        }


@pytest.mark.parametrize("times", [Decimal("0.0001"), Decimal("0.01")])
def test_a_unit_that_slips_from_one_day_to_the_next_is_told_and_lands_nothing(
    lake: Lake, asker: Client, world: World, publishers: Loopback, times: Decimal
) -> None:
    """Each day's figures are possible on some day of history; beside those of the day before they are not."""
    _run(lake, asker, "details", now=_at(date(2024, 4, 2), 10))
    before = lake.read("security_margin")

    def slipped(document: Document, params: Mapping[str, str]) -> Document:
        for row in document[0][0]["content"]:
            row.update({key: str(Decimal(row[key]) * times) for key in ("rzye", "rzmre", "rqye", "rzrqye")})
        return document

    publishers.bend("www.bse.cn/rzrqjyyexxController/detailInfoResult.do", slipped)
    publishers.bend("www.bseinfo.net/rzrqjyyexxController/detailInfoResult.do", slipped)
    publishers.fault(PORTAL, lambda reply, before: Reply(b"", 403))
    done = _run(lake, asker, "details")["details"]
    assert (done.troubles[0].kind.en, done.failed) == ("changed layout", True)
    assert "2024-04-01. One of the two is in another unit" in str(done.troubles[0].error)
    beijing = pl.col("security").str.ends_with(".BJ")
    assert_frame_equal(lake.read("security_margin").filter(beijing), before.filter(beijing))
    publishers.bends.clear()
    assert _run(lake, asker, "details")["details"].missing == ()


def test_an_address_that_fails_takes_no_other_of_its_host_with_it(
    lake: Lake, asker: Client, publishers: Loopback, market: World
) -> None:
    """The archive of the month fails, and the files of its days, on the same host, stand in."""
    publishers.fault(f"{CFFEX}/sj/historysj", lambda reply, before: Reply(b"", 500))
    done = _run(lake, asker, "futures", first=FIRST)["futures"]
    assert (done.newest, done.missing, done.troubles[0].kind.en) == (LAST, (), "down")


def test_members_on_one_list_alone_are_told(lake: Lake, asker: Client, publishers: Loopback) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        if 'TYPE="2"' in params["filter"]:
            document["result"]["data"][3]["SECUCODE"] = "601988.SH"
        return document

    publishers.bend("datacenter-web.eastmoney.com", other)
    notes = _run(lake, asker, "members")["members"].notes
    assert sorted(note.en for note in notes) == [
        "2024-04-08 000016.SSE 600003.SH is_member: landed yes, the Eastmoney members of the SSE 50 says no; look at "
        "it",
        "2024-04-08 000016.SSE 601988.SH is_member: landed no, the Eastmoney members of the SSE 50 says yes; look at "
        "it",
    ]
    assert notes[0].zh.endswith("请核对")
    assert "601988.SH" not in lake.read("index_members")["security"].to_list()


@pytest.mark.parametrize("dataset", ["balances", "details", "lists"])
def test_beijings_second_site_stands_in_for_its_first(
    dataset: str, lake: Lake, asker: Client, publishers: Loopback
) -> None:
    for host in (BSE, PORTAL):
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    done = _run(lake, asker, dataset)[dataset]
    assert any("(second site); sessions:" in note.en for note in done.notes)
    plain = Lake(lake.root.with_name("plain"), create=True)
    publishers.faults.clear()
    _run(plain, asker, dataset)
    table, column = done.dataset.table, done.dataset.column
    ours, theirs = (
        one.read(table).filter(table.part == "BSE").select(*table.identity, column) for one in (lake, plain)
    )
    assert ours.height > 0
    assert_frame_equal(ours, theirs.join(ours, on=table.identity, how="semi"), check_row_order=False)


def test_the_list_of_funds_stands_in_with_the_shares_of_the_last_session(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    def empty(document: Document, params: Mapping[str, str]) -> Document:
        return [] if params["CATALOGID"] == "scsj_fund_jjgm" else document

    publishers.bend(SZSE, empty)
    done = _run(lake, asker, "etf-shares")["etf-shares"]
    assert done.newest == LAST
    rows = lake.read("etf_shares").filter(source="etf-shares-szse-latest")
    assert dict(rows.select("security", "shares").rows()) == {
        f"{fund}.SZ": float(shares)
        for (day, fund), shares in world.fund_shares.items()
        if day == LAST and fund.startswith("1")
    }
    publishers.bends.clear()
    _run(lake, asker, "etf-shares", now=_at(date(2024, 4, 9), 10))
    counted = lake.read("etf_shares").filter(as_of=LAST)
    assert set(counted["source"]) == {"etf-shares-sse-raw", "etf-shares-szse"}  # what is official takes its place
    publishers.bend(SZSE, empty)
    evening = _run(Lake(lake.root.with_name("late"), create=True), asker, "etf-shares", now=_at(AFTER, 20))[
        "etf-shares"
    ]
    assert evening.newest is None  # the list may have moved on, and is not asked any more


def test_the_fund_portal_stands_in_for_the_list_of_funds_and_is_held_against_it(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        if params["FCODE"] == "159919":
            document["Datas"]["INDEXCODE"] = "000905"
        return document

    publishers.bend("fundmobapi.eastmoney.com", other)
    (note,) = _run(lake, asker, "etf-indices")["etf-indices"].notes
    assert note.en.startswith("2024-04-03 159919.SZ index_code: landed 000300, the index tracked by ")
    publishers.bends.clear()
    publishers.fault(SZSE, lambda reply, before: Reply(b"", 403))
    second = Lake(lake.root.with_name("second"), create=True)
    assert _run(second, asker, "etf-indices")["etf-indices"].newest == LAST
    tracked = second.read("etf_index_map").select("security", "index_code").rows()
    assert ("159919.SZ", "000300") in tracked


def test_details_of_fewer_securities_than_the_session_before_are_refused_and_another_stands_in(
    lake: Lake, asker: Client, world: World, publishers: Loopback
) -> None:
    kept = list(world.details[LAST, "SSE"])[:17]

    def cut(document: Document, params: Mapping[str, str]) -> Document:
        if params.get("detailsDate") != f"{LAST:%Y%m%d}":
            return document
        rows = [row for row in document["result"] if row["stockCode"] in kept]
        return document | {"result": rows, "pageHelp": document["pageHelp"] | {"data": rows, "total": len(rows)}}

    publishers.bend("query.sse.com.cn/marketdata", cut)
    details = _run(lake, asker, "details")["details"]
    assert any("is there of 17 securities of SSE" in str(trouble.error) for trouble in details.troubles)
    assert (details.newest, details.missing) == (LAST, ())
    landed = lake.read("security_margin", first=LAST, last=LAST)
    assert landed.filter(pl.col("security").str.ends_with(".SH")).height == 23  # the portal's


def test_details_that_do_not_follow_on_are_told(lake: Lake, asker: Client, world: World) -> None:
    today = world.details[LAST, "SSE"]
    for code in list(today)[:4]:
        del today[code]
    for row in today.values():
        row["financing_repaid"] += 10_000
    details = _run(lake, asker, "balances", "details")["details"]
    assert any("SSE: the securities' financing balances make" in note.en for note in details.notes)
    assert any("SSE: the financing balance of 19 of 19 securities" in note.en for note in details.notes)
    assert not any(note.en.startswith(("SZSE", "BSE")) for note in details.notes)


def test_what_the_lake_has_is_not_asked_for_again(full: Lake, asker: Client, publishers: Loopback) -> None:
    done = _run(full, asker, *(name for name in web.datasets() if name != "lists"))
    assert publishers.asked == []
    assert {one.asked for one in done.values()} == {0}


def test_only_what_is_wished_for_is_asked_for(lake: Lake, asker: Client, publishers: Loopback) -> None:
    _run(lake, asker, "indices")
    assert _hosts(publishers) == {CSI, QUOTES}  # the second to compare


def test_the_first_update_goes_back_three_years_and_a_wish_goes_further(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    _run(lake, asker, "accounts", first=None)
    years = [one.params["filter"].split("'")[1][:4] for one in publishers.asked if "filter" in one.params]
    assert years == ["2021", "2022", "2023", "2024"]
    publishers.asked.clear()
    list(update(lake, client=asker, raw=raw_store(lake), now=MORNING_AFTER, wish=Wish(("accounts",), full=True)))
    # What the portal had nothing of long ago is settled; the years before were never asked for.
    assert [one.params["filter"].split("'")[1][:4] for one in publishers.asked if "filter" in one.params] == [
        str(year) for year in range(2012, 2022)
    ]


def test_a_gap_that_the_publisher_never_fills_is_asked_for_once(
    lake: Lake, asker: Client, world: World, publishers: Loopback
) -> None:
    world.sessions = [day for day in world.sessions if day != date(2024, 3, 6)]
    later = _at(date(2024, 4, 8), 10)
    _run(lake, asker, "turnover", now=later, first=None)
    publishers.asked.clear()
    done = _run(lake, asker, "turnover", now=later, first=None)
    assert publishers.asked == []
    assert done["turnover"].missing == ()
    done = _run(lake, asker, "turnover", now=later, first=date(2024, 3, 1))  # unless it is wished for
    assert {one.params.get("SEARCH_DATE", one.params.get("txtQueryDate")) for one in publishers.asked} == {"2024-03-06"}
    assert done["turnover"].missing == (date(2024, 3, 6),)


def test_an_update_that_was_killed_goes_on_where_it_stopped(lake: Lake, asker: Client, publishers: Loopback) -> None:
    def watch(phrase: str, done: int, whole: int) -> None:
        if done == 22 and "sse-turnover" in phrase:
            raise KeyboardInterrupt

    wish = Wish(("turnover",), FIRST)
    with pytest.raises(KeyboardInterrupt):
        list(update(lake, client=asker, raw=raw_store(lake), now=MORNING_AFTER, wish=wish, progress=watch))
    assert lake.read("market_daily").height == 20  # they land by twenties
    publishers.asked.clear()
    _run(lake, asker, "turnover", first=FIRST)
    asked = [one.params["SEARCH_DATE"] for one in publishers.asked if "SEARCH_DATE" in one.params]
    assert asked == ["2024-03-29", "2024-04-01", "2024-04-02", "2024-04-03"]  # 24 sessions, 20 of which had landed


def test_what_did_not_land_is_not_written_down_as_good(
    lake: Lake, asker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Lake, *batches: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "land", killed)
        with pytest.raises(KeyboardInterrupt):
            _run(lake, asker, "accounts")
    assert list(raw_store(lake).kept(outcome=web.GOOD)) == []
    assert _run(lake, asker, "accounts")["accounts"].newest == LAST


def test_a_correction_of_the_last_sessions_becomes_a_revision(lake: Lake, asker: Client, world: World) -> None:
    everything = world.sessions
    world.sessions = everything[:-1]
    _run(lake, asker, "balances", now=_at(LAST, 10))
    world.sessions = everything
    corrected = everything[-3]
    world.balances[corrected, "ALL"]["financing_buys"] += 10**6
    world.balances[corrected, "SSE"]["financing_buys"] += 10**6
    done = _run(lake, asker, "balances")["balances"]
    assert sum(landed.changed for landed in done.landed) == 2
    history = lake.history("margin_summary", (pl.col("as_of") == corrected) & (pl.col("market") == "ALL"))
    assert history["revision"].to_list() == [0, 1]
    assert history["known_at"][1] == MORNING_AFTER  # a correction is known only since it came


# --- point in time ---------------------------------------------------------------------------------------------------


def test_the_last_session_before_a_holiday_is_awaited_until_after_it(lake: Lake, asker: Client, world: World) -> None:
    everything = world.sessions
    world.sessions = everything[:-1]
    accounts = _run(lake, asker, "accounts", now=_at(LAST, 20))["accounts"]
    assert accounts.state.en == "not published yet"
    assert (accounts.awaited, accounts.missing, accounts.failed) == ((LAST,), (), False)
    assert accounts.come_back == _at(AFTER, 18)
    late = _run(lake, asker, "accounts", now=_at(AFTER, 18))["accounts"]
    assert (late.state.en, late.missing) == ("overdue", (LAST,))


def test_balances_are_seen_from_the_opening_after_the_holiday_on(lake: Lake, asker: Client) -> None:
    _run(lake, asker, "balances")
    before = lake.read("margin_summary", known_at=_at(AFTER, 8, 59))
    after = lake.read("margin_summary", known_at=_at(AFTER, 9))
    assert before["as_of"].max() == date(2024, 4, 2)
    assert after["as_of"].max() == LAST


def test_a_replay_sees_what_was_known_that_day(lake: Lake, asker: Client, world: World) -> None:
    everything = world.sessions
    world.sessions = everything[:-3]
    _run(lake, asker, now=_at(everything[-3], 14))
    then = close(lake)
    world.sessions = everything
    _run(lake, asker, now=_at(AFTER, 20))
    again = close(lake, as_of=then.as_of)
    assert_frame_equal(again.panel, then.panel)


# --- what is said when something fails -------------------------------------------------------------------------------


def test_one_publisher_that_fails_leaves_the_others_done_and_another_stands_in(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    publishers.fault(PORTAL, lambda reply, before: Reply(b"", 403))
    publishers.fault(CSF, lambda reply, before: Reply(b"", 403))
    done = _run(lake, asker)
    assert done["accounts"].state.en == "refused"
    assert done["accounts"].failed
    assert done["accounts"].missing[0] == START
    assert done["accounts"].come_back == datetime(2024, 4, 8, 10, 30, tzinfo=SHANGHAI)
    assert (done["indices"].failed, done["turnover"].failed) == (False, False)
    balances = done["balances"]
    assert not balances.failed  # both exchanges stood in
    assert balances.newest == LAST
    sums = lake.read("margin_summary", first=LAST)
    assert sorted(sums["market"]) == ["BSE", "SSE", "SZSE"]
    assert sums["financing_balance"].sum() == sum(
        world.balances[LAST, market]["financing_balance"] for market in ("BSE", "SSE", "SZSE")
    )


@pytest.mark.parametrize(
    ("reply", "state", "come_back"),
    [
        (Reply(b"", 500), "down", _at(AFTER, 10, 10)),
        (Reply(b"<title>captcha</title>"), "refused", _at(AFTER, 10, 30)),
        (Reply(b"{}"), "changed layout", None),
    ],
    ids=["down", "refused", "changed"],
)
def test_the_summary_says_what_failed_and_when_to_come_back(
    lake: Lake, asker: Client, publishers: Loopback, reply: Reply, state: str, come_back: datetime | None
) -> None:
    publishers.fault(PORTAL, lambda _, before: reply)
    publishers.fault(CSF, lambda _, before: reply)
    accounts = _run(lake, asker, "accounts")["accounts"]
    assert accounts.state.en == state
    assert accounts.come_back == come_back
    assert accounts.newest is None


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ((SSE,), "--library tushare could stand in"),
        ((SSE, SZSE), "--library akshare or --library tushare could stand in"),
    ],
)
def test_a_library_that_could_stand_in_is_named_with_the_failure(
    hosts: tuple[str, ...], said: str, lake: Lake, asker: Client, publishers: Loopback
) -> None:
    for host in hosts:
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    for one in (
        _run(lake, asker, "turnover")["turnover"],
        next(outlook(lake, raw=raw_store(lake), now=MORNING_AFTER, wish=Wish(("turnover",), START))),
    ):
        assert [note.en for note in one.notes if "--library" in note.en] == [said]
        assert one.missing


def test_what_nobody_else_publishes_is_told_with_the_failure(lake: Lake, asker: Client, publishers: Loopback) -> None:
    publishers.fault(CSF, lambda reply, before: Reply(b"", 403))
    for one in (
        _run(lake, asker, "collateral")["collateral"],
        next(outlook(lake, raw=raw_store(lake), now=MORNING_AFTER, wish=Wish(("collateral",), START))),
    ):
        assert datasets()["collateral"].alone in one.notes


def test_nothing_is_advised_where_another_has_stood_in_or_nothing_has_failed(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    publishers.fault(PORTAL, lambda reply, before: Reply(b"", 403))
    assert not [note for note in _run(lake, asker, "accounts")["accounts"].notes if "--library" in note.en]
    publishers.bend(SSE, lambda document, params: {"result": []})  # nobody fails, and one is late
    late = _run(lake, asker, "turnover")["turnover"]
    assert (late.state.en, late.notes) == ("overdue", ())


def test_every_dataset_has_a_second_source_or_says_why_it_has_none() -> None:
    lone = {}
    for name, known in datasets().items():
        feeds = [feed.states for feed in known.others if feed.stands_in]
        calls = [call.states for call in calls_of(known) if call.stands_in]
        stated = {state for states in (*feeds, *calls) for state in states}
        if set(known.needs) - stated:
            lone[name] = known.alone
    assert set(lone) == {"collateral", "valuations"}
    assert all(lone.values())


def test_a_publisher_that_has_changed_is_asked_three_times_and_not_for_every_session(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    publishers.fault(MARGIN, lambda reply, before: Reply(b"{}"))
    details = _run(lake, asker, "details", first=date(2024, 3, 21))["details"]
    assert [trouble.kind.en for trouble in details.troubles] == ["changed layout"] * 3
    assert sum(one.address.startswith(MARGIN) for one in publishers.asked) == 3
    assert details.newest == LAST  # another publisher stood in


def test_what_was_there_before_a_failure_is_still_there_after_it(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    world.sessions, everything = world.sessions[:-1], world.sessions
    _run(lake, asker, "accounts", now=_at(LAST, 10))
    before = lake.read("account_daily")
    world.sessions = everything
    for host in (PORTAL, CSF):
        publishers.fault(host, lambda reply, _: Reply(reply.body[: len(reply.body) // 2]))
    accounts = _run(lake, asker, "accounts", now=_at(AFTER, 20))["accounts"]
    assert (accounts.state.en, accounts.newest, accounts.age_sessions) == ("down", date(2024, 4, 2), 2)
    assert_frame_equal(lake.read("account_daily"), before)


def test_another_publishers_bars_stand_in_for_the_index_companys(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    publishers.fault(CSI, lambda reply, before: Reply(b"<title>captcha</title>"))
    indices = _run(lake, asker, "indices")["indices"]
    assert (indices.newest, indices.failed, indices.troubles[0].kind.en) == (LAST, False, "refused")
    assert sum(one.address.startswith(CSI) for one in publishers.asked) == 1  # seven indices, one refusal
    assert set(lake.read("index_daily")["source"]) == {"index-bars-quotes"}


def test_shenzhens_index_company_stands_in_for_the_quotes(lake: Lake, asker: Client, publishers: Loopback) -> None:
    assert _run(lake, asker, "shenzhen-indices")["shenzhen-indices"].notes == ()  # where both answer, they agree
    other = Lake(lake.root.with_name("other"), create=True)
    publishers.fault(QUOTES, lambda reply, before: Reply(b"", 403))
    bars = _run(other, asker, "shenzhen-indices")["shenzhen-indices"]
    assert (bars.newest, bars.failed) == (LAST, False)
    ours, theirs = (one.read("index_daily").select("as_of", "index", "open", "close") for one in (lake, other))
    assert_frame_equal(ours, theirs, check_row_order=False)
    assert set(other.read("index_daily")["source"]) == {"index-bars-cni"}


def test_quotes_that_shenzhens_index_company_denies_are_told(lake: Lake, asker: Client, publishers: Loopback) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        if params["indexCode"] == "399006":
            document["data"]["data"][0][5] -= 1.5  # the close of the newest session
        return document

    publishers.bend("hq.cnindex.com.cn", other)
    (note,) = _run(lake, asker, "shenzhen-indices")["shenzhen-indices"].notes
    assert note.en.startswith(f"{LAST} 399006.SZSE close: landed ")


def test_one_index_and_one_fund_of_many_are_held_against_the_second_source(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    def other_close(document: Document, params: Mapping[str, str]) -> Document:
        bars = [bar.split(",") for bar in document["data"]["klines"]]
        moved = [[*bar[:2], f"{float(bar[2]) - 0.9:.2f}", *bar[3:5], str(2 * int(bar[5])), bar[6]] for bar in bars]
        return {**document, "data": document["data"] | {"klines": [",".join(bar) for bar in moved]}}

    publishers.bend(QUOTES, other_close)
    (note,) = _run(lake, asker, "indices")["indices"].notes  # a volume of another meaning is not compared
    assert note.en.startswith(f"{LAST} 000300.CSI close: landed ")
    assert sum(one.address.startswith(QUOTES) for one in publishers.asked) == 1

    def other_value(document: Document, params: Mapping[str, str]) -> Document:
        document["values"][-1]["y"] += 0.1
        return document

    publishers.bend("fund.eastmoney.com", other_value)
    (note,) = _run(lake, asker, "etf-nav")["etf-nav"].notes
    assert note.en.startswith(f"{LAST} 510300.SH nav: landed ")


def test_lists_of_an_earlier_session_are_told_with_their_age(lake: Lake, asker: Client, world: World) -> None:
    """The lists say what holds now: the ones of the 8th are late, and those of the 3rd are what there is."""
    assert _run(lake, asker, "lists", now=_at(LAST, 10))["lists"].newest == LAST
    lists = _run(lake, asker, "lists", now=_at(AFTER, 10), first=None)["lists"]
    assert (lists.state.en, lists.missing) == ("overdue", (AFTER,))
    assert (lists.newest, lists.age_sessions) == (LAST, 1)


def test_what_nobody_has_asked_for_yet_can_be_asked_for_now(lake: Lake, asker: Client) -> None:
    (accounts,) = outlook(lake, raw=raw_store(lake), now=MORNING_AFTER, wish=Wish(("accounts",), START))
    assert (accounts.state.en, accounts.come_back) == ("overdue", MORNING_AFTER)


def test_who_stands_in_is_not_asked_for_what_is_only_awaited(
    lake: Lake, asker: Client, publishers: Loopback, world: World
) -> None:
    world.sessions = world.sessions[:-1]
    indices = _run(lake, asker, "indices", now=_at(LAST, 16))["indices"]
    assert indices.awaited == (LAST,)
    asked = [one.params for one in publishers.asked if one.address.startswith(QUOTES)]
    assert [(one["beg"], one["end"]) for one in asked] == [("20240402", "20240402")]  # what is there is compared


def test_without_any_network_every_dataset_is_down_and_the_lake_as_it_was(lake: Lake, only_loopback: None) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with client(dict.fromkeys(HOSTS, nobody), FakeClock(MORNING_AFTER)) as asker:
        done = _run(lake, asker)
    assert {one.state.en for one in done.values()} == {"down"}
    assert lake.tables() == []


def test_two_publishers_that_disagree_are_told(lake: Lake, asker: Client, publishers: Loopback, world: World) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        for row in document["result"]:
            row["rzye"] += 10**9
            row["rzrqjyzl"] += 10**9
        return document

    publishers.bend(MARGIN, other)
    balances = _run(lake, asker, "balances")["balances"]
    ours = f"{world.balances[LAST, 'SSE']['financing_balance']:,.0f}"
    assert [note.en.split(":")[0] for note in balances.notes] == [
        f"{LAST} SSE financing_balance",
        f"{LAST} SSE margin_balance",
    ]
    assert f"landed {ours}, the margin summary of Shanghai says" in balances.notes[0].en
    assert lake.read("margin_summary")["revision"].max() == 0  # what is compared does not land
    list(reparse(lake, raw=raw_store(lake), now=MORNING_AFTER))
    assert lake.read("margin_summary")["revision"].max() == 0  # nor when kept answers are read again
    found = [finding for finding in close(lake, as_of=LAST).findings if finding.cites == "comparison of publishers"]
    assert [finding.statement.en for finding in found] == [
        f"Two publishers disagree: {one.en}." for one in balances.notes
    ]
    assert f"入库 {ours}" in found[0].statement.zh
    before = close(lake, as_of=LAST, known_at=_at(AFTER, 9, 30))  # when nobody had asked the other publisher yet
    assert not [finding for finding in before.findings if finding.cites == "comparison of publishers"]


def test_accounts_and_exchanges_that_disagree_are_told(lake: Lake, asker: Client, world: World) -> None:
    last = date(2024, 4, 2)  # the last session whose account statistics are due
    debt = world.accounts[last]
    debt["LOAN_BALANCE"] *= Decimal("1.004")  # borrowed shares may be priced otherwise
    _run(lake, asker, "balances")
    assert _run(lake, asker, "accounts", now=_at(AFTER, 12))["accounts"].notes == ()
    debt["FIN_BALANCE"] *= Decimal("1.002")
    other = Lake(lake.root.with_name("other"), create=True)
    _run(other, asker, "balances")
    world.sessions, everything = [day for day in world.sessions if day <= last], world.sessions
    (note,) = _run(other, asker, "accounts", now=_at(AFTER, 12))["accounts"].notes
    world.sessions = everything
    exchanges = world.balances[last, "ALL"]["financing_balance"]
    assert note.en.startswith(f"{last} financing_balance: the account statistics say ")
    assert f"the exchanges {exchanges:,.0f}" in note.en


def test_a_turnover_that_the_index_of_all_shares_denies_is_told(lake: Lake, asker: Client, world: World) -> None:
    world.bars[LAST, "csi-all"]["tradingValue"] *= Decimal("0.9")
    done = _run(lake, asker, "indices", "turnover")
    (note,) = done["turnover"].notes
    both = sum(world.turnover[LAST, market]["boards"] for market in ("SSE", "SZSE")) * 10**8
    assert note.en.startswith(f"{LAST} amount: Shanghai and Shenzhen make {both:,.0f}, the ")


def test_a_fund_that_tracks_another_index_is_told(lake: Lake, asker: Client, publishers: Loopback) -> None:
    def other(document: Document, params: Mapping[str, str]) -> Document:
        if params["FCODE"] == "510300":
            document["Datas"]["INDEXCODE"] = "000905"
        return document

    publishers.bend("fundmobapi.eastmoney.com", other)
    notes = _run(lake, asker, "etf-indices")["etf-indices"].notes
    assert [note.en for note in notes] == [
        "510300.SH: the publisher says that it tracks 000905, Rongheng 000300; look at it"
    ]


def test_shenzhens_own_code_of_an_index_of_both_exchanges_is_that_index(
    lake: Lake, asker: Client, publishers: Loopback
) -> None:
    codes = {"510300": "399300", "510500": "399905", "512100": "399852"}

    def own(document: Document, params: Mapping[str, str]) -> Document:
        document["Datas"]["INDEXCODE"] = codes.get(params["FCODE"], document["Datas"]["INDEXCODE"])
        return document

    publishers.bend("fundmobapi.eastmoney.com", own)
    assert _run(lake, asker, "etf-indices")["etf-indices"].notes == ()


def test_a_day_on_which_the_exchanges_calendar_differs_is_told(lake: Lake, asker: Client, publishers: Loopback) -> None:
    def closed(document: Document, params: Mapping[str, str]) -> Document:
        for row in document["data"]:
            if row["jyrq"] == "2024-05-08":
                row["jybz"] = "0"
        return document

    publishers.bend("www.szse.cn/api/report/exchange", closed)
    notes = _run(lake, asker, "calendar")["calendar"].notes
    assert [note.en for note in notes] == [
        "2024-05-08: the exchange says closed, our calendar a session; upgrade Rongheng"
    ]


def test_a_clock_that_is_off_is_told(lake: Lake, asker: Client) -> None:
    assert clock_note(asker) is None
    _run(lake, asker, "indices")  # the server's clock is the machine's, ours stands in 2024
    note = clock_note(asker)
    assert note is not None
    assert "clock" in note.en


def test_a_wish_that_cannot_be_is_refused(lake: Lake, asker: Client) -> None:
    with pytest.raises(UsageError, match="there are: accounts, balances"):
        _run(lake, asker, "margin")
    with pytest.raises(UsageError, match="future"):
        _run(lake, asker, first=date(2030, 1, 1))


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_kept_answers_make_the_same_lake_without_asking_anybody(
    filled: tuple[Path, dict[str, Updated]], tmp_path: Path
) -> None:
    lake, other = Lake(filled[0]), Lake(tmp_path / "other", create=True)
    list(reparse(other, raw=RawStore(lake.root / "raw"), now=MORNING_AFTER))
    for table in ("account_daily", "index_daily", "market_daily"):
        columns = ["imported_at", "sequence", "source", "sha256", "revision"]
        assert_frame_equal(other.read(table).drop(columns), lake.read(table).drop(columns))


def test_an_answer_that_nobody_understood_is_kept_too(lake: Lake, asker: Client, publishers: Loopback) -> None:
    publishers.fault(CSI, lambda reply, before: Reply(b'{"code": "200", "data": [{"new": 1}]}'))
    _run(lake, asker, "indices")
    (kept, *_) = raw_store(lake).kept("csi-bars")
    assert kept.outcome == "SourceChangedError"
    (answer,) = raw_store(lake).answers(kept)
    assert answer.body == b'{"code": "200", "data": [{"new": 1}]}'


def test_an_empty_lake_still_says_that_it_is_empty(lake: Lake, asker: Client, publishers: Loopback) -> None:
    publishers.fault("", lambda reply, before: Reply(b"", 403))
    _run(lake, asker)
    with pytest.raises(MissingDataError):
        close(lake)
