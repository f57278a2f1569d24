"""The book in figures: every account is counted once, sums are exact, and they agree with the marks one by one."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from rongheng.account.marks import mark
from rongheng.account.marks.summary import Summary, Tally, summarise
from tests.account.worlds import World, worlds
from tests.depth import examples

quick = settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))


def _sum(rows: object, name: str) -> int:
    assert isinstance(rows, tuple)
    return sum(row[name] for row in rows)


@quick
@given(worlds())
def test_every_account_stands_in_one_state_one_band_and_one_policy(world: World) -> None:
    summary = _summary(world)
    for row in summary.rows:
        assert row["rows_in"] == row["marked"] + row["quarantined"]
    assert _sum(summary.states, "accounts") == _sum(summary.policies, "accounts") == summary.rows[0]["marked"]
    for bands in (summary.ratios, summary.falls, summary.shares):
        assert _sum(bands, "accounts") == summary.total["indebted_accounts"]
        assert _sum(bands, "debt_milli") == summary.total["debt_milli"]


@quick
@given(worlds())
def test_sums_are_those_of_the_marks(world: World) -> None:
    frame = mark(world.book(), world.day(), world.policy_set()).frame()
    summary = _summary(world)
    assert summary.total["assets_milli"] == sum(frame["assets_milli"].to_list())
    for row in summary.states:
        mine = frame.filter(frame["state"] == row["state"])
        assert row["accounts"] == mine.height
        assert row["debt_milli"] == sum(mine["debt_milli"].to_list())
        assert row["cash_to_cure_milli"] == sum(mine["cash_to_cure_milli"].fill_null(0).to_list())


@quick
@given(worlds())
def test_a_summary_does_not_depend_on_the_spans_it_is_made_of(world: World) -> None:
    marks = mark(world.book(), world.day(), world.policy_set())
    tally = Tally()
    for span in reversed(list(marks.spans(2))):
        tally.add(span, span.frame())
    assert tally.summary(marks) == summarise(marks)


def _summary(world: World) -> Summary:
    return summarise(mark(world.book(), world.day(), world.policy_set()))
