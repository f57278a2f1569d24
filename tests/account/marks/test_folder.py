"""What a mark leaves is read again as it was, names what it rests on, and refuses what has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.marks import Marks, mark
from rongheng.account.marks.folder import (
    Origin,
    Source,
    read_mark,
    read_origin,
    read_summary,
    scan_marks,
    write_marks,
)
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import PROBLEMS
from rongheng.basics.digests import fingerprint
from rongheng.basics.errors import BookError, UsageError
from tests.account.worlds import SESSION


@pytest.fixture(scope="module")
def marks() -> Marks:
    """Return a marked book of which one account is quarantined."""
    day = make_day(SESSION, securities=200)
    book = make_book(Recipe(accounts=400, seed=1), day)
    row = ["Z-9", "accounts", 7, "cash_milli", "-5", "negative_cash", "cash is never negative; book it as other debt"]
    problems = pl.DataFrame([row], schema=PROBLEMS.schema, orient="row")
    with_problem = replace(book, problems=problems, rows_in=401, left_out={"accounts": 1})
    return mark(with_problem, day, PolicySet.load("illustrative", session=SESSION))


@pytest.fixture
def folder(marks: Marks, tmp_path: Path) -> Path:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "accounts.csv").write_text("account_id\n", encoding="utf-8")
    source = Source.of(tmp_path / "book")
    write_marks(marks, tmp_path / "out", origin=Origin(book=source, day=source), net_capital_milli=10**12)
    return tmp_path / "out"


def test_what_was_written_is_read_again(marks: Marks, folder: Path) -> None:
    again = write_marks(marks, folder, origin=read_origin(folder)[1], net_capital_milli=10**12)
    assert read_summary(folder) == again
    assert scan_marks(folder).collect().equals(marks.frame())
    assert read_origin(folder)[0] == SESSION
    first = marks.frame().row(0, named=True)
    assert read_mark(folder, first["account_id"]) == first


def test_an_account_that_was_not_marked_says_why(folder: Path) -> None:
    with pytest.raises(BookError, match=r"Z-9 was not marked: accounts row 7, cash_milli is -5; cash is never"):
        read_mark(folder, "Z-9")
    with pytest.raises(UsageError, match="no account 'X'"):
        read_mark(folder, "X")


def test_a_source_is_refused_when_any_of_its_files_has_changed_or_is_gone(folder: Path) -> None:
    book = folder.parent / "book"
    source = Source.of(book)
    assert source.require_unchanged("book") == book.resolve()
    (book / ".hidden").write_text("an editor's", encoding="utf-8")
    (book / "day").mkdir()
    (book / "day" / "day.json").write_text("{}", encoding="utf-8")
    assert fingerprint(book) == source.sha256
    (book / "notes.txt").write_text("more", encoding="utf-8")
    with pytest.raises(BookError, match="has changed since it was marked"):
        source.require_unchanged("book")
    (book / "notes.txt").unlink()
    (book / "accounts.csv").rename(book / "other.csv")
    with pytest.raises(BookError, match="has changed"):
        source.require_unchanged("book")
    with pytest.raises(UsageError, match="is not there"):
        Source("/nowhere/at/all", "").require_unchanged("day")


def test_a_folder_without_its_last_file_is_no_folder_of_marks(marks: Marks, folder: Path) -> None:
    (folder / "marks.json").unlink()
    for read in (read_origin, read_summary, scan_marks):
        with pytest.raises(UsageError, match="holds no marks"):
            read(folder)


def test_a_folder_of_another_version_or_damaged_says_so(folder: Path) -> None:
    about = json.loads((folder / "marks.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_text('{"session": "2026-03-02"}', encoding="utf-8")
    with pytest.raises(BookError, match="has no 'grade'"):
        read_summary(folder)
    (folder / "marks.json").write_text(json.dumps(about | {"format": 99}), encoding="utf-8")
    with pytest.raises(UsageError, match="format 99"):
        read_origin(folder)
    (folder / "marks.json").write_text("{", encoding="utf-8")
    with pytest.raises(BookError, match="cannot be read"):
        read_origin(folder)


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_done(marks: Marks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    source = Source(str(tmp_path), "")
    with pytest.raises(UsageError, match="cannot be written to"):
        write_marks(marks, tmp_path / "file" / "out", origin=Origin(book=source, day=source))
