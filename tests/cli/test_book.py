"""Books from the command line: every bad row is named, its account alone stays out, and none is lost."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from rongheng.basics.market_day import MarketDay
from tests.account.worlds import SESSION
from tests.cli.words import Ran, Run
from tests.postgres import Server, why_not

ACCOUNT = {"account_id": "BAD", "client_type": "individual", "policy": "exchange_only", "cash_milli": "1000000"}
POSITION = {"account_id": "BAD", "security": "600000.SH", "quantity": "1000"}
CONTRACT = {
    "contract_id": "C1",
    "account_id": "BAD",
    "kind": "financing",
    "security": "600000.SH",
    "quantity": "500",
    "amount_milli": "5000000",
    "opened": "2026-02-02",
    "due": "2026-08-02",
    "rate_ppm": "60000",
}
GOOD = {"account_id": "GOOD"}
UNKNOWN = {"security": "600009.SH"}
Rows = list[dict[str, str]]


def _tables(
    account: dict[str, str] | None = None,
    position: dict[str, str] | None = None,
    contract: dict[str, str] | None = None,
) -> dict[str, pl.DataFrame]:
    """Return a book of an account GOOD with a position and a contract, and of BAD with what is given."""
    rows: dict[str, Rows] = {
        "accounts": [ACCOUNT | GOOD, ACCOUNT | (account or {})],
        "positions": [POSITION | GOOD, POSITION | (position or {})],
        "contracts": [CONTRACT | GOOD | {"contract_id": "C0"}, CONTRACT | (contract or {})],
    }
    return {name: pl.DataFrame(table) for name, table in rows.items()}


def _write(folder: Path, tables: dict[str, pl.DataFrame], *, encoding: str = "utf-8") -> Path:
    folder.mkdir(exist_ok=True)
    for name, frame in tables.items():
        (folder / f"{name}.csv").write_bytes(frame.write_csv().encode(encoding))
    return folder


@pytest.fixture
def day(tmp_path: Path) -> Path:
    securities = {
        "security": ["600000.SH", "920001.BJ"],
        "board": ["main", "bse"],
        "price_milli": [10_000, 10_000],
        "haircut_cap_bp": [7_000, 6_500],
    }
    MarketDay(SESSION, pl.DataFrame(securities)).write(tmp_path / "day")
    return tmp_path / "day"


def _check(rongheng: Run, book: object, day: Path, *more: object) -> Ran:
    return rongheng("book", "check", book, "--day", day, "--session", SESSION, "--format", "json", *more)


@pytest.mark.parametrize(
    ("account", "position", "contract", "expected", "reason"),
    [
        ({}, UNKNOWN, UNKNOWN, ("unknown_security", "positions", "600009.SH"), "the market day has no such security"),
        ({}, {"quantity": "-1000"}, None, ("negative_quantity", "positions", "-1000"), "a short is a contract"),
        ({}, {"quantity": "0"}, {"quantity": "0"}, ("zero_quantity", "positions", "0"), "leave out what is not held"),
        ({}, {"quantity": "1000.5"}, None, ("unreadable", "positions", "1000.5"), "expected a whole number"),
        ({}, {"quantity": "many"}, None, ("unreadable", "positions", "many"), "expected a whole number"),
        ({}, {"available_quantity": "1001"}, None, ("available_above_quantity", "positions", "1001"), "part of the"),
        ({}, {"quantity": "1000000000000"}, None, ("beyond_bounds", "positions", "1000000000000"), "below 10^12"),
        ({"account_id": "OTHER"}, None, {}, ("no_account", "contracts", "BAD"), "the account is not in the table"),
        ({"cash_milli": "-1"}, None, None, ("negative_cash", "accounts", "-1"), "book it as other debt"),
        ({"cash_milli": "100000000000000"}, None, None, ("beyond_bounds", "accounts", "100000000000000"), "below 10"),
        ({"cash_milli": ""}, None, None, ("unreadable", "accounts", ""), "expected a whole number"),
        ({"client_type": "cat"}, None, None, ("unreadable", "accounts", "cat"), "expected one of individual"),
        ({"policy": "nobody"}, None, None, ("no_policy", "accounts", "nobody"), "no policy of that name"),
        ({"policy": ""}, None, None, ("unreadable", "accounts", ""), "expected text"),
        ({}, None, {"opened": "2026-03-03"}, ("date_in_future", "contracts", "2026-03-03"), "the book is of"),
        ({}, None, {"due": "2026-02-01"}, ("due_before_opened", "contracts", "2026-02-01"), "due after its opening"),
        ({}, None, {"opened": "2026/2/30"}, ("unreadable", "contracts", "2026/2/30"), "a date such as 2025-01-10"),
        ({}, None, {"opened": "2010-03-30"}, ("before_the_first_day", "contracts", "2010-03-30"), "before margin"),
        ({}, None, {"amount_milli": "-1"}, ("negative_amount", "contracts", "-1"), "expected zero or more"),
        ({}, None, {"contract_id": "C0"}, ("contract_twice", "contracts", "C0"), "a contract id is used once"),
        ({}, None, {"quantity": "1001"}, ("financed_above_held", "contracts", "1001 financed, 1000 held"), "part of"),
        ({}, None, {"kind": "short", "quantity": "0"}, ("zero_quantity", "contracts", "0"), "a short that is covered"),
        ({}, None, {"margin_ratio_bp": "7999"}, ("ratio_below_rule", "contracts", "7999"), "below the rule"),
        ({}, None, {"rate_ppm": "1000001"}, ("beyond_bounds", "contracts", "1000001"), "100 % a year at most"),
    ],
)  # fmt: skip
def test_each_kind_of_bad_row_is_named_and_the_others_are_marked(
    tmp_path: Path,
    day: Path,
    rongheng: Run,
    account: dict[str, str],
    position: dict[str, str] | None,
    contract: dict[str, str] | None,
    expected: tuple[str, str, str],
    reason: str,
) -> None:
    tables = _tables(account, position, contract)
    book = _write(tmp_path / "book", _filled(tables))
    ran = _check(rongheng, book, day)
    assert ran.code == 0, ran.err
    problems = json.loads(ran.out)
    found = [(row["problem"], row["table"], row["found"]) for row in problems]
    assert expected in found
    assert reason in problems[found.index(expected)]["reason"]
    marked = rongheng("mark", book, "--day", day, "--session", SESSION, "--out", tmp_path / "out", "-q")
    assert marked.code == 0, marked.err
    names = set(pl.read_parquet(tmp_path / "out" / "marks.parquet")["account_id"])
    assert names == ({"OTHER", "GOOD"} if account.get("account_id") else {"GOOD"} - _shared(expected))
    for ran_ in (ran, marked):
        assert "accounts: rows in 2 = marked" in ran_.err


def _shared(expected: tuple[str, str, str]) -> set[str]:
    """A contract id that two accounts use keeps both out."""
    return {"GOOD"} if expected[0] == "contract_twice" else set()


def _filled(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables with empty text where GOOD lacks a column that BAD has."""
    return {name: frame.select(pl.all().fill_null("")) for name, frame in tables.items()}


