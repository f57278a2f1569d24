"""Run the benchmarks, all or those named: `python -m bench start note`. Those that need much must be named."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from bench.measure import machine


def main() -> None:
    """Run each benchmark's ``main`` and let it print its figures."""
    every = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    wanted = sys.argv[1:] or [name for name in every if not _must_be_named(name)]
    unknown = set(wanted) - set(every)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(every)}")
    print(machine())
    for name in wanted:
        print(f"\n== {name}")
        import_module(f"bench.bench_{name}").main()


def _must_be_named(name: str) -> bool:
    return "MUST_BE_NAMED = True" in (Path(__file__).parent / f"bench_{name}.py").read_text(encoding="utf-8")


main()
