"""``rongheng reproduce``: the published figures, recomputed from the lake."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import DEFAULT_LAKE, Format, FormatOption, LakeOption, Lang, LangOption, open_lake
from rongheng.cli.output import print_rows, say


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("reproduce")(reproduce_)


def reproduce_(
    report: Annotated[str | None, typer.Option(help="Only this report: guosen, huachuang, qihe.")] = None,
    verdict: Annotated[str | None, typer.Option(help="Only rows with this verdict, such as 'disagrees'.")] = None,
    lake: LakeOption = DEFAULT_LAKE,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Recompute the figures of published research reports from the lake, and say who is right where they differ.

    Example: rongheng reproduce --report huachuang
    """
    import polars as pl

    from rongheng.market.reproduction import FINANCING_TO, reproduce
    from rongheng.market.series import Frames

    opened = open_lake(lake)
    frames = Frames(opened)
    financing = Frames(opened, as_of=FINANCING_TO).find("financing")
    rows = reproduce(frames["panel"], funds=frames.find("funds"), financing=financing)
    for column, wanted in (("report", report), ("verdict", verdict)):
        if wanted is not None:
            rows = rows.filter(pl.col(column) == wanted)
    explanation = f"explanation_{lang.value}"
    headings = [
        ("report", Text("报告", "report"), Unit.TEXT),
        ("table", Text("表", "table"), Unit.TEXT),
        ("key", Text("指标", "figure"), Unit.TEXT),
        ("date", Text("日期", "date"), Unit.TEXT),
        ("column", Text("列", "column"), Unit.TEXT),
        ("printed", Text("公布", "published"), Unit.TEXT),
        ("computed_shown", Text("复算", "computed"), Unit.TEXT),
        ("difference_shown", Text("差", "difference"), Unit.TEXT),
        ("verdict", Text("结论", "verdict"), Unit.TEXT),
        (explanation, Text("说明", "why"), Unit.TEXT),
    ]
    records = rows.to_dicts()
    if style is Format.TABLE:
        records = [_shown(record, lang) for record in records]
    print_rows(records, headings, style=style, lang=lang)
    counts = rows.group_by("verdict").len().sort("len", descending=True)
    say(", ".join(f"{name}: {count}" for name, count in counts.iter_rows()), None)


def _shown(record: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """Return a row as a reader compares it: what was printed, and our figures to the same last digits."""
    unit = str(record["unit"])
    numbers = {
        name: _figure(record[name], unit, lang, signed=name == "difference") for name in ("computed", "difference")
    }
    return record | {f"{name}_shown": number for name, number in numbers.items()}


def _figure(value: float | None, unit: str, lang: Lang, *, signed: bool) -> str | None:
    """Money in 亿元, shares of a whole in per cent, both to a hundredth: the digits in which reports print."""
    if value is None:
        return None
    sign = "+" if signed else ""
    if unit == Unit.YUAN:
        return f"{value / 1e8:{sign},.2f} {'亿元' if lang is Lang.ZH else 'CNY 100m'}"
    if unit in (Unit.FRACTION, Unit.RATIO):
        return f"{value * 100:{sign}.2f} %"
    return f"{value:{sign},.10g}"
