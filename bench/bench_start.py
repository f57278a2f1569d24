"""How long a command takes to start. Budget: `rongheng --help` at most 0.25 s above a bare interpreter.

The bound is the bare interpreter itself; beside it stand the imports that a command would pay if it were careless.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.measure import timed_process


def main() -> None:
    """Print the start-up times and what they add to a bare interpreter."""
    python, command = sys.executable, str(Path(sys.executable).parent / "rongheng")
    bare = timed_process("bare interpreter", [python, "-c", "pass"])
    print(bare.line())
    for name, words in {
        "rongheng --help": [command, "--help"],
        "rongheng rules --help": [command, "rules", "--help"],
        "rongheng rules exchange.financing.margin_ratio": [command, "rules", "exchange.financing.margin_ratio"],
        "import polars (peer)": [python, "-c", "import polars"],
    }.items():
        timing = timed_process(name, words)
        print(timing.line(), f" {timing.median - bare.median:+.3f} s above bare")
