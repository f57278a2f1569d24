"""The golden cases of rules: all hold, they stand on each side of every date boundary, and the runner bites."""

from __future__ import annotations

from pathlib import Path

import pytest

from rongheng.basics.errors import RuleError, UsageError
from rongheng.rulebook import Rulebook
from rongheng.rulebook.cases import RuleCase, read_cases, run_cases, uncovered

CASES = Path(__file__).parents[2] / "cases" / "rules"

WRONG = """
- case: The financing ratio of 2016
  why: A planted mistake.
  source: hand
  rule: exchange.financing.margin_ratio
  expect: {2016-01-04: 80%}
"""


@pytest.fixture(scope="module")
def cases() -> list[RuleCase]:
    return read_cases(Rulebook.load(), CASES)


def test_every_golden_case_holds(cases: list[RuleCase]) -> None:
    failed = [str(outcome) for outcome in run_cases(Rulebook.load(), cases) if not outcome.passed]
    assert failed == []


def test_every_date_boundary_of_every_rule_has_a_case_on_each_side(cases: list[RuleCase]) -> None:
    assert [str(side) for side in uncovered(Rulebook.load(), cases)] == []


def test_a_boundary_without_a_case_is_found(cases: list[RuleCase]) -> None:
    without = [case for case in cases if case.rule.id != "exchange.order.short_return"]
    sides = [(side.session.isoformat(), side.side) for side in uncovered(Rulebook.load(), without)]
    assert sides == [
        ("2010-03-30", "before"),
        ("2010-03-31", "from"),
        ("2015-08-03", "before"),
        ("2015-08-04", "from"),
        ("2023-02-10", "before"),
        ("2023-02-13", "from"),
    ]


def test_a_case_of_another_market_does_not_stand_for_beijing(cases: list[RuleCase]) -> None:
    rule = "exchange.haircut.cap.etf"
    without = [case for case in cases if (case.rule.id, case.market) != (rule, "BSE")]
    assert {side.market for side in uncovered(Rulebook.load(), without)} == {"BSE"}


def test_a_wrong_case_fails_and_shows_expected_got_and_the_document(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG, encoding="utf-8")
    [outcome] = run_cases(Rulebook.load(), read_cases(Rulebook.load(), path))
    assert not outcome.passed
    told = str(outcome)
    assert "wrong.yaml:2" in told
    assert "expected 80%, got 100%" in told
    assert "2015-11-13" in told


@pytest.mark.parametrize(
    ("found", "instead", "message"),
    [
        ("rule: exchange.financing.margin_ratio", "rule: exchange.financing.margin_rati", "Did you mean 'exchange"),
        ("source: hand", "source: program", "found source 'program'; expected one of hand, document, statement"),
        ("2016-01-04: 80%", "2016-01-04: 0.8", "Write 80%"),
        ("2016-01-04: 80%", "4 January: 80%", "found '4 January'; expected a date"),
        ("  why: A planted mistake.\n", "", "the key 'why' is missing"),
    ],
)
def test_a_malformed_case_is_refused_with_its_line(found: str, instead: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG.replace(found, instead), encoding="utf-8")
    with pytest.raises(RuleError, match=r"wrong\.yaml:\d+: ") as refused:
        run_cases(Rulebook.load(), read_cases(Rulebook.load(), path))
    assert message in str(refused.value)


def test_a_folder_without_cases_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no YAML files with cases there"):
        read_cases(Rulebook.load(), tmp_path)


def test_a_case_may_not_expect_a_value_where_a_rule_is_not_in_force(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG.replace("2016-01-04", "2009-01-05"), encoding="utf-8")
    [outcome] = run_cases(Rulebook.load(), read_cases(Rulebook.load(), path))
    assert (outcome.passed, outcome.got) == (False, "not in force")
