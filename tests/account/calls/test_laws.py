"""Laws of calls, over random weeks of marks, payments, decisions and the clock, beside a twin that knows no frames.

A few accounts under different policies live through sessions, holidays between them. After every step: the twin says
the same; nothing depends on the order of accounts or on their company; the fold is what was folded; deadlines stand.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import polars as pl
import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from polars.testing import assert_frame_equal

from rongheng.account.calls import (
    Action,
    CallTerms,
    Clock,
    Decided,
    Decision,
    Event,
    Mark,
    Payment,
    State,
    moment,
    step,
)
from rongheng.account.policy import CuredBy, Deadline, Lines, Policy, PolicySet
from rongheng.basics.account_tables import LINES
from rongheng.basics.calendar import calendar
from rongheng.basics.money import BP
from tests.depth import examples
from tests.reference import calls_twin as twin

FIRST = date(2026, 2, 10)  # three sessions before the Spring Festival
DEBT = 1_000
CLOCKS = [time(10, 0), time(11, 30), time(13, 0), time(14, 30)]


def _policies() -> dict[str, Policy]:
    shipped = PolicySet.load("illustrative", "guosen", session=FIRST)
    paying = replace(
        shipped["illustrative"], name="paying", calls=replace(shipped["illustrative"].calls, cured_by=CuredBy.PAYMENT)
    )
    # no warning line, no target, two clocks of one line, a line of minutes; nothing within the session
    bare = replace(
        shipped["illustrative"],
        name="bare",
        lines=Lines(liquidation_bp=13_000, minimum_bp=11_000),
        moving_lines=None,
        deadlines=(
            Deadline("liquidation", within_sessions=2),
            Deadline("liquidation", frozenset({"bse"}), within_sessions=1, by=time(10, 0), restore_to_bp=12_000),
            Deadline("minimum", within_sessions=0, by=time(14, 0), restore_to_bp=13_500),
        ),
        calls=replace(shipped["illustrative"].calls, intraday=False),
    )
    return {policy.name: policy for policy in (*shipped.values(), paying, bare)}


POLICIES = _policies()
TERMS = CallTerms.of(POLICIES.values())
ACCOUNTS = {
    "A": ("illustrative", "star"),
    "B": ("illustrative", ""),
    "C": ("guosen", "bse,star"),
    "D": ("paying", "chinext"),
    "E": ("bare", "bse"),
}
EXACT = [
    line for policy in POLICIES.values() for _, line in policy.lines.in_order()
]  # basis points where accounts stand


def twin_terms(policy: Policy) -> twin.Terms:
    return twin.Terms(
        lines=dict(policy.lines.in_order()),
        deadlines=[
            twin.Clocked(row.line, row.within_sessions, row.by, row.restore_to_bp, row.permissions)
            for row in policy.deadlines
            if row.within_sessions is not None
        ],
        target=policy.restore_target_bp,
        needs_payment=policy.calls.cured_by is CuredBy.PAYMENT,
        intraday=policy.calls.intraday,
    )


def marks_of(amounts: dict[str, tuple[int, int]]) -> pl.DataFrame:
    """Return rows as the table of marks has them; the state is the gravest line that an account is strictly under."""
    rows = []
    for account, (assets, debt) in amounts.items():
        policy, permissions = ACCOUNTS[account]
        lines = dict(POLICIES[policy].lines.in_order())
        under = [line for line, value in lines.items() if assets * BP < debt * value]
        rows.append(
            {
                "account_id": account,
                "policy": policy,
                "permissions": permissions,
                "assets_milli": assets,
                "debt_milli": debt,
                "maintenance_ratio_bp": assets * BP // debt if debt else None,
                "state": "no_debt" if not debt else under[-1] if under else "normal",
            }
            | {f"{line}_line_bp": lines.get(line) for line in LINES}
        )
    types = {f"{line}_line_bp": pl.Int64() for line in LINES}
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)


ratios = st.one_of(
    st.integers(9_000, 17_000),
    st.sampled_from(EXACT).flatmap(lambda line: st.integers(line - 10, line + 10)),
)
amounts = st.fixed_dictionaries(
    {
        account: st.tuples(ratios.map(lambda ratio: ratio * DEBT // BP), st.sampled_from([DEBT, DEBT, DEBT, 0]))
        for account in ACCOUNTS
    }
)


class Week(RuleBasedStateMachine):
    """Sessions of five accounts, and their twins."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.begin()
        self.history: list[pl.DataFrame] = []
        self.at = self.judged_at = moment(FIRST)
        self.twins = {
            account: twin.Account(frozenset(permissions.split(",")) - {""}, twin_terms(POLICIES[policy]))
            for account, (policy, permissions) in ACCOUNTS.items()
        }

    @initialize(first=amounts)
    def begin(self, first: dict[str, tuple[int, int]]) -> None:
        """Mark everybody at the end of the first session."""
        self._mark(moment(FIRST), first)

    @rule(of=amounts)
    def close_of_the_next_session(self, of: dict[str, tuple[int, int]]) -> None:
        """The next end of a day."""
        self._mark(moment(calendar().offset(self.at.date(), 1)), of)

    @rule(of=amounts, sessions=st.integers(2, 4))
    def close_after_a_gap(self, of: dict[str, tuple[int, int]], sessions: int) -> None:
        """An end of a day with others before it that nobody judged."""
        self._mark(moment(calendar().offset(self.at.date(), sessions)), of)

    @rule(of=amounts, clock=st.sampled_from(CLOCKS))
    def mark_within_the_session(self, of: dict[str, tuple[int, int]], clock: time) -> None:
        """A mark before the next end of a day."""
        self._mark(self._later(clock), of)

    @rule(clock=st.sampled_from([time(9, 0), *CLOCKS]))
    def clock_alone(self, clock: time) -> None:
        """A moment that comes."""
        at = self._later(clock)
        self._step(Clock(at), {account: one.clock(at) for account, one in self.twins.items()})

    @precondition(lambda self: self.state.demands.height)
    @rule(data=st.data(), cash=st.integers(1, 600), repay=st.integers(0, 300), clock=st.sampled_from(CLOCKS))
    def pay(self, data: st.DataObject, cash: int, repay: int, clock: time) -> None:
        """A payment for somebody who is asked for something."""
        account = data.draw(st.sampled_from(sorted(set(self.state.demands["account_id"]))))
        one, at = self.twins[account], self._later(clock)
        repay = min(repay, one.debt)
        payment = Payment(account, at, cash_milli=cash, repay_milli=repay)
        self._step(payment, {account: one.pay(at, assets=cash, debt=repay)})

    @precondition(lambda self: self._extendable())
    @rule(data=st.data(), sessions=st.integers(1, 3), waive=st.booleans())
    def decide(self, data: st.DataObject, sessions: int, waive: bool) -> None:
        """An extension or a waiver, on a mark that is fresh enough."""
        account = data.draw(st.sampled_from(self._extendable()))
        at = self.at + timedelta(microseconds=1)
        told = self.twins[account]._judge(at, including=False)  # somebody else's payment passes no deadline of others
        own = {
            name: demand for name, demand in self.twins[account].demands.items() if demand.status in ("open", "lapsed")
        }
        assume(own)
        latest = max(demand.due for demand in own.values() if demand.due is not None)
        until = calendar().offset(max(latest, at).date(), sessions)
        action = Action.WAIVE if waive else Action.EXTEND
        touched = dict(own)
        if waive:
            touched |= {n: d for n, d in self.twins[account].demands.items() if d.status == "warned"}
        for demand in touched.values():
            demand.status, demand.due = ("waived" if waive else "open"), moment(until)
        kind = "waived" if waive else "extended"
        decision = Decision(action, account, at, until=until)
        self._step(Decided(decision), {account: [*told, *((kind, name) for name in sorted(touched))]})

    def _extendable(self) -> list[str]:
        fresh = self.state.standing.filter(pl.col("marked_at").dt.date() >= calendar().offset(self.at.date(), -1))
        running = self.state.demands.filter(pl.col("status").is_in(["open", "lapsed"]))
        return sorted(set(running["account_id"]) & set(fresh["account_id"]))

    def _later(self, clock: time) -> datetime:
        """Return that time of this session, or of the next one when it has passed."""
        at = datetime.combine(self.at.date(), clock, tzinfo=self.at.tzinfo)
        return at if at > self.at else moment(calendar().offset(self.at.date(), 1), clock)

    def _mark(self, at: datetime, of: dict[str, tuple[int, int]]) -> None:
        said = {account: one.mark(at, *of[account]) for account, one in self.twins.items()}
        rows = marks_of(of)
        before = self.state
        happened = self._step(Mark(at, rows), said)
        again = step(self.state, Mark(at, rows), TERMS)[1].filter(pl.col("account_id") != "D")
        assert set(again["kind"]) <= {"marked", "due"}, "the same mark again changes nothing"
        shuffled = rows.sample(fraction=1.0, shuffle=True, seed=len(self.history))
        assert_frame_equal(step(before, Mark(at, shuffled), TERMS)[1], happened)
        one = pl.col("account_id") == sorted(ACCOUNTS)[len(self.history) % len(ACCOUNTS)]
        parts = [step(State(before.events.filter(who)), Mark(at, rows.filter(who)), TERMS)[1] for who in (one, ~one)]
        assert_frame_equal(pl.concat(parts).sort("account_id", maintain_order=True), happened)

    def _step(self, event: Event, said: dict[str, list[twin.Told]]) -> pl.DataFrame:
        before = self.state
        self.state, happened = step(before, event, TERMS)
        for account, told in said.items():
            ours = happened.filter(account_id=account).select("kind", "demand").rows()
            assert ours == told, f"{account} at {event}: {ours}, the twin says {told}"
        assert set(happened["account_id"]) <= set(said)
        self.history.append(happened)
        self.at = event.what.at if isinstance(event, Decided) else event.at
        if isinstance(event, Mark | Clock):
            self.judged_at = self.at
        self._deadlines_stand(before, happened)
        self._ends_are_earned(happened)
        return happened

    def _deadlines_stand(self, before: State, happened: pl.DataFrame) -> None:
        """No deadline moves but by a decision, and a graver line never gives an account more time."""
        if set(happened["kind"]) & {"extended", "waived"}:
            return
        key = ["account_id", "demand"]
        both = before.demands.join(self.state.demands, on=key, suffix="_now").filter(pl.col("status_now") == "open")
        assert both.filter(pl.col("due") != pl.col("due_now")).height == 0

    def _ends_are_earned(self, happened: pl.DataFrame) -> None:
        """Who is cured or restored has the ratio; who has lapsed had no more time."""
        all_events = pl.concat(self.history)
        asked = all_events.filter(pl.col("kind") == "called").select("account_id", "demand", target="target_bp")
        dues = (
            all_events.filter(pl.col("due").is_not_null())
            .group_by("account_id", "demand")
            .agg(pl.col("due").last().alias("last_due"))
        )
        ends = happened.join(asked, on=["account_id", "demand"]).join(dues, on=["account_id", "demand"])
        earned = ends.filter(pl.col("kind").is_in(["cured", "restored"]))
        assert (earned["assets_milli"] * BP >= earned["debt_milli"] * earned["target"]).all()
        in_time = ends.filter(pl.col("kind") == "cured")
        assert (in_time["moment"] <= in_time["last_due"]).all()
        lapsed = ends.filter(pl.col("kind") == "lapsed")
        assert (lapsed["moment"] >= lapsed["last_due"]).all()

    @invariant()
    def fold_is_what_was_folded(self) -> None:
        """All events at once give the state that came step by step."""
        if not self.history:
            return
        at_once = State.begin().after(pl.concat(self.history))
        assert_frame_equal(at_once.demands, self.state.demands)
        assert_frame_equal(at_once.events, self.state.events)

    @invariant()
    def every_call_is_over_or_has_a_date(self) -> None:
        """A call is cured, lapsed or open with a date that had not passed when the account was looked at last."""
        running = self.state.demands.filter(pl.col("status") == "open").join(self.state.standing, on="account_id")
        assert running["due"].null_count() == 0
        assert (running["due"] >= running["last_moment"]).all()
        assert (running["due"] >= self.judged_at).all()

    @invariant()
    def statuses_agree_with_the_twin(self) -> None:
        """The twin has the same demands, with the same deadlines and targets."""
        ours = {
            (row["account_id"], row["demand"]): (row["status"], row["due"])
            for row in self.state.demands.iter_rows(named=True)
        }
        theirs = {
            (account, name): (demand.status, demand.due)
            for account, one in self.twins.items()
            for name, demand in one.demands.items()
        }
        assert ours == theirs


