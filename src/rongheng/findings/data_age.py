"""Detector: a table that ends before the session that is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import Grade
from rongheng.basics.tables import TABLES, Table
from rongheng.basics.text import Text
from rongheng.findings.dossier import Coverage
from rongheng.findings.finding import Finding, Severity
from rongheng.market.series import published_by

_LATE_SESSIONS = 60  # what ended longer ago has been given up; the coverage table shows it


def _published(table: Table, session: date) -> date:
    """Return the last session of which the table's figures are out when a note of the session is written."""
    day = session
    while table.publication.known_at(day) > published_by(session):
        day = calendar().offset(day, -1)
    return day


def stale_tables(session: date, coverage: Iterable[Coverage]) -> Iterator[Finding]:
    """Yield a finding for each series that has lately fallen behind the session: what rests on it is out of date."""
    for entry in coverage:
        behind = calendar().count_between(entry.last, _published(TABLES[entry.table], session))
        if not TABLES[entry.table].daily or not 0 < behind <= _LATE_SESSIONS:
            continue
        yield Finding(
            subject=entry.part or entry.table,
            session=session,
            severity=Severity.WATCH,
            statement=Text(
                f"{entry.label.zh}止于 {entry.last}，早于本次判断的交易日。",
                f"The {entry.label.en} end on {entry.last}, before the session that is judged.",
            ),
            evidence=Text(f"落后 {behind} 个交易日", f"{behind} sessions behind"),
            cites="lake coverage",
            grade=Grade.DERIVED,
        )
