"""How long a command takes to start. Budget: every form of ``rongheng rules`` at most 0.3 s above a bare interpreter.

The bound is the bare interpreter itself, started anew beside every command. The verdict is on the processor's time:
commands have one thread and read files that are in memory, so it is what the clock shows on an idle machine, and a busy
one stretches it least. The clock stands beside it with its spread. Last comes an import that a command would pay if it
were careless.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

BUDGET_S: Final = 0.3
RUNS: Final = 9

_PYTHON: Final = sys.executable
_RONGHENG: Final = str(Path(sys.executable).parent / "rongheng")
_BARE: Final = (_PYTHON, "-c", "pass")
_RULES: Final[tuple[tuple[str, ...], ...]] = (
    ("exchange.financing.margin_ratio",),
    ("exchange.financing.margin_ratio", "--timeline"),
    ("exchange.financing.margin_ratio", "--known-at", "2023-08-28"),
    (),
    ("--on", "2023-09-11"),
    ("--known-at", "2023-08-28"),
    ("--search", "折算率"),
    ("--diff", "2026-01-16", "2026-01-19"),
    ("--format", "json"),
)


def main() -> None:
    """Print what each command adds to a bare interpreter, against the budget."""
    if sys.dont_write_bytecode:
        print("PYTHONDONTWRITEBYTECODE is set: code that was not compiled before is compiled at every start")
    helps = [(_RONGHENG, "--help"), (_RONGHENG, "mark", "--help")]
    _print_added([*helps, *((_RONGHENG, "rules", *words) for words in _RULES)])
    _print_added([(_PYTHON, "-c", "import polars")])


def _print_added(commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        _seconds(command)  # warms the disk's cache, and compiles
        pairs = [(_seconds(command), _seconds(_BARE)) for _ in range(RUNS)]
        clock, processor = ([mine[part] - bare[part] for mine, bare in pairs] for part in (0, 1))
        name = " ".join(["rongheng" if command[0] == _RONGHENG else "python", *command[1:]])
        work = statistics.median(processor)
        verdict = "within" if work <= BUDGET_S else "OVER"
        print(f"{name:<69} {work:+.3f} s  {verdict} {BUDGET_S} s", end="")
        print(f"; clock {statistics.median(clock):+.3f} s  ({min(clock):+.3f} … {max(clock):+.3f})")


def _seconds(command: Sequence[str]) -> tuple[float, float]:
    """Return how long the process took by the clock, and on the processor."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, worked
