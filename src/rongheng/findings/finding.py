"""A finding: one judged statement about one subject on one session, the same kind for a market and for an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text


class Severity(StrEnum):
    """How much a finding matters, from least to most."""

    INFO = "info"
    LOW = "low"
    WATCH = "watch"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was judged, on which session, how grave, resting on what, and which rule or indicator it cites."""

    subject: str  # market, an index key, later an account id
    session: date
    severity: Severity
    statement: Text
    evidence: Text  # the number beside its threshold
    cites: str  # rule id or indicator name
    grade: Grade
