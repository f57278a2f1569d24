"""The unit of a column: from the header, a 单位 row or line, the caller, the layout, or the cells' per cent signs.

In this order, and never from a guess: a column without any of them is noted as such, and the sheet is refused.
"""

from __future__ import annotations

from rongheng.basics.errors import UsageError
from rongheng.basics.tables import Column
from rongheng.basics.units import Scale, Unit, find_scale, fits
from rongheng.market.sources.files.draft import Draft
from rongheng.market.sources.files.refusals import unfit_unit
from rongheng.market.sources.files.wording import fold

_SIGNS = ("%", "％")
_UNITLESS = (Unit.POINTS, Unit.TIMES, Unit.TEXT, Unit.SWITCH)


def scale_of(
    draft: Draft, place: int, column: Column, header_unit: str | None, *, layout_unit: str | None = None
) -> Scale:
    """Return the scale of a column; one that has none is noted in ``draft.without_unit``."""
    printed = header_unit or draft.header.units.get(place) or _of_the_sheet(draft, column)
    said = draft.stated.of(draft.header.texts[place], column)
    unit = printed or said or layout_unit
    if unit is None:
        return _scale_of_unitless(draft, place, column)
    if printed is not None:
        _check_agreement(draft, place, printed)
    scale = find_scale(unit)
    if scale is None or not fits(scale, column.unit):
        raise unfit_unit(draft, place, column, unit)
    return scale


def _scale_of_unitless(draft: Draft, place: int, column: Column) -> Scale:
    states_percent = column.unit in (Unit.FRACTION, Unit.RATIO) and _all_percent(draft.cells(place))
    if column.unit not in _UNITLESS and not states_percent:
        draft.without_unit.append((place, column))
    return Scale(column.unit, 1)  # of cells with a per cent sign, the sign is the scale


def _of_the_sheet(draft: Draft, column: Column) -> str | None:
    """The unit that a line above the header states for columns of this kind; two of one kind state nothing."""
    fitting = [unit for unit in draft.header.sheet_units if (scale := find_scale(unit)) and fits(scale, column.unit)]
    return fitting[0] if len(set(fitting)) == 1 else None


def _all_percent(cells: list[str]) -> bool:
    numbers = [cell for cell in cells if any(map(str.isdigit, cell))]
    return bool(numbers) and all(cell.endswith(_SIGNS) for cell in numbers)


def _check_agreement(draft: Draft, place: int, printed: str) -> None:
    said = draft.stated.by_column.get(fold(draft.header.texts[place]))
    if said is not None and find_scale(said) != find_scale(printed):
        raise UsageError(
            f"{draft.at(place)}: the file says {printed}, --unit says {said}. Leave this column out of --unit, or mend "
            "the file."
        )
