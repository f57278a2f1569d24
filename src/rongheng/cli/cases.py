"""``rongheng cases``: golden cases of rules, marks, orders and calls, run; written by whoever knows the document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import RulesOption
from rongheng.cli.output import say

if TYPE_CHECKING:
    from rongheng.rulebook import Rulebook


class Case(Protocol):
    """A golden case of any kind."""

    @property
    def name(self) -> str:
        """What it is called."""


class Outcome(Protocol):
    """What came of a case, or of one number of it; as text it shows expected and got."""

    @property
    def passed(self) -> bool:
        """Whether what came is what was expected."""


AnyCase = TypeVar("AnyCase", bound=Case)


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
    """Run golden cases: what a rule says on a day, what an account's marks, orders, calls and forced sales must be.

    Examples:

      rongheng cases

      rongheng cases my-cases.yaml --explain 'roll-over'
    """
    from rongheng.rulebook import Rulebook
    from rongheng.rulebook.cases import read_cases, run_cases, uncovered

    book = Rulebook.load(*(own or []))
    files = _files(path)
    of_rules = [case for file in files if _about(file) == "rule" for case in read_cases(book, file)]
    if boundaries:
        missing = uncovered(book, of_rules)
        for side in missing:
            typer.echo(str(side))
        say(f"{len(missing)} sides of date boundaries have no case", None)
        raise typer.Exit(1 if missing else 0)
    outcomes: list[Outcome] = [*run_cases(book, _named(of_rules, explain))]
    for file in files:
        outcomes += _run(file, book, explain)
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


def _about(path: Path) -> str:
    """Return the key that tells what cases are about: a rule, an order, a forced sale, a week of calls, or marks."""
    from rongheng.rulebook.reader import read_yaml

    first = read_yaml(path, name=str(path)).items()[:1]
    keys = first[0].pairs() if first else {}
    return next((key for key in ("rule", "order", "liquidate", "week") if key in keys), "account")


def _run(path: Path, book: Rulebook, name: str | None) -> Sequence[Outcome]:
    """Run the cases of a file of accounts, orders, forced sales or calls."""
    about = _about(path)
    if about == "account":
        from rongheng.account.marks.cases import read_mark_cases, run_mark_cases

        return run_mark_cases(_named(read_mark_cases(path, rulebook=book), name))
    if about == "order":
        from rongheng.account.orders.cases import read_order_cases, run_order_cases

        return run_order_cases(_named(read_order_cases(path, rulebook=book), name), rulebook=book)
    if about == "liquidate":
        from rongheng.account.liquidation.cases import read_liquidation_cases, run_liquidation_cases

        return run_liquidation_cases(_named(read_liquidation_cases(path, rulebook=book), name), rulebook=book)
    if about == "week":
        from rongheng.account.calls.cases import read_call_cases, run_call_cases

        return run_call_cases(_named(read_call_cases(path, rulebook=book), name))
    return []


def _named(cases: Sequence[AnyCase], name: str | None) -> list[AnyCase]:
    return [case for case in cases if name is None or name.lower() in case.name.lower()]
