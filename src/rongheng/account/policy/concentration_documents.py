"""What the documents say of concentration.

What lives here: reading of rules into the shapes of ``concentration.py``, and what is common practice where an owner of
limits does not say how they are tested. What does not: merging, and any lookup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from rongheng.account.policy.concentration import (
    Concentration,
    ConcentrationCheck,
    LimitRow,
    LimitTable,
    OverLimit,
    Override,
    RowBy,
    Scope,
)
from rongheng.basics.account_tables import Business
from rongheng.basics.errors import RuleError
from rongheng.rulebook import Reading
from rongheng.rulebook.table import Row
from rongheng.rulebook.values import NO_LIMIT

LIMITS, OVERRIDES, CHECK, OVER_LIMIT = (
    "concentration_limits",
    "concentration_overrides",
    "concentration_check",
    "over_limit",
)


def stated_concentration(
    said: Mapping[str, Reading], *, common_check: Reading, common_over_limit: Reading | None
) -> Concentration | None:
    """Return an owner's limits, or ``None`` where it states neither limits nor anything of how they are tested.

    Parameters
    ----------
    said : what the owner states, by term
    common_check, common_over_limit : what stands in for terms that it does not state
    """
    limits, overrides, check, over_limit = (said.get(term) for term in (LIMITS, OVERRIDES, CHECK, OVER_LIMIT))
    if not any((limits, overrides, check, over_limit)):
        return None
    table = _table(limits, overrides)
    terms = {**common_check.terms, **(check.terms if check else {})}
    standard = over_limit or (common_over_limit if _names_over_limit(table) else None)
    return Concentration(
        tables=frozenset({table} if limits or overrides else ()),
        check=ConcentrationCheck(
            exempt_without_debt=bool(terms["exempt_without_debt"]),
            row_by=RowBy(str(terms["row_by"])),
            blocked=_blocked(terms["blocked"], (check or common_check).entry.place),
        ),
        over_limit=None if standard is None else _over_limit(standard),
    )


def unpublished_checks(said: Mapping[str, Reading]) -> list[str]:
    """Return the names of the parts of the check that practice stands in for."""
    stated = said[CHECK].terms if CHECK in said else {}
    return [f"{CHECK}.{part}" for part in ("exempt_without_debt", "row_by", "blocked") if part not in stated]


def _names_over_limit(table: LimitTable) -> bool:
    return any(row.over_limit is not None for row in table.rows)


def _table(limits: Reading | None, overrides: Reading | None) -> LimitTable:
    return LimitTable(
        rows=tuple(limit for row in (limits.table.rows if limits else ()) for limit in _limit_rows(row)),
        overrides=tuple(_override(row) for row in (overrides.table.rows if overrides else ())),
        cites=", ".join(reading.rule.id for reading in (limits, overrides) if reading is not None),
    )


def _limit_rows(row: Row) -> Iterator[LimitRow]:
    for scope in sorted(row.members("scope") or {*Scope}):
        over_limit = row.members("over_limit")
        try:
            yield LimitRow(
                scope=Scope(scope),
                limit_bp=_limit_bp(row),
                classes=row.members("concentration_class"),
                boards=row.members("board"),
                over_limit="over" in over_limit if len(over_limit) == 1 else None,
                clients=row.members("client_type"),
                ratio_bp=row.range("maintenance_ratio"),
                amount_milli=row.range("debt"),
            )
        except RuleError as error:
            raise RuleError(f"{row.place}: {error}") from error


def _override(row: Row) -> Override:
    try:
        return Override(row.members("security"), row.range("maintenance_ratio"), _limit_bp(row))
    except RuleError as error:
        raise RuleError(f"{row.place}: {error}") from error


def _limit_bp(row: Row) -> int | None:
    limit = row.values["limit"]
    if limit is NO_LIMIT:
        return None
    assert isinstance(limit, int), "a limit is a percentage"
    return limit


def _blocked(words: object, place: str) -> frozenset[Business]:
    assert isinstance(words, tuple), "what is refused is a list"
    known = {business.value for business in Business}
    for word in words:
        if word not in known:
            raise RuleError(f"{place}: a limit cannot refuse {word}; expected any of {', '.join(sorted(known))}.")
    return frozenset(Business(word) for word in words)


def _over_limit(reading: Reading) -> OverLimit:
    share, static_pe = reading.terms["collateral_share"], reading.terms["static_pe"]
    assert isinstance(share, int), "a percentage"
    assert isinstance(static_pe, Fraction), "a multiple"
    return OverLimit(share, static_pe, bool(reading.terms["negative_counts"]))
