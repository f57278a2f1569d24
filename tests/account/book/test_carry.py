"""A book over corporate actions: agrees with the exact twin, conserves value, and says what could not be done."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.account.book import Action, Book, Carried, actions_of, carry, tables_of
from rongheng.account.book.carrying import times
from rongheng.basics.account_tables import CONTRACTS, ENTITLEMENTS, POSITIONS, SUBSCRIPTIONS
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import BookError, UsageError
from tests.reference.actions import Client, Event, Holding, Lent, pass_days

START = date(2024, 6, 18)
DAYS = [calendar().offset(START, count) for count in range(1, 7)]
END = DAYS[-1]
CODES = ("510300.SH", "600000.SH", "688981.SH")


@dataclass(frozen=True)
class World:
    """Some clients, what happens to their shares, and who subscribes."""

    clients: tuple[Client, ...]
    events: tuple[Event, ...]
    subscribed: tuple[dict[str, int], ...]

    def book(self) -> Book:
        accounts, positions, contracts = [], [], []
        for number, client in enumerate(self.clients):
            name = f"A{number}"
            accounts.append(
                {"account_id": name, "client_type": "individual", "policy": "p", "cash_milli": client.cash}
                | {"frozen_cash_milli": client.frozen, "other_debt_milli": client.other_debt}
            )
            for code, held in client.holdings.items():
                positions.append(
                    {"account_id": name, "security": code, "quantity": held.quantity}
                    | {"available_quantity": held.quantity - held.held_back, "in_transit_quantity": held.in_transit}
                    | {"cost_milli": None}
                )
            for key, one in client.contracts.items():
                contracts.append(
                    {"contract_id": f"{name}-{key}", "account_id": name, "kind": one.kind, "security": one.security}
                    | {"quantity": one.quantity, "amount_milli": 1_000_000, "margin_ratio_bp": None}
                    | {"opened": date(2024, 3, 1), "due": date(2024, 9, 2), "rate_ppm": 0, "interest_milli": 0}
                )
        return Book.of(
            pl.DataFrame(accounts),
            pl.DataFrame(positions, schema=POSITIONS.schema),
            pl.DataFrame(contracts, schema=CONTRACTS.schema),
            session=START,
        )

    def actions(self) -> tuple[Action, ...]:
        return tuple(
            Action(
                one.security,
                one.ex_date,
                one.pay_date,
                one.list_date,
                one.cash,
                one.bonus,
                one.rights,
                one.rights_price,
                one.compensation,
                one.split,
            )
            for one in self.events
        )

    def subscriptions(self) -> pl.DataFrame:
        offered = {event.security for event in self.events if event.rights}
        rows = [
            {"account_id": f"A{number}", "security": code, "quantity": quantity}
            for number, wanted in enumerate(self.subscribed)
            for code, quantity in wanted.items()
            if code in offered
        ]
        return pl.DataFrame(rows, schema=SUBSCRIPTIONS.schema)


QUANTITIES = st.one_of(st.integers(1, 5_000), st.integers(2**31 - 50, 2**31 + 50), st.integers(10**9, 10**9 + 9))
RATIOS = st.sampled_from([Fraction(0), Fraction(3, 10), Fraction(1), Fraction(4801503, 10**7), Fraction(1, 3)])


@st.composite
def events(draw: st.DrawFn) -> tuple[Event, ...]:
    """At most one action of a share on a day."""
    found = []
    for code, day in draw(st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(DAYS)), max_size=5, unique=True)):
        later = [one for one in DAYS if one >= day] + [calendar().offset(END, 3)]
        paid, listed = draw(st.sampled_from(later)), draw(st.sampled_from(later))
        if draw(st.booleans()) and draw(st.booleans()):
            ratio = draw(st.sampled_from([Fraction(2), Fraction(1, 2), Fraction(3, 2), Fraction(1, 7)]))
            found.append(Event(code, day, day, day, split=ratio))
            continue
        rights = draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(3, 10)]))
        owed = draw(st.sampled_from([None, Fraction(1_234, 10)])) if rights else None
        cash = draw(st.sampled_from([Fraction(0), Fraction(362), Fraction(32153, 100), Fraction(1, 3)]))
        found.append(Event(code, day, paid, listed, cash, draw(RATIOS), rights, 5_010, owed))
    return tuple(found)


@st.composite
def clients(draw: st.DrawFn) -> Client:
    """A client whose financed shares are among the positions."""
    holdings = {}
    for code in draw(st.lists(st.sampled_from(CODES), max_size=3, unique=True)):
        quantity = draw(QUANTITIES)
        held_back = draw(st.sampled_from([0, 1, quantity]))
        holdings[code] = Holding(quantity, held_back, draw(st.sampled_from([0, 0, 77])))
    contracts = {}
    for code, held in holdings.items():
        if draw(st.booleans()):
            first = draw(st.integers(0, held.quantity))
            contracts[f"f1{code}"] = Lent("financing", code, first)
            contracts[f"f2{code}"] = Lent("financing", code, draw(st.integers(0, held.quantity - first)))
    for code in draw(st.lists(st.sampled_from(CODES), max_size=2, unique=True)):
        contracts[f"s{code}"] = Lent("short", code, draw(st.integers(1, 5_000)))
    cash = draw(st.sampled_from([0, 12_345, 10**9]))
    return Client(cash, draw(st.sampled_from([0, cash // 2])), draw(st.sampled_from([0, 500])), holdings, contracts)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    some = draw(st.lists(clients(), min_size=1, max_size=4))
    wanted = [draw(st.dictionaries(st.sampled_from(CODES), st.integers(1, 2_000), max_size=2)) for _ in some]
    return World(tuple(some), draw(events()), tuple(wanted))


def state(book: Book) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything of a book that an action may change, and all that it may not."""
    tables = tables_of(book)
    return {
        "accounts": tables["accounts"].sort("account_id").rows(),
        "positions": tables["positions"].sort("account_id", "security").rows(),
        "contracts": tables["contracts"].sort("contract_id").rows(),
    }


