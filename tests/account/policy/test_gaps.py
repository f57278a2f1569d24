"""What a broker has not published is counted under its name, with what stands in for it, and never made up."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.account.policy import Policy, PolicySet, TakenFrom
from rongheng.account.policy.gaps import STAND_INS
from rongheng.rulebook import Rulebook

SESSION = date(2026, 3, 2)
RULES = Rulebook.load()
SETS = {day: PolicySet.load(session=day, rulebook=RULES) for day in (date(2014, 6, 3), SESSION)}
EVERY = [policy for policies in SETS.values() for policy in policies.values()]


def gaps(policy: Policy) -> dict[str, TakenFrom]:
    return {gap.term: gap.taken_from for gap in policy.gaps}


def test_citic_published_its_lines_and_one_cell_and_nothing_else() -> None:
    # Charts 9 to 11 of the report: lines, moving lines, the names of classes, and the cell C at 180 %
    nothing = ("concentration_overrides", "security_ratios")
    exchange = ("financing_ratios", "short_ratios", "haircuts", "ratio_method")
    check = [f"concentration_check.{part}" for part in ("exempt_without_debt", "row_by", "blocked")]
    practice = ("short_cover", "deadlines.liquidation", *check)
    choice = ("interest", "loss_netting", "existing_contracts", "liquidation", "repayment", "calls")
    assert gaps(SETS[SESSION]["citic"]) == {
        **dict.fromkeys(nothing, TakenFrom.NOTHING),
        **dict.fromkeys(exchange, TakenFrom.EXCHANGE),
        **dict.fromkeys(practice, TakenFrom.PRACTICE),
        **dict.fromkeys(choice, TakenFrom.CHOICE),
    }


def test_a_line_that_is_not_printed_is_the_exchanges_or_is_not_there() -> None:
    # 西藏东方财富 published its liquidation line alone; of 中金's row the column of one line is lost
    tibet, cicc = SETS[SESSION]["tibet_eastmoney"], SETS[SESSION]["cicc"]
    assert gaps(tibet)["lines.withdrawal"] is TakenFrom.EXCHANGE
    assert "lines" not in gaps(tibet)
    assert gaps(cicc)["unnamed"] is TakenFrom.NOTHING
    assert "lines.withdrawal" not in gaps(cicc)


def test_before_july_2015_the_deadline_is_the_exchanges() -> None:
    exchange_only = SETS[date(2014, 6, 3)]["exchange_only"]
    assert gaps(exchange_only)["deadlines"] is TakenFrom.EXCHANGE
    assert "deadlines.liquidation" not in gaps(exchange_only)


def test_a_list_that_is_given_closes_its_gap() -> None:
    haircuts = pl.DataFrame({"security": ["600000.SH"], "haircut_bp": [7_000]})
    citic = PolicySet.load("citic", session=SESSION, rulebook=RULES, haircuts={"citic": haircuts})["citic"]
    assert {*gaps(SETS[SESSION]["citic"])} - {*gaps(citic)} == {"haircuts"}


def test_the_illustrative_policy_has_no_gap() -> None:
    assert SETS[SESSION]["illustrative"].gaps == ()


@pytest.mark.parametrize("policy", EVERY, ids=lambda policy: policy.name)
def test_every_gap_is_a_term_of_the_rulebook_and_every_citation_a_rule(policy: Policy) -> None:
    for gap in policy.gaps:
        term, _, part = gap.term.partition(".")
        assert gap.term == "unnamed" or term in RULES.shapes
        assert not part or part in RULES.shapes[term].schema.terms or part in RULES.classes.members["line"]
        assert bool(gap.rules) is (gap.taken_from is not TakenFrom.NOTHING)
    for cited in policy.cites.values():
        assert all(rule in RULES.rules for rule in cited.split(", "))
    assert all(row.cites in RULES.rules for row in policy.deadlines if row.is_published and "," not in row.cites)


def test_every_rule_that_stands_in_is_in_the_rulebook() -> None:
    for term, stand_in in STAND_INS.items():
        for rule in stand_in.rules:  # of the haircut caps the common start of their ids
            assert any(id_ == rule or id_.startswith(f"{rule}.") for id_ in RULES.rules), term


# What a policy decides, and under which word it is cited.
CITED = {
    "withdrawal_line_bp": "withdrawal_line_bp",
    "margin_ratios": "margin_ratio_bp",
    "lines": "lines",
    "moving_lines": "moving_lines",
    "deadlines": "deadlines",
    "liquidation": "liquidation",
    "repayment": "repayment",
    "calls": "calls",
    "concentration": "concentration_limits",
    "may_cover_with_financed": "short_cover",
    "sale_cost_ppm": "sale_cost_ppm",
    "interest": "interest",
    "loss_netting": "loss_netting",
    "ratio_method": "ratio_method",
    "board_coefficients_bp": "ratio_method",
    "haircuts_by_class": "haircuts",
}
UNCITED = {"name", "cites", "unpublished", "haircuts", "groups", "haircut_ceilings", "valuation", "restore_target_bp"}


ALWAYS = ("liquidation", "repayment", "calls", "interest", "loss_netting", "ratio_method", "deadlines", "short_cover")


def test_every_term_of_a_policy_is_cited() -> None:
    assert {*CITED} | UNCITED == {*Policy.__dataclass_fields__}
    assert {*CITED.values()} <= {*SETS[SESSION]["illustrative"].cites}
    for policy in EVERY:
        assert {*ALWAYS} <= {*policy.cites}, policy.name
    assert SETS[SESSION]["citic"].cites["ratio_method"] == "exchange.maintenance_ratio.definition"
    assert SETS[SESSION]["citic"].cites["concentration_limits"] == "broker.citic.concentration_limits"
