"""What a close is asked to do, and what everything that it rests on held then.

What lives here: the request, and the record of code, rules and data by which a dossier can be made again. What does
not: the steps (``steps.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rongheng.account.liquidation import SaleOrder, SaleTerms
from rongheng.account.stress.scenario_files import SHIPPED
from rongheng.basics.digests import fingerprint
from rongheng.basics.errors import UsageError
from rongheng.desk.books import day_beside

FORMAT = 1
_PACKAGE = Path(__file__).parents[2]
_RULES = _PACKAGE / "rulebook"


@dataclass(frozen=True)
class Request:
    """Which book is closed on which session, by which rules, with what."""

    book: Path
    session: date
    out: Path
    ledger: str
    day: Path | None = None  # the one beside the book's tables unless given
    policy: str | None = None  # of every account, whatever the book names
    rules: tuple[Path, ...] = ()
    actions: Path | None = None  # corporate actions since the book's session
    subscriptions: Path | None = None
    net_capital_milli: int | None = None
    order: SaleOrder = SaleOrder.POLICY
    terms: SaleTerms = field(default_factory=SaleTerms)
    scenarios: tuple[Path, ...] = ()  # files of scenarios, besides those that ship
    traits: Path | None = None  # betas and industries of securities
    over_gaps: bool = False

    def market_day(self) -> Path:
        """Return the folder of the market day."""
        return self.day or day_beside(self.book)

    def made_from(self) -> dict[str, Any]:
        """Return what decides the dossier: the request, with digests instead of places.

        Raises
        ------
        UsageError
            A file or a folder is not there.
        """
        files = {"book": self.book, "day": self.market_day(), "actions": self.actions}
        files |= {"subscriptions": self.subscriptions, "traits": self.traits}
        files |= {f"scenarios_{number}": path for number, path in enumerate(self.scenarios)}
        return {
            "format": FORMAT,
            "session": str(self.session),
            "code": code_version(),
            "rulebook_sha256": tree_sha256([_RULES], ".yaml"),
            "scenarios_sha256": tree_sha256([SHIPPED], ".yaml"),
            "own_rules_sha256": tree_sha256(self.rules, ".yaml") if self.rules else None,
            "data_sha256": {name: _sha256(path) for name, path in files.items() if path is not None},
            "policy": self.policy,
            "net_capital_milli": self.net_capital_milli,
            "order": self.order.value,
            "participation_bp": self.terms.participation_bp,
            "discount_bp": self.terms.discount_bp,
        }


def code_version() -> Mapping[str, str]:
    """Return the version of the program and the digest of its source."""
    return {"version": version("rongheng"), "sha256": tree_sha256([_PACKAGE], ".py")}


def tree_sha256(folders: Iterable[Path], suffix: str) -> str:
    """Return one digest of the names and contents of all files of a kind below some folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob(f"*{suffix}")):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    if not path.exists():
        raise UsageError(f"{path} is not there. Check the path.")
    return fingerprint(path)
