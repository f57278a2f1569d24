"""``rongheng rules``: what the documents say, by date."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.fold import terminal_width
from rongheng.cli.options import (
    Format,
    FormatOption,
    Lang,
    LangOption,
    RulesKnownOption,
    RulesOption,
    open_lake,
    parse_date,
)
from rongheng.cli.output import print_rows, say
from rongheng.cli.rule_text import change_lines, rule_lines

if TYPE_CHECKING:
    from rongheng.cli.table import Heading
    from rongheng.rulebook import Rulebook
    from rongheng.rulebook.rows import EntryRow, RuleRow

_STANDING: Final[tuple[Heading, ...]] = (
    ("id", Text("规则", "rule"), Unit.TEXT),
    ("name", Text("名称", "name"), Unit.TEXT),
    ("value", Text("内容", "value"), Unit.TEXT),
    ("since", Text("自", "since"), Unit.DATE),
)
_BEHIND: Final[tuple[Heading, ...]] = (
    ("markets", Text("市场", "markets"), Unit.TEXT),
    ("confidence", Text("把握", "how sure"), Unit.TEXT),
    ("document", Text("文件", "document"), Unit.TEXT),
)


_CODES: Final[tuple[Heading, ...]] = (
    ("old", Text("原代码", "code before"), Unit.TEXT),
    ("new", Text("新代码", "code since"), Unit.TEXT),
    ("first_session", Text("启用日", "first session"), Unit.DATE),
    ("grade", Text("级别", "grade"), Unit.TEXT),
    ("source", Text("来源", "source"), Unit.TEXT),
)


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("rules")(rules)


def rules(
    id_: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A rule, or the beginning of several ids (or codes); all if left out."),
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="As it stands on that session; today.")] = None,
    known_at: RulesKnownOption = None,
    timeline: Annotated[bool, typer.Option("--timeline", help="Every entry of the rule, the earliest first.")] = False,
    search: Annotated[
        str | None, typer.Option("--search", metavar="词", help="Rules in whose text all these words stand.")
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="DATE1 DATE2", help="What changed between two days, and why."),
    ] = None,
    codes: Annotated[
        bool, typer.Option("--codes", help="Which securities' codes changed, from which session on, and who says so.")
    ] = False,
    lake: Annotated[
        Path | None, typer.Option("--lake", help="With --codes: changes that this lake knows, too.", show_default=False)
    ] = None,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Say what exchanges, regulators and brokers require on a day, with the document and how sure it is.

    Examples:

      rongheng rules exchange.financing.margin_ratio --timeline

      rongheng rules --on 2023-09-11 --search 保证金比例

      rongheng rules --diff 2026-01-16 2026-01-19

      rongheng rules broker.harbour --rules my-rules

      rongheng rules 430017 --codes
    """
    if codes:
        _print_codes(id_ or "", parse_date(on, option="--on"), lake, style, lang)
        return
    from rongheng.rulebook import Rulebook

    if diff is not None and search is not None:
        raise UsageError("--diff and --search ask two things; give one of them.")
    book = Rulebook.load(*(own or []))
    session = parse_date(on, option="--on") or datetime.now(tz=SHANGHAI).date()
    known = parse_date(known_at, option="--known-at")
    if diff is not None:
        _print_diff(book, id_ or "", diff, known, style, lang)
    elif search is not None:
        _print_hits(book, id_ or "", search, session, known, style, lang)
    elif id_ is not None and book.find_rule(id_) is not None:
        _print_rule(book, id_, session, known, timeline=timeline, style=style, lang=lang)
    elif timeline:
        raise UsageError(f"--timeline shows one rule: {book.rule(id_).id if id_ else 'say which'}.")
    else:
        _print_list(book, id_ or "", session, known, style, lang)


def _print_codes(prefix: str, session: date | None, lake: Path | None, style: Format, lang: Lang) -> None:
    """Print the changes of codes up to a session that begin so, before or after."""
    from rongheng.basics.code_changes import code_changes, frame_of

    changes = code_changes()
    if lake is not None:
        from rongheng.market.series.codes import lake_changes

        changes = lake_changes(open_lake(lake))
    found = [row for row in changes.rows if row.old.startswith(prefix) or row.new.startswith(prefix)]
    if not found and style is Format.TABLE:
        raise UsageError(f"No code that begins with {prefix} is known to have changed. Leave it out for all.")
    stands = [row for row in found if session is None or row.first_session <= session]
    print_rows(frame_of(stands).to_dicts(), _CODES, style=style, lang=lang)
    say(f"{_counted(len(stands), 'change')} of codes", None)


def _print_list(book: Rulebook, prefix: str, session: date, known: date | None, style: Format, lang: Lang) -> None:
    from rongheng.rulebook.rows import list_rows

    found = list_rows(book, session, known_at=known, prefix=prefix)
    if not found:
        book.rule(prefix)  # says which ids are near
    rows = [_standing(row, session, lang) for row in found]
    print_rows(_shortened(rows, style), [*_STANDING, *_BEHIND], style=style, lang=lang)
    say(f"{_counted(len(rows), 'row')} on {session}; rongheng rules ID for the whole text of one", None)


