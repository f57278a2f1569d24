"""Sheets that stand on their side: a label in each row and its figure beside it, of one day (中证金融's daily file).

Such a sheet becomes one row under its labels, and is read like any other. Labels are known by the alias table; a label
that is not known and has a figure is named, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rongheng.basics.tables import ACCOUNT_DAILY
from rongheng.basics.units import find_scale
from rongheng.market.sources.files.aliases import Aliases
from rongheng.market.sources.files.sheet import Sheet, as_cells
from rongheng.market.sources.files.wording import unit_in, visible

_ENOUGH = 5  # labels that make a sheet one of this kind
_NUMBER = re.compile(r"^[+-]?[\d,.]+%?$")


@dataclass(frozen=True)
class Upright:
    """The row that a sheet on its side makes, and the labels with a figure that nobody knows."""

    sheet: Sheet
    unread: tuple[str, ...]


def upright(sheet: Sheet, aliases: Aliases) -> Upright | None:
    """Return the sheet as one row under its labels, or ``None`` when it is not of this kind."""
    lines = [[visible(cell or "") for cell in sheet.line(place)] for place in range(sheet.cells.height)]
    known = [sum(_is_label(cell, aliases) for cell in column) for column in zip(*lines, strict=True)]
    if not known or max(known) < _ENOUGH:
        return None
    place = known.index(max(known))
    figures: dict[str, str] = {}
    unread: list[str] = []
    for line in lines:
        label, beside = line[place], [cell for cell in line[place + 1 :] if cell]
        value = next((cell for cell in reversed(beside) if _NUMBER.match(cell)), None)
        if _is_label(label, aliases):
            figures[_with_unit(label, beside)] = value or ""
        elif label and value is not None:
            unread.append(label)
    columns = [pl.Series(name, [value], dtype=pl.String) for name, value in figures.items()]
    return Upright(Sheet(sheet.file, sheet.name, as_cells(columns), tuple(figures)), tuple(unread))


def _is_label(text: str, aliases: Aliases) -> bool:
    meaning = aliases.meaning(text) if text else None
    return meaning is not None and meaning[0].rpartition(".")[2] in ACCOUNT_DAILY.by_name


def _with_unit(label: str, beside: Sequence[str]) -> str:
    """Return the label with the unit that stands in a cell of its own."""
    if unit_in(label):
        return label
    unit = next((cell.strip("()") for cell in beside if find_scale(cell.strip("()"))), None)
    return label if unit is None else f"{label}({unit})"
