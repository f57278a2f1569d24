"""What the verbs about books share: options, and how rows in, rows kept and Problems are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.output import say

if TYPE_CHECKING:
    import polars as pl

    from rongheng.cli.options import Format, Lang

BookArgument = Annotated[
    str,
    typer.Argument(
        metavar="BOOK",
        help="A folder of Parquet or CSV tables, a converted book, an Excel workbook, or a database URL.",
    ),
]
DayOption = Annotated[
    Path | None,
    typer.Option("--day", help="The market day's folder; the one beside the book if left out.", show_default=False),
]
BookDateOption = Annotated[
    str | None,
    typer.Option("--session", metavar="DATE", help="The book's date, where the book does not say it."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option("--policy", help="Mark every account by this policy, whatever the book names.", show_default=False),
]
QueryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--query",
        metavar="TABLE=SQL",
        help="For a database: the query of a table, such as positions='SELECT …'. May be given again.",
    ),
]
SHOWN = 50  # Problems in a table; the other formats and --out have all of them


def parse_queries(typed: Iterable[str] | None) -> dict[str, str]:
    """Return the queries by table."""
    parts = [one.partition("=") for one in typed or ()]
    for table, _, query in parts:
        if not table.strip() or not query.strip():
            raise UsageError(f"--query {table!r} names no table or no query; write it as positions='SELECT …'.")
    return {table.strip(): query for table, _, query in parts}


def say_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Say for each table that every row that came in was marked or quarantined."""
    for row in rows:
        say(
            f"{row['table']}: rows in {row['rows_in']:,} = marked {row['marked']:,} + quarantined "
            f"{row['quarantined']:,}",
            None,
        )


def say_renamed(renamed: pl.DataFrame) -> None:
    """Say which securities were named by a code of before, and in how many rows."""
    from rongheng.desk.books import lines_of_renamed

    for line in lines_of_renamed(renamed):
        say(line, None)


def print_problems(problems: pl.DataFrame, *, style: Format, lang: Lang) -> None:
    """Print Problems row by row; a table is cut and says so."""
    from rongheng.basics.account_tables import PROBLEMS
    from rongheng.basics.units import Unit
    from rongheng.cli.options import Format
    from rongheng.cli.output import print_rows

    headings = [(field.name, field.label, Unit.TEXT) for field in PROBLEMS.fields]
    shown = problems.head(SHOWN) if style is Format.TABLE else problems
    if problems.height or style is not Format.TABLE:
        print_rows(shown.to_dicts(), headings, style=style, lang=lang)
    if shown.height < problems.height:
        say(f"the first {shown.height} of {problems.height:,} problems; --out FILE.csv for all", None)
