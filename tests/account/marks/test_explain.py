"""An account's numbers unfold into sums that a risk officer can check by hand, each with the rule that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from rongheng.account.marks.cases import marks_of, read_mark_cases
from rongheng.account.marks.explain import explain
from rongheng.account.marks.stage import ID, Stage

CASES = {case.name: case for case in read_mark_cases(Path(__file__).parents[3] / "cases" / "marks")}


def _explained(case: Stage) -> pl.DataFrame:
    return explain(marks_of(case), ID, case.policy)


def _numbers(terms: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["number"]: row for row in terms.filter("is_total").iter_rows(named=True)}


def test_the_worked_example_shows_every_term_of_its_available_margin() -> None:
    terms = _explained(CASES["The worked example of available margin"])
    margin = terms.filter((pl.col("number") == "available_margin_milli") & ~pl.col("is_total"))
    yuan = [amount // 1_000 for amount in margin["amount_milli"]]
    # cash; collateral of each holding; profit and losses; margin in use; short proceeds and the short's; interest
    assert sorted(yuan) == sorted(
        [120_000, 140_000, 0, 0, 9_750, -8_000, -2_000, -150_000, -64_000, -20_000, -22_000, -500]
    )
    assert sum(yuan) == 3_250
    total = _numbers(terms)["available_margin_milli"]
    assert total["amount_milli"] == 3_250_000
    assert total["rule"] == "exchange.available_margin.definition"
    assert total["article_en"]
    assert total["confidence_zh"]


def test_ratio_lines_and_state_say_which_row_applied_and_why() -> None:
    numbers = _numbers(_explained(CASES["中信 raises its lines for an account full of STAR shares"]))
    assert numbers["maintenance_ratio_bp"]["working"] == "⌊165,000.00 ÷ 100,000.00⌋"
    assert numbers["line_row"]["working"] == "R = 165% ≤ 200%, 85% ∈ (80%, 100%]: 4"
    assert numbers["line_row"]["rule"] == "broker.citic.moving_lines"
    assert numbers["liquidation_line_bp"]["ratio_bp"] == 16_000
    assert numbers["state"]["working"] == "165% < 170%: warning, ≥ 160% liquidation"
    assert numbers["fall_to_todays_line_bp"]["working"] == (
        "⌊(165,000.00 − 160% × 100,000.00) ÷ (165,000.00 − 160% × 0.00)⌋"
    )
    fixed = _numbers(_explained(CASES["Lines that the close fixed stay through the next session"]))
    assert "at the last close: 4" in fixed["line_row"]["working"]


def test_cures_show_their_formulas_with_the_numbers_in_them() -> None:
    numbers = _numbers(_explained(CASES["Cash to add and securities to sell under a warning line of 140 %"]))
    assert numbers["cash_to_cure_milli"]["working"] == "⌈140% × 100,000.00 − 125,000.00⌉"
    assert numbers["cash_to_cure_milli"]["amount_milli"] == 15_000_000
    assert numbers["repay_to_cure_milli"]["working"] == "⌈100,000.00 − 125,000.00 ÷ 140%⌉"
    assert numbers["sale_to_cure_milli"]["working"] == ("⌈(140% × 100,000.00 − 125,000.00) ÷ (140% × (1 − 0%) − 1)⌉")
    hopeless = _numbers(_explained(CASES["An account worth its debt cannot be cured by selling"]))
    assert hopeless["curable"]["working"] == "100,000.00 × (1 − 0.051%) ≤ 100,000.00"
    assert hopeless["sale_to_cure_milli"]["amount_milli"] is None


def test_what_may_leave_shows_each_bound() -> None:
    terms = _explained(CASES["Securities may leave as far as the available margin bears their haircut value"])
    bounds = terms.filter((pl.col("number") == "withdrawable_securities_milli") & ~pl.col("is_total"))
    assert bounds["amount_milli"].to_list() == [100_000_000, 400_000_000, 190_000_000, 90_000_000, 300_000_000]
    assert _numbers(terms)["withdrawable_securities_milli"]["amount_milli"] == 236_842_105


def test_each_breach_is_named_with_its_limit_and_rule() -> None:
    terms = _explained(CASES["Several limits at once, of which the furthest exceeded is named"])
    breaches = terms.filter((pl.col("number") == "breaches") & ~pl.col("is_total"))
    assert breaches["working"].to_list() == [
        "⌈30,000.00 ÷ 150,000.00⌉ = 20% > 10%",
        "⌈30,000.00 ÷ 150,000.00⌉ = 20% > 10%",
    ]
    assert breaches["term_en"].to_list() == [
        "above its limit: security 920001.BJ",
        "above its limit: board bse",
    ]
    assert breaches["rule"].str.starts_with("broker.illustrative.concentration_limits").all()
    assert breaches["confidence_en"].is_not_null().all()
