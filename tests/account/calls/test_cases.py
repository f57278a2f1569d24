"""Golden cases of calls, written without Python, run through the production step; and a runner that bites."""

from __future__ import annotations

from pathlib import Path

import pytest

from rongheng.account.calls.cases import CallCase, read_call_cases, run_call_cases
from rongheng.basics.errors import RuleError, UsageError

CASES = Path(__file__).parents[3] / "cases" / "calls"
ALL = read_call_cases(CASES)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_golden_case(case: CallCase) -> None:
    (outcome,) = run_call_cases([case])
    assert outcome.passed, str(outcome)


def test_names_are_different() -> None:
    assert len({case.name for case in ALL}) == len(ALL)


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (CASES / "guosen.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (
            "by 2025-04-08 11:30 to 130%",
            "by 2025-04-08 11:31 to 130%",
            "came, not expected: 2025-04-07 called next_day",
        ),
        ("    - 2025-04-08 10:15 paid\n", "", "came, not expected: 2025-04-08 10:15 paid"),
        ("cured next_day", "lapsed next_day", "expected, missing: 2025-04-08 11:30 lapsed next_day"),
    ],
)
def test_a_wrong_expectation_fails_and_shows_what_came(tmp_path: Path, old: str, new: str, shown: str) -> None:
    failed = [
        outcome for outcome in run_call_cases(read_call_cases(_changed(tmp_path, old, new))) if not outcome.passed
    ]
    assert len(failed) == 1
    assert shown in str(failed[0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  why: >-", "  wyh: >-", "wyh"),
        ("source: document", "source: program", "hand, document"),
        ("policy: guosen\n", "policy: guosen\n  also: {cured_by: luck}\n", "luck"),
        ("policy: guosen\n", "policy: guosen\n  also: {haircut: 70%}\n", "nothing that a case may change"),
        ("assets: 1_140_000", "assets: a lot", "cannot read the sum"),
        ("cash: 1.30", "money: 1.30", "money"),
    ],
)
def test_a_malformed_case_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RuleError, match=rf"changed\.yaml:\d+: .*{message}"):
        read_call_cases(_changed(tmp_path, old, new))


def test_a_day_without_trading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2025-04-05 is no trading day; the sessions around it are 2025-04-03 and"):
        read_call_cases(_changed(tmp_path, "{session: 2025-04-07", "{session: 2025-04-05"))
