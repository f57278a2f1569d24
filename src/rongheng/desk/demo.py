"""The demo: the main job, offline, on a simulated market that passes through the published figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rongheng.account.book import write_tables
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.errors import UsageError
from rongheng.basics.money import MILLI
from rongheng.desk.accounts import mark_book
from rongheng.desk.books import DAY
from rongheng.desk.close import close
from rongheng.findings.dossier import Dossier
from rongheng.market import series
from rongheng.market.sources.simulated import SOURCE, simulated_market
from rongheng.market.store import Lake

ACCOUNTS = 20_000
NET_CAPITAL_MILLI = 2_000_000_000 * MILLI  # of a broker of that size


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: a lake, a marked book of accounts, and the dossier of the last session."""

    lake: Path
    book: Path
    marks: Path
    dossier: Dossier


def demo(folder: Path, *, say: Callable[[str], None] = lambda _: None) -> Demo:
    """Fill a new lake under ``folder`` with the simulated market, mark a simulated book, and close the last session.

    The book's average ratio is fitted to the market's on that session. A lake that an earlier demo left there is
    replaced; a lake that holds anything else is refused.
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
    book, marks = folder / "demo-book", folder / "demo-marks"
    _mark_a_book(lake, book, marks, say)
    say("read every indicator and judge the last session")
    return Demo(root, book, marks, close(lake, marks=marks))


def _mark_a_book(lake: Lake, book: Path, marks: Path, say: Callable[[str], None]) -> None:
    """Make a book on the lake's last session, with the market's average ratio of that day, and mark it."""
    session = series.resolve_as_of(lake, None)
    ratio = series.panel(lake, as_of=session)["maintenance_ratio"].drop_nulls()[-1]
    say(f"make a book of {ACCOUNTS:,} accounts with the market's average ratio")
    day = make_day(session)
    recipe = Recipe(accounts=ACCOUNTS, seed=1, average_ratio=float(ratio))
    write_tables(make_book(recipe, day), book)
    day.write(book / DAY)
    mark_book(book, marks, net_capital_milli=NET_CAPITAL_MILLI, say=say)


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
