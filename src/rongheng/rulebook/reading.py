"""What a rule says on a day: a value with its document, never a bare number.

What lives here: the reading, the three states it can be in, and its value in the unit that the caller expects. What
does not: how the reading is chosen (``rule.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from rongheng.basics.errors import RuleError, UsageError
from rongheng.basics.text import Text
from rongheng.rulebook.confidence import Confidence
from rongheng.rulebook.documents import Citation
from rongheng.rulebook.formula import Formula
from rongheng.rulebook.scalars import Duration
from rongheng.rulebook.showing import show_state, show_value
from rongheng.rulebook.table import Table
from rongheng.rulebook.timeline import Entry, Existing, State
from rongheng.rulebook.values import Value

if TYPE_CHECKING:
    from rongheng.rulebook.rule import Rule

EXISTING: Mapping[Existing, Text] = {
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
        return self.entry.value if self.client is None else self._for_client(self.client, self.entry.value)

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

    def confidence_of(self, part: str) -> Confidence:
        """How sure one part is: a term by its name, or ``from``, ``announced``, ``existing``, ``article``, ``for``."""
        return self.entry.confidence.get(part, self.confidence)

    def show(self) -> Text:
        """Return the value, or why there is none, in words."""
        if self.entry.value is None:
            return show_state(self.entry, self.rule.schema, self.rule.classes)
        return show_value(self.value, self.rule.schema, self.rule.classes)

    def explain_existing(self) -> Text | None:
        """Return what the change meant for contracts opened before it, or ``None`` where the question has no sense."""
        return None if self.entry.existing is None else EXISTING[self.entry.existing]

    def _for_client(self, client: str, general: Value) -> Value:
        """Return the exception for this client type, else that for the wider type it is part of."""
        clients = self.rule.classes.members["client_type"]
        wider: str | None = client
        while wider is not None:
            if wider in self.entry.exceptions:
                return self.entry.exceptions[wider]
            wider = clients[wider].part_of
        return general

    def _of(self, unit: str) -> Value:
        if self.rule.schema.unit != unit:
            raise UsageError(f"{self.rule.id} is measured in {self.rule.schema.unit}, not in {unit}. Use `.value`.")
        return self.value

    def _int(self, unit: str) -> int:
        value = self._of(unit)
        assert isinstance(value, int), f"the reader keeps a {unit} as a whole number"
        return value