def test_a_position_held_twice_is_named_by_both_its_rows(tmp_path: Path, day: Path, rongheng: Run) -> None:
    tables = _tables()
    tables["positions"] = pl.concat([tables["positions"], tables["positions"].tail(1)])
    problems = json.loads(_check(rongheng, _write(tmp_path / "book", tables), day).out)
    assert [(row["problem"], row["row"], row["account_id"]) for row in problems] == [
        ("position_twice", 2, "BAD"),
        ("position_twice", 3, "BAD"),
    ]


def test_no_row_vanishes_in_silence(tmp_path: Path, day: Path, rongheng: Run) -> None:
    book = _write(tmp_path / "book", _tables({"cash_milli": "-1"}))
    ran = _check(rongheng, book, day, "--out", tmp_path / "problems.csv")
    for table in ("accounts", "positions", "contracts"):
        assert f"{table}: rows in 2 = marked 1 + quarantined 1" in ran.err
    assert "negative_cash: 1" in ran.err
    assert pl.read_csv(tmp_path / "problems.csv")["account_id"].to_list() == ["BAD"]
    converted = rongheng("book", "convert", book, "--session", SESSION, "--out", tmp_path / "converted")
    kernel = rongheng("book", "convert", tmp_path / "converted", "--kernel", "--out", tmp_path / "kernel")
    for done in (converted, kernel):
        assert "accounts: rows in 2 = marked 1 + quarantined 1" in done.err
    again = _check(rongheng, tmp_path / "kernel", day)
    assert "positions: rows in 2 = marked 1 + quarantined 1" in again.err
    assert json.loads(again.out) == json.loads(ran.out)


