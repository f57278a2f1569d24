"""Landing a million facts in the lake, and reading them as known at a moment.

A million facts stand for twenty years of bars of two hundred indices. The peers do the same work without the promises:
Polars writes the frame as one Parquet file (no revisions, nothing durable), and deltalake appends it (no revisions, no
fsync). The bound is the Parquet file. Budget: landing within 6 x Parquet, since a landing also compares with what is
known, sorts, and makes every file durable; a read as known at a moment within 4 x reading the file.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import deltalake
import numpy as np
import polars as pl

from bench.measure import timed
from rongheng.basics.batch import Batch
from rongheng.basics.calendar import SHANGHAI, calendar
from rongheng.basics.tables import INDEX_DAILY, QUARANTINE_SCHEMA
from rongheng.market.store import Lake

ROWS = 1_000_000


def facts() -> pl.DataFrame:
    """Return a million made-up bars."""
    sessions = calendar().sessions[-5_000:]
    codes = [f"{number:06d}.CSI" for number in range(ROWS // len(sessions))]
    generator = np.random.default_rng(1)
    frame = pl.DataFrame({"as_of": sessions}).join(pl.DataFrame({"index": codes}), how="cross")
    close = pl.Series(generator.uniform(900, 9_000, frame.height))
    moment = pl.col("as_of").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return frame.with_columns(
        open=close, high=close * 1.01, low=close * 0.99, close=close, volume_shares=close * 1e6, amount=close * 1e8,
        known_at=moment, grade=pl.lit("official"), note=pl.lit(None, dtype=pl.String),
    ).sort("as_of", "index")  # fmt: skip


def batch(frame: pl.DataFrame, number: int) -> Batch:
    """Return the facts as one file would state them."""
    aside = {name: kind for name, kind in QUARANTINE_SCHEMA.items() if name not in ("imported_at", "sequence")}
    return Batch(
        table=INDEX_DAILY,
        facts=frame,
        quarantine=pl.DataFrame(schema=aside),
        source="bench",
        file=f"{number}.csv",
        sheet=None,
        sha256=str(number),
        rows_read=frame.height,
        rows_repeated=0,
    )


def main() -> None:
    """Print the timings."""
    frame = facts()
    numbers = iter(range(10**6))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "facts.parquet"
        written = timed("Polars write_parquet", lambda: frame.write_parquet(file), runs=3)
        print(written.line())

        def delta() -> None:
            deltalake.write_deltalake(folder / f"delta{next(numbers)}", frame)

        print(timed("deltalake append", delta, runs=3).line(written))

        def land() -> None:
            number = next(numbers)
            Lake(folder / f"lake{number}", create=True).land([batch(frame, number)])

        print(timed("land, all new", land, runs=3).line(written))
        lake = Lake(folder / "kept", create=True)
        lake.land([batch(frame, next(numbers))])
        again = timed("land, all known already", lambda: lake.land([batch(frame, next(numbers))]), runs=3)
        print(again.line(written))
        bound = timed("Polars read_parquet", lambda: pl.read_parquet(file), runs=5)
        print(bound.line())
        print(timed("read, all", lambda: lake.read(INDEX_DAILY), runs=5).line(bound))
        moment = datetime(2024, 2, 5, 15, 0, tzinfo=SHANGHAI)
        print(timed("read, as known at 2024-02-05 15:00", lambda: lake.read(INDEX_DAILY, known_at=moment)).line(bound))
        one = pl.col("index") == "000100.CSI"
        print(timed("read, one index", lambda: lake.read(INDEX_DAILY, where=one)).line(bound))


if __name__ == "__main__":
    main()
