"""The policy of the exchanges alone, from the rulebook: what holds for every client of every broker.

What lives here: reading of the exchanges' rules into a :class:`Policy`. What does not: a broker's own terms
(``broker.py``). The exchanges have set no liquidation line since 2019-08-19, so this policy has none after that day.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from rongheng.account.policy.enforcement_documents import exchange_deadlines
from rongheng.account.policy.policy import Lines, MarginRatios, Policy
from rongheng.basics.errors import NotInForceError, RuleError
from rongheng.rulebook import Rule, Rulebook

FINANCING_RATIO = "exchange.financing.margin_ratio"
SHORT_RATIO = "exchange.short.margin_ratio"
RATIO = "exchange.maintenance_ratio.definition"
WITHDRAWAL_LINE = "exchange.maintenance.withdrawal_line"
MINIMUM_LINE = "exchange.maintenance.minimum_line"
STAMP_DUTY = "mof.stamp_duty"
TRANSFER_FEE = "csdc.transfer_fee"
NAME = "exchange_only"


def exchange_only(rulebook: Rulebook, session: date, *, known_at: date | None = None) -> Policy:
    """Return the exchanges' own terms on a session (仅交易所规则).

    The minimum line of before 2019-08-19 stands as its liquidation line. Selling costs what law and the depository
    take; a commission is each contract's own and is not counted.

    Raises
    ------
    NotInForceError
        The session lies before the first margin trade.
    """
    minimum = rulebook.rule(MINIMUM_LINE).on(session, known_at=known_at, market="SSE")
    return Policy(
        name=NAME,
        withdrawal_line_bp=rulebook.rule(WITHDRAWAL_LINE).on(session, known_at=known_at, market="SSE").bp,
        margin_ratios=ratios_at_opening(rulebook, session, known_at=known_at),
        lines=Lines(liquidation_bp=None if minimum.is_abolished else minimum.bp),
        deadlines=exchange_deadlines(rulebook, session, known_at=known_at),
        sale_cost_ppm=sum(_rate(rulebook.rule(rule), session, known_at) for rule in (STAMP_DUTY, TRANSFER_FEE)),
        cites=MappingProxyType(
            {
                "withdrawal_line_bp": WITHDRAWAL_LINE,
                "liquidation_line_bp": MINIMUM_LINE,
                "margin_ratio_bp": f"{FINANCING_RATIO}, {SHORT_RATIO}",
                "ratio_method": RATIO,
                "sale_cost_ppm": f"{TRANSFER_FEE}, {STAMP_DUTY}",
            }
        ),
    )


def ratios_at_opening(rulebook: Rulebook, session: date, *, known_at: date | None = None) -> MarginRatios:
    """Return the exchanges' margin ratios for contracts opened up to ``session``, by the day of opening."""
    return MarginRatios(
        financing=_steps(rulebook.rule(FINANCING_RATIO), session, known_at, client=None),
        short=_steps(rulebook.rule(SHORT_RATIO), session, known_at, client=None),
        short_private_fund=_steps(rulebook.rule(SHORT_RATIO), session, known_at, client="private_fund"),
    )


def _rate(rule: Rule, session: date, known_at: date | None) -> int:
    """Return a fee in parts per million; 0 before it was introduced."""
    try:
        return rule.on(session, known_at=known_at, market="SSE").ppm
    except NotInForceError:
        return 0


def _steps(rule: Rule, session: date, known_at: date | None, *, client: str | None) -> tuple[tuple[date, int], ...]:
    """Return (first session, basis points) where the value changes in Shanghai; Beijing's never differed once open."""
    steps: list[tuple[date, int]] = []
    for day in rule.timeline.boundaries:
        if day > session:
            break
        ratio = rule.on(day, known_at=known_at, market="SSE", client=client).bp
        if not steps or steps[-1][1] != ratio:
            steps.append((day, ratio))
    if not steps:
        raise RuleError(f"{rule.id} has no entry up to {session}; expected one. Ask for a later session.")
    return tuple(steps)
