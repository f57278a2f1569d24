"""Numbers land as the double nearest to what was printed, blanks as null, and anything else is told."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.units import SPELLINGS, Scale, Unit
from rongheng.market.sources.files.numbers import BLANKS, numbers

YUAN = Scale(Unit.YUAN, 1)


def one(text: str, scale: Scale = YUAN, unit: Unit = Unit.YUAN) -> tuple[float | None, bool]:
    values, bad = numbers(pl.Series([text], dtype=pl.String), scale=scale, unit=unit)
    return values[0], bad[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.5", 1234.5),
        ("1,234,567.25", 1234567.25),
        ("１，２３４．５", 1234.5),
        ("+7", 7.0),
        ("-7", -7.0),
        ("－7", -7.0),
        (" 7 ", 7.0),
        ("\u00a07\u3000", 7.0),
        ('="600000"', 600000.0),
        ("=600000", 600000.0),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("5.", 5.0),
    ],
)
def test_a_number_is_read_in_every_dress(text: str, value: float) -> None:
    assert one(text) == (value, False)


@pytest.mark.parametrize("text", [*BLANKS, "NaN", "#N/A", "　", "NULL"])
def test_a_blank_is_null_and_not_zero(text: str) -> None:
    assert one(text) == (None, False)


@pytest.mark.parametrize(
    "text", ["x", "1,23", "1,2345", "12,34,567", "1.2.3", "inf", "1 234", "0x10", "5%", "1e", "12兆"]
)
def test_what_is_no_number_is_told(text: str) -> None:
    assert one(text) == (None, True)


def test_a_per_cent_sign_is_a_unit_of_its_own() -> None:
    for scale in (Scale(Unit.FRACTION, 1), Scale(Unit.FRACTION, 1, 100)):
        assert one("281.58%", scale, Unit.RATIO) == (2.8158, False)
        assert one("281.58％", scale, Unit.RATIO) == (2.8158, False)


def test_an_exponent_of_its_own_is_scaled_too() -> None:
    assert one("2.5E2", Scale(Unit.YUAN, 10**8)) == (25_000_000_000.0, False)


@given(
    digits=st.integers(min_value=0, max_value=10**15),
    places=st.integers(min_value=0, max_value=8),
    spelling=st.sampled_from(sorted(SPELLINGS)),
)
def test_a_printed_decimal_lands_as_the_nearest_double(digits: int, places: int, spelling: str) -> None:
    scale = SPELLINGS[spelling]
    exact = Fraction(digits, 10**places) * scale.numerator / scale.denominator
    text = f"{digits // 10**places}.{digits % 10**places:0{places}d}" if places else str(digits)
    assert one(text, scale, scale.unit) == (float(exact), False)  # float() of a fraction is rounded once
