"""Tables of rules: rows that are chosen by classes and ranges, and the values that stand in them.

What lives here: columns, rows, looking up, and the check that the rows cover every case exactly once. What does not:
reading a table from YAML (``values.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rongheng.basics.errors import RuleError, UsageError
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.confidence import Confidence

if TYPE_CHECKING:
    from rongheng.rulebook.values import Value

ANY = frozenset[str]()  # a class cell that says `any`
EVERY_NUMBER = Range(None, False, None, False)  # a range cell that does

Key = frozenset[str] | Range


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what chooses it, what it says, and how sure that is where it differs from its table."""

    keys: Mapping[str, Key]
    values: Mapping[str, Value]
    confidence: Confidence | None = field(compare=False)
    place: str = field(compare=False)

    def fits(self, keys: Mapping[str, str | int]) -> bool:
        """Say whether this row is meant for these keys."""
        return all(_fits(cell, keys[name]) for name, cell in self.keys.items())

    def members(self, column: str) -> frozenset[str]:
        """Return the members that a class column names; none for any of them, or where the table lacks the column."""
        cell = self.keys.get(column, ANY)
        assert isinstance(cell, frozenset), f"{column} is a class"
        return cell

    def range(self, column: str) -> Range:
        """Return the numbers that a range column names."""
        cell = self.keys[column]
        assert isinstance(cell, Range), f"{column} is a range"
        return cell

    def meets(self, other: Row) -> bool:
        """Say whether some case fits this row and another one of the same shape."""
        return all(_meet(cell, other.keys[name]) for name, cell in self.keys.items())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of which exactly one fits each case; in a partial table, at most one."""

    rows: tuple[Row, ...]
    is_partial: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns that choose a row."""
        return tuple(self.rows[0].keys)

    @property
    def telling(self) -> tuple[str, ...]:
        """The names of the columns that do choose: those that do not say ``any`` in every row."""
        return tuple(n for n in self.keys if any(row.keys[n] not in (ANY, EVERY_NUMBER) for row in self.rows))

    def find_row(self, **keys: str | int) -> Row | None:
        """Return the row for these keys, or ``None`` where the document has no such cell.

        Parameters
        ----------
        keys : one for each key column: a member of its class, or a number in the unit of its range

        Raises
        ------
        UsageError
            A key is missing or unknown.
        """
        if set(keys) != set(self.keys):
            raise UsageError(
                f"The table was asked with {', '.join(keys) or 'nothing'}; it needs {', '.join(self.keys)}."
            )
        return next((row for row in self.rows if row.fits(keys)), None)

    def row(self, **keys: str | int) -> Row:
        """Return the row for these keys; a cell that was never published is a ``RuleError``."""
        found = self.find_row(**keys)
        if found is None:
            asked = ", ".join(f"{name} {value}" for name, value in keys.items())
            raise RuleError(f"{self.rows[0].place}: the document has no row for {asked}. Nothing is assumed for it.")
        return found


def overlap(table: Table) -> tuple[Row, Row] | None:
    """Return two rows that fit the same case, or ``None``."""
    for index, first in enumerate(table.rows):
        for second in table.rows[index + 1 :]:
            if first.meets(second):
                return first, second
    return None


def gap(table: Table, *, complete: Mapping[str, Sequence[str]]) -> dict[str, str | int] | None:
    """Return a case that no row fits, or ``None``.

    Cases are the members that appear in the table (all of the class for the columns of ``complete``), and for each
    range column the bounds and a number between any two neighbours and beyond the ends, which is enough because rows
    change nowhere else.
    """
    axes = [
        _Axis(name, _cases([row.keys[name] for row in table.rows], complete.get(name, ())), table.rows)
        for name in table.keys
    ]
    found = _uncovered(axes, (1 << len(table.rows)) - 1, seen=set())
    return None if found is None else dict(zip(table.keys, found, strict=True))


class _Axis:
    """The cases of one column, each with the set of rows that fit it as bits; cases with the same rows count once."""

    def __init__(self, name: str, cases: Iterable[str | int], rows: Sequence[Row]) -> None:
        self.case_by_rows: dict[int, str | int] = {}
        for case in cases:
            fitting = sum(1 << number for number, row in enumerate(rows) if _fits(row.keys[name], case))
            self.case_by_rows.setdefault(fitting, case)


def _uncovered(axes: Sequence[_Axis], rows: int, *, seen: set[tuple[int, int]]) -> tuple[str | int, ...] | None:
    """Return a case of these axes that none of ``rows`` fits; ``seen`` holds the questions answered with no."""
    if not axes or (len(axes), rows) in seen:
        return None
    for fitting, case in axes[0].case_by_rows.items():
        left = rows & fitting
        if left == 0:
            return (case, *(next(iter(axis.case_by_rows.values())) for axis in axes[1:]))
        deeper = _uncovered(axes[1:], left, seen=seen)
        if deeper is not None:
            return (case, *deeper)
    seen.add((len(axes), rows))
    return None


def _cases(cells: Sequence[Key], every: Sequence[str]) -> Iterator[str | int]:
    named = {member for cell in cells if isinstance(cell, frozenset) for member in cell}
    members = [*every, *sorted(named - set(every))]
    yield from members
    bounds = sorted({b for cell in cells if isinstance(cell, Range) for b in (cell.low, cell.high) if b is not None})
    for bound in bounds:
        # Units are far finer than any printed bound, so one unit aside is inside the neighbouring range.
        yield from (bound - 1, bound, bound + 1)
    if not members and not bounds:
        yield 0


def _fits(cell: Key, key: str | int) -> bool:
    if isinstance(cell, Range):
        assert isinstance(key, int), "a range is asked with a number"
        return key in cell
    return cell == ANY or key in cell


def _meet(first: Key, second: Key) -> bool:
    if isinstance(first, Range) and isinstance(second, Range):
        return first.meets(second)
    assert isinstance(first, frozenset), "a column is a class or a range"
    assert isinstance(second, frozenset), "a column has the same kind in every row"
    return first == ANY or second == ANY or bool(first & second)
