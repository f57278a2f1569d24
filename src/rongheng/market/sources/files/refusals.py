"""What is said when a column cannot be taken: its name, its unit or its table is not known, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.basics.tables import Column, Table
from rongheng.basics.units import SPELLINGS, Unit, fits
from rongheng.market.sources.files.aliases import KEYS
from rongheng.market.sources.files.draft import Draft
from rongheng.market.sources.files.layouts import nearest_layout
from rongheng.market.sources.files.plan import letters
from rongheng.market.sources.files.wording import bracketed, fold


def unknown_columns(draft: Draft, places: Sequence[int]) -> SourceChangedError:
    """Return the error for columns whose names are not known, with the lines that make them known."""
    first = draft.header.texts[places[0]]
    cut = bracketed(first)
    if cut is not None and draft.aliases.meaning(cut.name) is not None:
        return SourceChangedError(
            f"{draft.at(places[0])}: the unit {cut.unit!r} of {first!r} is not known. Known: {', '.join(SPELLINGS)}."
        )
    names = [draft.header.texts[place] for place in places]
    listed = ", ".join(f"{text!r} ({letters(place)})" for place, text in zip(places[:8], names, strict=False))
    more = f" and {len(places) - 8} more" if len(places) > 8 else ""
    near, column = _nearest(draft, first)
    hint = f" The nearest known name is {near!r} ({column})." if near else ""
    means = f"\n  columns:\n    {column}: [{first!r}]" if column else ""
    return SourceChangedError(
        f"{draft.where}: unknown column{'s' * (len(places) > 1)} {listed}{more}.{hint}{_layout_hint(draft)} Say in a "
        f"YAML file what a column means or that it does not matter, and pass it with --aliases my.yaml:"
        f"{means}\n  ignored:\n    {first!r}: why it is left out"
    )


def unknown_units(draft: Draft) -> SourceChangedError:
    """Return the error for columns that state no unit, with the option that states them."""
    listed = ", ".join(f"{draft.header.texts[place]!r} ({letters(place)})" for place, _ in draft.without_unit)
    option = ",".join(f"{draft.header.texts[place]}={_known_units(column)[0]}" for place, column in draft.without_unit)
    known = {column.unit: ", ".join(_known_units(column)) for _, column in draft.without_unit}
    kinds = "; ".join(f"{unit.value}: {units}" for unit, units in known.items())
    place, column = draft.without_unit[0]
    return SourceChangedError(
        f"{draft.where}: no unit is stated for {listed}, and none is ever guessed.{_layout_hint(draft)} Say it, for "
        f"example (with your units) --unit '{option}', or write it into the header: "
        f"{draft.header.texts[place]}({_known_units(column)[0]}). Known units: {kinds}."
    )


def unfit_unit(draft: Draft, place: int, column: Column, unit: str) -> SourceChangedError:
    """Return the error for a unit that cannot measure the column."""
    return SourceChangedError(
        f"{draft.at(place)}: {draft.header.texts[place]!r} is in {unit!r}, but {column.name} is measured in "
        f"{column.unit.value} ({', '.join(_known_units(column))}). Mend the header, or say with --aliases what it is."
    )


def unit_against(draft: Draft, place: int, printed: str, said: str) -> UsageError:
    """Return the error for a unit that the caller says against the file."""
    return UsageError(
        f"{draft.at(place)}: the file says {printed}, --unit says {said}. Leave this column out of --unit, or mend "
        "the file."
    )


def two_units(draft: Draft, place: int, stated: Sequence[str]) -> SourceChangedError:
    """Return the error for a column of which the file states two units."""
    text = draft.header.texts[place]
    return SourceChangedError(
        f"{draft.at(place)}: the file states two units for {text!r}, {' and '.join(stated)} (the header, the 单位 row "
        f"or the line above), and which one holds is never guessed. Say it with --unit '{text}={stated[0]}', or mend "
        "the file."
    )


def shared_name(draft: Draft, place: int, tables: Sequence[Table]) -> SourceChangedError:
    """Return the error for a name that several tables have while no other column settles which is meant."""
    text, name = draft.header.texts[place], draft.named[place][0]
    choices = " or ".join(f"{table.name} ({table.label.zh})" for table in tables)
    return SourceChangedError(
        f"{draft.at(place)}: {text!r} may be {name} of {choices}, and no other column settles it. Say --market or "
        f"--index if the rows are of one market or index, or settle it with --aliases my.yaml:\n  columns:\n"
        f"    {tables[0].name}.{name}: [{text!r}]"
    )


def said_twice(draft: Draft, place: int, other: int, column: str) -> SourceChangedError:
    """Return the error for two columns that mean the same."""
    texts = draft.header.texts
    return SourceChangedError(
        f"{draft.at(place)}: {texts[place]!r} and {texts[other]!r} (column {letters(other)}) both mean {column}. "
        "Delete one of them, or leave one out with --aliases (`ignored`)."
    )


def two_keys(draft: Draft, place: int, other: int, cells: tuple[str, str]) -> SourceChangedError:
    """Return the error for two columns that name the row and do not agree."""
    texts = draft.header.texts
    return SourceChangedError(
        f"{draft.at(place)}: {texts[other]!r} (column {letters(other)}) and {texts[place]!r} say {cells[0]!r} and "
        f"{cells[1]!r} in one row. If two tables stand side by side, save them as two sheets; else leave out that "
        f"which does not count, with --aliases my.yaml:\n  ignored:\n    {texts[place]!r}: why it is left out"
    )


def nameless(draft: Draft, place: int, example: str) -> SourceChangedError:
    """Return the error for a column of values without a header."""
    return SourceChangedError(
        f"{draft.where}: column {letters(place)} has values ({example[:24]!r}, …) but no header. Name it, or delete it."
    )


def _nearest(draft: Draft, text: str) -> tuple[str | None, str | None]:
    columns = {name: column for name, column in draft.aliases.columns.items() if column not in KEYS}
    near = get_close_matches(fold(text), list(columns), n=1, cutoff=0.5)
    return (draft.aliases.printed[near[0]], columns[near[0]]) if near else (None, None)


def _known_units(column: Column) -> list[str]:
    known = [name for name, scale in SPELLINGS.items() if fits(scale, column.unit)]
    return ["亿元", *(name for name in known if name != "亿元")] if column.unit is Unit.YUAN else known


def _layout_hint(draft: Draft) -> str:
    near = nearest_layout(draft.headers.values())
    if near is None:
        return ""
    layout, missing, more = near
    lacks = f" without {', '.join(missing)}" if missing else ""
    adds = f" with {', '.join(more[:6])}" if more else ""
    return f" The headers are nearly those of the layout {layout.id}:{lacks}{' and' if lacks and adds else ''}{adds}."


def useless_key(draft: Draft, key: str, tables: Sequence[str]) -> SourceChangedError:
    """Return the error for a column that says of which index, security or contract a row is, and no table has such."""
    text = draft.header.texts[draft.places[key]]
    return SourceChangedError(
        f"{draft.at(draft.places[key])}: {text!r} says of which {key} each row is, and the other columns are of "
        f"{', '.join(tables)}, which knows none. Leave the column out if all rows are of one whole, or look at its "
        "codes."
    )
