"""A book's bad rows are named one by one, their accounts alone stay out, and nothing vanishes in silence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rongheng.account.book import Book, read_book
from rongheng.account.marks import mark
from rongheng.account.policy import Policy, PolicySet
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.market_day import MarketDay
from tests.account.worlds import RATIOS, SESSION

ACCOUNT = {"account_id": "A", "client_type": "individual", "policy": "P", "cash_milli": 1_000_000}
GOOD = ACCOUNT | {"account_id": "GOOD"}
POSITION = {"account_id": "A", "security": "600000.SH", "quantity": 1_000}
CONTRACT = {
    "contract_id": "C1",
    "account_id": "A",
    "kind": "financing",
    "security": "600000.SH",
    "quantity": 500,
    "amount_milli": 5_000_000,
    "opened": date(2026, 2, 2),
    "due": date(2026, 8, 2),
    "rate_ppm": 60_000,
}


def _book(
    accounts: list[dict[str, Any]], positions: list[dict[str, Any]], contracts: list[dict[str, Any]] | None = None
) -> Book:
    table = pl.DataFrame(contracts) if contracts else pl.DataFrame([CONTRACT]).clear()
    return Book.of(pl.DataFrame(accounts), pl.DataFrame(positions), table, session=SESSION)


def _problems(account: dict[str, Any], position: dict[str, Any], contract: dict[str, Any]) -> list[str]:
    book = _book([ACCOUNT | account, GOOD], [POSITION | position], [CONTRACT | contract])
    assert book.accounts["account_id"].to_list() == ["GOOD"]
    assert book.quarantined == 1
    return book.problems["problem"].to_list()


@pytest.mark.parametrize(
    ("account", "position", "contract", "problem"),
    [
        ({"cash_milli": -1}, {}, {}, "negative_cash"),
        ({"cash_milli": 10**14}, {}, {}, "beyond_bounds"),
        ({"frozen_cash_milli": 1_000_001}, {}, {}, "frozen_above_cash"),
        ({"other_debt_milli": -1}, {}, {}, "negative_amount"),
        ({"client_type": "dog"}, {}, {}, "unreadable"),
        ({}, {"quantity": -1_000}, {}, "negative_quantity"),
        ({}, {"quantity": 1_000.5}, {}, "unreadable"),
        ({}, {"quantity": 0}, {"quantity": 0}, "zero_quantity"),
        ({}, {"available_quantity": 1_001}, {}, "available_above_quantity"),
        ({}, {}, {"quantity": 1_001}, "financed_above_held"),
        ({}, {}, {"security": "600001.SH"}, "financed_above_held"),
        ({}, {}, {"kind": "short", "quantity": 0}, "zero_quantity"),
        ({}, {}, {"opened": date(2026, 3, 3), "due": date(2026, 9, 3)}, "date_in_future"),
        ({}, {}, {"due": date(2026, 2, 1)}, "due_before_opened"),
        ({}, {}, {"margin_ratio_bp": 50_001}, "beyond_bounds"),
        ({}, {}, {"amount_milli": -1}, "negative_amount"),
    ],
)
def test_each_kind_of_bad_row_is_named_and_its_account_alone_stays_out(
    account: dict[str, Any], position: dict[str, Any], contract: dict[str, Any], problem: str
) -> None:
    assert problem in _problems(account, position, contract)


def test_a_position_held_twice_names_both_rows() -> None:
    book = _book([ACCOUNT, GOOD], [POSITION, POSITION | {"account_id": "GOOD"}, POSITION])
    assert book.problems.select("problem", "row").rows() == [("position_twice", 1), ("position_twice", 3)]


def test_a_contract_id_used_twice_keeps_both_accounts_out() -> None:
    positions = [POSITION, POSITION | {"account_id": "GOOD"}]
    book = _book([ACCOUNT, GOOD], positions, [CONTRACT, CONTRACT | {"account_id": "GOOD"}])
    assert book.layout.n_accounts == 0
    assert book.problems["problem"].to_list() == ["contract_twice", "contract_twice"]


def test_rows_of_an_unknown_account_are_problems_and_touch_nobody() -> None:
    book = _book([GOOD], [POSITION | {"account_id": "GOOD"}, POSITION], [CONTRACT])
    assert book.problems.select("table", "problem", "account_id").rows() == [
        ("positions", "no_account", "A"),
        ("contracts", "no_account", "A"),
    ]
    assert book.layout.n_accounts == 1


def _marked(book: Book, *, policy: str = "P") -> list[str]:
    securities = {"security": ["600000.SH"], "board": ["main"], "price_milli": [10_000], "haircut_cap_bp": [7_000]}
    policies = PolicySet.of(Policy(policy, withdrawal_line_bp=30_000, margin_ratios=RATIOS))
    marks = mark(book, MarketDay(SESSION, pl.DataFrame(securities)), policies)
    assert marks.marked + marks.quarantined == book.rows_in
    return marks.problems["problem"].to_list()


def test_an_unknown_security_an_unknown_policy_and_too_large_an_account_are_problems_of_the_mark() -> None:
    assert _marked(_book([ACCOUNT, GOOD], [POSITION | {"security": "600009.SH"}])) == ["unknown_security"]
    assert _marked(_book([ACCOUNT], [POSITION]), policy="Q") == ["no_policy"]
    # 10^10 shares at 10 yuan are 10^11 yuan; one share fewer is within the bounds, but the cash of 1 000 yuan is not
    assert _marked(_book([ACCOUNT, GOOD], [POSITION | {"quantity": 10**10}])) == ["beyond_bounds"]
    assert _marked(_book([ACCOUNT, GOOD], [POSITION | {"quantity": 10**10 - 100}])) == ["beyond_bounds"]
    assert _marked(_book([ACCOUNT, GOOD], [POSITION | {"quantity": 10**10 - 101}])) == []


@pytest.mark.parametrize(
    ("contract", "problems"),
    [
        ({"opened": date(2010, 3, 30)}, ["before_the_first_day"]),
        ({"opened": date(2010, 3, 31)}, []),
        ({"opened": date(2026, 1, 19), "margin_ratio_bp": 9_999}, ["ratio_below_rule"]),
        ({"opened": date(2026, 1, 16), "margin_ratio_bp": 8_000}, []),
        ({"opened": date(2023, 9, 8), "margin_ratio_bp": 8_000}, []),  # the broker may have applied the 80 %
        ({"opened": date(2023, 9, 8), "margin_ratio_bp": 7_999}, ["ratio_below_rule"]),
    ],
)
def test_a_pinned_ratio_is_held_against_the_rule_of_its_opening(contract: dict[str, Any], problems: list[str]) -> None:
    assert _marked(_book([ACCOUNT, GOOD], [POSITION], [CONTRACT | contract])) == problems


def test_beijing_contracts_begin_on_13_february_2023() -> None:
    position, contract = POSITION | {"security": "920001.BJ"}, CONTRACT | {"security": "920001.BJ"}
    early = _book([ACCOUNT], [position], [contract | {"opened": date(2023, 2, 10)}])
    assert "before_the_first_day" in _marked(early)
    assert "before_the_first_day" not in _marked(
        _book([ACCOUNT], [position], [contract | {"opened": date(2023, 2, 13)}])
    )


def _write_csv(folder: Path, encoding: str) -> None:
    folder.mkdir()
    accounts = pl.DataFrame([ACCOUNT | {"account_id": "账户一"}])
    positions = pl.DataFrame([POSITION | {"account_id": "账户一"}])
    contracts = pl.DataFrame([CONTRACT | {"account_id": "账户一"}])
    for name, frame in (("accounts", accounts), ("positions", positions), ("contracts", contracts)):
        (folder / f"{name}.csv").write_bytes(frame.write_csv().encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_folder_of_csv_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    _write_csv(tmp_path / "账簿", encoding)
    book = read_book(tmp_path / "账簿", session=SESSION)
    assert book.problems.height == 0
    assert book.accounts["account_id"].to_list() == ["账户一"]
    assert book.layout.opened.astype(str).tolist() == ["2026-02-02"]


def test_a_workbook_is_read(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name, row in (("accounts", ACCOUNT), ("positions", POSITION), ("contracts", CONTRACT)):
            pl.DataFrame([row]).write_excel(workbook, worksheet=name)
    book = read_book(path, session=SESSION)
    assert book.problems.height == 0
    assert (book.layout.n_positions, book.layout.n_contracts) == (1, 1)


def test_what_is_no_book_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        read_book(tmp_path / "nothing", session=SESSION)
    with pytest.raises(BookError, match=r"has no accounts\.parquet or accounts\.csv"):
        read_book(tmp_path, session=SESSION)
    _write_csv(tmp_path / "book", "utf-8")
    with pytest.raises(UsageError, match="Nothing says the date"):
        read_book(tmp_path / "book")
    (tmp_path / "book" / "positions.csv").write_text("account_id,security,quantitty\nA,600000.SH,1\n", encoding="utf-8")
    with pytest.raises(BookError, match="Did you mean 'quantity'"):
        read_book(tmp_path / "book", session=SESSION)
    (tmp_path / "book" / "positions.csv").unlink()
    (tmp_path / "book" / "positions.parquet").write_bytes(b"PAR1")
    with pytest.raises(BookError, match="cannot be read as a table"):
        read_book(tmp_path / "book", session=SESSION)


def test_a_quarantined_account_says_why_when_it_is_asked_for() -> None:
    book = _book([ACCOUNT | {"cash_milli": -5}, GOOD], [POSITION])
    with pytest.raises(BookError, match="cash_milli is -5"):
        book.row_of("A")
    with pytest.raises(UsageError, match="no account 'B'"):
        book.row_of("B")
