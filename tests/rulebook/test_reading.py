"""What a rule says: three states that are never confused, markets, exceptions, contracts, and units."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from rongheng.basics.errors import NotInForceError, RuleError, UsageError
from rongheng.rulebook import Rulebook

BOOK = Rulebook.load()
RATIO = BOOK.rule("exchange.financing.margin_ratio")
SHORT = BOOK.rule("exchange.short.margin_ratio")
MINIMUM = BOOK.rule("exchange.maintenance.minimum_line")


def test_a_value_an_abolished_rule_and_one_not_in_force_are_three_things() -> None:
    assert MINIMUM.on("2019-08-16").bp == 13_000
    abolished = MINIMUM.on("2019-08-19")
    assert abolished.is_abolished
    assert "130%" in abolished.why.zh
    with pytest.raises(RuleError, match="abolished since 2019-08-19"):
        _ = abolished.bp
    with pytest.raises(NotInForceError, match="not in force on 2010-03-30: its first session is 2010-03-31"):
        MINIMUM.on("2010-03-30")


def test_what_was_not_published_is_said_to_be_so() -> None:
    reading = BOOK.rule("broker.tibet_eastmoney.financing_ratios").on("2016-01-04")
    assert reading.is_unpublished
    assert not reading.is_abolished
    assert reading.show().zh.startswith("未公布：")
    with pytest.raises(RuleError, match="unpublished since 2015-11-23"):
        _ = reading.table


def test_a_rule_that_was_seen_is_not_said_to_have_begun() -> None:
    with pytest.raises(NotInForceError, match="not known for 2025-03-27: its document shows it on 2025-03-28 first"):
        BOOK.rule("broker.citic.lines").on("2025-03-27")


def test_a_rule_with_a_value_has_no_reason() -> None:
    with pytest.raises(UsageError, match="has a value on 2019-08-16"):
        _ = MINIMUM.on("2019-08-16").why


def test_a_rule_announced_later_is_invisible_and_the_earlier_one_goes_on() -> None:
    assert RATIO.on("2026-01-19", known_at="2026-01-13").bp == 8_000
    assert RATIO.on("2026-01-19", known_at="2026-01-14").bp == 10_000
    assert RATIO.on("2026-01-19", known_at=datetime(2026, 1, 14, 8, tzinfo=UTC)).bp == 10_000
    with pytest.raises(NotInForceError, match="was not known on 2016-12-01"):
        BOOK.rule("exchange.haircut.cap.high_pe_share").on("2016-12-12", known_at="2016-12-01", market="SSE")


def test_markets_that_differ_must_be_named() -> None:
    tick = BOOK.rule("exchange.framework.rules")
    with pytest.raises(UsageError, match=r"differs by market on 2020-01-02 \(SSE and SZSE\)\. Name the market"):
        tick.on("2020-01-02")
    assert RATIO.on("2023-03-01").bp == 10_000  # the same value by two documents


def test_beijing_has_no_ratio_before_its_first_session() -> None:
    with pytest.raises(NotInForceError, match="in BSE: its first session is 2023-02-13"):
        RATIO.on("2023-02-10", market="BSE")
    with pytest.raises(UsageError, match="has no market 'HKEX'"):
        RATIO.on("2023-02-10", market="HKEX")
    with pytest.raises(UsageError, match="has no market 'BSE'; it has SSE, SZSE"):
        MINIMUM.on("2018-01-02", market="BSE")


def test_private_funds_have_their_own_short_ratio() -> None:
    assert SHORT.on("2024-07-22").bp == 10_000
    assert SHORT.on("2024-07-22", client="private_fund").bp == 12_000
    assert SHORT.on("2024-07-22", client="product").bp == 10_000
    with pytest.raises(UsageError, match="No client type is called 'hedge_fund'"):
        SHORT.on("2024-07-22", client="hedge_fund")


def test_the_reading_of_a_contract_rule_says_what_happens_to_open_contracts() -> None:
    told = RATIO.on("2023-09-11").explain_existing()
    assert told is not None
    assert "may agree" in told.en
    kept = RATIO.on("2026-01-19").explain_existing()
    assert kept is not None
    assert "展期" in kept.zh
    assert BOOK.rule("exchange.haircut.cap.etf").on("2026-01-19").explain_existing() is None


@pytest.mark.parametrize(
    ("opened", "session", "applies", "bp"),
    [
        ("2026-01-16", "2026-07-16", False, 8_000),  # rolled over: no new contract
        ("2026-01-19", "2026-07-16", False, 10_000),
        ("2023-09-08", "2023-09-11", False, 10_000),
        ("2023-09-08", "2023-09-08", True, 10_000),  # works after the close
        ("2023-09-08", "2023-09-11", True, 8_000),
        ("2021-06-01", "2026-02-02", True, 8_000),  # the rise of 2026 leaves it alone
        ("2015-11-20", "2023-09-11", True, 5_000),  # never raised
    ],
)
def test_a_contract_has_the_ratio_of_its_opening_day(opened: str, session: str, applies: bool, bp: int) -> None:
    assert RATIO.for_contract(opened, session, broker_applies=applies, market="SSE").bp == bp


def test_what_was_not_yet_announced_reaches_no_contract() -> None:
    seen = RATIO.for_contract("2023-01-03", "2023-09-11", broker_applies=True, known_at="2023-08-26", market="SSE")
    assert seen.bp == 10_000


def test_a_contract_question_needs_a_contract_rule_and_an_order_of_days() -> None:
    with pytest.raises(UsageError, match="binds each withdrawal, not the contract"):
        BOOK.rule("exchange.maintenance.withdrawal_line").for_contract("2020-01-02", "2020-01-03")
    with pytest.raises(UsageError, match="lies before the opening day"):
        RATIO.for_contract("2026-01-19", "2026-01-16")


def test_each_unit_has_its_own_name() -> None:
    day = "2026-01-19"
    assert BOOK.rule("mof.stamp_duty").on(day).ppm == 500
    assert BOOK.rule("csrc.broker.total_multiple").on(day).times == Fraction(4)
    assert BOOK.rule("csrc.entry.experience").on(day).duration.after(date(2026, 1, 19)) == date(2026, 7, 19)
    assert BOOK.rule("sac.contract.accounts_per_exchange").on(day).count == 1
    assert BOOK.rule("csrc.lending.securities_refinancing").on(day).is_on is False
    assert BOOK.rule("csrc.entry.assets").on(day).terms["mean_assets"] == 500_000_000
    formula = BOOK.rule("exchange.maintenance_ratio.definition").on(day).formula
    # 557 000 over 252 500, the worked example of the definitions: 220.59 %
    ratio = formula(cash=120_000, securities=437_000, other_collateral=0, financed=230_000, short=22_000, interest=500)
    assert ratio == Fraction(557_000, 252_500)


def test_a_unit_is_never_mistaken_for_another() -> None:
    with pytest.raises(UsageError, match=r"is measured in rate, not in percent"):
        _ = BOOK.rule("mof.stamp_duty").on("2026-01-19").bp
    with pytest.raises(UsageError, match="only a percentage can be a column"):
        BOOK.scalar_by_session("mof.stamp_duty", [date(2026, 1, 19)])


def test_available_margin_of_the_worked_example() -> None:
    formula = BOOK.rule("exchange.available_margin.definition").on("2026-01-19").formula
    # cash 120 000; collateral 200 000 x 0.7; profit 15 000 x 0.65 and loss -8 000 x 1; short loss -2 000 x 1
    value = formula(
        cash=120_000,
        collateral=140_000,
        financing_profit=9_750 - 8_000,
        short_profit=-2_000,
        short_proceeds=20_000,
        financing_margin=150_000 + 64_000,
        short_margin=22_000,
        interest=500,
    )
    assert value == 3_250


def test_a_wrong_date_is_told() -> None:
    with pytest.raises(UsageError, match="the session was '19 January'; expected a date such as 2026-01-19"):
        RATIO.on("19 January")
    with pytest.raises(UsageError, match="known_at was 'today'"):
        RATIO.on("2026-01-19", known_at="today")


def test_a_number_whose_column_is_lost_says_so_beside_the_others() -> None:
    reading = BOOK.rule("broker.csc.lines").on("2025-03-28")
    assert str(reading.confidence) == "published"
    assert str(reading.confidence_of("emergency")) == "unconfirmed 0.60"
    assert str(reading.confidence_of("withdrawal")) == "published"


def test_a_rule_tells_when_it_began_in_each_market() -> None:
    ratio = Rulebook.load().rule("exchange.financing.margin_ratio")
    assert ratio.first_session("SSE") == ratio.first_session("SZSE") == date(2010, 3, 31)
    assert ratio.first_session("BSE") == date(2023, 2, 13)
    with pytest.raises(UsageError, match="has no market 'HKEX'"):
        ratio.first_session("HKEX")


def test_only_the_cut_of_2023_was_offered_to_open_contracts() -> None:
    # sse-2023-140: 80 % from the session after 8 September 2023; a broker may agree to it for contracts that stand
    [entry] = Rulebook.load().rule("exchange.financing.margin_ratio").offered_to_existing()
    assert (entry.effective, entry.value) == (date(2023, 9, 11), 8_000)
    assert Rulebook.load().rule("exchange.short.margin_ratio").offered_to_existing() == ()
