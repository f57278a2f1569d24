"""The published figures by name, for checks that hold one printed figure against another.

What lives here: looking up. What does not: reading the files (``market.sources.published``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from rongheng.market.reproduction.verdict import Figure
from rongheng.market.sources.published import published_figures


@cache
def figures() -> tuple[Figure, ...]:
    """Return every published figure, in the order of publication."""
    names = list(Figure.__dataclass_fields__)
    return tuple(Figure(**row) for row in published_figures().select(names).iter_rows(named=True))


@cache
def _by_name() -> Mapping[tuple[str, str, str, str, str], Figure]:
    return {(one.report, one.table, one.key, one.date, one.column): one for one in figures()}


def table(report: str, name: str) -> Sequence[Figure]:
    """Return a table's figures in their order."""
    return [one for one in figures() if (one.report, one.table) == (report, name)]


def number(report: str, table: str, *, key: str = "", day: str = "", column: str = "value") -> float:
    """Return one figure, in our unit.

    >>> number("huachuang", "text", key="market_maintenance_pct", day="2025-03-21")
    2.6754
    """
    return _by_name()[report, table, key, day, column].number
