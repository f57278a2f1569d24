"""What the tests with several processes ask of a lake, and of the machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import polars as pl

from rongheng.market.store import Lake
from tests.market.store.importer import BAD_ROWS, BARS, FACTS


def check_whole(root: Path, landed: list[str]) -> int:
    """Assert that every import is there in all tables or in none, and that none that was told of is missing."""
    lake = Lake(root)
    imports = lake.imports()
    sequences = imports["sequence"].unique().to_list()
    assert imports.filter(pl.col("file").str.ends_with("-accounts.csv"))["sequence"].to_list() == sequences
    assert imports.filter(pl.col("file").str.ends_with("-bars.csv"))["sequence"].to_list() == sequences
    expected = [FACTS + (number > 0) for number in range(len(sequences))]  # the first corrects nothing
    assert rows_by_sequence(lake.history("account_daily")) == dict(zip(sequences, expected, strict=True))
    assert rows_by_sequence(lake.history("index_daily")) == dict.fromkeys(sequences, BARS)
    assert rows_by_sequence(lake.quarantine()) == dict.fromkeys(sequences, BAD_ROWS)
    assert lake.read("account_daily").height == FACTS * len(sequences)
    names = set(imports["file"])
    assert all(f"{name}-accounts.csv" in names for name in landed)
    return len(sequences)


def rows_by_sequence(frame: pl.DataFrame) -> dict[int, int]:
    """Return how many rows each import has in the table."""
    return dict(frame.group_by("sequence").len().sort("sequence").iter_rows())


def strace_works() -> bool:
    """Say whether processes can be traced here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
