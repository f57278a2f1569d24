"""Leverage and its ceiling: published figures and the identities between them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import UsageError
from rongheng.market.indicators.leverage import leverage
from tests.market.indicators.panels import RULES, make_panel

RATIOS = st.floats(1.01, 6.0)


def row_at(ratio: float | None, **options: float) -> dict[str, Any]:
    columns: dict[str, list[float | None]] = {
        "maintenance_ratio": [2.0, ratio],
        **{name: [value] * 2 for name, value in RULES.items()},
    }
    return leverage(make_panel(columns), **options).rows.row(1, named=True)


def test_a_ratio_of_267_54_percent_is_a_leverage_of_1_60_below_a_ceiling_of_2_25() -> None:
    """Published: Huachuang Securities, 2025-03-21, at a margin ratio of 80 % with cash."""
    row = row_at(2.6754)
    assert round(row["leverage"], 2) == 1.60
    assert row["ceiling"] == pytest.approx(2.25)


# Hand sums: 1 + h / m and 1 + m / h.
@pytest.mark.parametrize(
    ("m", "h", "ceiling", "after"),
    [
        (0.50, 1.00, 3.00, 1.50),
        (0.80, 1.00, 2.25, 1.80),
        (0.80, 0.70, 1.875, 2.142857),
        (1.00, 1.00, 2.00, 2.00),
        (1.00, 0.70, 1.70, 2.428571),
        (1.00, 0.65, 1.65, 2.538462),
    ],
)
def test_the_ceiling_and_the_ratio_after_opening(m: float, h: float, ceiling: float, after: float) -> None:
    row = row_at(2.5, margin_ratio=m, haircut=h)
    assert row["ceiling"] == pytest.approx(ceiling)
    assert row["ratio_after_opening"] == pytest.approx(after, abs=1e-6)


def test_shares_as_margin_use_the_caps_of_the_session() -> None:
    row = row_at(2.5)
    assert row["ceiling_index_share"] == pytest.approx(1 + 0.70 / 0.80)
    assert row["ceiling_other_share"] == pytest.approx(1 + 0.65 / 0.80)


@given(RATIOS)
@settings(deadline=None)
def test_leverage_and_ratio_say_the_same(ratio: float) -> None:
    """1 / leverage is the share of own capital in the assets, 1 / ratio that of debt: they make up the whole."""
    assert 1 / row_at(ratio)["leverage"] + 1 / ratio == pytest.approx(1)


@given(st.floats(0.3, 1.5), st.floats(0.1, 1.0))
@settings(deadline=None)
def test_an_account_at_its_ceiling_has_the_ratio_after_opening(m: float, h: float) -> None:
    row = row_at(2.5, margin_ratio=m, haircut=h)
    after = row["ratio_after_opening"]
    assert after / (after - 1) == pytest.approx(row["ceiling"])
    assert row_at(after, margin_ratio=m, haircut=h)["ceiling_use"] == pytest.approx(1)


@pytest.mark.parametrize("ratio", [None, 1.0, 0.9])
def test_without_own_capital_or_without_a_ratio_there_is_no_leverage(ratio: float | None) -> None:
    row = row_at(ratio)
    assert row["leverage"] is None
    assert row["ceiling_use"] is None
    assert row["ceiling"] == pytest.approx(2.25)


def test_before_the_rule_there_is_no_ceiling() -> None:
    row = leverage(make_panel({"maintenance_ratio": [2.5]}, first=date(2010, 1, 4))).rows.row(0, named=True)
    assert row["ceiling"] is None
    assert row["leverage"] == pytest.approx(2.5 / 1.5)


@pytest.mark.parametrize("option", [{"margin_ratio": 0.0}, {"haircut": 0.0}, {"haircut": 1.1}])
def test_an_impossible_option_is_refused(option: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        row_at(2.5, **option)
