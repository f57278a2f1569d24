"""One rule: its names, its unit, its timeline, and what it says on a day.

What lives here: ``Rule.on`` and ``Rule.for_contract``. What does not: choosing an entry by date (``timeline.py``), what
is returned (``reading.py``), and finding a rule by id (``rulebook.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rongheng.basics.errors import NotInForceError, UsageError
from rongheng.basics.text import Text
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.reading import Reading
from rongheng.rulebook.schema import Schema
from rongheng.rulebook.timeline import Entry, Existing, Start, Timeline, as_day

Day = date | datetime | str

BINDS: Mapping[str, Text] = {
    "contract": Text("开仓时确定，展期不变", "pinned when the contract opens, and kept through roll-over"),
    "session": Text("每个交易日重新适用", "read anew every session"),
    "order": Text("申报时检查", "tested when an order is placed"),
    "withdrawal": Text("提取时检查", "tested when something is withdrawn"),
}


@dataclass(frozen=True)
class Rule:
    """One rule: what it is called, what it means, in which unit it speaks, and its timeline."""

    id: str
    name: Text
    meaning: Text
    schema: Schema
    markets: tuple[str, ...]
    binds: str
    timeline: Timeline
    classes: Classes
    place: str

    def on(
        self, session: Day, *, known_at: Day | None = None, market: str | None = None, client: str | None = None
    ) -> Reading:
        """Return what the rule says on a session (某日适用的规定), with its document.

        A rule that ``binds: contract`` is asked with the day on which the contract was *opened*; for a later session
        use :meth:`for_contract`.

        Parameters
        ----------
        session : date or text such as 2026-01-19
        known_at : date, optional
            What was announced later is invisible.
        market : SSE, SZSE or BSE, optional
            Without it the markets in which the rule is in force must agree.
        client : a client type, optional
            Exceptions such as the higher short ratio of private funds apply to it.

        Raises
        ------
        NotInForceError
            The session lies before the first entry, or that entry was not yet announced.
        UsageError
            The markets differ and none was named, or a name is unknown.
        """
        day = as_day(session, what="the session")
        known = None if known_at is None else as_day(known_at, what="known_at")
        self._check_names(market, client)
        standing = self.standing(day, known_at=known)
        if market is not None:
            standing = {name: entry for name, entry in standing.items() if name == market}
        if not standing:
            raise NotInForceError(self._not_yet(day, known, market))
        (first_market, entry), *others = standing.items()
        for name, other in others:
            if not entry.says_the_same(other):
                raise UsageError(f"{self.id} differs by market on {day} ({first_market} and {name}). Name the market.")
        return Reading(self, entry, day, first_market, client)

    def for_contract(
        self,
        opened: Day,
        session: Day,
        *,
        broker_applies: bool = False,
        known_at: Day | None = None,
        market: str | None = None,
        client: str | None = None,
    ) -> Reading:
        """Return what the rule says on ``session`` to a contract opened earlier (存量合约适用的规定).

        The value is that of the opening day, through every roll-over. ``broker_applies`` says that the broker has
        agreed with its clients to use a looser later value where the document lets it; a tighter one never reaches an
        open contract.

        >>> from rongheng.rulebook import Rulebook
        >>> ratio = Rulebook.load().rule("exchange.financing.margin_ratio")
        >>> ratio.for_contract("2026-01-16", "2026-07-16").bp  # rolled over in July
        8000
        >>> ratio.for_contract("2023-09-08", "2023-09-11", broker_applies=True).bp
        8000
        """
        if self.binds != "contract":
            raise UsageError(f"{self.id} binds each {self.binds}, not the contract. Ask `on(session)`.")
        first, last = as_day(opened, what="the opening day"), as_day(session, what="the session")
        if last < first:
            raise UsageError(f"The session {last} lies before the opening day {first}. Swap them.")
        reading = self.on(first, known_at=known_at, market=market, client=client)
        for entry in self.timeline.entries if broker_applies else ():
            reading = self._loosened(reading, entry, last, known_at)
        return reading

    def _loosened(self, reading: Reading, entry: Entry, session: date, known_at: Day | None) -> Reading:
        known = session if known_at is None else as_day(known_at, what="known_at")
        reaches = entry.existing is Existing.BROKER_MAY_APPLY and reading.market in entry.markets
        if not reaches or not reading.entry.effective < entry.effective <= session or entry.known > known:
            return reading
        later = Reading(self, entry, reading.session, reading.market, reading.client)
        is_looser = later.bp < reading.bp if self.schema.direction == "floor" else later.bp > reading.bp
        return later if is_looser else reading

    def first_session(self, market: str) -> date:
        """Return the first session on which the rule was in force in a market (最早适用日).

        >>> from rongheng.rulebook import Rulebook
        >>> str(Rulebook.load().rule("exchange.financing.margin_ratio").first_session("BSE"))
        '2023-02-13'

        Raises
        ------
        NotInForceError
            The rule has no entry for that market.
        UsageError
            The market is unknown.
        """
        self._check_names(market, None)
        first = min((entry.effective for entry in self.timeline.entries if market in entry.markets), default=None)
        if first is None:
            raise NotInForceError(f"{self.id} has no entry in {market}.")
        return first

    def offered_to_existing(self) -> tuple[Entry, ...]:
        """Return the entries that a broker may agree to apply to contracts opened before them, the earliest first."""
        return tuple(entry for entry in self.timeline.entries if entry.existing is Existing.BROKER_MAY_APPLY)

    def standing(self, session: date, *, known_at: date | None = None) -> dict[str, Entry]:
        """Return the entry that stands on a session, for each market that has one."""
        found = {m: self.timeline.standing(session, known_at=known_at, market=m) for m in self.markets}
        return {market: entry for market, entry in found.items() if entry is not None}

    def _check_names(self, market: str | None, client: str | None) -> None:
        if market is not None and market not in self.markets:
            raise UsageError(f"{self.id} has no market {market!r}; it has {', '.join(self.markets)}.")
        clients = self.classes.members.get("client_type", {})
        if client is not None and client not in clients:
            raise UsageError(f"No client type is called {client!r}; known: {', '.join(clients)}.")

    def _not_yet(self, day: date, known: date | None, market: str | None) -> str:
        where = f" in {market}" if market else ""
        entries = [entry for entry in self.timeline.entries if market is None or market in entry.markets]
        first = min(entries, key=lambda entry: entry.effective, default=None)
        if first is None:
            return f"{self.id} has no entry{where}."
        if known is not None and first.effective <= day:
            seen = f"its document shows it on {first.known} first" if first.start is Start.SEEN else ""
            return f"{self.id} was not known on {known}{where}: {seen or f'it was announced on {first.known}'}."
        if first.start is Start.SEEN:
            return f"{self.id} is not known for {day}{where}: its document shows it on {first.effective} first."
        return f"{self.id} is not in force on {day}{where}: its first session is {first.effective}."
