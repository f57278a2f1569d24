"""The ledger keeps what it was given, in order, once, and can prove it — in SQLite and in PostgreSQL."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import create_engine, text

from rongheng.account.calls.events import Kind, events_of
from rongheng.account.calls.state import State
from rongheng.basics.errors import LedgerError, UsageError
from rongheng.desk.ledger import Entry, Ledger, Run
from rongheng.desk.ledger.connection import ledger_url
from tests.desk.ledger.writer import CALLED, DUE, NOW, a_call, a_payment, finish, go, one_commit, spawn

ENTRY = Entry("run", "Wang", "the close", NOW)


@pytest.fixture
def ledger(url: str) -> Ledger:
    return Ledger.open(url, create=NOW)


def append(ledger: Ledger, *rows: dict[str, object], by: str = "Wang") -> None:
    with ledger.writing("Testing") as pen:
        pen.append(Entry("run", by, "the close", NOW), events_of(rows))


def run_sql(url: str, statement: str) -> None:
    """Do behind the ledger's back what only someone with the database in hand can do."""
    engine = create_engine(ledger_url(url))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_events_come_back_as_they_were_given(ledger: Ledger) -> None:
    given = events_of([a_call("A-1"), a_payment("A-1", 7), a_call("乙-2", 3)])
    with ledger.writing("Testing") as pen:
        pen.append(ENTRY, given)
    with ledger.reading() as now:
        assert_frame_equal(now.open_events().drop("sequence"), given)
        assert now.history(["乙-2"])["by_whom"].to_list() == ["Wang"]
        assert now.history()["recorded_at"].to_list() == [NOW] * 3


def test_a_digest_can_be_computed_without_us(ledger: Ledger) -> None:
    """A table's name, then its rows of this commit: fields parted by tabs, nothing as \\N, moments in UTC."""
    with ledger.writing("Testing") as pen:
        pen.append(Entry("run", "Wang", "the\tclose", NOW), events_of([a_payment("A-1", 7)]))
    nothing = "\\N\t" * 13  # policy to ratio_bp
    text = (
        "commits\n1\t2025-04-07 12:00:00.000000\trun\tWang\tthe\\tclose\n"
        "runs\n"
        "terms\n"
        f"call_events\n1\tA-1\t\tpaid\t2025-04-08 01:00:00.000007\t{nothing}7\t\\N\t\\N\t\\N\n"
    )
    assert ledger.verify().digest == sha256(text.encode()).hexdigest()


def test_what_is_over_is_not_read_again(ledger: Ledger) -> None:
    over = {"account_id": "A-1", "demand": "next_day@0", "kind": Kind.CURED, "moment": DUE}
    append(ledger, a_call("A-1"), a_call("A-2"), a_payment("A-1", 1))
    append(ledger, over)
    with ledger.reading() as now:
        assert now.open_events()["account_id"].to_list() == ["A-2"]
        assert now.history(["A-1"])["kind"].to_list() == ["called", "paid", "cured"]


def test_the_ledger_folds_what_the_calls_fold(ledger: Ledger) -> None:
    state = State.begin()
    for number in range(4):
        events = one_commit("A-1", number)
        state = state.after(events)
        with ledger.writing("Testing") as pen:
            pen.append(ENTRY, events)
    with ledger.reading() as now:
        assert_frame_equal(now.open_events().drop("sequence"), state.events)


def test_the_same_event_is_refused_the_second_time(ledger: Ledger) -> None:
    append(ledger, a_call("A-1"))
    with pytest.raises(LedgerError, match=r"has it already\. Nothing of it was recorded\."):
        append(ledger, a_call("A-2"), a_call("A-1"))
    with ledger.reading() as now:
        assert now.history()["account_id"].to_list() == ["A-1"]


