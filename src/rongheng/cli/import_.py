"""``rongheng import``: files into the lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import DataError, UsageError
from rongheng.cli.options import DEFAULT_LAKE, Format, FormatOption, LakeOption, Lang, LangOption, open_lake, parse_date
from rongheng.cli.output import print_rows, say
from rongheng.cli.progress import progress_bars

if TYPE_CHECKING:
    from rongheng.desk.ingest import Ingested


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("import", no_args_is_help=True)(import_files)


def import_files(
    files: Annotated[list[Path] | None, typer.Argument(help="Files, or folders of files.", show_default=False)] = None,
    lake: LakeOption = DEFAULT_LAKE,
    unit: Annotated[
        str | None,
        typer.Option(
            help="The unit of columns that state none: 亿元, or by column: 融资余额=亿元,个人投资者数量=万名."
        ),
    ] = None,
    index: Annotated[
        str | None,
        typer.Option(help="Which index a file of bars is, when it does not say: csi300, 000300.SH, 沪深300."),
    ] = None,
    market: Annotated[
        str | None, typer.Option(help="Which market the rows are of, when the file does not say: SSE, SZSE, BSE, ALL.")
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="DATE", help="Of which day rows without a date are; else the date in the file's name."
        ),
    ] = None,
    aliases: Annotated[
        Path | None, typer.Option(help="A YAML file with more header names.", show_default=False)
    ] = None,
    template: Annotated[
        str | None, typer.Option(metavar="TABLE", help="Print an empty CSV of that table to fill in, and stop.")
    ] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notices.")] = False,
) -> None:
    """Import files: text, xlsx, xls, HTML tables, JSON, Parquet or SQLite, recognised by their content.

    Units come from the header, a 单位 row, --unit, or a layout that is known by its full set of headers; never from a
    guess. Bad rows go to quarantine with the reason and the good ones land. Importing a file twice changes nothing.

    Examples:

      rongheng import margin_account.csv sh000300.csv

      rongheng import balances.xlsx --unit 亿元

      rongheng import --template account_daily > account.csv
    """
    if template is not None:
        from rongheng.basics.tables import table
        from rongheng.market.sources import template as make_template

        typer.echo(make_template(table(template)), nl=False)
        return
    if not files:
        raise UsageError("Name the files to import: rongheng import FILE… (or --template TABLE).")
    from rongheng.desk.ingest import Hints, ingest

    hints = Hints(unit=unit, index=index, market=market, day=parse_date(day, option="--date"), aliases=aliases)
    store = open_lake(lake, create=True)
    done: list[Ingested] = []
    with progress_bars(quiet=quiet) as report:
        for one in ingest(store, files, hints=hints, progress=report):
            done.append(one)
            _talk(one, lang=lang, quiet=quiet)
    _print_summary(done, style=style, lang=lang)
    _fail_if_any(done)


def _talk(one: Ingested, *, lang: Lang, quiet: bool) -> None:
    if one.error is not None:
        text = str(one.error)
        say(text if one.file.name in text else f"{one.file.name}: {text}")
    if quiet:
        return
    for batch in one.batches:
        for notice in batch.notices:
            say(f"  {batch.file}: {notice.text.in_(lang.value)}", None)


def _print_summary(done: list[Ingested], *, style: Format, lang: Lang) -> None:
    from rongheng.basics.text import Text
    from rongheng.basics.units import Unit

    rows = []
    for one in done:
        for batch, landed in zip(one.batches, one.landed, strict=True):
            rows.append(
                {
                    "file": batch.file,
                    "sheet": batch.sheet,
                    "table": batch.table.name,
                    "layout": batch.source,
                    "rows_read": batch.rows_read,
                    "rows_repeated": batch.rows_repeated,
                    "new": landed.new,
                    "completed": landed.completed,
                    "changed": landed.changed,
                    "same": landed.same,
                    "outranked": landed.outranked,
                    "rows_quarantined": batch.rows_quarantined,
                    "cells_quarantined": batch.quarantine.height - batch.rows_quarantined,
                    "known_file": landed.known_file,
                }
            )
    headings = [
        ("file", Text("文件", "file"), Unit.TEXT),
        ("table", Text("表", "table"), Unit.TEXT),
        ("rows_read", Text("读入", "read"), Unit.COUNT),
        ("rows_repeated", Text("重复", "repeated"), Unit.COUNT),
        ("new", Text("新增", "new"), Unit.COUNT),
        ("completed", Text("补全", "completed"), Unit.COUNT),
        ("changed", Text("更正", "changed"), Unit.COUNT),
        ("same", Text("相同", "same"), Unit.COUNT),
        ("rows_quarantined", Text("隔离行", "rows set aside"), Unit.COUNT),
        ("cells_quarantined", Text("隔离格", "cells set aside"), Unit.COUNT),
        ("known_file", Text("曾导入", "known file"), Unit.TEXT),
    ]
    if rows or style is not Format.TABLE:
        print_rows(rows, headings, style=style, lang=lang)


def _fail_if_any(done: list[Ingested]) -> None:
    failed = [one for one in done if one.error is not None]
    if not failed:
        return
    if len(failed) == len(done) == 1:
        error = failed[0].error
        assert error is not None
        raise typer.Exit(error.exit_code)
    say(f"{len(failed)} of {len(done)} files could not be imported; the others are in the lake.")
    raise typer.Exit(max(one.error.exit_code for one in failed if one.error is not None) or DataError.exit_code)
