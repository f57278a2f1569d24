"""Policies come from the rulebook's documents; the tightest term wins and nothing unpublished is made up."""

from __future__ import annotations

from datetime import date

import pytest

from rongheng.account.policy import Lines, MovingLines, MovingRow, Policy, PolicySet
from rongheng.basics.errors import LoosenedRuleError, RuleError, UsageError
from rongheng.rulebook import Rulebook
from tests.account.worlds import RATIOS

SESSION = date(2026, 3, 2)


def test_the_exchanges_steps_are_the_printed_ones() -> None:
    ratios = PolicySet.load("exchange_only", session=SESSION)["exchange_only"].margin_ratios
    assert ratios.financing == RATIOS.financing  # the table of changes, typed in the tests by hand
    assert ratios.short == RATIOS.short
    assert ratios.short_private_fund == RATIOS.short_private_fund


def test_selling_costs_stamp_duty_and_transfer_fee_of_the_day() -> None:
    # 0.1 % + 0.002 % until 2022-04-28, 0.05 % + 0.001 % from 2023-08-28
    assert PolicySet.load("exchange_only", session=date(2022, 4, 28))["exchange_only"].sale_cost_ppm == 1_020
    assert PolicySet.load("exchange_only", session=date(2023, 8, 25))["exchange_only"].sale_cost_ppm == 1_010
    assert PolicySet.load("exchange_only", session=date(2023, 8, 28))["exchange_only"].sale_cost_ppm == 510


def test_a_brokers_published_lines_are_its_own() -> None:
    policies = PolicySet.load("guosen", "cicc", "everbright", session=SESSION)
    # printed: 国信 150 140 130 and a next-day line of 115
    assert policies["guosen"].lines == Lines(15_000, 14_000, 13_000, next_day_bp=11_500)
    # printed: 中金 150 140 130 125; the column of the last one is lost, so it is named and not used
    assert policies["cicc"].lines == Lines(15_000, 14_000, 13_000)
    assert "unnamed" in policies["cicc"].unpublished
    # 光大 published a concentration table and no lines
    assert policies["everbright"].lines == Lines()
    assert "lines" in policies["everbright"].unpublished


def test_a_moving_row_keeps_the_lines_that_it_does_not_name_and_leaves_none_under_a_graver_one() -> None:
    moving = PolicySet.load("illustrative", session=SESSION)["illustrative"].moving_lines
    assert moving is not None
    top = moving.rows[-1]
    # the row says 170 and 150; the fixed call line of 140 would lie under the liquidation line, so it is 150 as well
    assert top.lines == Lines(17_000, 15_000, 15_000, 12_000, 11_500, 11_000)
    assert top.withdrawal_line_bp == 31_000


def test_a_broker_looser_than_the_exchange_is_refused_naming_both_documents(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    broker = folder / "rules" / "broker" / "soft"
    broker.mkdir(parents=True)
    (broker / "broker.yaml").write_text("name: {zh: 松, en: Soft}\nkind: illustrative\n", encoding="utf-8")
    (broker / "lines.yaml").write_text(
        "id: broker.soft.lines\ntimeline:\n  - value: {withdrawal: 280%}\n    from: 2024-01-02\n"
        "    cite: rongheng-illustrative\n    confidence: chosen\n",
        encoding="utf-8",
    )
    with pytest.raises(LoosenedRuleError, match=r"broker\.soft\.lines.*exchange\.maintenance\.withdrawal_line"):
        PolicySet.load("soft", session=SESSION, rulebook=Rulebook.load(folder))


def test_an_unknown_policy_names_a_near_one() -> None:
    with pytest.raises(UsageError, match="Did you mean 'guosen'"):
        PolicySet.load("guosenn", session=SESSION)


def _rows(*rows: tuple[int, int, int]) -> MovingLines:
    return MovingLines(20_000, tuple(MovingRow(u, Lines(warning_bp=w, liquidation_bp=q)) for u, w, q in rows))


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"lines": Lines(warning_bp=13_000, liquidation_bp=14_000)}, "is above the warning line"),
        ({"lines": Lines(liquidation_bp=10_000)}, "expected above 10000"),
        ({"moving_lines": _rows((5_000, 14_000, 13_000))}, "the last one 10000"),
        ({"moving_lines": _rows((5_000, 15_000, 14_000), (10_000, 15_000, 13_000))}, "a line falls as the share rises"),
        ({"moving_lines": _rows((10_000, 20_000, 13_000))}, "not under the ratio 20000"),
        ({"sale_cost_ppm": 1_000_000}, "selling costs"),
        ({"restore_target_bp": 10_000}, "restore target"),
    ],
)
def test_terms_that_cannot_be_are_refused(terms: dict[str, object], message: str) -> None:
    with pytest.raises(RuleError, match=message):
        Policy("P", withdrawal_line_bp=30_000, margin_ratios=RATIOS, **terms)  # type: ignore[arg-type]
