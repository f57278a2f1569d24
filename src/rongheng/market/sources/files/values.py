"""The values of the rows, in our units, and whether the units can be the right ones."""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import SourceChangedError
from rongheng.basics.grades import Grade
from rongheng.basics.units import Unit, scaled_to
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.layouts import usual_median
from rongheng.market.sources.files.numbers import BLANKS, Cells, numbers_of_each
from rongheng.market.sources.files.plan import Binding
from rongheng.market.sources.files.planning import GRADE
from rongheng.market.sources.files.sheet import ROW

_WHOLE = {Unit.COUNT: "a count must be a whole number", Unit.MILLI: "a price must be whole milli-yuan"}
_SWITCHES = {
    **dict.fromkeys(("true", "1", "yes", "y", "是"), True),
    **dict.fromkeys(("false", "0", "no", "n", "否"), False),
}
_EXACT = 2.0**53  # beyond it a float is no longer one whole number
_ENOUGH = 5  # values from which on a median speaks about the unit rather than about a bad cell


def read_values(rows: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Return ``rows`` with the table's value columns and the printed columns to compare, instead of text cells."""
    plan = found.plan
    words = {binding.place for binding in plan.bindings if binding.column.unit in (Unit.TEXT, Unit.SWITCH)}
    measured = [binding for binding in plan.bindings if binding.place not in words]
    cells = [Cells(rows[str(one.place)], scaled_to(one.scale, one.column.unit), one.column.unit) for one in measured]
    cells += [Cells(rows[str(one.place)], one.scale, one.scale.unit) for one in plan.comparisons]
    read = iter(numbers_of_each(cells) if cells else [])
    columns = [
        _read_words(rows, binding, found)
        if binding.place in words
        else _checked(*next(read), rows[ROW], binding, found)
        for binding in plan.bindings
    ]
    columns += [values.alias(one.name) for one, (values, _) in zip(plan.comparisons, read, strict=True)]
    texts = [name for name in rows.columns if name.isdecimal()]
    return _with_grades(rows, found).drop(texts).with_columns(columns)


def _with_grades(rows: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Keep the grade that a file of our own gives each row; one that we do not know is as bad as any."""
    place = found.plan.places.get(GRADE)
    if place is None:
        return rows
    text = pl.col(str(place)).str.strip_chars().str.to_lowercase()
    known = text.is_in([grade.value for grade in Grade])
    return rows.with_columns(pl.when(known).then(text).otherwise(pl.lit(Grade.SIMULATED.value)).alias(GRADE))


def _checked(
    values: pl.Series, bad: pl.Series | None, lines: pl.Series, binding: Binding, found: Inspection
) -> pl.Series:
    """Send the cells that are no number, or not a whole one, to quarantine and return the others."""
    column = binding.column
    if bad is not None:
        found.set_unread_aside(lines.filter(bad), binding.place, "no number")
    if column.unit in _WHOLE:
        whole = (values == values.round(0)) & values.is_between(-_EXACT, _EXACT)
        broken = (~whole).fill_null(value=False)
        if broken.any():
            found.set_unread_aside(lines.filter(broken), binding.place, _WHOLE[column.unit])
            values = values.set(broken, None)
    return values.cast(column.dtype).alias(column.name)


def _read_words(rows: pl.DataFrame, binding: Binding, found: Inspection) -> pl.Series:
    """Read a column of words, or of yes and no; what is neither goes to quarantine."""
    column = binding.column
    text = rows[str(binding.place)].str.strip_chars().str.to_lowercase()
    if column.unit is Unit.TEXT and not column.words:
        printed = rows[str(binding.place)].str.strip_chars()
        return printed.set(text.is_in(BLANKS).fill_null(value=False), None).alias(column.name)
    meant: dict[str, object] = dict(_SWITCHES) if column.unit is Unit.SWITCH else {word: word for word in column.words}
    values = text.replace_strict(meant, default=None, return_dtype=column.dtype)
    bad = text.is_not_null() & (text != "") & values.is_null()
    if bad.any():
        expected = "yes or no" if column.unit is Unit.SWITCH else f"one of {', '.join(column.words)}"
        found.set_unread_aside(rows[ROW].filter(bad), binding.place, f"expected {expected}")
    return values.alias(column.name)


def check_units(frame: pl.DataFrame, found: Inspection) -> None:
    """Raise ``SourceChangedError`` when the median of a column says that its unit cannot be right."""
    measured = [one for one in found.plan.bindings if one.column.unit not in (Unit.TEXT, Unit.SWITCH)]
    medians = frame.select(_median(binding) for binding in measured) if measured else frame
    for binding in measured:
        name = binding.column.name
        bounds = binding.median or _column_bounds(binding, frame.height - frame[name].null_count())
        median = medians[name].item()
        if bounds is None or not isinstance(median, int | float):
            continue
        if not bounds[0] <= median <= bounds[1]:
            raise _wrong_unit(binding, float(median), bounds, found)
    _tell_unusual(frame, found)


def _tell_unusual(frame: pl.DataFrame, found: Inspection) -> None:
    """Tell of figures of the whole market that are of no order of magnitude that it ever had: a slip of the unit."""
    for binding in found.plan.bindings:
        usual = None if binding.median else usual_median(found.plan.table, binding.column.name)
        median = frame.select(_median(binding)).item() if usual else None
        if usual is None or not isinstance(median, int | float) or usual[0] <= median <= usual[1]:
            continue
        makes, low, high = (f"{value:,.6g}" for value in (median, *usual))
        unit = binding.column.unit.value
        found.notice(
            f"{binding.header!r} 的中位数折合 {makes} {unit}，全市场历来在 {low} 至 {high} 之间：请核对单位",
            f"the median of {binding.header!r} makes {makes} {unit}; of the whole market it has been {low} to {high}: "
            "check its unit",
        )


def _median(binding: Binding) -> pl.Expr:
    value = pl.col(binding.column.name)
    return (value.filter(value != 0) if binding.median else value).median()


def _column_bounds(binding: Binding, count: int) -> tuple[float, float] | None:
    lowest, highest = binding.column.lowest, binding.column.highest
    if count < _ENOUGH or lowest is None or highest is None:
        return None
    return lowest, highest


def _wrong_unit(binding: Binding, median: float, bounds: tuple[float, float], found: Inspection) -> SourceChangedError:
    scale = scaled_to(binding.scale, binding.column.unit)
    printed = median * scale.denominator / scale.numerator
    return SourceChangedError(
        f"{found.sheet.where}, header in row {found.header.line}: the median of {binding.header!r} is {printed:,.6g} "
        f"in the file, which makes {median:,.6g} {binding.column.unit.value} of {binding.column.name}; expected "
        f"{bounds[0]:,.6g} to {bounds[1]:,.6g}. The unit is not what it was taken for ({found.plan.source}): say it "
        f"with --unit '{binding.header}=…', or check that this is the right file."
    )
