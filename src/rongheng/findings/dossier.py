"""The dossier: everything that is to be shown of one session, so that a report needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from rongheng.basics.text import Text
from rongheng.findings.finding import Finding
from rongheng.market.indicators.contract import Reading


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the lake holds of one table: from when to when, how many rows, from which sources, how old."""

    table: str
    label: Text
    first: date
    last: date
    rows: int
    gaps: int  # sessions between first and last without a row
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

    def reading(self, name: str) -> Reading | None:
        """Return the reading of that indicator, or ``None`` where it could not be read."""
        return self.readings.get(name)
