"""What the caller says about units: ``--unit 亿元``, or by column ``--unit 融资余额=亿元,个人投资者数量=万名``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rongheng.basics.errors import UsageError
from rongheng.basics.tables import Column
from rongheng.basics.units import SPELLINGS, Scale, find_scale, fits
from rongheng.market.sources.files.wording import fold


@dataclass(frozen=True)
class StatedUnits:
    """Units by folded column name, and units for every column of their kind that states none itself."""

    by_column: Mapping[str, str]
    by_kind: tuple[str, ...]

    def of(self, header: str, column: Column) -> str | None:
        """Return the unit that the caller states for a column, or ``None``."""
        for name in (header, column.name, column.label.zh):
            if fold(name) in self.by_column:
                return self.by_column[fold(name)]
        return next((unit for unit in self.by_kind if fits(known_scale(unit), column.unit)), None)


def stated_units(text: str | None) -> StatedUnits:
    """Read the value of ``--unit``.

    Raises
    ------
    UsageError
        When a unit is not known.

    Examples
    --------
    >>> stated_units("亿元,个人投资者数量=万名").by_kind
    ('亿元',)
    """
    by_column: dict[str, str] = {}
    by_kind: list[str] = []
    for item in re.split(r"[,，;；]", text or ""):
        name, equals, unit = item.rpartition("=")
        if not item.strip():
            continue
        known_scale(unit)
        if equals:
            by_column[fold(name)] = unit.strip()
        else:
            by_kind.append(unit.strip())
    return StatedUnits(by_column, tuple(by_kind))


def known_scale(unit: str) -> Scale:
    """Return the scale of a unit; one that we do not know is a ``UsageError``."""
    scale = find_scale(unit)
    if scale is None:
        raise UsageError(f"--unit: {unit.strip()!r} is no unit that we know. Known: {', '.join(SPELLINGS)}.")
    return scale
