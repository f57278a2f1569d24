"""Lenses at watch or high are findings, and the verdict of all; money that comes in on a fall is told."""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.findings.finding import Severity
from rongheng.findings.flows import bought_dips
from rongheng.findings.liquidity import pressed_lenses
from rongheng.market.indicators import flows, liquidity
from rongheng.market.indicators.contract import Reading
from rongheng.market.indicators.row_schema import row_schema

DAY = date(2025, 1, 6)


def test_each_lens_that_is_pressed_and_the_verdict_of_all_are_findings() -> None:
    verdicts = {"margin": "high", "financing": "watch", "futures": "watch", "funds": None, "overall": "high"}
    rows = [
        {"session": DAY, "as_of": DAY, "lens": lens, "lens_en": lens, "lens_zh": lens, "verdict": verdict}
        | {"evidence_zh": "数", "evidence_en": "number", "grade": "derived"}
        for lens, verdict in verdicts.items()
    ]
    reading = Reading(liquidity.INDICATOR, pl.DataFrame(rows, schema=row_schema(liquidity.INDICATOR.figures)))
    found = list(pressed_lenses(DAY, {"liquidity": reading}))
    # The criteria of margin accounts, outflow among them, are findings of their own.
    assert [(one.cites, one.severity) for one in found] == [
        ("liquidity.futures", Severity.WATCH),
        ("liquidity.overall", Severity.HIGH),
    ]
    assert list(pressed_lenses(DAY, {})) == []


def test_money_that_comes_in_while_the_index_falls_is_told_and_other_flows_are_not() -> None:
    rows = [
        {"group": "csi1000", "net_inflow": 771e6, "index_change": -0.0031, "run": 3, "dip_share": 0.3077},
        {"group": "csi300", "net_inflow": 1592e6, "index_change": 0.001, "run": 3, "dip_share": 0.3},
        {"group": "csi500", "net_inflow": -1e6, "index_change": -0.01, "run": -1, "dip_share": 0.3},
        {"group": "创业板", "net_inflow": 1e6, "index_change": None, "run": 1, "dip_share": None},
    ]
    full = [row | {"session": DAY, "as_of": DAY, "funds": 3, "lacking": 0, "grade": "derived"} for row in rows]
    reading = Reading(flows.INDICATOR, pl.DataFrame(full, schema=row_schema(flows.INDICATOR.figures)))
    (found,) = bought_dips(DAY, {"flows": reading})
    assert found.subject == "csi1000"
    assert "fell by 0.31% and its funds took in CNY 0.77 bn" in found.statement.en
    assert "31% of the falls" in found.evidence.en
