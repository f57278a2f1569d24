"""The detectors, run over one session: each is a file beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rongheng.findings.accounts import book_findings
from rongheng.findings.basis import moved_discounts
from rongheng.findings.calls import call_findings
from rongheng.findings.data_age import stale_tables
from rongheng.findings.dossier import Coverage
from rongheng.findings.finding import Finding, Severity
from rongheng.findings.flows import bought_dips
from rongheng.findings.liquidity import pressed_lenses
from rongheng.findings.pressure import pressed_criteria
from rongheng.findings.publishers import told_apart
from rongheng.findings.snowball import knock_in_pressure
from rongheng.market.indicators.contract import Reading

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary
    from rongheng.basics.text import Text
    from rongheng.market.series import SnowballDay


def detect(
    session: date,
    readings: Mapping[str, Reading],
    coverage: Sequence[Coverage],
    accounts: Summary | None = None,
    calls: Sequence[Mapping[str, Any]] = (),
    snowballs: SnowballDay | None = None,
    apart: Sequence[Text] = (),
) -> tuple[Finding, ...]:
    """Return every finding about the session, the gravest first; equal ones in the order of their detectors."""
    found = [
        *pressed_criteria(session, readings),
        *pressed_lenses(session, readings),
        *moved_discounts(session, readings),
        *bought_dips(session, readings),
        *stale_tables(session, coverage),
        *told_apart(session, apart),
    ]
    if snowballs is not None:
        found += knock_in_pressure(snowballs.bands, session, snowballs.grade, inventory=snowballs.inventory.name)
    if accounts is not None:
        found += book_findings(session, accounts)
        if calls:
            found += call_findings(accounts.session, calls, accounts.grade)
    return gravest_first(found)


def gravest_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, the gravest first; equal ones in the order in which they came."""
    gravity = list(Severity)
    return tuple(sorted(found, key=lambda finding: -gravity.index(finding.severity)))
