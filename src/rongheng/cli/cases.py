"""``rongheng cases``: golden cases of rules and of marks, run; written in YAML by whoever knows the document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import RulesOption
from rongheng.cli.output import say

if TYPE_CHECKING:
    from rongheng.account.marks.cases import MarkCase, MarkOutcome
    from rongheng.rulebook.cases import Outcome, RuleCase

Case = TypeVar("Case", "RuleCase", "MarkCase")


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
    own: RulesOption = None,
) -> None:
    """Run golden cases: what a document says of a rule on a day, and what an account's marks must be.

    Examples:

      rongheng cases

      rongheng cases my-cases.yaml --explain 'roll-over'
    """
    from rongheng.rulebook import Rulebook
    from rongheng.rulebook.cases import read_cases, run_cases, uncovered

    book = Rulebook.load(*(own or []))
    files = _files(path)
    of_rules = [case for file in files if _is_about_rules(file) for case in read_cases(book, file)]
    if boundaries:
        missing = uncovered(book, of_rules)
        for side in missing:
            typer.echo(str(side))
        say(f"{len(missing)} sides of date boundaries have no case", None)
        raise typer.Exit(1 if missing else 0)
    outcomes: list[Outcome | MarkOutcome] = [*run_cases(book, _named(of_rules, explain))]
    of_marks = [file for file in files if not _is_about_rules(file)]
    if of_marks:
        from rongheng.account.marks.cases import read_mark_cases, run_mark_cases

        outcomes += run_mark_cases(
            _named([case for file in of_marks for case in read_mark_cases(file, rulebook=book)], explain)
        )
    if not outcomes:
        raise UsageError(f"No case in {path} is called {explain!r}." if explain else f"{path} holds no case.")
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in outcomes if explain is not None else failed:
        typer.echo(str(outcome))
    say(f"{len(outcomes)} answers, {len(failed)} failed", None)
    raise typer.Exit(1 if failed else 0)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"There is no {path}; name a file or a folder of cases in YAML.")
    return sorted(path.rglob("*.yaml")) if path.is_dir() else [path]


def _is_about_rules(path: Path) -> bool:
    """Say whether a file's cases ask rules (they name one) or mark an account."""
    from rongheng.rulebook.reader import read_yaml

    first = read_yaml(path, name=str(path)).items()[:1]
    return not first or "rule" in first[0].pairs()


def _named(cases: Sequence[Case], name: str | None) -> list[Case]:
    return [case for case in cases if name is None or name.lower() in case.name.lower()]
