"""Checks of the whole rulebook that no single file can make: what is cited, named and covered.

What lives here: the problems that do not stop a file from being read. What does not: malformed files, which are refused
when they are read, and loosened terms (``tightening.py``), which are an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rongheng.rulebook.documents import Citation, Document
from rongheng.rulebook.rule import Rule
from rongheng.rulebook.rulebook import Rulebook
from rongheng.rulebook.tightening import check_client_terms, check_tightening
from rongheng.rulebook.timeline import Entry, Start


@dataclass(frozen=True, slots=True)
class LintProblem:
    """What is wrong, where, and what to do."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def lint(book: Rulebook) -> list[LintProblem]:
    """Return every problem of the rulebook; an empty list is what the tests demand of the one that ships.

    Raises
    ------
    RuleError
        A file cannot be read at all, or a broker's or client's term is looser than what stands above it.
    """
    check_tightening(book.rules, book.rules)
    client_terms = {id_: rule for id_, rule in book.rules.items() if id_.startswith("client.")}
    check_client_terms(client_terms, book.clients, book.rules)
    problems = list(_orphans(book))
    for rule in book.rules.values():
        problems += _uncovered_markets(rule)
        for entry in rule.timeline.entries:
            problems += _dates_against_documents(entry)
    problems += _classes(book)
    return problems


def _orphans(book: Rulebook) -> Iterator[LintProblem]:
    cited = {citation.document.id for citation in _citations(book)}
    for document in book.documents.values():
        if document.id not in cited:
            yield LintProblem(document.place, f"no rule cites the document {document.id!r}. Cite it, or remove it.")


def _citations(book: Rulebook) -> Iterator[Citation]:
    for rule in book.rules.values():
        for entry in rule.timeline.entries:
            yield from entry.citations


def _uncovered_markets(rule: Rule) -> Iterator[LintProblem]:
    for market in rule.markets:
        if not any(market in entry.markets for entry in rule.timeline.entries):
            yield LintProblem(rule.place, f"{rule.id} names {market} but has no entry for it. Add one or drop it.")


def _dates_against_documents(entry: Entry) -> Iterator[LintProblem]:
    """Yield what an entry and its first document say differently about when."""
    first = entry.citations[0].document
    announced = [c.document.announced for c in entry.citations if c.document.announced is not None]
    if entry.announced is not None and announced and entry.announced not in announced:
        said = ", ".join(day.isoformat() for day in announced)
        yield LintProblem(entry.place, f"announced on {entry.announced}, its documents say {said}. Correct one.")
    if entry.announced is None and _comes_from(entry, first) and first.announced is not None:
        yield LintProblem(entry.place, f"its document {first.id} was announced on {first.announced}. Add 'announced'.")
    if entry.start is not Start.SEEN and first.announced is not None and entry.start_day < first.announced:
        yield LintProblem(entry.place, f"begins before its document {first.id} was announced. Correct one date.")


def _comes_from(entry: Entry, document: Document) -> bool:
    """Say whether the entry is the very change that the document made."""
    return document.effective is not None and document.effective == entry.start_day


def _classes(book: Rulebook) -> Iterator[LintProblem]:
    for name, members in book.classes.members.items():
        for member in members.values():
            who = f"{name}.{member.key}"
            if member.rule is not None and member.rule not in book.rules:
                yield LintProblem("classes.yaml", f"{who} names the rule {member.rule!r}, which is not there.")
            if member.part_of is not None and member.part_of not in members:
                yield LintProblem("classes.yaml", f"{who} is part of {member.part_of!r}, which is not there.")
