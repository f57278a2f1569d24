"""``rongheng snowball``: what snowballs are worth, where they knock in, and what hedging them does to futures.

What lives here: the five verbs and their tables. What does not: any arithmetic.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import (
    DEFAULT_LAKE,
    AsOfOption,
    Format,
    FormatOption,
    LakeOption,
    Lang,
    LangOption,
    open_lake,
    parse_date,
    parse_percent,
)
from rongheng.cli.output import print_rows, say
from rongheng.cli.verbs import add_group

if TYPE_CHECKING:
    import polars as pl

    from rongheng.cli.table import Heading
    from rongheng.desk.snowball import Opened

ContractsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Contracts: YAML, CSV or Parquet; the word illustrative means the ladder that ships with the package.",
        show_default=False,
    ),
]
ScaleOption = Annotated[
    str, typer.Option("--scale", metavar="PERCENT", help="Of the illustrative ladder: all notionals by this.")
]
ShiftOption = Annotated[
    str, typer.Option("--shift", metavar="PERCENT", help="Of the illustrative ladder: all lines moved by this.")
]
MarketFileOption = Annotated[
    Path, typer.Option("--market", metavar="FILE", help="YAML with session, rate, and each index's level, volatility.")
]
MarketOption = Annotated[
    Path | None,
    typer.Option(
        "--market",
        metavar="FILE",
        help="YAML with session, rate, and each index's level, volatility; what the lake knows if left out.",
        show_default=False,
    ),
]
DiscountingOption = Annotated[
    str | None,
    typer.Option("--discounting", metavar="WORD", help="calendar or trading; the market file's if left out."),
]


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    about = "Snowballs (雪球): worth and slopes, knock-in map, hedging in index futures, replay of a fall."
    verbs = {"price": price, "book": book, "map": map_, "hedge": hedge, "replay": replay}
    add_group(app, "snowball", verbs, about=about)


def price(
    contracts: ContractsArgument,
    market: MarketOption = None,
    discounting: DiscountingOption = None,
    paths: Annotated[
        int, typer.Option("--paths", metavar="COUNT", help="Also simulate so many paths, as a cross-check.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of the simulation.")] = 1,
    lake: LakeOption = DEFAULT_LAKE,
    as_of: AsOfOption = None,
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

    opened = open_(contracts, market, discounting, on=(lake, as_of))
    rows = [_dated(row, opened) for row in price_snowballs(opened).iter_rows(named=True)]
    if paths > 0:
        for row, simulated in zip(rows, simulate_snowballs(opened, paths=paths, seed=seed), strict=True):
            row |= {"simulated": simulated.worth, "simulated_error": simulated.worth_error}
            row |= {"simulated_delta": simulated.delta, "simulated_delta_error": simulated.delta_error}
    print_rows(rows, _price_headings(lang, simulated=paths > 0), style=style, lang=lang)
    tell_problems(opened.contracts.problems)
    say(f"discounted by {opened.market.discounting.value} time at {opened.market.rate:.2%}", None)


def book(
    contracts: ContractsArgument,
    market: MarketOption = None,
    discounting: DiscountingOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where every contract's figures go (.parquet, .csv)."),
    ] = None,
    scale: ScaleOption = "100%",
    shift: ShiftOption = "0%",
    lake: LakeOption = DEFAULT_LAKE,
    as_of: AsOfOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Value a whole book: worth, delta, gamma, and the IC, IM or IF contracts that hedge it, by index.

    Examples:

      rongheng snowball book contracts.parquet --market market.yaml --out valued.parquet

      rongheng snowball book illustrative --market market.yaml --format json
    """
    from rongheng.desk.snowball import value_snowballs
    from rongheng.market.derivatives.snowball import totals

    opened = open_(contracts, market, discounting, scale, shift, on=(lake, as_of))
    rows = totals(value_snowballs(opened, out), opened.market)
    headings: list[Heading] = [
        _INDEX,
        _CONTRACTS,
        ("knocked_in", Text("已敲入", "knocked in"), Unit.COUNT),
        _NOTIONAL,
        ("worth_yuan", Text("价值", "worth"), Unit.YUAN),
        ("delta_yuan", Text("Delta 市值", "delta, money"), Unit.YUAN),
        ("gamma_yuan", Text("Gamma（1%）", "gamma, 1 %"), Unit.YUAN),
        ("future", Text("期货", "future"), Unit.TEXT),
        _HEDGE,
        _OF_VOLUME,
    ]
    _print(rows, headings, opened, style=style, lang=lang)


