"""The detectors of the market half, run over one session's readings: each is a file beside this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rongheng.findings.data_age import stale_tables
from rongheng.findings.dossier import Coverage
from rongheng.findings.finding import Finding, Severity
from rongheng.findings.pressure import pressed_criteria
from rongheng.market.indicators.contract import Reading


def detect(session: date, readings: Mapping[str, Reading], coverage: Sequence[Coverage]) -> tuple[Finding, ...]:
    """Return every finding about the session, the gravest first; equal ones in the order of their detectors."""
    found = [*pressed_criteria(session, readings), *stale_tables(session, coverage)]
    gravity = list(Severity)
    return tuple(sorted(found, key=lambda finding: -gravity.index(finding.severity)))
