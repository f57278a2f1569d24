"""The figure of the chapter on financing by index: net financing of the longest window, and of the shortest.

What lives here: what it shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn
from rongheng.report.drawing import Entry, Plot, nice, over_numbers, row_strips
from rongheng.report.facts import Row, rows_of
from rongheng.report.numbers import YUAN_AXIS, display
from rongheng.report.tables import group_name
from rongheng.report.theme import BLUE, GREY, PLOT_HEIGHT, PLOT_WIDTH, SKY

_KINDS = ("index", "board")
_MOST = 8  # groups that the figure has room for


def _by_group(dossier: Dossier, language: Language) -> Drawn | None:
    rows = [row for row in rows_of(dossier, "index-financing").to_dicts() if row["group_kind"] in _KINDS]
    told = [row for row in rows if row["net_financing"] is not None]
    if not told:
        return None
    spans = sorted({row["since"] for row in told})
    shown, late = ({_key(row): row for row in told if row["since"] == since} for since in (spans[0], spans[-1]))
    groups = [group for group in shown if group in late][:_MOST]
    if not groups:
        return None
    scale = YUAN_AXIS[language]
    values = [row["net_financing"] / scale.divisor for group in groups for row in (shown[group], late[group])]
    low, high, ticks = nice(min([0.0, *values]), max([0.0, *values]))
    plot = Plot(over_numbers((low, high, ticks), title=scale.label.in_(language)))
    for group, strip in zip(groups, row_strips(len(groups)), strict=True):
        plot.write(0, strip.top + 5, group_name(shown[group], language), size=9)
        for row, colour, place in ((shown[group], BLUE, 0.55), (late[group], SKY, 0.8)):
            y = strip.top + (strip.bottom - strip.top) * place
            x, x2 = ((value - low) / (high - low) * PLOT_WIDTH for value in (0.0, row["net_financing"] / scale.divisor))
            plot.stroke(x, x2, y, y, colour, width=4)
    zero = -low / (high - low) * PLOT_WIDTH
    plot.stroke(zero, zero, 0, PLOT_HEIGHT, GREY, width=0.8)
    first = shown[groups[0]]
    plot.key([Entry(_span(late[groups[0]], language), SKY), Entry(_span(first, language), BLUE)])
    amount = display(first["net_financing"], Unit.YUAN, language, signed=True)
    title = Text(
        f"{group_name(first, 'zh')}近 {first['sessions']} 日融资净买入 {amount}",
        f"Net financing of {group_name(first, 'en')} over {first['sessions']} sessions: {amount}",
    )
    return drawn(title, plot, language)


def _key(row: Row) -> tuple[str, str]:
    return str(row["group_kind"]), str(row["group"])


def _span(row: Row, language: Language) -> str:
    return Text(f"{row['sessions']} 日", f"{row['sessions']} sessions").in_(language)


FIGURES: tuple[Figure, ...] = (
    Figure(
        "index-financing",
        ("index-financing",),
        Text("分指数与板块的融资净买入", "Net financing by index and board"),
        Text("两融交易明细与指数成份股", "margin trading by security and members of indices"),
        _by_group,
    ),
)
