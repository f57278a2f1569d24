"""A book that was written from a checked one is read the short way; whatever else lies there goes the long way."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from rongheng.account.book import Book, read_book, write_tables
from rongheng.account.book.check import all_checks
from rongheng.account.book.written import holds
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import BOOK_TABLES, CONTRACTS, OPTIONAL_TABLES
from tests.account.worlds import SESSION, World, same_books, worlds
from tests.depth import examples

quick = settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))


def _holds(folder: Path) -> bool:
    about = json.loads((folder / "book.json").read_text(encoding="utf-8"))
    names = (*BOOK_TABLES, *OPTIONAL_TABLES, "code_changes")
    tables = {name: folder / f"{name}.parquet" for name in names}
    return holds(about, {name: path for name, path in tables.items() if path.exists()})


def _edit(folder: Path, **changed: object) -> None:
    path = folder / "book.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changed), encoding="utf-8")


@quick
@given(worlds())
def test_both_ways_give_the_same_book(world: World) -> None:
    with tempfile.TemporaryDirectory(prefix="账簿 ") as name:
        folder = Path(name)
        write_tables(world.book(), folder)
        assert _holds(folder)
        short = read_book(folder)
        _edit(folder, files=None)
        assert not _holds(folder)
        long = read_book(folder)
        assert same_books(short, long)
        assert short.securities.equals(long.securities)


def _one_bad_account() -> Book:
    accounts = pl.DataFrame(
        {"account_id": ["A", "B"], "client_type": ["individual"] * 2, "policy": ["P"] * 2, "cash_milli": [1, -1]}
    )
    held = {"account_id": ["A", "B"], "security": ["600000.SH", "600519.SH"], "quantity": [2**33, 5]}
    return Book.of(accounts, pl.DataFrame(held), pl.DataFrame(schema=CONTRACTS.schema), session=SESSION)


def test_a_book_with_problems_is_read_back_with_them(tmp_path: Path) -> None:
    book = _one_bad_account()
    write_tables(book, tmp_path)
    assert _holds(tmp_path)
    again = read_book(tmp_path)
    assert same_books(book, again)
    assert again.problems.equals(book.problems)
    assert (again.rows_in, dict(again.left_out)) == (2, {"accounts": 1, "positions": 1, "contracts": 0})


def _make_negative(folder: Path) -> None:
    table = pl.read_parquet(folder / "positions.parquet")
    row = pl.int_range(pl.len()) == 7
    table.with_columns(quantity=pl.when(row).then(-5).otherwise("quantity")).write_parquet(folder / "positions.parquet")


def _make_negative_keeping_the_size(folder: Path) -> None:
    path = folder / "accounts.parquet"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def _count_otherwise(folder: Path) -> None:
    table = pl.read_parquet(folder / "rows.parquet")
    table.reverse().write_parquet(folder / "rows.parquet")


def _lose_what_stands_beside(folder: Path) -> None:
    (folder / "codes.parquet").unlink()


def _add_changes_of_codes(folder: Path) -> None:
    row = {"market": "BSE", "old": "834567.BJ", "new": "920567.BJ", "effective": "2025-10-09"}
    pl.DataFrame([row]).write_parquet(folder / "code_changes.parquet")


def _check_otherwise(folder: Path) -> None:
    _edit(folder, checks="0" * 64)


@pytest.mark.parametrize(
    "touch",
    [
        _make_negative,
        _make_negative_keeping_the_size,
        _count_otherwise,
        _lose_what_stands_beside,
        _add_changes_of_codes,
        _check_otherwise,
    ],
)
def test_the_stamp_of_a_book_that_was_touched_does_not_hold(tmp_path: Path, touch: Callable[[Path], None]) -> None:
    write_tables(make_book(Recipe(accounts=200, seed=3), make_day(SESSION, securities=50)), tmp_path)
    assert _holds(tmp_path)
    touch(tmp_path)
    assert not _holds(tmp_path)


def test_a_row_that_was_made_bad_after_writing_is_found(tmp_path: Path) -> None:
    book = make_book(Recipe(accounts=200, seed=3), make_day(SESSION, securities=50))
    write_tables(book, tmp_path)
    _make_negative(tmp_path)
    again = read_book(tmp_path)
    assert again.quarantined == 1
    assert "negative_quantity" in again.problems["problem"].to_list()


def test_codes_that_have_changed_by_the_books_date_are_read_as_the_new_ones(tmp_path: Path) -> None:
    accounts = {"account_id": ["A"], "client_type": ["individual"], "policy": ["P"], "cash_milli": [1]}
    held = {"account_id": ["A"], "security": ["831278.BJ"], "quantity": [100]}
    none = pl.DataFrame(schema=CONTRACTS.schema)
    book = Book.of(pl.DataFrame(accounts), pl.DataFrame(held), none, session=date(2025, 9, 30))
    write_tables(replace(book, session=date(2025, 10, 9), interest_through=date(2025, 10, 9)), tmp_path)
    assert _holds(tmp_path)
    assert read_book(tmp_path).securities.to_list() == ["920378.BJ"]
    assert read_book(tmp_path, session=date(2025, 9, 30)).securities.to_list() == ["831278.BJ"]


def test_every_check_of_every_table_is_under_the_stamp() -> None:
    codes = {check.code for check in all_checks(SESSION)}
    expected = {"account_twice", "position_twice", "contract_twice", "order_twice", "relation_twice", "no_account"}
    assert expected < codes
