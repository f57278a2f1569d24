"""``rongheng update`` as a user types it: its table, its messages, its exit codes. The publishers are on loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import typer

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import RonghengError
from rongheng.cli import update as verb
from rongheng.desk import update as desk
from rongheng.market.sources.web import Answer, Client, Request, datasets
from tests.cli.words import Ran
from tests.market.sources.web.loopback import HOSTS, FakeClock, Loopback, Reply, client, only_loopback, serve
from tests.market.sources.web.world import make_world

__all__ = ["only_loopback"]

NOW = datetime(2024, 4, 8, 10, 0, tzinfo=SHANGHAI)
FROM = "2024-03-28"
Update = Callable[..., Ran]


@pytest.fixture
def served(only_loopback: None) -> Iterator[tuple[Loopback, dict[str, str]]]:
    with serve(make_world(date(2024, 3, 21), date(2024, 4, 3))) as (loopback, urls):
        yield loopback, urls


@pytest.fixture
def publishers(served: tuple[Loopback, dict[str, str]]) -> Loopback:
    return served[0]


@pytest.fixture
def update(
    served: tuple[Loopback, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Update:
    """Return a function that runs the verb with some words, on loopback and on the 8th of April 2024."""

    def open_client(**options: str | None) -> Client:
        return client(served[1], FakeClock(NOW))

    monkeypatch.setattr(desk, "open_client", open_client)
    monkeypatch.setattr(desk.SystemClock, "now", lambda self: NOW)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.callback()(lambda: None)
    verb.register(app)

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["rongheng", "update", "--lake", str(tmp_path / "lake"), *words])
        capsys.readouterr()
        code = 0
        try:
            app()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        except RonghengError as error:
            sys.stderr.write(f"rongheng: {error}\n")
            code = error.exit_code
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


def test_the_summary_has_a_row_a_dataset(update: Update) -> None:
    some = ["accounts", "turnover", "details"]
    ran = update("--only", ",".join(some), "--from", FROM, "--format", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    assert [row["dataset"] for row in rows] == some
    assert [row["dataset"] for row in json.loads(update("--dry-run", "--format", "json").out)] == list(datasets())
    assert {row["newest"] for row in rows} == {"2024-04-03"}
    assert rows[0]["come_back"] == "2024-04-09 18:00"  # the session of the 8th comes out a session later


def test_the_table_speaks_both_languages(update: Update) -> None:
    assert "最新交易日" in update("--only", "accounts", "--from", FROM).out
    english = update("--only", "accounts", "--from", FROM, "--lang", "en").out
    assert "newest session" in english
    assert "current" in english


def test_a_refusal_is_told_with_what_to_do_and_ends_with_the_code_of_data(update: Update, publishers: Loopback) -> None:
    for host in (HOSTS[0], "www.csf.com.cn"):
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    ran = update("--only", "accounts,indices", "--from", FROM, "--format", "json")
    assert ran.code == 4
    assert "accounts: 拒绝访问，请半小时后再试" in ran.err
    assert "原文：datacenter-web.eastmoney.com" in ran.err
    assert "2 项数据中有 1 项" in ran.err
    english = update("--only", "accounts,indices", "--from", FROM, "--lang", "en").err
    assert "accounts: refused: datacenter-web.eastmoney.com" in english
    assert "1 of 2 datasets" in english
    accounts, indices = json.loads(ran.out)
    # The 28th, 29th, 1st and 2nd; the 3rd is due on the evening of the 8th.
    assert (accounts["newest"], accounts["missing_count"]) == (None, 4)
    assert accounts["come_back"] == "2024-04-08 10:30"
    assert indices["newest"] == "2024-04-03"


def test_who_could_stand_in_is_told_in_the_readers_language(update: Update, publishers: Loopback) -> None:
    for host in ("query.sse.com.cn", "www.csf.com.cn"):
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    english = update("--only", "turnover,collateral", "--from", FROM, "--lang", "en")
    assert "  turnover: --library tushare could stand in" in english.err
    assert "a vendor's file can be imported: rongheng import FILE" in english.err
    chinese = update("--only", "turnover,collateral", "--from", FROM, "--dry-run")
    assert "  turnover: 可加 --library tushare 替补" in chinese.err
    assert "担保证券只有中证金融一家公布" in chinese.err


def test_when_nobody_can_be_reached_the_message_says_what_still_works(update: Update, publishers: Loopback) -> None:
    publishers.fault("", lambda reply, before: Reply(b"", 502))
    ran = update("--from", FROM, "--lang", "en")
    assert ran.code == 4
    assert "no publisher could be reached" in ran.err
    assert "rongheng note" in ran.err
    chinese = update("--from", "2024-04-03", "--only", "accounts,indices")  # the accounts are merely awaited
    assert chinese.code == 4
    assert "所有发布方都无法连接" in chinese.err


def test_what_is_due_and_was_not_published_ends_with_the_code_of_data(update: Update, publishers: Loopback) -> None:
    """The bars of the 2nd and the 3rd have been due since their own evenings, and nobody failed."""
    publishers.world.sessions = publishers.world.sessions[:-2]
    ran = update("--only", "accounts,shenzhen-indices", "--from", FROM, "--format", "json", "--lang", "en")
    assert [row["state"] for row in json.loads(ran.out)] == ["overdue", "overdue"]
    assert ran.code == 4
    assert "2 of 2 datasets lack something that is due" in ran.err
    assert update("--only", "accounts", "--dry-run").code == 0  # it tells, and has not failed
    assert update("--only", "accounts", "--again").code == 0  # nobody was asked


def test_what_is_not_out_yet_is_no_failure(update: Update, publishers: Loopback) -> None:
    publishers.world.sessions = publishers.world.sessions[:-1]
    ran = update("--only", "accounts", "--from", FROM, "--format", "json", "--lang", "en")
    assert ran.code == 0, ran.err
    (row,) = json.loads(ran.out)
    assert (row["state"], row["come_back"]) == ("not published yet", "2024-04-08 18:00")


def test_a_dry_run_says_what_is_missing_and_what_went_wrong_and_asks_nobody(
    update: Update, publishers: Loopback
) -> None:
    for host in (HOSTS[0], "www.csf.com.cn"):
        publishers.fault(host, lambda reply, before: Reply(b"", 403))
    update("--only", "accounts,indices", "--from", FROM)
    publishers.asked.clear()
    ran = update("--only", "accounts,indices", "--from", FROM, "--dry-run", "--format", "json", "--lang", "en")
    assert ran.code == 0, ran.err
    assert publishers.asked == []
    accounts, indices = json.loads(ran.out)
    assert (accounts["state"], accounts["missing_count"], indices["state"]) == ("overdue", 4, "current")
    assert "at 2024-04-08 10:00: refused: datacenter-web.eastmoney.com" in ran.err


def test_what_holds_of_many_answers_is_said_once(update: Update) -> None:
    ran = update("--only", "details", "--from", FROM)
    (line,) = [line for line in ran.err.splitlines() if "证券简称" in line]
    assert line.startswith("  www.szse.cn szse-margin-details 2024-03-28: ")
    assert line.endswith("（另有 4 份同此）")  # the 29th, 1st, 2nd and 3rd
    english = update("--only", "collateral", "--from", FROM, "--lang", "en").err
    assert " more like it)" in english


def test_a_library_that_is_not_there_is_said_before_anybody_is_asked(
    update: Update, publishers: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "akshare", None)
    for words in (("--library", "akshare"), ("--library", "akshare", "--live")):
        ran = update(*words)
        assert ran.code == 2
        assert "pip install akshare" in ran.err
    assert publishers.asked == []


def test_an_update_that_is_stopped_says_what_becomes_of_it_and_goes_on(
    update: Update, publishers: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Client.get

    def stop(self: Client, request: Request) -> Answer:
        if len(publishers.asked) == 3:
            raise KeyboardInterrupt
        return asked(self, request)

    monkeypatch.setattr(Client, "get", stop)
    ran = update("--only", "accounts,turnover", "--from", FROM)
    assert ran.code == 130
    assert "从停下处继续" in ran.err
    monkeypatch.setattr(Client, "get", asked)
    ran = update("--only", "accounts,turnover", "--from", FROM, "--format", "json")
    assert {row["newest"] for row in json.loads(ran.out)} == {"2024-04-03"}


def test_a_dry_run_makes_no_lake(update: Update) -> None:
    assert update("--dry-run").code == 4


def test_kept_answers_are_read_again_without_asking(update: Update, publishers: Loopback) -> None:
    update("--only", "accounts", "--from", FROM)
    publishers.asked.clear()
    ran = update("--only", "accounts", "--again", "--format", "json")
    assert ran.code == 0, ran.err
    assert publishers.asked == []
    assert json.loads(ran.out)[0]["changed"] == 0


def test_a_live_check_compares_shapes_and_lands_nothing(update: Update, publishers: Loopback) -> None:
    first = update("--only", "accounts,turnover", "--live", "--format", "json", "--lang", "en")
    assert first.code == 0, first.err
    assert {row["state"] for row in json.loads(first.out)} == {"first seen"}
    publishers.bend(
        "query.sse.com.cn/commonQuery.do",
        lambda document, params: document | {"result": [row | {"MORE": "1"} for row in document["result"]]},
    )
    second = update("--only", "accounts,turnover", "--live", "--format", "json", "--lang", "en")
    assert second.code == 4
    assert {row["source"]: row["state"] for row in json.loads(second.out)} == {
        "portal-accounts": "unchanged",
        "csf-accounts": "unchanged",
        "sse-turnover": "changed",
        "szse-turnover": "unchanged",
        "szse-turnover-workbook": "unchanged",
    }
    assert "sse-turnover: + result[].MORE" in second.err
    assert json.loads(update("--only", "accounts", "--dry-run", "--format", "json").out)[0]["newest"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "margin"), "there are: accounts, balances, indices, shenzhen-indices, turnover"),
        (("--from", "yesterday"), "write it as 2025-01-10"),
        (("--from", "2031-01-01"), "lies in the future"),
        (("--from", FROM, "--full"), "two things"),
    ],
)
def test_a_wish_that_cannot_be_is_said_before_anybody_is_asked(
    update: Update, publishers: Loopback, words: tuple[str, ...], message: str
) -> None:
    ran = update(*words)
    assert ran.code == 2
    assert message in ran.err
    assert publishers.asked == []
