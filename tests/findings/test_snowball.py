"""Findings about snowballs: each bar has a case on either side."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.findings.finding import Severity
from rongheng.findings.snowball import knock_in_days, knock_in_pressure

SESSION = date(2024, 1, 19)


def band(**changed: Any) -> pl.DataFrame:
    row = {"index": "csi500", "distance": 0.02, "notional_yuan": 5e9, "released_futures": 2_000.0, "of_volume": 0.02}
    return pl.DataFrame([row | changed], schema_overrides={"of_volume": pl.Float64()})


@pytest.mark.parametrize(
    ("changed", "severity"),
    [
        ({"of_volume": 0.0299}, Severity.LOW),
        ({"of_volume": 0.03}, Severity.WATCH),
        ({"of_volume": 0.0999}, Severity.WATCH),
        ({"of_volume": 0.10}, Severity.HIGH),
        ({"of_volume": 0.5, "distance": 0.05}, Severity.INFO),
        ({"of_volume": 0.5, "distance": 0.04}, Severity.HIGH),
        ({"of_volume": None}, Severity.LOW),
    ],
)
def test_what_is_released_nearby_makes_a_knock_in_grave(changed: dict[str, Any], severity: Severity) -> None:
    (finding,) = knock_in_pressure(band(**changed), SESSION)
    assert (finding.severity, finding.grade, finding.session) == (severity, Grade.ESTIMATED, SESSION)


def test_bands_of_a_fall_are_added_up_for_each_index() -> None:
    bands = pl.concat([band(), band(distance=0.03, of_volume=0.09), band(index="csi1000", distance=0.2)])
    near, far = knock_in_pressure(bands, SESSION)
    assert near.severity is Severity.HIGH
    assert "100.0 亿元" in near.statement.zh
    assert "¥10.00 bn" in near.statement.en
    assert "11.0%" in near.evidence.en
    assert (far.subject, far.severity) == ("csi1000", Severity.INFO)
    assert "20.0% below" in far.evidence.en


def test_a_finding_of_a_note_names_the_inventory_that_it_rests_on() -> None:
    (finding,) = knock_in_pressure(band(), SESSION, Grade.SIMULATED, inventory=Text("某清单", "some inventory"))
    assert finding.grade is Grade.SIMULATED
    assert finding.evidence.en.endswith("; by some inventory")
    assert finding.evidence.zh.endswith("；依据某清单")


def test_a_day_without_a_knock_in_is_no_finding() -> None:
    row = {"session": SESSION, "index": "csi500", "knocked_in": 0, "knocked_in_yuan": 0.0, "flow_futures": -9.0}
    days = pl.DataFrame([row | {"of_volume": -0.2}, row | {"knocked_in": 3, "knocked_in_yuan": 2e9, "of_volume": -0.2}])
    (finding,) = knock_in_days(days)
    assert finding.severity is Severity.HIGH
    assert "3 snowballs on the CSI 500, ¥2.00 bn" in finding.statement.en
    assert "-20.0% of a day's volume" in finding.evidence.en
