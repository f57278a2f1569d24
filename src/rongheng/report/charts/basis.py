"""Figures of the chapter on index futures: the discount over a year, and the term structure of the session.

What lives here: what each of these figures shows and says. What does not: any number that no reading has.
"""

from __future__ import annotations

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.charts.figure import Drawn, Figure, drawn
from rongheng.report.drawing import Entry, Plot, band, nice, over_numbers, over_time
from rongheng.report.facts import Point, Row, rows_of, stated
from rongheng.report.numbers import display
from rongheng.report.theme import BLUE, GREEN, ORANGE, PURPLE

_COLOURS = {"IM": ORANGE, "IC": BLUE, "IF": GREEN, "IH": PURPLE}
_YEAR = 250  # sessions
_UNIT = Text("年化贴水（%）", "discount by year (%)")


def level_of(row: Row, plain: str = "annual_discount") -> float | None:
    """Return the discount less dividends, or as it is where these are not known."""
    adjusted: float | None = row.get("annual_adjusted")
    return row.get(plain) if adjusted is None else adjusted


def _history(dossier: Dossier, language: Language) -> Drawn | None:
    lines = {product: _points(dossier, product) for product in _COLOURS}
    shown = {product: points for product, points in lines.items() if stated(points)}
    if not shown:
        return None
    begin = min(points[0][0] for points in shown.values())
    if begin >= dossier.as_of:
        return None
    plot = Plot(over_time(begin, dossier.as_of))
    where = band([value for points in shown.values() for _, value in points], unit="%", zero=True)
    plot.level(where, 0)
    for product, points in shown.items():
        plot.line(where, points, _COLOURS[product])
    ends = [(stated(points)[-1][1], f"{stated(points)[-1][1]:.1f}", _COLOURS[name]) for name, points in shown.items()]
    plot.ends(where, ends)
    plot.key([Entry(product, _COLOURS[product]) for product in shown])
    product = next(iter(shown))
    last = display(stated(shown[product])[-1][1] / 100, Unit.FRACTION, language)
    title = Text(f"{product} 年化贴水 {last}（扣除预期分红）", f"{product} stands {last} a year under its index")
    how = Text("按持仓加权；正值为贴水", "weighted by open interest; above zero futures stand under the index")
    return drawn(title, plot, language, how)


def _points(dossier: Dossier, product: str) -> list[Point]:
    rows = rows_of(dossier, "basis", product=product)
    found = [(row["session"], level_of(row)) for row in rows.tail(_YEAR).to_dicts()]
    return [(day, None if level is None else level * 100) for day, level in found]


def _term(dossier: Dossier, language: Language) -> Drawn | None:
    rows = [row for row in rows_of(dossier, "basis-contracts", session=dossier.as_of).to_dicts() if row["days"]]
    stated_rows = [row for row in rows if level_of(row) is not None]
    if not stated_rows:
        return None
    low, high, ticks = nice(0, max(row["days"] for row in stated_rows))
    plot = Plot(over_numbers((low, high, ticks), title=Text("剩余天数", "days left").in_(language)))
    where = band([(level_of(row) or 0) * 100 for row in stated_rows], unit=_UNIT.in_(language), zero=True)
    plot.level(where, 0)
    products = [name for name in _COLOURS if any(row["product"] == name for row in stated_rows)]
    for name in products:
        own = [{"h": row["days"], "v": level_of(row) * 100} for row in stated_rows if row["product"] == name]  # type: ignore[operator]
        plot.draw(where, own, {"type": "line", "stroke": _COLOURS[name].light, "strokeWidth": 1.3})
        plot.dots(where, own, _COLOURS[name])
    plot.key([Entry(name, _COLOURS[name], "circle") for name in products])
    title = Text(f"{dossier.as_of} 各合约的年化贴水", f"Discount of each contract by year on {dossier.as_of}")
    return drawn(title, plot, language)


_BARS = Text("期货合约与指数的收盘", "closes of futures and of their indices")

FIGURES: tuple[Figure, ...] = (
    Figure("basis-history", ("basis",), Text("股指期货年化贴水", "Discount of index futures"), _BARS, _history),
    Figure("basis-term", ("basis-contracts",), Text("期限结构", "Term structure"), _BARS, _term),
)
