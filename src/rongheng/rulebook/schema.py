"""The shape that the values of a rule must have: its unit, and for values of several parts the parts.

What lives here: schemas and how a file declares them. What does not: reading a value by one (``values.py``).

    unit: percent | rate | money | shares | count | multiple | duration | time | date | switch     one number or word
    unit: percents                      several percentages, falling
    unit: switch, choices: {yes, no}    the words of the two answers, where yes and no alone say little
    unit: choice, choices: {...}        one of the words declared; a class may be named instead of declaring words
    unit: list, choices: {...}          some of them, in order
    unit: formula, inputs: {...}        a formula of the names declared
    unit: document                      the id of a document
    unit: terms, terms: {...}           several values with names, each with its own unit
    unit: table, columns: {...}         rows chosen by classes (``key``) and ranges (``range``)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rongheng.basics.text import Text
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.reader import Item
from rongheng.rulebook.scalars import READERS, read_percent, read_switch

UNITS: Final = (*READERS, "percents", "choice", "list", "formula", "document", "terms", "table")
RANGE_UNITS: Final = ("percent", "money", "count", "shares")
DIRECTIONS: Final = ("floor", "ceiling")
CODES: Final = "security_code"  # the one class whose members are not listed: any code such as 600000.SH
SCHEMA_KEYS: Final = (
    "choices",
    "inputs",
    "terms",
    "columns",
    "direction",
    "tightens",
    "tightest",
    "at_most",
    "partial",
)

_PART_OF_UNIT: Final = {
    "choice": "choices",
    "list": "choices",
    "formula": "inputs",
    "terms": "terms",
    "table": "columns",
}


@dataclass(frozen=True)
class Schema:
    """What a value looks like.

    Attributes
    ----------
    direction : ``floor`` (whoever stands below may ask more), ``ceiling`` (may allow less), or neither
    tightens : id of the rule that no value may be looser than; in a table also the name of a class column, whose
        members then name their rules
    tightest : of a choice or a switch, the answer that binds its reader most; whoever stands below may always choose it
    at_most_bp : no percentage may be above it
    is_partial : a table may leave cases out, because its document does
    """

    unit: str
    choices: Mapping[str, Text] = field(default_factory=dict)
    inputs: Mapping[str, Text] = field(default_factory=dict)
    terms: Mapping[str, Part] = field(default_factory=dict)
    columns: Mapping[str, Part] = field(default_factory=dict)
    direction: str | None = None
    tightens: str | None = None
    tightest: str | None = None
    at_most_bp: int | None = None
    is_partial: bool = False


@dataclass(frozen=True)
class Part:
    """One term of several, or one column of a table.

    ``key`` is the class, and ``range`` the unit, of a column that chooses the row; both are ``None`` for a value. An
    optional term may be absent; an optional column that chooses means ``any`` where it is absent.
    """

    label: Text
    schema: Schema
    is_optional: bool = False
    is_complete: bool = False  # every member of the class must have its row
    key: str | None = None
    range: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether this column chooses the row."""
        return self.key is not None or self.range is not None


def read_schema(fields: Mapping[str, Item], classes: Classes) -> Schema:
    """Return the schema that a rule, a term or a column declares with its keys."""
    unit = fields["unit"].one_of(UNITS, what="unit")
    _refuse_stray_parts(fields, unit)
    choices = _labels(fields["choices"], classes) if "choices" in fields else {}
    return Schema(
        unit=unit,
        choices=choices,
        inputs=_labels(fields["inputs"], classes) if "inputs" in fields else {},
        terms=_read_terms(fields["terms"], classes) if "terms" in fields else {},
        columns=_read_columns(fields["columns"], classes) if "columns" in fields else {},
        direction=fields["direction"].one_of(DIRECTIONS, what="direction") if "direction" in fields else None,
        tightens=fields["tightens"].text() if "tightens" in fields else None,
        tightest=_tightest(fields, unit, choices),
        at_most_bp=fields["at_most"].read(read_percent) if "at_most" in fields else None,
        is_partial=_switch(fields, "partial"),
    )


def _refuse_stray_parts(fields: Mapping[str, Item], unit: str) -> None:
    needed = _PART_OF_UNIT.get(unit)
    if needed is not None and needed not in fields:
        fields["unit"].refuse(f"the unit {unit!r} needs the key {needed!r} beside it. Add it.")
    for name in ("choices", "inputs", "terms", "columns"):
        if name in fields and name != needed and (unit, name) != ("switch", "choices"):
            fields[name].refuse(f"the key {name!r} does not belong to the unit {unit!r}. Remove it.")
    if unit == "switch" and "choices" in fields and set(fields["choices"].pairs()) != {"yes", "no"}:
        fields["choices"].refuse("expected the words for 'yes' and 'no', and nothing else.")
    if "tightens" in fields and "direction" not in fields:
        fields["tightens"].refuse("'tightens' needs 'direction' beside it (floor or ceiling). Add it.")


def _tightest(fields: Mapping[str, Item], unit: str, choices: Mapping[str, Text]) -> str | None:
    if "tightest" not in fields:
        return None
    if unit not in ("choice", "switch"):
        fields["tightest"].refuse(f"'tightest' belongs to a choice or a switch; {unit!r} has 'direction'. Use that.")
    return fields["tightest"].one_of(tuple(choices) or ("yes", "no"), what="answer")


def _labels(item: Item, classes: Classes) -> Mapping[str, Text]:
    """Return the words that are declared here, or those of the class that is named."""
    if item.is_text:
        return {key: member.name for key, member in classes.of(item.text(), item).items()}
    return {name: member.bilingual() for name, member in item.pairs().items()}


def _read_terms(item: Item, classes: Classes) -> Mapping[str, Part]:
    return {name: _read_term(term, classes) for name, term in item.pairs().items()}


def _read_term(item: Item, classes: Classes) -> Part:
    fields = item.fields(required=("zh", "en", "unit"), optional=("optional", *SCHEMA_KEYS))
    label = Text(fields["zh"].text(), fields["en"].text())
    return Part(label, read_schema(fields, classes), is_optional=_switch(fields, "optional"))


def _read_columns(item: Item, classes: Classes) -> Mapping[str, Part]:
    columns = {name: _read_column(column, classes) for name, column in item.pairs().items()}
    chooses = [column.chooses for column in columns.values()]
    if all(chooses) or not any(chooses):
        item.refuse("expected a column with 'key' or 'range' and one with 'unit'. Add the kind that is missing.")
    return columns


def _read_column(item: Item, classes: Classes) -> Part:
    fields = item.fields(required=("zh", "en"), optional=("unit", "key", "range", "optional", "complete", *SCHEMA_KEYS))
    label = Text(fields["zh"].text(), fields["en"].text())
    optional = _switch(fields, "optional")
    if sum(name in fields for name in ("unit", "key", "range")) != 1:
        item.refuse("expected exactly one of 'key' (a class), 'range' (a unit) or 'unit' (a value) for a column.")
    if "key" in fields:
        name = fields["key"].text()
        if name != CODES:
            classes.of(name, fields["key"])
        return Part(label, Schema("choice"), optional, _switch(fields, "complete"), key=name)
    if "range" in fields:
        unit = fields["range"].one_of(RANGE_UNITS, what="range unit")
        return Part(label, Schema(unit), optional, range=unit)
    return Part(label, read_schema(fields, classes), optional)


def _switch(fields: Mapping[str, Item], name: str) -> bool:
    return name in fields and fields[name].read(read_switch)