@given(world=worlds())
def test_the_exact_twin_says_the_same(world: World) -> None:
    carried = carry(world.book(), world.actions(), to=END, subscriptions=world.subscriptions())
    passed = _passed(world)
    coming = [
        (f"A{number}", one.security, one.kind, one.due, one.quantity, one.amount)
        for number, client in enumerate(passed.clients)
        for one in client.coming
        if one.quantity or one.amount
    ]
    assert state(carried.book) == state(passed.book())
    rows = carried.entitlements.select("account_id", "security", "kind", "due", "quantity", "amount_milli").rows()
    assert sorted(rows) == sorted(coming)


def _passed(world: World) -> World:
    """Return the world whose days have passed as the twin says."""
    ordered = sorted(world.events, key=lambda event: (event.ex_date, event.security))
    clients = deepcopy(world.clients)
    for client, wanted in zip(clients, world.subscribed, strict=True):
        pass_days(client, ordered, DAYS, wanted)
        client.holdings = {code: held for code, held in client.holdings.items() if held.quantity}
    return World(clients, world.events, world.subscribed)


@given(world=worlds(), stop=st.sampled_from(DAYS[:-1]))
def test_carrying_in_two_steps_is_carrying_at_once(world: World, stop: date) -> None:
    book, actions, wanted = world.book(), world.actions(), world.subscriptions()
    early = {action.security for action in actions if action.rights and action.ex_date <= stop}
    at_once = carry(book, actions, to=END, subscriptions=_of(wanted, early, actions))
    first = carry(book, actions, to=stop, subscriptions=_of(wanted, early, actions))
    second = carry(first.book, actions, to=END, entitlements=first.entitlements)
    assert state(second.book) == state(at_once.book)
    assert second.entitlements.equals(at_once.entitlements)


def _of(wanted: pl.DataFrame, early: set[str], actions: tuple[Action, ...]) -> pl.DataFrame:
    """Keep subscriptions to shares whose rights all go ex before the stop."""
    late = {action.security for action in actions if action.rights} - early
    once = {code for code in early if sum(one.security == code and one.rights > 0 for one in actions) == 1}
    return wanted.filter(pl.col("security").is_in(list(once - late)))


@given(world=worlds())
def test_without_actions_nothing_changes_but_the_date(world: World) -> None:
    book = world.book()
    carried = carry(book, (), to=END)
    assert state(carried.book) == state(book)
    assert (carried.book.session, carried.book.interest_through) == (END, START)
    assert (carried.report.height, carried.entitlements.height, carried.problems.height) == (0, 0, 0)


PRICES = st.integers(1_000, 3_000_000)