def _print_hits(
    book: Rulebook, prefix: str, words: str, session: date, known: date | None, style: Format, lang: Lang
) -> None:
    from rongheng.rulebook.rows import hit_rows
    from rongheng.rulebook.search import search

    hits = [hit for hit in search(book, words) if hit.rule.id.startswith(prefix)]
    if not hits and style is Format.TABLE:
        raise UsageError(f"No rule speaks of {words!r}. `rongheng rules` lists them all.")
    rows = [
        _standing(row.standing, session, lang) | {"where": row.where.in_(lang.value)}
        for row in hit_rows(hits, session, known_at=known)
    ]
    headings = [*_STANDING, ("where", Text("出处", "where"), Unit.TEXT)]
    print_rows(_shortened(rows, style), headings, style=style, lang=lang)
    say(f"{_counted(len(hits), 'rule')}, as they stand on {session}", None)


def _standing(row: RuleRow, session: date, lang: Lang) -> dict[str, Any]:
    """Return a rule as it stands on a session."""
    return {
        "id": row.id,
        "name": row.name.in_(lang.value),
        "markets": list(row.markets),
        "value": None if row.value is None else row.value.in_(lang.value),
        "number": row.number,
        "as_of": session,
        "since": row.since,
        "confidence": None if row.confidence is None else row.confidence.label().in_(lang.value),
        "document": None if row.document is None else row.document.in_(lang.value),
    }


def _shortened(rows: list[dict[str, Any]], style: Format) -> list[dict[str, Any]]:
    """Return rows as a table shows them: long words cut, markets in one cell."""
    if style is not Format.TABLE:
        return rows
    lengths = {"value": 60, "document": 30, "where": 80}
    return [
        {name: _short(value, lengths[name]) if name in lengths else value for name, value in row.items()}
        | {"markets": " ".join(row["markets"])}
        for row in rows
    ]


def _print_rule(
    book: Rulebook,
    id_: str,
    session: date,
    known: date | None,
    *,
    timeline: bool,
    style: Format,
    lang: Lang,
) -> None:
    from rongheng.rulebook.rows import card, standing_rows, timeline_rows

    rule = book.rule(id_)
    whole = timeline_rows(rule, known_at=known) if timeline else None
    entries = standing_rows(rule, session, known_at=known) if whole is None else whole
    if style is not Format.TABLE:
        print_rows([_entry(entry, lang) for entry in entries], [], style=style, lang=lang)
        return
    unknown = known is not None and (timeline or standing_rows(rule, session))
    early = Text(f"截至 {known} 尚未公布。", f"Not announced by {known}.") if unknown else None
    missing = early or Text(f"{session} 尚未生效。", f"Not in force on {session}.")
    for line in rule_lines(card(rule), entries, missing=missing, lang=lang, width=terminal_width()):
        typer.echo(line)


def _entry(entry: EntryRow, lang: Lang) -> dict[str, Any]:
    return {
        "state": entry.state,
        "value": entry.value.in_(lang.value),
        "number": entry.number,
        "markets": list(entry.markets),
        "announced": entry.announced,
        "first_session": entry.first_session,
        "existing": None if entry.existing is None else entry.existing.in_(lang.value),
        "exceptions": [
            {"client": one.client, "value": one.value.in_(lang.value), "number": one.number} for one in entry.exceptions
        ],
        "citations": [citation.in_(lang.value) for citation in entry.citations],
        "urls": list(entry.urls),
        "confidence": {part: confidence.label().in_(lang.value) for part, confidence in entry.confidence},
        "note": None if entry.note is None else entry.note.in_(lang.value),
        "rows": [{name: cell.in_(lang.value) for name, cell in row.items()} for row in entry.cells],
    }


def _print_diff(
    book: Rulebook, prefix: str, days: tuple[str, str], known: date | None, style: Format, lang: Lang
) -> None:
    from rongheng.rulebook.changes import diff
    from rongheng.rulebook.rows import change_rows

    first, last = (parse_date(day, option="--diff") for day in days)
    assert first is not None
    assert last is not None
    found = [row for row in change_rows(diff(book, first, last, known_at=known)) if row.id.startswith(prefix)]
    if style is not Format.TABLE:
        rows = [
            {
                "id": change.id,
                "name": change.name.in_(lang.value),
                "kind": change.kind,
                "markets": list(change.markets),
                "before": None if change.before is None else change.before.in_(lang.value),
                "after": change.after.in_(lang.value),
                "steps": [_entry(step, lang) for step in change.steps],
            }
            for change in found
        ]
        print_rows(rows, [], style=style, lang=lang)
        return
    for line in change_lines(found, lang=lang, width=terminal_width()):
        typer.echo(line)
    say(f"{_counted(len(found), 'rule')} changed between {first} and {last}", None)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _short(text: str | None, width: int) -> str | None:
    return text if text is None or len(text) <= width else f"{text[: width - 1]}…"
