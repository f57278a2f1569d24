"""``rongheng book``: books of client accounts, made, checked, converted and carried over corporate actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.cli.book_carry import carry
from rongheng.cli.book_make import make
from rongheng.cli.books import (
    BookArgument,
    BookDateOption,
    DayOption,
    PolicyOption,
    QueryOption,
    parse_queries,
    print_problems,
    say_renamed,
    say_rows,
)
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesOption, parse_date
from rongheng.cli.output import say
from rongheng.cli.verbs import add_group

if TYPE_CHECKING:
    import polars as pl


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    about = "Books of client accounts (账簿): make a synthetic one, check, convert, carry over corporate actions."
    verbs = {"make": make, "check": check, "convert": convert, "carry": carry}
    add_group(app, "book", verbs, about=about)


def check(
    book: BookArgument,
    day: DayOption = None,
    session: BookDateOption = None,
    query: QueryOption = None,
    policy: PolicyOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write every problem as CSV.", show_default=False)
    ] = None,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Check a book row by row: what is wrong, where, and what to do; every account that is not named can be marked.

    Where a market day is given or stands beside the book, unknown securities, amounts at its prices and the accounts'
    policies are checked too. A security named by a code of before it changed is read under the new one, and counted.
    Ends with 5 only when nothing can be read.

    Examples:

      rongheng book check book --day day

      rongheng book check sqlite:///book.db --session 2026-03-02 --out problems.csv
    """
    from rongheng.desk.books import check_book

    checked = check_book(
        book,
        day=day,
        session=parse_date(session, option="--session"),
        queries=parse_queries(query),
        policy=policy,
        rules=own or (),
    )
    if checked.day is None:
        say("no market day was given: prices, unknown securities and policies are not checked", None)
    print_problems(checked.problems, style=style, lang=lang)
    say_rows(checked.rows)
    say_renamed(checked.renamed)
    _say_kinds(checked.problems)
    if out is not None:
        _write_problems(checked.problems, out)


def convert(
    book: BookArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the converted book.")],
    kernel: Annotated[
        bool, typer.Option("--kernel", help="Write the kernel form, which is ready at once, instead of Parquet tables.")
    ] = False,
    session: BookDateOption = None,
    query: QueryOption = None,
) -> None:
    """Write a book as sorted Parquet tables, or in kernel form; what is left out goes along as its problems.

    Examples:

      rongheng book convert book.xlsx --session 2026-03-02 --out book

      rongheng book convert book --kernel --out book.kernel
    """
    from rongheng.desk.books import convert_book

    checked = convert_book(
        book, out, kernel=kernel, session=parse_date(session, option="--session"), queries=parse_queries(query)
    )
    say_rows(checked.rows)
    say_renamed(checked.renamed)
    _say_kinds(checked.problems)
    typer.echo(out.resolve())


def _say_kinds(problems: pl.DataFrame) -> None:
    """Say how many problems there are of each kind."""
    for kind, count in (
        problems["problem"].value_counts(sort=True).sort("count", "problem", descending=[True, False]).rows()
    ):
        say(f"  {kind}: {count:,}", None)


def _write_problems(problems: pl.DataFrame, out: Path) -> None:
    from rongheng.basics.errors import UsageError

    try:
        problems.write_csv(out, include_bom=True)  # so that Excel reads it as UTF-8
    except OSError as refused:
        raise UsageError(f"{out} cannot be written ({refused.strerror}). Name another file with --out.") from refused
    say(f"{problems.height:,} problems are in {out}", None)
