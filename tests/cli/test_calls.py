"""``rongheng calls`` over a few days: marks from a book, payments, decisions, lists, notices, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from rongheng.account.book import write_tables
from tests.cli.words import Ran, Run
from tests.desk.calls.world import MONDAY, TUESDAY, WEDNESDAY, Contract, book_of, day_of

ASSETS = {"A-1": 1_140_000, "A-2": 1_390_000, "A-3": 2_000_000}


class Desk:
    """One desk: a folder, a ledger in it, and the command line."""

    def __init__(self, folder: Path, rongheng: Run) -> None:
        self.folder = folder
        self.ledger = str(folder / "ledger.db")
        self._rongheng = rongheng

    def calls(self, *words: object) -> Ran:
        return self._rongheng("calls", *words, "--ledger", self.ledger)

    def mark(
        self, session: date, assets: dict[str, int], *, name: str = "out", contracts: tuple[Contract, ...] = ()
    ) -> Path:
        """Write a book and its day, mark it, and return the folder of marks."""
        book, out = self.folder / f"book-{session}-{name}", self.folder / f"{name}-{session}"
        write_tables(book_of(assets, session, policy="guosen", contracts=contracts), book)
        day_of(session).write(book / "day")
        assert self._rongheng("mark", book, "--out", out, "--quiet").code == 0
        return out

    def close(self, session: date, assets: dict[str, int], *, contracts: tuple[Contract, ...] = ()) -> Ran:
        marks = self.mark(session, assets, contracts=contracts)
        return self.calls("run", "--marks", marks, "--session", session, "--lang", "en")


@pytest.fixture
def desk(tmp_path: Path, rongheng: Run, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("RONGHENG_LEDGER", raising=False)
    monkeypatch.delenv("RONGHENG_OFFICER", raising=False)
    return Desk(tmp_path, rongheng)


def test_a_day_with_a_call_a_payment_and_its_cure(desk: Desk) -> None:
    ran = desk.close(MONDAY, ASSETS)
    assert ran.code == 0, ran.err
    assert "next-day line" in ran.out
    assert "2025-04-08 11:30" in ran.out
    listed = json.loads(desk.calls("list", "--next-day", "--format", "json").out)
    assert [(row["account_id"], row["cash_missing"], row["target"]) for row in listed] == [("A-1", 160_000, 1.3)]
    marked = json.loads((desk.folder / "out-2025-04-07" / "marks.json").read_text(encoding="utf-8"))
    assert (listed[0]["as_of"], listed[0]["grade"]) == ("2025-04-07", marked["grade"])
    paid = desk.calls(
        "pay", "A-1", "--cash", "160_000", "--at", "2025-04-08 10:15", "--by", "Wang", "--why", "bank 8812"
    )
    assert paid.code == 0, paid.err
    noon = desk.calls("run", "--session", TUESDAY, "--at", "11:30", "--format", "csv")
    assert [line.split(",")[:2] for line in noon.out.splitlines()[1:]] == [["A-1", "next_day@2025-04-07"]]
    assert ",cured," in noon.out
    shown = desk.calls("show", "A-1", "--lang", "en")
    assert "bank 8812" in shown.out
    assert "the last event is" in shown.err
    assert desk.calls("verify").out.startswith("3 commits, ")


def test_the_same_run_again_changes_nothing(desk: Desk) -> None:
    out = desk.mark(MONDAY, ASSETS)
    first = desk.calls("run", "--marks", out, "--session", MONDAY)
    again = desk.calls("run", "--marks", out, "--session", MONDAY)
    assert again.out == first.out
    assert "the same marks were judged before: nothing was written" in again.err
    assert desk.calls("verify").out.startswith("1 commits, ")


def test_every_list_has_its_flag(desk: Desk) -> None:
    due_soon = (Contract("A-3", "C-1", date(2025, 4, 9)),)
    desk.close(MONDAY, ASSETS, contracts=due_soon)
    found = {
        flag: [row["account_id"] for row in json.loads(desk.calls("list", flag, "--format", "json").out)]
        for flag in ("--new", "--due", "--next-day", "--outstanding", "--cured", "--lapsed", "--maturing")
    }
    assert found == {
        "--new": ["A-1"],
        "--due": [],
        "--next-day": ["A-1"],
        "--outstanding": [],
        "--cured": [],
        "--lapsed": [],
        "--maturing": ["A-3"],
    }
    everything = json.loads(desk.calls("list", "--format", "json").out)
    assert [(row["account_id"], row["phase"]) for row in everything] == [
        ("A-1", "emergency"),
        ("A-2", "warned"),
        ("A-3", "called"),
    ]
    assert desk.calls("list", "--new", "--due").code == 2


def test_a_contract_is_rolled_over_on_its_marks(desk: Desk) -> None:
    contract = (Contract("A-3", "C-1", WEDNESDAY),)
    desk.close(MONDAY, ASSETS, contracts=contract)
    marks = desk.mark(TUESDAY, ASSETS, name="again", contracts=contract)
    words = ("decide", "A-3", "roll_over", "--contract", "C-1", "--by", "Wang", "--why", "client asked")
    at = ("--at", "2025-04-08 16:00")
    without = desk.calls(*words, "--until", "2025-10-09", *at)
    assert "give --marks, the folder of a mark" in without.err
    too_long = desk.calls(*words, "--until", "2025-10-10", "--marks", marks, *at)  # six months from 2025-04-09
    assert (too_long.code, "cannot be rolled over. What must hold and does not" in too_long.err) == (2, True)
    late = desk.calls(*words, "--until", "2025-10-09", "--marks", marks, "--at", "2025-04-11 16:00")
    assert (late.code, "3 sessions before; a decision rests on marks at most 1 old" in late.err) == (4, True)
    done = desk.calls(*words, "--until", "2025-10-09", "--marks", marks, *at, "--format", "json")
    assert done.code == 0, done.err
    (rolled,) = json.loads(done.out)
    assert (rolled["kind"], rolled["contract_id"], rolled["due"][:10]) == ("rolled", "C-1", "2025-10-09")


def test_notices_are_made_once_with_texts_csv_and_excel(desk: Desk, tmp_path: Path) -> None:
    desk.close(MONDAY, ASSETS)
    out = tmp_path / "notices"
    assert "2 notices" in desk.calls("notices", "--out", out).err
    text = (out / "texts" / "A-1.txt").read_text(encoding="utf-8")
    assert "请于2025-04-08 11:30前使维持担保比例恢复至130.00%：追加现金160,000.00元，或偿还负债123,076.93元" in text
    assert (out / "new.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    workbook = load_workbook(out / "lists.xlsx")
    assert "当日新增追保" in workbook.sheetnames
    assert workbook["当日新增追保"]["A2"].value == "A-1"
    assert "0 notices" in desk.calls("notices", "--out", tmp_path / "again").err
    history = json.loads(desk.calls("show", "A-1", "--format", "json").out)
    assert [(row["kind"], row["ratio"]) for row in history][-1] == ("noticed", 1.14)


def test_a_template_of_ones_own(desk: Desk, tmp_path: Path) -> None:
    desk.close(MONDAY, ASSETS)
    own = tmp_path / "own.j2"
    own.write_text("{{ account }}: {% for ask in asks %}{{ ask.cash }};{% endfor %}", encoding="utf-8")
    desk.calls("notices", "--out", tmp_path / "n", "--template", own)
    assert (tmp_path / "n" / "texts" / "A-1.txt").read_text(encoding="utf-8") == "A-1: 160,000.00;360,000.00;"


@pytest.mark.parametrize(
    ("source", "message"),
    [("{{ accuont }}", "cannot be filled in: 'accuont' is undefined"), ("{% if %}", "is no template")],
)
def test_a_template_that_cannot_be_filled_in_tells_nobody(
    desk: Desk, tmp_path: Path, source: str, message: str
) -> None:
    desk.close(MONDAY, ASSETS)
    own = tmp_path / "own.j2"
    own.write_text(source, encoding="utf-8")
    ran = desk.calls("notices", "--out", tmp_path / "n", "--template", own)
    assert (ran.code, message in ran.err) == (2, True)
    assert "2 notices" in desk.calls("notices", "--out", tmp_path / "n").err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "--session", "2025-04-05"), 2, "2025-04-05 is no trading day"),
        (("run", "--session", "2025-04-07", "--at", "noon"), 2, "--at noon is not a time of day; write it as 11:30"),
        (("run", "--session", "2025-04-08", "--marks", "MARKS"), 2, "holds the marks of 2025-04-07, not of 2025-04-08"),
        (("run", "--session", "2025-04-07", "--marks", "nowhere"), 2, "holds no marks"),
        (("show", "Z-9"), 2, "knows no account 'Z-9'"),
        (("pay", "Z-9", "--cash", "1", "--by", "W", "--why", "x"), 2, "knows no account 'Z-9'"),
        (("pay", "A-1", "--cash", "1.23456", "--by", "W", "--why", "x"), 2, "at most three decimals"),
        (("pay", "A-1", "--cash", "1", "--by", " ", "--why", "x"), 2, "--by is empty; the ledger keeps who did what"),
        (("decide", "A-1", "forget", "--until", "2025-04-14", "--by", "W", "--why", "x"), 2, "expected extend, waive"),
        (("decide", "A-1", "roll_over", "--until", "2025-04-14", "--by", "W", "--why", "x"), 2, "with --contract"),
    ],
)
def test_bad_input_is_one_clear_message(desk: Desk, words: tuple[str, ...], code: int, message: str) -> None:
    marks = desk.mark(MONDAY, ASSETS)
    assert desk.calls("run", "--marks", marks, "--session", MONDAY).code == 0
    ran = desk.calls(*(marks if word == "MARKS" else word for word in words))
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert "Traceback" not in ran.err


def test_a_book_that_changed_since_it_was_marked_is_refused(desk: Desk) -> None:
    out = desk.mark(MONDAY, ASSETS)
    write_tables(book_of(ASSETS | {"A-3": 1}, MONDAY), desk.folder / f"book-{MONDAY}-out")
    ran = desk.calls("run", "--marks", out, "--session", MONDAY)
    assert (ran.code, "has changed since it was marked" in ran.err) == (5, True)


def test_a_ledger_that_is_not_there_is_not_made_by_looking(desk: Desk) -> None:
    ran = desk.calls("list")
    assert (ran.code, "there is no ledger" in ran.err) == (4, True)
    assert not Path(desk.ledger).exists()
