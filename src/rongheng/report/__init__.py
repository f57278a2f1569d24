"""What a dossier looks like: charts, the note, the workbook. Nothing is computed here.

``note`` writes either and ``FIGURES`` holds every figure by name; ``check_target`` and ``prepare`` are for before a
dossier is made. What draws is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rongheng.report.charts import FIGURES as FIGURES
    from rongheng.report.files import check_target as check_target
    from rongheng.report.page import note as note
    from rongheng.report.svg import prepare as prepare

_HOMES = {
    "FIGURES": "rongheng.report.charts",
    "check_target": "rongheng.report.files",
    "note": "rongheng.report.page",
    "prepare": "rongheng.report.svg",
}

__all__ = ["FIGURES", "check_target", "note", "prepare"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"rongheng.report has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
