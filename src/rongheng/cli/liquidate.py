"""``rongheng liquidate``: forced sales planned from a folder of marks, and the orders for the counter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.account_words import State
from rongheng.basics.text import Text
from rongheng.cli.options import Format, FormatOption, Lang, LangOption
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from rongheng.desk.forced_sales import ForcedSales

ORDERS = ("policy", "most_liquid", "largest", "least_impact", "financed_first", "losers_first")


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("liquidate")(liquidate_)


def liquidate_(
    marks: Annotated[Path, typer.Argument(help="The folder that rongheng mark left.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for orders, outcomes and what is unsold.")],
    account: Annotated[
        list[str] | None, typer.Option(help="An account; may be given several times.", show_default=False)
    ] = None,
    accounts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="One account a line, or CSV with account_id and target.", show_default=False),
    ] = None,
    state: Annotated[
        State | None,
        typer.Option(help="Every account in this state or a graver one.", show_default=False, case_sensitive=False),
    ] = None,
    order: Annotated[str, typer.Option(help=f"What goes first: {', '.join(ORDERS)}.")] = "policy",
    participation: Annotated[
        str, typer.Option(metavar="PERCENT", help="Share of a security's average daily amount sold at most.")
    ] = "10%",
    discount: Annotated[
        str, typer.Option(metavar="PERCENT", help="How far under the last price sales are planned.")
    ] = "0%",
    encoding: Annotated[str, typer.Option(help="Of the CSV files: utf-8-sig or gb18030.")] = "utf-8-sig",
    filled: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also write the book as it is once all is filled.", show_default=False),
    ] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Plan forced sales: cash first, shorts bought back, then the least lots that restore each account's target.

    The accounts share a day's room in each security, the lowest maintenance ratio first. What the market does not take
    today is carried to the next session, and a debt that no sale covers is named with its amount.

    Examples:

      rongheng liquidate out --state liquidation --out plan

      rongheng liquidate out --account A-17 --order least_impact --participation 5% --out plan --format json
    """
    from rongheng.account.liquidation import SaleOrder, SaleTerms
    from rongheng.basics.errors import UsageError
    from rongheng.cli.options import parse_percent
    from rongheng.desk.forced_sales import Chosen, liquidate_book

    if order not in ORDERS:
        raise UsageError(f"--order {order}: expected one of {', '.join(ORDERS)}.")
    sales = liquidate_book(
        marks,
        out,
        chosen=Chosen(tuple(account or ()), accounts, state),
        order=SaleOrder(order),
        terms=SaleTerms(
            participation_bp=parse_percent(participation, option="--participation"),
            discount_bp=parse_percent(discount, option="--discount"),
        ),
        encoding=encoding,
        filled=filled,
        say=(lambda _: None) if quiet else (lambda phrase: say(phrase, "liquidate")),
    )
    print_sales(sales, style=style, lang=lang)
    if sales.unknown_turnover:
        say(f"{sales.unknown_turnover} sales have no limit by turnover: their average amount is not known", None)


def print_sales(sales: ForcedSales, *, style: Format, lang: Lang) -> None:
    """Print how the accounts end: a table of totals by outcome, or every account as JSON or CSV."""
    from rongheng.basics.units import Unit

    if style is not Format.TABLE:
        rows = [_plain(row, sales) for row in sales.outcomes.iter_rows(named=True)]
        print_rows(rows, [("account_id", Text("账户", "account"), Unit.TEXT)], style=style, lang=lang)
        return
    headings = [
        ("outcome", Text("结果", "outcome"), Unit.TEXT),
        ("accounts", Text("账户数", "accounts"), Unit.COUNT),
        ("debt_before", Text("处置前负债", "debt before"), Unit.YUAN),
        ("cash_repaid", Text("现金还款", "repaid from cash"), Unit.YUAN),
        ("sold", Text("卖出", "sold"), Unit.YUAN),
        ("bought", Text("买券还券", "bought back"), Unit.YUAN),
        ("costs", Text("费用", "costs"), Unit.YUAN),
        ("remainder", Text("结转待卖", "carried"), Unit.YUAN),
        ("bad_debt", Text("预计坏账", "bad debt"), Unit.YUAN),
        ("grade", Text("级别", "grade"), Unit.TEXT),
    ]
    print_rows(_totals(sales, lang), headings, style=style, lang=lang)


_OUTCOMES = {
    "reached": Text("达到目标", "target reached"),
    "paid": Text("债务还清", "debt paid"),
    "carried": Text("结转次日", "carried over"),
    "exhausted": Text("已无可卖", "nothing left to sell"),
}


def _totals(sales: ForcedSales, lang: Lang) -> list[dict[str, Any]]:
    names = ("debt_before", "cash_repaid", "sold", "bought", "costs", "remainder", "bad_debt")
    rows = []
    for outcome, label in _OUTCOMES.items():
        part = sales.outcomes.filter(sales.outcomes["outcome"] == outcome)
        if part.height:
            money = {name: (part[f"{name}_milli"].sum() or 0) / 1000 for name in names}
            rows.append(
                {"outcome": label.in_(lang.value), "accounts": part.height, **money, "grade": sales.grade.value}
            )
    return rows


def _plain(row: dict[str, Any], sales: ForcedSales) -> dict[str, Any]:
    plain = {name.removesuffix("_milli").removesuffix("_bp"): _scaled(name, value) for name, value in row.items()}
    return plain | {"as_of": sales.session, "grade": sales.grade.value}


def _scaled(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_milli"):
        return value / 1000
    return value / 10_000 if name.endswith("_bp") else value
