"""``rongheng cascade``: a shock, the sales that it forces, what they do to prices, and so on until it settles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.text import Text
from rongheng.cli.options import Format, FormatOption, Lang, LangOption
from rongheng.cli.output import print_rows, say
from rongheng.cli.stress import SHOWN, MarksArgument, TraitsOption, in_units

if TYPE_CHECKING:
    from rongheng.account.stress import Scenario
    from rongheng.desk.cascade import CascadedBook

SPREADS = ("pro_rata", "most_liquid")


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("cascade")(cascade_)


def cascade_(
    marks: MarksArgument,
    shock: Annotated[
        str | None, typer.Option(metavar="MOVE", help="A uniform move, such as -10%.", show_default=False)
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Or a scenario, as for rongheng stress.", show_default=False),
    ] = None,
    impact: Annotated[
        str, typer.Option(metavar="MODEL|FILE", help="Of sales on prices: square-root, linear, or a YAML file.")
    ] = "square-root",
    days: Annotated[int, typer.Option(help="Sessions after the shock that are followed at most.")] = 5,
    spread: Annotated[str, typer.Option(help=f"How an account sells: {', '.join(SPREADS)} first.")] = SPREADS[0],
    crowd: Annotated[int, typer.Option(help="How many books like this one sell at once, this one among them.")] = 1,
    traits: TraitsOption = None,
    table: Annotated[str, typer.Option(help="What is printed: rounds, sessions, securities, summary.")] = "rounds",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A folder for all tables.", show_default=False)
    ] = None,
    filled: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also write the book as the sales leave it.", show_default=False),
    ] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Follow a shock through forced sales and their impact on prices, round by round, until it settles.

    The sales go out in the sessions after the shock, at the price that all of them lead to; a security at its lower
    limit takes no more that day. Accounts under their line before the shock sell only what it adds. The model of impact
    is an estimate: the table summary shows half of it and twice of it too.

    Examples:

      rongheng cascade out --shock=-20%

      rongheng cascade out --scenario limit_down_3 --impact linear --crowd 20 --table summary

      rongheng cascade out --shock=-30% --days 10 --spread most_liquid --out cascaded --format json
    """
    from rongheng.account.stress.cascade import Spread
    from rongheng.account.stress.impact import find_impact
    from rongheng.basics.errors import UsageError
    from rongheng.desk.cascade import TABLES, CascadeTerms, cascade_book

    if table not in TABLES:
        raise UsageError(f"--table {table}: expected one of {', '.join(TABLES)}.")
    if spread not in SPREADS:
        raise UsageError(f"--spread {spread}: expected one of {', '.join(SPREADS)}.")
    book = cascade_book(
        marks,
        _shock(shock, scenario),
        CascadeTerms(find_impact(impact), sessions=days, spread=Spread(spread), crowd=crowd),
        traits=traits,
        out=out,
        filled=filled,
        say=(lambda _: None) if quiet else (lambda phrase: say(phrase, "cascade")),
    )
    _print(book, table, style=style, lang=lang)
    for remark in _remarks(book):
        say(remark, None)


def _shock(move: str | None, named: str | None) -> Scenario:
    """Return the one scenario that was asked for."""
    from rongheng.account.stress import Scenario, find_scenarios
    from rongheng.basics.errors import UsageError
    from rongheng.cli.options import parse_percent

    if (move is None) == (named is None):
        raise UsageError("Give either --shock or --scenario: a cascade starts from one shock.")
    if named is None:
        return Scenario.uniform(parse_percent(move or "", option="--shock"))
    found = find_scenarios([named])
    if len(found) > 1:
        raise UsageError(f"{named} holds {len(found)} scenarios; a cascade starts from one. Give its name or its file.")
    return found[0]


def _print(book: CascadedBook, table: str, *, style: Format, lang: Lang) -> None:
    frame = getattr(book, table)
    shown = frame.head(SHOWN) if style is Format.TABLE else frame
    about = {"as_of": book.session, "grade": book.grade.value}
    whole = style is Format.TABLE  # which shows prices from whole milli-yuan
    rows = [(row if whole else {}) | in_units(row) | about for row in shown.iter_rows(named=True)]
    print_rows(rows, _headings(table), style=style, lang=lang)
    if shown.height < frame.height:
        say(f"the first {shown.height} of {frame.height:,} rows; --format csv or --out for all", None)


