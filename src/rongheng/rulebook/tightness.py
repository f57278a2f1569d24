"""Where one value is looser than another of the same shape: term by term, and cell by cell of a table.

What lives here: the comparison of two values. What does not: which entries are compared, and on which days
(``tightening.py``).

A number is compared by the ``direction`` of its schema, and so is a list (under a floor it must hold everything that
stands above it); a choice and a switch by their ``tightest`` answer, a formula at every whole haircut. Of what has
neither no one can say which is tighter, so that it must be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from rongheng.rulebook.formula import Formula
from rongheng.rulebook.scalars import Duration
from rongheng.rulebook.schema import Schema
from rongheng.rulebook.table import ANY, Row, Table
from rongheng.rulebook.values import NO_LIMIT, Value

_HAIRCUTS = tuple(Fraction(percent, 100) for percent in range(101))


@dataclass(frozen=True, slots=True)
class Loosening:
    """One part of a value that is looser than the part above it; a place where the part is a row of its own."""

    own: Value
    above: Value
    schema: Schema
    name: str  # of the term or column; empty for a value of one part
    place: str | None = None


def loosenings(own: Value, above: Value, schema: Schema, *, client: str | None = None) -> Iterator[Loosening]:
    """Yield every part of ``own`` that is looser than what ``above`` says of the same; what one leaves out is passed.

    Parameters
    ----------
    client : of which type the client is; rows for other types are passed
    """
    if isinstance(own, Table) and isinstance(above, Table):
        yield from _in_tables(own, above, schema, client)
    elif isinstance(own, Mapping) and isinstance(above, Mapping):
        for name in own.keys() & above.keys():
            for found in loosenings(own[name], above[name], schema.terms[name].schema, client=client):
                yield Loosening(found.own, found.above, found.schema, found.name or name, found.place)
    elif not _is_as_tight(own, above, schema):
        yield Loosening(own, above, schema, "")


def _in_tables(own: Table, above: Table, schema: Schema, client: str | None) -> Iterator[Loosening]:
    for row, other in product(own.rows, above.rows):
        if row.meets(other) and _is_for(row, schema, client) and _is_for(other, schema, client):
            for name in row.values.keys() & other.values.keys():
                for found in loosenings(row.values[name], other.values[name], schema.columns[name].schema):
                    yield Loosening(found.own, found.above, found.schema, name, row.place)


def _is_for(row: Row, schema: Schema, client: str | None) -> bool:
    cells = (cell for name, cell in row.keys.items() if schema.columns[name].key == "client_type")
    return client is None or all(cell == ANY or (isinstance(cell, frozenset) and client in cell) for cell in cells)


def _is_as_tight(own: Value, above: Value, schema: Schema) -> bool:
    if own == above:
        return True
    if schema.tightest is not None:
        answer: Value = schema.tightest == "yes" if schema.unit == "switch" else schema.tightest
        return own == answer
    if schema.direction is None:
        return False
    if isinstance(own, Duration) and isinstance(above, Duration) and own.unit != above.unit:
        return False  # two trading days may be more or less than three days
    is_floor = schema.direction == "floor"
    if schema.unit == "list" and isinstance(own, tuple) and isinstance(above, tuple):
        return {*own} >= {*above} if is_floor else {*own} <= {*above}
    pairs = zip(_numbers(own, is_floor=is_floor), _numbers(above, is_floor=is_floor), strict=True)
    return all(mine >= bound if is_floor else mine <= bound for mine, bound in pairs)


def _numbers(value: Value, *, is_floor: bool) -> list[Any]:
    """Return what orders a value: one number, or for a formula one for each whole haircut."""
    if isinstance(value, Formula):
        return [value(**dict.fromkeys(value.names, haircut)) for haircut in _HAIRCUTS]
    if isinstance(value, Duration):
        return [value.count]
    if isinstance(value, tuple):  # percentages: the loosest of them
        return [min(value) if is_floor else max(value)]
    if value is NO_LIMIT:
        return [float("-inf" if is_floor else "inf")]
    return [value]