def map_(
    contracts: ContractsArgument,
    market: MarketOption = None,
    width: Annotated[str, typer.Option("--width", metavar="PERCENT", help="Of a band, of today's level.")] = "1%",
    scale: ScaleOption = "100%",
    shift: ShiftOption = "0%",
    lake: LakeOption = DEFAULT_LAKE,
    as_of: AsOfOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Map where a book knocks in (敲入分布): notional by level of the index and by distance from today.

    Examples:

      rongheng snowball map contracts.csv --market market.yaml

      rongheng snowball map illustrative --market market.yaml --width 2% --scale 50%

      rongheng snowball map inventory.csv --lake lake --as-of 2025-01-06
    """
    from rongheng.cli.lists import tell_findings
    from rongheng.findings.snowball import knock_in_pressure
    from rongheng.market.derivatives.snowball import knock_in_map

    opened = open_(contracts, market, None, scale, shift, on=(lake, as_of))
    rows = knock_in_map(opened.contracts.frame, opened.market, width=_share(width, "--width", least=1))
    headings: list[Heading] = [
        _INDEX,
        ("distance", Text("距今", "fall of at least"), Unit.FRACTION),
        ("upper", Text("点位上沿", "from"), Unit.POINTS),
        ("lower", Text("点位下沿", "down to"), Unit.POINTS),
        _CONTRACTS,
        _NOTIONAL,
        ("cumulative_yuan", Text("累计", "cumulative"), Unit.YUAN),
        ("released_futures", Text("敲入后减持（手）", "futures released"), Unit.COUNT),
        _OF_VOLUME,
    ]
    _print(rows, headings, opened, style=style, lang=lang)
    tell_findings(knock_in_pressure(rows, opened.market.session, opened.grade), lang)


def hedge(
    contracts: ContractsArgument,
    market: MarketOption = None,
    lowest: Annotated[str, typer.Option("--from", metavar="PERCENT", help="The largest fall of the index.")] = "-15%",
    highest: Annotated[str, typer.Option("--to", metavar="PERCENT", help="The largest rise.")] = "10%",
    step: Annotated[str, typer.Option("--step", metavar="PERCENT", help="Between two moves.")] = "1%",
    scale: ScaleOption = "100%",
    shift: ShiftOption = "0%",
    lake: LakeOption = DEFAULT_LAKE,
    as_of: AsOfOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show which futures hedging buys or sells for each move of the index, before and after knock-ins.

    Examples:

      rongheng snowball hedge contracts.csv --market market.yaml

      rongheng snowball hedge illustrative --market market.yaml --from -20% --step 2% --format csv
    """
    from rongheng.desk.snowball import hedge_snowballs

    opened = open_(contracts, market, None, scale, shift, on=(lake, as_of))
    bounds = (_points(lowest, "--from"), _points(highest, "--to"), _points(step, "--step", least=1))
    headings: list[Heading] = [
        _INDEX,
        ("move", Text("涨跌", "move"), Unit.FRACTION),
        ("level", Text("点位", "level"), Unit.POINTS),
        ("hedge_before", Text("对冲：敲入前（手）", "hedge before"), Unit.COUNT),
        ("hedge_after", Text("敲入后（手）", "hedge after"), Unit.COUNT),
        ("flow_before", Text("买卖：敲入前（手）", "flow before"), Unit.COUNT),
        ("flow_after", Text("敲入后（手）", "flow after"), Unit.COUNT),
        ("knocked_in_yuan", Text("敲入本金", "knocked in"), Unit.YUAN),
        _OF_VOLUME,
    ]
    _print(hedge_snowballs(opened, *bounds), headings, opened, style=style, lang=lang)


def replay(
    contracts: ContractsArgument,
    market: MarketFileOption,
    path: Annotated[
        list[Path] | None,
        typer.Option("--path", metavar="FILE", help="Daily bars of an index; may be given again.", show_default=False),
    ] = None,
    lake: Annotated[
        Path | None, typer.Option("--lake", help="A lake that has them instead.", show_default=False)
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The last session; the path's if left out.")
    ] = None,
    scale: ScaleOption = "100%",
    shift: ShiftOption = "0%",
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Replay closes over a book: who knocks in or out on each day, and what the hedge trades.

    The market is that of the session before the path; volatility and carry stay as they are there.

    Examples:

      rongheng snowball replay illustrative --market 2023-12-29.yaml --path sh000905.csv --path sh000852.csv

      rongheng snowball replay contracts.csv --market market.yaml --lake lake --to 2024-02-29 --format csv
    """
    from rongheng.cli.lists import tell_findings
    from rongheng.desk.snowball import replay_snowballs
    from rongheng.findings.snowball import knock_in_days

    opened = open_(contracts, market, None, scale, shift)
    rows = replay_snowballs(opened, files=path or (), lake=lake, last=parse_date(last, option="--to"))
    headings: list[Heading] = [
        ("session", Text("交易日", "session"), Unit.DATE),
        _INDEX,
        ("close", Text("收盘", "close"), Unit.POINTS),
        ("knocked_in", Text("敲入", "knocked in"), Unit.COUNT),
        ("knocked_in_yuan", Text("敲入本金", "their notional"), Unit.YUAN),
        ("knocked_out", Text("敲出", "knocked out"), Unit.COUNT),
        ("waiting_yuan", Text("未敲入存量", "not knocked in"), Unit.YUAN),
        _HEDGE,
        ("flow_futures", Text("当日买卖（手）", "traded that day"), Unit.COUNT),
        _OF_VOLUME,
    ]
    _print(rows, headings, opened, style=style, lang=lang)
    tell_findings(knock_in_days(rows), lang)


_TAKEN = "valued on {session}: realised volatility of 60 and 243 sessions, carry of futures, a rate of {rate:.0%}"
_INDEX = ("index", Text("指数", "index"), Unit.TEXT)
_CONTRACTS = ("contracts", Text("合约数", "contracts"), Unit.COUNT)
_NOTIONAL = ("notional_yuan", Text("名义本金", "notional"), Unit.YUAN)
_HEDGE = ("hedge_futures", Text("对冲（手）", "hedge, contracts"), Unit.COUNT)
_OF_VOLUME = ("of_volume", Text("占日均成交", "of a day's volume"), Unit.FRACTION)


def _print(rows: pl.DataFrame, headings: list[Heading], opened: Opened, *, style: Format, lang: Lang) -> None:
    about = {"as_of": opened.market.session, "grade": opened.grade.value}
    marked = [row | about | {"as_of": row.get("session", about["as_of"])} for row in rows.iter_rows(named=True)]
    print_rows(marked, [*headings, ("grade", Text("级别", "grade"), Unit.TEXT)], style=style, lang=lang)
    tell_problems(opened.contracts.problems)


def _points(typed: str, option: str, *, least: int | None = None) -> int:
    """Return a percentage in basis points, refused where it is under the least that makes sense."""
    found = parse_percent(typed, option=option)
    if least is not None and found < least:
        raise UsageError(f"{option} {typed}: expected more than 0%.")
    return found


def _share(typed: str, option: str, *, least: int | None = None) -> float:
    return _points(typed, option, least=least) / 10_000


def open_(
    contracts: Path,
    market: Path | None,
    discounting: str | None,
    scale: str = "100%",
    shift: str = "0%",
    *,
    on: tuple[Path, str | None] | None = None,
) -> Opened:
    """Return the contracts and their market, from a file or a lake's session; or say which word is wrong."""
    from rongheng.desk.snowball import open_on_a_session, open_snowballs
    from rongheng.market.derivatives.snowball import Discounting

    words = [word.value for word in Discounting]
    if discounting is not None and discounting not in words:
        raise UsageError(f"--discounting {discounting}: expected one of {', '.join(words)}.")
    convention = None if discounting is None else Discounting(discounting)
    times, moved = _share(scale, "--scale", least=1), _share(shift, "--shift")
    if market is not None:
        if on is not None and on[1] is not None:
            raise UsageError(f"--market {market} says its own session; leave --as-of out.")
        return open_snowballs(contracts, market, discounting=convention, scale=times, shift=moved)
    assert on is not None, "without a file of the market, a lake says it"
    lake, as_of = on
    session = parse_date(as_of, option="--as-of")
    opened = open_on_a_session(
        contracts, open_lake(lake), as_of=session, discounting=convention, scale=times, shift=moved
    )
    say(_TAKEN.format(session=opened.market.session, rate=opened.market.rate), None)
    return opened


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
    about = {
        "discounting": opened.market.discounting.value,
        "as_of": opened.market.session,
        "grade": opened.grade.value,
    }
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