def test_a_book_is_checked_alone_where_there_is_no_day(tmp_path: Path, rongheng: Run) -> None:
    book = _write(tmp_path / "book", _tables({}, {"security": "600009.SH"}, {"security": "600009.SH"}))
    ran = rongheng("book", "check", book, "--session", SESSION)
    assert ran.code == 0
    assert "no market day was given" in ran.err
    assert "accounts: rows in 2 = marked 2 + quarantined 0" in ran.err
    assert ran.out == ""


def test_a_code_of_before_it_changed_is_read_as_the_new_one_and_said(tmp_path: Path, day: Path, rongheng: Run) -> None:
    beijing = {"security": "430017.BJ"}
    book = _write(tmp_path / "book", _tables(position=beijing, contract=beijing))
    alone = rongheng("book", "check", str(book), "--session", str(SESSION))
    assert alone.code == 0, alone.err
    assert "name a security by a code of before, read by the one it has on the session: 2" in alone.err
    assert "430017.BJ → 920017.BJ: 2" in alone.err
    checked = _check(rongheng, book, day)
    assert [row["found"] for row in json.loads(checked.out)] == ["920017.BJ"] * 2  # the day has no such security


def _workbook(path: Path, tables: dict[str, pl.DataFrame], **book: str) -> Path:
    with xlsxwriter.Workbook(path) as workbook:
        for name, frame in (tables | ({"book": pl.DataFrame([book])} if book else {})).items():
            frame.write_excel(workbook, worksheet=name)
    return path


def _database(path: Path, tables: dict[str, pl.DataFrame]) -> str:
    with sqlite3.connect(path) as database:
        for name, frame in tables.items():
            database.execute(f"create table {name} ({', '.join(frame.columns)})")
            database.executemany(f"insert into {name} values ({', '.join('?' * frame.width)})", frame.rows())
    database.close()
    return f"sqlite:///{path}"


def test_every_form_of_a_book_is_the_same_book(tmp_path: Path, day: Path, rongheng: Run) -> None:
    tables = _tables({"cash_milli": "-1"})
    forms: dict[str, object] = {
        "utf8": _write(tmp_path / "utf8", tables),
        "gb18030": _write(tmp_path / "账簿", tables, encoding="gb18030"),
        "excel": _workbook(tmp_path / "book.xlsx", tables),
        "database": _database(tmp_path / "book.db", tables),
    }
    found = {}
    for name, book in forms.items():
        ran = rongheng("book", "convert", book, "--session", SESSION, "--out", tmp_path / f"{name}.out")
        assert ran.code == 0, ran.err
        frames = [pl.read_parquet(tmp_path / f"{name}.out" / f"{table}.parquet") for table in (*tables, "problems")]
        found[name] = [frame.rows() for frame in frames]
    assert found["utf8"] == found["gb18030"] == found["excel"] == found["database"]
    assert [row[0] for row in found["utf8"][0]] == ["GOOD"]


def test_a_workbook_may_say_its_own_date(tmp_path: Path, rongheng: Run) -> None:
    book = _workbook(tmp_path / "book.xlsx", _tables(), session="2026-03-02", interest_through="2026-02-27")
    assert rongheng("book", "convert", book, "--out", tmp_path / "out").code == 0
    about = json.loads((tmp_path / "out" / "book.json").read_text(encoding="utf-8"))
    assert (about["session"], about["interest_through"]) == ("2026-03-02", "2026-02-27")


