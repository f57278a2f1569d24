"""A process that imports into a lake until it is killed; the tests of ``test_kill`` and ``test_processes`` start it.

``python -m tests.market.store.importer LAKE COUNT``: says ``ready``, waits for a line, lands COUNT imports (0: without
end), and says the name of each when it has landed. Each import is of two tables and the quarantine; it adds facts and
corrects one of the import before.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from rongheng.basics.batch import Batch
from rongheng.basics.tables import ACCOUNT_DAILY, INDEX_DAILY
from rongheng.market.store import Lake
from tests.market.store.making import batch, day

ROOT = Path(__file__).resolve().parents[3]
FACTS, BAD_ROWS, BARS = 3, 2, 2  # of each import


def files(name: str, number: int) -> list[Batch]:
    """Return the two files of one import."""
    days = [number * FACTS + offset for offset in range(FACTS)]
    if number:
        days.append(days[0] - 1)  # the last day of the import before, which now has another balance
    accounts = [{"as_of": day(one), "financing_balance": float(number)} for one in days]
    bars = [{"as_of": day(number), "index": index, "close": float(number)} for index in ("000300.CSI", "000905.CSI")]
    return [
        batch(accounts, ACCOUNT_DAILY, file=f"{name}-accounts.csv", bad_rows=BAD_ROWS),
        batch(bars, INDEX_DAILY, file=f"{name}-bars.csv"),
    ]


def spawn(lake: Path, imports: int = 0, wrapper: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start the process, never as a fork of this one."""
    command = [*wrapper, sys.executable, "-m", "tests.market.store.importer", str(lake), str(imports)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload, no-any-return]


def go(process: subprocess.Popen[str]) -> None:
    """Wait until the process is ready, and let it begin."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", "the importer did not start"
    process.stdin.write("go\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str], order: str | None = None) -> list[str]:
    """Give the process the order, if any, and wait until it is gone; return the imports that it said have landed."""
    said, _ = process.communicate(order, timeout=120)
    return said.splitlines()


def main(folder: str, imports: int) -> None:
    """Land imports, numbered on from those that the lake has."""
    lake = Lake(folder, patience_seconds=60)
    print("ready", flush=True)  # noqa: T201  # the process's way to speak
    sys.stdin.readline()
    for done in count():
        if imports and done == imports:
            return
        number = lake.imports().height // 2
        name = f"{number}-{id(lake)}"
        lake.land(files(name, number))
        print(name, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
