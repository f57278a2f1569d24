"""The demo: the main job, offline, on a simulated market that passes through the published figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rongheng.basics.errors import UsageError
from rongheng.desk.close import close
from rongheng.findings.dossier import Dossier
from rongheng.market.sources.simulated import SOURCE, simulated_market
from rongheng.market.store import Lake


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: a lake, and the dossier of its last session."""

    lake: Path
    dossier: Dossier


def demo(folder: Path, *, say: Callable[[str], None] = lambda _: None) -> Demo:
    """Fill a new lake under ``folder`` with the simulated market and close its last session.

    A lake that an earlier demo left there is replaced; a lake that holds anything else is refused.
    """
    root = folder / "demo-lake"
    _clear(root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise UsageError(f"The folder {folder} cannot be made ({refused.strerror}); name another with --out.") from None
    say("simulate a market that passes through the published figures")
    batches = simulated_market()
    say("land it in a new lake")
    lake = Lake(root, create=True)
    lake.land(batches)
    say("read every indicator and judge the last session")
    return Demo(root, close(lake))


def _clear(root: Path) -> None:
    """Remove an earlier demo's lake, and nothing but that."""
    if not root.exists():
        return
    strangers = set(Lake(root).imports()["source"]) - {SOURCE}
    if strangers:
        raise UsageError(
            f"{root} is a lake that holds more than a demo ({', '.join(sorted(strangers))}); it stays as it is. "
            "Give the demo another folder with --out."
        )
    shutil.rmtree(root)
