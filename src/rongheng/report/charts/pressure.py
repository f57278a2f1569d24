"""Figures of the chapters on collateral and liquidation pressure, and on extremes.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn
from rongheng.report.drawing import Entry, Plot, Strip, nice, over_numbers, row_strips
from rongheng.report.facts import Row, rows_of, with_figure
from rongheng.report.numbers import display
from rongheng.report.theme import AMBER, BLUE, GREEN, GREY, ORANGE, PLOT_HEIGHT, PLOT_WIDTH, SKY, Colour
from rongheng.report.words import VERDICTS, verdict

_VERDICT_COLOURS: dict[str | None, tuple[Colour, str]] = {
    "low": (GREEN, "circle"),
    "watch": (AMBER, "diamond"),
    "high": (ORANGE, "square"),
    None: (GREY, "cross"),
}
_LOWS = 11  # the newest falls to a low that the figure has room for


def _criteria(dossier: Dossier, language: Language) -> Drawn | None:
    rows = rows_of(dossier, "pressure", session=dossier.as_of)
    if rows.is_empty():
        return None
    criteria = rows.filter(pl.col("criterion") != "overall").to_dicts()
    overall = rows.filter(pl.col("criterion") == "overall").to_dicts()
    axis = over_numbers(
        (0, 100, (0, 25, 50, 75, 100)), title=Text("历史分位（%）", "percentile in its past (%)").in_(language)
    )
    plot = Plot(axis)
    for row, strip in zip(criteria, row_strips(len(criteria)), strict=True):
        _criterion(plot, row, strip, language)
    plot.key([Entry(VERDICTS[word].in_(language), *_VERDICT_COLOURS[word]) for word in ("low", "watch", "high")])
    said = verdict(overall[0]["verdict"] if overall else None).in_(language)
    judged = [row for row in criteria if row["verdict"] is not None]
    grave = sum(1 for row in judged if row["verdict"] == "high")
    title = Text(
        f"压力总体：{said}；{len(judged)} 项可判断的判据中 {grave} 项为高",
        f"Pressure overall: {said}; {grave} of {len(judged)} criteria judged are at high",
    )
    which = Text("分位高只表示数值大，压力看符号", "a high percentile is a high number; the sign tells the pressure")
    return drawn(title, plot, language, which)


def _criterion(plot: Plot, row: Row, strip: Strip, language: Language) -> None:
    colour, shape = _VERDICT_COLOURS[row["verdict"]]
    track = strip.bottom - (strip.bottom - strip.top) * 0.28
    plot.write(0, track - 9, row[f"criterion_{language}"], size=9)
    plot.stroke(0, PLOT_WIDTH, track, track, GREY, width=0.7)
    number = display(row["number"], Unit(row["unit"]), language)
    plot.write(PLOT_WIDTH + 4, track, number, size=9)
    if row["percentile"] is not None:
        plot.sign(row["percentile"] * PLOT_WIDTH, track, colour, shape=shape, size=52)


def _gap(dossier: Dossier, language: Language) -> Drawn | None:
    rows = rows_of(dossier, "collateral-gap")
    if with_figure(rows, "gap").is_empty():
        return None
    keys = rows.select("session", "state").unique(maintain_order=True).tail(_LOWS).rows()
    shown = rows.join(pl.DataFrame(keys, schema=["session", "state"], orient="row"), on=["session", "state"])
    windows = shown["window"].unique().sort().to_list()
    values = [value * 100 for value in shown["gap"].drop_nulls().to_list()]
    low, high, ticks = nice(min([*values, 0.0]), max([*values, 0.0]), ticks=6)
    axis = over_numbers(
        (low, high, ticks),
        title=Text("担保物变动 − 指数变动（百分点）", "collateral − index (percentage points)").in_(language),
    )
    plot = Plot(axis)
    zero = -low / (high - low) * PLOT_WIDTH
    colours = dict(zip(windows, (BLUE, SKY), strict=False))
    for (day, state), strip in zip(keys, row_strips(len(keys)), strict=True):
        own = shown.filter((pl.col("session") == day) & (pl.col("state") == state)).to_dicts()
        mark = "*" if state == "so_far" else ""
        plot.write(-6, (strip.top + strip.bottom) / 2, f"{day:%y-%m-%d}{mark}", align="right", size=9)
        thick = (strip.bottom - strip.top - 4) / max(len(windows), 1)
        for row in own:
            if row["gap"] is not None and row["window"] in colours:
                y = strip.top + 2 + thick * (windows.index(row["window"]) + 0.5)
                x = (row["gap"] * 100 - low) / (high - low) * PLOT_WIDTH
                plot.stroke(zero, x, y, y, colours[row["window"]], width=max(thick - 1, 1))
    plot.stroke(zero, zero, 0, PLOT_HEIGHT, GREY, width=0.8)
    plot.key(
        [Entry(Text(f"前 {k} 日", f"{k} sessions").in_(language), colour, "square") for k, colour in colours.items()]
    )
    return drawn(_gap_title(shown, language), plot, language, _basis(shown), _running(keys))


def _gap_title(shown: pl.DataFrame, language: Language) -> Text:
    last = shown.filter(pl.col("gap").is_not_null()).sort("session", "window").row(-1, named=True)
    gap = display(last["gap"], Unit.FRACTION, language, signed=True)
    return Text(
        f"至 {last['session']} 的 {last['window']} 日，担保物变动减指数变动为 {gap}",
        f"Over {last['window']} sessions to {last['session']}: collateral less index {gap}",
    )


def _basis(shown: pl.DataFrame) -> Text | None:
    if "securities" in set(shown["basis"].to_list()) and shown["basis"].n_unique() == 1:
        return None
    return Text("无证券担保物数据处以 比例 × 债务 代替", "ratio × debt stands in where collateral is not split")


def _running(keys: list[tuple[object, ...]]) -> Text | None:
    if all(state != "so_far" for _, state in keys):
        return None
    return Text("* 尚未确认低点", "* no low confirmed yet")


def _longest(dossier: Dossier, language: Language) -> Drawn | None:
    return _extremes(dossier, language, longest=True)


def _shortest(dossier: Dossier, language: Language) -> Drawn | None:
    return _extremes(dossier, language, longest=False)


def _extremes(dossier: Dossier, language: Language, *, longest: bool) -> Drawn | None:
    rows = rows_of(dossier, "extremes")
    if rows.is_empty():
        return None
    windows = rows["window_sessions"].to_list()
    window = max(windows) if longest else min(windows)
    ranked = rows.filter((pl.col("window_sessions") == window) & pl.col("change").is_not_null())
    own = ranked.sort("change", descending=True).to_dicts()
    if not own:
        return None
    values = [100 * value for row in own for value in (row["change"], row["ratio_change"]) if value is not None]
    low, high, ticks = nice(min([*values, 0.0]), max([*values, 0.0]), ticks=6)
    plot = Plot(over_numbers((low, high, ticks), title="%"))

    def place(value: float) -> float:
        return (value * 100 - low) / (high - low) * PLOT_WIDTH

    for row, strip in zip(own, row_strips(len(own)), strict=True):
        middle = (strip.top + strip.bottom) / 2
        plot.write(-6, middle, f"{row['session']:%y-%m-%d}", align="right", size=9)
        colour = BLUE if row["change"] >= 0 else ORANGE
        plot.stroke(
            place(0), place(row["change"]), middle, middle, colour, width=min(10.0, strip.bottom - strip.top - 5)
        )
        if row["ratio_change"] is not None:
            plot.sign(place(row["ratio_change"]), middle, GREY, shape="diamond", size=46)
    plot.stroke(place(0), place(0), 0, PLOT_HEIGHT, GREY, width=0.8)
    plot.key([
        Entry(Text("指数上涨", "index up").in_(language), BLUE, "square"),
        Entry(Text("指数下跌", "index down").in_(language), ORANGE, "square"),
        Entry(Text("比例变动", "change of the ratio").in_(language), GREY, "diamond"),
    ])  # fmt: skip
    worst = min(own, key=lambda row: row["change"])
    fall = display(worst["change"], Unit.FRACTION, language, signed=True)
    beside = display(worst["ratio_change"], Unit.FRACTION, language, signed=True)
    title = Text(
        f"{window} 日最大跌幅 {fall}（至 {worst['session']}），同期维持担保比例 {beside}",
        f"Largest fall over {window} sessions {fall} (to {worst['session']}); the ratio {beside}",
    )
    return drawn(title, plot, language)


FIGURES_OF_PRESSURE: tuple[Figure, ...] = (
    Figure(
        "pressure",
        ("pressure",),
        Text("压力判据的历史分位", "Percentiles of the criteria of pressure"),
        Text("维持担保比例、余额与指数", "maintenance ratios, balances and indices"),
        _criteria,
    ),
    Figure(
        "collateral-gap",
        ("collateral-gap",),
        Text("担保物变动与指数变动之差", "Collateral less index before lows"),
        Text(
            "担保物拆分，或维持担保比例与余额；指数收盘",
            "the split of collateral, or ratios and balances; index closes",
        ),
        _gap,
    ),
)

FIGURES_OF_EXTREMES: tuple[Figure, ...] = (
    Figure(
        "extremes",
        ("extremes",),
        Text("极端涨跌（长窗口）与维持担保比例", "Extremes over the longer window, and the maintenance ratio"),
        Text("指数收盘", "index closes"),
        _longest,
    ),
    Figure(
        "extremes-short",
        ("extremes",),
        Text("极端涨跌（短窗口）与维持担保比例", "Extremes over the shorter window, and the maintenance ratio"),
        Text("指数收盘", "index closes"),
        _shortest,
    ),
)

FIGURES = (*FIGURES_OF_PRESSURE, *FIGURES_OF_EXTREMES)
