"""Plans agree with the twin that tries every lot, and a filled plan marks as it says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book, read_book
from rongheng.account.book.convert import write_tables
from rongheng.account.liquidation import Outcome, Plan, SaleOrder, fill, liquidate, orders_of, outcomes_of
from rongheng.account.liquidation.settlement import ASSETS, MONEY, SHORT
from rongheng.account.marks import Marks, mark
from rongheng.account.policy.enforcement import StopAt
from rongheng.basics.account_tables import Business
from rongheng.basics.money import BP
from rongheng.rulebook import Rulebook
from tests.account.liquidation.worlds import Fall, falls
from tests.depth import examples
from tests.reference import liquidation_twin as twin

RULES = Rulebook.load()


def planned(fall: Fall, order: SaleOrder = SaleOrder.POLICY) -> tuple[Marks, Plan] | None:
    marks = fall.marks()
    frame = marks.frame()
    names = frame["account_id"].filter(frame["debt_milli"] > 0).to_list()
    if not names:
        return None
    return marks, liquidate(marks, dict.fromkeys(names, fall.target_bp), rulebook=RULES, order=order)


def check(fall: Fall) -> None:
    made = planned(fall)
    if made is None:
        return
    marks, plan = made
    names = [str(name) for name in marks.book.accounts["account_id"].gather(plan.rows)]
    market = {stock.code: stock.twin() for stock in fall.stocks}
    accounts = {account.name: account for account in fall.twins(names)}
    done = twin.liquidate(list(accounts.values()), market, {stock.code: stock.room for stock in fall.stocks})
    orders = orders_of(plan)
    for k, name in enumerate(names):
        after, deed = accounts[name], done[name]
        event(plan.outcomes[k].value)
        event(f"hopeless {deed.hopeless}")
        assert plan.repaid_from_cash[k] == deed.repaid_from_cash
        assert plan.hopeless[k] == deed.hopeless
        mine = [row for row in orders.iter_rows(named=True) if row["account_id"] == name]
        sold = {row["security"]: row["quantity"] for row in mine if row["business"] == Business.SELL_TO_REPAY}
        assert sold == deed.sold
        first, last = plan.short_starts[k : k + 2]
        owed = marks.book.layout.contract_quantity[plan.short[first:last]]
        assert (owed - plan.left[first:last]).tolist() == deed.bought
        bought = sum(row["quantity"] for row in mine if row["business"] == Business.BUY_TO_COVER)
        assert bought == sum(deed.bought)
        assert plan.after[k, ASSETS] == after.assets(market)
        assert plan.after[k, MONEY] + plan.after[k, SHORT] == after.debt(market)


@settings(max_examples=examples(24), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(falls())
def test_every_sale_is_the_twins(fall: Fall) -> None:
    check(fall)


@pytest.mark.long
@settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(falls(most=6))
def test_many_more_sales_are_the_twins(fall: Fall) -> None:
    check(fall)


@settings(max_examples=examples(24), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(falls(), st.sampled_from(SaleOrder))
def test_a_filled_plan_marks_as_it_says(fall: Fall, order: SaleOrder) -> None:
    made = planned(fall, order)
    if made is None:
        return
    marks, plan = made
    book = fill(plan)
    again = {row["account_id"]: row for row in mark(book, marks.day, marks.policies).frame().iter_rows(named=True)}
    costs = {row["account_id"]: row for row in outcomes_of(plan).iter_rows(named=True)}
    for k, row in enumerate(plan.rows):
        name = marks.book.accounts["account_id"][int(row)]
        got = again[name]
        assert got["assets_milli"] == plan.after[k, ASSETS]
        assert got["debt_milli"] == plan.after[k, MONEY] + plan.after[k, SHORT]
        before = int(plan.before[k, ASSETS] - plan.before[k, MONEY] - plan.before[k, SHORT])
        # sales and purchases are planned at the last price here, so net assets fall by the charges and nothing else
        assert got["assets_milli"] - got["debt_milli"] == before - costs[name]["costs_milli"]
        if plan.outcomes[k] is Outcome.REACHED and not plan.hopeless[k]:
            assert fall.stop_at is StopAt.RESTORE_TARGET
            assert got["assets_milli"] * BP >= got["debt_milli"] * fall.target_bp
    assert _read_again(book).problems.height == 0


def _read_again(book: Book) -> Book:
    """What is filled must pass every check of a book that is read."""
    with TemporaryDirectory() as folder:
        write_tables(book, Path(folder))
        return read_book(Path(folder))


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(falls())
def test_a_plan_does_not_depend_on_the_order_in_which_accounts_are_named(fall: Fall) -> None:
    marks = fall.marks()
    frame = marks.frame()
    names = frame["account_id"].filter(frame["debt_milli"] > 0).to_list()
    one = orders_of(liquidate(marks, dict.fromkeys(names, fall.target_bp), rulebook=RULES))
    other = orders_of(liquidate(marks, dict.fromkeys(reversed(names), fall.target_bp), rulebook=RULES))
    assert one.equals(other)
