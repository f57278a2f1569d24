"""Traits of securities for stress scenarios, from the lake: betas, and moves over the spans that scenarios name.

What lives here: which facts go into the file. What does not: any arithmetic (``market.series.traits``), and the file's
form (``account.stress.traits``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rongheng.account.stress import Scenario, Traits, find_scenarios
from rongheng.account.stress.scenario_files import shipped_scenarios
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.tables import SECURITY_BARS
from rongheng.market.series.traits import betas, past_moves
from rongheng.market.store import Lake


@dataclass(frozen=True, slots=True)
class MadeTraits:
    """The traits, and how many securities each of their columns knows."""

    traits: Traits
    known: dict[str, int]


def make_traits(
    lake: Lake, session: date, *, scenarios: Sequence[str] = (), known_at: datetime | None = None
) -> MadeTraits:
    """Return what the lake knows of securities for the scenarios that ship and those of some files.

    Parameters
    ----------
    scenarios : files of scenarios, whose spans of history are looked up besides

    Raises
    ------
    UsageError
        No session, or a scenario file that is not there.
    MissingDataError
        The lake has neither a beta nor a move.
    """
    if not calendar().is_session(session):
        raise UsageError(f"{session} is no trading day. Give a session.")
    shipped = [scenario.key for scenario in shipped_scenarios()]
    spans = spans_of(find_scenarios([*shipped, *scenarios]))
    snapshot = lake.snapshot()
    moment = known_at or SECURITY_BARS.publication.known_at(session)
    traits = Traits.of(
        betas(snapshot, session, known_at=moment),
        past_moves(snapshot, [span for span in spans if span[1] <= session], on=session, known_at=moment),
    )
    known = {name: traits.frame[name].count() for name in traits.frame.columns if name != "security"}
    if not any(known.values()):
        raise MissingDataError(
            f"The lake at {lake.root} has no bars from which a beta of {session} or a past move follows. Import bars "
            "of the year before that session, with their factors, and the SSE Composite."
        )
    return MadeTraits(traits, known)


def spans_of(scenarios: Sequence[Scenario]) -> list[tuple[date, date]]:
    """Return the spans of history that scenarios name, each once."""
    return sorted({step.span for scenario in scenarios for step in scenario.steps if step.span is not None})


def write_traits(made: MadeTraits, path: Path) -> None:
    """Write the traits into a file that scenarios are run with."""
    made.traits.write(path)
