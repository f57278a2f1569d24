"""Figures of the chapter on snowballs: where an inventory knocks in, and what hedging it does to index futures.

What lives here: what each of these figures shows and says. What does not: any number that the dossier has not.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.ids import indices
from rongheng.basics.text import Language, Text
from rongheng.findings.dossier import Dossier
from rongheng.market.series import SnowballDay
from rongheng.report.charts.figure import Drawn, Figure, drawn
from rongheng.report.drawing import Entry, Plot, band, nice, over_numbers
from rongheng.report.facts import rows_of
from rongheng.report.numbers import YUAN_AXIS
from rongheng.report.theme import BLUE, DASHED, GREEN, GREY, ORANGE, PURPLE, Colour

_COLOURS: dict[str, Colour] = {"csi1000": ORANGE, "csi500": BLUE, "csi300": GREEN, "sse50": PURPLE}
_BIN = 0.02  # of today's level
_BAR = 9.0  # pixels


def _map(dossier: Dossier, language: Language) -> Drawn | None:
    """Draw notional by where its line stands from today's level: full what waits, as an outline what has knocked in."""
    day = _day(dossier)
    if day is None:
        return None
    lines = _lines(day)
    places = lines["place"].to_list()
    low, high, ticks = nice(min([-10.0, *places]) - 2, max([10.0, *places]) + 2)
    axis = Text("敲入线距当日点位（%）", "line from today's level (%)").in_(language)
    plot = Plot(over_numbers((low, high, ticks), title=axis))
    scale = YUAN_AXIS[language]
    tops = [row["foot"] + row["notional_yuan"] for row in lines.iter_rows(named=True)]
    where = band([top / scale.divisor for top in tops], unit=scale.label.in_(language), zero=True)
    for row in lines.iter_rows(named=True):
        colour = _COLOURS.get(row["index"], GREY)
        bar = [{"h": row["place"], "v": (row["foot"] + row["notional_yuan"]) / scale.divisor}]
        look = {"stroke": colour.light, "strokeWidth": _BAR, "strokeOpacity": 0.35 if row["knocked_in"] else 1.0}
        plot.draw(where, bar, {"type": "rule", **look}, y2={"datum": row["foot"] / scale.divisor})
    plot.draw_across([{"h": 0.0}], {"type": "rule", "stroke": GREY.light, "strokeWidth": 0.8})
    plot.key([Entry(_label(key).in_(language), _COLOURS.get(key, GREY), "square") for key in _keys(day)])
    remark = Text("浅色为已敲入；竖线为当日点位", "pale: has knocked in; the upright stands at today's level")
    return drawn(_map_title(day), plot, language, remark, _about(day))


def _lines(day: SnowballDay) -> pl.DataFrame:
    """Return notional by index, state and bin of the line's distance, with the foot on which its bar stands."""
    spots = {key: index.spot for key, index in day.market.indices.items()}
    spot = pl.col("index").replace_strict(spots, return_dtype=pl.Float64)
    share = pl.col("initial_points") * pl.col("knock_in_bp") / 10_000 / spot - 1
    bins = (
        day.contracts.filter(pl.col("knock_in_bp") > 0)
        .with_columns(place=((share / _BIN).floor() + 0.5) * _BIN * 100)
        .group_by("place", "index", "knocked_in")
        .agg(notional_yuan=pl.col("notional_milli").sum() / 1000)
        .sort("place", "index", "knocked_in")
    )
    return bins.with_columns(
        foot=(pl.col("notional_yuan").cum_sum() - pl.col("notional_yuan")).over("place"),
    )


def _map_title(day: SnowballDay) -> Text:
    if day.bands.is_empty():
        return Text("清单中没有未敲入的雪球", "No snowball of the inventory waits for its knock-in")
    nearest = day.bands.sort("distance").row(0, named=True)
    label = _label(nearest["index"])
    return Text(
        f"最近的敲入区间：{label.zh} {nearest['lower']:,.0f} 至 {nearest['upper']:,.0f} 点",
        f"The nearest knock-ins: {label.en} at {nearest['lower']:,.0f} to {nearest['upper']:,.0f}",
    )


def _hedging(dossier: Dossier, language: Language) -> Drawn | None:
    """Draw the futures that hedging trades for each move, with the knock-ins on the way and without."""
    day = _day(dossier)
    if day is None:
        return None
    moves = [move * 100 for move in day.curve["move"].unique().sort().to_list()]
    plot = Plot(
        over_numbers(nice(moves[0], moves[-1]), title=Text("指数涨跌（%）", "move of the index (%)").in_(language))
    )
    thousands = day.curve.with_columns(pl.col("flow_before", "flow_after") / 1000)
    flows = [*thousands["flow_before"].to_list(), *thousands["flow_after"].to_list()]
    where = band(flows, unit=Text("千手", "1,000 lots").in_(language), zero=True)
    plot.level(where, 0)
    for key in _keys(day):
        colour = _COLOURS.get(key, GREY)
        own = thousands.filter(pl.col("index") == key).sort("move")
        for name, look in (("flow_before", {"strokeDash": list(DASHED)}), ("flow_after", {})):
            rows = [{"h": move * 100, "v": flow} for move, flow in own.select("move", name).iter_rows()]
            plot.draw(where, rows, {"type": "line", "stroke": colour.light, "strokeWidth": 1.3, **look})
    plot.key([Entry(_label(key).in_(language), _COLOURS.get(key, GREY)) for key in _keys(day)])
    remark = Text(
        "实线含途中敲入，虚线不含；负值为卖出",
        "full: with the knock-ins on the way, dashed: without; below zero is sold",
    )
    return drawn(_hedging_title(day), plot, language, remark, _about(day))


def _hedging_title(day: SnowballDay) -> Text:
    fall = day.curve.filter((pl.col("move") + 0.05).abs() < 1e-9).sort("flow_after").row(0, named=True)
    label, lots = _label(fall["index"]), fall["flow_after"]
    act = Text("卖出", "sells") if lots < 0 else Text("买入", "buys")
    return Text(
        f"{label.zh}跌 5% 时对冲盘{act.zh}期货 {abs(lots):,.0f} 手",
        f"A fall of 5 % of the {label.en}: hedging {act.en} {abs(lots):,.0f} futures",
    )


def _day(dossier: Dossier) -> SnowballDay | None:
    return None if rows_of(dossier, "snowballs").is_empty() else dossier.snowballs


def _keys(day: SnowballDay) -> list[str]:
    held = day.contracts["index"].unique().to_list()
    return [key for key in _COLOURS if key in held] + sorted(set(held) - set(_COLOURS))


def _label(key: str) -> Text:
    return indices()[key].label


def _about(day: SnowballDay) -> Text:
    name = day.inventory.name
    return Text(f"依据{name.zh}", f"by {name.en}")


_NEEDS = Text("当日可用的雪球清单与其指数的收盘", "an inventory of snowballs known that day, and closes of its indices")

FIGURES: tuple[Figure, ...] = (
    Figure("knock-in-map", ("snowballs",), Text("敲入分布", "Where snowballs knock in"), _NEEDS, _map),
    Figure("hedging", ("snowballs",), Text("对冲盘的买卖", "What hedging trades"), _NEEDS, _hedging),
)
