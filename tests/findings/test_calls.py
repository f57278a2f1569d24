"""The figures of a day count accounts once each, and findings name what cannot wait."""

from __future__ import annotations

from datetime import date, time

import polars as pl

from rongheng.account.calls import moment
from rongheng.account.calls.events import events_of
from rongheng.basics.grades import Grade
from rongheng.findings.calls import call_findings, figures_of_day
from rongheng.findings.finding import Severity

MONDAY, TUESDAY = date(2025, 4, 7), date(2025, 4, 8)
EVENTS = events_of(
    {"account_id": account, "demand": demand, "kind": kind, "moment": moment(MONDAY), "debt_milli": debt}
    for account, demand, kind, debt in (
        ("A", "liquidation", "called", 100_000),
        ("A", "next_day", "called", 100_000),  # the same account and the same debt
        ("B", "call", "warned", 70_000),
        ("C", "call", "cured", 50_000),
        ("D", "call", "lapsed", 30_000),
    )
)
DEMANDS = pl.DataFrame(
    {
        "account_id": ["A", "A", "D", "E"],
        "status": ["open", "open", "lapsed", "waived"],
        "due": [moment(TUESDAY, time(11, 30)), moment(date(2025, 4, 9)), moment(MONDAY), None],
        "debt_milli": [100_000, 100_000, 30_000, 20_000],
    }
)
OUTCOMES = pl.DataFrame(
    {
        "account_id": ["D", "F"],
        "outcome": ["carried", "reached"],
        "sold_milli": [5_000, 7_000],
        "remainder_milli": [9_000, None],
        "bad_debt_milli": [2_000, 0],
    }
)
NOT_PLANNED = pl.DataFrame({"account_id": ["G"], "reason": ["it has no mark"]})


def test_figures_count_each_account_and_its_debt_once() -> None:
    rows = figures_of_day(EVENTS, DEMANDS, OUTCOMES, NOT_PLANNED, session=MONDAY)
    assert {row["figure"]: (row["accounts"], row["amount_milli"]) for row in rows} == {
        "warned": (1, 70_000),
        "called": (1, 100_000),
        "cured": (1, 50_000),
        "lapsed": (1, 30_000),
        "open": (2, 130_000),
        "due_next": (1, 100_000),
        "standing_lapsed": (1, 30_000),
        "planned": (2, 12_000),
        "not_planned": (1, None),
        "carried": (1, 9_000),
        "bad_debt": (1, 2_000),
    }


def test_what_cannot_wait_is_found_and_a_quiet_day_finds_nothing() -> None:
    rows = figures_of_day(EVENTS, DEMANDS, OUTCOMES, NOT_PLANNED, session=MONDAY)
    found = list(call_findings(MONDAY, rows, Grade.SIMULATED))
    assert [finding.severity for finding in found] == [Severity.HIGH, Severity.HIGH, Severity.WATCH, Severity.WATCH]
    assert found[0].statement.en == "1 account cannot pay even if everything is sold."
    quiet = figures_of_day(EVENTS.clear(), DEMANDS.clear(), OUTCOMES.clear(), NOT_PLANNED.clear(), session=MONDAY)
    assert not list(call_findings(MONDAY, quiet, Grade.SIMULATED))
