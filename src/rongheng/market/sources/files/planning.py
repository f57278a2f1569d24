"""Settle what each column of a sheet is, before any value is read.

A known layout says it of the whole sheet; so do our own column names; else each header is looked up in the alias
table. What does not live here: units (``scales``), and which index or market the rows are of (``identity``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import polars as pl

from rongheng.basics.securities import find_security, kind_of
from rongheng.basics.tables import AUDIT_SCHEMA, TABLES, Table
from rongheng.basics.text import Text
from rongheng.basics.units import Scale, Unit, find_scale
from rongheng.market.sources.files.aliases import CONTRACT, DATE, INDEX, KEYS, MARKET, SECURITY, Aliases
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.draft import Draft
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.identity import index_spelled
from rongheng.market.sources.files.layouts import Layout, find_layouts
from rongheng.market.sources.files.plan import Binding, Comparison, Plan, letters
from rongheng.market.sources.files.refusals import (
    nameless,
    said_twice,
    shared_name,
    two_keys,
    unknown_columns,
    unknown_units,
    useless_key,
)
from rongheng.market.sources.files.scales import scale_of
from rongheng.market.sources.files.sheet import Sheet, unguarded
from rongheng.market.sources.files.stated import StatedUnits
from rongheng.market.sources.files.wording import fold, unit_in

GRADE = "grade"
OWN = "rongheng"  # the source of files that carry our own column names
_MEMBER = "is_member"
_DIGITS = re.compile(r"\d{6}")
_PRICED = ("open", "high", "low", "close")
_ANEW = Text("入库时重新写入", "written anew at every import")


def make_plans(
    sheet: Sheet,
    header: Header,
    *,
    aliases: Aliases,
    stated: StatedUnits,
    key_hint: str | None = None,
    layout: Layout | None = None,
) -> list[Plan]:
    """Return the plans of a sheet, one for each table of which it has columns.

    Parameters
    ----------
    key_hint : "index" or "market", when the caller names one: it settles names that two tables share
    layout : the layout that the sheet is known to have, where its headers need not tell it

    Raises
    ------
    SourceChangedError
        When a column is not known, its unit is not known, or two columns say the same.
    """
    draft = Draft(sheet, header, stated, aliases)
    _check_nameless(draft)
    known = (layout,) if layout is not None else find_layouts(draft.headers.values(), title=draft.title)
    own = _own_table(draft)
    if known or own is not None:
        _check_distinct(draft)
    if known:
        plans = [_plan_of_layout(draft, one) for one in known]
    elif own is not None:
        plans = [_plan_of_own(draft, own)]
    else:
        _name_columns(draft)
        groups = _by_table(draft, key_hint)
        _check_keys_count(draft, groups)
        plans = [_plan_of_group(draft, table, places, alone=len(groups) == 1) for table, places in groups.items()]
    if draft.without_unit:
        raise unknown_units(draft)
    return plans


def _check_nameless(draft: Draft) -> None:
    """A column of values without a header says nothing; a counter of rows may stand there.

    To the right of the header, cells of single rows are judged row by row (``rows``), a whole column is not.
    """
    rows = draft.sheet.cells.height - draft.header.first_row
    for place in range(draft.sheet.cells.width):
        if place in draft.headers:
            continue
        cells = draft.cells(place)
        is_counter = any(cells == [str(start + step) for step in range(len(cells))] for start in (0, 1))
        inside = any(draft.header.texts[place:])
        if cells and not is_counter and (inside or 2 * len(cells) > rows):
            raise nameless(draft, place, cells[0])


def _check_distinct(draft: Draft) -> None:
    """A set of headers matches a layout even if one of them stands there twice."""
    first: dict[str, int] = {}
    for place, text in draft.headers.items():
        other = first.setdefault(fold(text), place)
        if other != place:
            raise said_twice(draft, place, other, "the same")


def _plan_of_layout(draft: Draft, layout: Layout) -> Plan:
    bindings, comparisons, ignored = [], [], []
    for place, text in draft.headers.items():
        known = layout.field(text)
        if known.column in KEYS:
            draft.places[known.column] = place
        elif known.ignored is not None:
            ignored.append((text, known.ignored))
        elif known.check is not None:
            scale = find_scale(unit_in(text) or known.unit or "")
            comparisons.append(Comparison(place, text, known.check, scale or Scale(Unit.POINTS, 1)))
        elif known.column is not None:
            column = layout.table.by_name[known.column]
            scale = scale_of(draft, place, column, unit_in(text), layout_unit=known.unit)
            bindings.append(Binding(place, text, column, scale, known.median, known.inferred))
    return Plan(
        table=layout.table,
        source=layout.id,
        places=draft.places,
        bindings=tuple(bindings),
        comparisons=tuple(comparisons),
        ignored=tuple(ignored),
        market=layout.market,
        grade=layout.grade,
        switches=layout.switches,
        takes=_taken(draft, layout),
        passes_over=None if layout.passes_over is None else (layout.table.key[-1], layout.passes_over),
    )


def _taken(draft: Draft, layout: Layout) -> tuple[int, str] | None:
    if layout.takes is None:
        return None
    header, pattern = layout.takes
    return next(place for place, text in draft.headers.items() if layout.folded(text) == header), pattern


def _own_table(draft: Draft) -> Table | None:
    """Return the table whose own column names the headers are: ``as_of`` is among them, so no stranger's file fits."""
    names = set(draft.headers.values())
    for table in TABLES.values():
        if "as_of" in names <= set(table.schema) and names & {column.name for column in table.values}:
            return table
    return None


