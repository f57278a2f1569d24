"""Read a book from what clients have: a folder of Parquet or CSV, or an Excel workbook.

Accounts, positions and contracts must be there; pending orders and relations may be.

What lives here: finding and decoding of tables. What does not: types and names (``basics.conform``), checks
(``check.py``) and databases (``query.py``). Text files may be UTF-8 or GB18030; their cells stay text until
``conform`` casts them exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rongheng.account.book.book import Book
from rongheng.account.book.positions import PART
from rongheng.account.book.written import holds, read_written
from rongheng.basics.account_tables import BOOK_TABLES, OPTIONAL_TABLES, POSITIONS
from rongheng.basics.code_changes import CODE_CHANGES, COLUMNS, rows_of
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade

SCHEMA_VERSION = 1
_SUFFIXES = (".parquet", ".csv")


def read_book(path: Path | str, *, session: date | None = None, only: str | None = None) -> Book:
    """Read a folder with accounts, positions and contracts (.parquet or .csv), or a workbook with such sheets.

    Tables named ``orders``, ``relations`` and ``code_changes`` (changes of codes beside those that ship) are read too
    where they stand beside them.

    Parameters
    ----------
    session : the book's date, where neither ``book.json`` in the folder nor a sheet ``book`` says it
    only : an account; rows of others are left out before anything is checked

    Raises
    ------
    UsageError
        The path is not there, or nothing says the book's date.
    BookError
        A table is missing, damaged, or has unknown columns.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"{path} is not there; expected the folder or the workbook of a book. Check the path.")
    if path.is_dir():
        return _read_folder(path, session, only)
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        return _read_workbook(path, session, only)
    raise UsageError(f"{path} is neither a folder nor an Excel workbook; give the folder that holds the book's tables.")


def _read_folder(folder: Path, session: date | None, only: str | None) -> Book:
    about = _about(folder / "book.json")
    tables = dict(_found_tables(folder))
    when = session or _date(about.get("session"), where=f"{folder / 'book.json'}, session")
    if when is None:
        raise UsageError(f"Nothing says the date of {folder}; give it, or write book.json with a session.")
    through = _date(about.get("interest_through"), where=f"{folder / 'book.json'}, interest_through")
    grade = _grade(about, where=folder / "book.json")
    source = str(about.get("source", folder))
    book = None
    if only is None and when.isoformat() == about.get("session") and holds(about, tables):
        book = read_written(folder, session=when, interest_through=through or when, source=source, grade=grade)
    if book is None:
        frames = {name: _read(name, path, only) for name, path in tables.items()}
        book = book_of(frames, session=when, through=through, source=source, grade=grade)
    return _after(book, folder, about.get("left_out", {}))


def _read(name: str, path: Path, only: str | None) -> pl.DataFrame | Iterator[pl.DataFrame]:
    """Return a table, or the parts of a large one."""
    is_large = name == POSITIONS.name and path.suffix == ".parquet"
    return _parts(path, only) if is_large else read_table(path, only)


