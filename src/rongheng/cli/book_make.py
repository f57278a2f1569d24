"""``rongheng book make``: synthetic books of any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import RulesOption, open_lake, parse_date
from rongheng.cli.output import say
from rongheng.cli.progress import progress_bars

if TYPE_CHECKING:
    from datetime import date

    from rongheng.basics.market_day import MarketDay

SESSION = "2026-03-02"  # of a simulated day: lately enough that contracts stand on both sides of every change of rules


def make(
    accounts: Annotated[int, typer.Option(help="How many accounts, such as 1_000_000.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the book.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same book.")] = 1,
    day: Annotated[
        Path | None, typer.Option(help="A market day's folder; one is simulated if left out.", show_default=False)
    ] = None,
    day_out: Annotated[
        Path | None,
        typer.Option(help="Where the market day is written; beside the book's tables if left out.", show_default=False),
    ] = None,
    lake: Annotated[
        Path | None,
        typer.Option(help="A lake whose session the day is made of, with real prices.", show_default=False),
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="DATE", help=f"The session, of the lake or simulated: {SESSION} if left out.")
    ] = None,
    policy: Annotated[
        str, typer.Option(help="The accounts' policy, or several with their shares: huatai:0.6,guosen:0.4.")
    ] = "illustrative",
    average_ratio: Annotated[
        float, typer.Option(help="Assets of the indebted over their debt; met within half a percent.")
    ] = 2.7,
    positions: Annotated[float, typer.Option(help="How many positions an account holds on average.")] = 6.7,
    indebted: Annotated[float, typer.Option(help="The share of the accounts that owe anything.")] = 0.12,
    kernel: Annotated[
        bool, typer.Option("--kernel", help="Write the kernel form, which is ready at once, instead of Parquet tables.")
    ] = False,
    own: RulesOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Make a synthetic book of any size; every figure of it is graded simulated.

    Sizes and numbers of positions have heavy tails, holdings follow popularity and float, and debt is fitted to a
    market average ratio. The market day that the book was made on is written beside it, where rongheng mark finds it.

    Examples:

      rongheng book make --accounts 1_000_000 --seed 1 --out book

      rongheng book make --accounts 10_000 --policy huatai:0.6,guosen:0.4 --average-ratio 2.4 --out book
    """
    from rongheng.account.book import write_layout, write_tables
    from rongheng.account.population import Recipe, make_book
    from rongheng.rulebook import Rulebook

    recipe = Recipe(
        accounts=accounts,
        seed=seed,
        policy=policy,
        average_ratio=average_ratio,
        mean_positions=positions,
        indebted_share=indebted,
    )
    rulebook = Rulebook.load(*(own or []))
    for name in recipe.policies:
        if name not in rulebook.clients:
            rulebook.broker(name)  # says which there are
    market = _day(day, lake, parse_date(session, option="--session"))
    with progress_bars(quiet=quiet) as report:
        made = make_book(recipe, market, progress=report)
        report("write the book", 0, 1)
        (write_layout if kernel else write_tables)(made, out)
    market.write(day_out or out / "day")
    layout = made.layout
    say(
        f"{layout.n_accounts:,} accounts, {layout.n_positions:,} positions, {layout.n_contracts:,} contracts "
        f"on {made.session}; simulated",
        None,
    )
    typer.echo(out.resolve())


def _day(day: Path | None, lake: Path | None, session: date | None) -> MarketDay:
    """Return the market day that was asked for: a folder's, a lake's, or a simulated one."""
    from rongheng.account.population import make_day
    from rongheng.basics.calendar import calendar
    from rongheng.basics.market_day import MarketDay

    if day is not None and (lake is not None or session is not None):
        raise UsageError("The book is made on the day of --day; leave out --lake and --session, or --day.")
    if day is not None:
        return MarketDay.read(day)
    if lake is not None:
        from rongheng.desk.market_day import market_day

        if session is None:
            raise UsageError("Which session of the lake? Give --session DATE.")
        return market_day(open_lake(lake), session)
    when = session or parse_date(SESSION, option="--session")
    assert when is not None, "there is a default"
    if not calendar().is_session(when):
        raise UsageError(f"--session {when} is no trading day; name one.")
    return make_day(when)
