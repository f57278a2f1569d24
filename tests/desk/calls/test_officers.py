"""Officers act on what stands: no act is lost, nothing is decided alone where two are needed, or on an old mark."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, time

import pytest

from rongheng.account.calls import Action, Answer, Decision, Kind, Payment, State, moment
from rongheng.basics.errors import StaleDataError, UsageError
from rongheng.desk.calls import officers
from rongheng.desk.calls.judging import judge
from rongheng.desk.calls.listing import Which, lapsed_accounts, list_calls
from rongheng.desk.calls.notices import due_notices, write_down
from rongheng.desk.ledger import Ledger
from tests.desk.calls.conftest import entry
from tests.desk.calls.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, YUAN, marks_of, together

TEN = moment(TUESDAY, time(10, 0))
ELEVEN = moment(TUESDAY, time(11, 0))


@pytest.fixture
def called(ledger: Ledger) -> Ledger:
    """Return a ledger in which A-1 was called where one person decides, and B-1 where two must."""
    alone = marks_of({"A-1": 1_290_000}, MONDAY, policy="guosen")
    judge(ledger, moment(MONDAY), entry(), together(alone, marks_of({"B-1": 1_290_000}, MONDAY)))
    return ledger


def cash(account: str, yuan: int, at: datetime = TEN) -> Payment:
    return Payment(account, at, cash_milli=yuan * YUAN)


def extension(account: str, until: date, at: datetime = TEN, line: str | None = None) -> Decision:
    return Decision(Action.EXTEND, account, at, until=until, line=line)


def dues(ledger: Ledger, account: str) -> dict[str, datetime]:
    with ledger.reading() as now:
        demands = State(now.open_events([account]).drop("sequence")).demands
    return dict(demands.filter(demands["due"].is_not_null()).select("line", "due").rows())


def last(ledger: Ledger, account: str) -> tuple[str, str]:
    with ledger.reading() as now:
        row = now.history([account]).row(-1, named=True)
    return row["kind"], row["by_whom"]


def test_a_payment_is_written_with_the_ratio_that_it_makes(called: Ledger) -> None:
    written = officers.pay(called, cash("A-1", 210_000), entry())
    assert written.events.select("kind", "assets_milli", "ratio_bp").rows() == [("paid", 1_500_000 * YUAN, 15_000)]
    assert last(called, "A-1") == ("paid", "Wang")


@pytest.mark.parametrize(
    ("payment", "message"),
    [
        (lambda: cash("Z-9", 1), "knows no account 'Z-9'. Check the number"),
        (lambda: cash("A-1", 1, moment(MONDAY, time(14, 0))), "is not after the last thing known of account A-1"),
        (lambda: Payment("A-1", TEN, repay_milli=1_000_001 * YUAN), "owes 1,000,000.00 yuan, and 1,000,001.00 is said"),
        (lambda: cash("A-1", -5), "--cash is -5.00 yuan; expected an amount above zero"),
        (lambda: cash("A-1", 0), "Nothing was paid; give --cash, --repay or --collateral"),
        (lambda: cash("A-1", 10**11), r"The amount is 10\^11 yuan or more"),
        (lambda: Payment("A-1", TEN, collateral_milli=1), "What is the other collateral"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(called: Ledger, payment: Callable[[], Payment], message: str) -> None:
    before = called.verify()
    with pytest.raises(UsageError, match=message):
        officers.pay(called, payment(), entry())
    assert called.verify() == before


def test_what_came_before_a_notice_may_be_told_after_it(called: Ledger) -> None:
    told = due_notices(called, MONDAY)
    write_down(called, told, dict.fromkeys(["A-1", "B-1"], "ab12"), moment(TUESDAY, time(12, 0)), entry())
    assert officers.pay(called, cash("A-1", 1, TEN), entry()).events.height == 1


def test_a_payment_for_an_account_of_which_nothing_is_asked_says_so(called: Ledger) -> None:
    judge(called, moment(TUESDAY), entry(), marks_of({"A-1": 1_600_000}, TUESDAY, policy="guosen"))
    with pytest.raises(UsageError, match="Nothing is asked of account 'A-1': it has no open call"):
        officers.pay(called, cash("A-1", 1, moment(WEDNESDAY, time(10, 0))), entry())


def test_the_same_payment_told_twice_is_one(called: Ledger) -> None:
    officers.pay(called, cash("A-1", 100), entry())
    with pytest.raises(UsageError, match="is not after the last thing known"):
        officers.pay(called, cash("A-1", 100), entry("Li"))


def test_a_deadline_is_extended_by_one_where_one_decides(called: Ledger) -> None:
    written = officers.decide(called, extension("A-1", date(2025, 4, 14)), entry())
    assert not written.waits
    assert dues(called, "A-1") == {"liquidation": moment(date(2025, 4, 14))}


def test_a_deadline_is_never_drawn_nearer(called: Ledger) -> None:
    with pytest.raises(UsageError, match="2025-04-09 is not after 2025-04-10, by which account A-1 must act"):
        officers.decide(called, extension("A-1", WEDNESDAY), entry())


@pytest.mark.parametrize(
    ("until", "message"),
    [
        (date(2025, 4, 12), "2025-04-12 is no trading day; the sessions around it are 2025-04-11 and 2025-04-14"),
        (date(2025, 5, 1), "2025-05-01 is no trading day; the sessions around it are 2025-04-30 and 2025-05-06"),
        (date(2099, 1, 2), "2099-01-02 is outside the calendar"),
        (MONDAY, "2025-04-07 is not after 2025-04-08 10:00, when it is decided"),
    ],
)
def test_a_deadline_on_a_day_that_is_no_session_is_refused(called: Ledger, until: date, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        officers.decide(called, extension("A-1", until), entry())


def test_nobody_decides_on_a_line_that_asks_nothing(called: Ledger) -> None:
    with pytest.raises(UsageError, match="has no call under the emergency line to extend"):
        officers.decide(called, extension("A-1", date(2025, 4, 14), line="emergency"), entry())


def test_nobody_decides_on_an_old_mark(called: Ledger) -> None:
    # the mark is of Monday; the policy allows one session
    with pytest.raises(StaleDataError, match="The last mark of account A-1 is of 2025-04-07, 2 sessions before"):
        officers.decide(called, extension("A-1", date(2025, 4, 14), moment(WEDNESDAY, time(9, 0))), entry())
    officers.decide(called, extension("A-1", date(2025, 4, 14), moment(TUESDAY, time(16, 0))), entry())


def test_where_two_must_decide_a_proposal_waits(called: Ledger) -> None:
    written = officers.decide(called, extension("B-1", date(2025, 4, 14), line="call"), entry("Wang"))
    assert written.waits
    assert dues(called, "B-1")["call"] == moment(THURSDAY)
    with pytest.raises(UsageError, match="wang proposed it; a second person must answer"):
        officers.answer(called, Answer("B-1", ELEVEN, by="wang", approve=True), entry("wang"))
    officers.answer(called, Answer("B-1", ELEVEN, by="Li", approve=True), entry("Li"))
    assert dues(called, "B-1") == {"call": moment(date(2025, 4, 14)), "liquidation": moment(WEDNESDAY)}
    assert last(called, "B-1") == ("extended", "Li")


def test_a_refused_proposal_changes_nothing_and_stays_in_the_ledger(called: Ledger) -> None:
    before = dues(called, "B-1")
    officers.decide(called, extension("B-1", date(2025, 4, 14)), entry("Wang"))
    officers.answer(called, Answer("B-1", ELEVEN, by="Li", approve=False), entry("Li"))
    assert dues(called, "B-1") == before
    assert last(called, "B-1") == ("refused", "Li")
    with pytest.raises(UsageError, match=r"Which proposal for account B-1\? Found: none"):
        officers.answer(called, Answer("B-1", ELEVEN, by="Li", approve=True), entry("Li"))


def test_of_two_proposals_one_is_named(called: Ledger) -> None:
    officers.decide(called, extension("B-1", date(2025, 4, 14)), entry("Wang"))
    officers.decide(called, extension("B-1", date(2025, 4, 15), ELEVEN), entry("Wang"))
    noon = moment(TUESDAY, time(13, 0))
    with pytest.raises(UsageError, match=r"Found: proposal@2025-04-08T10:00:00\+08:00, proposal@2025-04-08T11:00"):
        officers.answer(called, Answer("B-1", noon, by="Li", approve=True), entry("Li"))
    chosen = Answer("B-1", noon, by="Li", approve=True, proposal="proposal@2025-04-08T11:00:00+08:00")
    officers.answer(called, chosen, entry("Li"))
    assert set(dues(called, "B-1").values()) == {moment(date(2025, 4, 15))}


def test_what_was_approved_too_late_is_not_decided(called: Ledger) -> None:
    officers.decide(called, extension("B-1", date(2025, 4, 14)), entry("Wang"))
    late = Answer("B-1", moment(WEDNESDAY, time(10, 0)), by="Li", approve=True)
    with pytest.raises(StaleDataError, match="2 sessions before"):
        officers.answer(called, late, entry("Li"))


def posted(ledger: Ledger) -> list[int]:
    """Return every change of other collateral that was paid in."""
    with ledger.reading() as now:
        return now.history(kinds=[Kind.PAID])["collateral_milli"].to_list()


def test_other_collateral_is_accepted_by_a_decision_and_counts(called: Ledger) -> None:
    house = Payment("B-1", TEN, collateral_milli=210_000 * YUAN, what="a house in Suzhou, valued by …")
    assert officers.pay(called, house, entry("Wang")).waits
    assert posted(called) == []
    officers.answer(called, Answer("B-1", ELEVEN, by="Li", approve=True), entry("Li"))
    assert posted(called) == [210_000 * YUAN]
    worth_less = Payment("B-1", moment(TUESDAY, time(14, 0)), collateral_milli=-10_000 * YUAN, what="valued anew")
    officers.pay(called, worth_less, entry("Wang"))
    officers.answer(called, Answer("B-1", moment(TUESDAY, time(14, 1)), by="Li", approve=True), entry("Li"))
    assert posted(called) == [210_000 * YUAN, -10_000 * YUAN]


def test_before_august_2019_no_other_collateral_may_be_posted(ledger: Ledger) -> None:
    before = date(2019, 8, 15)
    judge(ledger, moment(before), entry(), marks_of({"A-1": 1_290_000}, before))
    house = Payment("A-1", moment(date(2019, 8, 16), time(10, 0)), collateral_milli=1, what="a house")
    with pytest.raises(UsageError, match=r"On 2019-08-16 no other collateral may be posted \(exchange.maintenance"):
        officers.pay(ledger, house, entry())


def test_who_looked_at_an_older_state_is_refused(called: Ledger) -> None:
    with called.reading() as now:
        seen = now.version_of("A-1")
    officers.pay(called, cash("A-1", 100), entry("Li"), seen=seen)
    with pytest.raises(UsageError, match=f"has moved since event {seen}: Li wrote paid of 2025-04-08 10:00"):
        officers.decide(called, extension("A-1", date(2025, 4, 14), ELEVEN), entry("Wang"), seen=seen)


def test_two_officers_at_once_never_lose_an_update(called: Ledger) -> None:
    """Forty payments by two threads: each is there, each on top of the one before."""
    refused: list[str] = []

    def pays(name: str, second: int) -> None:
        for number in range(20):
            at = moment(TUESDAY, time(10, number * 2 + second))
            try:
                officers.pay(called, cash("A-1", 1_000, at), entry(name))
            except UsageError as error:  # the other one was quicker with a later moment
                refused.append(str(error))

    threads = [threading.Thread(target=pays, args=("Wang", 0)), threading.Thread(target=pays, args=("Li", 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with called.reading() as now:
        paid = now.history(["A-1"], kinds=["paid"])
    assert paid.height + len(refused) == 40
    assert all("is not after the last thing known" in error for error in refused)
    assert paid["assets_milli"].to_list() == [1_290_000 * YUAN + 1_000 * YUAN * n for n in range(1, paid.height + 1)]
    called.verify()


def test_of_two_officers_who_extend_to_different_days_the_second_sees_the_first(called: Ledger) -> None:
    officers.decide(called, extension("A-1", date(2025, 4, 15)), entry("Wang"))
    with pytest.raises(UsageError, match="2025-04-14 is not after 2025-04-15"):
        officers.decide(called, extension("A-1", date(2025, 4, 14), ELEVEN), entry("Li"))


def test_lists_are_by_account_with_what_is_missing(called: Ledger) -> None:
    new = list_calls(called, Which.NEW).rows
    assert new.select("account_id", "line", "phase", "asked").rows() == [
        ("A-1", "liquidation", "called", 1),
        ("B-1", "liquidation", "called", 2),
    ]
    # to 150 % of 1,000,000 are 210,000 missing; or 1,000,000 - 1,290,000 / 1.5 is repaid
    assert new["cash_missing_milli"].to_list() == [210_000 * YUAN, 110_000 * YUAN]
    assert new["repay_missing_milli"].to_list() == [140_000 * YUAN, 78_571_429]  # 1,000,000 - 1,290,000 / 1.4
    assert list_calls(called, Which.DUE).rows.height == 0
    assert list_calls(called, Which.DUE, session=WEDNESDAY).rows["account_id"].to_list() == ["B-1"]
    assert list_calls(called, Which.OUTSTANDING, session=date(2025, 4, 14)).rows.height == 0
    assert list_calls(called, Which.OUTSTANDING, session=date(2025, 4, 15)).rows.height == 2


def test_who_is_cured_and_who_has_lapsed_is_listed(called: Ledger) -> None:
    for session, assets in ((TUESDAY, 1_290_000), (WEDNESDAY, 1_290_000), (THURSDAY, 1_500_000)):
        alone = marks_of({"A-1": assets}, session, policy="guosen")
        judge(called, moment(session), entry(), together(alone, marks_of({"B-1": 1_290_000}, session)))
    assert list_calls(called, Which.CURED).rows["account_id"].to_list() == ["A-1"]
    assert list_calls(called, Which.LAPSED).rows["account_id"].to_list() == ["B-1"]
    lapsed = lapsed_accounts(called).select("account_id", "policy", "line", "target_bp", "assets_milli")
    assert lapsed.rows() == [
        ("B-1", "illustrative", "call", 15_000, 1_290_000 * YUAN),
        ("B-1", "illustrative", "liquidation", 14_000, 1_290_000 * YUAN),
    ]


def test_a_list_of_a_ledger_that_judged_nothing_says_so(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="has judged nothing yet; begin with `rongheng calls run`"):
        list_calls(ledger, Which.ALL)
