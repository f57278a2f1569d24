"""Findings about the pools: what is 0 for want of a class, what breaks a rule, what is stopped."""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.findings.finding import Severity
from rongheng.findings.pools import breaches_of_list, stops_reached, unclassed_securities
from rongheng.market.pools.broker_list import BrokerList
from rongheng.market.pools.caps import haircut_caps
from rongheng.market.pools.list_check import check_list
from rongheng.market.pools.stops import market_stops

SESSION = date(2025, 3, 21)
CAPS = haircut_caps(pl.DataFrame({"security": ["600000.SH", "900901.SH"]}), session=SESSION)


def test_a_security_in_no_class_is_found_with_the_reason() -> None:
    (finding,) = unclassed_securities(CAPS)
    assert finding.subject == "900901.SH"
    assert finding.session == SESSION
    assert finding.severity is Severity.WATCH
    assert "haircut 0" in finding.statement.en
    assert "in no class" in finding.evidence.en
    assert finding.cites.startswith("exchange.haircut.cap")


def test_each_breach_of_a_list_is_a_finding_that_cites_its_rule() -> None:
    frame = pl.DataFrame({"security": ["600000.SH", "900901.SH"], "haircut_bp": [6_600, 100]})
    check = check_list(BrokerList.of(frame, broker="Broker A"), session=SESSION, caps=CAPS)
    findings = breaches_of_list(SESSION, check)
    assert [(one.subject, one.severity) for one in findings] == [
        ("600000.SH", Severity.HIGH),
        ("900901.SH", Severity.HIGH),
    ]
    assert findings[0].cites == "exchange.haircut.cap.other_share"
    assert "66%" in findings[0].evidence.en
    assert "Broker A" in findings[0].statement.en


def test_a_stop_and_a_return_are_found_on_the_day_of_the_figures() -> None:
    days = [date(2025, 3, 19), date(2025, 3, 20), date(2025, 3, 21)]
    rows = pl.DataFrame(
        {
            "security": ["600000.SH"] * 3,
            "session": days,
            "financing_balance": [26.0, 22.0, 19.0],
            "credit_account_value": [90.0] * 3,
            "float_value": [100.0] * 3,
        }
    )
    stops = market_stops(rows)
    (stop,) = stops_reached(days[0], stops)
    assert stop.severity is Severity.HIGH
    assert "suspended from 2025-03-20" in stop.statement.en
    assert "26.0000%" in stop.evidence.en
    assert stops_reached(days[1], stops) == []
    (back,) = stops_reached(days[2], stops)
    assert "resume from 2025-03-24" in back.statement.en
    assert back.cites == "exchange.stops.financing"