def _plan_of_own(draft: Draft, table: Table) -> Plan:
    bindings = []
    for place, name in draft.headers.items():
        if name == "as_of":
            draft.places[DATE] = place
        elif name in table.key or name == GRADE:
            draft.places[name] = place
        elif name in AUDIT_SCHEMA:
            draft.ignored.append((name, _ANEW))
        else:
            column = table.by_name[name]
            bindings.append(Binding(place, name, column, Scale(column.unit, 1)))
    return Plan(table, OWN, draft.places, tuple(bindings), ignored=tuple(draft.ignored))


def _name_columns(draft: Draft) -> None:
    unknown = []
    for place, text in draft.headers.items():
        meaning = draft.aliases.meaning(text)
        reason = draft.aliases.reason_ignored(text)
        if reason is not None:
            draft.ignored.append((text, reason))
        elif meaning is None:
            if draft.cells(place):
                unknown.append(place)
        elif meaning[0] not in KEYS:
            draft.named[place] = meaning
        elif meaning[0] in draft.places:
            _check_says_the_same(draft, meaning[0], place)
            first = letters(draft.places[meaning[0]])
            draft.ignored.append((text, Text(f"{first} 列已有", f"column {first} already says it")))
        else:
            draft.places[meaning[0]] = place
    if unknown:
        raise unknown_columns(draft, unknown)
    _leave_names_alone(draft)
    if _are_of_securities(draft):
        draft.places[SECURITY] = draft.places.pop(INDEX)
    if SECURITY in draft.places:
        _name_prices(draft)
    if CONTRACT in draft.places:
        _name_lots(draft)


def _check_says_the_same(draft: Draft, key: str, place: int) -> None:
    """A second column of days or codes must say the same: two tables side by side have different rows."""
    read: Callable[[str], object] = _DIGITS.findall if key == SECURITY else parse_day
    if key not in (DATE, SECURITY):
        return
    below = draft.sheet.cells.slice(draft.header.first_row)
    for one, other in zip(below[:, draft.places[key]], below[:, place], strict=True):
        said = [read(cell) if cell else None for cell in (one, other)]
        if all(said) and said[0] != said[1]:
            raise two_keys(draft, place, draft.places[key], (str(one), str(other)))


def _leave_names_alone(draft: Draft) -> None:
    """A fund's name beside its figures does not say which index it tracks, nor a change beside prices anything new."""
    names = {name for name, _ in draft.named.values()}
    if "fund_name" in names and not names & {"index_code", "index_name"}:
        _leave_alone(draft, "fund_name", Text("代码已有", "the code says it"))
    if "change" in names and "average_amount" not in names:
        _leave_alone(draft, "change", Text("价格已有", "the prices say it"))
    if INDEX in draft.places and SECURITY not in draft.places and not _are_of_securities(draft):
        for name in names:
            if "." not in name and all(one.of_securities for one in TABLES.values() if name in one.by_name):
                _leave_alone(draft, name, Text("指数表没有此列", "the table of indices has no such column"))


