"""``rongheng explain``: one account's numbers, each unfolded into its terms with working, rule and article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import Format, FormatOption, Lang, LangOption
from rongheng.cli.output import print_rows
from rongheng.cli.table import AsWritten, Heading

if TYPE_CHECKING:
    import polars as pl

    from rongheng.desk.accounts import Explained

Row = Mapping[str, Any]


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

    The book and the day are read again, and must be what was marked.

    Examples:

      rongheng explain out S000000001

      rongheng explain out S000000001 --number available_margin --format json
    """
    from rongheng.desk.accounts import explain_account

    explained = explain_account(marks, account)
    terms = _about(explained.terms, number, account)
    if style is not Format.TABLE:
        print_rows([_plain(row, explained) for row in terms.iter_rows(named=True)], [], style=style, lang=lang)
        return
    if number is None:
        _print_overview(explained, lang)
    _print_terms(terms, explained, lang)


def _about(terms: pl.DataFrame, number: str | None, account: str) -> pl.DataFrame:
    """Return the terms of one number, by its name with or without the unit, or all."""
    if number is None:
        return terms
    names = terms["number"].unique(maintain_order=True).to_list()
    wanted = [name for name in names if number in (name, _stem(name))]
    if not wanted:
        raise UsageError(
            f"There is no number {number!r} to unfold; account {account} has: {', '.join(map(_stem, names))}."
        )
    return terms.filter(terms["number"].is_in(wanted))


def _plain(row: Row, explained: Explained) -> dict[str, Any]:
    """Return a term in yuan and fractions, with what it is a term of."""
    from rongheng.report.account_tables import in_units

    value = in_units({row["number"]: explained.marks.get(row["number"])})
    return {
        "account_id": explained.marks["account_id"],
        **in_units(row),
        "number": _stem(row["number"]),
        "value": value[_stem(row["number"])],
        "as_of": explained.session,
        "grade": explained.grade.value,
    }


def _print_overview(explained: Explained, lang: Lang) -> None:
    """Print the account's marks: every column that says something, in the order of the table."""
    from rongheng.basics.account_tables import MARKS, STATE_LABELS, State
    from rongheng.basics.text import Text
    from rongheng.basics.units import Unit

    found = explained.marks
    rows = [
        {"label": _label(field.name, lang), "value": _shown(field.name, found[field.name])}
        for field in MARKS.fields
        if found[field.name] is not None and field.name not in ("account_id", "policy", "state")
    ]
    state = STATE_LABELS[State(found["state"])].in_(lang.value)
    title = f"{found['account_id']} · {explained.session} · {found['policy']} · {state} · {explained.grade.value}"
    headings: list[Heading] = [
        ("label", Text("盯市结果", "marks"), Unit.TEXT),
        ("value", Text("元或%", "CNY or %"), AsWritten()),
    ]
    print_rows(rows, headings, style=Format.TABLE, lang=lang, title=title)


def _print_terms(terms: pl.DataFrame, explained: Explained, lang: Lang) -> None:
    """Print each number with its terms, then once each rule that they cite."""
    from rongheng.basics.text import Text
    from rongheng.basics.units import Unit
    from rongheng.report.numbers import Scale

    rules = terms["rule"].unique(maintain_order=True).to_list()
    headings: list[Heading] = [
        (f"term_{lang.value}", Text("项", "term"), Unit.TEXT),
        ("amount_milli", Text("金额", "amount"), Scale(1_000, Text("元", "CNY"), 3)),
        ("working", Text("算式", "working"), Unit.TEXT),
        ("cited", Text("依据", "rule"), Unit.TEXT),
    ]
    for name in terms["number"].unique(maintain_order=True):
        mine = terms.filter(terms["number"] == name).iter_rows(named=True)
        rows = [row | {"cited": f"[{rules.index(row['rule']) + 1}]"} for row in mine]
        value = _shown(name, explained.marks.get(name))
        print_rows(rows, headings, style=Format.TABLE, lang=lang, title=f"\n{_label(name, lang)} {value}")
    cited = [
        ("mark", Text("", ""), Unit.TEXT),
        ("rule", Text("规则", "rule"), Unit.TEXT),
        (f"name_{lang.value}", Text("名称", "name"), Unit.TEXT),
        (f"confidence_{lang.value}", Text("可信度", "how sure"), Unit.TEXT),
        (f"article_{lang.value}", Text("条款", "article"), Unit.TEXT),
    ]
    title = f"\n{Text('依据', 'Rules').in_(lang.value)}"
    print_rows(list(_cited(terms, rules)), cited, style=Format.TABLE, lang=lang, title=title)


def _cited(terms: pl.DataFrame, rules: list[str]) -> Iterator[Row]:
    for place, rule in enumerate(rules):
        first = terms.filter(terms["rule"] == rule).row(0, named=True)
        yield {"mark": f"[{place + 1}]", **first}


def _label(name: str, lang: Lang) -> str:
    """Return what a number is called, without what its null would mean."""
    from rongheng.basics.account_tables import MARKS

    labels = {field.name: field.label.in_(lang.value) for field in MARKS.fields}
    return labels.get(name, _stem(name)).partition("（")[0].partition(" (")[0]


def _shown(name: str, value: Any) -> str:
    """Return a mark as a risk officer reads it: yuan to the li, percentages to two decimals, yes or no."""
    from rongheng.basics.money import show_yuan

    if value is None:
        return ""
    if name.endswith("_milli"):
        return show_yuan(value)
    if name.endswith("_bp"):
        return f"{value / 100:,.2f}%"
    return {True: "✓", False: "✗"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _stem(name: str) -> str:
    return name.removesuffix("_milli").removesuffix("_bp")
