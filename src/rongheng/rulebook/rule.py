"""One rule and what it says on a day: a value with its document, never a bare number.

What lives here: ``Rule.on`` and the reading it returns. What does not: choosing an entry by date (``timeline.py``) and
finding a rule by id (``rulebook.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from rongheng.basics.errors import NotInForceError, RuleError, UsageError
from rongheng.basics.text import Text
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.confidence import Confidence
from rongheng.rulebook.documents import Citation
from rongheng.rulebook.formula import Formula
from rongheng.rulebook.scalars import Duration
from rongheng.rulebook.schema import Schema
from rongheng.rulebook.table import Table
from rongheng.rulebook.timeline import Entry, Existing, State, Timeline, as_day
from rongheng.rulebook.values import Value, show_value

Day = date | datetime | str

BINDS: Mapping[str, Text] = {
    "contract": Text("开仓时确定，展期不变", "pinned when the contract opens, and kept through roll-over"),
    "session": Text("每个交易日重新适用", "read anew every session"),
    "order": Text("申报时检查", "tested when an order is placed"),
    "withdrawal": Text("提取时检查", "tested when something is withdrawn"),
}

_EXISTING: Mapping[Existing, Text] = {
    Existing.KEEP: Text(
        "此前开仓的合约及其展期沿用原规定", "contracts opened before, and their roll-overs, keep the earlier value"
    ),
    Existing.BROKER_MAY_APPLY: Text(
        "证券公司可与客户约定对此前开仓的合约适用新规定",
        "the broker may agree with the client to apply the new value to contracts opened before",
    ),
}


@dataclass(frozen=True)
class Reading:
    """What a rule says on a session in a market to a kind of client, with everything that must be cited."""

    rule: Rule
    entry: Entry
    session: date
    market: str
    client: str | None

    @property
    def is_abolished(self) -> bool:
        """Whether a document has taken the rule away; ``why`` says more."""
        return self.entry.state is State.ABOLISHED

    @property
    def is_unpublished(self) -> bool:
        """Whether something applies that was never published."""
        return self.entry.state is State.UNPUBLISHED

    @property
    def why(self) -> Text:
        """The reason why there is no value."""
        if self.entry.why is None:
            raise UsageError(f"{self.rule.id} has a value on {self.session}; only an abolished rule has a reason.")
        return self.entry.why

    @property
    def value(self) -> Value:
        """The value, in the unit of the rule.

        Raises
        ------
        RuleError
            The rule is abolished on that session, or what applies was never published.
        """
        if self.entry.value is None:
            raise RuleError(
                f"{self.rule.id} has no value on {self.session}: {self.entry.state} since {self.entry.effective} "
                f"({self.why.en}). Ask `is_abolished` or `is_unpublished` first."
            )
        if self.client is None:
            return self.entry.value
        return self.entry.exceptions.get(self.client, self.entry.value)

    @property
    def bp(self) -> int:
        """The value of a percentage, in basis points."""
        return self._int("percent")

    @property
    def ppm(self) -> int:
        """The value of a rate, in parts per million."""
        return self._int("rate")

    @property
    def milli(self) -> int:
        """The value of an amount of money, in milli-yuan."""
        return self._int("money")

    @property
    def count(self) -> int:
        """The value of a whole number or of a number of shares."""
        return self._int("shares" if self.rule.schema.unit == "shares" else "count")

    @property
    def is_on(self) -> bool:
        """The value of a switch."""
        return bool(self._int("switch"))

    @property
    def times(self) -> Fraction:
        """The value of a multiple."""
        value = self._of("multiple")
        assert isinstance(value, Fraction), "the reader keeps multiples as fractions"
        return value

    @property
    def duration(self) -> Duration:
        """The value of a length of time."""
        value = self._of("duration")
        assert isinstance(value, Duration), "the reader keeps durations as such"
        return value

    @property
    def formula(self) -> Formula:
        """The value of a formula."""
        value = self._of("formula")
        assert isinstance(value, Formula), "the reader keeps formulas as such"
        return value

    @property
    def terms(self) -> Mapping[str, Value]:
        """The values of a rule of several terms, by name."""
        value = self._of("terms")
        assert isinstance(value, Mapping), "the reader keeps terms as a mapping"
        return value

    @property
    def table(self) -> Table:
        """The value of a table."""
        value = self._of("table")
        assert isinstance(value, Table), "the reader keeps tables as such"
        return value

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The documents that say it, the most direct first."""
        return self.entry.citations

    @property
    def confidence(self) -> Confidence:
        """How sure the value is."""
        return self.entry.confidence["value"]

    def show(self) -> Text:
        """Return the value, or why there is none, in words."""
        if self.entry.state is State.ABOLISHED:
            return Text(f"已取消：{self.why.zh}", f"abolished: {self.why.en}")
        if self.entry.state is State.UNPUBLISHED:
            return Text(f"未公布：{self.why.zh}", f"not published: {self.why.en}")
        return show_value(self.value, self.rule.schema, self.rule.classes)

    def explain_existing(self) -> Text | None:
        """Return what the change meant for contracts opened before it, or ``None`` where the question has no sense."""
        return None if self.entry.existing is None else _EXISTING[self.entry.existing]

    def _of(self, unit: str) -> Value:
        if self.rule.schema.unit != unit:
            raise UsageError(f"{self.rule.id} is measured in {self.rule.schema.unit}, not in {unit}. Use `.value`.")
        return self.value

    def _int(self, unit: str) -> int:
        value = self._of(unit)
        assert isinstance(value, int), f"the reader keeps a {unit} as a whole number"
        return value


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
            return f"{self.id} was not known on {known}{where}: it was announced on {first.known}."
        return f"{self.id} is not in force on {day}{where}: its first session is {first.effective}."
