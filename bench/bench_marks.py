"""The mark of a whole book against Polars, DuckDB, SciPy and pandas doing the same work on the same arrays.

One million accounts with about seven million positions stand for a large broker (``python -m bench national`` takes
fifteen million and a hundred million, the whole country). Bars: the full mark at least 20 times as fast as the better
of Polars and DuckDB and 8 times as fast as SciPy's sparse products; assets alone at 40 % of the streaming bandwidth of
the same run, counting 6 bytes a position and 24 an account; exact integers at most 1.1 times the same kernel in floats;
ratio and state of the indebted accounts in at most a quarter of the full mark.

Peers answer in integers except pandas, and every answer is compared with ours before any time counts. Ours says more:
falls to the lines, what a sale cures, breaches of concentration, withdrawable securities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.floats import assets_in_floats, misjudged, on_their_lines
from bench.measure import Timing, timed, verdict
from bench.peers import polars_peer
from bench.peers.duckdb_peer import DuckDB
from bench.peers.pandas_peer import Pandas
from bench.peers.scipy_peer import SciPy
from bench.peers.work import Work, compare, ours
from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.columns import workspace
from rongheng.account.marks.kernels import mark_accounts
from rongheng.account.marks.lean import assets_alone
from rongheng.account.marks.mark import judged, kernel_arguments, over_shards
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day

SESSION = date(2026, 3, 2)
POLICY = "citic"
ROOM = 4_096  # running sums that stay in the first cache beside the prices


@dataclass(frozen=True)
class Bars:
    """What must be reached."""

    peers: float  # times as fast as the better of Polars and DuckDB
    scipy: float = 8.0
    bandwidth: float = 0.40
    floats: float = 1.1
    indebted: float = 0.25
    snapshot: float | None = None  # seconds


def main() -> None:
    """Print times, ratios and whether each bar is met, for a large broker."""
    measure(1_000_000, Bars(peers=20.0), runs=5, peer_runs=3)


def measure(accounts: int, bars: Bars, *, runs: int, peer_runs: int) -> None:
    """Measure one size."""
    book, marks = _book(accounts)
    work, expected = Work.of(marks), ours(marks)
    full = _timed_twice("full mark", book.layout.n_accounts, _everything(marks), runs)
    alone = _timed_twice("assets alone", book.layout.n_accounts, _assets(work), runs)
    lean = timed("indebted: ratio and state, 2 threads", lambda: judged(marks), runs=runs)
    print(lean.line(full))
    verdict("indebted against the full mark", lean.median / full.median, bars.indebted, at_most=True)
    _floats(work, alone, bars, runs)
    _bandwidth(book, alone, bars)
    if bars.snapshot:
        verdict("full mark, seconds", full.median, bars.snapshot, at_most=True)
    best = min(_peer(name, make, work, expected, full, peer_runs) for name, make in _DATABASES.items())
    verdict("the better of Polars and DuckDB against ours", best / full.median, bars.peers)
    sparse = _peer("SciPy", _scipy, work, expected, full, peer_runs)
    verdict("SciPy against ours", sparse / full.median, bars.scipy)
    _pandas(work, marks, lean, peer_runs)


def _book(accounts: int) -> tuple[Book, Marks]:
    day = make_day(SESSION)
    start = perf_counter()
    book = make_book(Recipe(accounts, seed=1, policy=POLICY), day)
    layout = book.layout
    print(f"{layout.n_accounts:,} accounts, {layout.n_positions:,} positions, {layout.n_contracts:,} contracts")
    print(f"made in {perf_counter() - start:.1f} s; {len(layout.indebted):,} accounts owe")
    a_position, an_account = layout.position_bytes / layout.n_positions, layout.account_bytes / layout.n_accounts
    verdict("bytes a position", a_position, 8, at_most=True)
    verdict("bytes an account", an_account, 60, at_most=True)
    letters = pl.Series(list("ABCDE")).gather(_numbers(day.securities.height, 5))
    groups = day.securities.select("security", group=letters)
    policies = PolicySet.load(POLICY, session=SESSION, groups={POLICY: groups})
    marks = mark(book, day, policies)
    print(timed("mark() with checks, interest and terms", lambda: mark(book, day, policies), runs=2).line())
    return book, marks


def _numbers(count: int, kinds: int) -> pl.Series:
    return pl.Series(np.random.default_rng(3).integers(0, kinds, count))


def _everything(marks: Marks) -> Callable[[int, int], None]:
    arguments = kernel_arguments(marks)
    return lambda first, last: mark_accounts(first, last, *arguments, workspace())


def _assets(work: Work) -> Callable[[int, int], None]:
    out, price = np.empty(len(work.cash), dtype=np.int64), work.price.astype(np.int32)

    def shard(first: int, last: int) -> None:
        room = np.empty(ROOM, dtype=np.int64)
        assets_alone(first, last, work.starts, work.cash, work.code, work.quantity, price, out, room)

    return shard


def _timed_twice(name: str, count: int, shard: Callable[[int, int], None], runs: int) -> Timing:
    one = timed(f"{name}, 1 thread", lambda: over_shards(count, shard, threads=1), runs=runs)
    two = timed(f"{name}, 2 threads", lambda: over_shards(count, shard, threads=2), runs=runs)
    print(one.line(two))
    print(two.line())
    return two


def _floats(work: Work, exact: Timing, bars: Bars, runs: int) -> None:
    """The same kernel in float64 and float32; what they misjudge is counted on accounts that stand on their lines."""
    kinds: tuple[type[np.floating[Any]], ...] = (np.float64, np.float32)
    for dtype in kinds:
        timing = _in_floats(work, dtype, runs)
        print(timing.line(exact))
        assets, debt, line = on_their_lines(work)
        print(f"  misjudged of {len(debt):,} accounts exactly on their lines: {misjudged(assets, debt, line, dtype):,}")
        if dtype is np.float64:
            verdict("exact integers against float64", exact.median / timing.median, bars.floats, at_most=True)


def _in_floats(work: Work, dtype: type[np.floating[Any]], runs: int) -> Timing:
    cash, price = work.cash.astype(dtype), work.price.astype(dtype)
    out = np.empty(len(cash), dtype=dtype)

    def shard(first: int, last: int) -> None:
        room = np.empty(ROOM, dtype=dtype)
        assets_in_floats(first, last, work.starts, cash, work.code, work.quantity, price, out, room)

    return timed(f"assets in {dtype.__name__}, 2 threads", lambda: over_shards(len(cash), shard, threads=2), runs=runs)


def _bandwidth(book: Book, assets: Timing, bars: Bars) -> None:
    stream = np.ones(50_000_000, dtype=np.int64)
    seconds = timed("sum of 400 MB of int64", stream.sum).median
    touched = 6 * book.layout.n_positions + 24 * book.layout.n_accounts
    speed = stream.nbytes / seconds
    limit = touched / speed
    print(f"assets alone at the limit of memory: {limit:.4f} s ({touched / 1e6:.0f} MB at {speed / 1e9:.1f} GB/s)")
    verdict("share of the streaming bandwidth", limit / assets.median, bars.bandwidth)


def _peer(
    name: str,
    make: Callable[[Work], Callable[[], pl.DataFrame]],
    work: Work,
    expected: dict[str, NDArray[np.int64]],
    full: Timing,
    runs: int,
) -> float:
    """Compare a peer's answers with ours, then time it; return its median."""
    everything = make(work)
    compare(name, everything(), expected)
    timing = timed(f"{name}, everything it can say", everything, runs=runs, warm_up=0)
    print(timing.line(full))
    return timing.median


def _polars(work: Work) -> Callable[[], pl.DataFrame]:
    return lambda: polars_peer.everything(work)


def _duckdb(work: Work) -> Callable[[], pl.DataFrame]:
    return DuckDB(work).everything


def _scipy(work: Work) -> Callable[[], pl.DataFrame]:
    return SciPy(work).everything


_DATABASES = {"Polars": _polars, "DuckDB": _duckdb}


def _pandas(work: Work, marks: Marks, lean: Timing, runs: int) -> None:
    """pandas does assets, debt and state alone, in floats of yuan."""
    desk = Pandas(work)
    timing = timed("pandas, assets, debt and state", desk.judged, runs=runs, warm_up=0)
    print(timing.line(lean))
    answers = desk.judged()
    debts, layout = marks.debts, marks.book.layout
    fixed = np.isin(debts.row, [0])
    rows = layout.indebted[fixed]
    wrong = (answers["state"].to_numpy()[rows] != debts.state[fixed]).sum()
    print(f"  of {len(rows):,} indebted accounts at the fixed lines it misjudges {wrong}")