def _leave_alone(draft: Draft, column: str, why: Text) -> None:
    for place in [at for at, (name, _) in draft.named.items() if name == column]:
        del draft.named[place]
        draft.ignored.append((draft.header.texts[place], why))


def _are_of_securities(draft: Draft) -> bool:
    """Say whether the codes of what no index has are those of securities: 代码 is a name for either."""
    if INDEX not in draft.places or SECURITY in draft.places:
        return False
    codes = unguarded(pl.Series(draft.cells(draft.places[INDEX]), dtype=pl.String).unique())
    if any(INDEX in table.key for name, _ in draft.named.values() for table in _tables_with(name, draft)):
        return any(map(_is_no_index, codes)) and not any(map(index_spelled, codes))
    return any(find_security(code) and not index_spelled(code) for code in codes)


def _is_no_index(code: str) -> bool:
    """Say whether the number can be a share's or a fund's alone: bare 000016 may be an index of Shanghai's."""
    full = find_security(code)
    of_fund_or_share = full is not None and pl.select(kind_of(pl.lit(full))).item() is not None
    return of_fund_or_share and not index_spelled(code) and not code.startswith(("000", "399"))


def _name_lots(draft: Draft) -> None:
    """The volume of a contract is counted in lots: the same word means another column."""
    for place, (name, unit) in draft.named.items():
        if name == "volume_shares":
            draft.named[place] = ("volume_lots", unit)


def _name_prices(draft: Draft) -> None:
    """The close of an index is in points, that of a security is a price: the same words mean another column."""
    for place, (name, unit) in draft.named.items():
        if name in _PRICED:
            draft.named[place] = (f"{name}_milli", unit)


def _check_keys_count(draft: Draft, tables: Iterable[Table]) -> None:
    """A column that says of which security a row is must not be passed over, or one security becomes a market."""
    keys = {key for table in tables for key in table.key}
    for key in (INDEX, SECURITY, CONTRACT):
        if key in draft.places and key not in keys:
            raise useless_key(draft, key, [table.name for table in tables])


def _by_table(draft: Draft, key_hint: str | None) -> dict[Table, list[int]]:
    """Give each column to a table; names that tables share follow the names that only one of them has."""
    options = {place: _tables_with(name, draft) for place, (name, _) in draft.named.items()}
    sure = {tables[0].name for tables in options.values() if len(tables) == 1}
    keys = {
        key
        for key in (INDEX, MARKET, SECURITY, CONTRACT, key_hint)
        if key is not None and (key in draft.places or key == key_hint)
    }
    groups: dict[str, list[int]] = {}
    for place, tables in options.items():
        by_company = [table for table in tables if table.name in sure]
        by_key = [table for table in tables if keys & set(table.key)]
        fitting = tables if len(tables) == 1 else by_company or by_key
        if len(fitting) > 1:  # a day's own table goes before one of chosen days
            fitting = [table for table in fitting if table.daily]
        if len(fitting) != 1:
            raise shared_name(draft, place, tables)
        groups.setdefault(fitting[0].name, []).append(place)
    return {TABLES[name]: places for name, places in groups.items()}


def _tables_with(name: str, draft: Draft) -> list[Table]:
    """Return the tables that a name can mean: of securities or contracts where a column says of which, else others."""
    table, dot, column = name.rpartition(".")
    if dot:
        return [TABLES[table]]
    having = [known for known in TABLES.values() if column in known.by_name]
    kind = (SECURITY in draft.places, CONTRACT in draft.places)
    return [known for known in having if (known.of_securities, known.of_contracts) == kind] or having


def _plan_of_group(draft: Draft, table: Table, places: list[int], *, alone: bool) -> Plan:
    bindings: dict[str, Binding] = {}
    for place in places:
        name, unit = draft.named[place]
        column = table.by_name[name.rpartition(".")[2]]
        if column.name in bindings:
            raise said_twice(draft, place, bindings[column.name].place, column.name)
        scale = scale_of(draft, place, column, unit)
        bindings[column.name] = Binding(place, draft.header.texts[place], column, scale)
    return Plan(
        table=table,
        source=f"table:{table.name}",
        alone=alone,
        places=dict(draft.places),
        bindings=tuple(bindings.values()),
        ignored=tuple(draft.ignored),
        implied=(_MEMBER,) if _MEMBER in table.by_name and _MEMBER not in bindings else (),  # a weight is a member's
    )
