"""The kernels agree with the exact twin, to the last milli-yuan and on every state."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings

from rongheng.account.marks.breaches import breaches
from tests.account.worlds import World, account_id, worlds
from tests.depth import examples
from tests.reference.twin import NOT_CURABLE

LIMIT_MILLI = 10**14
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=examples(48), deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_every_number_of_every_account_is_the_twins(world: World) -> None:
    _agrees(world)


@pytest.mark.long
@settings(max_examples=3_000, deadline=None, suppress_health_check=SLOW)
@given(worlds(most=12))
def test_every_number_of_many_more_accounts_is_the_twins(world: World) -> None:
    _agrees(world)


def _agrees(world: World) -> None:
    marks = world.marks()
    found = breaches(marks)
    rows = {row["account_id"]: row for row in marks.frame().iter_rows(named=True)}
    for number, account in enumerate(world.accounts):
        expected = world.expected(number)
        proceeds = sum(contract.amount for contract in account.contracts if contract.kind == "short")
        beyond = max(expected["assets_milli"], expected["debt_milli"], proceeds) >= LIMIT_MILLI
        if beyond:
            event("beyond the bounds")
            assert account_id(number) not in rows
            continue
        got = rows[account_id(number)]
        event(f"state {got['state']}")
        if expected["sale_to_cure_milli"] == NOT_CURABLE:
            event("not curable")
            assert got["curable"] is False
            expected["sale_to_cure_milli"] = None
        event(f"breaches: {min(got['breaches'] or 0, 3)}")
        assert {name: got[name] for name in expected} == expected
        listed = found.filter(pl.col("account_id") == account_id(number))
        assert listed.select("scope", "name", "value_milli", "limit_bp").rows() == world.breaches(number)
    assert marks.marked + marks.quarantined == len(world.accounts)
