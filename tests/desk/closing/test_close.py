"""A close runs the day in order, goes on after a kill, repeats nothing, and can be made again bit for bit."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.book import open_book
from rongheng.account.calls import Payment, moment
from rongheng.basics.errors import BookError, LedgerError, UsageError
from rongheng.desk.calls import officers
from rongheng.desk.closing.close import close_book
from rongheng.desk.closing.request import Request
from rongheng.desk.ledger import Entry, Ledger
from tests.desk.closing.world import (
    DEBTS,
    MONDAY,
    NOW,
    SHARE,
    SHARES,
    TUESDAY,
    WEDNESDAY,
    YUAN,
    close,
    contents,
    figures,
    request,
    write_book,
    write_day,
)

ENTRY = Entry("pay", "Wang", "the tests", NOW)


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Monday at 10 yuan: A-1 and A-2 stand at 200 / 180 = 111 %, under 115 %; on Tuesday A-2 pays 60 000 in time."""
    folder = tmp_path_factory.mktemp("desk")
    write_book(folder / "book")
    write_day(folder / f"day-{MONDAY}", MONDAY, 10_000)
    write_day(folder / f"day-{TUESDAY}", TUESDAY, 9_500)
    write_day(folder / f"day-{WEDNESDAY}", WEDNESDAY, 9_000)
    closed = close(request(folder, MONDAY, book=folder / "book"))
    assert figures(closed)["called"] == (2, 360_000)
    pay(folder / "ledger.db", "A-2", 60_000)
    return folder


def pay(ledger: Path, account: str, cash: int, clock: time = time(10, 0), session: date = TUESDAY) -> None:
    officers.pay(Ledger.open(ledger), Payment(account, moment(session, clock), cash_milli=cash * YUAN), ENTRY)


@pytest.fixture
def desk(monday: Path, tmp_path: Path) -> Path:
    """A copy of the desk as it stands on Tuesday before the close."""
    shutil.copytree(monday, tmp_path / "desk")
    return tmp_path / "desk"


def tuesday(folder: Path, **more: str) -> Request:
    return request(folder, TUESDAY, book=folder / f"dossier-{MONDAY}" / "book", **more)


def test_the_day_goes_from_payments_over_calls_to_a_plan(desk: Path) -> None:
    """A-1 lapses at 11:30. At 9.5 yuan it has 190 000 and owes 180 000; for 130 % it must sell 146 667 and more.

    Selling x and repaying it: 190 000 − x ≥ 1.3 × (180 000 − x), so x ≥ 44 000 / 0.3, and costs come on top.
    """
    closed = close(tuesday(desk))
    found = figures(closed)
    assert found["lapsed"] == (1, 180_000)
    assert found["cured"] == (1, 180_000)
    assert found["planned"][0] == 1
    sold = found["planned"][1]
    assert sold is not None
    assert 146_667 <= sold <= 146_667 * 1.005 + 950
    book = open_book(closed.dossier / "book")
    assert book.layout.cash_milli.tolist() == [0, 60_000 * YUAN, 0]
    assert book.layout.other_debt_milli.tolist() == [debt * YUAN for debt in DEBTS.values()]
    assert (closed.dossier / "plan" / "accounts.csv").read_text() == "account_id,target\nA-1,130.00%\n"


def test_a_dossier_is_made_again_bit_for_bit_even_when_the_ledger_has_gone_on(desk: Path) -> None:
    first = close(tuesday(desk))
    pay(desk / "ledger.db", "A-1", 1, session=WEDNESDAY)
    close(request(desk, WEDNESDAY, book=first.dossier / "book"))
    again = close(tuesday(desk, out="again"))
    assert contents(again.dossier) == contents(first.dossier)


def test_closing_again_changes_nothing(desk: Path) -> None:
    first = close(tuesday(desk))
    before, ledger = contents(first.dossier), Ledger.open(desk / "ledger.db").verify()
    again = close(tuesday(desk))
    assert again.is_repeat
    assert again.figures == first.figures
    assert contents(first.dossier) == before
    assert Ledger.open(desk / "ledger.db").verify() == ledger


