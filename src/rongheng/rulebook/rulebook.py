"""The rulebook: every rule, document, class and broker by name, read once from the files that ship with the package.

What lives here: loading and finding. What does not: what one file may contain (``rule_file.py``), checks that need more
than one file (``tightening.py``, ``lint.py``), and questions across rules (``search.py``, ``diff.py``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from rongheng.basics.errors import NotInForceError, RuleError, UsageError
from rongheng.basics.text import Text
from rongheng.rulebook.brokers import Broker, Shape, read_broker, read_shape
from rongheng.rulebook.classes import Classes, read_classes
from rongheng.rulebook.clients import Client, read_client
from rongheng.rulebook.documents import Document, read_register
from rongheng.rulebook.reader import did_you_mean, read_yaml
from rongheng.rulebook.rule import Day, Rule
from rongheng.rulebook.rule_file import RuleReader
from rongheng.rulebook.shelf import SHIPPED, Shelf, gather, place_of
from rongheng.rulebook.timeline import as_day
from rongheng.rulebook.values import ValueReader

_AUTHORITIES = {"exchange": 0, "csrc": 1, "sac": 2, "practice": 4, "broker": 5, "client": 6}  # others stand at 3


@dataclass(frozen=True)
class Rulebook:
    """Every rule by id, every document by id, every class, shape, broker and client by name."""

    rules: Mapping[str, Rule]
    documents: Mapping[str, Document]
    classes: Classes
    shapes: Mapping[str, Shape]
    brokers: Mapping[str, Broker]
    clients: Mapping[str, Client]

    @staticmethod
    def load(*folders: Path | str) -> Rulebook:
        """Return the rulebook that ships with the package, with the rules of further folders added.

        A folder holds ``rules/`` and, where its rules cite documents of their own, ``documents.yaml``. Its files are
        read and checked at once; those that ship, when they are first asked for. Each is read once in a process.

        Raises
        ------
        RuleError
            A file is malformed, or an id is taken; the message says ``file:line``.
        LoosenedRuleError
            A broker's term is looser than the exchange's rule on a day on which both stand, or a client's than either.

        Examples
        --------
        >>> Rulebook.load().rule("exchange.financing.margin_ratio").on("2026-01-19").bp
        10000
        """
        return _load(tuple(str(folder) for folder in folders))

    def rule(self, id_: str) -> Rule:
        """Return the rule of that id; an unknown one is a ``UsageError`` that names a near one."""
        if id_ not in self.rules:
            near = did_you_mean(id_, self.rules)
            raise UsageError(f"No rule is called {id_!r}.{near} `rongheng rules` lists them all.")
        return self.rules[id_]

    def find_rule(self, id_: str) -> Rule | None:
        """Return the rule of that id, or ``None``."""
        return self.rules.get(id_)

    def document(self, id_: str) -> Document:
        """Return the document of that id; an unknown one is a ``UsageError`` that names a near one."""
        if id_ not in self.documents:
            raise UsageError(f"No document is called {id_!r}.{did_you_mean(id_, self.documents)}")
        return self.documents[id_]

    def broker(self, key: str) -> Broker:
        """Return the broker of that name; an unknown one is a ``UsageError`` that names a near one."""
        if key not in self.brokers:
            raise UsageError(f"No broker is called {key!r}.{did_you_mean(key, self.brokers)}")
        return self.brokers[key]

    def client(self, key: str) -> Client:
        """Return the client of that name; an unknown one is a ``UsageError`` that names a near one."""
        if key not in self.clients:
            raise UsageError(f"No client is called {key!r}.{did_you_mean(key, self.clients)}")
        return self.clients[key]

    def terms_of(self, broker: str) -> Mapping[str, Rule]:
        """Return a broker's terms by shape: ``lines``, ``concentration_limits`` and so on; unpublished ones are absent.

        >>> sorted(Rulebook.load().terms_of("guosen"))
        ['concentration_classes', 'deadlines', 'lines']
        """
        prefix = f"broker.{self.broker(broker).key}."
        return {id_.removeprefix(prefix): rule for id_, rule in self.rules.items() if id_.startswith(prefix)}

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


def by_authority(id_: str) -> tuple[int, str]:
    """Return the key that sorts ids: who makes the rules first, then practice, then brokers."""
    return _AUTHORITIES.get(id_.partition(".")[0], 3), id_


def _percent_on(rule: Rule, day: date, known_at: date | None, market: str | None) -> int | None:
    try:
        reading = rule.on(day, known_at=known_at, market=market)
    except NotInForceError:
        return None
    return None if reading.is_abolished or reading.is_unpublished else reading.bp


@cache
def _load(folders: tuple[str, ...]) -> Rulebook:
    homes = [SHIPPED, *(_existing(name) for name in folders)]
    classes = read_classes(read_yaml(SHIPPED / "classes.yaml", name="classes.yaml"))
    documents = _documents(homes)
    shapes = Shelf(gather(SHIPPED / "shapes"), lambda root, key: read_shape(root, key=key, classes=classes))
    files = gather(*(home / "rules" for home in homes))
    brokers = Shelf(_take(files, "broker"), lambda root, key: read_broker(root, key=key))
    clients = Shelf(
        _take(files, "client"), lambda root, key: read_client(root, key=key, brokers=brokers, classes=classes)
    )
    reader = RuleReader(ValueReader(documents, classes), shapes, brokers, clients)
    rules = Shelf(files, lambda root, id_: reader.read(root, id_=id_))
    for home in homes[1:]:  # what ships is read in full by the tests; what is added, here
        _check_added(home / "rules", rules, brokers, clients)
    return Rulebook(rules, documents, classes, shapes, brokers, clients)


def _take(files: dict[str, str], kind: str) -> dict[str, str]:
    """Take ``<kind>/<name>/<kind>.yaml`` out of the files of rules; return it by name, for it says who that is."""
    parts = {id_: id_.split(".") for id_ in files}
    found = [id_ for id_, words in parts.items() if len(words) == 3 and words[::2] == [kind, kind]]
    return {parts[id_][1]: files.pop(id_) for id_ in found}


def _check_added(folder: Path, rules: Shelf[Rule], brokers: Shelf[Broker], clients: Shelf[Client]) -> None:
    """Read everything below the folder, and hold its terms against those that stand above them."""
    from rongheng.rulebook.tightening import check_client_terms, check_tightening

    brokers.read_below(folder)
    clients.read_below(folder)
    added = rules.read_below(folder)
    signed = {id_: rule for id_, rule in added.items() if id_.startswith("client.")}
    check_tightening({id_: rule for id_, rule in added.items() if id_ not in signed}, rules)
    check_client_terms(signed, clients, rules)


def _existing(name: str) -> Path:
    folder = Path(name)
    if not (folder / "rules").is_dir():
        raise UsageError(f"{name}: there is no folder `rules` in it. Name the folder that holds `rules/`.")
    return folder


def _documents(homes: Sequence[Path]) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    issuers: Mapping[str, Text] = {}
    for path in (home / "documents.yaml" for home in homes):
        if not path.is_file():
            continue
        added, issuers = read_register(read_yaml(path, name=place_of(path)), known=issuers)
        for document in added:
            if document.id in documents:
                first = documents[document.id].place
                raise RuleError(f"{document.place}: the document {document.id!r} stands at {first} already. Rename it.")
            documents[document.id] = document
    return documents
