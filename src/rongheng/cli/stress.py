"""``rongheng stress``: what a marked book comes to if prices fall."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.text import Text
from rongheng.cli.options import Format, FormatOption, Lang, LangOption
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from rongheng.desk.stress import StressedBook

MarksArgument = Annotated[Path, typer.Argument(help="The folder that rongheng mark left.")]
TraitsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Betas, industries, past moves: rongheng day traits.", show_default=False),
]
SHOWN = 50  # rows of a long table; the other formats and --out have all of them


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("stress")(stress_)


def stress_(
    marks: MarksArgument,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE", help="A scenario that ships, or a YAML file; may be given again.", show_default=False
        ),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(metavar="MOVES", help="Uniform moves, such as -10%,-20%,-30%.", show_default=False),
    ] = None,
    reverse: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="Search the smallest fall of all, index, board=NAME, industry=NAME, group=NAME or security=CODE.",
            show_default=False,
        ),
    ] = None,
    called_debt: Annotated[
        str | None,
        typer.Option(metavar="PERCENT", help="With --reverse: of all debt, under the line.", show_default=False),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="With --reverse: what collateral does not cover.", show_default=False),
    ] = None,
    traits: TraitsOption = None,
    table: Annotated[str, typer.Option(help="totals, lines, sales, clients, removals or margins.")] = "totals",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A folder for all tables.", show_default=False)
    ] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Run scenarios over a marked book: accounts and debt under each line, cash needed, forced sales, shortfall.

    Each scenario is a full mark of every indebted account at its prices. Without --scenario and --grid, every scenario
    that ships is run. With --reverse the smallest fall is searched that puts so much of the debt under the liquidation
    line, or so much of it beyond the collateral; the fall is shown beside the one a basis point before.

    Two tables are of today's book, whatever is run: clients that falls of 30 % and 50 % leave short of collateral, and
    the ten securities whose loss would bring most debt under the line. Scenarios that change haircuts, the financing
    ratio or the rate move no price; the table margins shows what they leave to finance and to withdraw.

    Examples:

      rongheng stress out

      rongheng stress out --grid=-10%,-20%,-30% --table lines --format json

      rongheng stress out --scenario fall_30 --scenario mine.yaml --traits betas.csv --out stressed

      rongheng stress out --reverse index --called-debt 10% --traits betas.csv
    """
    from rongheng.basics.errors import UsageError
    from rongheng.cli.options import parse_percent
    from rongheng.desk.stress import TABLES, stress_book

    if table not in TABLES:
        raise UsageError(f"--table {table}: expected one of {', '.join(TABLES)}.")
    if reverse is not None and (scenario or grid):
        raise UsageError("--reverse searches a fall; give it without --scenario and --grid.")
    talk = (lambda _: None) if quiet else (lambda phrase: say(phrase, "stress"))
    if reverse is not None:
        book = _reversed(marks, reverse, called_debt, loss, traits=traits, out=out, talk=talk)
        _print(book, table, style=style, lang=lang)
        return
    if called_debt or loss:
        raise UsageError("--called-debt and --loss are targets of --reverse; name what falls, such as --reverse all.")
    book = stress_book(
        marks,
        asked=scenario or (),
        falls_bp=[parse_percent(move, option="--grid") for move in grid.split(",")] if grid else (),
        traits=traits,
        out=out,
        say=talk,
    )
    _print(book, table, style=style, lang=lang)


def _reversed(
    marks: Path,
    what: str,
    called_debt: str | None,
    loss: str | None,
    *,
    traits: Path | None,
    out: Path | None,
    talk: Callable[[str], None],
) -> StressedBook:
    from rongheng.account.stress.reverse import Shock, Target
    from rongheng.cli.options import parse_money, parse_percent
    from rongheng.desk.stress import reverse_book

    target = Target(
        called_debt_bp=None if called_debt is None else parse_percent(called_debt, option="--called-debt"),
        shortfall_milli=parse_money(loss, option="--loss"),
    )
    found = reverse_book(marks, target, shock=Shock.parse(what), traits=traits, out=out, say=talk)
    if found.fall_bp is None:
        say("not even a fall of 100% reaches that; what it comes to is shown", None)
    if not found.is_steady:
        say("a deeper fall does not always do more harm to this book; a smaller one may reach too", None)
    return found.book


