"""When an update is worth running: after each publication time, and again for those who publish late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from rongheng.market.sources import web

# How long after the time in the publication policy an update runs; the policy is the latest usual time.
_AFTER = (timedelta(minutes=5), timedelta(minutes=40), timedelta(hours=3))
# What usually comes out before its policy says so: an early look costs one question.
_EARLY: dict[str, time] = {"accounts": time(10, 0)}
_LAST = time(23, 0)


@dataclass(frozen=True, slots=True)
class Run:
    """One time of the day, Shanghai, and the datasets that are worth asking for then."""

    clock: time
    datasets: tuple[str, ...]


def schedule() -> Sequence[Run]:
    """Return the runs of a working day, in their order.

    >>> [str(run.clock) for run in schedule() if "balances" in run.datasets]
    ['09:05:00', '09:40:00', '12:00:00']
    """
    runs: dict[time, list[str]] = {}
    for name, dataset in web.datasets().items():
        times = {_later(dataset.table.publication.clock, delay) for delay in _AFTER}
        if name in _EARLY:
            times.add(_EARLY[name])
        for clock in times:
            runs.setdefault(clock, []).append(name)
    return [Run(clock, tuple(names)) for clock, names in sorted(runs.items())]


def _later(clock: time, delay: timedelta) -> time:
    day = datetime(2000, 1, 1)  # noqa: DTZ001  # a time of the day, not a moment
    return min((datetime.combine(day, clock) + delay).time(), _LAST)
