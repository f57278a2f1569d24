"""The unit of a column: from the header, a 单位 row or line, the caller, the layout, or the cells' per cent signs.

In this order, and never from a guess: a column without any of them is noted as such, and the sheet is refused.
"""

from __future__ import annotations

from rongheng.basics.tables import Column
from rongheng.basics.units import Scale, Unit, find_scale, fits
from rongheng.market.sources.files.draft import Draft
from rongheng.market.sources.files.numbers import says_magnitude
from rongheng.market.sources.files.refusals import two_units, unfit_unit, unit_against
from rongheng.market.sources.files.wording import fold, visible

_SIGNS = ("%", "％")
_LOTS = {"手": Scale(Unit.COUNT, 1), "万手": Scale(Unit.COUNT, 10_000)}  # of contracts; of shares they are hundreds
_IN_LOTS = ("volume_lots", "open_interest_lots")
_UNITLESS = (Unit.POINTS, Unit.TIMES, Unit.TEXT, Unit.SWITCH)


def scale_of(
    draft: Draft, place: int, column: Column, header_unit: str | None, *, layout_unit: str | None = None
) -> Scale:
    """Return the scale of a column; one that has none is noted in ``draft.without_unit``."""
    printed = _printed(draft, place, column, header_unit)
    said = draft.stated.of(draft.header.texts[place], column)
    unit = printed or said or layout_unit
    if unit is None:
        return _scale_of_unitless(draft, place, column)
    scale = _LOTS.get(unit) if column.name in _IN_LOTS else None
    scale = scale or find_scale(unit)
    if scale is None or not fits(scale, column.unit):
        raise unfit_unit(draft, place, column, unit)
    return scale


def _printed(draft: Draft, place: int, column: Column, header_unit: str | None) -> str | None:
    """Return the unit that the file states; where it states two, the one of them that the caller says for the column.

    A 单位 row speaks of each column like the header. A line above the header (单位：万元) speaks of the columns that
    say nothing themselves, and contradicts the others only where there is none.
    """
    row_unit, sheet_unit = draft.header.units.get(place), _of_the_sheet(draft, column)
    said = draft.stated.by_column.get(fold(draft.header.texts[place]))
    own = header_unit or row_unit
    stated = [unit for unit in (header_unit, row_unit) if unit]
    if own is None or (sheet_unit and not _speaks_of_others(draft, column)):
        stated += [sheet_unit] if sheet_unit else []
    scales = {find_scale(unit) for unit in stated}
    if said is not None and stated and find_scale(said) not in scales:
        raise unit_against(draft, place, stated[0], said)
    if len(scales) > 1 and said is None:
        raise two_units(draft, place, stated)
    return said if stated and said else next(iter(stated), None)


def _speaks_of_others(draft: Draft, column: Column) -> bool:
    """Say whether a column of that kind states no unit of its own, so that the line above the header is about it."""
    return any(
        unit is None and place not in draft.header.units and draft.kind_of(name) in (None, column.unit)
        for place, (name, unit) in draft.named.items()
    )


def _scale_of_unitless(draft: Draft, place: int, column: Column) -> Scale:
    states_percent = column.unit in (Unit.FRACTION, Unit.RATIO) and _all_percent(draft.cells(place))
    if column.unit not in _UNITLESS and not states_percent and not _all_in_words(draft.cells(place), column.unit):
        draft.without_unit.append((place, column))
    return Scale(column.unit, 1)  # of cells with a per cent sign or a word (1.5亿), that is the scale


def _of_the_sheet(draft: Draft, column: Column) -> str | None:
    """The unit that a line above the header states for columns of this kind; two of one kind state nothing."""
    fitting = [unit for unit in draft.header.sheet_units if (scale := find_scale(unit)) and fits(scale, column.unit)]
    return fitting[0] if len(set(fitting)) == 1 else None


def _all_in_words(cells: list[str], unit: Unit) -> bool:
    numbers = [cell for cell in map(visible, cells) if any(map(str.isdigit, cell)) and cell.strip("0.")]
    return bool(numbers) and all(says_magnitude(cell, unit) for cell in numbers)


def _all_percent(cells: list[str]) -> bool:
    numbers = [cell for cell in cells if any(map(str.isdigit, cell))]
    return bool(numbers) and all(cell.endswith(_SIGNS) for cell in numbers)
