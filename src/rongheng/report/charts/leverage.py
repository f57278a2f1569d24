"""Figures of the chapter on leverage and safety distance.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from datetime import date

from rongheng.basics.ids import find_index
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn, thinned
from rongheng.report.drawing import Entry, Plot, Point, band, nice, over_numbers, over_time, row_strips
from rongheng.report.facts import Row, rows_of, series, stated, today
from rongheng.report.numbers import display
from rongheng.report.theme import AMBER, BLUE, DASHED, GREEN, GREY, ORANGE, PLOT_WIDTH, PURPLE, Colour

_CEILINGS = (
    ("ceiling", Text("现金", "cash"), ORANGE),
    ("ceiling_index_share", Text("指数成份股", "index shares"), AMBER),
    ("ceiling_other_share", Text("其他股票", "other shares"), PURPLE),
)
_LINES = (
    ("fall_to_liquidation", Text("平仓线", "liquidation"), BLUE),
    ("fall_to_call", Text("追保线", "call"), GREEN),
    ("fall_to_warning", Text("警戒线", "warning"), AMBER),
)


def _leverage(dossier: Dossier, language: Language) -> Drawn | None:
    levels = series(dossier, "leverage", "leverage")
    found = stated(levels)
    if not found:
        return None
    begin = found[0][0]
    ceilings = {name: _from(series(dossier, "leverage", name), begin) for name, _, _ in _CEILINGS}
    everything = [value for points in (levels, *ceilings.values()) for _, value in points]
    plot = Plot(over_time(begin, dossier.as_of))
    whole = band(everything, unit=Text("倍", "times").in_(language))
    kept, remark = thinned(_from(levels, begin))
    plot.line(whole, kept, BLUE, width=1.6)
    ends = [(found[-1][1], f"{found[-1][1]:.2f}", BLUE)]
    for name, _, colour in _CEILINGS:
        plot.line(whole, _corners(ceilings[name]), colour, dash=DASHED, step=True)
        ends += [(value, f"{value:.2f}", colour) for _, value in stated(ceilings[name])[-1:]]
    plot.ends(whole, ends)
    plot.key([Entry(text.in_(language), colour, "dashed") for _, text, colour in _CEILINGS])
    row = today(dossier, "leverage")
    now, most = (display(row.get(name), Unit.TIMES, language) for name in ("leverage", "ceiling"))
    used = display(row.get("ceiling_use"), Unit.FRACTION, language)
    title = Text(
        f"平均杠杆 {now}，用去现金开仓上限 {most} 的 {used}",
        f"Average leverage {now}, {used} of what the ceiling of {most} allows",
    )
    kinds = Text(
        "虚线为以现金、股票作保证金新开仓的杠杆上限", "dashed: ceilings of a new purchase, by what is deposited"
    )
    return drawn(title, plot, language, kinds, remark)


def _safety(dossier: Dossier, language: Language) -> Drawn | None:
    lines = {name: series(dossier, "safety-distance", name, scale=0.01) for name, _, _ in _LINES}
    found = stated(lines["fall_to_liquidation"])
    if not found:
        return None
    begin = found[0][0]
    broadest = _broadest(dossier)
    falls = _falls(dossier, broadest, begin) if broadest else []
    plot = Plot(over_time(begin, dossier.as_of))
    whole = band([*(v for points in lines.values() for _, v in points), *(v for _, v in falls)], unit="%", zero=True)
    ends: list[tuple[float | None, str, Colour]] = []
    remark = None
    for name, _, colour in _LINES:
        kept, remark = thinned(_from(lines[name], begin))
        plot.line(whole, kept, colour)
        ends += [(value, f"{value:.1f}", colour) for _, value in stated(lines[name])[-1:]]
    entries = [Entry(text.in_(language), colour) for _, text, colour in _LINES]
    if falls and broadest:
        plot.area(whole, thinned(falls)[0], GREY, opacity=0.3)
        ends += [(falls[-1][1], f"{falls[-1][1]:.1f}", GREY)] if falls[-1][1] is not None else []
        index = find_index(broadest)
        name = index.label.in_(language) if index else broadest
        entries.append(Entry(Text(f"{name}最大跌幅", f"{name}, largest fall").in_(language), GREY, "square"))
    plot.ends(whole, ends)
    plot.key(entries)
    row = today(dossier, "safety-distance")
    fall = display(row.get("fall_to_liquidation"), Unit.FRACTION, language)
    title = Text(
        f"担保品须再跌 {fall}，平均账户才触及平仓线", f"Collateral must fall by {fall} to reach the liquidation line"
    )
    window = Text("灰区为指数近一年内最大跌幅", "grey: the index's largest fall within a year") if falls else None
    return drawn(title, plot, language, window, remark)


def _buffers(dossier: Dossier, language: Language) -> Drawn | None:
    """Show for every index the largest fall of the window beside the fall that the average account can bear."""
    rows = [row for row in rows_of(dossier, "safety-distance", session=dossier.as_of).to_dicts() if row["largest_fall"]]
    if not rows:
        return None
    bearable = rows[0]["fall_to_liquidation"]
    largest = max(bearable or 0, *(row["largest_fall"] for row in rows)) * 100
    low, high, ticks = nice(0, largest)
    plot = Plot(over_numbers((low, high, ticks)))
    strips = row_strips(len(rows))
    for row, strip in zip(rows, strips, strict=True):
        _buffer(plot, row, strip.top, strip.bottom, high, language)
    if bearable is not None:
        x = bearable * 100 / high * PLOT_WIDTH
        plot.stroke(x, x, 0, plot.height, ORANGE, width=1.5)
        plot.write(x + 4, -8, display(bearable, Unit.FRACTION, language), colour=ORANGE)
    tightest = min(rows, key=lambda row: row["distance_to_fall"] if row["distance_to_fall"] is not None else 1e9)
    index = find_index(str(tightest["index"]))
    name = index.label.in_(language) if index else str(tightest["index"])
    times = display(tightest["distance_to_fall"], Unit.TIMES, language)
    title = Text(
        f"至平仓线的跌幅是{name}近一年最大跌幅的 {times}",
        f"The fall to liquidation is {times} the largest fall of {name} in a year",
    )
    marks = Text(
        "横条为各指数窗口内最大跌幅（%），竖线为平均账户至平仓线的跌幅",
        "bars: each index's largest fall (%); upright line: fall of the average account to the liquidation line",
    )
    return drawn(title, plot, language, marks)


def _buffer(plot: Plot, row: Row, top: float, bottom: float, high: float, language: Language) -> None:
    index = find_index(str(row["index"]))
    name = index.label.in_(language) if index else str(row["index"])
    width = row["largest_fall"] * 100 / high * PLOT_WIDTH
    middle, thick = (top + bottom) / 2 + 5, min(9.0, bottom - top - 13)
    plot.write(0, middle - thick / 2 - 7, f"{name}　{row['stage_high_session']} – {row['stage_low_session']}")
    plot.stroke(0, width, middle, middle, BLUE, width=thick)
    plot.write(width + 4, middle, f"{row['largest_fall'] * 100:.1f}")


def _from(points: list[Point], begin: date) -> list[Point]:
    return [point for point in points if point[0] >= begin]


def _corners(points: list[Point]) -> list[Point]:
    """Return the points at which a rule's value changes, and the two ends."""
    return [
        point for place, point in enumerate(points) if place in (0, len(points) - 1) or point[1] != points[place - 1][1]
    ]


def _broadest(dossier: Dossier) -> str | None:
    held = set(rows_of(dossier, "safety-distance", session=dossier.as_of).get_column("index").to_list())
    return next((key for key in ("csi-all", "csi300", "sse") if key in held), None)


def _falls(dossier: Dossier, index: str, begin: date) -> list[Point]:
    rows = rows_of(dossier, "safety-distance", index=index).select("session", "largest_fall")
    return [(day, None if fall is None else fall * 100) for day, fall in rows.iter_rows() if day >= begin]


_RATIO = Text("市场平均维持担保比例", "the market's average maintenance ratio")

FIGURES: tuple[Figure, ...] = (
    Figure(
        "leverage", ("leverage",), Text("平均杠杆与开仓上限", "Average leverage and its ceilings"), _RATIO, _leverage
    ),
    Figure("safety", ("safety-distance",), Text("距各线的跌幅", "Fall to each line"), _RATIO, _safety),
    Figure(
        "buffers",
        ("safety-distance",),
        Text("各指数最大跌幅与至平仓线的跌幅", "Largest fall of each index beside the fall to liquidation"),
        Text("维持担保比例与指数日行情", "maintenance ratios and index bars"),
        _buffers,
    ),
)
