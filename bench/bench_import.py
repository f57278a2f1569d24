"""How long a file of one million rows takes to become facts. Budget: a few seconds.

The size stands for an archive that holds the daily bars of several indices for every session since 1990, many times
over: a vendor's history that was appended to itself. The bound is ``polars.read_csv`` on the same file as text: it
moves the same bytes and understands nothing of them.
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from bench.measure import timed
from rongheng.basics.calendar import calendar
from rongheng.basics.ids import indices
from rongheng.market.sources import read_file

ROWS = 1_000_000


def write_bars(path: Path, *, rows: int, seed: int = 7) -> None:
    """Write bars of several indices over and over until the file has ``rows`` rows."""
    days = calendar().between(calendar().first, calendar().sessions[-300])
    # Indices without printed levels to show: made-up bars cannot show them.
    codes = [index.spellings[0] for index in indices().values() if not index.anchors]
    facts = pl.DataFrame({"date": days}).join(pl.DataFrame({"code": codes}), how="cross")
    generator = np.random.default_rng(seed)
    close = 3000 * np.exp(generator.normal(0, 0.01, facts.height))
    spread = np.abs(generator.normal(0, 0.004, facts.height))
    volume = generator.integers(10**9, 10**10, facts.height)
    facts = facts.with_columns(
        pl.Series("open", close).round(4),
        pl.Series("high", close * (1 + spread)).round(4),
        pl.Series("low", close * (1 - spread)).round(4),
        pl.Series("close", close).round(4),
        pl.Series("volume", volume),
        pl.Series("amount", volume * 11.5).round(2),
        pl.lit(1.0).alias("turn"),
        pl.lit(0.0).alias("pctChg"),
    )
    pl.concat([facts] * -(-rows // facts.height)).head(rows).write_csv(path)


def main() -> None:
    """Print the times, their ratio and the memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        write_bars(path, rows=ROWS)
        size = path.stat().st_size
        disk = timed("bytes from disk", path.read_bytes)
        parser = timed("polars.read_csv, as text", lambda: pl.read_csv(path, infer_schema=False))
        before = _peak_mb()
        ours = timed("read_file", lambda: read_file(path))
        (batch,) = read_file(path)
    print(f"{ROWS:,} rows, {size / 1e6:,.0f} MB: {batch.facts.height:,} land, {batch.rows_repeated:,} are repeated")
    print(disk.line())
    print(parser.line())
    print(ours.line(parser), f" {ROWS / ours.median:,.0f} rows/s")
    print(f"peak memory {_peak_mb():,.0f} MB, {_peak_mb() - before:,.0f} MB above the parser's")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
