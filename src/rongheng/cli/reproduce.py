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

    from rongheng.market.reproduction import reproduce
    from rongheng.market.series import panel

    rows = reproduce(panel(open_lake(lake)))
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
        ("published_shown", Text("公布", "published"), Unit.TEXT),
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
    from rongheng.report.numbers import display

    unit = Unit(str(record["unit"])) if record["unit"] in set(Unit) else Unit.TIMES
    shown = {
        f"{name}_shown": display(record[name], unit, lang.value) for name in ("published", "computed", "difference")
    }
    return record | shown
