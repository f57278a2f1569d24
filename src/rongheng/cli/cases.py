"""``rongheng cases``: golden cases of rules, run; written in YAML by whoever has read the document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.output import say


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("cases")(cases)


def cases(
    path: Annotated[Path, typer.Argument(help="A file of cases, or a folder of them.")] = Path("cases"),
    boundaries: Annotated[
        bool, typer.Option("--boundaries", help="List the date boundaries on which no case stands.")
    ] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show expected, got and the working of the cases of that name.")
    ] = None,
) -> None:
    """Run golden cases: what a document says a rule is on a day, against what the rulebook says.

    Examples:

      rongheng cases

      rongheng cases my-cases.yaml --explain 'roll-over'
    """
    from rongheng.rulebook import Rulebook
    from rongheng.rulebook.cases import read_cases, run_cases, uncovered

    if not path.exists():
        raise UsageError(f"There is no {path}; name a file or a folder of cases in YAML.")
    book = Rulebook.load()
    found = read_cases(book, path)
    if boundaries:
        missing = uncovered(book, found)
        for side in missing:
            typer.echo(str(side))
        say(f"{len(missing)} sides of date boundaries have no case", None)
        raise typer.Exit(1 if missing else 0)
    if explain is not None:
        found = [case for case in found if explain.lower() in case.name.lower()]
        if not found:
            raise UsageError(f"No case in {path} is called {explain!r}.")
    outcomes = run_cases(book, found)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in outcomes if explain is not None else failed:
        typer.echo(str(outcome))
    say(f"{len(outcomes)} answers of {len(found)} cases, {len(failed)} failed", None)
    raise typer.Exit(1 if failed else 0)
