"""The look of every figure: colours, sizes, the frame, how axes and their numbers are written.

What lives here: constants and the configuration that all figures share. What does not: what any figure shows
(``charts``) and how a chart becomes the text of an SVG (``svg``).

The colours keep apart for readers with any common colour-blindness (after Okabe and Ito, toned down for print), each
with a lighter partner for dark screens. Ink is ``currentColor``: text and axes take the colour of the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# The font from which charts are laid out, and the fonts in which a reader sees them.
METRICS_FONT = "Rongheng Metrics"
FONT_STACK = (
    "Arial, 'Liberation Sans', 'Helvetica Neue', Helvetica, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', "
    "'Source Han Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour on white paper and its partner on a dark screen."""

    light: str
    dark: str


PAPER = Colour("#ffffff", "#14181d")
BLUE = Colour("#1c5a96", "#6cb0ee")  # the subject of a figure
ORANGE = Colour("#c9540f", "#f2935a")  # what it is compared with, and what warns
GREEN = Colour("#1b8a6b", "#58c9a6")
AMBER = Colour("#d99a1c", "#f0c25e")
PURPLE = Colour("#8a5a9e", "#c79bdb")
SKY = Colour("#7fb2dc", "#3f79ab")  # a lighter blue, for bars beside a blue line
GREY = Colour("#8b949e", "#7d8690")

COLOURS: tuple[Colour, ...] = (PAPER, BLUE, ORANGE, GREEN, AMBER, PURPLE, SKY, GREY)
INK = "currentColor"

# Dashes tell lines apart without colour.
SOLID = (1, 0)
DASHED = (5, 3)

# The frame: the plot and the room around it, in pixels of the figure's own coordinates. Every figure has the same, so
# that axes stand under one another on the page.
PLOT_WIDTH = 340
PLOT_HEIGHT = 190
ROOM = {"left": 50, "right": 46, "top": 30, "bottom": 22}
# A wide figure spans both columns of the page and the gap between them at the same scale.
WIDE_WIDTH = 2 * PLOT_WIDTH + ROOM["left"] + ROOM["right"] + 26
FONT_SIZE = 11
SMALL = 10


def configuration() -> dict[str, Any]:
    """Return the Vega-Lite configuration that all figures share."""
    axis = {
        "labelColor": INK,
        "titleColor": INK,
        "tickColor": INK,
        "domainColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.13,
        "gridWidth": 0.6,
        "tickOpacity": 0.55,
        "domainOpacity": 0.55,
        "labelOpacity": 0.85,
        "titleOpacity": 0.75,
        "labelFontSize": SMALL,
        "titleFontSize": SMALL,
        "titleFontWeight": "normal",
        "tickSize": 3,
        "labelPadding": 3,
    }
    return {
        "font": METRICS_FONT,
        "background": "transparent",
        "autosize": {"type": "none"},
        "padding": ROOM,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "labelFlush": True, "labelOverlap": "greedy"},
        "axisY": {"domain": False, "ticks": False, "tickCount": 5, **_UNIT_ABOVE_AXIS},
        "axisYQuantitative": {"labelOverlap": True},
        "legend": {
            "orient": "none",
            "direction": "horizontal",
            "labelColor": INK,
            "labelFontSize": SMALL,
            "labelLimit": 0,
            "symbolStrokeWidth": 2,
            "symbolSize": 60,
            "title": None,
            "columnPadding": 10,
        },
        "text": {"fontSize": SMALL, "fill": INK, "font": METRICS_FONT},
        "line": {"strokeWidth": 1.3, "strokeJoin": "round"},
        "rule": {"strokeWidth": 0.8},
        "bar": {"binSpacing": 0},
    }


# The unit stands above the axis, level, as in the tables; a title turned on its side has to be read with the head.
_UNIT_ABOVE_AXIS = {
    "titleAngle": 0,
    "titleAlign": "left",
    "titleAnchor": "end",
    "titleBaseline": "bottom",
    "titleX": -ROOM["left"] + 2,
    "titleY": -8,
}
