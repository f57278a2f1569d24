"""Which rule stands behind each check of an order, with its article and how sure it is.

What lives here: rule ids by check, and their citations on the day. What does not: what the rules say (``day.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rongheng.account.orders.checks import Check, checks_in
from rongheng.account.orders.day import Today
from rongheng.account.policy import Policy
from rongheng.account.policy.price_limits import limit_rule
from rongheng.basics.account_tables import Board, Business
from rongheng.basics.text import Text

_RULES: Final[Mapping[Check, str]] = {
    Check.UNDERLYING: "exchange.underlying.published_list",
    Check.COLLATERAL: "exchange.collateral.broker_list_inside",
    Check.SUSPENDED: "exchange.trading.suspension",
    Check.PERMISSION: "exchange.permission.board",
    Check.PERSON: "exchange.persons.own_shares",
    Check.LOT: "exchange.order.lots",
    Check.TICK: "exchange.trading.price_tick",
    Check.MARKET_ORDER: "exchange.order.short_market_orders",
    Check.SHORT_PRICE: "exchange.order.short_price",
    Check.OWN_SALE: "exchange.order.short_price_own_sales",
    Check.AVAILABLE: "exchange.trading.sale_after_purchase",
    Check.LENDABLE: "exchange.order.naked_short",
    Check.CREDIT_LINE: "practice.credit_line",
    Check.MARGIN: "exchange.available_margin.definition",
    Check.CASH: "exchange.order.short_proceeds_use",
    Check.LINE_BEFORE: "exchange.maintenance.withdrawal_line",
    Check.LINE_AFTER: "exchange.maintenance.withdrawal_line",
    Check.SECURITY_SHARE: "practice.concentration.measure",
    Check.CLASS_SHARE: "practice.concentration.measure",
    Check.BOARD_SHARE: "practice.concentration.measure",
    Check.TERM: "exchange.order.contract_term",
    Check.ROLL_OVER: "exchange.order.roll_over",
    Check.TIMELY: "exchange.order.roll_over",
    Check.RETURN: "exchange.order.short_return",
    Check.OWED: "exchange.maintenance_ratio.definition",
    Check.COVER: "practice.short_cover",
    Check.PENDING: "practice.pending_orders",
    Check.CIRCUMVENTION: "exchange.order.list_circumvention",
    Check.REPAYS_FIRST: "sac.contract.sale_repays_first",
    Check.RATIO: "exchange.order.roll_over",
    Check.OVERDUE: "exchange.order.contract_term",
    Check.ROLL_OVER_RATIO: "exchange.order.roll_over",
    Check.ROLL_OVER_SHARE: "exchange.order.roll_over",
    Check.LENDABLE_UNKNOWN: "exchange.order.naked_short",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What stands behind one check."""

    check: Check
    rule: str  # ids, joined by ", "
    article: Text
    confidence: Text


def spoken(
    today: Today, asked: int, *, business: Business, market: str, board: Board, is_etf: bool, policy: Policy
) -> tuple[Spoken, ...]:
    """Return what stands behind each of the checks that are asked, in the order of a verdict."""
    rules = {check: rules_of(check, business, board, policy, is_etf=is_etf) for check in checks_in(asked)}
    return tuple(Spoken(check, rule, *_cited(today, rule, market)) for check, rule in rules.items())


def rules_of(check: Check, business: Business, board: Board, policy: Policy, *, is_etf: bool) -> str:
    """Return the ids of the rules behind a check, joined by ", ": the exchange's, then the broker's own."""
    kind = "short" if business is Business.SHORT_SALE else "financing"
    match check:
        case Check.OPEN:
            return f"exchange.{kind}.margin_ratio"
        case Check.STOP:
            return f"exchange.stops.{kind}" + ("_etf" if is_etf else "")
        case Check.PRICE_LIMIT:
            return limit_rule(board)
        case Check.NET_CAPITAL:
            return f"csrc.broker.single_client_{kind}"
        case Check.TERM if business is Business.ROLL_OVER:
            return _RULES[Check.ROLL_OVER]
        case _:
            return ", ".join([_RULES[check], *_of_policy(check, business, policy)])


def _of_policy(check: Check, business: Business, policy: Policy) -> Iterator[str]:
    """Yield the ids of the broker's own terms that the check rests on as well."""
    kind = {Business.FINANCING_BUY: "financing", Business.SHORT_SALE: "short"}.get(business)
    terms: tuple[str, ...] = ()
    match check:
        case Check.MARGIN if kind is not None:
            yield f"exchange.{kind}.margin_ratio"
            terms = (f"{kind}_ratios", "security_ratios")
        case Check.MARGIN:
            terms = ("haircuts",)
        case Check.LINE_BEFORE | Check.LINE_AFTER:
            terms = ("lines",)
        case Check.ROLL_OVER_RATIO | Check.ROLL_OVER_SHARE:
            terms = ("calls",)
        case Check.COVER:
            terms = ("short_cover",)
        case Check.SECURITY_SHARE | Check.CLASS_SHARE | Check.BOARD_SHARE if policy.concentration is not None:
            yield from sorted({rule for table in policy.concentration.tables for rule in table.cites.split(", ")})
    yield from (policy.cites[term] for term in terms if term in policy.cites)


def _cited(today: Today, rules: str, market: str) -> tuple[Text, Text]:
    """Return the articles and the confidences of these rules on the day, in both languages."""
    readings = [reading for rule in rules.split(", ") if (reading := today.find(rule, market)) is not None]
    articles = [citation.show() for reading in readings for citation in reading.citations]
    return _joined(articles), _joined([reading.confidence.label() for reading in readings])


def _joined(texts: list[Text]) -> Text:
    return Text("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))
