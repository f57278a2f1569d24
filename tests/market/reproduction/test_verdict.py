"""What a comparison may conclude: rounding, stand-ins, and who can convict whom."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.market.reproduction.verdict import Computed, Figure, Verdict, compare, missing, same

WHY = Text("算式", "sums")
DAY = date(2025, 3, 21)


def printed(value: float = 2.6754, step: float = 0.0001) -> Figure:
    return Figure("r", "t", "k", str(DAY), DAY, DAY, "c", str(value), value, "ratio", step, None)


@given(st.floats(-0.49, 0.49), st.sampled_from([2.6754, 0.0, -0.094, 1.6e12]), st.sampled_from([1e-4, 0.001, 1e6]))
def test_what_rounds_to_the_printed_figure_agrees(part: float, value: float, step: float) -> None:
    check = compare(printed(value, step), Computed(value + part * step, Grade.OFFICIAL, WHY))
    assert check.verdict is Verdict.AGREES
    assert check.tolerance == pytest.approx(step / 2)


@given(st.floats(0.51, 100), st.sampled_from([1, -1]))
def test_what_does_not_round_to_it_never_agrees(part: float, sign: int) -> None:
    check = compare(printed(), Computed(2.6754 + sign * part * 0.0001, Grade.OFFICIAL, WHY))
    assert check.verdict is Verdict.DISAGREES


def test_half_a_digit_exactly_still_agrees() -> None:
    # 18,213.225 prints as 18,213.22 or 18,213.23, by the printer's rule
    assert compare(printed(18213.22, 0.01), Computed(18213.225, Grade.OFFICIAL, WHY)).verdict is Verdict.AGREES


@pytest.mark.parametrize("grade", list(Grade))
def test_only_official_and_derived_numbers_convict_a_report(grade: Grade) -> None:
    check = compare(printed(), Computed(2.7, grade, WHY), decisive=True)
    convicted = check.verdict is Verdict.REPORT_IS_WRONG
    assert convicted == (grade in (Grade.OFFICIAL, Grade.DERIVED))
    assert same(printed(), holds=False, why=WHY, grade=grade).verdict is check.verdict


@pytest.mark.parametrize("grade", list(Grade))
def test_a_reports_own_figures_convict_it_whatever_the_data_are(grade: Grade) -> None:
    check = compare(printed(), Computed(2.7, grade, WHY), own=True)
    assert check.verdict is Verdict.REPORT_IS_WRONG


@pytest.mark.parametrize(
    ("computed", "verdict"),
    [
        (-0.1345 + 0.0099, Verdict.AGREES_STAND_IN),
        (-0.1345 - 0.0101, Verdict.DISAGREES_STAND_IN),
        (-0.1345, Verdict.AGREES_STAND_IN),  # even an exact match is a stand-in's
    ],
)
def test_a_stand_in_has_one_percentage_point_and_convicts_nobody(computed: float, verdict: Verdict) -> None:
    check = compare(printed(-0.1345, 0.001), Computed(computed, Grade.OFFICIAL, WHY), stand_in=WHY, decisive=True)
    assert check.verdict is verdict
    assert check.tolerance == 0.01


def test_missing_data_leave_no_number() -> None:
    check = missing(printed(), WHY)
    assert (check.computed, check.difference, check.tolerance, check.grade) == (None, None, None, None)
    assert check.published == 2.6754