def _remarks(book: CascadedBook) -> list[str]:
    found, impact = book.found, book.terms.impact
    amplified = found.amplification_bp
    remarks = [
        f"impact {impact.key}: {impact.fall_ppm / 10_000:g}% for one day's volume ({impact.working}), "
        f"confidence {impact.confidence}"
    ]
    if amplified is not None:
        remarks.append(f"the whole loss is {amplified / 10_000:.4f} times that of the shock")
    if not found.is_settled:
        remarks.append(f"not settled after {len(found.sessions)} sessions; --days follows more of them")
    counted = {
        "accounts are under their line before the shock; they sell only what it adds": found.called_before,
        "securities are sold whose average volume is not known; no impact is reckoned": found.without_average,
        "accounts are beyond the bounds and left out": found.beyond_accounts,
        "securities move as they moved then": found.replayed,
        "securities have no beta that is known; they move as the index does": found.defaulted,
    }
    return remarks + [f"{count:,} {what}" for what, count in counted.items() if count]


def _headings(table: str) -> list[Any]:
    from rongheng.basics.units import Unit

    if table == "securities":
        return [
            ("security", Text("证券", "security"), Unit.TEXT),
            ("before_milli", Text("原价", "price before"), Unit.MILLI),
            ("shocked_milli", Text("冲击价", "after the shock"), Unit.MILLI),
            ("after_milli", Text("终价", "in the end"), Unit.MILLI),
            ("fall", Text("强平跌幅", "fall by the sales"), Unit.FRACTION),
            ("sold_shares", Text("卖出股数", "sold"), Unit.SHARES),
            ("days_of_volume", Text("占日均成交量", "days of volume"), Unit.TIMES),
            ("sessions_at_limit", Text("跌停日数", "sessions at the limit"), Unit.COUNT),
            ("grade", Text("级别", "grade"), Unit.TEXT),
        ]
    if table == "sessions":
        return [
            ("number", Text("交易日", "session"), Unit.COUNT),
            ("rounds", Text("轮数", "rounds"), Unit.COUNT),
            ("at_limit", Text("跌停证券", "at their limit"), Unit.COUNT),
            ("sold", Text("卖出", "sold"), Unit.YUAN),
            ("costs", Text("费用", "costs"), Unit.YUAN),
            ("repaid", Text("卖券还款", "repaid"), Unit.YUAN),
            ("repaid_from_cash", Text("现金还款", "repaid from cash"), Unit.YUAN),
            ("kept", Text("结余现金", "kept as cash"), Unit.YUAN),
            ("left", Text("未卖出", "left to sell"), Unit.YUAN),
            ("grade", Text("级别", "grade"), Unit.TEXT),
        ]
    if table == "summary":
        return [
            ("impact", Text("冲击", "impact"), Unit.TEXT),
            ("sessions", Text("交易日数", "sessions"), Unit.COUNT),
            ("rounds", Text("轮数", "rounds"), Unit.COUNT),
            ("amplification", Text("放大倍数", "amplification"), Unit.TIMES),
            ("sold", Text("卖出", "sold"), Unit.YUAN),
            ("at_limit", Text("曾跌停证券", "once at their limit"), Unit.COUNT),
            ("left", Text("未卖出", "left to sell"), Unit.YUAN),
            ("shortfall", Text("穿仓金额", "bad debt"), Unit.YUAN),
            ("grade", Text("级别", "grade"), Unit.TEXT),
        ]
    return [
        ("session", Text("交易日", "session"), Unit.COUNT),
        ("number", Text("轮次", "round"), Unit.COUNT),
        ("fall", Text("担保证券跌幅", "fall of what is held"), Unit.FRACTION),
        ("called_accounts", Text("平仓线下账户", "accounts under the liquidation line"), Unit.COUNT),
        ("called_debt", Text("其负债", "their debt"), Unit.YUAN),
        ("asked", Text("须卖出", "must be sold"), Unit.YUAN),
        ("at_limit", Text("跌停证券", "at their limit"), Unit.COUNT),
        ("shortfall_accounts", Text("穿仓账户", "accounts short of collateral"), Unit.COUNT),
        ("shortfall", Text("穿仓金额", "bad debt"), Unit.YUAN),
        ("grade", Text("级别", "grade"), Unit.TEXT),
    ]
