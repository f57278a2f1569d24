"""Key numbers: changes against the right sessions, places in their past, and old values under their own date."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import GRADE_DTYPE, Grade
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.findings.key_numbers import KEY_FIGURES, KeyNumber, key_numbers
from rongheng.market.indicators.contract import Figure, Indicator, Reading
from rongheng.market.series import registry

LAST = date(2025, 1, 10)
SESSIONS = calendar().between(date(2025, 1, 2), LAST)  # 2, 3, 6, 7, 8, 9, 10 January


def _dossier(indicator: str, name: str, unit: Unit, values: list[float | None], *, published: bool = True) -> Dossier:
    figure = Figure(name, unit, Text("数", "number"), published=published)
    text = Text("", "")
    described = Indicator(indicator, text, text, "", "", (), (), (figure,), compute=lambda panel: panel)
    rows = pl.DataFrame(
        {"session": SESSIONS, "as_of": SESSIONS, name: values, "grade": ["official"] * len(SESSIONS)},
        schema={"session": pl.Date, "as_of": pl.Date, name: pl.Float64, "grade": GRADE_DTYPE},
    )
    return Dossier(
        as_of=LAST,
        known_at=datetime(2025, 1, 13, 10, tzinfo=UTC),
        panel=rows,
        readings={indicator: Reading(described, rows)},
        unreadable={},
        findings=(),
        coverage=(),
        reproduced=None,
        simulated=False,
    )


def _only(dossier: Dossier) -> KeyNumber:
    (found,) = key_numbers(dossier)
    return found


def test_money_changes_in_percent_and_a_ratio_in_points() -> None:
    balance = _only(_dossier("balance", "margin_balance", Unit.YUAN, [50.0, 80.0, 1.0, 1.0, 1.0, 80.0, 100.0]))
    assert balance.relative
    assert balance.change_day == pytest.approx(0.25)  # 100 against 80 on 9 January
    assert balance.change_week == pytest.approx(0.25)  # five sessions before is 3 January: 80 again
    ratio = _only(_dossier("leverage", "maintenance_ratio", Unit.RATIO, [2.0, 2.5, 2.0, 2.0, 2.0, 2.6, 2.4]))
    assert not ratio.relative
    assert ratio.change_day == pytest.approx(-0.2)
    assert ratio.change_week == pytest.approx(-0.1)


def test_the_percentile_counts_what_is_not_above() -> None:
    found = _only(_dossier("balance", "margin_balance", Unit.YUAN, [5.0, 3.0, 9.0, 4.0, None, 2.0, 4.0]))
    assert found.places == 6
    assert found.percentile == pytest.approx(4 / 6)  # 3, 4, 2 and 4 itself


def test_a_change_from_a_session_without_a_figure_is_missing() -> None:
    found = _only(_dossier("balance", "margin_balance", Unit.YUAN, [1.0, None, 1.0, 1.0, 1.0, None, 2.0]))
    assert found.change_day is None
    assert found.change_week is None


def test_an_old_value_stands_under_its_own_date() -> None:
    found = _only(_dossier("share", "margin_share", Unit.FRACTION, [0.02, 0.03, None, None, None, None, None]))
    assert (found.value, found.as_of) == (0.03, date(2025, 1, 3))
    assert found.change_day == pytest.approx(0.01)


def test_a_figure_that_is_not_published_is_derived_at_best() -> None:
    values: list[float | None] = [1.0] * 7
    assert _only(_dossier("leverage", "leverage", Unit.TIMES, values, published=False)).grade is Grade.DERIVED
    assert _only(_dossier("leverage", "maintenance_ratio", Unit.RATIO, values)).grade is Grade.OFFICIAL


def test_a_balance_of_nothing_has_no_change_in_percent() -> None:
    found = _only(_dossier("balance", "short_balance", Unit.YUAN, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0]))
    assert found.change_day is None


def test_every_key_figure_is_one_that_its_indicator_has() -> None:
    for indicator, name in KEY_FIGURES:
        assert name in {figure.name for figure in registry()[indicator].figures}, (indicator, name)
