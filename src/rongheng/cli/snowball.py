"""``rongheng snowball``: what snowballs are worth, where they knock in, and what hedging them does to futures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Format, FormatOption, Lang, LangOption
from rongheng.cli.output import print_rows, say
from rongheng.cli.verbs import add_group

if TYPE_CHECKING:
    import polars as pl

    from rongheng.cli.table import Heading
    from rongheng.desk.snowball import Opened

ContractsArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Contracts: YAML, CSV or Parquet.", show_default=False)
]
MarketOption = Annotated[
    Path, typer.Option("--market", metavar="FILE", help="YAML with session, rate, and each index's level, volatility.")
]
DiscountingOption = Annotated[
    str | None,
    typer.Option("--discounting", metavar="WORD", help="calendar or trading; the market file's if left out."),
]


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    about = "Snowballs (雪球): worth and slopes, knock-in map, hedging in index futures, replay of a fall."
    add_group(app, "snowball", {"price": price}, about=about)


def price(
    contracts: ContractsArgument,
    market: MarketOption,
    discounting: DiscountingOption = None,
    paths: Annotated[
        int, typer.Option("--paths", metavar="COUNT", help="Also simulate so many paths, as a cross-check.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of the simulation.")] = 1,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Price contracts one by one: worth with principal, delta, gamma, and the change for a point of each input.

    Worth and slopes are shares of the notional. Gamma is the change of delta for one per cent of the index.

    Examples:

      rongheng snowball price contract.yaml --market market.yaml

      rongheng snowball price contract.yaml --market market.yaml --discounting trading --paths 100000
    """
    from rongheng.desk.snowball import price_snowballs, simulate_snowballs

    opened = open_(contracts, market, discounting)
    rows = [_dated(row, opened) for row in price_snowballs(opened).iter_rows(named=True)]
    if paths > 0:
        for row, simulated in zip(rows, simulate_snowballs(opened, paths=paths, seed=seed), strict=True):
            row |= {"simulated": simulated.worth, "simulated_error": simulated.worth_error}
            row |= {"simulated_delta": simulated.delta, "simulated_delta_error": simulated.delta_error}
    print_rows(rows, _price_headings(lang, simulated=paths > 0), style=style, lang=lang)
    tell_problems(opened.contracts.problems)
    say(f"discounted by {opened.market.discounting.value} time at {opened.market.rate:.2%}", None)


def open_(contracts: Path, market: Path, discounting: str | None) -> Opened:
    """Return the contracts and their market, or say which word is wrong."""
    from rongheng.basics.errors import UsageError
    from rongheng.desk.snowball import open_snowballs
    from rongheng.market.derivatives.snowball import Discounting

    words = [word.value for word in Discounting]
    if discounting is not None and discounting not in words:
        raise UsageError(f"--discounting {discounting}: expected one of {', '.join(words)}.")
    return open_snowballs(contracts, market, discounting=None if discounting is None else Discounting(discounting))


def tell_problems(problems: pl.DataFrame) -> None:
    """Say on stderr which contracts are left out, and why."""
    for row in problems.head(20).iter_rows(named=True):
        say(f"row {row['row']} ({row['contract_id']}), {row['column']}: {row['found']} {row['reason_en']}", "left out")
    if problems.height > 20:
        say(f"and {problems.height - 20} more", "left out")


def _dated(row: dict[str, Any], opened: Opened) -> dict[str, Any]:
    from rongheng.market.derivatives.snowball import KIND_LABELS, Kind

    labels = {f"kind_{lang}": KIND_LABELS[Kind(row["kind"])].in_(lang) for lang in ("zh", "en")}
    notional = row.pop("notional_milli") / 1000
    about = {"discounting": opened.market.discounting.value, "as_of": opened.market.session, "grade": "estimated"}
    return row | labels | {"notional": notional} | about


def _price_headings(lang: Lang, *, simulated: bool) -> list[Heading]:
    headings: list[Heading] = [
        ("contract_id", Text("合约", "contract"), Unit.TEXT),
        (f"kind_{lang.value}", Text("结构", "product"), Unit.TEXT),
        ("index", Text("指数", "index"), Unit.TEXT),
        ("worth", Text("价值", "worth"), Unit.FRACTION),
        ("delta", Text("Delta", "delta"), Unit.TIMES),
        ("gamma", Text("Gamma（1%）", "gamma, 1 %"), Unit.TIMES),
        ("vega", Text("Vega（1点）", "vega, 1 pt"), Unit.FRACTION),
        ("carry", Text("基差（1点）", "carry, 1 pt"), Unit.FRACTION),
        ("rho", Text("利率（1点）", "rate, 1 pt"), Unit.FRACTION),
        ("theta", Text("Theta（1日）", "theta, 1 day"), Unit.FRACTION),
    ]
    if simulated:
        headings += [
            ("simulated", Text("模拟", "simulated"), Unit.FRACTION),
            ("simulated_error", Text("标准误", "standard error"), Unit.FRACTION),
        ]
    return [*headings, ("grade", Text("级别", "grade"), Unit.TEXT)]
