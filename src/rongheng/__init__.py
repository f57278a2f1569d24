"""Rongheng 融衡: the open system for margin trading (融资融券) in the Chinese stock market.

One door: everything public is here, and loaded when it is first asked for.

    import rongheng as rh

    lake = rh.Lake("lake", create=True)
    for done in rh.ingest(lake, ["margin_account.csv"]): ...
    dossier = rh.close(lake, as_of=date(2025, 1, 10))
    rh.note(dossier, "note.html")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rongheng.basics.errors import RonghengError as RonghengError
    from rongheng.basics.grades import Grade as Grade
    from rongheng.desk.close import close as close
    from rongheng.desk.demo import demo as demo
    from rongheng.desk.ingest import Hints as Hints
    from rongheng.desk.ingest import ingest as ingest
    from rongheng.desk.market_day import market_day as market_day
    from rongheng.findings.dossier import Dossier as Dossier
    from rongheng.market.reproduction import reproduce as reproduce
    from rongheng.market.series import panel as panel
    from rongheng.market.series import read as read
    from rongheng.market.store import Lake as Lake
    from rongheng.report import note as note
    from rongheng.rulebook import Rulebook as Rulebook

__version__ = "0.1.0"

_HOMES = {
    "Dossier": "rongheng.findings.dossier",
    "Grade": "rongheng.basics.grades",
    "Hints": "rongheng.desk.ingest",
    "Lake": "rongheng.market.store",
    "RonghengError": "rongheng.basics.errors",
    "Rulebook": "rongheng.rulebook",
    "close": "rongheng.desk.close",
    "demo": "rongheng.desk.demo",
    "ingest": "rongheng.desk.ingest",
    "market_day": "rongheng.desk.market_day",
    "note": "rongheng.report",
    "panel": "rongheng.market.series",
    "read": "rongheng.market.series",
    "reproduce": "rongheng.market.reproduction",
}

__all__ = [
    "Dossier",
    "Grade",
    "Hints",
    "Lake",
    "RonghengError",
    "Rulebook",
    "__version__",
    "close",
    "demo",
    "ingest",
    "market_day",
    "note",
    "panel",
    "read",
    "reproduce",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"rongheng has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
