"""Golden cases of marks, written without Python, run through the kernels; and a runner that bites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rongheng.account.marks.cases import marks_of, read_mark_cases, run_mark_cases
from rongheng.account.marks.stage import Stage
from rongheng.basics.errors import RuleError
from rongheng.basics.market_day import MarketDay
from tests.account.worlds import SESSION, Account, Contract, Security, World
from tests.reference.twin import NOT_CURABLE

CASES = Path(__file__).parents[3] / "cases" / "marks"
ALL = read_mark_cases(CASES)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_golden_case(case: Stage) -> None:
    failed = [str(outcome) for outcome in run_mark_cases([case]) if not outcome.passed]
    assert not failed


def test_names_are_different() -> None:
    assert len({case.name for case in ALL}) == len(ALL)


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (CASES / "worked.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_wrong_number_fails_and_shows_expected_got_and_the_working(tmp_path: Path) -> None:
    path = _changed(tmp_path, "+ 140_000 + 9_750", "+ 140_001 + 9_750")
    failed = [str(outcome) for outcome in run_mark_cases(read_mark_cases(path)) if not outcome.passed]
    assert len(failed) == 1
    assert "available_margin" in failed[0]
    assert "= 3251000, got 3250000" in failed[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  why: Eight terms", "  wyh: Eight terms", "wyh"),
        ("{close: 20.00, cap: 70%}", "{close: 20.00}", "has no cap"),
        ("557_000 / 252_500 to 0.01%", "557_000 / 252_500", "does not come out even"),
        ("source: hand", "source: program", "hand, document, statement"),
        ("withdrawable: 0", "withdrawal: 0", "no column of the marks"),
        ("cash: 120_000", "cash: a lot", "cannot read the sum"),
        ("cash: 120_000", "cash: 1.23456", "more than three decimals"),
    ],
)
def test_a_malformed_case_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = _changed(tmp_path, old, new)
    with pytest.raises(RuleError, match=rf"changed\.yaml:\d+: .*{message}"):
        run_mark_cases(read_mark_cases(path))


def _worth(row: dict[str, Any], valuation: str) -> int:
    """What the case says that a security is worth under the policy's method."""
    other = {"index": row["index_price_milli"], "given": row["given_price_milli"]}.get(valuation)
    price: int = other if row["suspended"] and other is not None else row["price_milli"]
    return price


def _world(case: Stage, day: MarketDay, fixed_row: int | None = None) -> World:
    """The case as the exact twin reads it, at a day's prices."""
    listed = None if case.policy.haircuts is None else dict(case.policy.haircuts.iter_rows())
    groups = {} if case.policy.groups is None else dict(case.policy.groups.iter_rows())
    securities = tuple(
        Security(
            code=row["security"],
            price=_worth(row, case.policy.valuation),
            cap_bp=row["haircut_cap_bp"] if row["is_collateral"] else 0,
            haircut_bp=10_000 if listed is None else listed.get(row["security"]),
            board=row["board"],
            group=groups.get(row["security"]),
            listing=row["listing"],
            registered=row["registered"],
            static_pe_hundredths=row["static_pe_hundredths"],
            collateral_share_bp=row["collateral_share_bp"],
        )
        for row in day.securities.iter_rows(named=True)
    )
    account = case.frames["accounts"].row(0, named=True)
    contracts = tuple(
        Contract(
            kind=row["kind"],
            security=row["security"],
            quantity=row["quantity"],
            amount=row["amount_milli"],
            pinned_bp=row["margin_ratio_bp"],
            opened=row["opened"],
            due=row["due"],
            rate_ppm=0,
            interest=row["interest_milli"],
        )
        for row in case.frames["contracts"].iter_rows(named=True)
    )
    positions = case.frames["positions"]
    subject = Account(
        client_type=account["client_type"],
        policy=account["policy"],
        cash=account["cash_milli"],
        frozen=account.get("frozen_cash_milli", 0),
        other_collateral=account.get("other_collateral_milli", 0),
        other_debt=account.get("other_debt_milli", 0),
        credit_limit=account.get("credit_limit_milli"),
        fixed_row=fixed_row,
        positions=dict(zip(positions["security"], positions["quantity"], strict=True)),
        contracts=contracts,
        held_back={
            row["security"]: row["quantity"] - row["available_quantity"] for row in positions.iter_rows(named=True)
        },
    )
    return World(securities, (case.policy,), (subject,), through=SESSION)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_the_exact_twin_says_the_same_of_every_golden_case(case: Stage) -> None:
    marks = marks_of(case)
    if not marks.marked:
        assert [item.text() for item in case.expect.values()] == marks.problems["problem"].to_list()
        return
    fixed = None if case.closed is None else _world(case, case.closed).expected(0)["line_row"]
    got, expected = marks.frame().row(0, named=True), _world(case, case.day, fixed).expected(0)
    if expected["sale_to_cure_milli"] == NOT_CURABLE:
        expected["sale_to_cure_milli"] = None
    assert {name: got[name] for name in expected} == expected
