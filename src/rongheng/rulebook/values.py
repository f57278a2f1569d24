"""Reading a value of a rule by its schema.

What lives here: the meeting of what was typed with what was declared. What does not: single numbers (``scalars.py``),
what a table can be asked (``table.py``), and how a value is shown (``showing.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from rongheng.rulebook.bounds import parse_range
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.confidence import parse_confidence
from rongheng.rulebook.documents import Document, find_document
from rongheng.rulebook.formula import Formula, FormulaError, parse_formula
from rongheng.rulebook.reader import Item, did_you_mean
from rongheng.rulebook.scalars import READERS, Scalar, read_percent, show_percent, show_scalar
from rongheng.rulebook.schema import CODES, Part, Schema
from rongheng.rulebook.table import ANY, EVERY_NUMBER, Key, Row, Table, gap, overlap

_CODE = re.compile(r"^[0-9]{6}\.(SH|SZ|BJ)$")


class NoLimit(Enum):
    """The value of a cell that says ``no limit``: the document sets none, which is not the same as saying nothing."""

    NO_LIMIT = "no limit"


NO_LIMIT = NoLimit.NO_LIMIT

Value = Scalar | str | NoLimit | Formula | Document | tuple[str, ...] | tuple[int, ...] | Mapping[str, "Value"] | Table


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads values; it knows the documents and the classes that a value may name."""

    register: Mapping[str, Document]
    classes: Classes

    def read(self, item: Item, schema: Schema) -> Value:
        """Return the value that ``item`` holds, which must have the shape of ``schema``."""
        match schema.unit:
            case "choice":
                return item.one_of(schema.choices, what="choice")
            case "list":
                return self._list(item, schema)
            case "percents":
                return _falling(item, schema)
            case "formula":
                return self._formula(item, schema)
            case "document":
                return find_document(item, self.register)
            case "terms":
                return self._terms(item, schema)
            case "table":
                return self._table(item, schema)
            case "percent":
                return _percent(item, schema)
            case unit:
                return item.read(READERS[unit])

    def _list(self, item: Item, schema: Schema) -> tuple[str, ...]:
        words: list[str] = []
        for member in item.items():
            word = member.one_of(schema.choices, what="choice")
            if word in words:
                member.refuse(f"{word!r} stands twice in the list; expected it once. Remove one.")
            words.append(word)
        return tuple(words)

    def _formula(self, item: Item, schema: Schema) -> Formula:
        typed = item.text()
        try:
            formula = parse_formula(typed)
        except FormulaError as error:
            item.refuse(f"cannot read the formula {typed!r}: {error}.")
        for name in sorted(formula.names - set(schema.inputs)):
            known = ", ".join(schema.inputs)
            item.refuse(f"the formula uses {name!r}; expected one of {known}.{did_you_mean(name, schema.inputs)}")
        return formula

    def _terms(self, item: Item, schema: Schema) -> Mapping[str, Value]:
        required = [name for name, part in schema.terms.items() if not part.is_optional]
        optional = [name for name, part in schema.terms.items() if part.is_optional]
        fields = item.fields(required=required, optional=optional)
        return {name: self.read(fields[name], part.schema) for name, part in schema.terms.items() if name in fields}

    def _table(self, item: Item, schema: Schema) -> Table:
        rows = [self._row(row, schema) for row in item.items()]
        table = Table(self._with_parts(rows, schema), schema.is_partial)
        double = overlap(table)
        if double is not None:
            item.refuse(
                f"the rows at {double[0].place} and {double[1].place} both fit one case. "
                "Make one of the two bounds exclusive, or remove a row."
            )
        missing = None if schema.is_partial else gap(table, complete=self._complete(schema))
        if missing is not None:
            case = ", ".join(f"{name} {_show_case(missing[name], schema.columns[name])}" for name in table.telling)
            item.refuse(f"no row fits {case}. Add the row; where the document leaves it out, write 'partial: yes'.")
        return table

    def _row(self, item: Item, schema: Schema) -> Row:
        required = [name for name, part in schema.columns.items() if not part.is_optional]
        optional = [name for name, part in schema.columns.items() if part.is_optional]
        fields = item.fields(required=required, optional=(*optional, "confidence"))
        keys: dict[str, Key] = {}
        values: dict[str, Value] = {}
        for name, part in schema.columns.items():
            if part.chooses:
                keys[name] = self._key(fields[name], part) if name in fields else _any(part)
            elif name in fields:
                values[name] = self._cell(fields[name], part.schema)
        confidence = fields["confidence"].read(parse_confidence) if "confidence" in fields else None
        return Row(keys, values, confidence, item.place)

    def _key(self, item: Item, part: Part) -> Key:
        if part.range is not None:
            unit = part.range
            return item.read(lambda typed: parse_range(typed, bound=lambda bound: _bound(bound, unit)))
        if item.is_text and item.text() == "any":
            return ANY
        if part.key == CODES:
            return frozenset(member.read(_read_code) for member in item.one_or_many())
        assert part.key is not None, "a column that chooses has a class or a range"
        members = self.classes.members[part.key]
        return frozenset(member.one_of(members, what=part.key) for member in item.one_or_many())

    def _with_parts(self, rows: list[Row], schema: Schema) -> tuple[Row, ...]:
        """Return the rows meant also for the parts of the members they name (a private fund is a product).

        A part that some row names itself is left to that row.
        """
        named = {
            column: {member for row in rows if isinstance(cell := row.keys[column], frozenset) for member in cell}
            for column in rows[0].keys
        }
        widened = (
            {c: self._widened(cell, schema.columns[c], named[c]) for c, cell in row.keys.items()} for row in rows
        )
        return tuple(replace(row, keys=keys) for row, keys in zip(rows, widened, strict=True))

    def _widened(self, cell: Key, part: Part, named: set[str]) -> Key:
        if not isinstance(cell, frozenset):
            return cell
        members = self.classes.members.get(part.key or "", {})
        return cell | {member.key for member in members.values() if member.part_of in cell and member.key not in named}

    def _complete(self, schema: Schema) -> Mapping[str, tuple[str, ...]]:
        return {
            name: tuple(self.classes.members[part.key])
            for name, part in schema.columns.items()
            if part.is_complete and part.key is not None
        }

    def _cell(self, item: Item, schema: Schema) -> Value:
        if item.is_text and item.text() == NO_LIMIT.value:
            return NO_LIMIT
        return self.read(item, schema)


def _percent(item: Item, schema: Schema) -> int:
    bp = item.read(read_percent)
    if schema.at_most_bp is not None and bp > schema.at_most_bp:
        item.refuse(f"found {item.text()}; expected at most {show_percent(schema.at_most_bp).en}. Correct the number.")
    return bp


def _falling(item: Item, schema: Schema) -> tuple[int, ...]:
    percents: list[int] = []
    for member in item.items():
        bp = _percent(member, schema)
        if percents and bp >= percents[-1]:
            member.refuse(f"found {member.text()} after {show_percent(percents[-1]).en}; expected falling percentages.")
        percents.append(bp)
    return tuple(percents)


def _any(part: Part) -> Key:
    return ANY if part.range is None else EVERY_NUMBER


def _read_code(typed: str) -> str:
    if not _CODE.match(typed):
        raise ValueError(f"found {typed!r}; expected a security code such as 600000.SH, 000001.SZ or 920001.BJ.")
    return typed


def _bound(typed: str, unit: str) -> int:
    number = READERS[unit](typed)
    assert isinstance(number, int), "units of ranges are whole numbers"
    return number


def _show_case(key: str | int, part: Part) -> str:
    return key if isinstance(key, str) else show_scalar(key, part.range or "count").en
