"""Finding rules by words, in Chinese or English.

What lives here: matching and ranking. What does not: showing what was found (``rows.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.rulebook.rule import Rule
from rongheng.rulebook.rulebook import Rulebook, by_authority


@dataclass(frozen=True)
class Hit:
    """One rule that holds every word, and the best place in which it does."""

    rule: Rule
    where: Text
    rank: int  # 0 is best: its id, its name, its meaning, its parts, its notes, its documents


def search(book: Rulebook, words: str) -> list[Hit]:
    """Return the rules in which every word occurs, best first; authorities before practice and brokers.

    Words are parted by blanks; case does not matter. Searched are ids, names, meanings, terms, notes and documents.

    >>> search(Rulebook.load(), "融资保证金比例")[0].rule.id
    'exchange.financing.margin_ratio'
    """
    wanted = words.lower().split()
    if not wanted:
        raise UsageError("The search has no words; give one, such as 折算率 or haircut.")
    hits = [hit for rule in book.rules.values() if (hit := _hit(rule, wanted)) is not None]
    return sorted(hits, key=lambda hit: (hit.rank, *by_authority(hit.rule.id)))


def _hit(rule: Rule, wanted: list[str]) -> Hit | None:
    """Return the first place that holds every word; failing that, the first that holds one, if together they do."""
    places = list(_places(rule))
    folded = [f"{text.zh}\n{text.en}".lower() for text in places]
    for rank, text in enumerate(folded):
        if all(word in text for word in wanted):
            return Hit(rule, places[rank], rank)
    if all(any(word in text for text in folded) for word in wanted):
        rank = next(rank for rank, text in enumerate(folded) if any(word in text for word in wanted))
        return Hit(rule, places[rank], len(folded) + rank)
    return None


def _places(rule: Rule) -> Iterator[Text]:
    yield Text(rule.id, rule.id.replace("_", " ").replace(".", " "))
    yield rule.name
    yield rule.meaning
    parts = [part.label for part in (*rule.schema.terms.values(), *rule.schema.columns.values())]
    words = (*parts, *rule.schema.choices.values(), *rule.schema.inputs.values())
    yield _joined(list(words))
    entries = rule.timeline.entries
    yield _joined([text for entry in entries for text in (entry.note, entry.why) if text is not None])
    yield _joined([citation.document.show() for entry in entries for citation in entry.citations])


def _joined(texts: list[Text]) -> Text:
    once = list(dict.fromkeys(texts))
    return Text("；".join(text.zh for text in once), "; ".join(text.en for text in once))
