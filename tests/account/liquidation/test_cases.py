"""Golden cases of forced sales, worked by hand, run through the kernels; and a runner that bites."""

from __future__ import annotations

from pathlib import Path

import pytest

from rongheng.account.liquidation.cases import LiquidationCase, read_liquidation_cases, run_liquidation_cases
from rongheng.basics.errors import RuleError

CASES = Path(__file__).parents[3] / "cases" / "liquidation"
ALL = read_liquidation_cases(CASES)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_golden_case(case: LiquidationCase) -> None:
    assert [str(outcome) for outcome in run_liquidation_cases([case]) if not outcome.passed] == []


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("sold: {600000.SH: 3_600}", "sold: {600000.SH: 3_500}", "got 600000.SH: 3600"),
        ("costs: 10.80 + 0.36 + 18.00", "costs: 10.80 + 0.36 + 18.01", "got 29160 milli"),
        ("outcome: reached", "outcome: carried", "got reached"),
    ],
)
def test_a_wrong_expectation_fails_and_shows_what_came(tmp_path: Path, old: str, new: str, shown: str) -> None:
    text = (CASES / "plans.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    outcomes = run_liquidation_cases(read_liquidation_cases(path))
    failed = [str(outcome) for outcome in outcomes if not outcome.passed]
    assert len(failed) == 1
    assert shown in failed[0]


def test_an_unknown_answer_is_refused_where_it_stands(tmp_path: Path) -> None:
    text = (CASES / "plans.yaml").read_text(encoding="utf-8").replace("bad_debt: 0", "bad_dept: 0", 1)
    path = tmp_path / "changed.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=r"changed.yaml:\d+: no answer of a forced sale is called 'bad_dept'"):
        read_liquidation_cases(path)
