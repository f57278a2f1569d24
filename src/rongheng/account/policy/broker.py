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
from datetime import date, time
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
from rongheng.account.policy.exchange import exchange_only, ratios_at_opening
from rongheng.account.policy.gaps import STAND_INS
from rongheng.account.policy.policy import (
    BrokerRatios,
    Interest,
    Lines,
    LossNetting,
    MarginRatios,
    MovingLines,
    MovingRow,
    Policy,
    RatioMethod,
    ShareBasis,
)
from rongheng.basics.account_tables import LINES, Board, Kind
from rongheng.basics.errors import NotInForceError
from rongheng.basics.money import BP
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.formula import Formula
from rongheng.rulebook.table import ANY, Row
from rongheng.rulebook.timeline import State

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
    fixed = _tighter(exchange.lines, _lines(lines))
    deadlines = _deadlines(rulebook, exchange, said.get("deadlines"), session, known_at)
    concentration = stated_concentration(
        said, common_check=_stated(common["concentration_check"]), common_over_limit=common["over_limit"]
    )
    return Policy(
        name=name,
        withdrawal_line_bp=max(exchange.withdrawal_line_bp, _bp(lines.get("withdrawal", 0))),
        margin_ratios=_margin_ratios(rulebook, owner, session, known_at, done["existing_contracts"]),
        lines=fixed,
        sale_cost_ppm=exchange.sale_cost_ppm,
        moving_lines=_moving_lines(said["moving_lines"].terms, fixed) if "moving_lines" in said else None,
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


def _bp(value: object) -> int:
    assert isinstance(value, int), f"{value!r} is no percentage"
    return value


def _lines(terms: Mapping[str, Any]) -> Lines:
    return Lines(**{f"{name}_bp": _bp(terms[name]) for name in LINES if name in terms})


def _tighter(above: Lines, own: Lines) -> Lines:
    """Return the broker's lines, raised to the exchanges' where those are higher or stand alone."""
    values = {}
    for name in LINES:
        pair = [line for line in (getattr(above, f"{name}_bp"), getattr(own, f"{name}_bp")) if line is not None]
        values[f"{name}_bp"] = max(pair) if pair else None
    return Lines(**values)


def _moving_lines(terms: Mapping[str, Any], fixed: Lines) -> MovingLines:
    rows = sorted(terms["lines"].rows, key=lambda row: _upper(row) or BP)
    return MovingLines(
        wake_bp=_bp(terms["ratio_at_most"]),
        rows=tuple(
            MovingRow(_upper(row) or BP, _laid_over(fixed, _lines(row.values)), _bp(row.values["withdrawal"]))
            for row in rows
        ),
        basis=ShareBasis(str(terms["basis"])),
        measured_at=_time(terms["measured_at"]),
    )


def _time(value: object) -> time:
    assert isinstance(value, time), f"{value!r} is no time of day"
    return value


def _laid_over(fixed: Lines, moved: Lines) -> Lines:
    """Return the row's lines; those that it does not name stay, and none is left under a graver one."""
    values: dict[str, int | None] = {}
    gravest = 0
    for name in reversed(LINES):
        line = getattr(moved, f"{name}_bp") or getattr(fixed, f"{name}_bp")
        values[f"{name}_bp"] = line and max(line, gravest)
        gravest = max(gravest, line or 0)
    return Lines(**values)


def _upper(row: Row) -> int | None:
    """Return the upper bound of a row's share; rows are (lower, upper], the last one has none."""
    share = row.keys["dual_board_share"]
    assert isinstance(share, Range), "the share is a range"
    assert share.high is None or share.high_included, "rows of moving lines hold their upper bound"
    return share.high


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
    return MappingProxyType({board: _bp(terms[board.value]) for board in Board if board.value in terms})


def _haircuts_by_class(reading: Reading | None) -> pl.DataFrame | None:
    """Return one row for each class of securities and concentration class; a null group means any."""
    if reading is None:
        return None
    rows = [
        {"class": security_class, "group": group, "haircut_bp": _bp(row.values["haircut"])}
        for row in reading.table.rows
        for security_class in _members(row, "security_class")
        for group in _members(row, "concentration_class")
    ]
    return pl.DataFrame(rows, schema={"class": pl.String, "group": pl.String, "haircut_bp": pl.Int64})


def _members(row: Row, column: str) -> list[str | None]:
    """Return the members that a cell names; ``[None]`` for any."""
    cell = row.keys.get(column, ANY)
    assert isinstance(cell, frozenset), f"{column} is a class"
    return [*sorted(cell)] if cell else [None]


def _margin_ratios(
    rulebook: Rulebook, owner: str, session: date, known_at: date | None, existing: Reading | None
) -> MarginRatios:
    exchange = ratios_at_opening(rulebook, session, known_at=known_at)
    return MarginRatios(
        financing=exchange.financing,
        short=exchange.short,
        short_private_fund=exchange.short_private_fund,
        applied_to_existing=existing is not None and existing.value == "apply",
        own=tuple(_own_ratios(rulebook, owner, session)),
    )


def _own_ratios(rulebook: Rulebook, owner: str, session: date) -> Iterator[BrokerRatios]:
    """Yield what the broker asks beyond the exchanges, for contracts opened in each span of its timelines."""
    for term, kind in (("financing_ratios", Kind.FINANCING), ("short_ratios", Kind.SHORT), ("security_ratios", None)):
        rule = rulebook.find_rule(f"{owner}.{term}")
        entries = [] if rule is None else [entry for entry in rule.timeline.entries if entry.effective <= session]
        for place, entry in enumerate(entries):
            later = [other.effective for other in entries[place + 1 :] if set(other.markets) & set(entry.markets)]
            if entry.state is State.VALUE:
                yield from _rows_of_ratios(entry.value, kind, entry.effective, min(later, default=None))


def _rows_of_ratios(table: Any, kind: Kind | None, first: date, until: date | None) -> Iterator[BrokerRatios]:
    for row in table.rows:
        ratio = row.values["ratio"]
        sides = [kind] if kind else [Kind(str(side)) for side in _members(row, "side")]
        for side in sides:
            assert side is not None, "a side is financing or short"
            yield BrokerRatios(
                kind=side,
                first=first,
                until=until,
                classes=_names(row, "security_class"),
                clients=_names(row, "client_type"),
                securities=_names(row, "security"),
                ratio=ratio if isinstance(ratio, Formula) else _bp(ratio),
            )


def _names(row: Row, column: str) -> frozenset[str]:
    """Return the members that a cell names; none for any."""
    cell = row.keys.get(column, ANY)
    assert isinstance(cell, frozenset), f"{column} is a class"
    return cell
