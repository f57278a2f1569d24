"""The basis of index futures: hand sums, what a missing figure does, and laws."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.market.indicators.basis import basis
from rongheng.market.indicators.contract import FUTURES
from rongheng.market.indicators.discounts import basis_contracts
from tests.market.indicators.futures_frames import made_up_contracts, make_contracts

DAY = date(2025, 1, 3)
# Closes of CSI 1000 and IM on 2025-01-03; IM2501 ends on 17 January (14 days), IM2503 on 21 March (77 days).
NEAR = {"session": DAY, "contract": "IM2501", "close": 5625.0, "index_close": 5625.209, "open_interest_lots": 118244}
FAR = {"session": DAY, "contract": "IM2503", "close": 5550.0, "index_close": 5625.209, "open_interest_lots": 168141}


def one(*rows: dict[str, object]) -> dict[str, object]:
    return basis(make_contracts(rows)).rows.row(-1, named=True)


def test_the_discount_of_a_product_is_weighted_by_open_interest() -> None:
    near = (1 - 5625.0 / 5625.209) * 365 / 14
    far = (1 - 5550.0 / 5625.209) * 365 / 77
    weighted = (near * 118244 + far * 168141) / (118244 + 168141)
    assert one(NEAR, FAR)["annual_discount"] == pytest.approx(weighted)
    assert one(NEAR, FAR)["near_basis_points"] == pytest.approx(-0.209)


def test_expected_dividends_are_taken_off_and_make_it_an_estimate() -> None:
    rows = [row | {"dividends_expected": 0.002} for row in (NEAR, FAR)]
    plain, adjusted = one(NEAR, FAR), one(*rows)
    less = 0.002 * (365 / 14 * 118244 + 365 / 77 * 168141) / (118244 + 168141)
    assert adjusted["annual_adjusted"] == pytest.approx(float(str(plain["annual_discount"])) - less)
    assert (plain["annual_adjusted"], plain["grade"], adjusted["grade"]) == (None, "derived", "estimated")


def test_a_constant_maturity_lies_between_the_contracts_around_it() -> None:
    near, far = 1 - 5625.0 / 5625.209, 1 - 5550.0 / 5625.209
    at_30 = near + (far - near) * (30 - 14) / (77 - 14)
    row = one(NEAR, FAR)
    assert row["constant_30"] == pytest.approx(at_30 * 365 / 30)
    assert row["constant_90"] is None  # beyond the last contract nothing is known


def test_the_roll_is_what_the_step_to_the_next_contract_gives() -> None:
    assert one(NEAR, FAR)["roll_yield"] == pytest.approx((5625.0 - 5550.0) / 5625.209 * 365 / (77 - 14))


def test_a_contract_in_its_last_week_is_no_part_of_what_is_by_year() -> None:
    session = date(2025, 1, 14)  # three days before IM2501 ends
    rows = [row | {"session": session} for row in (NEAR, FAR)]
    far = (1 - 5550.0 / 5625.209) * 365 / 66
    assert one(*rows)["annual_discount"] == pytest.approx(far)


def test_a_contract_without_open_interest_leaves_the_mean_open_and_the_rest_stands() -> None:
    row = one(NEAR, FAR | {"open_interest_lots": None})
    assert row["annual_discount"] is None
    assert row["near_basis_points"] == pytest.approx(-0.209)


def test_a_contract_on_its_last_trading_day_has_no_rate_by_year() -> None:
    rows = basis_contracts(make_contracts([NEAR | {"session": date(2025, 1, 17)}])).rows
    assert rows["annual_discount"].to_list() == [None]
    assert rows["discount"].to_list() == [pytest.approx(1 - 5625.0 / 5625.209)]


def test_realised_dividends_are_no_estimate() -> None:
    rows = basis_contracts(make_contracts([NEAR | {"dividends_realised": 0.001}]), dividends="realised").rows
    assert rows.select("adjusted_discount", "grade").row(0) == (
        pytest.approx(1 - 5625.0 / 5625.209 - 0.001),
        "derived",
    )


def steps(changes: list[float]) -> pl.DataFrame:
    """Return the reading of one contract a session whose discount by year moves by these changes."""
    start = calendar().sessions.index(date(2024, 1, 2))
    level, rows = 0.05, []
    for session, change in zip(calendar().sessions[start:], [0.0, *changes], strict=False):
        level += change
        left = (date(2024, 12, 20) - session).days
        close = 5000 * (1 - level * left / 365)
        rows.append({"session": session, "contract": "IM2412", "close": close, "index_close": 5000.0})
    return basis(make_contracts([row | {"open_interest_lots": 1} for row in rows])).rows


def test_a_change_beyond_two_deviations_of_sixty_is_marked_and_one_in_the_outer_fifth_of_a_month_is_told() -> None:
    quiet = [0.001, -0.001] * 30  # 60 changes: mean 0, standard deviation √(60/59) × 0.001
    deviation = (60 / 59) ** 0.5 * 0.001
    marked = steps([*quiet, 0.0021]).row(-1, named=True)
    assert marked["sigmas_60"] == pytest.approx(0.0021 / deviation)
    assert marked["move"] == "widened_markedly"
    assert steps([*quiet, -0.0021]).row(-1, named=True)["move"] == "narrowed_markedly"
    assert steps([*quiet, -0.0015]).row(-1, named=True)["move"] == "narrowed"
    assert steps([*quiet, 0.0]).row(-1, named=True)["move"] is None


@given(seed=st.integers(0, 1000), cut=st.integers(70, 119))
@settings(max_examples=8, deadline=None)
def test_a_row_does_not_change_when_later_sessions_come(seed: int, cut: int) -> None:
    frame = made_up_contracts(120, seed=seed)
    session = frame["session"].unique().sort()[cut]
    known = frame.filter(pl.col("session") <= session)
    for read in (basis, basis_contracts):
        whole = read(frame).rows.filter(pl.col("session") <= session)
        assert_frame_equal(read(known).rows, whole)


def test_a_reading_that_peeks_is_caught_by_the_law() -> None:
    """Planted: a percentile over the whole frame."""
    frame = made_up_contracts(120, seed=3)
    session = frame["session"].unique().sort()[100]
    rank = (pl.col("discount").rank() / pl.len()).alias("peek")
    whole = basis_contracts(frame).rows.with_columns(rank).filter(pl.col("session") <= session)
    part = basis_contracts(frame.filter(pl.col("session") <= session)).rows.with_columns(rank)
    with pytest.raises(AssertionError):
        assert_frame_equal(part, whole)


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 10))
@settings(max_examples=8, deadline=None)
def test_the_unit_of_points_and_lots_does_not_matter(seed: int, scale: float) -> None:
    frame = made_up_contracts(70, seed=seed, gaps=False)
    other = frame.with_columns(
        pl.col("close", "index_close") * scale, open_interest_lots=pl.col("open_interest_lots") * 7
    )
    names = ["annual_discount", "annual_adjusted", "constant_30", "constant_90", "roll_yield"]
    assert_frame_equal(basis(frame).rows.select(names), basis(other).rows.select(names), rel_tol=1e-9, abs_tol=1e-12)


def test_what_cannot_be_asked_is_refused() -> None:
    frame = make_contracts([NEAR])
    with pytest.raises(UsageError, match="--product"):
        basis(frame, product="TF")
    with pytest.raises(UsageError, match="--dividends"):
        basis_contracts(frame, dividends="guessed")
    with pytest.raises(UsageError, match="--marked"):
        basis(frame, marked=0)
    with pytest.raises(MissingDataError, match="contract"):
        basis(pl.DataFrame(schema=FUTURES))


def test_a_future_without_its_index_stays_without_a_basis_beside_others_that_have_one() -> None:
    lone = {"session": DAY, "contract": "IH2503", "close": 2600.0, "open_interest_lots": 5}
    rows = {row["product"]: row for row in basis(make_contracts([NEAR, FAR, lone])).rows.to_dicts()}
    assert rows["IH"]["annual_discount"] is None
    assert rows["IM"]["annual_discount"] is not None
