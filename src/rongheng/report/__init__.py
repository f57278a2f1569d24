"""What a dossier looks like: charts, the note, the workbook. Nothing is computed here.

``note`` writes either; ``FIGURES`` holds every figure by name. Both load what draws them when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rongheng.report.charts import FIGURES as FIGURES
    from rongheng.report.files import check_target as check_target
    from rongheng.report.page import note as note

_HOMES = {
    "FIGURES": "rongheng.report.charts",
    "check_target": "rongheng.report.files",
    "note": "rongheng.report.page",
}

__all__ = ["FIGURES", "check_target", "note"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"rongheng.report has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
