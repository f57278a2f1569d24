"""What each column of a sheet is, in which unit, and of which table: settled before any value is read.

A unit comes from the header, from a 单位 row, from the caller, from a known layout, or from the per cent signs of the
cells themselves, in this order; never from a guess. What does not live here: reading the values (``numbers``,
``dates``) and saying which index or market the rows are of (``identity``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.basics.tables import AUDIT_SCHEMA, TABLES, Column, Table
from rongheng.basics.units import SPELLINGS, Scale, Unit, find_scale, fits
from rongheng.market.sources.files.aliases import DATE, INDEX, MARKET, Aliases
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.layouts import Check, Layout, find_layout, nearest_layout
from rongheng.market.sources.files.sheet import Sheet
from rongheng.market.sources.files.stated import StatedUnits
from rongheng.market.sources.files.wording import bracketed, fold

GRADE = "grade"
OWN = "rongheng"  # the source of files that carry our own column names


@dataclass(frozen=True, slots=True)
class Binding:
    """One column of the sheet that is one column of the table."""

    place: int
    header: str
    column: Column
    scale: Scale
    median: tuple[float, float] | None = None
    inferred: bool = False  # what the column is was inferred; it lands only where other columns prove it


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column of the sheet that is kept only to compare."""

    place: int
    header: str
    check: Check
    scale: Scale

    @property
    def name(self) -> str:
        """The column of the frame that holds it."""
        return f"__printed_{self.place}__"


