"""A moment is judged once, in its turn, as one commit; and again without writing anything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time

import pytest
from polars.testing import assert_frame_equal

from rongheng.account.calls import State, moment
from rongheng.basics.errors import UsageError
from rongheng.desk.calls.judging import judge
from rongheng.desk.ledger import Ledger
from tests.desk.calls.conftest import entry
from tests.desk.calls.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, Contract, marks_of

CALLED = {"A-1": 1_390_000, "A-2": 2_000_000}


def kinds(ledger: Ledger, account: str) -> list[str]:
    with ledger.reading() as now:
        return now.history([account])["kind"].to_list()


def test_a_close_is_one_commit_with_its_run_and_its_terms(ledger: Ledger) -> None:
    judged = judge(ledger, moment(MONDAY), entry(), marks_of(CALLED, MONDAY))
    assert judged.events["account_id"].to_list() == ["A-1"]
    assert judged.head.number == 1
    with ledger.reading() as now:
        (run,) = now.runs()
        terms = json.loads(now.terms()["illustrative"])
        assert_frame_equal(now.open_events().drop("sequence"), judged.events)
    assert (run.moment, run.accounts, run.grade) == (moment(MONDAY), 2, "simulated")
    assert terms["lines"]["call_bp"] == 14_000


def test_the_same_close_again_changes_nothing(ledger: Ledger) -> None:
    marks = marks_of(CALLED, MONDAY)
    first = judge(ledger, moment(MONDAY), entry(), marks)
    again = judge(ledger, moment(MONDAY), entry("Li"), marks)
    assert again.is_repeat
    assert_frame_equal(again.events, first.events)
    assert ledger.verify() == first.head


def test_the_same_close_again_after_later_ones_changes_nothing(ledger: Ledger) -> None:
    marks = marks_of(CALLED, MONDAY)
    first = judge(ledger, moment(MONDAY), entry(), marks)
    later = judge(ledger, moment(TUESDAY), entry(), marks_of(CALLED, TUESDAY))
    again = judge(ledger, moment(MONDAY), entry(), marks)
    assert_frame_equal(again.events, first.events)
    assert ledger.verify() == later.head


def test_a_moment_is_not_judged_on_other_marks(ledger: Ledger) -> None:
    judge(ledger, moment(MONDAY), entry(), marks_of(CALLED, MONDAY))
    with pytest.raises(UsageError, match=r"2025-04-07 were judged on the marks in the tests .*a moment is judged once"):
        judge(ledger, moment(MONDAY), entry(), marks_of(CALLED | {"A-2": 1_290_000}, MONDAY))
    with pytest.raises(UsageError, match="a moment is judged once"):
        judge(ledger, moment(MONDAY), entry())
    assert ledger.verify().number == 1


def test_a_moment_before_the_last_one_is_refused(ledger: Ledger) -> None:
    judge(ledger, moment(TUESDAY), entry(), marks_of(CALLED, TUESDAY))
    with pytest.raises(UsageError, match="2025-04-08 were judged already; 2025-04-08 11:30 lies before"):
        judge(ledger, moment(TUESDAY, time(11, 30)), entry())


def test_a_session_is_not_passed_over_in_silence(ledger: Ledger) -> None:
    judge(ledger, moment(MONDAY), entry(), marks_of(CALLED, MONDAY))
    with pytest.raises(UsageError, match=r"The end of 2025-04-08 was not judged, and 2 session\(s\) lie between"):
        judge(ledger, moment(THURSDAY), entry(), marks_of(CALLED, THURSDAY))
    judge(ledger, moment(THURSDAY), entry(), marks_of(CALLED, THURSDAY), over_gaps=True)
    assert kinds(ledger, "A-1") == ["called", "lapsed", "marked"]


def test_a_holiday_is_no_gap(ledger: Ledger) -> None:
    before, after = date(2025, 4, 30), date(2025, 5, 6)  # the May holiday lies between
    judge(ledger, moment(before), entry(), marks_of(CALLED, before))
    judge(ledger, moment(after), entry(), marks_of(CALLED, after))
    assert ledger.verify().number == 2


def test_within_a_session_the_clock_alone_can_run(ledger: Ledger) -> None:
    judge(ledger, moment(MONDAY), entry(), marks_of({"A-1": 1_140_000}, MONDAY))
    morning = judge(ledger, moment(TUESDAY, time(9, 0)), entry())
    assert morning.events.select("kind", "line").rows() == [("due", "emergency"), ("due", "next_day")]
    noon = judge(ledger, moment(TUESDAY, time(11, 30)), entry())
    assert noon.events.select("kind", "line").rows() == [("lapsed", "next_day")]


def test_an_account_that_is_asked_for_something_and_has_no_mark_is_told(ledger: Ledger) -> None:
    judge(ledger, moment(MONDAY), entry(), marks_of(CALLED, MONDAY))
    judged = judge(ledger, moment(TUESDAY), entry(), marks_of({"A-2": 2_000_000}, TUESDAY))
    assert list(judged.unmarked) == ["A-1"]


def test_terms_are_kept_when_they_change_and_not_otherwise(ledger: Ledger) -> None:
    judge(ledger, moment(MONDAY), entry(), marks_of(CALLED, MONDAY))
    tuesday = marks_of(CALLED, TUESDAY)
    judge(ledger, moment(TUESDAY), entry(), tuesday)
    policy = tuesday.policies["illustrative"]
    wednesday = replace(
        marks_of(CALLED, WEDNESDAY), policies={"illustrative": replace(policy, restore_target_bp=16_000)}
    )
    judge(ledger, moment(WEDNESDAY), entry(), wednesday)
    with ledger.reading() as now:
        assert json.loads(now.terms()["illustrative"])["restore_target_bp"] == 16_000
        assert len(now.changes_of_terms("illustrative")) == 2


@pytest.mark.parametrize("security", ["600000.SH", "000001.SZ", "920002.BJ"])
def test_a_suspension_extends_a_term_as_the_exchanges_rule_says(ledger: Ledger, security: str) -> None:
    contract = Contract("A-2", "C-1", WEDNESDAY, security)
    for session in (TUESDAY, WEDNESDAY):
        marks = marks_of(CALLED, session, contracts=[contract], suspended=[security])
        judged = judge(ledger, moment(session), entry(), marks)
    about = judged.events.filter(contract_id="C-1")
    assert about.select("kind", "due").rows() == [("postponed", moment(THURSDAY))]


def test_what_the_ledger_holds_is_what_the_calls_fold(ledger: Ledger) -> None:
    weeks = {"A-1": (1_390_000, 1_190_000, 1_520_000), "A-2": (2_000_000, 1_450_000, 1_090_000)}
    state = State.begin()
    for place, session in enumerate((MONDAY, TUESDAY, WEDNESDAY)):
        assets = {account: amounts[place] for account, amounts in weeks.items()}
        judged = judge(ledger, moment(session), entry(), marks_of(assets, session))
        state = state.after(judged.events)
    with ledger.reading() as now:
        assert_frame_equal(now.open_events().drop("sequence"), state.events)
