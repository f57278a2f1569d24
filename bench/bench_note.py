"""The full note from a filled lake. Budget: under 5 s, as a whole process, for some 3,000 sessions and seven indices.

The lake is the simulated market of the demo. The parts are timed inside one process, the whole as a process.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import rongheng as rh
from bench.measure import timed, timed_process
from rongheng.market.sources.simulated import simulated_market


def main() -> None:
    """Print how long the parts and the whole take."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lake"
        lake = rh.Lake(root, create=True)
        lake.land(simulated_market())
        command = str(Path(sys.executable).parent / "rongheng")
        out = str(Path(folder) / "note.html")
        print(timed("panel", lambda: rh.panel(lake)).line())
        print(timed("close: panel, readings, findings", lambda: rh.close(lake), runs=3).line())
        dossier = rh.close(lake)
        print(timed("note.html of a dossier", lambda: rh.note(dossier, out), runs=3).line())
        print(timed("note.xlsx of a dossier", lambda: rh.note(dossier, Path(folder) / "n.xlsx"), runs=3).line())
        whole = timed_process(
            "rongheng note, whole process", [command, "note", "--lake", str(root), "--out", out], runs=5
        )
        print(whole.line(), f" {Path(out).stat().st_size / 2**20:.2f} MB")
