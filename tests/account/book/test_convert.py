"""A book that was written is the book that is read, in both forms; a damaged one is refused."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book, read_book, read_layout, write_layout, write_tables
from rongheng.account.marks import mark
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import CONTRACTS
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade
from tests.account.worlds import SESSION, World, same_books, worlds
from tests.depth import examples

quick = settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(worlds())
def test_both_forms_give_the_same_marks(world: World) -> None:
    book = world.book()
    marks = mark(book, world.day(), world.policy_set()).frame()
    with tempfile.TemporaryDirectory(prefix="账簿 ") as folder:
        write_layout(book, Path(folder) / "kernel")
        again = read_layout(Path(folder) / "kernel")
        assert same_books(book, again)
        assert mark(again, world.day(), world.policy_set()).frame().equals(marks)
        write_tables(book, Path(folder) / "tables")
        from_tables = read_book(Path(folder) / "tables")
        assert same_books(book, from_tables)
        assert mark(from_tables, world.day(), world.policy_set()).frame().equals(marks)


def test_a_book_that_is_mapped_from_disk_gives_the_same_marks(tmp_path: Path) -> None:
    day = make_day(SESSION, securities=300)
    book = make_book(Recipe(accounts=5_000, seed=2), day)
    write_layout(book, tmp_path)
    policies = PolicySet.load("illustrative", session=SESSION)
    assert mark(read_layout(tmp_path), day, policies).frame().equals(mark(book, day, policies).frame())


def _small() -> Book:
    accounts = pl.DataFrame({"account_id": ["A"], "client_type": ["individual"], "policy": ["P"], "cash_milli": [1]})
    positions = pl.DataFrame({"account_id": ["A"], "security": ["600000.SH"], "quantity": [1]})
    return Book.of(accounts, positions, pl.DataFrame(schema=CONTRACTS.schema), session=SESSION)


def test_a_damaged_or_mixed_book_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Convert a book first"):
        read_layout(tmp_path)
    write_layout(_small(), tmp_path)
    assert read_layout(tmp_path).layout.n_positions == 1
    np.save(tmp_path / "code.npy", np.zeros(2, np.uint16))
    with pytest.raises(BookError, match=r"holds \[1, 2, 0\] rows"):
        read_layout(tmp_path)
    (tmp_path / "code.npy").write_bytes(b"no array")
    with pytest.raises(BookError, match="damaged"):
        read_layout(tmp_path)


def test_a_folder_of_tables_is_no_kernel_form(tmp_path: Path) -> None:
    write_tables(_small(), tmp_path)
    with pytest.raises(UsageError, match="Convert the book first"):
        read_layout(tmp_path)


@quick
@given(worlds(), st.data())
def test_a_span_of_a_book_is_the_book_of_those_accounts(world: World, data: st.DataObject) -> None:
    book = world.book()
    first = data.draw(st.integers(0, book.layout.n_accounts))
    last = data.draw(st.integers(first, book.layout.n_accounts))
    taken = book.take(np.arange(first, last))
    assert same_books(taken, book.between(first, last))
    marks = mark(book, world.day(), world.policy_set())
    assert marks.between(first, last).frame().equals(mark(taken, world.day(), world.policy_set()).frame())
    assert pl.concat(span.frame() for span in marks.spans(2)).equals(marks.frame())


def test_a_books_grade_is_kept_and_marks_are_never_better_than_it(tmp_path: Path) -> None:
    day = make_day(SESSION, securities=50)
    book = make_book(Recipe(accounts=20, seed=2), day)
    write_layout(book, tmp_path / "kernel")
    write_tables(book, tmp_path / "tables")
    assert read_layout(tmp_path / "kernel").grade is read_book(tmp_path / "tables").grade is Grade.SIMULATED
    policies = PolicySet.load("illustrative", session=SESSION)
    assert mark(book, day, policies).grade is Grade.SIMULATED
    real = replace(book, grade=Grade.OFFICIAL)
    real_day = replace(day, grade=Grade.DERIVED)
    assert mark(real, real_day, policies).grade is Grade.DERIVED
    named = replace(real, policies=("huatai",))  # huatai has published its lines and little else
    assert mark(named, real_day, PolicySet.load("huatai", session=SESSION)).grade is Grade.ESTIMATED