def killed_at(desk: Path, waits: Sequence[int]) -> None:
    """Kill the close of Tuesday at each of these waits, going on in between, and compare with one left alone."""
    book = desk / f"dossier-{MONDAY}" / "book"
    shutil.copyfile(desk / "ledger.db", desk / "killed.db")
    for wait in waits:
        words = [sys.executable, "-m", "tests.desk.closing.closer", str(desk), str(TUESDAY), str(book), str(wait)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
    survived = close(tuesday(desk, out="killed", ledger="killed.db"))
    alone = close(tuesday(desk))
    assert contents(survived.dossier) == contents(alone.dossier)
    ledger = Ledger.open(desk / "killed.db")
    ledger.verify()
    with ledger.reading() as now:
        assert [run.moment for run in now.runs()] == [moment(MONDAY), moment(TUESDAY)]
        assert [commit["action"] for commit in now.commits()] == ["close", "pay", "close"]


def test_a_kill_in_the_middle_repeats_and_loses_nothing(desk: Path) -> None:
    """Before the book has its name, once the ledger has judged, once the plan is there, and once the scenarios are."""
    killed_at(desk, [3, 5, 4, 2])


@pytest.mark.long
def test_a_kill_at_every_step_repeats_and_loses_nothing(desk: Path) -> None:
    """Each of the seven steps dies once before it has its name and once after; the dossier once it has its own."""
    killed_at(desk, [1, 2] * 7 + [1])


def stop_before_the_calls(phrase: str) -> None:
    if phrase == "judge the calls":
        raise InterruptedError


def test_a_database_that_goes_away_leaves_nothing_half_done(desk: Path) -> None:
    def take_away(phrase: str) -> None:
        if phrase == "judge the calls":
            (desk / "ledger.db").rename(desk / "away.db")

    with pytest.raises(LedgerError, match=r"there is no ledger .*ledger\.db"):
        close_book(tuesday(desk), now=NOW, by="Wang", say=take_away)
    assert not (desk / f"dossier-{TUESDAY}").exists()
    (desk / "away.db").rename(desk / "ledger.db")
    assert figures(close(tuesday(desk)))["lapsed"] == (1, 180_000)


def test_a_payment_between_the_book_and_the_calls_comes_into_the_book(desk: Path) -> None:
    """The close is stopped once the book is there; a payment comes in; it goes on with a book that holds it."""
    with pytest.raises(InterruptedError):
        close_book(tuesday(desk), now=NOW, by="Wang", say=stop_before_the_calls)
    pay(desk / "ledger.db", "A-1", 70_000, time(11, 0))
    closed = close(tuesday(desk))
    assert open_book(closed.dossier / "book").layout.cash_milli.tolist() == [70_000 * YUAN, 60_000 * YUAN, 0]
    assert figures(closed)["lapsed"] == (0, None)


def test_two_closes_of_one_session_are_one_or_an_error(desk: Path) -> None:
    close(tuesday(desk))
    asked = tuesday(desk)
    other_terms = replace(asked, terms=replace(asked.terms, participation_bp=2_000))
    with pytest.raises(UsageError, match="was made from something else: participation_bp"):
        close(other_terms)
    write_day(desk / f"day-{TUESDAY}", TUESDAY, 9_400)
    with pytest.raises(UsageError, match="was made from something else: data_sha256"):
        close(tuesday(desk))
    with pytest.raises(UsageError, match=r"were judged on the marks in .*, and a moment is judged once"):
        close(tuesday(desk, out="other"))


def test_a_dossier_that_was_changed_is_refused(desk: Path) -> None:
    closed = close(tuesday(desk))
    orders = closed.dossier / "plan" / "orders.csv"
    orders.chmod(0o644)
    orders.write_text("")
    with pytest.raises(BookError, match=r"orders\.csv is not what the close left"):
        close(tuesday(desk))


def test_scenarios_are_run_over_the_marks_of_the_close(desk: Path) -> None:
    """At 9.5 yuan 20,000 shares are worth 190 000; 30 % less is 133 000, 50 % less 95 000.

    A-1 owes 180 000; A-2 too, and has 60 000 in cash: 193 000 / 180 000 and 155 000 / 180 000. A-3 owes 90 000.
    """
    mine = desk / "mine.yaml"
    text = "- scenario: mine\n  name: {zh: 我的, en: Mine}\n  source: a test\n  steps: [{security: {%s: -100%%}}]\n"
    mine.write_text(text % SHARE, encoding="utf-8")
    closed = close(replace(tuesday(desk), scenarios=(mine,)))
    found = figures(closed)
    assert found["under_after_fall_30"] == (2, 360_000)
    assert found["short_after_fall_30"] == (1, 47_000)
    assert found["under_after_fall_50"] == (3, 450_000)
    assert found["short_after_fall_50"] == (2, 85_000 + 25_000)
    totals = pl.read_parquet(closed.dossier / "stress" / "totals.parquet")
    mine_row = totals.row(by_predicate=pl.col("scenario") == "mine", named=True)
    assert mine_row["shortfall_milli"] == (450_000 - 60_000 - 3 * 200) * YUAN  # a tick a share is left
    mine.write_text(text % "600009.SH", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.yaml:4: found the security '600009\.SH'"):
        close(replace(tuesday(desk, out="other"), scenarios=(mine,)))
    assert not list(desk.glob("*other*"))


def test_bad_input_is_one_clear_error_and_nothing_is_half_done(desk: Path) -> None:
    book = desk / f"dossier-{MONDAY}" / "book"
    before = Ledger.open(desk / "ledger.db").verify()
    write_day(desk / "day-2025-04-12", date(2025, 4, 12), 9_500)
    refused: list[tuple[Request, str]] = [
        (request(desk, date(2025, 4, 12), book=book), "2025-04-12 is no trading day"),
        (replace(tuesday(desk), day=desk / f"day-{MONDAY}"), "is the market of 2025-04-07, not of 2025-04-08"),
        (replace(tuesday(desk, out="gone"), book=desk / "nowhere"), "nowhere is not there"),
        (replace(tuesday(desk, out="who"), policy="nobody"), "nobody"),
        (request(desk, WEDNESDAY, book=book), "The end of 2025-04-08 was not judged"),
    ]
    for asked, complaint in refused:
        with pytest.raises(UsageError, match=complaint):
            close(asked)
        assert not asked.out.exists()
    later = write_book(desk / "later", WEDNESDAY)
    with pytest.raises(UsageError, match="is the book of 2025-04-09, after 2025-04-08"):
        close(replace(tuesday(desk, out="late"), book=later))
    assert Ledger.open(desk / "ledger.db").verify() == before


def test_a_ledger_of_another_version_is_refused_and_untouched(desk: Path) -> None:
    with sqlite3.connect(desk / "ledger.db") as database:
        database.execute("UPDATE ledger SET version = 99")
    with pytest.raises(LedgerError, match="has version 99, written by a newer Rongheng"):
        close(tuesday(desk))
    assert not (desk / f"dossier-{TUESDAY}").exists()


def test_shares_at_their_lower_limit_stay_for_the_next_session(desk: Path) -> None:
    write_day(desk / f"day-{TUESDAY}", TUESDAY, 9_000, at_low_limit=True)
    closed = close(tuesday(desk))
    assert figures(closed)["planned"] == (1, 0)
    assert figures(closed)["carried"][0] == 1
    unsold = pl.read_parquet(closed.dossier / "plan" / "unsold.parquet")
    assert unsold.select("account_id", "quantity", "reason").rows() == [("A-1", SHARES, "at_limit")]
