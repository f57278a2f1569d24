"""``rongheng show NAME``: one indicator, with options of its own.

Each indicator is a sub-command that is made from its own description when it is asked for: its keyword options become
the command's options, its formula, source and known problems the command's help.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from rongheng.basics.errors import UsageError
from rongheng.cli.options import DEFAULT_LAKE, Format, Lang, open_lake, parse_date, parse_moment
from rongheng.cli.output import print_reading

if TYPE_CHECKING:
    import click

    from rongheng.market.indicators.contract import Indicator


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    show = typer.Typer(cls=IndicatorGroup, no_args_is_help=True, rich_markup_mode=None)
    show.callback()(_describe)
    app.add_typer(show, name="show")


def _describe() -> None:
    """Show one indicator of the market: rongheng show NAME --from DATE --to DATE --as-of DATE --format table|json|csv.

    Examples:

      rongheng show balance --from 2025-01-01

      rongheng show lows --as-of 2025-03-21 --format json
    """


class IndicatorGroup(TyperGroup):
    """The indicators as commands, found when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all indicators."""
        from rongheng.market.series import registry

        return list(registry())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one indicator; an unknown name is a ``UsageError`` that lists near ones."""
        from rongheng.market.series import indicator

        return _command(indicator(cmd_name))


def _command(indicator: Indicator) -> click.Command:
    import click

    own = _options(indicator)
    shared = [
        click.Option(["--from", "first"], metavar="DATE", help="The first session shown."),
        click.Option(["--to", "last"], metavar="DATE", help="The last session shown."),
        click.Option(["--as-of"], metavar="DATE", help="The session as of which it is read; the last one if left out."),
        click.Option(
            ["--known-at"], metavar="MOMENT", help="Use only what was known then, such as '2024-02-05 15:00'."
        ),
        click.Option(
            ["--lake"], default=str(DEFAULT_LAKE), envvar="RONGHENG_LAKE", show_default=True, help="The lake."
        ),
        click.Option(["--format", "style"], type=click.Choice(list(Format)), default="table", show_default=True),
        click.Option(
            ["--lang"], type=click.Choice(list(Lang)), default="zh", envvar="RONGHENG_LANG", show_default=True
        ),
        click.Option(["--rows"], type=int, default=20, show_default=True, help="How many rows a table shows at most."),
    ]

    def run(**given: Any) -> None:
        _show(indicator, given, names=[option.name for option in own if option.name])

    return click.Command(
        indicator.name,
        params=[*own, *shared],
        callback=run,
        help=_help(indicator),
        short_help=f"{indicator.label.zh}  {indicator.label.en}",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _options(indicator: Indicator) -> list[click.Option]:
    """Return the indicator's own options, from the keyword-only parameters of its function."""
    import click

    options = []
    for parameter in inspect.signature(indicator.compute, eval_str=True).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        text = indicator.option_help.get(parameter.name)
        kind = type(parameter.default) if isinstance(parameter.default, (int, float, str)) else None
        options.append(
            click.Option(
                [f"--{parameter.name.replace('_', '-')}", parameter.name],
                type=kind or str,
                default=parameter.default,
                show_default=parameter.default is not None,
                help=f"{text.en} {text.zh}" if text else None,
            )
        )
    return options


def _typed(indicator: Indicator, name: str, value: Any) -> Any:
    """Return an option's value in the type that the indicator's function declares."""
    annotation = str(inspect.signature(indicator.compute).parameters[name].annotation)
    if value is None or not isinstance(value, str):
        return value
    if "date" in annotation:
        return parse_date(value, option=f"--{name.replace('_', '-')}")
    if "float" in annotation or "int" in annotation:
        try:
            return float(value) if "float" in annotation else int(value)
        except ValueError:
            raise UsageError(f"--{name.replace('_', '-')} {value} is not a number.") from None
    return value


def _show(indicator: Indicator, given: dict[str, Any], *, names: list[str]) -> None:
    from pathlib import Path

    from rongheng.market.series import panel, read

    columns = panel(
        open_lake(Path(given["lake"])),
        as_of=parse_date(given["as_of"], option="--as-of"),
        known_at=parse_moment(given["known_at"], option="--known-at"),
    )
    reading = read(indicator.name, columns, **{name: _typed(indicator, name, given[name]) for name in names})
    first, last = parse_date(given["first"], option="--from"), parse_date(given["last"], option="--to")
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last}.")
    print_reading(
        reading.between(first, last),
        style=Format(given["style"]),
        lang=Lang(given["lang"]),
        last=None if first is not None else given["rows"],
    )


def _help(indicator: Indicator) -> str:
    problems = "\n".join(f"\b\n- {problem.en}\n  {problem.zh}\n" for problem in indicator.problems)
    return (
        f"{indicator.label.en} {indicator.label.zh}\n\n{indicator.meaning.en} {indicator.meaning.zh}\n\n"
        f"\b\nFormula: {indicator.formula}\n\n\b\nSource: {indicator.source}\n\nKnown problems:\n\n{problems}"
    )