def test_queries_say_where_a_databases_columns_come_from(tmp_path: Path, rongheng: Run) -> None:
    tables = _tables()
    url = _database(tmp_path / "book.db", tables | {"accounts": tables["accounts"].rename({"account_id": "zh"})})
    words = ("book", "check", url, "--session", SESSION)
    assert "unknown column 'zh'" in rongheng(*words).err
    query = "accounts=SELECT zh AS account_id, client_type, policy, cash_milli FROM accounts"
    ran = rongheng(*words, "--query", query)
    assert ran.code == 0, ran.err
    assert "accounts: rows in 2 = marked 2 + quarantined 0" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nothing",), 2, "is not there"),
        (("empty",), 5, "has no accounts.parquet or accounts.csv"),
        (("plain.txt",), 2, "neither a folder nor an Excel workbook"),
        (("plain.xlsx",), 5, "cannot be read as a workbook"),
        (("undated",), 2, "Nothing says the date of"),
        (("sqlite:///nothing/there.db", "--session", SESSION), 5, "did not answer"),
        (("sqlite:///empty.db", "--session", SESSION), 5, "no such table: accounts"),
        (("sqlite:///empty.db",), 2, "Nothing says the date of"),
        (("banana://x", "--session", SESSION), 2, "is not installed"),
        (("://", "--session", SESSION), 2, "is no address of a database"),
        (("sqlite:///empty.db", "--session", SESSION, "--query", "weather=SELECT 1"), 2, "has no table 'weather'"),
        (("sqlite:///empty.db", "--session", SESSION, "--query", "accounts"), 2, "write it as positions="),
        (("undated", "--session", SESSION, "--query", "accounts=SELECT 1"), 2, "is no database"),
        (("undated", "--session", "yesterday"), 2, "is not a date"),
    ],
)
def test_what_is_no_book_says_so(
    tmp_path: Path, rongheng: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[Any, ...], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("plain.txt").write_text("hello", encoding="utf-8")
    Path("plain.xlsx").write_text("hello", encoding="utf-8")
    _write(Path("undated"), _tables())
    ran = rongheng("book", "check", *words)
    assert ran.code == code, ran.err
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_that_holds_text_tables_is_not_written_into(tmp_path: Path, rongheng: Run) -> None:
    book = _write(tmp_path / "book", _tables())
    ran = rongheng("book", "convert", book, "--session", SESSION, "--out", book)
    assert ran.code == 2
    assert "Name an empty folder" in ran.err


def test_a_policy_that_the_caller_names_must_be_there(tmp_path: Path, day: Path, rongheng: Run) -> None:
    book = _write(tmp_path / "book", _tables())
    ran = _check(rongheng, book, day, "--policy", "nobody")
    assert ran.code == 2
    assert "There is no policy 'nobody'; there are: caitong" in ran.err


@pytest.mark.skipif(why_not() is not None, reason=why_not() or "")
def test_a_book_is_read_from_postgresql(tmp_path: Path, day: Path, rongheng: Run) -> None:
    import psycopg

    server = Server.make()
    try:
        server.start()
        url = server.empty_database()
        with psycopg.connect(url) as connection:
            for name, frame in _tables({"cash_milli": "-1"}).items():
                connection.execute(f"create table {name} ({', '.join(f'{column} text' for column in frame.columns)})")
                marks = ", ".join(["%s"] * frame.width)
                connection.cursor().executemany(f"insert into {name} values ({marks})", frame.rows())
        ran = _check(rongheng, url.replace("postgresql://", "postgresql+psycopg://"), day)
        assert ran.code == 0, ran.err
        assert [row["problem"] for row in json.loads(ran.out)] == ["negative_cash"]
        assert "accounts: rows in 2 = marked 1 + quarantined 1" in ran.err
    finally:
        server.remove()
