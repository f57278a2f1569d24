"""The rulebook: every rule, document and class by name, read once from the files that ship with the package.

What lives here: loading and finding. What does not: what one file may contain (``rule_file.py``) and the checks between
files (``lint.py``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from rongheng.basics.errors import NotInForceError, RuleError, UsageError
from rongheng.rulebook.classes import Classes, read_classes
from rongheng.rulebook.documents import Document, read_register
from rongheng.rulebook.reader import Item, did_you_mean, read_yaml
from rongheng.rulebook.rule import Day, Rule
from rongheng.rulebook.rule_file import RuleReader
from rongheng.rulebook.timeline import as_day

SHIPPED = Path(__file__).parent


@dataclass(frozen=True)
class Rulebook:
    """Every rule by id, every document by id, every class by name."""

    rules: Mapping[str, Rule]
    documents: Mapping[str, Document]
    classes: Classes

    @staticmethod
    def load(*folders: Path | str) -> Rulebook:
        """Return the rulebook that ships with the package, with the rules of further folders added.

        A folder holds ``rules/`` and, where its rules cite documents of their own, ``documents.yaml``. Files are read
        once in a process.

        Raises
        ------
        RuleError
            A file is malformed, or an id is taken; the message says ``file:line``.

        Examples
        --------
        >>> Rulebook.load().rule("exchange.financing.margin_ratio").on("2026-01-19").bp
        10000
        """
        return _load(tuple(str(folder) for folder in folders))

    def rule(self, id_: str) -> Rule:
        """Return the rule of that id; an unknown one is a ``UsageError`` that names a near one."""
        if id_ not in self.rules:
            raise UsageError(
                f"No rule is called {id_!r}.{did_you_mean(id_, self.rules)} `rongheng rules` lists them all."
            )
        return self.rules[id_]

    def find_rule(self, id_: str) -> Rule | None:
        """Return the rule of that id, or ``None``."""
        return self.rules.get(id_)

    def document(self, id_: str) -> Document:
        """Return the document of that id; an unknown one is a ``UsageError`` that names a near one."""
        if id_ not in self.documents:
            raise UsageError(f"No document is called {id_!r}.{did_you_mean(id_, self.documents)}")
        return self.documents[id_]

    def scalar_by_session(
        self, id_: str, sessions: Sequence[date], *, known_at: Day | None = None, market: str | None = None
    ) -> list[int | None]:
        """Return a percentage for each session, for columns of a panel.

        Parameters
        ----------
        id_ : a rule whose unit is percent
        sessions : ascending or not
        known_at, market : as in :meth:`Rule.on`

        Returns
        -------
        list of int, basis points
            ``None`` where the rule is not yet in force (or was not known), and where it is abolished.
        """
        rule = self.rule(id_)
        if rule.schema.unit != "percent":
            raise UsageError(f"{id_} is measured in {rule.schema.unit}; only a percentage can be a column.")
        known = None if known_at is None else as_day(known_at, what="known_at")
        boundaries = rule.timeline.boundaries
        # A rule changes on its boundaries only, so it is asked once for each span between them.
        spans = [None, *(_percent_on(rule, day, known, market) for day in boundaries)]
        return [spans[bisect_right(boundaries, session)] for session in sessions]


def _percent_on(rule: Rule, day: date, known_at: date | None, market: str | None) -> int | None:
    try:
        reading = rule.on(day, known_at=known_at, market=market)
    except NotInForceError:
        return None
    return None if reading.is_abolished or reading.is_unpublished else reading.bp


@cache
def _load(folders: tuple[str, ...]) -> Rulebook:
    classes = read_classes(read_yaml(SHIPPED / "classes.yaml", name="classes.yaml"))
    documents: dict[str, Document] = {}
    rules: dict[str, Rule] = {}
    for folder in (SHIPPED, *(Path(name) for name in folders)):
        _add_documents(folder, documents)
        for path in sorted((folder / "rules").rglob("*.yaml")):
            _add_rule(path, folder, RuleReader(documents, classes), rules)
    return Rulebook(rules, documents, classes)


def _add_documents(folder: Path, documents: dict[str, Document]) -> None:
    path = folder / "documents.yaml"
    if not path.is_file():
        return
    root = read_yaml(path, name=_named(path, folder))
    for id_, document in read_register(root).items():
        if id_ in documents:
            raise RuleError(
                f"{document.place}: the document {id_!r} stands at {documents[id_].place} already. Rename it."
            )
        documents[id_] = document


def _add_rule(path: Path, folder: Path, reader: RuleReader, rules: dict[str, Rule]) -> None:
    id_ = ".".join(path.relative_to(folder / "rules").with_suffix("").parts)
    root: Item = read_yaml(path, name=_named(path, folder))
    if id_ in rules:
        raise RuleError(f"{root.place}: the rule {id_!r} stands at {rules[id_].place} already. Rename the file.")
    rules[id_] = reader.read(root, id_=id_)


def _named(path: Path, folder: Path) -> str:
    shown = path.relative_to(folder) if folder == SHIPPED else path
    return str(shown)
