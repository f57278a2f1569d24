"""``rongheng basis``: how far index futures stand under their indices, and whether that moved."""

from __future__ import annotations

from typing import Annotated

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
from rongheng.cli.output import print_reading


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("basis")(basis_)


def basis_(
    product: Annotated[str, typer.Option(help="IF, IH, IC, IM or all.")] = "all",
    contracts: Annotated[
        bool, typer.Option("--contracts", help="One row a contract: the term structure of the session.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Only the sessions on which the discount moved.")] = False,
    dividends: Annotated[str, typer.Option(help="expected, realised (in hindsight) or none.")] = "expected",
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first session; the last one alone if left out.")
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show the basis of index futures: discount by year, at 30 and 90 days, the roll, and how unusual the change is.

    Examples:

      rongheng basis --as-of 2025-01-03

      rongheng basis --contracts --product IM --as-of 2025-01-03

      rongheng basis --events --product IM --from 2024-01-01 --format json
    """
    from rongheng.desk.lenses import basis

    reading = basis(
        open_lake(lake),
        product=product,
        contracts=contracts,
        events=events,
        dividends=dividends,
        first=parse_date(first, option="--from"),
        as_of=parse_date(as_of, option="--as-of"),
        known_at=parse_moment(known_at, option="--known-at"),
    )
    print_reading(reading, style=style, lang=lang)
