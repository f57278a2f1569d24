"""Whether a broker's or a client's term is as tight as what stands above it, on every day on which both stand.

What lives here: that comparison, and the error that names both documents. What does not: comparing two values
(``tightness.py``), and merging the terms that apply to an account; that is the account half's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from rongheng.basics.errors import LoosenedRuleError, RuleError
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.clients import Client
from rongheng.rulebook.formula import Formula
from rongheng.rulebook.rule import Rule
from rongheng.rulebook.scalars import BP, show_percent
from rongheng.rulebook.schema import Schema
from rongheng.rulebook.showing import show_value
from rongheng.rulebook.table import ANY, Row, Table
from rongheng.rulebook.tightness import Loosening, loosenings
from rongheng.rulebook.timeline import Entry, State
from rongheng.rulebook.values import Value


@dataclass(frozen=True, slots=True)
class _Claim:
    """A ratio that a term allows, and the rule that bounds it."""

    ratio: Fraction  # 1 is 100 %
    bound_by: str
    is_floor: bool
    clients: frozenset[str]  # empty: every client


def check_tightening(terms: Mapping[str, Rule], rules: Mapping[str, Rule], *, client: str | None = None) -> None:
    """Raise ``LoosenedRuleError`` for the first of ``terms`` that is looser than the one of ``rules`` that it tightens.

    Parameters
    ----------
    client : of which type the client is whose terms they are; an exception made for it bounds them

    Raises
    ------
    LoosenedRuleError
        With both values, both documents and both places.
    RuleError
        ``tightens`` names no rule, or one that is not a percentage.
    """
    for rule in terms.values():
        if _is_bounded(rule.schema):
            for entry in rule.timeline.entries:
                _check_entry(rule, entry, rules, client)


def check_client_terms(terms: Mapping[str, Rule], clients: Mapping[str, Client], rules: Mapping[str, Rule]) -> None:
    """Raise ``LoosenedRuleError`` for the first client term that is looser than the exchanges' or its broker's.

    Raises
    ------
    LoosenedRuleError
        With both values, both documents and both places.
    """
    for rule in terms.values():
        _, key, shape = rule.id.split(".")
        client = clients[key]
        check_tightening({rule.id: rule}, rules, client=client.type)
        above = rules.get(f"broker.{client.broker}.{shape}")
        if above is not None:
            _check_against_broker(rule, above, client.type)


def _check_against_broker(rule: Rule, above: Rule, client: str | None) -> None:
    for entry in rule.timeline.entries:
        for other in _standing_together(rule, entry, above):
            for type_ in [client] if client else [None, *entry.exceptions, *other.exceptions]:
                own, bound = entry.value_for(type_), other.value_for(type_)
                if own is None or bound is None:
                    continue
                for found in loosenings(own, bound, rule.schema, client=type_):
                    raise LoosenedRuleError(_looser_than_the_broker(rule, entry, found, above, other))


def _looser_than_the_broker(rule: Rule, entry: Entry, found: Loosening, above: Rule, other: Entry) -> str:
    said, bound = (show_value(value, found.schema, rule.classes).en for value in (found.own, found.above))
    ordered = found.schema.direction is not None or found.schema.tightest is not None
    looser = "looser than" if ordered else "where a contract can be neither tighter nor looser, and not as"
    return (
        f"{found.place or entry.place}: {rule.id} says {f'{found.name} ' if found.name else ''}{said} "
        f"({entry.citations[0].document.show().en}), {looser} the {bound} that {above.id} has from {other.effective} "
        f"({other.citations[0].document.show().en}, {other.place}). Tighten it, or leave it out."
    )


def _is_bounded(schema: Schema) -> bool:
    parts = (*schema.terms.values(), *schema.columns.values())
    return schema.tightens is not None or any(_is_bounded(part.schema) for part in parts)


def _check_entry(rule: Rule, entry: Entry, rules: Mapping[str, Rule], client: str | None) -> None:
    values = [
        (entry.value, frozenset({client} if client else ())),
        *((v, frozenset({c})) for c, v in entry.exceptions.items()),
    ]
    for value, clients in values:
        for claim in () if value is None else _claims(value, rule.schema, clients, rules, rule.classes):
            above = _bounding(rule, claim, rules)
            for other in _standing_together(rule, entry, above):
                bound = _bound_for(other, claim.clients)
                if (claim.ratio * BP < bound) if claim.is_floor else (claim.ratio * BP > bound):
                    raise LoosenedRuleError(_loosened(rule, entry, claim, above, other, bound))


def _bounding(rule: Rule, claim: _Claim, rules: Mapping[str, Rule]) -> Rule:
    above = rules.get(claim.bound_by)
    if above is None or above.schema.unit != "percent":
        raise RuleError(f"{rule.place}: tightens {claim.bound_by!r}, which is no rule measured in percent. Correct it.")
    return above


def _standing_together(rule: Rule, entry: Entry, above: Rule) -> Iterator[Entry]:
    """Yield the entries of the rule above that stand in some market while ``entry`` does."""
    later = [day for day in above.timeline.boundaries if day > entry.effective]
    for market in entry.markets:
        for day in (entry.effective, *later):
            if rule.timeline.standing(day, market=market) is not entry:
                break
            other = above.timeline.standing(day, market=market)
            if other is not None and other.state is State.VALUE:
                yield other


def _bound_for(entry: Entry, clients: frozenset[str]) -> int:
    exceptions = [value for client, value in entry.exceptions.items() if clients == {client}]
    bound = exceptions[0] if exceptions else entry.value
    assert isinstance(bound, int), "only percentages bound"
    return bound


def _claims(
    value: Value, schema: Schema, clients: frozenset[str], rules: Mapping[str, Rule], classes: Classes
) -> Iterator[_Claim]:
    if isinstance(value, Table):
        for row in value.rows:
            yield from _row_claims(row, schema, clients, rules, classes)
    elif isinstance(value, Mapping):
        for name, term in value.items():
            yield from _claims(term, schema.terms[name].schema, clients, rules, classes)
    elif schema.tightens is not None:
        is_floor = schema.direction == "floor"
        for ratio in _loosest(value, is_floor=is_floor, highest_haircut_bp=BP):
            yield _Claim(ratio, schema.tightens, is_floor, clients)


def _row_claims(
    row: Row, schema: Schema, clients: frozenset[str], rules: Mapping[str, Rule], classes: Classes
) -> Iterator[_Claim]:
    named = _members_of("client_type", row, schema)
    if clients and named != ANY and not clients & named:
        return  # a row for others
    clients = clients or named
    caps = _rules_of("security_class", row, schema, classes)
    highest_haircut_bp = max((_highest_bp(rules[cap]) for cap in caps if cap in rules), default=BP)
    for name, value in row.values.items():
        column = schema.columns[name].schema
        if column.tightens is None:
            continue
        by_class = column.tightens in classes.members
        is_floor = column.direction == "floor"
        for ratio in _loosest(value, is_floor=is_floor, highest_haircut_bp=highest_haircut_bp):
            for bound_by in _rules_of(column.tightens, row, schema, classes) if by_class else [column.tightens]:
                yield _Claim(ratio, bound_by, is_floor, clients)


def _members_of(class_: str, row: Row, schema: Schema) -> frozenset[str]:
    """Return the members of a class that a row is for; none means all."""
    cells = [cell for name, cell in row.keys.items() if schema.columns[name].key == class_]
    return next((cell for cell in cells if isinstance(cell, frozenset)), ANY)


def _rules_of(class_: str, row: Row, schema: Schema, classes: Classes) -> list[str]:
    """Return the rules that are about the members of a class that a row is for."""
    if all(column.key != class_ for column in schema.columns.values()):
        return []
    cell = _members_of(class_, row, schema)
    return [m.rule for m in classes.members[class_].values() if m.rule is not None and (cell == ANY or m.key in cell)]


def _highest_bp(cap: Rule) -> int:
    return max(entry.value for entry in cap.timeline.entries if isinstance(entry.value, int))


def _loosest(value: Value, *, is_floor: bool, highest_haircut_bp: int) -> list[Fraction]:
    """Return the loosest ratio that a value can be, in a list; none where the value is no ratio.

    A formula is tried at every whole haircut that its securities can have.
    """
    ratios: list[Fraction] = []
    if isinstance(value, int) and not isinstance(value, bool):
        ratios = [Fraction(value, BP)]
    elif isinstance(value, tuple):
        ratios = [Fraction(part, BP) for part in value if isinstance(part, int)]
    elif isinstance(value, Formula) and value.names <= {"haircut"}:
        haircuts = (Fraction(bp, BP) for bp in range(0, highest_haircut_bp + 1, BP // 100))
        ratios = [value(**dict.fromkeys(value.names, haircut)) for haircut in haircuts]
    return [min(ratios) if is_floor else max(ratios)] if ratios else []


def _loosened(rule: Rule, entry: Entry, claim: _Claim, above: Rule, other: Entry, bound: int) -> str:
    word = "floor" if claim.is_floor else "ceiling"
    said = show_percent(floor(claim.ratio * BP)).en
    return (
        f"{entry.place}: {rule.id} says {said} ({entry.citations[0].document.show().en}), looser "
        f"than the {word} of {show_percent(bound).en} that {above.id} has from {other.effective} "
        f"({other.citations[0].document.show().en}, {other.place}). Tighten it, or end it on that day."
    )
