"""Bars of an index or a future: the low is the lowest and the high the highest of the day, and shares have a price.

Publishers round: a low that is above the open by less than 0.01 % lands and is told. Beyond that the cells that
contradict each other go to quarantine; the close, which the next day's change confirms, lands. A price of another
magnitude than the others of its bar goes too, whichever it is: no day has brought one price to half of another.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import SourceChangedError
from rongheng.basics.tables import FUTURES_BARS, INDEX_DAILY
from rongheng.market.sources.files.inspection import Inspection

_ROUNDING = 1e-4
_EXACT = 1e-12  # two doubles of one decimal
_ORDERED = (("low", "open"), ("low", "close"), ("low", "high"), ("open", "high"), ("close", "high"))
_BAR = ("open", "high", "low", "close", "settlement", "previous_settlement")
_FACTOR = 2
_PRICES = (0.5, 400.0)  # yuan a share: the median over a file of amount / volume of any Chinese index


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set open, high and low aside where they contradict each other or the close."""
    if found.plan.table not in (INDEX_DAILY, FUTURES_BARS):
        return frame
    if found.plan.table is INDEX_DAILY:
        _check_price(frame, found)
    frame = _without_other_magnitudes(frame, found)
    pairs = [pair for pair in _ORDERED if set(pair) <= set(frame.columns)]
    if not pairs:
        return frame
    excess = {pair: pl.col(pair[0]) / pl.col(pair[1]) - 1 for pair in pairs}
    _tell_rounding(frame, list(excess.values()), found)
    bad = {
        name: pl.any_horizontal(excess[pair] > _ROUNDING for pair in pairs if name in pair).fill_null(value=False)
        for name in ("open", "high", "low")
        if any(name in pair for pair in pairs)
    }
    judged = frame.with_columns(test.alias(f"__bad_{name}__") for name, test in bad.items())
    for name in bad:
        why = "open, high, low and close contradict each other"
        judged = found.set_cells_aside(judged, name, pl.col(f"__bad_{name}__"), why)
    return judged.select(frame.columns)


def _without_other_magnitudes(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Set prices aside that are not within a factor of the row's median; all of them where it has no majority."""
    names = [name for name in _BAR if name in frame.columns]
    prices = pl.concat_list(names).list.drop_nulls()
    if len(names) < 2 or not frame.select((prices.list.max() > _FACTOR * prices.list.min()).any()).item():
        return frame
    middle = prices.list.median()
    off = {name: ~pl.col(name).is_between(middle / _FACTOR, middle * _FACTOR) for name in names}
    apart = prices.list.max() > _FACTOR * prices.list.min()
    divided = 2 * pl.sum_horizontal(*off.values()) >= prices.list.len()
    judged = frame.with_columns((apart & (test | divided)).alias(f"__off_{name}__") for name, test in off.items())
    for name in names:
        why = "the prices of the bar are of different magnitudes"
        judged = found.set_cells_aside(judged, name, pl.col(f"__off_{name}__"), why)
    return judged.select(frame.columns)


def _tell_rounding(frame: pl.DataFrame, excess: list[pl.Expr], found: Inspection) -> None:
    slight = pl.any_horizontal((one > _EXACT) & (one <= _ROUNDING) for one in excess)
    count = frame.select(slight.fill_null(value=False).alias("slight"))["slight"].sum()
    if count:
        found.notice(
            f"{count} 行的开收盘价略超出当日高低价（不到 0.01%，属发布时的四舍五入），照常入库",
            f"rows with an open or a close beyond the day's range by less than 0.01 % (rounding), landed: {count}",
            count=int(count),
        )


def _check_price(frame: pl.DataFrame, found: Inspection) -> None:
    if not {"volume_shares", "amount"} <= set(frame.columns):
        return
    per_share = (pl.col("amount") / pl.col("volume_shares")).median()
    price = frame.filter(pl.col("volume_shares") > 0).select(per_share).item()
    if price is None or _PRICES[0] <= price <= _PRICES[1]:
        return
    volume, amount = found.plan.binding("volume_shares"), found.plan.binding("amount")
    raise SourceChangedError(
        f"{found.sheet.where}: {amount.header} / {volume.header} gives {price:,.6g} yuan a share at the median; "
        f"expected {_PRICES[0]:g} to {_PRICES[1]:g}. One of the two units is wrong: say them with --unit "
        f"'{amount.header}=元,{volume.header}=手' or the like."
    )
