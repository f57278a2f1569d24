"""Golden cases of orders, written without Python, run through the kernels; and a runner that bites."""

from __future__ import annotations

from pathlib import Path

import pytest

from rongheng.account.orders.cases import OrderCase, read_order_cases, run_order_cases
from rongheng.basics.errors import RuleError

CASES = Path(__file__).parents[3] / "cases" / "orders"
ALL = read_order_cases(CASES)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_golden_case(case: OrderCase) -> None:
    failed = [str(outcome) for outcome in run_order_cases([case]) if not outcome.passed]
    assert not failed


def test_names_are_different() -> None:
    assert len({case.name for case in ALL}) == len(ALL)


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (CASES / "opening.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("largest: 5_000", "largest: 5_100", "expected 5_100 = 5100, got 5000"),
        ("margin_left: 0", "margin_left: 0.001", "expected 0.001 = 1, got 0"),
        ("refused_by: margin", "refused_by: none", "got margin"),
        ("add ¥1,000.01 of cash", "add ¥1,000.00 of cash", "got lower to 5,000 shares; add ¥1,000.01 of cash"),
    ],
)
def test_a_wrong_answer_fails_and_shows_expected_and_got(tmp_path: Path, old: str, new: str, shown: str) -> None:
    path = _changed(tmp_path, old, new)
    failed = [str(outcome) for outcome in run_order_cases(read_order_cases(path)) if not outcome.passed]
    assert len(failed) == 1
    assert shown in failed[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("business: financing_buy", "business: financed_buy", "financed_buy"),
        ("refused_by: none", "refused: none", "no answer to an order is called 'refused'"),
        ("cap: 70%, ", "", "has no cap"),
        ("margin_left: 0", "margin_left: 0.0001", "is not a whole milli-yuan"),
        ("  order: {", "  ordre: {", "ordre"),
    ],
)
def test_a_malformed_case_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RuleError, match=rf"changed\.yaml:\d+: .*{message}"):
        run_order_cases(read_order_cases(_changed(tmp_path, old, new)))
