"""``rongheng status``: what the lake holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import DEFAULT_LAKE, Format, FormatOption, LakeOption, Lang, LangOption, open_lake
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from rongheng.desk.standing import Standing


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("status")(status)


_HEADINGS = [
    ("table", Text("表", "table"), Unit.TEXT),
    ("label", Text("内容", "content"), Unit.TEXT),
    ("first", Text("起", "first"), Unit.DATE),
    ("last", Text("止", "last"), Unit.DATE),
    ("behind_sessions", Text("落后交易日", "sessions behind"), Unit.COUNT),
    ("rows", Text("行数", "rows"), Unit.COUNT),
    ("gaps", Text("缺日", "sessions missing"), Unit.COUNT),
    ("first_gap", Text("缺自", "from"), Unit.DATE),
    ("last_gap", Text("缺至", "to"), Unit.DATE),
    ("grades", Text("级别", "grades"), Unit.TEXT),
    ("sources", Text("来源", "sources"), Unit.TEXT),
    ("dataset", Text("更新名称", "update name"), Unit.TEXT),
    ("next_at", Text("下次公布", "next published"), Unit.TEXT),
    ("trouble", Text("上次的问题", "last trouble"), Unit.TEXT),
]


def _row(one: Standing, lang: Lang) -> dict[str, object]:
    held = one.held
    return {
        "table": one.table.name,
        "part": one.part,
        "label": one.label.in_(lang.value),
        "first": held.first if held else None,
        "last": held.last if held else None,
        "behind_sessions": one.behind_sessions,
        "rows": held.rows if held else 0,
        "gaps": held.gaps if held else None,
        "first_gap": held.first_gap if held else None,
        "last_gap": held.last_gap if held else None,
        "grades": ", ".join(held.grades) if held else None,
        "sources": ", ".join(held.sources) if held else None,
        "dataset": one.dataset,
        "next_at": f"{one.next_at:%Y-%m-%d %H:%M}" if one.next_at else None,
        "trouble": "; ".join(text.in_(lang.value) for text in (one.trouble, *one.advice)) if one.trouble else None,
    }


def status(
    lake: LakeOption = DEFAULT_LAKE,
    imports: Annotated[bool, typer.Option("--imports", help="List every import instead.")] = False,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="List what was set aside, with the reason.")] = False,
    table: Annotated[str | None, typer.Option(metavar="TABLE", help="Show this table alone.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show what an update would bring and is not there, too.")
    ] = False,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show what the lake holds of every table, how old it is, what went wrong last, and when more comes out.

    Examples:

      rongheng status --all

      rongheng status --quarantine
    """
    store = open_lake(lake)
    if imports or quarantine:
        frame = store.quarantine() if quarantine else store.imports()
        shown = [name for name in frame.columns if name not in ("sha256", "raw", "fingerprint", "notices", "options")]
        headings = [(name, Text(name, name), Unit.TEXT) for name in shown]
        print_rows(frame.to_dicts(), headings, style=style, lang=lang)
        return
    from rongheng.desk.standing import standing
    from rongheng.desk.update import SystemClock, raw_store

    now = SystemClock().now()
    rows = [_row(one, lang) for one in standing(store, raw=raw_store(store), now=now)]
    if table is not None:
        rows = [row for row in rows if row["table"] == table]
    if style is Format.TABLE and not every:
        rows = [row for row in rows if row["rows"]]
    print_rows(rows, _HEADINGS, style=style, lang=lang)
    aside = store.quarantine().height
    if aside:
        say(f"{aside} rows and cells are set aside: rongheng status --quarantine", None)
