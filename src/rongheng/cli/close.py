"""``rongheng close``: a book's day in order, into one dossier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.books import DayOption, PolicyOption
from rongheng.cli.calls import DEFAULT_LEDGER, ByOption, LedgerOption, WhyOption
from rongheng.cli.liquidate import ORDERS
from rongheng.cli.options import (
    Format,
    FormatOption,
    Lang,
    LangOption,
    RulesOption,
    now,
    parse_date,
    parse_money,
    parse_percent,
)
from rongheng.cli.output import print_rows, say
from rongheng.cli.stress import TraitsOption

if TYPE_CHECKING:
    from rongheng.desk.closing.close import Closed


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("close")(close_)


def close_(
    book: Annotated[Path, typer.Option("--book", help="The book of the session, or of an earlier one.")],
    session: Annotated[str, typer.Option("--session", metavar="DATE", help="The session that is closed.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The folder for the dossier; dossier-DATE if left out.", show_default=False),
    ] = None,
    ledger: LedgerOption = DEFAULT_LEDGER,
    day: DayOption = None,
    policy: PolicyOption = None,
    actions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Corporate actions since the book's session.", show_default=False),
    ] = None,
    subscriptions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rights that accounts take.", show_default=False)
    ] = None,
    net_capital: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="The broker's, to measure its own limits by.", show_default=False),
    ] = None,
    order: Annotated[str, typer.Option(help=f"What is sold first: {', '.join(ORDERS)}.")] = "policy",
    participation: Annotated[
        str, typer.Option(metavar="PERCENT", help="Share of a security's average daily amount sold at most.")
    ] = "10%",
    discount: Annotated[
        str, typer.Option(metavar="PERCENT", help="How far under the last price sales are planned.")
    ] = "0%",
    scenario: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Scenarios of your own, besides those that ship.", show_default=False),
    ] = None,
    traits: TraitsOption = None,
    by: ByOption = "rongheng close",
    why: WhyOption = "the close of the session",
    over_gaps: Annotated[
        bool, typer.Option("--over-gaps", help="Pass over sessions whose end was not judged.")
    ] = False,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Run a session's end in order (日终): carry the book, bring in payments, mark, calls, sales, scenarios, findings.

    Everything is left in one dossier that names code, rules and data by their digests. A close that was stopped goes
    on where it was when the same command is given again; one that is finished changes nothing.

    Examples:

      rongheng close --book book-0407 --session 2025-04-07 --out dossier-0407

      rongheng close --book dossier-0407/book --day day-0408 --session 2025-04-08 --out dossier-0408 --format json
    """
    from rongheng.account.liquidation import SaleOrder, SaleTerms
    from rongheng.basics.errors import UsageError
    from rongheng.desk.closing.close import close_book
    from rongheng.desk.closing.request import Request

    if order not in ORDERS:
        raise UsageError(f"--order {order}: expected one of {', '.join(ORDERS)}.")
    when = parse_date(session, option="--session")
    assert when is not None, "the option is required"
    request = Request(
        book=book,
        session=when,
        out=out or Path(f"dossier-{when}"),
        ledger=ledger,
        day=day,
        policy=policy,
        rules=tuple(own or ()),
        actions=actions,
        subscriptions=subscriptions,
        net_capital_milli=parse_money(net_capital, option="--net-capital"),
        order=SaleOrder(order),
        terms=SaleTerms(
            participation_bp=parse_percent(participation, option="--participation"),
            discount_bp=parse_percent(discount, option="--discount"),
        ),
        scenarios=tuple(scenario or ()),
        traits=traits,
        over_gaps=over_gaps,
    )
    talk = (lambda _: None) if quiet else (lambda phrase: say(phrase, "close"))
    closed = close_book(request, now=now(), by=by, why=why, say=talk)
    _print(closed, style=style, lang=lang)


def _print(closed: Closed, *, style: Format, lang: Lang) -> None:
    from rongheng.findings.calls import LABELS

    rows = [
        {
            "figure": LABELS[row["figure"]].in_(lang.value) if style is Format.TABLE else row["figure"],
            "accounts": row["accounts"],
            "amount": None if row["amount_milli"] is None else row["amount_milli"] / 1000,
            "as_of": row["session"],
            "grade": row["grade"],
        }
        for row in closed.figures
    ]
    headings = [
        ("figure", Text("项目", "figure"), Unit.TEXT),
        ("accounts", Text("账户数", "accounts"), Unit.COUNT),
        ("amount", Text("金额", "amount"), Unit.YUAN),
        ("grade", Text("级别", "grade"), Unit.TEXT),
    ]
    title = Text(f"{rows[0]['as_of']} 日终", f"The close of {rows[0]['as_of']}").in_(lang.value)
    print_rows(rows, headings, style=style, lang=lang, title=title)
    if closed.is_repeat:
        say("this session had been closed into this dossier before: nothing was changed", None)
    say(f"{closed.dossier.resolve()}", None)
