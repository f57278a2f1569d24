"""``rongheng demo``: the main job on a simulated market, from nothing to a note."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.cli.options import Lang, LangOption
from rongheng.cli.output import say

if TYPE_CHECKING:
    from rongheng.findings.dossier import Dossier


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("demo")(demo_)


def demo_(
    out: Annotated[Path, typer.Option(help="The folder for the lake, the note and the workbook.")] = Path("out"),
    lang: LangOption = Lang.ZH,
) -> None:
    """Show the main job offline: a simulated market, a lake, every indicator, a marked book, the research note.

    The market is simulated, passes through the published figures and says so everywhere.

    Example: rongheng demo --out out
    """
    from rongheng.desk.demo import demo
    from rongheng.report import note

    made = demo(out, say=lambda phrase: say(phrase, "demo"))
    say("write the note and the workbook", "demo")
    page = note(made.dossier, out / "note.html", lang=lang.value)
    other: Lang = Lang.EN if lang is Lang.ZH else Lang.ZH
    second = note(made.dossier, out / f"note.{other.value}.html", lang=other.value)
    book = note(made.dossier, out / "note.xlsx", lang=lang.value)
    for line in _summary(made.dossier, lang):
        typer.echo(line)
    typer.echo(f"note      {page.resolve()}")
    typer.echo(f"          {second.resolve()}")
    typer.echo(f"workbook  {book.resolve()}")
    typer.echo(f"lake      {made.lake.resolve()}  (rongheng show balance --lake {made.lake})")
    typer.echo(f"accounts  {made.marks.resolve()}  (rongheng explain {made.marks} S000000001)")


def _summary(dossier: Dossier, lang: Lang) -> list[str]:
    """Return what a strategist would want to know first, in ten lines."""
    from rongheng.report.summary import summary_lines

    return summary_lines(dossier, lang=lang.value)
