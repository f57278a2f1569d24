"""Orders against one account, by hand: what is allowed, what refuses, how large it may be."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.account.orders import Business, Check, Order, check_frame, check_order
from tests.account.orders.desk import BSE, CHINEXT, ETF, MAIN, STAR, YUAN, gate, security


def buy(code: str = MAIN, quantity: int = 1_000, price: float | None = 10.0, **more: object) -> Order:
    """A financing buy."""
    price_milli = None if price is None else round(price * YUAN)
    return Order(Business.FINANCING_BUY, "A", code, quantity, price_milli, **more)  # type: ignore[arg-type]


def test_a_financing_buy_uses_its_amount_with_fees_times_the_ratio() -> None:
    # 1 000 × 10 = 10 000; the transfer fee of 0.001 % is 0.10; the ratio of March 2026 is 100 %
    verdict = check_order(gate(), buy())
    assert verdict.allowed
    assert verdict.margin_used_milli == 10_000_100
    assert verdict.margin_left_milli == 100_000 * YUAN - 10_000_100


def test_the_largest_buy_is_in_whole_lots() -> None:
    # 100 000 / 10.0001 = 9 999.9: 9 900 in lots of a hundred
    assert check_order(gate(), buy()).largest == 9_900


def test_one_lot_more_than_the_largest_is_refused_by_the_margin_alone_which_says_what_to_add() -> None:
    # 10 000 × 10 × 1.00001 = 100 001 yuan against 100 000
    verdict = check_order(gate(), buy(quantity=10_000))
    assert [line.check for line in verdict.refusals] == [Check.MARGIN]
    (line,) = verdict.refusals
    assert [remedy.show().en for remedy in line.remedies] == ["lower to 9,900 shares", "add ¥1.00 of cash"]


@pytest.mark.parametrize(("session", "used"), [(date(2026, 1, 16), 8_000_080), (date(2026, 1, 19), 10_000_100)])
def test_a_new_contract_bears_the_ratio_of_its_day(session: date, used: int) -> None:
    assert check_order(gate(session=session), buy()).margin_used_milli == used


@pytest.mark.parametrize(
    ("code", "quantity", "fits"),
    [(MAIN, 150, False), (MAIN, 200, True), (STAR, 199, False), (STAR, 201, True), (BSE, 99, False), (BSE, 101, True)],
)
def test_lots_are_those_of_the_board(code: str, quantity: int, fits: bool) -> None:
    permitted = gate({"permissions": "star, chinext, bse"})
    assert (Check.LOT in refusing(permitted, buy(code, quantity))) is not fits


def refusing(at: object, order: Order) -> list[Check]:
    """The checks that refuse an order."""
    return [line.check for line in check_order(at, order).refusals]  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "word"), [(STAR, "star"), (CHINEXT, "chinext"), (BSE, "bse")])
def test_a_board_needs_its_permission(code: str, word: str) -> None:
    assert refusing(gate(), buy(code)) == [Check.PERMISSION]
    assert refusing(gate({"permissions": word}), buy(code)) == []


def test_what_the_day_says_of_the_security_refuses() -> None:
    def check(**changes: object) -> list[Check]:
        return refusing(gate(market=[security(MAIN, **changes)]), buy())

    assert check(financing_allowed=False) == [Check.UNDERLYING]
    assert check(suspended=True) == [Check.SUSPENDED]
    assert check(financing_stopped=True) == [Check.STOP]
    assert check(financing_monitor_bp=2_500) == [Check.STOP]
    assert check(financing_monitor_bp=2_499) == []
    assert check(financing_stopped=False, financing_monitor_bp=2_600) == []
    assert check(high_limit_milli=9_990) == [Check.PRICE_LIMIT]


def test_the_price_is_on_a_tick() -> None:
    assert refusing(gate(), buy(price=10.005)) == [Check.TICK]
    assert refusing(gate(), buy(ETF, price=10.005)) == []


def test_an_order_at_market_reserves_at_the_upper_limit() -> None:
    # 1 000 × 11 with the fee
    assert check_order(gate(), buy(price=None)).margin_used_milli == 11_000_110
    assert refusing(gate(market=[security(MAIN, high_limit_milli=None)]), buy(price=None)) == [Check.PRICE_LIMIT]


def test_the_credit_line_counts_what_is_open_and_what_is_pending() -> None:
    # 30 000 financed and 10 000.10 pending leave 9 999.90 of 50 000
    contract = {"kind": "financing", "security": MAIN, "quantity": 3_000, "amount_milli": 30_000 * YUAN}
    waiting = {"business": "financing_buy", "security": MAIN, "quantity": 1_000, "price_milli": 10 * YUAN}
    at = gate(
        {"credit_limit_milli": 50_000 * YUAN},
        positions={MAIN: 3_000},
        contracts=[contract | {"opened": date(2026, 2, 2)}],
        pending=[waiting],
    )
    verdict = check_order(at, buy())
    assert [line.check for line in verdict.refusals] == [Check.CREDIT_LINE]
    assert (verdict.refusals[0].needed, verdict.refusals[0].have) == (10_000_100, 9_999_900)
    assert verdict.largest == 900


def test_before_beijing_began_nothing_there_is_financed() -> None:
    at = gate({"permissions": "bse"}, session=date(2023, 2, 10))
    verdict = check_order(at, buy(BSE))
    assert Check.OPEN in refusing(at, buy(BSE))
    assert verdict.refusals[0].remedies[0].show().en == "wait until 2023-02-13"
    assert Check.OPEN not in refusing(gate({"permissions": "bse"}, session=date(2023, 2, 13)), buy(BSE))


def test_a_roll_over_that_extends_nothing_on_a_day_without_a_longest_term_has_no_remedy() -> None:
    # Roll-overs began on 2015-07-01: the day before, no rule says how long they may be.
    day, due = date(2015, 6, 30), date(2015, 9, 28)
    owed = {
        "kind": "financing",
        "security": MAIN,
        "quantity": 100,
        "amount_milli": 1_000 * YUAN,
        "opened": day,
        "due": due,
    }
    order = Order(Business.ROLL_OVER, "A", contract_id="C0", due=due)
    verdict = check_order(gate(session=day, positions={MAIN: 100}, contracts=[owed]), order)
    (line,) = [line for line in verdict.refusals if line.check is Check.TERM]
    assert line.remedies == ()


def test_an_order_that_names_a_code_of_before_it_changed_is_about_the_new_one() -> None:
    permitted = {"permissions": "bse"}
    market = [security("920017.BJ", board="bse")]
    at = gate(permitted, market=market)
    verdict = check_order(at, buy("430017.BJ"))
    assert verdict.order.security == "920017.BJ"
    assert verdict.allowed
    orders = {"account_id": "A", "business": "financing_buy", "quantity": 1_000, "price_milli": 10 * YUAN}
    answers = check_frame(at, pl.DataFrame([orders | {"security": code} for code in ("430017.BJ", "920017.BJ")]))
    assert not answers.problems.height
    assert answers.frame["allowed"].to_list() == [True, True]
