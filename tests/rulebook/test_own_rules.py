"""A new rule, broker or contract takes YAML and one case, and no code; the how-to that says so is executed here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rongheng.account.policy import Lines, PolicySet
from rongheng.basics.errors import LoosenedRuleError, RuleError
from rongheng.rulebook import Rulebook
from rongheng.rulebook.cases import read_cases, run_cases, uncovered
from rongheng.rulebook.lint import lint
from tests.rulebook.how_to import HOW_TO, files_of, lay_out


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def test_the_how_to_has_a_rule_a_broker_a_document_and_cases() -> None:
    names = set(files_of(HOW_TO))
    assert {"documents.yaml", "rules/broker/harbour/broker.yaml", "rules/broker/harbour/lines.yaml"} <= names
    assert any(name.startswith("cases/") for name in names)


def test_what_the_how_to_adds_is_read_and_its_cases_hold(mine: Path) -> None:
    book = Rulebook.load(mine)
    cases = read_cases(book, mine / "cases")
    assert [str(outcome) for outcome in run_cases(book, cases) if not outcome.passed] == []
    added = {id_ for id_ in book.rules if id_ not in Rulebook.load().rules}
    assert {case.rule.id for case in cases} == added
    assert [str(side) for side in uncovered(book, cases) if side.rule_id in added] == []
    assert [str(problem) for problem in lint(book)] == []


def test_what_ships_is_left_as_it_is(mine: Path) -> None:
    ratio = "exchange.financing.margin_ratio"
    assert Rulebook.load(mine).rule(ratio).on("2026-01-19").bp == Rulebook.load().rule(ratio).on("2026-01-19").bp
    assert "harbour" not in Rulebook.load().brokers


def test_a_looser_term_is_refused_naming_both_documents(mine: Path) -> None:
    lines = mine / "rules" / "broker" / "harbour" / "lines.yaml"
    lines.write_text(
        lines.read_text(encoding="utf-8").replace("withdrawal: 310%", "withdrawal: 290%"), encoding="utf-8"
    )
    with pytest.raises(LoosenedRuleError) as refused:
        Rulebook.load(mine)
    message = str(refused.value)
    assert message.startswith(f"{lines}:")
    assert "says 290% (Harbour Securities: Terms of margin trading, 2026-03-02)" in message
    assert "floor of 300% that exchange.maintenance.withdrawal_line has" in message
    assert "Shanghai Stock Exchange" in message


def test_the_folder_in_which_one_stands_is_checked_too(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = mine / "rules" / "broker" / "harbour" / "lines.yaml"
    lines.write_text(lines.read_text("utf-8").replace("withdrawal: 310%", "withdrawal: 290%"), encoding="utf-8")
    monkeypatch.chdir(mine)
    with pytest.raises(LoosenedRuleError, match=r"^rules/broker/harbour/lines\.yaml:"):
        Rulebook.load(".")


def test_a_name_that_stands_twice_is_refused(mine: Path) -> None:
    taken = mine / "rules" / "exchange" / "financing" / "margin_ratio.yaml"
    taken.parent.mkdir(parents=True)
    taken.write_text("id: exchange.financing.margin_ratio\n", encoding="utf-8")
    with pytest.raises(RuleError, match=r"'exchange\.financing\.margin_ratio' stands in .*rulebook/rules/exchange"):
        Rulebook.load(mine)


def test_a_term_that_a_later_rule_overtakes_is_refused_from_that_day(mine: Path) -> None:
    ratios = mine / "rules" / "broker" / "harbour" / "financing_ratios.yaml"
    text = ratios.read_text(encoding="utf-8").replace("from: 2026-03-09", "from: 2024-03-04")
    ratios.write_text(
        text.replace("announced: 2026-03-02", "announced: 2024-03-01").replace(", 1)", ", 0.9)"), encoding="utf-8"
    )
    with pytest.raises(
        LoosenedRuleError, match=r"floor of 100% that exchange\.financing\.margin_ratio has from 2026-01-19"
    ):
        Rulebook.load(mine)


def test_the_contract_of_the_how_to_counts_as_its_table_says(mine: Path) -> None:
    policy = PolicySet.load("lin_fund", session=date(2026, 4, 1), rulebook=Rulebook.load(mine))["lin_fund"]
    assert policy.withdrawal_line_bp == 32_000
    assert policy.lines == Lines(warning_bp=15_000, liquidation_bp=13_500)


def test_the_looser_contracts_that_the_how_to_speaks_of_are_refused(mine: Path) -> None:
    contract = mine / "rules" / "client" / "lin_fund"
    lines, ratios = contract / "lines.yaml", contract / "short_ratios.yaml"
    lines.write_text(lines.read_text(encoding="utf-8").replace("liquidation: 135%", "liquidation: 125%"), "utf-8")
    with pytest.raises(LoosenedRuleError) as refused:
        Rulebook.load(mine)
    message = str(refused.value)
    assert message.startswith(f"{lines}:")
    assert "liquidation 125% (Harbour Securities: Margin contract with Lin No. 1 Fund, 2026-03-25)" in message
    assert "130% that broker.harbour.lines has from 2026-03-09" in message
    assert "(Harbour Securities: Terms of margin trading, 2026-03-02" in message
    lines.unlink()
    ratios.write_text(ratios.read_text(encoding="utf-8").replace("max(2 - haircut, 1.3)", "1.1"), "utf-8")
    other = mine.rename(mine.parent / "again")  # each folder is read once in a process
    with pytest.raises(
        LoosenedRuleError, match=r"says 110% .*Lin No\. 1 Fund.*floor of 120% that exchange\.short\.mar"
    ):
        Rulebook.load(other)
