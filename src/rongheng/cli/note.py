"""``rongheng note``: the research note of a session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rongheng.cli.options import (
    DEFAULT_LAKE,
    AsOfOption,
    KnownAtOption,
    LakeOption,
    Lang,
    LangOption,
    open_lake,
    parse_date,
    parse_moment,
)
from rongheng.cli.output import say


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("note")(note_)


def note_(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where to write: .html for the note, .xlsx for the workbook.")
    ],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    book: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The --out folder of rongheng mark or close: adds the credit accounts.",
            show_default=False,
        ),
    ] = None,
    snowballs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Snowballs as they stand that session; the illustrative ladder if left out.",
            show_default=False,
        ),
    ] = None,
    lang: LangOption = Lang.ZH,
) -> None:
    """Write the research note of a session: verdict, key numbers, figures, tables, the evidence for each claim.

    Examples:

      rongheng note --as-of 2025-01-10 --out note.html

      rongheng note --as-of 2025-01-10 --out note.xlsx --lang en

      rongheng note --book marks --snowballs inventory.csv --out note.html
    """
    from rongheng.cli.snowball import tell_problems
    from rongheng.desk.close import close
    from rongheng.report import check_target, note, prepare

    if check_target(out).suffix.lower() == ".html":
        prepare()
    dossier = close(
        open_lake(lake),
        as_of=parse_date(as_of, option="--as-of"),
        known_at=parse_moment(known_at, option="--known-at"),
        marks=book,
        snowballs=snowballs,
    )
    if dossier.snowballs is not None:
        tell_problems(dossier.snowballs.inventory.problems)
    wanted = parse_date(as_of, option="--as-of")
    if wanted is not None and wanted != dossier.as_of:
        say(f"{wanted} is not a session; this is the note of {dossier.as_of}, the session before it.")
    written = note(dossier, out, lang=lang.value)
    typer.echo(written.resolve())
