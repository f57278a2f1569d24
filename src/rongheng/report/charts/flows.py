"""Figures of the chapter on exchange-traded funds: what came in by index on the session, and over a month.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from rongheng.basics.ids import find_index
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn
from rongheng.report.drawing import Entry, Plot, band, nice, over_numbers, over_time, row_strips
from rongheng.report.facts import Row, rows_of, stated
from rongheng.report.numbers import YUAN_AXIS, display
from rongheng.report.theme import BLUE, GREEN, GREY, ORANGE, PLOT_HEIGHT, PLOT_WIDTH, PURPLE, Colour

_MOST = 9  # groups that the figure has room for
_YEAR = 250  # sessions
_COLOURS: tuple[Colour, ...] = (BLUE, ORANGE, GREEN, PURPLE)


def _name(row: Row, language: Language) -> str:
    known = find_index(row["group"])
    return known.label.in_(language) if known else str(row["group"])


def _today(dossier: Dossier, language: Language) -> Drawn | None:
    rows = [row for row in rows_of(dossier, "flows", session=dossier.as_of).to_dicts() if row["net_inflow"] is not None]
    if not rows:
        return None
    shown = sorted(rows, key=lambda row: -abs(row["net_inflow"]))[:_MOST]
    scale = YUAN_AXIS[language]
    values = [row["net_inflow"] / scale.divisor for row in shown]
    low, high, ticks = nice(min([0.0, *values]), max([0.0, *values]))
    plot = Plot(over_numbers((low, high, ticks), title=scale.label.in_(language)))
    zero = -low / (high - low) * PLOT_WIDTH
    ordered = sorted(zip(shown, values, strict=True), key=lambda pair: -pair[1])
    for (row, value), strip in zip(ordered, row_strips(len(ordered)), strict=True):
        middle, x = (strip.top + strip.bottom) / 2 + 5, (value - low) / (high - low) * PLOT_WIDTH
        plot.write(0, middle - 10, _name(row, language), size=9)
        colour, thick = BLUE if value > 0 else ORANGE, min(9.0, strip.bottom - strip.top - 12)
        plot.stroke(zero, x, middle, middle, colour, width=thick)
        plot.write(PLOT_WIDTH + 4, middle, f"{value:+.{scale.decimals}f}", size=9)
    plot.stroke(zero, zero, 0, PLOT_HEIGHT, GREY, width=0.8)
    most = ordered[0][0]
    amount = display(most["net_inflow"], Unit.YUAN, language, signed=True)
    title = Text(
        f"净申购最多的是{_name(most, 'zh')} ETF：{amount}", f"Most came into funds on {_name(most, 'en')}: {amount}"
    )
    return drawn(title, plot, language, _covered(rows))


def _covered(rows: list[Row]) -> Text:
    counted, lacking = (sum(row[name] for row in rows) for name in ("funds", "lacking"))
    return Text(f"计入 {counted} 只基金，缺数 {lacking} 只", f"{counted} funds counted, {lacking} without a flow")


def _month(dossier: Dossier, language: Language) -> Drawn | None:
    rows = rows_of(dossier, "flows")
    if rows.is_empty():
        return None
    scale = YUAN_AXIS[language]
    largest = rows_of(dossier, "flows", session=rows["session"].max()).sort("assets", descending=True, nulls_last=True)
    lines = {}
    for group in largest["group"].to_list()[: len(_COLOURS)]:
        own = rows_of(dossier, "flows", group=group).tail(_YEAR).select("session", "net_inflow_20").rows()
        points = [(day, None if value is None else value / scale.divisor) for day, value in own]
        if stated(points):
            lines[group] = points
    if not lines:
        return None
    begin = min(stated(points)[0][0] for points in lines.values())
    if begin >= dossier.as_of:
        return None
    plot = Plot(over_time(begin, dossier.as_of))
    where = band([value for points in lines.values() for _, value in points], unit=scale.label.in_(language), zero=True)
    plot.level(where, 0)
    colours = dict(zip(lines, _COLOURS, strict=False))
    for group, points in lines.items():
        plot.line(where, [point for point in points if point[0] >= begin], colours[group])
    plot.key([Entry(_name({"group": group}, language), colour) for group, colour in colours.items()])
    title = Text("20 个交易日的 ETF 净申购", "Net inflow into funds over 20 sessions")
    return drawn(title, plot, language, Text("规模最大的几组", "the largest groups"))


_FUNDS = Text("ETF 份额与净值", "shares and net asset values of exchange-traded funds")

FIGURES: tuple[Figure, ...] = (
    Figure("flows-today", ("flows",), Text("当日 ETF 净申购", "Flows of the session"), _FUNDS, _today),
    Figure("flows-month", ("flows",), Text("20 日 ETF 净申购", "Flows over a month"), _FUNDS, _month),
)
