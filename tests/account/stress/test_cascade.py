"""A cascade by hand, and the laws that every cascade keeps."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.policy import Lines, Policy, PolicySet
from rongheng.account.stress import Kind, Scenario, Step, stress
from rongheng.account.stress.cascade import Spread, cascade
from rongheng.account.stress.cascade_book import book_after
from rongheng.account.stress.cascade_result import Cascade
from rongheng.account.stress.impact import Impact, shipped_impacts
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook
from tests.account.worlds import RATIOS, SESSION

RULES = Rulebook.load()
LINEAR = shipped_impacts()["linear"]  # a tenth of the price for a day's volume
STILL = LINEAR.times(0)
POLICY = Policy("p", 30_000, RATIOS, lines=Lines(warning_bp=14_000, liquidation_bp=13_000))


def one_account(
    *,
    star_volume: int,
    debt: int = 140_000,
    interest: int = 0,
    held_back: int = 0,
    cash: int = 0,
    suspended: bool = False,
    times: int = 1,
    policy: Policy = POLICY,
) -> Marks:
    """100,000 yuan each of 600000.SH at 10.00, of which 100,000 trade a day, and of 688001.SH at 50.00; and a debt."""
    day = MarketDay(
        SESSION,
        pl.DataFrame(
            {
                "security": ["600000.SH", "688001.SH"],
                "board": ["main", "star"],
                "price_milli": [10_000, 50_000],
                "haircut_cap_bp": [7_000, 7_000],
                "average_amount_milli": [times * 100_000 * 10_000, times * star_volume * 50_000],
                "suspended": [suspended, False],
            }
        ),
    )
    accounts = pl.DataFrame(
        {"account_id": ["A"], "client_type": "individual", "policy": "p", "cash_milli": cash * 1_000}
    )
    positions = pl.DataFrame(
        {
            "account_id": ["A", "A"],
            "security": ["600000.SH", "688001.SH"],
            "quantity": [times * 10_000, times * 2_000],
            "available_quantity": [times * 10_000 - held_back, times * 2_000],
        }
    )
    contract = {
        "contract_id": "C",
        "account_id": "A",
        "kind": "financing",
        "security": "600000.SH",
        "quantity": 0,
        "amount_milli": times * debt * 1_000,
        "opened": SESSION,
        "due": SESSION.replace(month=8),
        "rate_ppm": 0,
        "interest_milli": interest * 1_000,
    }
    book = Book.of(accounts, positions, pl.DataFrame([contract]), session=SESSION)
    return mark(book, day, PolicySet.of(policy))


def fallen(marks: Marks, percent: int, impact: Impact = LINEAR, **terms: object) -> Cascade:
    return cascade(marks, Scenario.uniform(-100 * percent), impact=impact, rulebook=RULES, **terms)  # type: ignore[arg-type]


def test_a_cascade_by_hand() -> None:
    """A fall of 10 % leaves 180,000 yuan against a debt of 140,000: 128.57 %, under the line of 130 %.

    To restore 140 % it sells (1.4 D − A)/0.4, the same part of 10,000 and of 2,000 shares, in whole shares:

    prices         assets    to sell   part       600000  688001   days of volume        lead to
    9.00  45.00   180,000    40,000   2/9          2,223     445   0.02223   0.1         8.98  44.55
    8.98  44.55   178,900    42,750   0.238961     2,390     478   0.02390   0.107416    8.98  44.52
    8.98  44.52   178,840    42,900   0.239879     2,399     480   0.02399   0.107866    8.98  44.51
    8.98  44.51   178,820    42,950   0.240186     2,402     481   0.02402   0.108090    8.98  44.51

    since 9.00 × (1 − 10 % × 0.02402) = 8.9784 and 45.00 × (1 − 10 % × 0.10809) = 44.5136. It settles there: 2,402 at
    8.98 and 481 at 44.51 bring 42,979.27 yuan, which repay. 135,840.73 stand against 97,020.73: 140.01 %.
    """
    found = fallen(one_account(star_volume=4_450), 10)
    assert found.after_milli.tolist() == [8_980, 44_510]
    assert found.sold.tolist() == [2_402, 481]
    assert [one.asked_milli for one in found.rounds] == [
        0,
        2_223 * 9_000 + 445 * 45_000,
        2_390 * 8_980 + 478 * 44_550,
        2_399 * 8_980 + 480 * 44_520,
        2_402 * 8_980 + 481 * 44_510,
    ]
    assert [one.value_milli for one in found.rounds] == [
        200_000_000,
        180_000_000,
        178_900_000,
        178_840_000,
        178_820_000,
    ]
    assert found.repaid_milli.tolist() == [42_979_270]
    assert found.quantity.tolist() == [10_000 - 2_402, 2_000 - 481]
    assert found.cash_milli.tolist() == [0]
    assert found.amplification_bp == 10_590  # 21,180 yuan lost, 20,000 of them by the shock
    assert (found.sessions[0].rounds, found.is_settled, len(found.sessions)) == (3, True, 1)


def test_a_price_stops_at_its_limit_and_the_rest_waits_for_the_next_session() -> None:
    """200 shares of 688001.SH trade a day, so 20 % of the price is gone with 400 of them: 45.00 falls to 36.00 at once.

    There the account has 10,000 × 8.98 + 2,000 × 36.00 = 161,800 yuan and must sell (196,000 − 161,800)/0.4 = 85,500,
    part 0.528430: 5,285 of the one, which lead to 9.00 × (1 − 0.5285 %) = 8.952, so 8.95. From there it is 161,500,
    86,250 and 0.534056: 5,341, to 9.00 × 0.994659 = 8.9519, which is 8.95 again; and 1,069 of the other, of which 400
    are taken.
    """
    found = fallen(one_account(star_volume=200), 10, sessions=1)
    assert found.after_milli.tolist() == [8_950, 36_000]
    assert found.sold.tolist() == [5_341, 400]
    assert found.sessions_at_limit.tolist() == [0, 1]
    assert not found.is_settled
    assert found.sessions[0].left_milli == (1_069 - 400) * 36_000
    longer = fallen(one_account(star_volume=200), 10, sessions=2)
    assert longer.after_milli[1] < 36_000
    assert longer.sold[1] > 400


def test_the_most_liquid_goes_first_where_the_policy_says_so() -> None:
    """40,000 yuan at 9.00 are 4,445 shares of 600000.SH: 9.00 × (1 − 0.4445 %) = 8.96; then 41,000/8.96: 4,576."""
    found = fallen(one_account(star_volume=200), 10, spread=Spread.MOST_LIQUID)
    assert found.after_milli.tolist() == [8_960, 45_000]
    assert found.sold.tolist() == [4_576, 0]


def test_what_is_suspended_or_held_back_is_not_sold() -> None:
    assert fallen(one_account(star_volume=4_450, suspended=True), 10).sold[0] == 0
    assert fallen(one_account(star_volume=4_450, suspended=True), 10).after_milli[0] == 9_000
    kept = fallen(one_account(star_volume=4_450, held_back=9_000), 30)
    assert kept.sold[0] == 1_000
    assert kept.quantity[0] == 9_000


def test_cash_repays_first_and_what_comes_in_beyond_the_debt_is_kept() -> None:
    """Without a warning line no ratio is restored: all goes. 140,000 yuan and 10,000 in cash against 120,000: 125 %.

    The cash repays 10,000, the sales bring 140,000, of which 110,000 repay and 30,000 are kept.
    """
    bare = replace(POLICY, lines=Lines(liquidation_bp=13_000))
    found = fallen(one_account(star_volume=4_450, debt=120_000, cash=10_000, policy=bare), 30, STILL)
    (session,) = found.sessions
    assert (session.repaid_from_cash_milli, session.repaid_milli, session.kept_milli) == (10**7, 11 * 10**7, 3 * 10**7)
    assert (found.cash_milli.tolist(), found.repaid_milli.tolist()) == ([30_000_000], [120_000_000])
    assert len(book_after(found).layout.indebted) == 0


def test_what_the_scenario_suspends_is_not_sold() -> None:
    steps = (Step(Kind.ALL, {"": -1_000}), Step(Kind.SUSPENSION, {"688001.SH": 0}))
    shock = Scenario("halted", Text("停牌", "halted"), steps)
    found = cascade(one_account(star_volume=4_450), shock, impact=LINEAR, rulebook=RULES)
    assert found.sold[0] > 0
    assert (found.sold[1], found.after_milli[1]) == (0, 45_000)


@pytest.mark.long  # quantities of 64 bits are kernels of their own
def test_a_cascade_of_very_large_quantities() -> None:
    """The cascade by hand with 300,000 times as much of everything, so without its rounding to whole shares."""
    found = fallen(one_account(star_volume=4_450, times=300_000), 10)
    assert found.after_milli.tolist() == [8_980, 44_510]
    assert found.sold.tolist() == [-(-held * 300_000 * 42_950 // 178_820) for held in (10_000, 2_000)]


def test_what_was_due_before_the_shock_is_left_to_its_own_plan() -> None:
    """200,000 yuan against 155,000: 129.03 %. (1.4 × 155,000 − 200,000)/0.4 = 42,500 are due: 2,125 and 425 shares."""
    marks = one_account(star_volume=4_450, debt=155_000)
    still = fallen(marks, 0)
    assert (still.called_before, still.sold.tolist(), still.sessions) == (1, [0, 0], ())
    fell = fallen(marks, 5, STILL)  # (217,000 − 190,000)/0.4 = 67,500, less 42,500 × 0.95, of 190,000 less the same
    part = (67_500 - 40_375) / (190_000 - 40_375)
    assert fell.sold.tolist() == [-int(-(10_000 - 2_125) * part // 1), -int(-(2_000 - 425) * part // 1)]


def test_an_average_volume_that_nobody_knows_moves_nothing_and_is_counted(made: Marks) -> None:
    frame = made.day.securities.with_columns(average_amount_milli=pl.lit(None, dtype=pl.Int64))
    blind = mark(made.book, MarketDay(made.day.session, frame), made.policies)
    found = fallen(blind, 30)
    assert found.without_average > 0
    assert np.array_equal(found.after_milli, found.shocked_milli)


@pytest.mark.parametrize("impact", sorted(shipped_impacts()))
def test_without_a_shock_nothing_moves(made: Marks, impact: str) -> None:
    found = fallen(made, 0, shipped_impacts()[impact])
    assert found.called_before > 0
    assert found.sessions == ()
    assert np.array_equal(found.after_milli, made.terms.price_milli)
    assert np.array_equal(found.quantity, made.book.layout.quantity)
    assert np.array_equal(found.cash_milli, made.book.layout.cash_milli)
    assert not found.repaid_milli.any()
    assert not found.sold.any()
    assert found.is_settled


def test_the_first_round_is_the_scenario(made: Marks) -> None:
    shock = Scenario.uniform(-3_500)
    expected = stress(made, [shock], rulebook=RULES).totals
    first = cascade(made, shock, impact=LINEAR, rulebook=RULES).rounds[1]
    assert (first.shortfall_milli, first.shortfall_accounts) == (expected.shortfall[0], expected.shortfall_accounts[0])
    assert first.called_debt_milli == expected.debt[0, -len(expected.debt[0]) :][-4:].sum()


@pytest.mark.parametrize("spread", list(Spread))
def test_no_money_appears_and_none_is_lost(made: Marks, spread: Spread) -> None:
    found = fallen(made, 40, shipped_impacts()["square-root"], spread=spread, crowd=500, sessions=3)
    assert len(found.sessions) > 1
    for one in found.sessions:
        assert one.sold_milli == one.costs_milli + one.repaid_milli + one.kept_milli
    repaid = sum(one.repaid_milli + one.repaid_from_cash_milli for one in found.sessions)
    kept = sum(one.kept_milli - one.repaid_from_cash_milli for one in found.sessions)
    assert found.repaid_milli.sum() == repaid
    assert (found.cash_milli - made.book.layout.cash_milli).sum() == kept
    left = np.bincount(made.book.layout.code, weights=made.book.layout.quantity - found.quantity)
    assert np.array_equal(left.astype(np.int64), found.sold)
    assert (found.quantity >= 0).all()


@pytest.mark.parametrize("impact", sorted(shipped_impacts()))
def test_prices_only_fall_and_the_rounds_end(made: Marks, impact: str) -> None:
    found = fallen(made, 40, shipped_impacts()[impact], crowd=500, sessions=8)
    assert (found.after_milli <= found.shocked_milli).all()
    assert (found.after_milli < found.shocked_milli).any()
    values = [one.value_milli for one in found.rounds[1:]]
    assert values == sorted(values, reverse=True)
    assert max(one.rounds for one in found.sessions) < 40
    assert found.amplification_bp is not None
    assert found.amplification_bp > 10_000


def test_half_the_impact_does_less_and_twice_does_more(made: Marks) -> None:
    half, once, twice = (fallen(made, 40, LINEAR.times(*by), crowd=100) for by in ((1, 2), (1,), (2,)))
    assert half.amplification_bp < once.amplification_bp < twice.amplification_bp  # type: ignore[operator]


def test_one_thread_and_two_give_the_same_bits(made: Marks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("rongheng.account.marks.mark"), "_SHARD", 50)
    one, two = (fallen(made, 40, crowd=100, threads=threads) for threads in (1, 2))
    assert (one.rounds, one.sessions) == (two.rounds, two.sessions)
    for name in ("after_milli", "sold", "quantity", "cash_milli", "repaid_milli"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_what_cannot_be_followed_is_refused(made: Marks) -> None:
    with pytest.raises(UsageError, match="0 sessions; expected 1 to 60"):
        fallen(made, 10, sessions=0)
    with pytest.raises(UsageError, match="crowd of 0 books"):
        fallen(made, 10, crowd=0)


def test_the_book_after_it_is_what_the_cascade_says(made: Marks) -> None:
    """What leaves the accounts together is what repaid and what it cost, less what sold above the last prices."""
    found = fallen(made, 40, shipped_impacts()["square-root"], crowd=500, sessions=3)
    prices = pl.DataFrame({"security": made.terms.securities, "last": found.after_milli[: len(found.sold)]})
    frame = made.day.securities.join(prices, on="security", how="left")
    last = MarketDay(made.day.session, frame.with_columns(price_milli=pl.coalesce("last", "price_milli")).drop("last"))
    before, after = (mark(book, last, made.policies).frame() for book in (made.book, book_after(found)))
    lost = {
        name: int((before[name].fill_null(0) - after[name].fill_null(0)).sum())
        for name in ("assets_milli", "debt_milli", "interest_milli")
    }
    costs, sold = (sum(getattr(one, name) for one in found.sessions) for name in ("costs_milli", "sold_milli"))
    at_last = sum(int(one) * int(each) for one, each in zip(found.sold, found.after_milli, strict=False))
    assert lost["debt_milli"] == found.repaid_milli.sum() > 0
    assert lost["assets_milli"] == lost["debt_milli"] + costs - (sold - at_last)
    assert 0 < lost["interest_milli"] < lost["debt_milli"]


def test_interest_is_repaid_before_principal_and_the_rest_of_the_contract_stays() -> None:
    """The sales of the cascade by hand bring 42,979.27 yuan: they repay 1,000 of interest first, and then principal."""
    found = fallen(one_account(star_volume=4_450, debt=139_000, interest=1_000), 10)
    assert found.repaid_milli.tolist() == [42_979_270]
    layout = book_after(found).layout
    assert layout.interest_milli.tolist() == [0]
    assert layout.amount_milli.tolist() == [139_000_000 - 41_979_270]
    assert layout.quantity.tolist() == [10_000 - 2_402, 2_000 - 481]


def test_without_a_shock_the_book_is_the_one_that_was_marked(made: Marks) -> None:
    assert book_after(fallen(made, 0)) is made.book
