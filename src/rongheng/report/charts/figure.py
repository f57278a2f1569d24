"""What a figure is: a name, what it rests on, and a function that draws it from a dossier.

What lives here: the shapes that every file of figures uses. What does not: any figure (one file per chapter beside
this one) and how a chart becomes SVG (``report.svg``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rongheng.basics.text import Language, Text
from rongheng.findings.dossier import Dossier
from rongheng.report.drawing import COLUMNS, Plot, Point, Spec, thin

THINNED = Text(
    "曲线按图宽抽稀，每段保留首末与高低点",
    "thinned to the figure's width; each stretch keeps its ends and extremes",
)


@dataclass(frozen=True)
class Drawn:
    """A figure of one dossier in one language: what it says, its chart, and what must be said under it."""

    title: str
    spec: Spec
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """One figure. ``draw`` answers ``None`` where the dossier lacks what it needs; ``needs`` says what that is."""

    name: str
    reads: tuple[str, ...]  # the indicators that it shows; ``panel`` for columns of the panel itself
    label: Text  # what it shows, whatever the numbers say
    needs: Text
    draw: Callable[[Dossier, Language], Drawn | None]
    wide: bool = False  # spans the page

    def __call__(self, dossier: Dossier, language: Language = "zh") -> Spec | None:
        """Return the chart as a Vega-Lite specification, or ``None`` where data lack."""
        drawn = self.draw(dossier, language)
        return None if drawn is None else drawn.spec


def drawn(title: Text, plot: Plot, language: Language, *remarks: Text | None) -> Drawn:
    """Return a finished figure; remarks that are ``None`` do not apply."""
    return Drawn(title.in_(language), plot.spec(), tuple(one.in_(language) for one in remarks if one is not None))


def thinned(points: list[Point], *, columns: int = COLUMNS) -> tuple[list[Point], Text | None]:
    """Return the points that can be seen, and the remark that says so where some were left out."""
    kept = thin(points, columns=columns)
    return kept, THINNED if len(kept) < len(points) else None
