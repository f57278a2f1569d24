"""``rongheng status``: what the lake holds."""

from __future__ import annotations

from typing import Annotated

import typer

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import DEFAULT_LAKE, Format, FormatOption, LakeOption, Lang, LangOption, open_lake
from rongheng.cli.output import print_rows, say


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("status")(status)


def status(
    lake: LakeOption = DEFAULT_LAKE,
    imports: Annotated[bool, typer.Option("--imports", help="List every import instead.")] = False,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="List what was set aside, with the reason.")] = False,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show what the lake holds: coverage, gaps, sources and grades of every table.

    Example: rongheng status --quarantine
    """
    store = open_lake(lake)
    if imports or quarantine:
        frame = store.quarantine() if quarantine else store.imports()
        shown = [name for name in frame.columns if name not in ("sha256", "raw", "fingerprint", "notices", "options")]
        headings = [(name, Text(name, name), Unit.TEXT) for name in shown]
        print_rows(frame.to_dicts(), headings, style=style, lang=lang)
        return
    from rongheng.desk.coverage import coverage

    rows = [
        {
            "table": entry.table,
            "part": entry.part,
            "label": entry.label.in_(lang.value),
            "first": entry.first,
            "last": entry.last,
            "rows": entry.rows,
            "gaps": entry.gaps,
            "first_gap": entry.first_gap,
            "last_gap": entry.last_gap,
            "sources": ", ".join(entry.sources),
            "grades": ", ".join(entry.grades),
        }
        for entry in coverage(store)
    ]
    headings = [
        ("table", Text("表", "table"), Unit.TEXT),
        ("label", Text("内容", "content"), Unit.TEXT),
        ("first", Text("起", "first"), Unit.DATE),
        ("last", Text("止", "last"), Unit.DATE),
        ("rows", Text("行数", "rows"), Unit.COUNT),
        ("gaps", Text("缺日", "sessions missing"), Unit.COUNT),
        ("first_gap", Text("缺自", "from"), Unit.DATE),
        ("last_gap", Text("缺至", "to"), Unit.DATE),
        ("sources", Text("来源", "sources"), Unit.TEXT),
        ("grades", Text("级别", "grades"), Unit.TEXT),
    ]
    print_rows(rows, headings, style=style, lang=lang)
    aside = store.quarantine().height
    if aside:
        say(f"{aside} rows and cells are set aside: rongheng status --quarantine", None)
