"""The classes that rules sort things into: kinds of client, of security, boards, lines.

What lives here: the members of each class and their names, read from ``classes.yaml``. What does not: which security is
in which class on a day; exchanges publish that, and it is data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rongheng.basics.text import Text
from rongheng.rulebook.reader import Item, did_you_mean

MARKETS = ("SSE", "SZSE", "BSE")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a class; ``rule`` is the id of the rule that is about it, where there is one."""

    key: str
    name: Text
    rule: str | None = None
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class Classes:
    """Every class by its name, each with its members in order."""

    members: Mapping[str, Mapping[str, Member]]

    def of(self, name: str, item: Item) -> Mapping[str, Member]:
        """Return the members of the class that ``item`` names."""
        if name not in self.members:
            item.refuse(
                f"found the class {name!r}; expected one of {', '.join(self.members)}."
                f"{did_you_mean(name, self.members)} Classes are declared in classes.yaml."
            )
        return self.members[name]


def read_classes(root: Item) -> Classes:
    """Return the classes of one ``classes.yaml``."""
    members = {
        name: {key: _read_member(key, member) for key, member in item.pairs().items()}
        for name, item in root.pairs().items()
    }
    return Classes(members)


def _read_member(key: str, item: Item) -> Member:
    fields = item.fields(required=("zh", "en"), optional=("rule", "part_of"))
    return Member(
        key=key,
        name=Text(fields["zh"].text(), fields["en"].text()),
        rule=fields["rule"].text() if "rule" in fields else None,
        part_of=fields["part_of"].text() if "part_of" in fields else None,
    )