def _print(book: StressedBook, table: str, *, style: Format, lang: Lang) -> None:
    _print_table(book, table, style=style, lang=lang)
    totals = book.totals
    if most := max(totals["by_default_beta_securities"]):
        say(f"up to {most:,} securities have no beta that is known; they move as the index does", None)
    for row in totals.filter(totals["by_own_past_securities"] > 0).iter_rows(named=True):
        say(f"{row['name_en']}: {row['by_own_past_securities']:,} securities move as they did themselves", None)


def _print_table(book: StressedBook, table: str, *, style: Format, lang: Lang) -> None:
    frame = getattr(book, table)
    shown = frame.head(SHOWN) if style is Format.TABLE else frame
    rows = [in_units(row) | {"as_of": book.session, "grade": book.grade.value} for row in shown.iter_rows(named=True)]
    print_rows(rows, _headings(table, lang), style=style, lang=lang)
    if shown.height < frame.height:
        say(f"the first {shown.height} of {frame.height:,} rows; --format csv or --out for all", None)


def in_units(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with money in yuan, ratios as fractions and days as days, the unit gone from the name."""
    scales = {"_milli": 1_000, "_bp": 10_000, "_hundredths": 100}
    plain: dict[str, Any] = {}
    for name, value in row.items():
        unit = next((unit for unit in scales if name.endswith(unit)), "")
        plain[name.removesuffix(unit)] = value / scales[unit] if unit and value is not None else value
    return plain


def _headings(table: str, lang: Lang) -> list[Any]:
    from rongheng.basics.units import Unit

    if table == "sales":
        return [
            ("scenario", Text("情景", "scenario"), Unit.TEXT),
            ("security", Text("证券", "security"), Unit.TEXT),
            ("sale", Text("强制卖出", "forced sales"), Unit.YUAN),
            ("days_of_volume", Text("占日均成交额", "days of volume"), Unit.TIMES),
            ("share_of_float", Text("占流通市值", "share of float"), Unit.FRACTION),
        ]
    if table == "clients":
        return [
            ("account_id", Text("账户", "account"), Unit.TEXT),
            ("policy", Text("适用政策", "policy"), Unit.TEXT),
            ("debt", Text("负债", "debt"), Unit.YUAN),
            ("shortfall_fall_30", Text("跌30%穿仓", "short after −30 %"), Unit.YUAN),
            ("shortfall_fall_50", Text("跌50%穿仓", "short after −50 %"), Unit.YUAN),
        ]
    if table == "removals":
        return [
            ("security", Text("证券", "security"), Unit.TEXT),
            ("value", Text("有负债账户持有", "held by the indebted"), Unit.YUAN),
            ("called_accounts_more", Text("新增平仓线下账户", "accounts more under the line"), Unit.COUNT),
            ("called_debt_more", Text("新增线下负债", "debt more under the line"), Unit.YUAN),
            ("shortfall_more", Text("新增穿仓", "shortfall more"), Unit.YUAN),
        ]
    named = (f"name_{lang.value}", Text("情景", "scenario"), Unit.TEXT)
    if table == "margins":
        return [
            named,
            ("short_of_margin_accounts", Text("保证金不足账户", "accounts short of margin"), Unit.COUNT),
            ("available_margin", Text("保证金可用余额", "available margin"), Unit.YUAN),
            ("may_finance", Text("尚可融资", "may still finance"), Unit.YUAN),
            ("withdrawable", Text("可提取现金", "withdrawable cash"), Unit.YUAN),
            ("interest_a_year", Text("年利息", "interest a year"), Unit.YUAN),
        ]
    if table == "lines":
        return [
            named,
            ("line", Text("线", "line"), Unit.TEXT),
            ("accounts", Text("线下账户", "accounts under it"), Unit.COUNT),
            ("debt", Text("线下负债", "debt under it"), Unit.YUAN),
        ]
    return [
        named,
        ("called_accounts", Text("平仓线下账户", "accounts under the liquidation line"), Unit.COUNT),
        ("called_debt", Text("其负债", "their debt"), Unit.YUAN),
        ("cash_needed", Text("需追加现金", "cash needed"), Unit.YUAN),
        ("forced_sales", Text("或强制卖出", "or forced sales"), Unit.YUAN),
        ("shortfall_accounts", Text("穿仓账户", "accounts short of collateral"), Unit.COUNT),
        ("shortfall", Text("穿仓金额", "shortfall"), Unit.YUAN),
        ("grade", Text("级别", "grade"), Unit.TEXT),
    ]
