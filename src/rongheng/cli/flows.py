"""``rongheng flows``: what money went into exchange-traded funds, by index, fund or category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
from rongheng.cli.output import print_reading, print_rows, say

if TYPE_CHECKING:
    from rongheng.market.indicators.contract import Reading


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("flows")(flows_)


def flows_(
    by: Annotated[str, typer.Option(help="index, fund, category or all.")] = "index",
    stamp: Annotated[
        str, typer.Option(help="What the date of Shenzhen's shares means: same, or next (a session late).")
    ] = "same",
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first session; the last one alone if left out.")
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Net inflow alone, a column a session, as reports print it.")
    ] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show the net inflow into exchange-traded funds: change of shares × net asset value.

    Examples:

      rongheng flows --as-of 2025-01-06

      rongheng flows --wide --from 2024-12-31 --as-of 2025-01-06

      rongheng flows --by fund --from 2025-01-01 --format csv
    """
    from rongheng.desk.lenses import flows

    reading = flows(
        open_lake(lake),
        by=by,
        stamp=stamp,
        first=parse_date(first, option="--from"),
        as_of=parse_date(as_of, option="--as-of"),
        known_at=parse_moment(known_at, option="--known-at"),
    )
    if wide:
        _print_wide(reading, style=style, lang=lang)
    else:
        print_reading(reading, style=style, lang=lang)


def _print_wide(reading: Reading, *, style: Format, lang: Lang) -> None:
    from rongheng.basics.text import Text
    from rongheng.basics.units import Unit
    from rongheng.desk.lenses import by_session

    rows = by_session(reading, "net_inflow")
    names = [name for name in rows[0] if name != "group"] if rows else []
    headings = [("group", Text("分组", "group"), Unit.TEXT), *[(name, Text(name, name), Unit.YUAN) for name in names]]
    print_rows(rows, headings, style=style, lang=lang, title=reading.indicator.label.in_(lang.value))
    for note in reading.notes:
        say(note.in_(lang.value), None)
