"""What the verbs about lists of securities (``pools``, ``brokers``) share: whose day, and how rows and notes are told.

What lives here: options, and rows ready to be printed. What does not: any verb.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.cli.options import Format, Lang, parse_date
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from rongheng.cli.table import Heading
    from rongheng.findings.finding import Finding
    from rongheng.market.pools.caps import Caps

T = TypeVar("T")

OnOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The session whose rules apply, such as 2025-03-21; today.")
]


def session_of(on: str | None) -> date:
    """Return the session that was typed, or today in Shanghai."""
    from rongheng.basics.calendar import SHANGHAI

    return parse_date(on, option="--on") or datetime.now(tz=SHANGHAI).date()


def dated(rows: pl.DataFrame, as_of: date | None) -> list[dict[str, Any]]:
    """Return rows with the day that they describe and their grade; all that is said here follows from lists."""
    return [row | {"as_of": as_of, "grade": "derived"} for row in rows.iter_rows(named=True)]


def fractions(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with basis points as fractions: ``haircut_bp`` becomes ``haircut``."""
    return [
        {
            name.removesuffix("_bp"): value / 10_000 if name.endswith("_bp") and value is not None else value
            for name, value in row.items()
        }
        for row in rows
    ]


def print_listed(rows: Sequence[Mapping[str, Any]], headings: Sequence[Heading], *, style: Format, lang: Lang) -> None:
    """Print rows: ``{lang}`` in a heading's column is the language; a table has words in it, JSON and CSV the codes."""
    named: list[Heading] = [(name.replace("{lang}", lang.value), label, unit) for name, label, unit in headings]
    print_rows([_in_words(row, lang) for row in rows] if style is Format.TABLE else rows, named, style=style, lang=lang)


def _in_words(row: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    from rongheng.market.pools.words import words_by_column

    words = words_by_column()
    return {
        name: words[name][value].in_(lang.value) if name in words and value in words[name] else value
        for name, value in row.items()
    }


def assigned(
    words: Sequence[str] | None, *, option: str, example: str, read: Callable[[str], T | None]
) -> list[tuple[str, T]]:
    """Return names with their values, typed as ``NAME=VALUE``; ``read`` returns ``None`` for what it cannot read."""
    pairs = []
    for one in words or []:
        name, _, typed = one.partition("=")
        value = read(typed.strip())
        if not name.strip() or value is None:
            raise UsageError(f"{option} {one} cannot be read; write it as {example}.")
        pairs.append((name.strip(), value))
    return pairs


def read_caps(
    securities: Path, *, pe: Path | None, session: date, known_at: date | None
) -> tuple[Caps, str, list[Text]]:
    """Return the caps of the securities in a file, what messages call the file, and what was noted in reading."""
    from rongheng.desk.pool_files import read_pool_file
    from rongheng.market.pools.caps import haircut_caps
    from rongheng.market.pools.tables import SECURITIES, STATIC_PE

    read = read_pool_file(securities, SECURITIES)
    history = None if pe is None else read_pool_file(pe, STATIC_PE)
    static_pe = None if history is None else history.rows
    caps = haircut_caps(read.rows, session=session, static_pe=static_pe, known_at=known_at, where=read.where)
    return caps, read.where, [*read.notes, *(history.notes if history else ()), *caps.notes]


def tell(notes: Iterable[Text], lang: Lang) -> None:
    """Say each note once, on stderr."""
    for note in dict.fromkeys(notes):
        say(note.in_(lang.value), None)


def tell_findings(found: Sequence[Finding], lang: Lang, *, most: int = 10) -> None:
    """Say findings on stderr, the first ones in full."""
    for one in found[:most]:
        say(f"[{one.severity}] {one.statement.in_(lang.value)} {one.evidence.in_(lang.value)} ({one.cites})", None)
    if len(found) > most:
        say(f"… and {len(found) - most} more findings", None)
