"""Every figure by name, in the order of the note: each is defined once, in the file of its chapter beside this one.

``FIGURES[name](dossier, language)`` answers with a Vega-Lite specification, or ``None`` where the dossier lacks what
the figure needs. What does not live here: how a figure is drawn (``report.drawing``) and how it becomes SVG.
"""

from __future__ import annotations

from rongheng.report.charts import (
    accounts,
    basis,
    bottoms,
    financing,
    flows,
    leverage,
    participation,
    pressure,
    scale,
    snowball,
)
from rongheng.report.charts.figure import Drawn, Figure

FIGURES: dict[str, Figure] = {
    figure.name: figure
    for module in (scale, leverage, bottoms, pressure, participation, financing, basis, flows, snowball, accounts)
    for figure in module.FIGURES
}

__all__ = ["FIGURES", "Drawn", "Figure"]
