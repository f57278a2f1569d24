"""When an update is worth running: after each publication time, and again for those who publish late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from rongheng.market.sources import web

# How long after the time in the publication policy an update runs; the policy is the latest usual time.
_AFTER = (timedelta(minutes=5), timedelta(minutes=40), timedelta(hours=3))
# What usually comes out before its policy says so: an early look costs one question.
_EARLY: dict[str, time] = {"accounts": time(10, 0)}
_FIRST = time(8, 30)  # of a day: what is due in the night is asked for then
_NOON, _EVENING = time(12, 0), time(20, 0)  # what was due before the open and did not come is asked for in the evening
_SESSIONS, _MORNINGS_AFTER = (0, 4), (1, 5)  # Monday to Friday, Tuesday to Saturday


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One time of the day, Shanghai, from one day of the week to another, and the datasets worth asking for then."""

    clock: time
    weekdays: tuple[int, int]  # Monday is 0
    datasets: tuple[str, ...]


def schedule() -> Sequence[Run]:
    """Return the runs of a week, in the order of the day.

    >>> [str(run.clock) for run in schedule() if "balances" in run.datasets]
    ['09:05:00', '09:40:00', '12:00:00', '20:00:00']
    """
    runs: dict[tuple[time, tuple[int, int]], list[str]] = {}
    for name, dataset in web.datasets().items():
        for when in sorted(set(_times(name, dataset.table.publication.clock))):
            runs.setdefault(when, []).append(name)
    return sorted(Run(clock, weekdays, tuple(names)) for (clock, weekdays), names in runs.items())


def _times(name: str, due: time) -> Iterator[tuple[time, tuple[int, int]]]:
    if name in _EARLY:
        yield _EARLY[name], _SESSIONS
    if _FIRST <= due < _NOON:
        yield _EVENING, _SESSIONS
    for delay in _AFTER:
        day = datetime(2000, 1, 1)  # noqa: DTZ001  # a time of the day, not a moment
        moment = datetime.combine(day, due) + delay
        weekdays = _SESSIONS if moment.date() == day.date() else _MORNINGS_AFTER
        yield max(moment.time(), _FIRST), weekdays
