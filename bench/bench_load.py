"""A book from disk into memory: sorted Parquet against Polars reading the same files, and the kernel form mapped.

Bars: sorted Parquet in the layout within twice the time that Polars takes to read the files alone; the kernel form
ready in half a second. ``BENCH_ACCOUNTS=15_000_000 python -m bench load`` takes the size of the whole country; files go
to ``BENCH_DIR`` where it is set.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from bench.bench_marks import SESSION
from bench.measure import timed, verdict
from rongheng.account.book import read_book
from rongheng.account.book.convert import read_layout, write_layout, write_tables
from rongheng.account.population import Recipe, make_book, make_day

ACCOUNTS = 1_000_000


def main() -> None:
    """Print the times of each form and whether the bars are met."""
    accounts = int(os.environ.get("BENCH_ACCOUNTS", ACCOUNTS))
    with TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        tables, kernel = Path(folder) / "tables", Path(folder) / "kernel"
        book = make_book(Recipe(accounts, seed=1), make_day(SESSION))
        print(f"{book.layout.n_accounts:,} accounts, {book.layout.n_positions:,} positions")
        write_tables(book, tables)
        write_layout(book, kernel)
        del book
        files = sorted(tables.glob("*.parquet"))
        print(f"{sum(file.stat().st_size for file in files) / 1e6:.0f} MB of Parquet")
        polars = timed("Polars reads the files", lambda: [pl.read_parquet(file) for file in files], runs=3)
        print(polars.line())
        ours = timed("sorted Parquet into the layout", lambda: read_book(tables), runs=3)
        print(ours.line(polars))
        mapped = timed("kernel form, mapped", lambda: read_layout(kernel), runs=3)
        print(mapped.line())
        verdict("against Polars", ours.median / polars.median, 2.0, at_most=True)
        verdict("kernel form, seconds", mapped.median, 0.5, at_most=True)