def _parts(path: Path, only: str | None) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file in their order, in parts; at least one."""
    with _refusing(path):
        table = _of_account(pl.scan_parquet(path), only)
        parts = table.collect_batches(chunk_size=PART, maintain_order=True)
        yield next(parts, pl.DataFrame(schema=table.collect_schema()))
        yield from parts


def _after(book: Book, folder: Path, left_out: Mapping[str, int]) -> Book:
    """Return the book with the Problems of the reading that it was converted by."""
    if not any(left_out.values()):
        return book
    path = folder / "problems.parquet"
    if not path.exists():
        raise BookError(f"{folder / 'book.json'} says that rows were left out; {path} is not there to say which.")
    return book.after(pl.read_parquet(path), left_out)


def _read_workbook(path: Path, session: date | None, only: str | None) -> Book:
    try:
        sheets: dict[str, pl.DataFrame] = pl.read_excel(path, sheet_id=0, infer_schema_length=None)
    except Exception as error:
        raise BookError(f"{path} cannot be read as a workbook: {error}. Save it again as .xlsx.") from error
    by_name = {name.strip().lower(): _of_account(sheet.lazy(), only).collect() for name, sheet in sheets.items()}
    missing = [name for name in BOOK_TABLES if name not in by_name]
    if missing:
        raise BookError(f"{path} has the sheets {', '.join(sheets)}; expected {', '.join(BOOK_TABLES)}. Name them so.")
    about = by_name.pop("book", pl.DataFrame()).head(1).to_dicts()
    stated = {name: str(value)[:10] for row in about for name, value in row.items() if value is not None}
    when = session or _date(stated.get("session"), where=f"{path}, sheet book, session")
    if when is None:
        raise UsageError(f"Nothing says the date of {path}; give it, or add a sheet book with a column session.")
    through = _date(stated.get("interest_through"), where=f"{path}, sheet book, interest_through")
    return book_of(by_name, session=when, through=through, source=str(path))


def _grade(about: Mapping[str, Any], *, where: Path) -> Grade:
    stated = about.get("grade", Grade.OFFICIAL.value)
    if stated not in set(Grade):
        raise BookError(f"{where}: found the grade {stated!r}; expected one of {', '.join(Grade)}. Mend it.")
    return Grade(stated)


def book_of(
    frames: Mapping[str, Any],
    *,
    session: date,
    source: str,
    through: date | None = None,
    grade: Grade = Grade.OFFICIAL,
) -> Book:
    """Return the book of its tables by name: frames, or for positions their parts."""
    accounts, positions, contracts = (frames[name] for name in BOOK_TABLES)
    orders, relations = (frames.get(name) for name in OPTIONAL_TABLES)
    own = frames.get(CODE_CHANGES, pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String())))
    return Book.of(
        accounts,
        positions,
        contracts,
        session=session,
        interest_through=through,
        source=source,
        grade=grade,
        orders=orders,
        relations=relations,
        own_codes=rows_of(own.iter_rows(named=True), own.columns, where=f"{source}, {CODE_CHANGES}"),
    )


def _of_account(table: pl.LazyFrame, only: str | None) -> pl.LazyFrame:
    """Return the rows of that account alone, or all rows."""
    if only is None or "account_id" not in table.collect_schema():
        return table
    return table.filter(pl.col("account_id").cast(pl.String).str.strip_chars() == only)


def _found_tables(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each table that the folder has, with its file."""
    for name in (*BOOK_TABLES, *OPTIONAL_TABLES, CODE_CHANGES):
        found = [folder / f"{name}{suffix}" for suffix in _SUFFIXES if (folder / f"{name}{suffix}").exists()]
        if len(found) > 1:
            raise BookError(
                f"{folder} has both {found[0].name} and {found[1].name}; remove the one that is out of date."
            )
        if not found and name in BOOK_TABLES:
            raise BookError(
                f"{folder} has no {name}.parquet or {name}.csv; a book has {', '.join(BOOK_TABLES)}. Add it."
            )
        if found:
            yield name, found[0]


def read_table(path: Path, only: str | None = None) -> pl.DataFrame:
    """Return the rows of a file of Parquet, or of text in UTF-8 or GB18030, whose cells stay text.

    Raises
    ------
    UsageError, BookError
        The file is not there, or is no table.
    """
    if not path.exists():
        raise UsageError(f"There is no file {path}. Check the name and the folder.")
    with _refusing(path):
        table = pl.scan_parquet(path) if path.suffix == ".parquet" else _read_csv(path).lazy()
        return _of_account(table, only).collect()


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Tell of a file that is no table."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BookError(f"{path} cannot be read as a table: {error}. Write it again.") from error


def _read_csv(path: Path) -> pl.DataFrame:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return pl.read_csv(text.encode(), infer_schema=False)
    raise BookError(f"{path} is neither UTF-8 nor GB18030 text. Save it as one of them.")


def _about(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = about.get("schema_version", SCHEMA_VERSION)
    except (ValueError, AttributeError) as error:
        raise BookError(f"{path} is no JSON object: {error}. Mend it or write the book again.") from error
    if version != SCHEMA_VERSION:
        raise BookError(
            f"{path} has the schema version {version}; this version reads {SCHEMA_VERSION}. Convert the book."
        )
    return about


def _date(typed: object, *, where: str) -> date | None:
    if typed is None:
        return None
    try:
        return date.fromisoformat(str(typed))
    except ValueError as error:
        raise BookError(f"{where}: found {typed!r}; expected a date such as 2025-01-10. Mend it.") from error
