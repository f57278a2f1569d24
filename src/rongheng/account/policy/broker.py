"""A broker's policy: the exchanges' bounds with the broker's own terms laid over them, the tightest winning.

What lives here: reading of ``broker.<name>.*`` rules, and of a client's in the same shapes, into a :class:`Policy`.
What does not: whether a term is as tight as the rule above it (the rulebook refuses a looser one when it is loaded,
naming both documents), the exchanges' own terms (``exchange.py``), and a client's laid over its broker's
(``client.py``).

A term that a broker has not published is taken from the exchanges and named in ``Policy.unpublished``; nothing is made
up for it. A line whose name was lost in print (``unnamed``) is left out and named there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import polars as pl

from rongheng.account.policy.concentration import Concentration
from rongheng.account.policy.concentration_documents import stated_concentration, unpublished_checks
from rongheng.account.policy.enforcement import Deadline, both_cited, tighter_deadlines
from rongheng.account.policy.enforcement_documents import (
    call_rules,
    common_deadlines,
    liquidation_order,
    repayment_order,
    stated_deadlines,
)
from rongheng.account.policy.exchange import exchange_only
from rongheng.account.policy.gaps import STAND_INS
from rongheng.account.policy.lines_documents import moving_lines, over_exchange, percent, stated_lines
from rongheng.account.policy.policy import (
    Interest,
    LossNetting,
    Policy,
    RatioMethod,
)
from rongheng.account.policy.ratio_documents import margin_ratios
from rongheng.basics.account_tables import Board
from rongheng.basics.errors import NotInForceError
from rongheng.rulebook import Reading, Rulebook

TERMS = (
    "lines",
    "moving_lines",
    "deadlines",
    "haircuts",
    "financing_ratios",
    "short_ratios",
    "security_ratios",
    "interest",
    "loss_netting",
    "ratio_method",
    "existing_contracts",
    "liquidation",
    "repayment",
    "short_cover",
    "concentration_limits",
    "concentration_overrides",
    "concentration_check",
    "over_limit",
    "calls",
)


def broker_policy(
    rulebook: Rulebook,
    name: str,
    session: date,
    *,
    known_at: date | None = None,
    haircuts: pl.DataFrame | None = None,
    groups: pl.DataFrame | None = None,
    client_type: str | None = None,
) -> Policy:
    """Return a broker's policy on a session (证券公司政策).

    Parameters
    ----------
    name : the broker's folder in the rulebook
    haircuts : the broker's list, columns security and haircut_bp; before the haircuts by class
    groups : the broker's list of concentration classes, columns security and group
    client_type : apply the exceptions that the broker made for it

    Raises
    ------
    UsageError
        No such broker is in the rulebook.
    """
    owner = f"broker.{rulebook.broker(name).key}"
    policy = laid_over_exchange(rulebook, owner, session, known_at=known_at, client_type=client_type)
    return replace(policy, haircuts=haircuts, groups=groups)


def laid_over_exchange(
    rulebook: Rulebook, owner: str, session: date, *, known_at: date | None, client_type: str | None
) -> Policy:
    """Return the exchanges' terms with those of one owner, such as ``broker.guosen``, laid over them."""
    name = owner.partition(".")[2]
    exchange = exchange_only(rulebook, session, known_at=known_at)
    terms = {term: _reading(rulebook, f"{owner}.{term}", session, known_at, client_type) for term in TERMS}
    said = {term: reading for term, reading in terms.items() if reading is not None}
    common = {
        term: _reading(rulebook, STAND_INS[term].rules[0], session, known_at, client_type)
        for term in TERMS
        if term in STAND_INS and STAND_INS[term].has_a_value
    }
    done = common | said
    lines = said["lines"].terms if "lines" in said else {}
    fixed = over_exchange(exchange.lines, stated_lines(lines))
    deadlines = _deadlines(rulebook, exchange, said.get("deadlines"), session, known_at)
    concentration = stated_concentration(
        said, common_check=_stated(common["concentration_check"]), common_over_limit=common["over_limit"]
    )
    return Policy(
        name=name,
        withdrawal_line_bp=max(exchange.withdrawal_line_bp, percent(lines.get("withdrawal", 0))),
        margin_ratios=margin_ratios(rulebook, owner, session, known_at, done["existing_contracts"]),
        lines=fixed,
        sale_cost_ppm=exchange.sale_cost_ppm,
        moving_lines=moving_lines(said["moving_lines"].terms, fixed) if "moving_lines" in said else None,
        deadlines=deadlines,
        liquidation=liquidation_order(_stated(done["liquidation"])),
        repayment=repayment_order(_stated(done["repayment"])),
        calls=call_rules(_stated(done["calls"])),
        may_cover_with_financed=_stated(done["short_cover"]).is_on,
        concentration=concentration,
        interest=_interest(_stated(done["interest"]).terms),
        loss_netting=LossNetting(str(_stated(done["loss_netting"]).value)),
        ratio_method=_ratio_method(said.get("ratio_method")),
        board_coefficients_bp=_coefficients(said.get("ratio_method")),
        haircuts_by_class=_haircuts_by_class(said.get("haircuts")),
        cites=MappingProxyType({**exchange.cites, **_cites(done, deadlines, concentration)}),
        unpublished=tuple(_unpublished(said, deadlines)),
    )


