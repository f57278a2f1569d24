"""Deadlines, the order of a forced sale and of a payment are the documents' own; practice stands in, under its name."""

from __future__ import annotations

from datetime import date, time

import pytest

from rongheng.account.policy import (
    CallRules,
    CuredBy,
    Deadline,
    DebtPart,
    Policy,
    PolicySet,
    Step,
    StopAt,
    WithinStep,
    deadlines_under,
)
from rongheng.account.policy.enforcement import stricter_calls

SESSION = date(2026, 3, 2)
COMMON = Deadline("liquidation", within_sessions=3, cites="practice.deadlines.press", is_published=False)


def policy(name: str, session: date = SESSION) -> Policy:
    return PolicySet.load(name, session=session)[name]


def test_guosens_next_day_deadline_is_its_own_and_practice_stands_in_for_the_rest() -> None:
    # 国信: accounts with permission for ChiNext, STAR or the BSE under the next-day line: 130 % before 11:30 of T+1
    guosen = policy("guosen")
    permissions = frozenset({"star", "chinext", "bse"})
    next_day = Deadline("next_day", permissions, 1, time(11, 30), 13_000, "broker.guosen.deadlines")
    assert guosen.deadlines == (COMMON, next_day)
    assert "deadlines.liquidation" in guosen.unpublished
    assert "deadlines" not in guosen.unpublished
    assert guosen.cites["deadlines"] == "broker.guosen.deadlines, practice.deadlines.press"


def test_an_account_without_the_permission_has_the_time_that_is_common() -> None:
    guosen = policy("guosen")
    assert [row.line for row in deadlines_under(guosen.deadlines, "next_day", {"bse"})] == ["next_day", "liquidation"]
    assert deadlines_under(guosen.deadlines, "next_day") == (COMMON,)
    assert deadlines_under(guosen.deadlines, "call", {"bse"}) == ()


@pytest.mark.parametrize("name", ["exchange_only", "citic", "everbright"])
def test_who_has_published_no_deadline_is_given_none_under_its_own_name(name: str) -> None:
    assert policy(name).deadlines == (COMMON,)
    assert "deadlines" in policy(name).unpublished


def test_until_june_2015_the_exchanges_own_deadline_stood() -> None:
    # two trading days, to 150 %
    exchange = Deadline(
        "liquidation",
        within_sessions=2,
        restore_to_bp=15_000,
        cites="exchange.maintenance.top_up_deadline, exchange.maintenance.top_up_target",
    )
    assert policy("exchange_only", date(2015, 6, 30)).deadlines == (exchange,)
    assert policy("exchange_only", date(2015, 7, 1)).deadlines == (COMMON,)


def test_a_deadline_is_counted_in_sessions() -> None:
    # 2026-09-30 is the last session before the holiday; T+1 is 2026-10-08, T+2 2026-10-09
    under = Deadline("liquidation", within_sessions=2)
    assert under.due(date(2026, 9, 30)) == date(2026, 10, 9)
    assert Deadline("minimum", within_sessions=0).due(date(2026, 9, 30)) == date(2026, 9, 30)


def test_the_illustrative_policy_states_everything() -> None:
    illustrative = policy("illustrative")
    assert illustrative.unpublished == ()
    assert illustrative.restore_targets_bp == {
        "call": 15_000, "liquidation": 14_000, "emergency": 14_000, "next_day": 13_000, "minimum": 13_000
    }  # fmt: skip
    assert illustrative.moving_lines is not None
    assert illustrative.moving_lines.measured_at == time(16, 0)
    assert (illustrative.liquidation.within_step, illustrative.liquidation.stop_at) == (
        WithinStep.MOST_LIQUID,
        StopAt.RESTORE_TARGET,
    )


def test_shorts_were_covered_with_financed_shares_until_a_broker_forbade_it() -> None:
    # the illustrative policy forbids it from 2024-01-02; a survey of March 2026 says that most do
    assert policy("illustrative", date(2023, 12, 29)).may_cover_with_financed
    assert not policy("illustrative", date(2024, 1, 2)).may_cover_with_financed
    assert policy("citic", date(2026, 3, 23)).may_cover_with_financed
    assert not policy("citic", date(2026, 3, 24)).may_cover_with_financed
    assert policy("citic").cites["short_cover"] == "practice.short_cover"


def test_the_order_of_a_sale_and_of_a_payment_is_ours_where_the_broker_is_silent() -> None:
    citic = policy("citic")
    assert citic.liquidation.steps == (
        Step.CANCEL_ORDERS, Step.FREE_CASH, Step.COVER_SHORTS, Step.FINANCED_SECURITIES, Step.OTHER_COLLATERAL
    )  # fmt: skip
    assert citic.repayment == (DebtPart.FEES, DebtPart.INTEREST, DebtPart.PRINCIPAL)
    assert {"liquidation", "repayment"} <= {*citic.unpublished}
    assert (citic.cites["liquidation"], citic.cites["repayment"]) == (
        "broker.exchange_only.liquidation",
        "broker.exchange_only.repayment",
    )


def test_how_calls_are_judged_is_the_brokers_own_or_a_choice_under_its_name() -> None:
    illustrative = policy("illustrative").calls
    assert (illustrative.second_person, illustrative.roll_over_ratio_bp, illustrative.roll_overs) == (True, 15_000, 3)
    assert policy("citic").cites["calls"] == "broker.exchange_only.calls"
    assert "calls" in policy("citic").unpublished
    assert policy("citic").calls == CallRules()


def test_of_two_ways_to_judge_calls_the_stricter_holds() -> None:
    one = CallRules(cured_by=CuredBy.PAYMENT, intraday=False, mark_at_most_sessions=2, roll_over_ratio_bp=14_000)
    other = CallRules(second_person=True, maturity_notice_sessions=10, roll_over_largest_share_bp=5_000, roll_overs=2)
    assert stricter_calls(one, other) == stricter_calls(other, one)
    assert stricter_calls(one, other) == CallRules(
        cured_by=CuredBy.PAYMENT,
        intraday=True,
        mark_at_most_sessions=1,
        second_person=True,
        maturity_notice_sessions=10,
        roll_over_ratio_bp=14_000,
        roll_over_largest_share_bp=5_000,
        roll_overs=2,
    )
