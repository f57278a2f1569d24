"""``rongheng explain``: one account's numbers unfolded into their terms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import Format, FormatOption, Lang, LangOption
from rongheng.cli.output import print_rows


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("explain")(explain_)


def explain_(
    marks: Annotated[Path, typer.Argument(help="The --out folder of rongheng mark.")],
    account: Annotated[str, typer.Argument(help="The account's id.")],
    number: Annotated[
        str | None, typer.Option(help="Only this number, such as maintenance_ratio.", show_default=False)
    ] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Unfold an account's numbers into their terms, each with its working, rule, article and how sure that is.

    Example: rongheng explain out S000000001
    """
    from rongheng.basics.text import Text
    from rongheng.basics.units import Unit
    from rongheng.desk.accounts import explain_account

    explained = explain_account(marks, account)
    terms = explained.terms
    if number is not None:
        terms = terms.filter(terms["number"].str.starts_with(number))
        if terms.is_empty():
            names = ", ".join(explained.terms["number"].unique(maintain_order=True))
            raise UsageError(f"There is no number {number!r}; account {account} has: {names}.")
    rows = [row | {"amount": row["amount_milli"] / 1000} for row in terms.iter_rows(named=True)]
    headings = [
        ("number", Text("数字", "number"), Unit.TEXT),
        (f"term_{lang.value}", Text("项", "term"), Unit.TEXT),
        ("amount", Text("金额", "amount"), Unit.YUAN),
        ("working", Text("算式", "working"), Unit.TEXT),
        ("rule", Text("规则", "rule"), Unit.TEXT),
        ("article", Text("条款", "article"), Unit.TEXT),
        ("confidence", Text("依据", "how sure"), Unit.TEXT),
    ]
    print_rows(rows, headings, style=style, lang=lang)
