"""``rongheng book carry``: a book carried over corporate actions to a later session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.books import (
    BookArgument,
    BookDateOption,
    PolicyOption,
    QueryOption,
    parse_queries,
    print_problems,
    say_renamed,
)
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesOption, parse_date
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    import polars as pl

_WHAT = {
    "dividend_due": Text("应收红利（未到账不计）", "dividends on their way (not counted yet)"),
    "dividend_paid": Text("红利到账", "dividends paid"),
    "bonus_due": Text("送转股在途（未上市不计）", "bonus shares on their way (not counted yet)"),
    "rights_subscribed": Text("配股认购", "rights subscribed"),
    "shares_listed": Text("新增股份上市", "new shares listed"),
    "contract_adjusted": Text("融资合约数量调整", "quantity of financed shares"),
    "short_adjusted": Text("融券合约数量调整", "quantity of borrowed shares"),
    "compensation_owed": Text("融券权益补偿", "compensation owed on borrowed shares"),
    "split": Text("拆分合并", "splits and mergers"),
}


def carry(
    book: BookArgument,
    to: Annotated[str, typer.Option(metavar="DATE", help="The session to which the book is carried.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the carried book.")],
    actions: Annotated[
        Path | None, typer.Option(help="The file of corporate actions, .csv or .parquet.", show_default=False)
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The ledger whose payments come into the book.", show_default=False),
    ] = None,
    policy: PolicyOption = None,
    own: RulesOption = None,
    subscriptions: Annotated[
        Path | None,
        typer.Option(help="Rights that accounts take: account_id, security, quantity.", show_default=False),
    ] = None,
    entitlements: Annotated[
        Path | None,
        typer.Option(help="What an earlier carrying left on its way; the file beside the book if left out."),
    ] = None,
    kernel: Annotated[
        bool, typer.Option("--kernel", help="Write the kernel form, which is ready at once, instead of Parquet tables.")
    ] = False,
    session: BookDateOption = None,
    query: QueryOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Carry a book to a later session: over ex-dates (dividends, bonus and rights shares, splits), with what was paid.

    The file has security, ex_date, and what ten shares bring: cash_per_10, bonus_per_10, rights_per_10 with
    rights_price_milli, or a split such as 1:2; pay_date and list_date where they differ from the ex-date. What is on
    its way is kept beside the book, what changed for whom in actions_report.parquet. With --ledger, the payments that
    the book does not hold yet come in, each once: cash, other collateral, repayments by the policy's order.

    Examples:

      rongheng book carry book --actions actions.csv --to 2024-06-20 --out book2

      rongheng book carry book --to 2024-06-20 --ledger ledger.db --out book2
    """
    from rongheng.desk.carry import carry_book
    from rongheng.desk.ledger import Ledger

    when = parse_date(to, option="--to")
    assert when is not None, "the option is required"
    done = carry_book(
        book,
        out,
        to=when,
        actions=actions,
        subscriptions=subscriptions,
        entitlements=entitlements,
        ledger=Ledger.open(ledger) if ledger else None,
        policy=policy,
        rules=own or (),
        kernel=kernel,
        session=parse_date(session, option="--session"),
        queries=parse_queries(query),
    )
    carried = done.carried
    if style is Format.TABLE:
        print_problems(carried.problems, style=style, lang=lang)
    _print_changes(carried.report, style=style, lang=lang)
    say_renamed(done.book.renamed)
    if carried.problems.height:
        say(f"{carried.problems.height:,} problems; the rest is done", None)
    if done.brought is not None:
        say(f"{done.brought.paid.report.height:,} accounts have paid, by event {done.brought.through}", None)
    say(f"{done.done:,} of {done.actions:,} actions go ex by {when}", None)
    say(f"{carried.entitlements.height:,} entitlements are on their way", None)
    say(f"{out.resolve()}", None)


def _print_changes(report: pl.DataFrame, *, style: Format, lang: Lang) -> None:
    """Print for each kind of change how many accounts it reached, and what it came to."""
    import polars as pl

    counted = report.group_by("what").agg(
        pl.col("account_id").n_unique().alias("accounts"),
        pl.col("security").n_unique().alias("securities"),
        pl.col("quantity").sum().alias("shares"),
        (pl.col("amount_milli").sum() / 1_000).round(3).alias("amount"),
    )
    by_what = {row["what"]: row for row in counted.to_dicts()}
    rows: list[dict[str, Any]] = [
        by_what[what] | {"label": label.in_(lang.value)} for what, label in _WHAT.items() if what in by_what
    ]
    headings = [
        ("label", Text("变动", "change"), Unit.TEXT),
        ("accounts", Text("账户", "accounts"), Unit.COUNT),
        ("securities", Text("证券", "securities"), Unit.COUNT),
        ("shares", Text("股数", "shares"), Unit.SHARES),
        ("amount", Text("金额", "amount"), Unit.YUAN),
    ]
    if rows or style is not Format.TABLE:
        print_rows(rows, headings, style=style, lang=lang)
