"""Tables of a report: rows of a reading into cells of text, each column with its unit at its head.

What lives here: the shape of a table, and how the rows of a reading fill it. What does not: which tables a note has
(``chapters``) and how a table looks (the template).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import find_index
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Reading
from rongheng.market.indicators.words import WORDS
from rongheng.report.numbers import MISSING, Scale, column_scale, display
from rongheng.report.words import GRADES, MORE_WORDS, verdict

Row = Mapping[str, Any]
_ON_ONE_LINE = 16  # characters
_VERDICTS = ("verdict",)  # columns whose words are those of the pressure reading


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column. ``kind`` says how its cells are set: text, number or grade."""

    head: str
    unit: str = ""
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is read; ``mark`` is a grade or a verdict in English, for the look of it."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A table as it is read."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str = ""


SIGNED = ("change", "gap", "residual", "lag", "growth", "return", "net_financing", "close_to_cost", "fall_change")


def reading_table(
    reading: Reading,
    rows: Iterable[Row],
    names: Sequence[str],
    language: Language,
    *,
    title: Text,
    dated: bool = True,
) -> Table:
    """Return the named figures of a reading's rows as a table, with the session first and the grade last.

    Without ``dated`` the session is left out: the title says it.

    Numbers stand in one scale a column, named at its head. The grade is the worst of what the row shows: figures that
    are not published are derived at best. Where published figures stand beside others, their heads say so.
    """
    records = list(rows)
    known = {figure.name: figure for figure in reading.indicator.figures}
    figures = [in_plain(known[name], known) for name in names if name in known]
    columns = [Column(Text("交易日", "session").in_(language))] if dated else []
    scales = {figure.name: scale_of(figure, records, language) for figure in figures}
    measured = [figure for figure in figures if figure.unit not in (Unit.TEXT, Unit.DATE)]
    official = any(record.get("grade") == Grade.OFFICIAL for record in records)
    mixed = official and {figure.published for figure in measured} == {True, False}
    columns += [
        replace(head(figure, scales[figure.name], language, marked=mixed), **_wrapping(figure, records, language))
        for figure in figures
    ]
    columns.append(Column(Text("级别", "grade").in_(language), kind="grade"))
    body = [
        (
            *([Cell(display(record.get("session"), Unit.DATE, language))] if dated else []),
            *(cell(record.get(figure.name), figure, scales[figure.name], language) for figure in figures),
            grade_cell(_row_grade(record, measured), language),
        )
        for record in records
    ]
    return Table(title.in_(language), tuple(columns), tuple(body))


def in_plain(figure: Figure, known: Mapping[str, Figure]) -> Figure:
    """Return a figure that stands in one language under a label that does not name the language."""
    stem = figure.name.removesuffix("_zh").removesuffix("_en")
    if stem == figure.name:
        return figure
    label = Text(figure.label.zh.partition("（")[0], figure.label.en.partition(",")[0])
    return replace(figure, label=known[stem].label if stem in known else label)


def scale_of(figure: Figure, records: Sequence[Row], language: Language) -> Scale:
    """Return the scale of a figure's column."""
    return column_scale(figure.unit, [_number(record.get(figure.name)) for record in records], language)


def _wrapping(figure: Figure, records: Sequence[Row], language: Language) -> dict[str, str]:
    """Let a column of long words wrap; short ones and dates stand on one line."""
    if figure.unit is not Unit.TEXT:
        return {}
    longest = max((len(word(str(record.get(figure.name) or ""), language)) for record in records), default=0)
    return {"kind": "name"} if longest > _ON_ONE_LINE else {}


def _row_grade(record: Row, measured: Sequence[Figure]) -> Grade | None:
    if record.get("grade") is None:
        return None
    own = Grade(str(record["grade"]))
    shown = [figure for figure in measured if record.get(figure.name) is not None]
    return own if all(figure.published for figure in shown) else worst(own, Grade.DERIVED)


def head(figure: Figure, scale: Scale, language: Language, *, marked: bool = False) -> Column:
    """Return the head of a figure's column; ``marked`` says of a published figure that it is."""
    textual = figure.unit in (Unit.TEXT, Unit.DATE)
    label, unit = figure.label.in_(language), scale.label.in_(language)
    said = [] if figure.unit is Unit.SESSIONS and unit in label else [unit]
    if marked and figure.published and not textual:
        said.append(GRADES[Grade.OFFICIAL].in_(language))
    return Column(label, " · ".join(part for part in said if part), "text" if textual else "number")


def cell(value: Any, figure: Figure, scale: Scale, language: Language) -> Cell:
    """Return one figure as it stands in its column."""
    if value is None:
        return Cell(MISSING)
    if figure.unit is Unit.TEXT:
        return Cell(word(str(value), language), str(value) if figure.name in _VERDICTS else "")
    if figure.unit is Unit.DATE:
        return Cell(display(value, Unit.DATE, language))
    return Cell(scale.show(_number(value), signed=any(part in figure.name for part in SIGNED)))


def grade_cell(grade: Any, language: Language) -> Cell:
    """Return a grade as it is read."""
    if grade is None:
        return Cell(MISSING)
    return Cell(GRADES[Grade(str(grade))].in_(language), str(grade))


def word(value: str, language: Language) -> str:
    """Return what a one-word answer says: a verdict, a grade, the name of an index; other text stands for itself."""
    if value in set(Grade):
        return GRADES[Grade(value)].in_(language)
    index = find_index(value)
    if index is not None:
        return index.label.in_(language)
    known = WORDS.get(value) or MORE_WORDS.get(value)
    return known.in_(language) if known else value


def group_name(row: Row, language: Language) -> str:
    """Return the name of a board, an index or an industry; a board is no index, though ChiNext has the id of one.

    >>> [group_name({"group_kind": kind, "group": "chinext"}, "zh") for kind in ("board", "index")]
    ['创业板', '创业板指']
    """
    group = str(row["group"])
    return BOARDS[group].in_(language) if row["group_kind"] == "board" and group in BOARDS else word(group, language)


BOARDS = {
    "main": Text("主板", "main board"),
    "star": Text("科创板", "STAR"),
    "chinext": Text("创业板", "ChiNext"),
    "bse": Text("北交所", "Beijing"),
}


def verdict_cell(value: Any, language: Language) -> Cell:
    """Return a verdict of the pressure reading."""
    return Cell(verdict(value).in_(language), str(value or "none"))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