def _stated(reading: Reading | None) -> Reading:
    assert reading is not None, "the rule that stands in has been in force since the first margin trade"
    return reading


def _deadlines(
    rulebook: Rulebook, exchange: Policy, own: Reading | None, session: date, known_at: date | None
) -> tuple[Deadline, ...]:
    """Return the sooner of the exchanges' deadlines and the owner's, and what stands in for a clock of neither."""
    stated = tighter_deadlines(exchange.deadlines, stated_deadlines(own) if own else ())
    return tighter_deadlines(stated, common_deadlines(rulebook, session, known_at=known_at))


def _cites(
    done: Mapping[str, Reading | None], deadlines: tuple[Deadline, ...], concentration: Concentration | None
) -> dict[str, str]:
    cites = {term: reading.rule.id for term, reading in done.items() if reading is not None}
    if concentration is None:
        del cites["concentration_check"]
    if concentration is None or concentration.over_limit is None:
        cites.pop("over_limit", None)
    return cites | {"deadlines": both_cited(*(row.cites for row in deadlines))}


def _unpublished(said: Mapping[str, Reading], deadlines: tuple[Deadline, ...]) -> Iterator[str]:
    lines = said["lines"].terms if "lines" in said else {}
    yield from (term for term in TERMS if term not in said)
    yield from (f"deadlines.{row.line}" for row in deadlines if not row.is_published)
    yield from unpublished_checks(said)
    if "withdrawal" not in lines:
        yield "lines.withdrawal"
    if "unnamed" in lines:
        yield "unnamed"


def _reading(
    rulebook: Rulebook, id_: str, session: date, known_at: date | None, client_type: str | None
) -> Reading | None:
    """Return what a term says, or ``None`` where its owner has none that stands on that session."""
    rule = rulebook.find_rule(id_)
    if rule is None:
        return None
    for market in rule.markets:
        try:
            reading = rule.on(session, known_at=known_at, market=market, client=client_type)
        except NotInForceError:
            continue
        return None if reading.is_unpublished or reading.is_abolished else reading
    return None


def _interest(terms: Mapping[str, Any]) -> Interest:
    """Return the convention; that the day of repayment is not charged does not touch a mark at the close."""
    default = Interest()
    return Interest(
        basis_days=int(terms.get("days_of_year", default.basis_days)),
        overdue_ppm_a_day=int(terms.get("overdue_per_day", default.overdue_ppm_a_day)),
    )


def _ratio_method(reading: Reading | None) -> RatioMethod:
    by_coefficient = reading is not None and reading.terms["method"] == "coefficients"
    return RatioMethod.COEFFICIENT if by_coefficient else RatioMethod.EXCHANGE


def _coefficients(reading: Reading | None) -> Mapping[Board, int]:
    terms = {} if reading is None else reading.terms
    return MappingProxyType({board: percent(terms[board.value]) for board in Board if board.value in terms})


def _haircuts_by_class(reading: Reading | None) -> pl.DataFrame | None:
    """Return one row for each class of securities and concentration class; a null group means any."""
    if reading is None:
        return None
    rows = [
        {"class": security_class, "group": group, "haircut_bp": percent(row.values["haircut"])}
        for row in reading.table.rows
        for security_class in row.members("security_class") or [None]
        for group in row.members("concentration_class") or [None]
    ]
    return pl.DataFrame(rows, schema={"class": pl.String, "group": pl.String, "haircut_bp": pl.Int64})
