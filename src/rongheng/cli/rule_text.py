"""Rules as text to read: what one rule says, entry by entry, and what changed between two days.

What lives here: lines, folded to a width. What does not: which rules and which day (``rules.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.cli.fold import fold
from rongheng.cli.table import Heading, table_lines

if TYPE_CHECKING:
    from rongheng.cli.options import Lang
    from rongheng.rulebook.rows import ChangeRow, EntryRow, RuleCard

_STEP: Final = 4
# What a confidence is about; the other names are columns and terms of the rule itself.
_PARTS: Final[Mapping[str, Text]] = {
    "value": Text("内容", "the value"),
    "from": Text("起始日", "the date"),
    "announced": Text("公布日", "the announcement"),
    "existing": Text("存量合约", "existing contracts"),
    "article": Text("条号", "the article"),
}


def rule_lines(
    about: RuleCard, entries: Sequence[EntryRow], *, missing: Text, lang: Lang, width: int | None
) -> list[str]:
    """Return what a rule is and what its entries say; without any, why it says nothing."""
    head = [about.name, about.meaning, about.binds, *([] if about.direction is None else [about.direction])]
    lines = [about.id, *(line for text in head for line in fold(text.in_(lang.value), width=width))]
    if not entries:
        lines.append(missing.in_(lang.value))
    for entry in entries:
        lines += ["", *_entry_lines(entry, dict(about.labels), lang=lang, width=width)]
    return lines


def change_lines(changes: Sequence[ChangeRow], *, lang: Lang, width: int | None) -> list[str]:
    """Return each rule that changed: what it said and says, and the entries that say why."""
    lines = []
    for change in changes:
        lines.append(f"{change.id}  {change.name.in_(lang.value)}  [{' '.join(change.markets)}]")
        lines += [line for text in _changed(change, lang) for line in fold(text, indent=_STEP, width=width)]
        for step in change.steps:
            lines += _entry_lines(step, {}, lang=lang, width=width, indent=_STEP)
        lines.append("")
    return lines


def _changed(change: ChangeRow, lang: Lang) -> list[str]:
    """Return what was said before and what is said now; of several terms or rows, only those that changed."""
    removed, added = ([part.in_(lang.value) for part in parts] for parts in (change.removed, change.added))
    if change.before is None:
        return [f"—  →  {added[0]}"] if len(added) == 1 else []
    if len(removed) == len(added) == 1:
        return [f"{removed[0]}  →  {added[0]}"]
    return [*(f"- {part}" for part in removed), *(f"+ {part}" for part in added)]


def _entry_lines(
    entry: EntryRow, labels: Mapping[str, Text], *, lang: Lang, width: int | None, indent: int = 0
) -> list[str]:
    """Return one entry: since when and where, what it says, for whom otherwise, by which documents, how sure."""
    word: Language = lang.value
    first = f"{entry.start.in_(word)}  [{' '.join(entry.markets)}]"
    told = [f"{one.name.in_(word)}: {one.value.in_(word)}" for one in entry.exceptions]
    if entry.announced is not None:
        told.append(f"{Text('公布于', 'announced').in_(word)} {entry.announced}")
    if entry.existing is not None:
        told.append(f"{Text('存量合约', 'existing contracts').in_(word)}: {entry.existing.in_(word)}")
    told += [] if entry.note is None else [entry.note.in_(word)]
    told += [*(citation.in_(word) for citation in entry.citations), *entry.urls, _how_sure(entry, labels, lang)]
    if len(entry.parts) == 1:
        lines = fold(f"{first}  {entry.value.in_(word)}", indent=indent, width=width)
    else:
        lines = [" " * indent + first, *_value_lines(entry, lang=lang, width=width, indent=indent + _STEP)]
    return [*lines, *(line for text in told for line in fold(text, indent=indent + _STEP, width=width))]


def _value_lines(entry: EntryRow, *, lang: Lang, width: int | None, indent: int) -> list[str]:
    """Return the rows of a table under their headings, or one line for each of several terms."""
    if not entry.cells:
        return [line for part in entry.parts for line in fold(part.in_(lang.value), indent=indent, width=width)]
    headings: list[Heading] = [(name, label, Unit.TEXT) for name, label in entry.columns]
    rows = [{name: cell.in_(lang.value) for name, cell in row.items()} for row in entry.cells]
    return [" " * indent + line for line in table_lines(rows, headings, lang=lang)]


def _how_sure(entry: EntryRow, labels: Mapping[str, Text], lang: Lang) -> str:
    word: Language = lang.value
    names = {**labels, **_PARTS}
    sure = [f"{names.get(part, Text(part, part)).in_(word)} {one.label().in_(word)}" for part, one in entry.confidence]
    return f"{Text('把握', 'how sure').in_(word)}: {'; '.join(sure)}"
