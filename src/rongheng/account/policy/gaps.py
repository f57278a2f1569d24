"""What a policy decides that its broker has not published, and where that is taken from instead.

What lives here: which rule stands in for which term, and one row for each gap that plays a part. What does not: reading
those rules (``broker.py``). For a line, a limit or an override that nobody has published nothing stands in at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rongheng.account.policy.enforcement_documents import COMMON_DEADLINE, TOP_UP_DEADLINE, TOP_UP_TARGET
from rongheng.basics.text import Text

if TYPE_CHECKING:
    from rongheng.account.policy.policy import Policy


class TakenFrom(StrEnum):
    """What stands in for a term that was not published."""

    EXCHANGE = "exchange"
    PRACTICE = "practice"
    CHOICE = "choice"
    NOTHING = "nothing"

    @property
    def label(self) -> Text:
        """What is shown for it."""
        return _LABELS[self]


_LABELS: Final = {
    TakenFrom.EXCHANGE: Text("取交易所规定", "the exchanges' bound"),
    TakenFrom.PRACTICE: Text("取行业惯例", "common practice"),
    TakenFrom.CHOICE: Text("取本系统的默认值", "Rongheng's default"),
    TakenFrom.NOTHING: Text("未公布，不适用", "nothing: it does not apply"),
}


@dataclass(frozen=True, slots=True)
class StandIn:
    """What is taken where a broker has not published a term, and by which rules; none where nothing stands in."""

    taken_from: TakenFrom
    rules: tuple[str, ...] = ()

    @property
    def has_a_value(self) -> bool:
        """Whether its rule says the same kind of thing as the term, so that its value is taken."""
        return self.taken_from in (TakenFrom.PRACTICE, TakenFrom.CHOICE)


@dataclass(frozen=True, slots=True)
class Gap:
    """One term that was not published and plays a part."""

    term: str  # a shape of the rulebook, which names it in both languages, or a part of one: deadlines.liquidation
    taken_from: TakenFrom
    rules: tuple[str, ...]


_NOTHING: Final = StandIn(TakenFrom.NOTHING)
_CHECK: Final = StandIn(TakenFrom.PRACTICE, ("practice.concentration.check",))

# Of a term that is not here, such as a table of limits, nothing stands in.
STAND_INS: Final[Mapping[str, StandIn]] = MappingProxyType(
    {
        "lines": StandIn(TakenFrom.EXCHANGE, ("exchange.maintenance.withdrawal_line",)),
        "lines.withdrawal": StandIn(TakenFrom.EXCHANGE, ("exchange.maintenance.withdrawal_line",)),
        "haircuts": StandIn(TakenFrom.EXCHANGE, ("exchange.haircut.cap",)),
        "financing_ratios": StandIn(TakenFrom.EXCHANGE, ("exchange.financing.margin_ratio",)),
        "short_ratios": StandIn(TakenFrom.EXCHANGE, ("exchange.short.margin_ratio",)),
        "ratio_method": StandIn(TakenFrom.EXCHANGE, ("exchange.maintenance_ratio.definition",)),
        "interest": StandIn(TakenFrom.CHOICE, ("broker.exchange_only.interest",)),
        "loss_netting": StandIn(TakenFrom.CHOICE, ("broker.exchange_only.loss_netting",)),
        "existing_contracts": StandIn(TakenFrom.CHOICE, ("broker.exchange_only.existing_contracts",)),
        "liquidation": StandIn(TakenFrom.CHOICE, ("broker.exchange_only.liquidation",)),
        "repayment": StandIn(TakenFrom.CHOICE, ("broker.exchange_only.repayment",)),
        "calls": StandIn(TakenFrom.CHOICE, ("broker.exchange_only.calls",)),
        "short_cover": StandIn(TakenFrom.PRACTICE, ("practice.short_cover",)),
        "over_limit": StandIn(TakenFrom.PRACTICE, ("practice.over_limit",)),
        "deadlines": StandIn(TakenFrom.EXCHANGE, (TOP_UP_DEADLINE, TOP_UP_TARGET)),
        "deadlines.liquidation": StandIn(TakenFrom.PRACTICE, (COMMON_DEADLINE,)),
        "concentration_check": _CHECK,
        "concentration_check.exempt_without_debt": _CHECK,
        "concentration_check.row_by": _CHECK,
        "concentration_check.blocked": _CHECK,
    }
)


def gaps_of(policy: Policy) -> Iterator[Gap]:
    """Yield the gaps that play a part in a policy, in the order of their terms."""
    for term in sorted(policy.unpublished):
        if not _plays_no_part(policy, term):
            stand_in = STAND_INS.get(term, _NOTHING)
            yield Gap(term, stand_in.taken_from, stand_in.rules)


def _plays_no_part(policy: Policy, term: str) -> bool:
    """Say whether the policy decides nothing by this term, or by its parts, which have gaps of their own."""
    limits = policy.concentration
    match term:
        case "lines.withdrawal":
            return "lines" in policy.unpublished
        case "haircuts":
            return policy.haircuts is not None or policy.haircuts_by_class is not None
        case "deadlines":
            return not any(row.is_published for row in policy.deadlines)
        case "over_limit":
            return limits is None or limits.over_limit is None
        case "concentration_check":
            return True
        case _ if term.startswith("concentration_check."):
            return limits is None or not limits.tables
        case _:
            return False
