"""What changed between two days, and why.

What lives here: comparing what every rule says on two days, and the entries that lie between. What does not: words and
rows for a reader (``rows.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rongheng.basics.errors import UsageError
from rongheng.rulebook.rule import Day, Rule
from rongheng.rulebook.rulebook import Rulebook
from rongheng.rulebook.timeline import Entry, State, as_day


class Kind(StrEnum):
    """What happened to a rule in a market."""

    BEGAN = "began"
    CHANGED = "changed"
    ABOLISHED = "abolished"


@dataclass(frozen=True)
class Change:
    """One rule that says something else on the later day, in the markets where it happened alike.

    ``steps`` are the entries that took force after the earlier day and up to the later one: they say why.
    """

    rule: Rule
    kind: Kind
    markets: tuple[str, ...]
    before: Entry | None
    after: Entry
    steps: tuple[Entry, ...]


def diff(book: Rulebook, earlier: Day, later: Day, *, known_at: Day | None = None) -> list[Change]:
    """Return what every rule says otherwise on ``later`` than on ``earlier`` (规则变化), in the order of the ids.

    A rule restated by a new document with the same value has not changed.

    Parameters
    ----------
    earlier, later : the two days, in this order
    known_at : what was announced later is invisible on both days

    Raises
    ------
    UsageError
        The days stand in the other order.

    Examples
    --------
    >>> [change.rule.id for change in diff(Rulebook.load(), "2026-01-16", "2026-01-19")]
    ['exchange.financing.margin_ratio']
    """
    first, last = as_day(earlier, what="the earlier day"), as_day(later, what="the later day")
    if last < first:
        raise UsageError(f"The days were given as {first} and {last}; give the earlier one first.")
    known = None if known_at is None else as_day(known_at, what="known_at")
    changes = []
    for rule in book.rules.values():
        if any(first < day <= last for day in rule.timeline.boundaries):
            changes += _changes_of(rule, first, last, known)
    return changes


def _changes_of(rule: Rule, first: date, last: date, known: date | None) -> list[Change]:
    before, after = rule.standing(first, known_at=known), rule.standing(last, known_at=known)
    groups: dict[tuple[int, int], list[str]] = {}
    for market, entry in after.items():
        if market not in before or not entry.says_the_same(before[market]):
            groups.setdefault((id(before.get(market)), id(entry)), []).append(market)
    return [_change(rule, markets, before, after[markets[0]], first, known) for markets in groups.values()]


def _change(
    rule: Rule, markets: list[str], before: Mapping[str, Entry], after: Entry, first: date, known: date | None
) -> Change:
    earlier = before.get(markets[0])
    steps = [
        entry
        for entry in rule.timeline.entries
        if first < entry.effective <= after.effective
        and set(markets) & set(entry.markets)
        and (known is None or entry.known <= known)
    ]
    return Change(rule, _kind(earlier, after), tuple(markets), earlier, after, tuple(steps))


def _kind(before: Entry | None, after: Entry) -> Kind:
    if after.state is State.ABOLISHED:
        return Kind.ABOLISHED
    return Kind.BEGAN if before is None else Kind.CHANGED
