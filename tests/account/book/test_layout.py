"""What few positions have — shares that cannot be sold today, shares in transit, costs — costs nothing elsewhere."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book, read_book
from rongheng.account.book.layout import NO_COST
from rongheng.account.book.query import query_book
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import CONTRACTS, ORDERS, RELATIONS
from rongheng.basics.errors import UsageError
from tests.account.worlds import SESSION, World, same_books, worlds
from tests.depth import examples

quick = settings(max_examples=examples(16), deadline=None, suppress_health_check=list(HealthCheck))

ACCOUNTS = pl.DataFrame(
    {"account_id": ["A", "B"], "client_type": ["individual"] * 2, "policy": ["P"] * 2, "cash_milli": [0, 0]}
)
POSITIONS = pl.DataFrame(
    {
        "account_id": ["A", "A", "B"],
        "security": ["600000.SH", "600001.SH", "600000.SH"],
        "quantity": [1_000, 3_000_000_000, 700],
        "available_quantity": [None, 2_999_999_900, 0],  # all; 100 bought today; all frozen
        "in_transit_quantity": [0, 0, 50],
        "cost_milli": [None, None, 7_000_000],
    }
)
ORDER = {"order_id": "O1", "account_id": "A", "business": "collateral_sale", "security": "600000.SH", "quantity": 100}
RELATION = {"account_id": "B", "security": "600000.SH", "person": "restricted_holder", "quantity": 300}


def _book(**side: Any) -> Book:
    return Book.of(ACCOUNTS, POSITIONS, pl.DataFrame(schema=CONTRACTS.schema), session=SESSION, **side)


def test_what_is_held_back_in_transit_and_paid_is_kept_where_it_differs() -> None:
    layout = _book().layout
    assert layout.available(0, 3).tolist() == [1_000, 2_999_999_900, 0]
    assert layout.available(1, 2).tolist() == [2_999_999_900]
    assert layout.in_transit(0, 3).tolist() == [0, 0, 50]
    assert layout.costs(0, 3).tolist() == [NO_COST, NO_COST, 7_000_000]
    sizes = [len(side) for side in (layout.held_back_at, layout.in_transit_at, layout.cost_at, layout.wide_at)]
    assert sizes == [2, 1, 1, 1]


@quick
@given(worlds())
def test_every_account_keeps_its_own_quantities_wherever_it_stands(world: World) -> None:
    book = world.book()
    for row in range(book.layout.n_accounts):
        number = int(book.accounts["account_id"][row].removeprefix("A-"))
        account = world.accounts[number]
        alone = book.take(np.array([row]))
        held = alone.positions_of(0)
        assert dict(held.iter_rows()) == account.positions
        available = dict(zip(held["security"], alone.layout.available(0, held.height).tolist(), strict=True))
        assert available == {code: held - account.held_back.get(code, 0) for code, held in account.positions.items()}
        transit = dict(zip(held["security"], alone.layout.in_transit(0, held.height).tolist(), strict=True))
        assert transit == {code: account.in_transit.get(code, 0) for code in account.positions}
        costs = dict(zip(held["security"], alone.layout.costs(0, held.height).tolist(), strict=True))
        assert costs == {code: account.costs.get(code, NO_COST) for code in account.positions}
        assert alone.orders.height == len(account.orders)
        assert alone.relations.height == len(account.relations)


def test_a_book_of_many_accounts_keeps_within_8_bytes_a_position_and_60_an_account() -> None:
    book = make_book(Recipe(accounts=20_000, seed=3), make_day(SESSION, securities=800))
    layout = book.layout
    assert layout.position_bytes <= 8 * layout.n_positions
    assert layout.account_bytes <= 60 * layout.n_accounts
    held, available = layout.quantities(0, layout.n_positions), layout.available(0, layout.n_positions)
    assert bool(np.all((available >= 0) & (available <= held)))
    assert 0.01 < np.mean(available < held) < 0.03  # the recipe's 2 %


SIDE = {"orders": pl.DataFrame([ORDER]), "relations": pl.DataFrame([RELATION])}


def _tables() -> dict[str, pl.DataFrame]:
    none = pl.DataFrame(schema=CONTRACTS.schema)
    return {"accounts": ACCOUNTS, "positions": POSITIONS, "contracts": none, **SIDE}


def test_csv_workbook_and_database_give_the_same_book(tmp_path: Path) -> None:
    import xlsxwriter

    (tmp_path / "csv").mkdir()
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as workbook, sqlite3.connect(tmp_path / "book.db") as database:
        for name, frame in _tables().items():
            frame.write_csv(tmp_path / "csv" / f"{name}.csv")
            frame.write_excel(workbook, worksheet=name)
            columns = ", ".join(frame.columns)
            database.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" * frame.width)
            database.executemany(f"insert into {name} values ({marks})", frame.rows())
    database.close()
    expected = _book(**SIDE)
    queries = {name: f"select * from {name}" for name in _tables()}
    for book in (
        read_book(tmp_path / "csv", session=SESSION),
        read_book(tmp_path / "book.xlsx", session=SESSION),
        query_book(f"sqlite:///{tmp_path / 'book.db'}", queries, session=SESSION),
    ):
        assert book.problems.height == 0
        assert same_books(book, expected)
    with pytest.raises(UsageError, match="no table 'order'"):
        query_book("sqlite://", queries | {"order": "select 1"}, session=SESSION)


def test_a_book_without_orders_and_relations_has_none() -> None:
    book = _book()
    assert book.orders.schema == pl.Schema(ORDERS.schema)
    assert book.relations.schema == pl.Schema(RELATIONS.schema)
    assert (book.orders.height, book.relations.height) == (0, 0)


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"security": None}, "no_security"),
        ({"quantity": 0}, "zero_quantity"),
        ({"quantity": -100}, "negative_quantity"),
        ({"price_milli": 0}, "beyond_bounds"),
        ({"business": "withdrawal", "security": None, "quantity": 0}, "no_amount"),
        ({"business": "roll_over", "security": None, "quantity": 0}, "no_contract"),
        ({"business": "gamble"}, "unreadable"),
        ({"account_id": "C"}, "no_account"),
    ],
)
def test_each_kind_of_bad_order_is_named_and_its_account_stays_out(order: dict[str, Any], problem: str) -> None:
    book = _book(orders=pl.DataFrame([ORDER | order]))
    assert problem in book.problems["problem"].to_list()
    assert book.accounts["account_id"].to_list() == (["A", "B"] if problem == "no_account" else ["B"])
    assert book.orders.height == 0


def test_an_order_id_and_a_relation_are_used_once() -> None:
    twice = _book(orders=pl.DataFrame([ORDER, ORDER | {"account_id": "B"}]))
    assert twice.problems["problem"].to_list() == ["order_twice", "order_twice"]
    assert twice.layout.n_accounts == 0
    related = _book(relations=pl.DataFrame([RELATION, RELATION | {"person": "insider"}, RELATION]))
    assert related.problems.select("problem", "row").rows() == [("relation_twice", 1), ("relation_twice", 3)]
    assert related.accounts["account_id"].to_list() == ["A"]


@quick
@given(worlds(), st.integers(1, 5))
def test_positions_in_parts_are_the_same_book(world: World, rows: int) -> None:
    accounts, positions, contracts = world.frames()
    whole = Book.of(accounts, positions, contracts, session=SESSION)
    parts = positions.iter_slices(rows) if positions.height else [positions]
    split = Book.of(accounts, parts, contracts, session=SESSION)
    assert same_books(split, whole)
    assert split.problems.equals(whole.problems)


def test_a_row_is_named_by_its_place_in_the_table_whichever_part_it_comes_in() -> None:
    bad = POSITIONS.with_columns(quantity=pl.Series(["1000", "1.5", "-7"]))
    twice = pl.concat([bad, bad.tail(1)])
    whole = Book.of(ACCOUNTS, twice, pl.DataFrame(schema=CONTRACTS.schema), session=SESSION).problems
    told = whole.select("row", "column", "found", "problem").rows()
    assert (2, "quantity", "1.5", "unreadable") in told
    assert {(row, problem) for row, _, _, problem in told} >= {(3, "position_twice"), (4, "negative_quantity")}
    split = Book.of(ACCOUNTS, twice.iter_slices(1), pl.DataFrame(schema=CONTRACTS.schema), session=SESSION).problems
    assert split.equals(whole)