@given(
    quantity=QUANTITIES,
    lent=st.integers(1, 10**6),
    close=PRICES,
    cash=st.integers(0, 999).map(lambda milli: Fraction(milli, 7)),
    bonus=RATIOS,
)
def test_value_is_what_it_was_at_the_theoretical_price_but_for_what_is_rounded_against_the_account(
    quantity: int, lent: int, close: int, cash: Fraction, bonus: Fraction
) -> None:
    code, day = CODES[1], DAYS[0]
    client = Client(0, holdings={code: Holding(quantity)}, contracts={"s": Lent("short", code, lent)})
    event = Event(code, day, DAYS[1], DAYS[1], cash, bonus)
    world = World((client,), (event,), ({},))
    (action,) = world.actions()
    price = action.ex_price_milli(close)
    after = carry(world.book(), (action,), to=DAYS[1])
    tables = tables_of(after.book)
    held = tables["positions"]["quantity"].item() * price + tables["accounts"]["cash_milli"].item()
    owed = tables["contracts"]["quantity"].item() * price + tables["accounts"]["other_debt_milli"].item()
    one_share_and_a_fen = price + 10
    assert 0 <= quantity * close - held < one_share_and_a_fen
    assert 0 <= owed - lent * close < one_share_and_a_fen


def world_of(**holdings: int) -> World:
    held = {"600000.SH": Holding(holdings.get("held", 1_000))}
    lent = {"s": Lent("short", "600000.SH", holdings["short"])} if "short" in holdings else {}
    return World((Client(holdings.get("cash", 0), holdings=held, contracts=lent),), (), ({},))


def frame(**stated: object) -> pl.DataFrame:
    return pl.DataFrame([{"security": "600000.SH", "ex_date": "2024-06-20"} | stated])


def carried_over(world: World, rows: pl.DataFrame, **more: Any) -> Carried:
    actions, problems = actions_of(rows)
    assert problems.is_empty()
    return carry(world.book(), actions, to=END, **more)


def test_the_report_says_what_changed_for_whom() -> None:
    rows = frame(cash_per_10="3.62", bonus_per_10="3", pay_date="2024-06-21", list_date="2024-06-21")
    carried = carried_over(world_of(held=1_005, short=100), rows)
    assert carried.report.select("date", "what", "quantity", "amount_milli").rows() == [
        (date(2024, 6, 20), "short_adjusted", 30, 0),
        (date(2024, 6, 20), "compensation_owed", 0, 36_200),  # 100 × 0.362
        (date(2024, 6, 20), "dividend_due", 0, 363_810),  # 1,005 × 0.362 = 363.81
        (date(2024, 6, 20), "bonus_due", 301, 0),  # 301.5, down
        (date(2024, 6, 21), "dividend_paid", 0, 363_810),
        (date(2024, 6, 21), "shares_listed", 301, 0),
    ]


def test_rights_are_subscribed_and_paid_or_lapse() -> None:
    rows = frame(rights_per_10="3", rights_price_milli=5_000, list_date="2024-06-24")
    world = world_of(held=1_000, cash=2_000_000)
    wanted = pl.DataFrame({"account_id": ["A0"], "security": ["600000.SH"], "quantity": [300]})
    carried = carried_over(world, rows, subscriptions=wanted)
    tables = tables_of(carried.book)
    assert tables["accounts"]["cash_milli"].item() == 2_000_000 - 300 * 5_000
    assert tables["positions"]["quantity"].item() == 1_300
    lapsed = carried_over(world, rows)
    assert tables_of(lapsed.book)["positions"]["quantity"].item() == 1_000


@pytest.mark.parametrize(
    ("quantity", "cash", "problem"),
    [(301, 10**7, "subscribed_above_entitled"), (300, 1_499_999, "rights_not_paid"), (0, 10**7, "not_once")],
)
def test_a_subscription_that_cannot_be_is_a_problem(quantity: int, cash: int, problem: str) -> None:
    rows = frame(rights_per_10="3", rights_price_milli=5_000, list_date="2024-06-24")
    wanted = pl.DataFrame({"account_id": ["A0"], "security": ["600000.SH"], "quantity": [quantity]})
    carried = carried_over(world_of(held=1_000, cash=cash), rows, subscriptions=wanted)
    assert carried.problems["problem"].to_list() == [problem]
    assert tables_of(carried.book)["accounts"]["cash_milli"].item() == cash


def test_rights_on_borrowed_shares_owe_what_the_announcement_says_or_are_a_problem() -> None:
    rows = frame(rights_per_10="3", rights_price_milli=5_000, list_date="2024-06-24")
    unsaid = carried_over(world_of(short=100), rows)
    assert unsaid.problems["problem"].to_list() == ["compensation_unknown"]
    said = carried_over(world_of(short=100), rows.with_columns(compensation_per_10=pl.lit("1.5")))
    assert said.problems.is_empty()
    assert tables_of(said.book)["accounts"]["other_debt_milli"].item() == 15_000  # 100 × 0.15 yuan


