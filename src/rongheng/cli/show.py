"""``rongheng show NAME``: one indicator, with options of its own.

Each indicator is a sub-command made from its own description: its keyword options become the command's options, its
formula, source and known problems the command's help. The sub-commands are made when ``show`` is called, and not
before, because indicators bring a data frame library with them that ``rongheng --help`` need not wait for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import (
    DEFAULT_LAKE,
    AsOfOption,
    Format,
    FormatOption,
    KnownAtOption,
    LakeOption,
    Lang,
    LangOption,
    open_lake,
    parse_date,
    parse_moment,
)
from rongheng.cli.output import print_reading

if TYPE_CHECKING:
    from rongheng.market.indicators.contract import Indicator

FromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first session shown.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last session shown.")]
RowsOption = Annotated[int, typer.Option("--rows", min=1, help="How many of the newest rows a table shows.")]

# What every indicator's command offers beside its own options.
_SHARED: dict[str, tuple[Any, Any]] = {
    "first": (FromOption, None),
    "last": (ToOption, None),
    "as_of": (AsOfOption, None),
    "known_at": (KnownAtOption, None),
    "lake": (LakeOption, DEFAULT_LAKE),
    "style": (FormatOption, Format.TABLE),
    "lang": (LangOption, Lang.ZH),
    "rows": (RowsOption, 20),
}


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command(
        "show",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )(show)


def show(
    words: Annotated[list[str] | None, typer.Argument(metavar="NAME [OPTIONS]", show_default=False)] = None,
) -> None:
    """Show one indicator: rongheng show lows --as-of 2025-03-21 --format json. Without a name: list them all."""
    indicator_commands()(words or ["--help"], prog_name="rongheng show")


def indicator_commands() -> typer.Typer:
    """Return the command line of all indicators, one command each."""
    from rongheng.market.series import registry

    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_describe)
    for indicator in registry().values():
        summary = f"{indicator.label.zh}  {indicator.label.en}"
        app.command(indicator.name, help=_help(indicator), short_help=summary)(_command(indicator))
    return app


def _describe() -> None:
    """Show one indicator of the market.

    Examples:

      rongheng show balance --from 2025-01-01

      rongheng show lows --as-of 2025-03-21 --format json

      rongheng show extremes --by ratio --windows 3,7
    """


def _command(indicator: Indicator) -> Callable[..., None]:
    """Return the function behind one indicator's command, with the signature that its options ask for."""
    own = {
        parameter.name: parameter
        for parameter in inspect.signature(indicator.compute, eval_str=True).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }

    def run(**given: Any) -> None:
        options = {name: _typed(own[name], given[name]) for name in own}
        _show(indicator, options, **{name: given[name] for name in _SHARED})

    parameters = [_own_option(indicator, parameter) for parameter in own.values()]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _SHARED.items()
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _own_option(indicator: Indicator, parameter: inspect.Parameter) -> inspect.Parameter:
    """Return one of the indicator's options as the command line declares it; dates are typed as text."""
    text = indicator.option_help.get(parameter.name)
    kind = parameter.annotation if parameter.annotation in (int, float, str) else str | None
    if parameter.annotation == float | None:
        kind = float | None
    option = typer.Option(f"--{parameter.name.replace('_', '-')}", help=f"{text.en} {text.zh}" if text else None)
    return parameter.replace(annotation=Annotated[kind, option])


def _typed(parameter: inspect.Parameter, value: Any) -> Any:
    if value is not None and parameter.annotation in (date, date | None):
        return parse_date(value, option=f"--{parameter.name.replace('_', '-')}")
    return value


def _show(
    indicator: Indicator,
    options: dict[str, Any],
    *,
    first: str | None,
    last: str | None,
    as_of: str | None,
    known_at: str | None,
    lake: Path,
    style: Format,
    lang: Lang,
    rows: int,
) -> None:
    from rongheng.market.series import Frames, read

    start, end = parse_date(first, option="--from"), parse_date(last, option="--to")
    if start is not None and end is not None and start > end:
        raise UsageError(f"--from {start} is after --to {end}.")
    frames = Frames(
        open_lake(lake),
        as_of=parse_date(as_of, option="--as-of"),
        known_at=parse_moment(known_at, option="--known-at"),
    )
    reading = read(indicator.name, frames[indicator.reads], **options).between(start, end)
    print_reading(reading, style=style, lang=lang, last=None if start is not None else rows)


def _help(indicator: Indicator) -> str:
    problems = "\n\n".join(f"- {problem.en} {problem.zh}" for problem in indicator.problems)
    return (
        f"{indicator.label.en} {indicator.label.zh}\n\n{indicator.meaning.en} {indicator.meaning.zh}\n\n"
        f"Formula: {indicator.formula}\n\nSource: {indicator.source}\n\nKnown problems:\n\n{problems}"
    )
