"""YAML read as the text that was typed, where every error says ``file:line``.

What lives here: one YAML node with its place, and the questions that a reader of rules asks it. What does not: what a
rule is (``rule_file.py``) and what a value means (``values.py``).

PyYAML is used only to compose nodes. No scalar is turned into a number, a date or a boolean behind the author's back:
``000001`` stays a code, ``NO`` stays a word and ``9:30`` stays a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from rongheng.basics.errors import RuleError
from rongheng.basics.text import Text

T = TypeVar("T")

_BASE: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the C one is ten times as fast
_TAG_BY_KIND = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}
_MOST_LISTED = 25


class _Loader(_BASE):  # type: ignore[misc]
    """Composes nodes; a scalar is text, whatever it looks like, so that nothing needs to be resolved."""

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:  # noqa: ARG002
        return _TAG_BY_KIND[kind]

    def descend_resolver(self, *_: object) -> None:
        """Skip PyYAML's bookkeeping of paths, which only resolving needs."""

    def ascend_resolver(self) -> None:
        """Skip it here too."""


class Item:
    """One node of a YAML file: a scalar, a list or a mapping, and where it stands."""

    __slots__ = ("file", "node")

    def __init__(self, node: yaml.Node, file: str) -> None:
        self.node = node
        self.file = file

    @property
    def place(self) -> str:
        """``file:line`` of the node's first character."""
        return f"{self.file}:{self.node.start_mark.line + 1}"

    def refuse(self, problem: str) -> NoReturn:
        """Raise ``RuleError`` for this node: what was found, what was expected, what to do."""
        raise RuleError(f"{self.place}: {problem}")

    @property
    def is_text(self) -> bool:
        """Whether the node is a scalar."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Whether the node is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def text(self) -> str:
        """Return the scalar as it was typed, without blanks around it."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse(f"found {self._kind}; expected a single value.")
        typed: str = self.node.value.strip()
        if not typed:
            self.refuse("found nothing after the colon; expected a value. Write one, or leave the key out.")
        return typed

    def read(self, reader: Callable[[str], T]) -> T:
        """Return the scalar as ``reader`` understands it; its ``ValueError`` is told with this node's place."""
        typed = self.text()
        try:
            return reader(typed)
        except ValueError as error:
            self.refuse(str(error))

    def one_of(self, allowed: Collection[str], *, what: str) -> str:
        """Return the scalar, which must be one of ``allowed``."""
        word = self.text()
        if word not in allowed:
            self.refuse(f"found {what} {word!r}; {_instead(word, allowed)}")
        return word

    def items(self) -> list[Item]:
        """Return the members of a list, which must not be empty."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse(f"found {self._kind}; expected a list, one member after each '-' or in [ ].")
        if not self.node.value:
            self.refuse("found an empty list; expected at least one member. Leave the key out if there is none.")
        return [Item(node, self.file) for node in self.node.value]

    def one_or_many(self) -> list[Item]:
        """Return the members of a list, or a single value as a list of one."""
        return self.items() if self.is_list else [self]

    def pairs(self) -> dict[str, Item]:
        """Return the members of a mapping whose keys are free; a key that stands twice is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(f"found {self._kind}; expected keys with values, such as 'value: 80%'.")
        pairs: dict[str, Item] = {}
        for key, value in self.node.value:
            name = Item(key, self.file).text()
            if name in pairs:
                first = self._key(name).node.start_mark.line + 1
                twice = f"the key {name!r} stands here and in line {first}; expected it once. Remove one of them."
                Item(key, self.file).refuse(twice)
            pairs[name] = Item(value, self.file)
        return pairs

    def fields(self, *, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Item]:
        """Return the members of a mapping whose keys are known; another key, or a missing one, is refused."""
        fields = self.pairs()
        for name, value in fields.items():
            if name not in required and name not in optional:
                comma = "" if value.node.value else " Text with a comma inside { } must stand in quotes."
                self._key(name).refuse(f"found the key {name!r}; {_instead(name, [*required, *optional])}{comma}")
        for name in required:
            if name not in fields:
                self.refuse(f"the key {name!r} is missing; expected {', '.join(required)}. Add it.")
        return fields

    def bilingual(self) -> Text:
        """Return a phrase, which must have both ``zh`` and ``en``."""
        fields = self.fields(required=("zh", "en"))
        return Text(" ".join(fields["zh"].text().split()), " ".join(fields["en"].text().split()))

    def _key(self, name: str) -> Item:
        """Return the key of that name, the first where it stands twice: where a message points."""
        return next(key for node, _ in self.node.value if (key := Item(node, self.file)).text() == name)

    @property
    def _kind(self) -> str:
        if isinstance(self.node, yaml.ScalarNode):
            return f"the single value {self.node.value!r}"
        return "a list" if isinstance(self.node, yaml.SequenceNode) else "keys with values"


def read_yaml(path: Path, *, name: str) -> Item:
    """Return the root of a YAML file; ``name`` is how messages call the file.

    Raises
    ------
    RuleError
        The file is no UTF-8 text, no YAML, empty, or uses a YAML tag.
    """
    try:
        return parse_yaml(path.read_bytes().decode("utf-8-sig"), name=name)
    except UnicodeDecodeError as error:
        raise RuleError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start}). Save it as UTF-8.") from error


def parse_yaml(text: str, *, name: str) -> Item:
    """Return the root of a YAML text.

    >>> parse_yaml("code: 000001", name="example.yaml").pairs()["code"].text()
    '000001'
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise RuleError(f"{name}:{line}: not YAML: {error.problem}. Check the indentation and the quotes.") from error
    except RecursionError as error:
        raise RuleError(
            f"{name}: lists and keys stand too deep in each other; no rule needs that. Make it flat."
        ) from error
    except yaml.YAMLError as error:
        raise RuleError(f"{name}: not YAML: {error}. Save it as plain UTF-8 text.") from error
    if node is None:
        raise RuleError(f"{name}:1: the file is empty. Write its content, or delete it.")
    root = Item(node, name)
    if "!" in text:  # without it there can be no tag
        _refuse_tags(root, seen=set())
    return root


def did_you_mean(word: str, known: Collection[str] | Mapping[str, object]) -> str:
    """Return " Did you mean X?" when a known word is near, else nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def _instead(word: str, allowed: Collection[str]) -> str:
    known = ", ".join(allowed) if len(allowed) <= _MOST_LISTED else f"the {len(allowed)} names that are known"
    return f"expected one of {known}.{did_you_mean(word, allowed)}"


def _refuse_tags(item: Item, *, seen: set[int]) -> None:
    if id(item.node) in seen:
        return
    seen.add(id(item.node))
    if item.node.tag not in _TAG_BY_KIND.values():
        item.refuse(f"found the YAML tag {item.node.tag!r}; expected plain text. Remove the tag.")
    children = item.node.value if isinstance(item.node.value, list) else []
    for child in children:
        for node in child if isinstance(child, tuple) else (child,):
            _refuse_tags(Item(node, item.file), seen=seen)
