"""Values of rules in words, in both languages.

What lives here: one phrase for a value, phrases for its parts, and the cells of a table. What does not: single numbers
(``scalars.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rongheng.basics.text import Text
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.documents import Document
from rongheng.rulebook.formula import Formula
from rongheng.rulebook.scalars import show_percent, show_scalar
from rongheng.rulebook.schema import Part, Schema
from rongheng.rulebook.table import ANY, EVERY_NUMBER, Key, Row, Table
from rongheng.rulebook.timeline import Entry, State
from rongheng.rulebook.values import NoLimit, Value


def show_value(value: Value, schema: Schema, classes: Classes) -> Text:
    """Return a value in words; a table is told row by row, parted by semicolons."""
    if isinstance(value, Table):
        return _joined([_show_row(row, schema, classes) for row in value.rows], "；", "; ")
    if isinstance(value, Mapping):
        return _joined([show_term(name, part, schema, classes) for name, part in value.items()], "；", "; ")
    if isinstance(value, tuple):
        shown = [schema.choices[part] if isinstance(part, str) else show_percent(part) for part in value]
        return _joined(shown, "、", ", ")
    if isinstance(value, NoLimit):
        return Text("不限", "no limit")
    if isinstance(value, Document):
        return value.show()
    if isinstance(value, Formula):
        return Text(_with_labels(value, schema), value.typed)
    if isinstance(value, str):
        return schema.choices[value]
    if schema.unit == "switch" and schema.choices:
        return schema.choices["yes" if value else "no"]
    return show_scalar(value, schema.unit)


def show_parts(value: Value, schema: Schema, classes: Classes) -> tuple[Text, ...]:
    """Return a value in words, one phrase for each row of a table and each of several terms."""
    if isinstance(value, Table):
        return tuple(_show_row(row, schema, classes) for row in value.rows)
    if isinstance(value, Mapping):
        return tuple(part for name, term in value.items() for part in _parts_of_term(name, term, schema, classes))
    return (show_value(value, schema, classes),)


def _parts_of_term(name: str, value: Value, schema: Schema, classes: Classes) -> tuple[Text, ...]:
    part = schema.terms[name]
    if not isinstance(value, Table):
        return (show_term(name, value, schema, classes),)
    return tuple(_labelled(part, row) for row in show_parts(value, part.schema, classes))


def show_state(entry: Entry, schema: Schema, classes: Classes, *, client: str | None = None) -> Text:
    """Return what an entry says to a client type: its value, or why it has none."""
    if entry.value is None:
        assert entry.why is not None, "an entry without a value says why"
        if entry.state is State.ABOLISHED:
            return Text(f"已取消：{entry.why.zh}", f"abolished: {entry.why.en}")
        return Text(f"未公布：{entry.why.zh}", f"not published: {entry.why.en}")
    value = entry.value if client is None else entry.exceptions.get(client, entry.value)
    return show_value(value, schema, classes)


def show_term(name: str, value: Value, schema: Schema, classes: Classes) -> Text:
    """Return one of several terms with its name."""
    part = schema.terms[name]
    return _labelled(part, show_value(value, part.schema, classes))


def show_key(key: Key, part: Part, classes: Classes) -> Text:
    """Return what chooses a row."""
    if key in (ANY, EVERY_NUMBER):
        return Text("不限", "any")
    if isinstance(key, Range):
        unit = part.range or "count"
        return Text(key.show(lambda bound: show_scalar(bound, unit).zh), key.show(lambda b: show_scalar(b, unit).en))
    members = classes.members.get(part.key or "", {})
    if not members:
        return Text("、".join(sorted(key)), ", ".join(sorted(key)))
    return _joined([member.name for name, member in members.items() if name in key], "、", ", ")


def show_cells(table: Table, schema: Schema, classes: Classes) -> list[dict[str, Text]]:
    """Return the rows of a table by column name; columns that say ``any`` in every row are left out."""
    telling = table.telling
    rows = []
    for row in table.rows:
        cells = {name: show_key(row.keys[name], schema.columns[name], classes) for name in telling}
        cells |= {n: show_value(v, schema.columns[n].schema, classes) for n, v in row.values.items()}
        rows.append(cells)
    return rows


def _with_labels(formula: Formula, schema: Schema) -> str:
    """Return a formula with the Chinese labels of its inputs in the place of their names."""
    labels = {name: label.zh for name, label in schema.inputs.items()}
    return re.sub(r"[a-z][a-z0-9_]*", lambda name: labels.get(name[0], name[0]), formula.typed)


def _show_row(row: Row, schema: Schema, classes: Classes) -> Text:
    keys = [
        _labelled(schema.columns[name], show_key(key, schema.columns[name], classes))
        for name, key in row.keys.items()
        if key not in (ANY, EVERY_NUMBER)
    ]
    cells = [
        _labelled(schema.columns[name], show_value(value, schema.columns[name].schema, classes))
        for name, value in row.values.items()
    ]
    left, right = _joined(keys, "，", ", "), _joined(cells, "，", ", ")
    return Text(f"{left.zh}：{right.zh}", f"{left.en}: {right.en}") if keys else right


def _labelled(part: Part, shown: Text) -> Text:
    return Text(f"{part.label.zh} {shown.zh}", f"{part.label.en} {shown.en}")


def _joined(parts: list[Text], zh: str, en: str) -> Text:
    return Text(zh.join(part.zh for part in parts), en.join(part.en for part in parts))
