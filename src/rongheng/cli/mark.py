"""``rongheng mark``: a book marked on a market day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.cli.books import say_rows
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesOption, parse_date
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("mark")(mark_)


def mark_(
    book: Annotated[Path, typer.Argument(help="A book: a folder of tables, a converted book, or a workbook.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for marks, problems and summary.")],
    day: Annotated[
        Path | None, typer.Option(help="The market day's folder; the one beside the book if left out.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="Mark every account by this policy, whatever the book names.", show_default=False)
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="DATE", help="The book's date, where the book does not say it.")
    ] = None,
    lines_of: Annotated[
        Path | None,
        typer.Option(
            metavar="MARKS", help="Marks of an earlier close, whose moving lines stay fixed.", show_default=False
        ),
    ] = None,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Mark every account of a book exactly: assets, debt, maintenance ratio, available margin, lines, state, cure.

    Rows that cannot be marked are Problems, and their accounts alone stay out.

    Examples:

      rongheng mark book --policy illustrative --out out

      rongheng mark book --day day --out out --format json
    """
    from rongheng.desk.accounts import mark_book

    summary = mark_book(
        book,
        out,
        day=day,
        session=parse_date(session, option="--session"),
        policy=policy,
        rules=own or (),
        lines_of=lines_of,
        say=(lambda _: None) if quiet else (lambda phrase: say(phrase, "mark")),
    )
    print_summary(summary, style=style, lang=lang)
    say_rows(summary.rows)


def print_summary(summary: Summary, *, style: Format, lang: Lang) -> None:
    """Print what a marked book comes to."""
    from rongheng.basics.text import Text
    from rongheng.basics.units import Unit

    rows = [
        {
            "state": row["state"],
            "accounts": row["accounts"],
            "debt": row["debt_milli"] / 1000,
            "assets": row["assets_milli"] / 1000,
            "as_of": summary.session,
            "grade": summary.grade.value,
        }
        for row in summary.states
    ]
    headings = [
        ("state", Text("状态", "state"), Unit.TEXT),
        ("accounts", Text("账户数", "accounts"), Unit.COUNT),
        ("debt", Text("负债", "debt"), Unit.YUAN),
        ("assets", Text("担保物", "collateral"), Unit.YUAN),
        ("grade", Text("级别", "grade"), Unit.TEXT),
    ]
    print_rows(rows, headings, style=style, lang=lang)
