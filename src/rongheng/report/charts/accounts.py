"""Figures of the chapter on credit accounts: debt by band of ratio, of fall, and of concentration.

What lives here: what each of these figures shows and says. What does not: any number that the summary has not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.report.account_tables import in_units
from rongheng.report.charts.figure import Drawn, Figure, drawn
from rongheng.report.drawing import Plot, Spec, band
from rongheng.report.numbers import EXACT, column_scale, display
from rongheng.report.numbers import band as band_name
from rongheng.report.theme import BLUE, ORANGE, PLOT_WIDTH, WIDE_WIDTH

Row = Mapping[str, Any]
_BAR = 0.62  # of the room that a band has
_LABEL = 8.5  # points


def _ratios(dossier: Dossier, language: Language) -> Drawn | None:
    summary = dossier.accounts
    if summary is None or not summary.total["indebted_accounts"]:
        return None
    plot = _bars(summary.ratios, language, width=WIDE_WIDTH)
    most = max(summary.ratios, key=lambda row: row["debt_milli"])
    share = display(summary.total["average_ratio_bp"] / 10_000, Unit.RATIO, language)
    name = band_name(most["from_bp"], most["below_bp"])
    title = Text(
        f"平均维持担保比例 {share}，负债最多的一档是 {name}",
        f"The average ratio is {share}; most of the debt stands at {name}",
    )
    return drawn(title, plot, language, _COUNTS)


def _falls(dossier: Dossier, language: Language) -> Drawn | None:
    summary = dossier.accounts
    if summary is None or not summary.total["indebted_accounts"]:
        return None
    within = [row for row in summary.falls if row["below_bp"] is not None]  # beyond stands the rest of the debt
    plot = _bars(within, language, name="debt_so_far_milli", above=_share_so_far, graver=1)
    under = in_units(summary.falls[0])
    share = display(under["debt_share_so_far"], Unit.FRACTION, language)
    title = Text(f"已低于平仓线的负债占 {share}", f"{share} of the debt is under its liquidation line already")
    meaning = Text(
        "柱为一齐下跌至该档上限时低于平仓线的累计负债，柱上为占全部负债；橙色：已低于",
        "bars: debt under its line after a uniform fall to the band's end, and its part of all; orange: under it now",
    )
    return drawn(title, plot, language, meaning)


def _shares(dossier: Dossier, language: Language) -> Drawn | None:
    summary = dossier.accounts
    if summary is None or not summary.total["indebted_accounts"]:
        return None
    plot = _bars(summary.shares, language)
    most = max(summary.shares, key=lambda row: row["debt_milli"])
    name = band_name(most["from_bp"], most["below_bp"])
    title = Text(
        f"负债最多的一档，第一大持仓占总资产 {name}",
        f"Most of the debt is of accounts whose largest position is {name} of assets",
    )
    return drawn(title, plot, language, _COUNTS)


def _count(row: Row) -> str:
    return EXACT.show(row["accounts"])


def _share_so_far(row: Row) -> str:
    return f"{row['debt_share_so_far_bp'] / 100:.1f}%"


def _bars(
    rows: Sequence[Row],
    language: Language,
    *,
    name: str = "debt_milli",
    above: Callable[[Row], str] = _count,
    width: int = PLOT_WIDTH,
    graver: int = 0,
) -> Plot:
    """Return upright bars, one for each band, with its name below; the first ``graver`` ones warn."""
    bounded = [row for row in rows if row["from_bp"] is not None or row["below_bp"] is not None]
    scale = column_scale(Unit.YUAN, [row[name] / 1_000 for row in bounded], language)
    values = [row[name] / 1_000 / scale.divisor for row in bounded]
    plot = Plot(_places(width))
    where = band(values, unit=scale.label.in_(language), zero=True)
    plot.level(where, 0)
    room = width / len(bounded)
    for place, (row, value) in enumerate(zip(bounded, values, strict=True)):
        x, top, foot = room * (place + 0.5), where.pixel(value), where.pixel(0)
        if value > 0:
            plot.stroke(x, x, top, foot, ORANGE if place < graver else BLUE, width=round(room * _BAR, 1))
        plot.write(x, foot + 10, band_name(row["from_bp"], row["below_bp"]), align="center", size=_LABEL)
        plot.write(x, top - 6, above(row), align="center", size=_LABEL)
    return plot


def _places(width: int) -> Spec:
    """Return a horizontal axis without ticks: the bands are named under their bars."""
    scale: Spec = {"domain": [0, 1], "range": [0, width], "zero": False, "nice": False}
    axis: Spec = {"values": [], "title": None, "ticks": False}
    return {"field": "h", "type": "quantitative", "scale": scale, "axis": axis}


_COUNTS = Text("柱上为账户数", "above each bar: how many accounts")
_BOOK = Text("盯市后的账簿", "a marked book")

FIGURES: tuple[Figure, ...] = (
    Figure(
        "account-ratios",
        (),
        Text("负债按维持担保比例", "Debt by maintenance ratio"),
        _BOOK,
        _ratios,
        wide=True,
    ),
    Figure(
        "account-falls", (), Text("负债按距平仓线的跌幅", "Debt by the fall to the liquidation line"), _BOOK, _falls
    ),
    Figure(
        "account-shares", (), Text("负债按第一大持仓占比", "Debt by the share of the largest position"), _BOOK, _shares
    ),
)
