"""How the rows of calls are printed: lists, events, histories.

What lives here: headings, and the edge at which money becomes yuan and ratios fractions. What does not: the verbs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Format, Lang
from rongheng.cli.output import print_rows, say
from rongheng.cli.table import Heading

if TYPE_CHECKING:
    import polars as pl

    from rongheng.desk.calls.listing import Listed
    from rongheng.desk.calls.officers import Written

_YUAN = ("assets", "debt", "cash_missing", "repay_missing", "cash", "repay", "collateral")
_RATIO = ("ratio", "target")

_ACCOUNT: Heading = ("account_id", Text("账户", "account"), Unit.TEXT)
_LINE: Heading = ("line", Text("触及", "line"), Unit.TEXT)
_DUE: Heading = ("due", Text("期限", "due"), Unit.TEXT)
_TARGET: Heading = ("target", Text("恢复目标", "target"), Unit.RATIO)
_RATIO_NOW: Heading = ("ratio", Text("维持担保比例", "ratio"), Unit.RATIO)
_ASSETS: Heading = ("assets", Text("总资产", "assets"), Unit.YUAN)
_DEBT: Heading = ("debt", Text("总负债", "debt"), Unit.YUAN)
_LIST: Sequence[Heading] = (
    _ACCOUNT,
    ("phase", Text("阶段", "phase"), Unit.TEXT),
    _LINE,
    _DUE,
    ("provisional", Text("暂定", "provisional"), Unit.TEXT),
    _TARGET,
    _RATIO_NOW,
    ("cash_missing", Text("尚缺现金", "cash missing"), Unit.YUAN),
    ("repay_missing", Text("或偿还", "or repay"), Unit.YUAN),
    _DEBT,
    ("sessions_open", Text("已历交易日", "sessions open"), Unit.COUNT),
    ("paid", Text("已有追加", "paid"), Unit.TEXT),
)
_CURED: Sequence[Heading] = (
    _ACCOUNT,
    _LINE,
    ("kind", Text("结果", "outcome"), Unit.TEXT),
    ("moment", Text("时点", "when"), Unit.TEXT),
    _TARGET,
    _RATIO_NOW,
    _DEBT,
)
_EVENTS: Sequence[Heading] = (
    _ACCOUNT,
    ("kind", Text("事件", "event"), Unit.TEXT),
    _LINE,
    ("moment", Text("时点", "when"), Unit.TEXT),
    _DUE,
    _TARGET,
    _RATIO_NOW,
    _DEBT,
)
_HISTORY: Sequence[Heading] = (
    ("sequence", Text("序号", "number"), Unit.COUNT),
    *_EVENTS[1:-1],
    _ASSETS,
    _DEBT,
    ("paid_in", Text("追加或偿还", "paid in"), Unit.YUAN),
    ("by_whom", Text("经办", "by"), Unit.TEXT),
    ("why", Text("事由", "why"), Unit.TEXT),
)


def print_list(listed: Listed, *, style: Format, lang: Lang) -> None:
    """Print a list of accounts."""
    from rongheng.desk.calls.listing import LISTS

    title = LISTS[listed.which].in_(lang.value)
    print_rows(list_rows(listed, lang, style), list_headings(listed), style=style, lang=lang, title=title)
    say(f"{listed.rows.height:,} accounts, as of {listed.session}", None)


def list_rows(listed: Listed, lang: Lang, style: Format) -> list[dict[str, Any]]:
    """Return the rows of a list as they leave the command line, the headings' columns first."""
    names = [name for name, _, _ in list_headings(listed)]
    rows = [_row(row, lang, style) for row in listed.rows.iter_rows(named=True)]
    about = {"as_of": listed.session, "grade": listed.grade}
    return [{name: row.get(name) for name in names} | row | about for row in rows]


def list_headings(listed: Listed) -> Sequence[Heading]:
    """Return the columns that a table of the list shows."""
    from rongheng.desk.calls.listing import Which

    return _CURED if listed.which is Which.CURED else _LIST


def print_events(events: pl.DataFrame, session: date, *, style: Format, lang: Lang) -> None:
    """Print what happened; a table shows it counted where it is long."""
    import polars as pl

    told = events.filter(pl.col("kind") != "marked")
    if style is Format.TABLE and told.height > _MOST:
        _print_counts(told, lang)
        return
    rows = [_row(row, lang, style) | {"as_of": session} for row in told.iter_rows(named=True)]
    print_rows(rows, _EVENTS, style=style, lang=lang)


_MOST = 50


def _print_counts(events: pl.DataFrame, lang: Lang) -> None:
    counted = events.group_by("kind", "line").len().sort("kind", "line", nulls_last=True)
    rows = [_row(row, lang, Format.TABLE) | {"count": row["len"]} for row in counted.iter_rows(named=True)]
    headings: Sequence[Heading] = (_EVENTS[1], _LINE, ("count", Text("数量", "count"), Unit.COUNT))
    print_rows(rows, headings, style=Format.TABLE, lang=lang)
    say("more than can be shown one by one; --format csv or json prints each", None)


def print_history(history: pl.DataFrame, *, style: Format, lang: Lang) -> None:
    """Print an account's events with who wrote them and why."""
    rows = [_row(row, lang, style) for row in history.iter_rows(named=True)]
    print_rows(rows, _HISTORY, style=style, lang=lang)


def say_written(written: Written, account: str) -> None:
    """Say whether what was written waits for a second person."""
    if written.waits:
        say(f"proposed; a second person answers it: rongheng calls answer {account} --by NAME --why TEXT", None)


def _row(row: Mapping[str, Any], lang: Lang, style: Format) -> dict[str, Any]:
    """Return a row for the edge; a table has the readers' words, JSON and CSV the code's."""
    from rongheng.account.calls.moments import show_moment

    edge: dict[str, Any] = {}
    for name, value in row.items():
        bare = name.removesuffix("_milli").removesuffix("_bp")
        divisor = 1_000 if bare in _YUAN else 10_000 if bare in _RATIO else None
        edge[bare] = value if divisor is None or value is None else value / divisor
    if edge.get("by") is not None:
        edge["by"] = f"{edge['by']:%H:%M}"
    parts = [edge.get(name) for name in ("cash", "repay", "collateral")]
    edge["paid_in"] = sum(part for part in parts if part) if any(part is not None for part in parts) else None
    if style is Format.TABLE:
        for name in ("due", "moment"):
            edge[name] = show_moment(edge[name]) if edge.get(name) is not None else ""
        edge |= _words(edge, lang)
    return edge


def _words(edge: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    from rongheng.account.calls.words import KINDS, LINES, PHASES

    found = {}
    for name, words in (("kind", KINDS), ("line", LINES), ("phase", PHASES)):
        value = str(edge.get(name) or "")
        found[name] = words[value].in_(lang.value) if value in words else value
    if edge.get("contract_id"):
        found["line"] = f"{found['line']} {edge['contract_id']}"
    return found
