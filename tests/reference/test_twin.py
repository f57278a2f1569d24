"""The exact twin against sums done by hand and against printed figures: the oracle must be right before it judges."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from tests.reference.twin import Account, Contract, Lines, Row, Security, Terms, accrued, margin_ratio, mark

YUAN = 1_000
WAN = 10_000 * YUAN


def _printed_vector() -> tuple[Account, dict[str, Security], Terms]:
    """Cash 120 000 (20 000 of it short proceeds), collateral 200 000 at 0.7, two financed stocks, one short."""
    market = {
        "600001.SH": Security(price=20 * YUAN, haircut=Fraction(7, 10)),  # collateral: 10 000 shares, 200 000 yuan
        "600002.SH": Security(price=33 * YUAN, haircut=Fraction(65, 100)),  # 5 000 shares, 165 000 yuan, cost 150 000
        "600003.SH": Security(price=18 * YUAN, haircut=Fraction(7, 10)),  # 4 000 shares, 72 000 yuan, cost 80 000
        "600004.SH": Security(price=22 * YUAN, haircut=Fraction(65, 100)),  # borrowed, sold at 20
    }
    account = Account(
        cash=120_000 * YUAN,
        positions={"600001.SH": 10_000, "600002.SH": 5_000, "600003.SH": 4_000},
        contracts=(
            Contract("financing", "600002.SH", 5_000, 150_000 * YUAN, Fraction(1), interest=500 * YUAN),
            Contract("financing", "600003.SH", 4_000, 80_000 * YUAN, Fraction(8, 10)),
            Contract("short", "600004.SH", 1_000, 20_000 * YUAN, Fraction(1)),
        ),
    )
    return account, market, Terms(Lines())


def test_the_worked_example_has_3250_yuan_of_available_margin_and_a_ratio_of_220_59_percent() -> None:
    # 120 000 + 140 000 + 9 750 − 8 000 − 2 000 − 20 000 − 150 000 − 64 000 − 22 000 − 500 = 3 250
    result = mark(*_printed_vector())
    assert result["available_margin_milli"] == 3_250 * YUAN
    assert result["assets_milli"] == 557_000 * YUAN
    assert result["debt_milli"] == 252_500 * YUAN
    assert result["maintenance_ratio_bp"] == 22_059


def test_cures_follow_the_printed_inverse_formulas() -> None:
    # assets 125, debt 100, target 140 %: add 15, or sell and repay 37.5; repaid from outside: 100 − 125/1.4
    account = Account(positions={"A": 125}, contracts=(Contract("financing", "A", 125, 100 * YUAN, Fraction(1)),))
    result = mark(
        account, {"A": Security(price=YUAN)}, Terms(Lines(warning=Fraction(14, 10), liquidation=Fraction(13, 10)))
    )
    assert result["state"] == "liquidation"
    assert result["cash_to_cure_milli"] == 15 * YUAN
    assert result["sale_to_cure_milli"] == 37_500
    assert result["repay_to_cure_milli"] == 10_715  # 10 714.2857… milli-yuan, rounded up


def test_an_average_account_at_255_percent_may_fall_49_percent_to_130() -> None:
    # printed: 255 % to 130 % is "about half"; 1 − 1.3/2.55 = 0.49019…
    account = Account(positions={"A": 255}, contracts=(Contract("financing", "A", 255, 100 * YUAN, Fraction(1)),))
    result = mark(account, {"A": Security(price=YUAN)}, Terms(Lines(liquidation=Fraction(13, 10))))
    assert result["fall_to_line_bp"] == 4_901
    assert result["leverage_bp"] == 16_452  # 255/155 = 1.64516…


CITIC = (
    Row(Fraction(3, 10), Lines(warning=Fraction(14, 10), liquidation=Fraction(13, 10))),
    Row(Fraction(5, 10), Lines(warning=Fraction(15, 10), liquidation=Fraction(14, 10))),
    Row(Fraction(8, 10), Lines(warning=Fraction(16, 10), liquidation=Fraction(15, 10))),
    Row(Fraction(1), Lines(warning=Fraction(17, 10), liquidation=Fraction(16, 10))),
)


@pytest.mark.parametrize(
    ("star_yuan", "other_yuan", "line"),
    [(48, 112, 13_000), (49, 111, 14_000), (80, 80, 14_000), (81, 79, 15_000), (128, 32, 15_000), (129, 31, 16_000)],
)
def test_the_printed_rows_hold_their_upper_bound(star_yuan: int, other_yuan: int, line: int) -> None:
    # assets 160, debt 100: 160 % is not above 200 %, so the table applies; 48/160 is 30 % exactly
    market = {"S": Security(price=YUAN, board="star"), "M": Security(price=YUAN)}
    account = Account(positions={"S": star_yuan, "M": other_yuan}, other_debt=100 * YUAN)
    result = mark(account, market, Terms(CITIC[0].lines, table=CITIC))
    assert result["liquidation_line_bp"] == line


def test_the_table_sleeps_above_200_percent_and_the_fall_shown_is_to_the_line_it_will_wake_to() -> None:
    # all in STAR shares, assets 250, debt 100: asleep, line 130 %; on the way down the table wakes with 160 %
    market = {"S": Security(price=YUAN, board="star")}
    account = Account(positions={"S": 250}, other_debt=100 * YUAN)
    result = mark(account, market, Terms(CITIC[0].lines, table=CITIC))
    assert result["liquidation_line_bp"] == 13_000
    assert result["fall_to_todays_line_bp"] == 4_800  # (250 − 130)/250
    assert result["fall_to_line_bp"] == 3_600  # (250 − 160)/250


def test_a_share_that_sinks_with_the_prices_meets_a_lower_line() -> None:
    # cash 100, STAR 100, debt 115: share 50 %, line 140 %. Met at (200 − 161)/100 = 39 %, where the share is 61/161,
    # 37.9 %: still in (30 %, 50 %]
    market = {"S": Security(price=YUAN, board="star")}
    account = Account(cash=100 * YUAN, positions={"S": 100}, other_debt=115 * YUAN)
    assert mark(account, market, Terms(CITIC[0].lines, table=CITIC))["fall_to_line_bp"] == 3_900
    # debt 100: 140 % would be met at a fall of 60 %, where the share is 40/140 = 28.6 %: the line there is 130 %,
    # met at 70 %
    account = Account(cash=100 * YUAN, positions={"S": 100}, other_debt=100 * YUAN)
    assert mark(account, market, Terms(CITIC[0].lines, table=CITIC))["fall_to_line_bp"] == 7_000


def test_a_sale_that_costs_more_than_it_cures_is_not_curable() -> None:
    # assets 100, debt 100: selling cannot lift a ratio of 100 %
    account = Account(positions={"A": 100}, other_debt=100 * YUAN)
    terms = Terms(Lines(warning=Fraction(14, 10), liquidation=Fraction(13, 10)))
    assert mark(account, {"A": Security(price=YUAN)}, terms)["sale_to_cure_milli"] == "NOT_CURABLE"


@pytest.mark.parametrize(
    ("kind", "opened", "percent"),
    [
        ("financing", date(2015, 11, 20), 50),
        ("financing", date(2015, 11, 23), 100),
        ("financing", date(2023, 9, 8), 100),  # the change of that day works after the close
        ("financing", date(2023, 9, 11), 80),
        ("financing", date(2026, 1, 16), 80),
        ("financing", date(2026, 1, 19), 100),
        ("short", date(2023, 10, 27), 50),
        ("short", date(2023, 10, 30), 80),
        ("short", date(2024, 7, 22), 100),
    ],
)
def test_a_contract_bears_the_ratio_of_its_opening(kind: str, opened: date, percent: int) -> None:
    assert margin_ratio(kind, opened, pinned=None) == Fraction(percent, 100)


def test_a_private_funds_short_bears_more() -> None:
    assert margin_ratio("short", date(2024, 7, 19), pinned=None, private_fund=True) == 1
    assert margin_ratio("short", date(2024, 7, 22), pinned=None, private_fund=True) == Fraction(12, 10)


def test_a_broker_that_applied_the_80_percent_lowers_what_stood_but_never_raises_50() -> None:
    assert margin_ratio("financing", date(2023, 9, 8), pinned=None, applied_2023=True) == Fraction(8, 10)
    assert margin_ratio("financing", date(2015, 11, 20), pinned=None, applied_2023=True) == Fraction(5, 10)
    assert margin_ratio("financing", date(2026, 1, 19), pinned=None, applied_2023=True) == 1


def test_a_mark_at_the_close_counts_its_own_session() -> None:
    # 360 000 yuan at 6 % over 360 days: 60 yuan a day. Opened on the 2nd, marked on the 4th: 2nd, 3rd, 4th
    def owed(due: date, *, last_day_out: bool = False) -> int:
        return accrued(
            360_000 * YUAN,
            rate=Fraction(6, 100),
            overdue_per_day=Fraction(5, 10_000),
            basis=360,
            opened=date(2025, 6, 2),
            due=due,
            through=date(2025, 6, 1),
            session=date(2025, 6, 4),
            last_day_out=last_day_out,
        )

    assert owed(date(2025, 12, 1)) == 180 * YUAN
    assert owed(date(2025, 12, 1), last_day_out=True) == 120 * YUAN
    # due on the 3rd: the 3rd and the 4th bear 180 yuan a day on top
    assert owed(date(2025, 6, 3)) == 540 * YUAN
