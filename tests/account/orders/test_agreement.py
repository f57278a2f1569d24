"""The checks agree with the exact twin of orders: what refuses, the largest size, the margin used and left."""

from __future__ import annotations

from math import ceil, floor

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings

from rongheng.account.orders import Check, check_frame, check_order
from rongheng.account.orders.checks import checks_in
from rongheng.basics.account_tables import ORDERS
from tests.account.orders.worlds import World, worlds
from tests.depth import examples
from tests.reference import order_twin as twin

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=examples(40), deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_every_answer_is_the_twins(world: World) -> None:
    _agrees(world)


@pytest.mark.long
@settings(max_examples=6_000, deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_every_answer_to_many_more_orders_is_the_twins(world: World) -> None:
    _agrees(world)


def _agrees(world: World) -> None:
    expected = twin.check(world.case)
    gate, order = world.gate(), world.order
    verdict = check_order(gate, order)
    event(order.business.value)
    for name in expected.refused:
        event(f"refused by {name}")
    assert _names(verdict.refused_by) == expected.refused
    assert verdict.largest == expected.largest
    assert verdict.margin_used_milli == ceil(expected.used)
    assert verdict.margin_left_milli == floor(expected.left)
    row = {name: getattr(order, name) for name in ORDERS.schema}
    answer = check_frame(gate, pl.DataFrame([row], schema=ORDERS.schema)).frame.row(0, named=True)
    assert (answer["refused_by"], answer["warned"]) == (verdict.refused_by, verdict.warned)
    assert expected.largest in (answer["largest_quantity"], answer["largest_amount_milli"])


def _names(mask: int) -> frozenset[str]:
    return frozenset(Check(check).name.lower() for check in checks_in(mask))
