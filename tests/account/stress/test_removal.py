"""Without one security, each account is what a mark finds without that position."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from rongheng.account.marks import Marks, mark
from rongheng.account.stress.removal import losses_of, removals_of
from rongheng.basics.account_tables import State
from tests.account.worlds import World, worlds

FORCED = [state.value for state in list(State)[list(State).index(State.LIQUIDATION) :]]


def marked(world: World) -> Marks:
    return mark(world.book(), world.day(), world.policy_set())


def unpledged(world: World) -> World:
    """The world in which no contract says which shares were bought with it: a book that lacks them is refused."""
    accounts = (
        replace(
            account,
            contracts=tuple(
                replace(contract, quantity=0) if contract.kind == "financing" else contract
                for contract in account.contracts
            ),
        )
        for account in world.accounts
    )
    return replace(world, accounts=tuple(accounts))


def without(world: World, security: str) -> World:
    """The world in which nobody holds the security; who is short of it still owes it."""
    kept = tuple(
        replace(
            account,
            positions={code: quantity for code, quantity in account.positions.items() if code != security},
            held_back={code: quantity for code, quantity in account.held_back.items() if code != security},
            in_transit={code: quantity for code, quantity in account.in_transit.items() if code != security},
            costs={code: cost for code, cost in account.costs.items() if code != security},
        )
        for account in world.accounts
    )
    return replace(world, accounts=kept)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds(most=8))
def test_a_removal_is_a_mark_of_the_book_without_the_security(world: World) -> None:
    world = unpledged(world)
    before = marked(world)
    losses = losses_of(before)
    today = before.frame().filter(pl.col("debt_milli") > 0).select("account_id", "state", "assets_milli", "debt_milli")
    for code, security in enumerate(before.terms.securities):
        then = marked(without(world, security)).frame().select("account_id", "state", "assets_milli")
        both = today.join(then, on="account_id", suffix="_then")
        assert both.height == today.height
        was, is_then = (pl.col(name).cast(pl.String).is_in(FORCED) for name in ("state", "state_then"))
        newly = both.filter(~was & is_then)
        assert losses.accounts[code] == newly.height
        assert losses.debt[code] == newly["debt_milli"].sum()
        more = (pl.col("debt_milli") - pl.col("assets_milli_then")).clip(0)
        was_short = (pl.col("debt_milli") - pl.col("assets_milli")).clip(0)
        assert losses.shortfall[code] == both.select((more - was_short).sum()).item()
        assert losses.value[code] == both.select((pl.col("assets_milli") - pl.col("assets_milli_then")).sum()).item()


def test_the_table_has_the_worst_first_and_what_does_nothing_not_at_all(longs: Marks) -> None:
    """Each account holds 10,000 yuan of both; it owes 20,000 / (1.2 + n / 100), and its line is at 140 %.

    Without either, 10,000 are left; without 688001.SH no STAR share is left either, and the line is at 130 %.
    """
    debts = [20_000_000 * 100 // (120 + number) for number in range(200)]
    called = [debt for debt in debts if debt * 140 > 2_000_000_000]
    rows = {row["security"]: row for row in removals_of(longs).iter_rows(named=True)}
    star = [debt for debt in debts if debt * 130 > 10_000_000 * 100 and debt not in called]
    assert rows["688001.SH"]["called_accounts_more"] == len(star)
    assert rows["688001.SH"]["called_debt_more_milli"] == sum(star)
    assert rows["688001.SH"]["shortfall_more_milli"] == sum(max(debt - 10_000_000, 0) for debt in debts)
    assert list(rows) == ["600000.SH", "688001.SH"]  # without 600000.SH all is STAR, and the line is at 150 %
    assert removals_of(longs, most=1)["security"].to_list() == ["600000.SH"]


def test_one_thread_and_two_give_the_same_bits(made: Marks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("rongheng.account.marks.mark"), "_SHARD", 50)
    for first, second in zip(losses_of(made, threads=1), losses_of(made, threads=2), strict=True):
        assert np.array_equal(first, second)
    assert removals_of(made).height == 10
