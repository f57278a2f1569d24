"""The native charts of the workbook, each drawn by Excel from the sheet of its reading.

What lives here: which columns each chart shows. What does not: the sheets (``workbook``) and the figures of the note
(``charts``), which can do what Excel cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from rongheng.basics.text import Language, Text
from rongheng.report.theme import BLUE, GREEN, ORANGE

_COLOURS = (BLUE.light, ORANGE.light, GREEN.light)
_ROWS_HIGH, _PIXELS = 17, (620, 320)
_LONGEST = 1250  # sessions: about five years, beyond which Excel's lines are a smear


@dataclass(frozen=True)
class Sheet:
    """Where a reading stands in the workbook: its sheet, the columns of its figures, its first and last row."""

    name: str
    columns: Mapping[str, int]
    units: Mapping[str, str]
    first: int
    last: int
    rows: pl.DataFrame


@dataclass(frozen=True)
class _Chart:
    title: Text
    sheet: str
    figures: tuple[tuple[str, Text], ...]
    kind: str = "line"
    longest: int = _LONGEST
    percent: bool = False
    least: float | None = None


_CHARTS: tuple[_Chart, ...] = (
    _Chart(Text("两融余额", "Margin balance"), "balance", (("margin_balance", Text("两融余额", "margin balance")),)),
    _Chart(
        Text("近 60 个交易日每日净融资", "Net financing by session, the last 60"),
        "balance",
        (("financing_change_1", Text("净融资", "net financing")),),
        kind="column",
        longest=60,
    ),
    _Chart(
        Text("融资买入额占成交额", "Financing buys over turnover"),
        "share",
        (("buys_share", Text("占比", "share")),),
        percent=True,
    ),
    _Chart(
        Text("平均维持担保比例", "Average maintenance ratio"),
        "leverage",
        (("maintenance_ratio", Text("维持担保比例", "maintenance ratio")),),
        percent=True,
        least=1.5,
    ),
    _Chart(
        Text("平均杠杆与上限", "Average leverage and its ceiling"),
        "leverage",
        (("leverage", Text("平均杠杆", "leverage")), ("ceiling", Text("上限（现金）", "ceiling (cash)"))),
        least=1.0,
    ),
    _Chart(
        Text("比例对指数拟合的残差（标准差）", "Residual of the ratio's fit, standard deviations"),
        "fit",
        (("residual_sigma", Text("残差", "residual")),),
    ),
    _Chart(
        Text("有负债与参与交易的投资者", "Investors with debt, and those who traded"),
        "participation",
        (
            ("indebted_count", Text("有负债", "with debt")),
            ("active_count", Text("参与交易", "traded")),
        ),
    ),
    _Chart(
        Text("有负债者人均负债", "Debt per investor with debt"),
        "participation",
        (("debt_per_indebted", Text("人均负债", "debt each")),),
    ),
    _Chart(
        Text("极端涨跌与维持担保比例", "Extremes and the maintenance ratio"),
        "extremes",
        (("change", Text("指数", "index")), ("ratio_change", Text("维持担保比例", "maintenance ratio"))),
        kind="column",
        percent=True,
    ),
    _Chart(
        Text("低点前担保物与指数的变动", "Collateral and index before lows"),
        "collateral-gap",
        (("collateral_change", Text("担保物", "collateral")), ("index_change", Text("指数", "index"))),
        kind="column",
        longest=24,
        percent=True,
    ),
)


def add_charts(book: Any, canvas: Any, sheets: Mapping[str, Sheet], language: Language, *, first_row: int) -> None:
    """Put every chart whose reading is there on the sheet ``canvas``, two beside one another."""
    drawn = 0
    for chart in _CHARTS:
        sheet = sheets.get(chart.sheet)
        figures = [] if sheet is None else [pair for pair in chart.figures if pair[0] in sheet.columns]
        if sheet is None or not figures or sheet.last < sheet.first:
            continue
        row, column = first_row + drawn // 2 * _ROWS_HIGH + 1, drawn % 2 * 10
        canvas.insert_chart(row, column, _native(book, chart, sheet, figures, language))
        drawn += 1


def _native(book: Any, chart: _Chart, sheet: Sheet, figures: Sequence[tuple[str, Text]], language: Language) -> Any:
    native = book.add_chart({"type": chart.kind})
    first = max(sheet.first, sheet.last - chart.longest + 1)
    for (figure, label), colour in zip(figures, _COLOURS, strict=False):
        column = sheet.columns[figure]
        look: dict[str, Any] = {"line": {"color": colour, "width": 1.25}} if chart.kind == "line" else {}
        native.add_series(
            {
                "name": label.in_(language),
                "categories": [sheet.name, first, 0, sheet.last, 0],
                "values": [sheet.name, first, column, sheet.last, column],
                **(look or {"fill": {"color": colour}, "gap": 40}),
            }
        )
    unit = "" if chart.percent else sheet.units.get(figures[0][0], "")
    title = chart.title.in_(language) + (f" ({unit})" if unit else "")
    native.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    native.set_size({"width": _PIXELS[0], "height": _PIXELS[1]})
    native.set_legend({"position": "bottom"} if len(figures) > 1 else {"none": True})
    dates: dict[str, Any] = {"num_format": "yyyy-mm", "num_font": {"size": 9}, "label_position": "low"}
    if chart.kind == "line":
        dates |= {"date_axis": True, "num_format": "yyyy-mm", "major_unit": 1, "major_unit_type": "years"}
    else:
        dates |= {"text_axis": True, "num_format": "yyyy-mm-dd"}
    values: dict[str, Any] = {
        "num_font": {"size": 9},
        "major_gridlines": {"visible": True, "line": {"color": "#e6eaee"}},
    }
    values["num_format"] = "0%" if chart.percent else "#,##0.##" if chart.kind == "line" else "#,##0"
    if chart.least is not None:
        values["min"] = chart.least
    native.set_x_axis(dates)
    native.set_y_axis(values)
    native.show_blanks_as("gap")
    return native
