"""Figures as readers see them: units, signs, dashes, both languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.text import Language
from rongheng.basics.units import Unit
from rongheng.report.numbers import MINUS, MISSING, NBSP, column_scale, display, typeset

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (1.8565e12, Unit.YUAN, "1.86 万亿元", "CNY 1.86 tn"),
        (61_334_000_000, Unit.YUAN, "613.3 亿元", "CNY 61.33 bn"),
        (-61_334_000_000, Unit.YUAN, "−613.3 亿元", "CNY −61.33 bn"),
        (1_065_593.55, Unit.YUAN, "106.6 万元", "CNY 1.07 mn"),
        (812.0, Unit.YUAN, "812 元", "CNY 812"),
        (2.4895, Unit.RATIO, "248.95 %", "248.95 %"),
        (0.0182, Unit.FRACTION, "1.82 %", "1.82 %"),
        (1.671, Unit.TIMES, "1.67×", "1.67×"),
        (-1.2289, Unit.SIGMA, "−1.23 σ", "−1.23 σ"),
        (4475.61, Unit.POINTS, "4,475.61 点", "4,475.61 points"),
        (1, Unit.SESSIONS, "1 个交易日", "1 session"),
        (6, Unit.SESSIONS, "6 个交易日", "6 sessions"),
        (7_239_434, Unit.COUNT, "723.9 万", "7.24 mn"),
        (52_034, Unit.COUNT, "5.20 万", "52,034"),
        (97, Unit.COUNT, "97", "97"),
        (date(2025, 1, 10), Unit.DATE, "2025-01-10", "2025-01-10"),
    ],
)
def test_a_figure_is_written_as_its_unit_asks(value: float, unit: Unit, zh: str, en: str) -> None:
    assert display(value, unit, "zh").replace(NBSP, " ") == zh
    assert display(value, unit, "en").replace(NBSP, " ") == en


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf"), ""])
def test_what_is_missing_is_a_dash_and_never_a_zero(missing: float | str | None) -> None:
    for unit in Unit:
        assert display(missing, unit, "zh") == MISSING


@given(FINITE, st.sampled_from(list(Unit)), st.sampled_from(["zh", "en"]), st.booleans())
def test_no_sign_stands_before_what_rounds_to_nothing(
    value: float, unit: Unit, language: Language, signed: bool
) -> None:
    text = display(value, unit, language, signed=signed)
    if not any(digit in "123456789" for digit in text):
        assert MINUS not in text
        assert "+" not in text


@given(st.floats(min_value=-9, max_value=9))
def test_a_percentage_reads_back_within_half_a_digit(value: float) -> None:
    text = display(value, Unit.FRACTION, "zh").removesuffix("%").strip().replace(MINUS, "-").replace(",", "")
    assert abs(float(text) / 100 - value) <= 0.00005 + 1e-12


@given(FINITE.filter(lambda value: abs(value) >= 1e4))
def test_an_amount_in_chinese_reads_back_within_half_a_percent(value: float) -> None:
    text = display(value, Unit.YUAN, "zh").replace(MINUS, "-").replace(",", "").replace(NBSP, "")
    for name, size in (("万亿元", 1e12), ("亿元", 1e8), ("万元", 1e4)):
        if text.endswith(name):
            assert abs(float(text.removesuffix(name)) * size - value) <= 0.006 * abs(value)
            return
    pytest.fail(f"{text} has no unit of ten thousand or more")


def test_a_column_of_money_has_one_scale_whatever_its_rows() -> None:
    chinese, english = (column_scale(Unit.YUAN, [1.8e12, None, 6e8], language) for language in ("zh", "en"))
    assert (chinese.label.zh, chinese.show(6e8), chinese.show(1.8e12)) == ("亿元", "6.00", "18,000.00")
    assert (english.label.en, english.show(6e8), english.show(None)) == ("CNY bn", "0.60", MISSING)


@given(st.text(alphabet="0123456789.-+% 万亿元股户点的至（），abc", max_size=40))
def test_a_sentence_set_twice_is_set_once(text: str) -> None:
    assert typeset(typeset(text)) == typeset(text)


def test_dates_and_hyphens_are_no_minus_signs() -> None:
    assert typeset("自 2024-12-12 至 2025-01-10，Newey-West") == "自 2024-12-12 至 2025-01-10，Newey-West"
