"""The same at the size of the whole country: 15 million accounts, a hundred million positions; needs about 14 GiB.

A full mark of everybody may take a fifth of the three seconds between two snapshots of the exchanges.
"""

from __future__ import annotations

from bench.bench_marks import Bars, measure

MUST_BE_NAMED = True


def main() -> None:
    """Print times, ratios and whether each bar is met, for the whole country."""
    measure(15_000_000, Bars(peers=40.0, snapshot=0.6), runs=3, peer_runs=1)
