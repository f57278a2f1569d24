"""Merged concentration limits are the lower ones, cell by cell, and are tested as the stricter policy tests them."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rongheng.account.policy import (
    Concentration,
    ConcentrationCheck,
    LimitRow,
    LimitTable,
    OverLimit,
    Policy,
    Scope,
    concentration_terms,
    tightest,
)
from rongheng.account.policy.concentration_lookup import SECURITY_SLOT, UNLIMITED, limit_row
from rongheng.basics.account_tables import ClientType
from rongheng.basics.market_day import MarketDay
from tests.account.policy.layers import (
    BOUNDS,
    CODES,
    DAYS,
    LOANS,
    OF_LIMITS,
    blank,
    checks,
    over_limits,
    tables,
)

SECURITIES = pl.Series(CODES)
DAY = MarketDay(
    DAYS[3],
    pl.DataFrame(
        {
            "security": CODES,
            "board": ["main", "star"],
            "registered": [False, True],
            "price_milli": [10_000, 10_000],
            "haircut_cap_bp": [7_000, 7_000],
            "static_pe_hundredths": [25_000, -100],
            "collateral_share_bp": [2_200, 2_500],
        }
    ),
)
GROUPS = pl.DataFrame({"security": CODES, "group": ["A", "B"]})


def limited_by(name: str) -> LimitTable:
    return LimitTable((LimitRow(Scope.SECURITY, 5_000),), cites=f"{name}.concentration_limits")


def policy_of(name: str, check: ConcentrationCheck, standard: OverLimit | None, unpublished: set[str]) -> Policy:
    concentration = Concentration(frozenset({limited_by(name)}), check, standard)
    return blank(concentration=concentration, groups=GROUPS, unpublished=tuple(sorted(unpublished)))


names = st.sampled_from(["broker.one", "client.two"])
checked = st.builds(policy_of, names, checks, st.none() | over_limits, st.sets(st.sampled_from(OF_LIMITS)))
debts = st.sampled_from([0, *(loan + aside for loan in LOANS for aside in (-1, 0, 1))])


@given(tables, tables, checks, st.none() | over_limits, st.sampled_from(ClientType), debts, st.data())
def test_every_cell_is_the_lower_of_the_two(
    one: LimitTable,
    other: LimitTable,
    check: ConcentrationCheck,
    standard: OverLimit | None,
    client: ClientType,
    debt: int,
    data: st.DataObject,
) -> None:
    a, b = (blank(concentration=Concentration(frozenset({t}), check, standard), groups=GROUPS) for t in (one, other))
    merged = tightest(a, b, name="x")
    assets = data.draw(st.sampled_from(BOUNDS)) * debt // 10_000 + data.draw(st.integers(-1, 1))
    limits = concentration_terms([a, b, merged], DAY, SECURITIES).limits
    rows = [limit_row.py_func(limits, place, list(ClientType).index(client), assets, debt, 0) for place in range(3)]  # type: ignore[attr-defined]
    if rows[2] == UNLIMITED:
        assert rows[:2] == [UNLIMITED, UNLIMITED]
        return
    first, second, both = (limits.limit_bp[row] for row in rows)
    assert both[:SECURITY_SLOT].tolist() == [min(pair) for pair in zip(first, second, strict=True)][:SECURITY_SLOT]
    for code in range(len(CODES)):
        slots = [limits.slot[place * len(CODES) + code] for place in range(3)]
        assert both[slots[2]] == min(first[slots[0]], second[slots[1]])


@given(checked, checked)
def test_the_test_is_the_stricter_of_those_that_are_stated(first: Policy, second: Policy) -> None:
    merged = tightest(first, second, name="x").concentration
    assert merged is not None
    for layer in (first, second):
        own = layer.concentration
        assert own is not None
        assert own.tables <= merged.tables
        if "concentration_check.exempt_without_debt" not in layer.unpublished:
            assert own.check.exempt_without_debt or not merged.check.exempt_without_debt
        if "concentration_check.blocked" not in layer.unpublished:
            assert own.check.blocked <= merged.check.blocked


@given(checked, checked)
def test_no_share_leaves_the_over_limit_class_in_a_merge(first: Policy, second: Policy) -> None:
    policies = [first, second, tightest(first, second, name="x")]
    over = concentration_terms(policies, DAY, SECURITIES).over_limit
    for place, layer in enumerate((first, second)):
        if "over_limit" not in layer.unpublished:
            assert (over[2] >= over[place]).all()