def test_shares_come_in_even_where_the_position_was_sold_meanwhile() -> None:
    coming = pl.DataFrame(
        {"account_id": ["A0", "A9"], "security": ["688981.SH", "600000.SH"], "kind": ["shares", "cash"]}
        | {"ex_date": [START] * 2, "due": [DAYS[0]] * 2, "quantity": [77, 0], "amount_milli": [0, 5]}
    )
    carried = carry(world_of().book(), (), to=END, entitlements=coming)
    assert tables_of(carried.book)["positions"].select("security", "quantity").rows() == [
        ("600000.SH", 1_000),
        ("688981.SH", 77),
    ]
    assert carried.problems["problem"].to_list() == ["no_account"]


def test_a_merger_that_leaves_no_whole_share_leaves_no_position() -> None:
    carried = carried_over(world_of(held=6), frame(split="7:1"))
    assert carried.book.layout.n_positions == 0


@pytest.mark.parametrize(
    ("stated", "column", "reason"),
    [
        ({"ex_date": "2024-06-22", "cash_per_10": "1"}, "ex_date", "trading day"),  # a Saturday
        ({"cash_per_10": "-1"}, "cash_per_10", "zero or more"),
        ({"cash_per_10": "one"}, "cash_per_10", "zero or more"),
        ({"cash_per_10": "1", "pay_date": "2024-06-19"}, "pay_date", "before the ex-date"),
        ({"cash_per_10": "1", "record_date": "2024-06-20"}, "record_date", "before the ex-date"),
        ({}, "security", "says of nothing"),
        ({"split": "2"}, "split", "old:new"),
        ({"split": "0:2"}, "split", "old:new"),
        ({"split": "1:2", "cash_per_10": "1"}, "split", "two ex-dates"),
        ({"rights_per_10": "3", "list_date": "2024-06-24"}, "rights_price_milli", "have a price"),
        ({"rights_per_10": "3", "rights_price_milli": 5_000}, "list_date", "when rights shares list"),
    ],
)
def test_an_action_that_cannot_be_is_a_problem_and_the_others_are_done(
    stated: dict[str, object], column: str, reason: str
) -> None:
    good = {"security": "688981.SH", "ex_date": "2024-06-20", "cash_per_10": "1"}
    rows = pl.DataFrame([{"security": "600000.SH", "ex_date": "2024-06-20"} | stated, good], infer_schema_length=None)
    actions, problems = actions_of(rows)
    assert [action.security for action in actions] == ["688981.SH"]
    assert problems.select("row", "column", "problem").rows() == [(1, column, "unknown_action")]
    assert reason in problems["reason"][0]


def test_two_rows_of_one_share_and_day_are_refused_together() -> None:
    twice = pl.concat([frame(cash_per_10="1"), frame(cash_per_10="1")])
    actions, problems = actions_of(twice)
    assert not actions
    assert problems["row"].to_list() == [1, 2]


def test_an_unknown_column_and_a_cell_that_cannot_be_read_are_told_apart() -> None:
    with pytest.raises(BookError, match="cash_per_10"):
        actions_of(frame(cash_per_ten="1"))
    _, problems = actions_of(frame(cash_per_10="1", pay_date="soon"))
    assert problems.select("column", "problem").rows() == [("pay_date", "unreadable")]


def test_a_book_is_carried_forward_to_a_session() -> None:
    book = world_of().book()
    with pytest.raises(UsageError, match="no trading day"):
        carry(book, (), to=date(2024, 6, 22))
    with pytest.raises(UsageError, match="does not lie after"):
        carry(book, (), to=START)


def test_a_quantity_beyond_the_bounds_of_a_book_stops_the_carrying() -> None:
    with pytest.raises(BookError, match="Account A0: a quantity held becomes"):
        carried_over(world_of(held=6 * 10**11), frame(split="1:2"))


@given(quantity=st.integers(0, 10**12), numerator=st.integers(1, 10**13), denominator=st.integers(1, 10**13))
def test_products_beyond_64_bits_are_exact(quantity: int, numerator: int, denominator: int) -> None:
    ratio = Fraction(numerator, denominator)
    if quantity * ratio < 2**63:
        exact = quantity * ratio
        assert times(np.array([quantity]), ratio).tolist() == [exact.__floor__()]
        assert times(np.array([quantity]), ratio, up=True).tolist() == [exact.__ceil__()]


def test_entitlements_have_the_columns_of_their_table() -> None:
    carried = carried_over(world_of(), frame(cash_per_10="1", pay_date="2024-12-20"))
    assert carried.entitlements.columns == list(ENTITLEMENTS.schema)
    assert carried.entitlements["amount_milli"].to_list() == [100_000]