def test_weeks_keep_the_laws() -> None:
    run_state_machine_as_test(Week, settings=settings(max_examples=examples(5), stateful_step_count=12, deadline=None))


@pytest.mark.long
def test_many_weeks_keep_the_laws() -> None:
    run_state_machine_as_test(Week, settings=settings(max_examples=300, stateful_step_count=30, deadline=None))


def test_a_tighter_term_never_removes_a_call() -> None:
    """The same marks under a policy with less time and a higher target: whoever lapsed, lapses, and no later."""
    chance = random.Random(3)
    looser = POLICIES["illustrative"]
    deadlines = tuple(
        replace(
            row,
            within_sessions=max(0, (row.within_sessions or 0) - 1),
            restore_to_bp=(row.restore_to_bp or 0) + 500,
        )
        for row in looser.deadlines
    )
    tighter = CallTerms.of([replace(looser, deadlines=deadlines)])
    for _ in range(12):
        path = [{"A": (chance.randint(900, 1_700), DEBT)} for _ in range(5)]
        lapses = [_lapses(path, terms) for terms in (CallTerms.of([looser]), tighter)]
        for line, at in lapses[0].items():
            assert lapses[1][line] <= at


def _lapses(path: list[dict[str, tuple[int, int]]], terms: CallTerms) -> dict[str, datetime]:
    """Return when each line's demand lapsed first, over closes of successive sessions."""
    found: dict[str, datetime] = {}
    state, session = State.begin(), FIRST
    for amounts_of_the_day in path:
        state, happened = step(state, Mark(moment(session), marks_of(amounts_of_the_day)), terms)
        for line, at in happened.filter(pl.col("kind") == "lapsed").select("line", "moment").rows():
            found.setdefault(line, at)
        session = calendar().offset(session, 1)
    return found
