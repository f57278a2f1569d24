"""How rows are shaped: order of columns, leading blanks, grades of rows without figures, words in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from rongheng.basics.errors import UsageError
from rongheng.basics.ids import indices
from rongheng.basics.units import Unit
from rongheng.market.indicators.balance import balance
from rongheng.market.indicators.collateral import collateral
from rongheng.market.indicators.collateral_gap import collateral_gap
from rongheng.market.indicators.contract import Reading
from rongheng.market.indicators.fit import fit
from rongheng.market.indicators.leverage import leverage
from rongheng.market.indicators.participation import participation
from rongheng.market.indicators.rows import choose
from rongheng.market.indicators.safety_distance import safety_distance
from rongheng.market.indicators.share import share
from rongheng.market.indicators.weighted_cost import weighted_cost
from rongheng.market.indicators.words import WORDS
from tests.market.indicators.panels import made_up_panel, make_panel

ALL: list[tuple[Callable[..., Reading], dict[str, Any]]] = [
    (balance, {}),
    (balance, {"every": "month"}),
    (share, {"window": 20}),
    (share, {"window": 20, "every": "month"}),
    (leverage, {}),
    (safety_distance, {"window": 20}),
    (weighted_cost, {"index": "all"}),
    (fit, {}),
    (collateral, {}),
    (collateral_gap, {}),
    (participation, {}),
]
EVERY = pytest.mark.parametrize(("read", "options"), ALL, ids=lambda value: getattr(value, "__name__", str(value)))


@EVERY
def test_a_reading_holds_what_its_indicator_lists_in_that_order(
    read: Callable[..., Reading], options: dict[str, Any]
) -> None:
    reading = read(made_up_panel(150, seed=2), **options)
    names = [figure.name for figure in reading.indicator.figures]
    assert reading.rows.columns == ["session", "as_of", *names, "grade"]
    assert not reading.rows.is_empty()


@EVERY
def test_money_and_ratios_are_floats_and_counts_whole_and_nothing_is_nan(
    read: Callable[..., Reading], options: dict[str, Any]
) -> None:
    whole = {Unit.COUNT: pl.Int64(), Unit.SESSIONS: pl.Int64(), Unit.DATE: pl.Date(), Unit.TEXT: pl.String()}
    reading = read(made_up_panel(150, seed=2), **options)
    for figure in reading.indicator.figures:
        column = reading.rows[figure.name]
        assert column.dtype == whole.get(figure.unit, pl.Float64()), figure.name
        if column.dtype == pl.Float64():
            assert column.drop_nulls().is_finite().all(), figure.name


@EVERY
def test_every_row_with_a_figure_has_a_grade(read: Callable[..., Reading], options: dict[str, Any]) -> None:
    reading = read(made_up_panel(150, seed=2), **options)
    told = [figure.name for figure in reading.indicator.figures if figure.unit not in (Unit.TEXT, Unit.DATE)]
    rows = reading.rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in told))
    assert rows["grade"].null_count() == 0


@EVERY
def test_every_word_of_an_answer_has_both_languages(read: Callable[..., Reading], options: dict[str, Any]) -> None:
    reading = read(made_up_panel(150, seed=2), **options)
    for name in ("state", "verdict", "basis"):
        if name in reading.rows.columns:
            assert set(reading.rows[name].drop_nulls()) <= set(WORDS)
    if "index" in reading.rows.columns:
        assert set(reading.rows["index"]) <= set(indices())


def test_leading_sessions_without_a_figure_are_left_out_and_later_ones_stay() -> None:
    panel = make_panel({"financing_balance": [None, None, 100.0, None, 101.0]})
    rows = balance(panel).rows
    assert rows["session"].to_list() == panel["session"].to_list()[2:]
    assert rows["grade"].to_list() == ["official", None, "official"]


def test_a_callers_panel_is_not_changed() -> None:
    panel = made_up_panel(150, seed=2)
    before = panel.clone()
    for read, options in ALL:
        read(panel, **options)
    assert panel.equals(before)


def test_an_unknown_choice_lists_the_known_ones() -> None:
    assert choose("month", option="every", among=("session", "month")) == "month"
    with pytest.raises(UsageError, match="every is 'year'; it can be session, month"):
        choose("year", option="every", among=("session", "month"))
