"""A discount that moved becomes a finding, with the change beside its own past; one that did not is no finding."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.findings.basis import moved_discounts
from rongheng.findings.finding import Severity
from rongheng.market.indicators.basis import INDICATOR
from rongheng.market.indicators.contract import Reading

DAY = date(2025, 1, 3)
ROW = {
    "session": DAY,
    "as_of": DAY,
    "product": "IM",
    "annual_discount": 0.043,
    "annual_adjusted": 0.0401,
    "change_1": -0.0368,
    "sigmas_60": -1.22,
    "rank_20": 0.1,
    "near_contract": "IM2501",
    "near_basis_points": -0.209,
    "grade": "estimated",
}


@pytest.mark.parametrize(
    ("move", "severity", "says"),
    [
        ("narrowed", Severity.INFO, "narrowed"),
        ("narrowed_markedly", Severity.LOW, "narrowed markedly"),
        ("widened", Severity.LOW, "widened"),
        ("widened_markedly", Severity.WATCH, "widened markedly"),
    ],
)
def test_a_move_is_told_with_its_numbers(move: str, severity: Severity, says: str) -> None:
    (found,) = moved_discounts(DAY, {"basis": Reading(INDICATOR, pl.DataFrame([ROW | {"move": move}]))})
    assert (found.subject, found.severity) == ("IM", severity)
    assert f"{says}: 4.01% by year, -3.68 percentage points" in found.statement.en
    assert "-1.2 standard deviations" in found.evidence.en
    assert "IM2501 at -0.2 points" in found.evidence.en


def test_no_move_and_no_reading_are_no_findings() -> None:
    quiet = pl.DataFrame([ROW | {"move": None}], schema_overrides={"move": pl.String()})
    assert list(moved_discounts(DAY, {"basis": Reading(INDICATOR, quiet)})) == []
    assert list(moved_discounts(DAY, {})) == []