@dataclass(frozen=True)
class Plan:
    """How one table is read from one sheet. ``places`` says where the date and the key columns stand."""

    table: Table
    source: str
    places: dict[str, int]
    bindings: tuple[Binding, ...]
    comparisons: tuple[Comparison, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()  # header, reason
    market: str | None = None  # what the layout is of

    def binding(self, column: str) -> Binding:
        """Return the binding of a column of the table."""
        return next(binding for binding in self.bindings if binding.column.name == column)


@dataclass
class _Draft:
    """A plan in the making: columns by place, as (name of the column, unit beside it)."""

    sheet: Sheet
    header: Header
    stated: StatedUnits
    places: dict[str, int] = field(default_factory=dict)
    named: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    ignored: list[tuple[str, str]] = field(default_factory=list)

    def at(self, place: int) -> str:
        """The file, the header's row and one of its columns, as the beginning of a message."""
        return f"{self.sheet.where}, header in row {self.header.line}, column {_letters(place)}"


def make_plans(
    sheet: Sheet, header: Header, *, aliases: Aliases, stated: StatedUnits, key_hint: str | None = None
) -> list[Plan]:
    """Settle what each column is; a sheet may hold columns of more than one table.

    Parameters
    ----------
    key_hint : "index" or "market", when the caller names one: it settles names that two tables share

    Raises
    ------
    SourceChangedError
        When a column is not known, its unit is not known, or two columns say the same.
    """
    filled = {place: text for place, text in enumerate(header.texts) if text}
    _check_nameless(sheet, header)
    layout = find_layout(filled.values())
    if layout is not None:
        return [_plan_of_layout(_Draft(sheet, header, stated), layout, filled)]
    own = _own_table(list(filled.values()))
    draft = _Draft(sheet, header, stated)
    if own is not None:
        return [_plan_of_own(draft, own, filled)]
    _name_columns(draft, filled, aliases)
    groups = _by_table(draft, key_hint)
    return [_plan_of_group(draft, table, places) for table, places in groups.items()]


def _plan_of_layout(draft: _Draft, layout: Layout, filled: dict[int, str]) -> Plan:
    bindings, comparisons = [], []
    for place, text in filled.items():
        known = layout.fields[fold(text)]
        unit = _unit_in(text)
        if known.column in (DATE, INDEX, MARKET):
            draft.places.setdefault(str(known.column), place)
        elif known.ignored is not None:
            draft.ignored.append((text, known.ignored))
        elif known.check is not None:
            scale = find_scale(unit or known.unit or "元")
            assert scale is not None
            comparisons.append(Comparison(place, text, known.check, scale))
        else:
            column = layout.table.by_name[str(known.column)]
            scale = _scale(draft, place, column, unit, layout_unit=known.unit)
            bindings.append(Binding(place, text, column, scale, known.median, known.inferred))
    return Plan(
        layout.table,
        layout.id,
        draft.places,
        tuple(bindings),
        tuple(comparisons),
        tuple(draft.ignored),
        layout.market,
    )


def _own_table(headers: Sequence[str]) -> Table | None:
    """Return the table whose own column names the headers are: ``as_of`` must be among them, so no stranger's are."""
    names = {text.strip() for text in headers}
    if "as_of" not in names:
        return None
    for table in TABLES.values():
        if names <= set(table.schema) and names & {column.name for column in table.values}:
            return table
    return None


def _plan_of_own(draft: _Draft, table: Table, filled: dict[int, str]) -> Plan:
    bindings = []
    for place, name in filled.items():
        if name == "as_of":
            draft.places[DATE] = place
        elif name in table.key or name == GRADE:
            draft.places[name] = place
        elif name in AUDIT_SCHEMA:
            draft.ignored.append((name, "written anew at every import"))
        else:
            column = table.by_name[name]
            bindings.append(Binding(place, name, column, Scale(column.unit, 1)))
    return Plan(table, OWN, draft.places, tuple(bindings), ignored=tuple(draft.ignored))


def _name_columns(draft: _Draft, filled: dict[int, str], aliases: Aliases) -> None:
    for place, text in filled.items():
        meaning = aliases.meaning(text)
        if meaning is not None and meaning[0] in (DATE, INDEX, MARKET):
            if meaning[0] in draft.places:
                draft.ignored.append((text, f"column {_letters(draft.places[meaning[0]])} already says it"))
            draft.places.setdefault(meaning[0], place)
        elif meaning is not None:
            draft.named[place] = meaning
        elif (reason := aliases.reason_ignored(text)) is not None:
            draft.ignored.append((text, reason))
        elif not _is_blank(draft.sheet, draft.header, place):
            raise _unknown_column(draft, place, text, aliases)


def _by_table(draft: _Draft, key_hint: str | None) -> dict[Table, list[int]]:
    """Give each column to a table; names that tables share follow the names that only one of them has."""
    options = {place: _tables_with(name) for place, (name, _) in draft.named.items()}
    sure = {found[0].name for found in options.values() if len(found) == 1}
    keys = {key for key in (INDEX, MARKET) if key in draft.places} | ({key_hint} if key_hint else set())
    groups: dict[str, list[int]] = {}
    for place, tables in options.items():
        fitting = [table for table in tables if table.name in sure] or [
            table for table in tables if keys & set(table.key)
        ]
        if len(fitting) != 1 and len(tables) > 1:
            raise _shared_name(draft, place, tables)
        chosen = fitting[0] if fitting else tables[0]
        groups.setdefault(chosen.name, []).append(place)
    return {TABLES[name]: places for name, places in groups.items()}


def _tables_with(name: str) -> list[Table]:
    table, dot, column = name.rpartition(".")
    return [TABLES[table]] if dot else [known for known in TABLES.values() if column in known.by_name]


def _plan_of_group(draft: _Draft, table: Table, places: list[int]) -> Plan:
    bindings: dict[str, Binding] = {}
    for place in places:
        name, unit = draft.named[place]
        column = table.by_name[name.rpartition(".")[2]]
        text = draft.header.texts[place]
        if column.name in bindings:
            other = bindings[column.name]
            raise SourceChangedError(
                f"{draft.at(place)}: {text!r} and {other.header!r} (column {_letters(other.place)}) both mean "
                f"{column.name}. Delete one of them, or tell them apart with --aliases."
            )
        scale = _scale(draft, place, column, unit)
        bindings[column.name] = Binding(place, text, column, scale)
    return Plan(
        table, f"table:{table.name}", dict(draft.places), tuple(bindings.values()), ignored=tuple(draft.ignored)
    )


def _scale(
    draft: _Draft, place: int, column: Column, header_unit: str | None, *, layout_unit: str | None = None
) -> Scale:
    text = draft.header.texts[place]
    row_unit = draft.header.units.get(place)
    unit = header_unit or row_unit or draft.stated.of(text, column) or layout_unit
    if unit is None:
        if column.unit is Unit.POINTS:
            return Scale(Unit.POINTS, 1)
        if column.unit in (Unit.FRACTION, Unit.RATIO) and _all_percent(draft.sheet, draft.header, place):
            return Scale(Unit.FRACTION, 1)
        raise _unknown_unit(draft, place, column)
    _check_agreement(draft, place, unit, header_unit or row_unit)
    scale = find_scale(unit)
    if scale is None or not fits(scale, column.unit):
        known = ", ".join(name for name, one in SPELLINGS.items() if fits(one, column.unit))
        raise SourceChangedError(
            f"{draft.at(place)}: {text!r} is in {unit!r}, but {column.name} is measured in {column.unit.value} "
            f"({known}). Mend the header, or say what the column is with --aliases."
        )
    return scale


def _check_agreement(draft: _Draft, place: int, unit: str, printed: str | None) -> None:
    said = draft.stated.by_column.get(fold(draft.header.texts[place]))
    if printed is not None and said is not None and find_scale(said) != find_scale(printed):
        raise UsageError(
            f"{draft.at(place)}: the file says {unit}, --unit says {said}. Leave this column out of --unit, or mend "
            "the file."
        )


def _unit_in(text: str) -> str | None:
    cut = bracketed(text)
    return cut.unit if cut is not None and cut.unit and find_scale(cut.unit) else None


def _below(sheet: Sheet, header: Header, place: int) -> list[str]:
    cells = sheet.cells[:, place].slice(header.first_row).drop_nulls().str.strip_chars()
    return cells.filter(cells != "").to_list()


def _is_blank(sheet: Sheet, header: Header, place: int) -> bool:
    return not _below(sheet, header, place)


def _all_percent(sheet: Sheet, header: Header, place: int) -> bool:
    cells = _below(sheet, header, place)
    signed = sum(cell.endswith(("%", "％")) for cell in cells)
    return signed > 0 and all(cell.endswith(("%", "％")) or not any(map(str.isdigit, cell)) for cell in cells)


def _check_nameless(sheet: Sheet, header: Header) -> None:
    """A column of values without a header says nothing; only a counter of rows may stand there."""
    for place in range(sheet.cells.width):
        if place < len(header.texts) and header.texts[place]:
            continue
        cells = _below(sheet, header, place)
        start = int(cells[0]) if cells and cells[0].isdigit() else -1
        if cells and cells != [str(start + step) for step in range(len(cells))] and _is_inside(header, place):
            raise SourceChangedError(
                f"{sheet.where}, header in row {header.line}: column {_letters(place)} has values "
                f"({cells[0][:24]!r}, …) but no header. Name it, or delete it."
            )


def _is_inside(header: Header, place: int) -> bool:
    """Columns to the right of the header are cells too many of single rows: those rows are judged one by one."""
    return any(header.texts[place:])


def _unknown_column(draft: _Draft, place: int, text: str, aliases: Aliases) -> SourceChangedError:
    cut = bracketed(text)
    if cut is not None and aliases.meaning(cut.name) is not None:
        return SourceChangedError(
            f"{draft.at(place)}: the unit {cut.unit!r} of {text!r} is not known. Known: {', '.join(SPELLINGS)}."
        )
    near = next(iter(get_close_matches(fold(text), list(aliases.columns), n=1, cutoff=0.5)), None)
    column = aliases.columns[near] if near else "collateral_total"
    hint = f" The nearest known name is {aliases.printed[near]!r} ({column})." if near else ""
    return SourceChangedError(
        f"{draft.at(place)}: the column {text!r} is not known.{hint}{_layout_hint(draft)} Say what it means in a YAML "
        f"file and pass it with --aliases my.yaml:\n  columns:\n    {column}: [{text!r}]\n"
        f"or that it does not matter:\n  ignored:\n    {text!r}: why it is left out"
    )


def _unknown_unit(draft: _Draft, place: int, column: Column) -> SourceChangedError:
    text = draft.header.texts[place]
    known = [name for name, scale in SPELLINGS.items() if fits(scale, column.unit)]
    example = "亿元" if column.unit is Unit.YUAN else known[0]
    return SourceChangedError(
        f"{draft.at(place)}: {text!r} states no unit, and none is ever guessed.{_layout_hint(draft)} Say it with "
        f"--unit '{text}={example}' (known for this column: {', '.join(known)}), or write it into the header: "
        f"{text}({example})."
    )


def _layout_hint(draft: _Draft) -> str:
    near = nearest_layout([text for text in draft.header.texts if text])
    if near is None:
        return ""
    layout, missing, more = near
    lacks = f" without {', '.join(missing)}" if missing else ""
    adds = f" with {', '.join(more[:6])}" if more else ""
    return f" The headers are those of the layout {layout.id}{lacks}{' and' if lacks and adds else ''}{adds}."


def _shared_name(draft: _Draft, place: int, tables: list[Table]) -> SourceChangedError:
    text, name = draft.header.texts[place], draft.named[place][0]
    choices = " or ".join(f"{table.name} ({table.label.zh})" for table in tables)
    return SourceChangedError(
        f"{draft.at(place)}: {text!r} may be {name} of {choices}, and no other column settles it. Say --market or "
        f"--index if the rows are of one market or index, or settle it with --aliases my.yaml:\n  columns:\n"
        f"    {tables[0].name}.{name}: [{text!r}]"
    )


def _letters(place: int) -> str:
    """Return the column as a spreadsheet names it.

    >>> _letters(0), _letters(27)
    ('A', 'AB')
    """
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def with_key(plan: Plan, key: str, place: int) -> Plan:
    """Return the plan with a key column at that place."""
    return replace(plan, places=plan.places | {key: place})
