"""``rongheng check-order``: whether an order may go out, with every rule that speaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.account_words import Business
from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesOption, parse_date, parse_money
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from rongheng.account.orders import Verdict
    from rongheng.desk.orders import Against

REFUSED = 1  # the exit code of an order that is refused: an answer, not an error


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("check-order")(check_order_)


def check_order_(
    book: Annotated[Path, typer.Argument(help="A book: a folder of tables, a converted book, or a workbook.")],
    account: Annotated[str | None, typer.Option(help="The account's id.", show_default=False)] = None,
    business: Annotated[
        Business | None, typer.Option(help="What the order asks for.", show_default=False, case_sensitive=False)
    ] = None,
    security: Annotated[str | None, typer.Option(help="The security, such as 600000.SH.", show_default=False)] = None,
    quantity: Annotated[int, typer.Option(help="How many shares.")] = 0,
    price: Annotated[
        str | None, typer.Option(metavar="YUAN", help="The limit price; at market if left out.", show_default=False)
    ] = None,
    amount: Annotated[
        str | None, typer.Option(metavar="YUAN", help="The cash of a withdrawal or a repayment.", show_default=False)
    ] = None,
    contract: Annotated[
        str | None, typer.Option(metavar="ID", help="The contract that is rolled over.", show_default=False)
    ] = None,
    due: Annotated[
        str | None, typer.Option(metavar="DATE", help="Until when a contract is to run.", show_default=False)
    ] = None,
    day: Annotated[
        Path | None, typer.Option(help="The market day's folder; the one beside the book if left out.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="Check by this policy, whatever the book names.", show_default=False)
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="DATE", help="The book's date, where the book does not say it.")
    ] = None,
    net_capital: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT",
            help="The broker's net capital, such as 250亿元, for the limits on one client.",
            show_default=False,
        ),
    ] = None,
    lendable: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV with security, quantity: what can be lent.", show_default=False),
    ] = None,
    orders: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check a file of orders instead (.parquet, .csv).", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where their answers go.", show_default=False)
    ] = None,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Say whether an order may go out: every rule that speaks, the largest that may, and what would make it pass.

    Ends with 0 when every order is allowed and with 1 when one is refused. A file has the columns of the table of
    orders: account_id, business, security, quantity, price_milli, amount_milli, contract_id, due.

    Examples:

      rongheng check-order book --account A-17 --business financing_buy --security 600000.SH --quantity 100 --price 9.87

      rongheng check-order book --account A-17 --business withdrawal --amount 50_000

      rongheng check-order book --orders orders.csv --out answers.csv
    """
    from rongheng.account.orders import Order
    from rongheng.desk.orders import Against, check_one

    against = Against(
        book=book,
        day=day,
        session=parse_date(session, option="--session"),
        policy=policy,
        rules=own or (),
        lendable=lendable,
        net_capital_milli=parse_money(net_capital, option="--net-capital"),
    )
    talk = (lambda _: None) if quiet else (lambda phrase: say(phrase, "check-order"))
    if orders is not None:
        all_allowed = _check_orders(orders, out, against, style=style, lang=lang, talk=talk)
        raise typer.Exit(0 if all_allowed else REFUSED)
    if account is None or business is None:
        raise UsageError("An order names its account and its business; give --account and --business, or --orders.")
    order = Order(
        business=business,
        account_id=account,
        security=security,
        quantity=quantity,
        price_milli=parse_money(price, option="--price"),
        amount_milli=parse_money(amount, option="--amount") or 0,
        contract_id=contract,
        due=parse_date(due, option="--due"),
    )
    verdict = check_one(order, against, say=talk)
    if verdict.order.security != security:
        say(f"{security} is read as {verdict.order.security}, which it has become", None)
    print_verdict(verdict, style=style, lang=lang)
    raise typer.Exit(0 if verdict.allowed else REFUSED)


