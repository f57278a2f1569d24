"""The integer steps of the kernels against Python's own integers, out to the bounds of an account."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rongheng.account.marks.arithmetic import (
    FALL_LIMIT_BP,
    NULL,
    ceil_share_bp,
    fall_bp,
    floor_of_product,
    product,
    sale_to_cure_milli,
)
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP, LINE_LIMIT_BP

many = settings(max_examples=400, deadline=None)
LAST = AMOUNT_LIMIT_MILLI - 1
amounts = st.one_of(st.integers(0, LAST), st.integers(0, 20_000), st.integers(LAST - 50, LAST))


@many
@given(st.data())
def test_a_share_is_rounded_up_exactly(data: st.DataObject) -> None:
    whole = data.draw(amounts.filter(bool))
    part = data.draw(st.one_of(st.integers(0, whole), st.integers(max(whole - 5, 0), whole)))
    if data.draw(st.booleans()):  # stand on a whole basis point, or a milli-yuan beside it
        part = min(max(whole // BP * data.draw(st.integers(0, BP)) + data.draw(st.integers(-1, 1)), 0), whole)
    assert ceil_share_bp(part, whole, 10_000.0 / whole) == ceil(Fraction(part * BP, whole))


@many
@given(amounts, st.integers(0, LAST * BP), st.integers(1, LAST * BP))
@example(LAST, LAST * BP, LAST * BP)
@example(LAST, LAST * BP - 1, LAST * BP)
@example(1, 0, 1)
def test_a_quotient_of_a_product_is_rounded_down_exactly(free: int, margin: int, counted: int) -> None:
    margin = min(margin, counted)  # the part is never above 1
    assert floor_of_product(free, margin, counted) == free * margin // counted


@many
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_product_of_128_bits_keeps_every_bit(a: int, b: int) -> None:
    high, low = product(a, b)
    assert (int(high) << 64) + int(low) == a * b


numerators = st.one_of(st.integers(-LAST * LINE_LIMIT_BP, LAST * BP), st.integers(-BP, BP))


@many
@given(numerators, st.one_of(st.integers(-5, 20_000), st.integers(1, LAST * BP)))
@example(LAST * BP, LAST * BP)
@example(-LAST * LINE_LIMIT_BP, 1)
@example(LAST * BP, 1)
def test_a_fall_is_rounded_down_exactly_and_kept_within_its_limit(numerator: int, denominator: int) -> None:
    found = fall_bp(numerator, denominator)
    if denominator <= 0:
        assert found == NULL
        return
    exact = floor(Fraction(numerator, denominator) * BP)
    assert found == max(-FALL_LIMIT_BP, min(FALL_LIMIT_BP, exact))


@many
@given(
    amounts,
    amounts.filter(bool),
    amounts,
    st.integers(-LAST, LAST),
    st.one_of(st.integers(BP + 1, 20_000), st.just(LINE_LIMIT_BP)),
    st.sampled_from([0, 510, 1_500, 200_000, 999_999]),
)
@example(LAST, LAST, 0, 0, LINE_LIMIT_BP, 0)
@example(LAST, LAST - 1, LAST, -LAST, BP + 1, 0)
@example(LAST, 1, LAST, 0, LINE_LIMIT_BP, 999_999)
def test_a_sale_is_the_least_that_restores_the_target(
    assets: int, debt: int, securities: int, free: int, target_bp: int, cost_ppm: int
) -> None:
    securities = min(securities, assets)
    found = sale_to_cure_milli(securities, assets, debt, free, target_bp, cost_ppm)
    target, cost = Fraction(target_bp, BP), Fraction(cost_ppm, 10**6)
    a, d = Fraction(assets), Fraction(debt)
    if a >= target * d:
        assert found == 0
        return
    repaid = max(min(Fraction(free), Fraction(ceil((target * d - a) / (target - 1))), d), Fraction(0))
    a, d = a - repaid, d - repaid
    if a >= target * d:
        assert found == 0
        return
    can = a * (1 - cost) > d and target * (1 - cost) > 1
    sale = ceil((target * d - a) / (target * (1 - cost) - 1)) if can else None
    assert found == (sale if sale is not None and sale <= securities else -1)
