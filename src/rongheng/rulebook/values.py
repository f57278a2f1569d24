"""Values of rules: reading one by its schema, and showing it.

What lives here: the meeting of a typed value with its schema. What does not: single numbers (``scalars.py``), and what
a table can be asked (``table.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from rongheng.basics.text import Text
from rongheng.rulebook.bounds import Range, parse_range
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.confidence import parse_confidence
from rongheng.rulebook.documents import Document, find_document
from rongheng.rulebook.formula import Formula, FormulaError, parse_formula
from rongheng.rulebook.reader import Item, did_you_mean
from rongheng.rulebook.scalars import READERS, Scalar, show_scalar
from rongheng.rulebook.schema import Part, Schema
from rongheng.rulebook.table import ANY, Key, Row, Table, gap, overlap


class NoLimit(Enum):
    """The value of a cell that says ``no limit``: the document sets none, which is not the same as saying nothing."""

    NO_LIMIT = "no limit"


NO_LIMIT = NoLimit.NO_LIMIT

Value = Scalar | str | NoLimit | Formula | Document | tuple[str, ...] | Mapping[str, "Value"] | Table


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
            case "formula":
                return self._formula(item, schema)
            case "document":
                return find_document(item, self.register)
            case "terms":
                return self._terms(item, schema)
            case "table":
                return self._table(item, schema)
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
            item.refuse(
                f"the formula uses {name!r}, which is not among its inputs {', '.join(schema.inputs)}."
                f"{did_you_mean(name, schema.inputs)}"
            )
        return formula

    def _terms(self, item: Item, schema: Schema) -> Mapping[str, Value]:
        required = [name for name, part in schema.terms.items() if not part.is_optional]
        optional = [name for name, part in schema.terms.items() if part.is_optional]
        fields = item.fields(required=required, optional=optional)
        return {name: self.read(value, schema.terms[name].schema) for name, value in fields.items()}

    def _table(self, item: Item, schema: Schema) -> Table:
        table = Table(tuple(self._row(row, schema) for row in item.items()), schema.is_partial)
        double = overlap(table)
        if double is not None:
            item.refuse(
                f"the rows at {double[0].place} and {double[1].place} both fit one case. "
                "Make one bound of each pair exclusive, or remove a row."
            )
        missing = None if schema.is_partial else gap(table)
        if missing is not None:
            case = ", ".join(f"{name} = {_show_key(key, schema.columns[name]).en}" for name, key in missing.items())
            item.refuse(f"no row fits {case}. Add the row; if the document leaves it out, write 'partial: yes'.")
        return table

    def _row(self, item: Item, schema: Schema) -> Row:
        required = [name for name, part in schema.columns.items() if not part.is_optional]
        optional = [name for name, part in schema.columns.items() if part.is_optional]
        fields = item.fields(required=required, optional=(*optional, "confidence"))
        confidence = fields.pop("confidence").read(parse_confidence) if "confidence" in fields else None
        keys: dict[str, Key] = {}
        values: dict[str, Value] = {}
        for name, part in schema.columns.items():
            if part.chooses:
                keys[name] = self._key(fields[name], part)
            elif name in fields:
                values[name] = self._cell(fields[name], part.schema)
        return Row(keys, values, confidence, item.place)

    def _key(self, item: Item, part: Part) -> Key:
        if part.range is not None:
            unit = part.range
            return item.read(lambda typed: parse_range(typed, bound=lambda bound: _bound(bound, unit)))
        assert part.key is not None, "a column that chooses has a class or a range"
        if item.is_text and item.text() == "any":
            return ANY
        members = self.classes.members[part.key]
        return frozenset(member.one_of(members, what=part.key) for member in item.one_or_many())

    def _cell(self, item: Item, schema: Schema) -> Value:
        if item.is_text and item.text() == NO_LIMIT.value:
            return NO_LIMIT
        return self.read(item, schema)


def show_value(value: Value, schema: Schema, classes: Classes) -> Text:
    """Return a value in words, in both languages; a table is shown row by row, parted by semicolons."""
    if isinstance(value, Table):
        return _joined([_show_row(row, schema, classes) for row in value.rows], "；", "; ")
    if isinstance(value, Mapping):
        parts = [
            _labelled(schema.terms[name], show_value(v, schema.terms[name].schema, classes))
            for name, v in value.items()
        ]
        return _joined(parts, "；", "; ")
    if isinstance(value, tuple):
        return _joined([schema.choices[word] for word in value], "、", ", ")
    if isinstance(value, NoLimit):
        return Text("不限", "no limit")
    if isinstance(value, Document):
        return value.show()
    if isinstance(value, Formula):
        return Text(value.typed, value.typed)
    if isinstance(value, str):
        return schema.choices[value]
    return show_scalar(value, schema.unit)


def show_key(key: Key, part: Part, classes: Classes) -> Text:
    """Return what chooses a row, in words."""
    if isinstance(key, Range):
        assert part.range is not None, "a range column has a unit"
        unit = part.range
        shown = key.show(lambda bound: show_scalar(bound, unit).en)
        return Text("不限", "any") if shown == "any" else Text(shown, shown)
    if key == ANY:
        return Text("全部", "any")
    assert part.key is not None, "a class column has a class"
    members = classes.members[part.key]
    return _joined([member.name for name, member in members.items() if name in key], "、", ", ")


def _show_row(row: Row, schema: Schema, classes: Classes) -> Text:
    keys = [
        _labelled(schema.columns[name], show_key(key, schema.columns[name], classes)) for name, key in row.keys.items()
    ]
    cells = [
        _labelled(schema.columns[name], show_value(value, schema.columns[name].schema, classes))
        for name, value in row.values.items()
    ]
    left, right = _joined(keys, "，", ", "), _joined(cells, "，", ", ")
    return Text(f"{left.zh}：{right.zh}", f"{left.en}: {right.en}")


def _show_key(key: str | int, part: Part) -> Text:
    return Text(key, key) if isinstance(key, str) else show_scalar(key, part.range or "count")


def _labelled(part: Part, shown: Text) -> Text:
    return Text(f"{part.label.zh} {shown.zh}", f"{part.label.en} {shown.en}")


def _joined(parts: list[Text], zh: str, en: str) -> Text:
    return Text(zh.join(part.zh for part in parts), en.join(part.en for part in parts))


def _bound(typed: str, unit: str) -> int:
    number = READERS[unit](typed)
    assert isinstance(number, int), "units of ranges are whole numbers"
    return number
