"""What the documents say of margin ratios at opening.

What lives here: the exchanges' steps with what a broker or a contract asks beyond them, as it stood on every day on
which a contract may have been opened. What does not: the ratio of one contract (``ratios.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from rongheng.account.policy.exchange import ratios_at_opening
from rongheng.account.policy.lines_documents import percent
from rongheng.account.policy.policy import BrokerRatios, MarginRatios
from rongheng.basics.account_tables import Kind
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.formula import Formula
from rongheng.rulebook.timeline import State


def margin_ratios(
    rulebook: Rulebook, owner: str, session: date, known_at: date | None, existing: Reading | None
) -> MarginRatios:
    """Return the exchanges' ratios and the owner's own; ``existing`` says whether the cut of 2023 was applied."""
    exchange = ratios_at_opening(rulebook, session, known_at=known_at)
    return MarginRatios(
        financing=exchange.financing,
        short=exchange.short,
        short_private_fund=exchange.short_private_fund,
        applied_to_existing=existing is not None and existing.value == "apply",
        own=tuple(_own_ratios(rulebook, owner, session, known_at)),
    )


def _own_ratios(rulebook: Rulebook, owner: str, session: date, known_at: date | None) -> Iterator[BrokerRatios]:
    """Yield what the owner asks beyond the exchanges, for contracts opened in each span of its timelines."""
    for term, kind in (("financing_ratios", Kind.FINANCING), ("short_ratios", Kind.SHORT), ("security_ratios", None)):
        rule = rulebook.find_rule(f"{owner}.{term}")
        entries = [entry for entry in rule.timeline.entries if entry.effective <= session] if rule else []
        entries = [entry for entry in entries if known_at is None or entry.known <= known_at]
        for place, entry in enumerate(entries):
            later = [other.effective for other in entries[place + 1 :] if set(other.markets) & set(entry.markets)]
            if entry.state is State.VALUE:
                yield from _rows_of_ratios(entry.value, kind, entry.effective, min(later, default=None))


def _rows_of_ratios(table: Any, kind: Kind | None, first: date, until: date | None) -> Iterator[BrokerRatios]:
    for row in table.rows:
        ratio = row.values["ratio"]
        for side in [kind] if kind else [Kind(side) for side in sorted(row.members("side")) or [*Kind]]:
            yield BrokerRatios(
                kind=side,
                first=first,
                until=until,
                classes=row.members("security_class"),
                clients=row.members("client_type"),
                securities=row.members("security"),
                ratio=ratio if isinstance(ratio, Formula) else percent(ratio),
            )
