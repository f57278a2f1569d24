"""The command line: its front page, and how an error becomes one clear message and an exit code.

The verbs stand in ``verbs.py``. Whatever is heavy is imported inside a verb, so that ``--help`` and ``rules`` start
almost as fast as a bare interpreter. Tables go to stdout, talk and progress to stderr.
"""

from __future__ import annotations

import os
import sys

import typer

from rongheng.basics.errors import RonghengError
from rongheng.cli.verbs import Verbs

app = typer.Typer(
    name="rongheng",
    cls=Verbs,
    help="Rongheng 融衡: margin trading (融资融券) in the Chinese stock market.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=True,
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """Rongheng 融衡: margin trading (融资融券) in the Chinese stock market.

    Begin with: rongheng demo

    With your own files: rongheng import FILE… then rongheng note --out note.html
    """
    if version:
        from rongheng import __version__

        typer.echo(f"rongheng {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; every error that a user can mend is one message and the exit code of its kind."""
    try:
        app()
    except RonghengError as error:
        typer.echo(f"rongheng: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output has closed it: not an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
