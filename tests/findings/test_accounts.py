"""Findings about a marked book: each is there when its figure is, and not when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rongheng.account.marks.summary import Summary
from rongheng.basics.account_words import State
from rongheng.basics.grades import Grade
from rongheng.findings.accounts import book_findings
from rongheng.findings.finding import Finding, Severity

SESSION = date(2026, 3, 2)


def _state(state: State, accounts: int, debt: int, share: int) -> dict[str, Any]:
    graver = {"accounts_or_graver": accounts, "debt_or_graver_milli": debt, "debt_share_or_graver_bp": share}
    return {"state": state.value, "accounts": accounts} | graver


CALM = Summary(
    session=SESSION,
    grade=Grade.DERIVED,
    source="the bank's own",
    rows=({"table": "accounts", "rows_in": 10, "marked": 10, "quarantined": 0},),
    total={"accounts": 10},
    states=tuple(_state(state, 0, 0, 0) for state in State),
    ratios=({"accounts": 0, "debt_milli": 0, "assets_milli": 0},),
    falls=(),
    shares=(),
    holdings=(),
    problems=(),
    policies=({"policy": "house", "accounts": 10, "unpublished": [], "grade": "derived"},),
)


def _found(summary: Summary, session: date = SESSION) -> list[tuple[str, Severity]]:
    return [(finding.cites, finding.severity) for finding in book_findings(session, summary)]


def _only(summary: Summary, session: date = SESSION) -> Finding:
    (finding,) = book_findings(session, summary)
    return finding


def test_a_calm_book_asks_for_nothing() -> None:
    assert _found(CALM) == []


def test_accounts_under_their_liquidation_line_are_to_be_watched() -> None:
    states = [_state(state, 3, 250_000_000_000, 1_234) for state in State if state is State.LIQUIDATION]
    finding = _only(replace(CALM, states=tuple(states)))
    assert finding.severity is Severity.WATCH
    assert finding.statement.en == "3 accounts are under their liquidation lines."
    assert finding.evidence.zh == "负债 2.50 亿元，占 12.34%"


def test_an_account_that_cannot_pay_its_debt_is_grave() -> None:
    finding = _only(replace(CALM, ratios=({"accounts": 1, "debt_milli": 70_000_000, "assets_milli": 50_000_000},)))
    assert (finding.severity, finding.cites) == (Severity.HIGH, "exchange.maintenance_ratio.definition")
    assert finding.statement.en == "1 account is worth less than its debt."
    assert finding.evidence.zh == "负债 7.00 万元，缺 2.00 万元"


@pytest.mark.parametrize(("verdict", "severity"), [("breach", Severity.HIGH), ("warning", Severity.WATCH)])
def test_a_limit_that_is_met_names_its_rule_and_its_subject(verdict: str, severity: Severity) -> None:
    names = {"name_zh": "单一客户融资集中度", "name_en": "Financing of one client", "rule": "csrc.x"}
    row = names | {"verdict": verdict, "subject": "A-17", "share_bp": 523, "limit_bp": 500}
    finding = _only(replace(CALM, limits=(row, row | {"verdict": "within"})))
    assert (finding.cites, finding.severity) == ("csrc.x", severity)
    assert "A-17" in finding.statement.zh
    assert "5.23%" in finding.evidence.en


def test_quarantined_accounts_and_gaps_of_policies_are_told() -> None:
    rows = ({"table": "accounts", "rows_in": 10, "marked": 8, "quarantined": 2},)
    problems = ({"problem": "negative_cash", "rows": 2, "accounts": 2},)
    gaps = ({"policy": "huatai", "accounts": 8, "unpublished": ["haircuts", "interest"], "grade": "estimated"},)
    assert _found(replace(CALM, rows=rows, problems=problems, policies=gaps)) == [
        ("marks", Severity.WATCH),
        ("broker.huatai", Severity.LOW),
    ]


def test_marks_of_an_earlier_session_say_how_old_they_are() -> None:
    finding = _only(CALM, date(2026, 3, 4))
    assert finding.session == SESSION
    assert finding.evidence.en == "2 sessions behind."
