"""The shape that the values of a rule must have: its unit, and for values of several parts the parts.

What lives here: schemas and how a rule file declares them. What does not: reading a value by one (``values.py``).

    unit: percent | rate | money | shares | count | multiple | duration | time | date | switch     one number or word
    unit: choice, choices: {...}        one of the words declared
    unit: list, choices: {...}          some of them, in order
    unit: formula, inputs: {...}        a formula of the names declared
    unit: document                      the id of a document
    unit: terms, terms: {...}           several values with names, each with its own unit
    unit: table, columns: {...}         rows chosen by classes and ranges
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rongheng.basics.text import Text
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.reader import Item
from rongheng.rulebook.scalars import READERS, read_switch

UNITS: Final = (*READERS, "choice", "list", "formula", "document", "terms", "table")
RANGE_UNITS: Final = ("percent", "money", "count", "shares")
DIRECTIONS: Final = ("floor", "ceiling")
_NONE: Final[Mapping[str, Text]] = {}


@dataclass(frozen=True)
class Schema:
    """What a value looks like; it may not be looser than the rule ``tightens`` (``direction`` says how)."""

    unit: str
    choices: Mapping[str, Text] = field(default_factory=dict)
    inputs: Mapping[str, Text] = field(default_factory=dict)
    terms: Mapping[str, Part] = field(default_factory=dict)
    columns: Mapping[str, Part] = field(default_factory=dict)
    direction: str | None = None
    tightens: str | None = None
    is_partial: bool = False


@dataclass(frozen=True)
class Part:
    """One term of several, or one column of a table.

    ``key`` is the class, and ``range`` the unit, of a column that chooses the row; both are ``None`` for a value.
    """

    label: Text
    schema: Schema
    is_optional: bool = False
    key: str | None = None
    range: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether this column chooses the row."""
        return self.key is not None or self.range is not None


SCHEMA_KEYS: Final = ("choices", "inputs", "terms", "columns", "direction", "tightens", "partial")


def read_schema(fields: Mapping[str, Item], classes: Classes) -> Schema:
    """Return the schema that a rule, a term or a column declares with its keys."""
    unit = fields["unit"].one_of(UNITS, what="unit")
    _refuse_stray_parts(fields, unit)
    terms = {n: _read_term(i, classes) for n, i in fields["terms"].pairs().items()} if "terms" in fields else {}
    columns = {n: _read_column(i, classes) for n, i in fields["columns"].pairs().items()} if "columns" in fields else {}
    if columns and not (any(c.chooses for c in columns.values()) and not all(c.chooses for c in columns.values())):
        fields["columns"].refuse("expected a column with 'key' or 'range' and one with 'unit'. Add the missing kind.")
    return Schema(
        unit=unit,
        choices=_labels(fields["choices"], classes) if "choices" in fields else _NONE,
        inputs=_labels(fields["inputs"], classes) if "inputs" in fields else _NONE,
        terms=terms,
        columns=columns,
        direction=fields["direction"].one_of(DIRECTIONS, what="direction") if "direction" in fields else None,
        tightens=fields["tightens"].text() if "tightens" in fields else None,
        is_partial="partial" in fields and fields["partial"].read(read_switch),
    )


def _refuse_stray_parts(fields: Mapping[str, Item], unit: str) -> None:
    needs = {"choice": "choices", "list": "choices", "formula": "inputs", "terms": "terms", "table": "columns"}
    needed = needs.get(unit)
    if needed is not None and needed not in fields:
        fields["unit"].refuse(f"the unit {unit!r} needs the key {needed!r} beside it. Add it.")
    for name in ("choices", "inputs", "terms", "columns"):
        if name in fields and name != needed:
            fields[name].refuse(
                f"the key {name!r} does not belong to the unit {unit!r}. Remove it, or change the unit."
            )


def _labels(item: Item, classes: Classes) -> Mapping[str, Text]:
    """Return the words that are declared here, or those of the class that is named."""
    if item.is_text:
        return {key: member.name for key, member in classes.of(item.text(), item).items()}
    return {name: member.bilingual() for name, member in item.pairs().items()}


def _read_term(item: Item, classes: Classes) -> Part:
    fields = item.fields(required=("zh", "en", "unit"), optional=("optional", *SCHEMA_KEYS))
    return Part(
        label=Text(fields["zh"].text(), fields["en"].text()),
        schema=read_schema(fields, classes),
        is_optional="optional" in fields and fields["optional"].read(read_switch),
    )


def _read_column(item: Item, classes: Classes) -> Part:
    fields = item.fields(required=("zh", "en"), optional=("unit", "key", "range", "optional", *SCHEMA_KEYS))
    label = Text(fields["zh"].text(), fields["en"].text())
    if sum(name in fields for name in ("unit", "key", "range")) != 1:
        item.refuse("a column has exactly one of 'key' (a class), 'range' (a unit) or 'unit' (a value).")
    if "key" in fields:
        name = fields["key"].text()
        classes.of(name, fields["key"])
        return Part(label, Schema("choice"), key=name)
    if "range" in fields:
        unit = fields["range"].one_of(RANGE_UNITS, what="range unit")
        return Part(label, Schema(unit), range=unit)
    optional = "optional" in fields and fields["optional"].read(read_switch)
    return Part(label, read_schema(fields, classes), is_optional=optional)
