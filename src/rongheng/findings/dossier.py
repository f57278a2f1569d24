"""The dossier: everything that is to be shown of one session, so that a report needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from rongheng.basics.text import Text
from rongheng.findings.finding import Finding
from rongheng.market.indicators.contract import Reading

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary
    from rongheng.market.series import SnowballDay


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the lake holds of one table, or of one index or market in it: from when to when, from which sources."""

    table: str
    part: str  # the index or the market; empty for a table of one series
    label: Text
    first: date
    last: date
    rows: int
    gaps: int  # sessions between first and last without a row
    first_gap: date | None
    last_gap: date | None
    sources: tuple[str, ...]
    grades: tuple[str, ...]
    age_days: int  # from ``last`` to the dossier's session


@dataclass(frozen=True)
class Dossier:
    """One session, judged: the panel, every indicator's reading up to it, the findings, and what they rest on."""

    as_of: date
    known_at: datetime
    panel: pl.DataFrame
    readings: Mapping[str, Reading]
    unreadable: Mapping[str, Text]  # indicator name -> why it could not be read
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    reproduced: pl.DataFrame | None  # published figures recomputed from this lake
    simulated: bool  # any figure is simulated: the head of every report says so
    accounts: Summary | None = None  # a marked book of client accounts, where one was given
    calls: tuple[Mapping[str, Any], ...] = ()  # the figures of that book's close, where it was closed
    snowballs: SnowballDay | None = None  # an inventory on that session, where one was known and is alive

    def reading(self, name: str) -> Reading | None:
        """Return the reading of that indicator, or ``None`` where it could not be read."""
        return self.readings.get(name)