def _check_orders(
    orders: Path, out: Path | None, against: Against, *, style: Format, lang: Lang, talk: Callable[[str], None]
) -> bool:
    """Check a file of orders and print how many each check refuses; say whether every order is allowed."""
    from rongheng.account.orders import Check
    from rongheng.account.orders.checks import ABOUT
    from rongheng.basics.units import Unit
    from rongheng.desk.orders import check_file, problems_beside

    if out is None:
        raise UsageError("Where do the answers go? Give --out, such as answers.parquet.")
    answers = check_file(orders, out, against, say=talk)
    rows = [
        {"check": name, "orders": count}
        | {f"label_{key}": ABOUT[Check[name.upper()]].label.in_(key) for key in ("zh", "en")}
        for name, count in answers.counts().iter_rows()
    ]
    headings = [
        ("check", Text("检查", "check"), Unit.TEXT),
        (f"label_{lang.value}", Text("名称", "what it is"), Unit.TEXT),
        ("orders", Text("拒绝笔数", "orders refused"), Unit.COUNT),
    ]
    print_rows(rows, headings, style=style, lang=lang)
    allowed = int(answers.frame["allowed"].sum())
    refused, unanswered = answers.frame.height - allowed, answers.frame["allowed"].null_count()
    parts = f"allowed {allowed:,} + refused {refused - unanswered:,} + Problems {unanswered:,}"
    say(f"orders {answers.frame.height:,} = {parts}", None)
    if unanswered:
        say(f"the Problems are in {problems_beside(out)}", None)
    return refused == 0


def print_verdict(verdict: Verdict, *, style: Format, lang: Lang) -> None:
    """Print every rule that speaks, those that refuse first; the answer itself goes above a table."""
    from rongheng.account.orders.verdict import OUTCOMES, Outcome
    from rongheng.basics.units import Unit

    lines = sorted(verdict.lines, key=lambda line: line.outcome is not Outcome.REFUSED)
    rows: list[dict[str, Any]] = [
        {
            "check": line.check.name.lower(),
            "outcome": line.outcome.value,
            "outcome_zh": OUTCOMES[line.outcome].zh,
            "outcome_en": OUTCOMES[line.outcome].en,
            "label_zh": line.label.zh,
            "label_en": line.label.en,
            "needed": line.show_needed(),
            "have": line.show_have(),
            "to_pass_zh": "；".join(remedy.show().zh for remedy in line.remedies),
            "to_pass_en": "; ".join(remedy.show().en for remedy in line.remedies),
            "rule": line.spoken.rule,
            "article_zh": line.spoken.article.zh,
            "article_en": line.spoken.article.en,
            "confidence": line.spoken.confidence.in_(lang.value),
            "as_of": verdict.gate.today.session,
            "grade": verdict.gate.marks.grade.value,
        }
        for line in lines
    ]
    headings = [
        (f"outcome_{lang.value}", Text("结论", "answer"), Unit.TEXT),
        (f"label_{lang.value}", Text("检查", "check"), Unit.TEXT),
        ("needed", Text("需要", "needs"), Unit.TEXT),
        ("have", Text("现有", "has"), Unit.TEXT),
        (f"to_pass_{lang.value}", Text("如何通过", "to pass"), Unit.TEXT),
        ("rule", Text("规则", "rule"), Unit.TEXT),
        ("confidence", Text("依据", "how sure"), Unit.TEXT),
    ]
    title = headline(verdict).in_(lang.value)
    print_rows(rows, headings, style=style, lang=lang, title=title)
    if style is not Format.TABLE:
        say(title, None)


def headline(verdict: Verdict) -> Text:
    """Return the answer in one line: allowed or refused, the largest that is allowed, and the margin."""
    from rongheng.basics.money import show_yuan

    answer = Text("可以申报", "allowed") if verdict.allowed else Text("拒绝", "refused")
    used, left = show_yuan(verdict.margin_used_milli), show_yuan(verdict.margin_left_milli)
    margin = Text(f"占用保证金 {used} 元，余 {left} 元", f"margin used ¥{used}, left ¥{left}")
    return Text(f"{answer.zh}；{_largest(verdict).zh}{margin.zh}", f"{answer.en}; {_largest(verdict).en}{margin.en}")


def _largest(verdict: Verdict) -> Text:
    from rongheng.basics.money import show_yuan

    if verdict.largest is None:
        return Text("", "")
    if verdict.order.security is None:
        amount = show_yuan(verdict.largest)
        return Text(f"最多 {amount} 元；", f"¥{amount} at most; ")
    return Text(f"最多 {verdict.largest:,} 股；", f"{verdict.largest:,} shares at most; ")
