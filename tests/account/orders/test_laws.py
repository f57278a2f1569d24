"""Laws of the checks: the largest passes and no more does, a remedy is exact, and no order depends on another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from rongheng.account.orders import Business, Check, Order, Verdict, check_frame, check_order
from rongheng.account.orders.checks import checks_in
from rongheng.account.orders.gate import CASH_ALONE
from rongheng.account.orders.remedies import Action, Remedy
from rongheng.basics.account_tables import ORDERS
from tests.account.orders.worlds import World, worlds
from tests.depth import examples
from tests.reference import order_twin as twin

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def sized(order: Order, size: int) -> Order:
    """The same order in another size."""
    return replace(order, amount_milli=size) if order.business in CASH_ALONE else replace(order, quantity=size)


def next_size(world: World, size: int) -> int:
    """The next larger size that may be ordered at all."""
    size += 1
    while not twin.is_quantity(world.case, size):
        size += 1
    return size


@settings(max_examples=examples(20), deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_the_largest_passes_and_one_lot_more_does_not(world: World) -> None:
    gate, order = world.gate(), world.order
    largest = check_order(gate, order).largest
    assume(largest is not None)
    assert largest is not None
    if largest:
        event(f"{order.business} has a largest")
        assert check_order(gate, sized(order, largest)).allowed
        assert not check_order(gate, sized(order, next_size(world, largest))).allowed
    else:
        smallest = next_size(world, 0)
        assert not check_order(gate, sized(order, smallest)).allowed


# --- what would make it pass ------------------------------------------------------------------------------------------


def _add_cash(world: World, milli: int) -> World:
    account = replace(world.case.account, cash=world.case.account.cash + milli)
    return replace(world, case=replace(world.case, account=account))


def _raise_line(world: World, milli: int) -> World:
    limit = world.case.account.credit_limit
    assert limit is not None
    account = replace(world.case.account, credit_limit=limit + milli)
    return replace(world, case=replace(world.case, account=account))


def _ordered(world: World, **changes: object) -> World:
    return replace(world, case=replace(world.case, order=replace(world.case.order, **changes)))  # type: ignore[arg-type]


def _permitted(world: World, board: object) -> World:
    account = replace(world.case.account, permissions=world.case.account.permissions | {str(board)})
    return replace(world, case=replace(world.case, account=account))


def _cleared(world: World, _: object) -> World:
    account = world.case.account
    bounded = [o for o in account.pending if o.price is not None or o.business not in twin.RESERVING]
    return replace(world, case=replace(world.case, account=replace(account, pending=tuple(bounded))))


DONE: Mapping[Action, Callable[[World, object], World]] = {
    Action.ADD_CASH: lambda world, value: _add_cash(world, int(str(value))),
    Action.RAISE_CREDIT_LINE: lambda world, value: _raise_line(world, int(str(value))),
    Action.LOWER_TO: lambda world, value: _ordered(world, quantity=value),
    Action.LOWER_AMOUNT_TO: lambda world, value: _ordered(world, amount=value),
    Action.RAISE_TO: lambda world, value: _ordered(world, quantity=value),
    Action.PRICE_AT: lambda world, value: _ordered(world, price=value),
    Action.DUE_BY: lambda world, value: _ordered(world, due=value),
    Action.GET_PERMISSION: _permitted,
    Action.CLEAR_PENDING: _cleared,
}
SCARCER: Mapping[Action, int] = {Action.ADD_CASH: -1, Action.RAISE_CREDIT_LINE: -1}


def refuses(verdict: Verdict, check: Check) -> bool:
    """Whether a check refuses the order."""
    return bool(verdict.refused_by >> check & 1)


def remedied(world: World, remedy: Remedy) -> Verdict | None:
    """The verdict after the remedy; None where the remedy is to wait."""
    if remedy.action is Action.WAIT_UNTIL:
        return None
    after = DONE[remedy.action](world, remedy.value)
    return check_order(after.gate(), after.order)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_after_its_remedy_a_check_passes_and_with_a_milli_yuan_less_it_does_not(world: World) -> None:
    verdict = check_order(world.gate(), world.order)
    for line in verdict.refusals:
        for remedy in line.remedies:
            after = remedied(world, remedy)
            if after is None:
                continue
            event(f"{line.check.name}: {remedy.action}")
            assert not refuses(after, line.check), (line.check, remedy)
            if remedy.action in SCARCER:
                assert isinstance(remedy.value, int)
                less = remedied(world, replace(remedy, value=remedy.value - 1))
                assert less is not None
                assert refuses(less, line.check), (line.check, remedy)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_an_order_that_may_be_lowered_passes_when_it_is(world: World) -> None:
    gate, order = world.gate(), world.order
    verdict = check_order(gate, order)
    lower = [r for line in verdict.refusals for r in line.remedies if r.action is Action.LOWER_TO]
    assume(lower and verdict.largest)
    assert verdict.largest
    assert check_order(gate, sized(order, verdict.largest)).allowed


# --- what is pending --------------------------------------------------------------------------------------------------


@settings(max_examples=examples(20), deadline=None, suppress_health_check=SLOW)
@given(worlds())
def test_a_pending_order_leaves_the_next_one_what_the_first_would_leave(world: World) -> None:
    """What an order uses when it is checked is what it reserves when it is pending."""
    first = check_order(world.gate(), world.order)
    assume(first.order.business not in (Business.ROLL_OVER, Business.TRANSFER_IN))
    pending = replace(world.case.order, due=None)
    account = replace(world.case.account, pending=(*world.case.account.pending, pending))
    after = replace(world, case=replace(world.case, account=account))
    second = check_order(after.gate(), replace(world.order, due=None))
    used = twin.needs(world.case, world.case.order, world.case.order.size)["margin"]
    assert second.margin_left_milli == (twin.margin_room(world.case) - 2 * used) // 1


# --- a column of orders -----------------------------------------------------------------------------------------------


@settings(max_examples=examples(6), deadline=None, suppress_health_check=SLOW)
@given(worlds(), st.randoms(use_true_random=False))
def test_a_column_is_answered_as_its_orders_are_one_by_one_in_any_order(world: World, random: object) -> None:
    gate, order = world.gate(), world.order
    sizes = [1, 100, 150, 200, 10**6]
    assume(order.business is not Business.ROLL_OVER)
    orders = [replace(sized(order, size), order_id=str(size)) for size in sizes]
    random.shuffle(orders)  # type: ignore[attr-defined]
    rows = [{name: getattr(one, name) for name in ORDERS.schema} for one in orders]
    answers = check_frame(gate, pl.DataFrame(rows, schema=ORDERS.schema))
    assert not answers.problems.height
    for one, row in zip(orders, answers.frame.iter_rows(named=True), strict=True):
        verdict = check_order(gate, one)
        assert (row["order_id"], row["refused_by"]) == (one.order_id, verdict.refused_by)
        assert row["margin_left_milli"] == verdict.margin_left_milli
    by_check = dict(answers.counts().iter_rows())
    for check in Check:
        expected = sum(refuses(check_order(gate, one), check) for one in orders)
        assert by_check.get(check.name.lower(), 0) == expected


@pytest.mark.parametrize("check", list(Check))
def test_every_check_has_a_bit_of_its_own(check: Check) -> None:
    assert checks_in(1 << check) == (check,)
