"""How every benchmark measures: several runs after a warm-up, the median with its spread, ratios before seconds."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of several runs of one thing."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.seconds)

    def line(self, against: Timing | None = None) -> str:
        """Return one printed row: median, spread, and the ratio to another timing of the same run."""
        ratio = "" if against is None else f"  {self.median / against.median:6.2f} x {against.name}"
        return f"{self.name:<44} {self.median:8.3f} s  ({min(self.seconds):.3f} … {max(self.seconds):.3f}){ratio}"


def timed(name: str, work: Callable[[], object], *, runs: int = 5, warm_up: int = 1) -> Timing:
    """Time a piece of work inside this process."""
    for _ in range(warm_up):
        work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return Timing(name, tuple(seconds))


def timed_process(name: str, command: Sequence[str], *, runs: int = 7) -> Timing:
    """Time a whole process, from its start to its end."""
    return timed(name, lambda: subprocess.run(command, check=True, capture_output=True), runs=runs)


def machine() -> str:
    """Return what a figure must say about where it was taken."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {platform.system()}"


def verdict(what: str, value: float, bar: float, *, at_most: bool = False) -> None:
    """Print whether a figure meets its bar."""
    met = value <= bar if at_most else value >= bar
    print(f"  {'met   ' if met else 'MISSED'} {what}: {value:.3f}, bar {'at most' if at_most else 'at least'} {bar:g}")
