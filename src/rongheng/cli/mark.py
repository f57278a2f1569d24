"""``rongheng mark``: a book marked on a market day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rongheng.cli.books import BookDateOption, DayOption, PolicyOption, say_rows
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesOption, parse_date, parse_money
from rongheng.cli.output import say
from rongheng.cli.summary import print_summary
from rongheng.report.account_tables import SummaryTable


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("mark")(mark_)


def mark_(
    book: Annotated[Path, typer.Argument(help="A book: a folder of tables, a converted book, or a workbook.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for marks, problems and summary.")],
    day: DayOption = None,
    policy: PolicyOption = None,
    session: BookDateOption = None,
    lines_of: Annotated[
        Path | None,
        typer.Option(
            metavar="MARKS", help="Marks of an earlier close, whose moving lines stay fixed.", show_default=False
        ),
    ] = None,
    net_capital: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT", help="The broker's, such as 250亿元, to measure its own limits by.", show_default=False
        ),
    ] = None,
    table: Annotated[
        SummaryTable | None, typer.Option("--table", help="Print only this table.", show_default=False)
    ] = None,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Mark every account of a book exactly: assets, debt, maintenance ratio, available margin, lines, state, cure.

    Writes marks.parquet, problems.parquet and summary.json, and prints what the book comes to. Rows that cannot be
    marked are problems, and their accounts alone stay out.

    Examples:

      rongheng mark book --policy illustrative --out out

      rongheng mark book --day day --net-capital 250亿元 --out out --format json
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
        net_capital_milli=parse_money(net_capital, option="--net-capital"),
        say=(lambda _: None) if quiet else (lambda phrase: say(phrase, "mark")),
    )
    print_summary(summary, table=table, style=style, lang=lang)
    say_rows(summary.rows)
