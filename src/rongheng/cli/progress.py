"""Progress on stderr: bars on a terminal, a line a step where stderr is not one, nothing with ``--quiet``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, int, int], None]


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[Report]:
    """Give a function that is told a phrase, the work done and the whole, and shows one bar for each phrase."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def report(phrase: str, done: int, whole: int) -> None:
            if phrase not in tasks:
                tasks[phrase] = bars.add_task(phrase, total=whole)
            bars.update(tasks[phrase], completed=done, total=whole)

        yield report


def _silent(phrase: str, done: int, whole: int) -> None:
    """Show nothing."""