def test_what_fails_in_the_middle_leaves_nothing(ledger: Ledger) -> None:
    def append_and_fail() -> None:
        with ledger.writing("Testing") as pen:
            pen.append(ENTRY, events_of([a_call("A-1")]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    with ledger.reading() as now:
        assert now.head().number == 0


def test_runs_and_terms_belong_to_their_commit(ledger: Ledger) -> None:
    run = Run(moment=CALLED, marks="ab12", place="out/marks", accounts=1_000_000, grade="official", commit_number=1)
    with ledger.writing("Testing") as pen:
        pen.append(ENTRY, events_of([]), run=run, terms={"guosen": '{"a":1}'})
    with ledger.writing("Testing") as pen:
        pen.append(ENTRY, events_of([]), terms={"guosen": '{"a":2}'})
    with ledger.reading() as now:
        assert now.find_run(CALLED) == run
        assert now.find_run(DUE) is None
        assert now.terms() == {"guosen": '{"a":2}'}
    ledger.verify()


@pytest.mark.parametrize("blank", ["by", "why"])
def test_who_and_why_are_never_left_out(blank: str) -> None:
    words = {"by": "Wang", "why": "the close"} | {blank: "  "}
    with pytest.raises(UsageError, match=f"--{blank} is empty; the ledger keeps who did what and why"):
        Entry("run", words["by"], words["why"], NOW)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE call_events SET target_bp = 12000 WHERE sequence = 1", r"Commit 1 .*\(run by Wang\) is not what was"),
        ("UPDATE commits SET by_whom = 'Li' WHERE number = 2", "Commit 2 "),
        ("DELETE FROM call_events WHERE sequence = 2", "Commit 2 "),
        ("DELETE FROM commits WHERE number = 1", "lacks commit 1"),
        ("DELETE FROM open_demands", "The index of open demands"),
    ],
)
def test_tampering_is_found(url: str, ledger: Ledger, statement: str, message: str) -> None:
    append(ledger, a_call("A-1"))
    append(ledger, a_call("A-2"))
    assert ledger.verify().number == 2
    if statement.startswith("DELETE FROM commits"):
        run_sql(url, "DELETE FROM call_events WHERE commit_number = 1")
    run_sql(url, statement)
    with pytest.raises(LedgerError, match=message):
        ledger.verify()


@pytest.mark.parametrize(("version", "which"), [(0, "an older"), (2, "a newer")])
def test_a_ledger_of_another_version_is_left_alone(url: str, ledger: Ledger, version: int, which: str) -> None:
    run_sql(url, f"UPDATE ledger SET version = {version}")
    with pytest.raises(LedgerError, match=f"has version {version}, written by {which} Rongheng.*Nothing was touched"):
        Ledger.open(url)


def test_another_database_is_no_ledger(url: str) -> None:
    run_sql(url, "CREATE TABLE clients (name TEXT)")
    with pytest.raises(LedgerError, match="is a database, but not a ledger of Rongheng"):
        Ledger.open(url)
    with pytest.raises(LedgerError, match="is a database, but not a ledger of Rongheng"):
        Ledger.open(url, create=NOW)


def test_reading_makes_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"there is no ledger .*ledger\.db\. Check the path"):
        Ledger.open(tmp_path / "ledger.db")
    assert not (tmp_path / "ledger.db").exists()


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("account,cash\n" * 500, encoding="utf-8")
    with pytest.raises(LedgerError, match="is no database or damaged"):
        Ledger.open(tmp_path / "ledger.db")


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened or written to"):
        Ledger.open(tmp_path / "gone" / "ledger.db", create=NOW)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("mysql://desk@host/calls", "cannot live in 'mysql'"),
        ("://", "cannot be read"),
        ("sqlite://", "names no file"),
    ],
)
def test_an_address_of_something_else_says_what_is_expected(typed: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"{message}.*expected a path such as ledger.db"):
        Ledger(typed)


def test_a_password_is_never_shown() -> None:
    assert Ledger("postgresql://desk:secret@db/calls").place == "postgresql://desk:***@db/calls"


def test_another_writer_waits_and_then_says_so(url: str, ledger: Ledger) -> None:
    hasty = Ledger.open(url, patience_seconds=0.2)
    with (
        ledger.writing("Holding the pen"),
        pytest.raises(LedgerError, match="Paying waited in vain: another process is writing to the ledger"),
        hasty.writing("Paying"),
    ):
        pass


def test_readers_wait_for_nobody(ledger: Ledger) -> None:
    append(ledger, a_call("A-1"))
    with ledger.writing("Testing") as pen:
        pen.append(ENTRY, events_of([a_call("A-2")]))
        with ledger.reading() as now:
            assert now.head().number == 1


def test_writers_at_once_lose_nothing(url: str, ledger: Ledger) -> None:
    writers = [spawn(url, f"A-{number}", 20) for number in range(3)]
    for writer in writers:
        go(writer)
    said = [commit for writer in writers for commit in finish(writer)]
    assert sorted(said) == list(range(1, 61))
    assert ledger.verify().number == 60
