"""The basis of each product of index futures by session, and whether it moved more than it uses to (股指期货基差).

What lives here: discounts weighted by open interest and at constant maturities, the roll, and each day's change beside
its own past. What does not: single contracts (``discounts``).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from rongheng.basics.errors import UsageError
from rongheng.basics.grades import worst_in_group
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.discounts import (
    CLOSES,
    DAYS_A_YEAR,
    ESTIMATED,
    NO_INDEX,
    of_product,
    with_discounts,
)
from rongheng.market.indicators.rows import figures, reading
from rongheng.market.indicators.trend import FloatArray, percentile_so_far

LEAST_DAYS = 7  # nearer to the last trading day, a year's rate of a few points says nothing
MATURITIES = (30, 90)  # days
SHORT, LONG = 20, 60  # sessions of changes that a change is held against
MARKED = 2.0  # standard deviations
OUTER = 0.2  # of the changes of a month: the fifth at either end
MOVES = ("narrowed_markedly", "narrowed", "widened", "widened_markedly")


def basis(frame: pl.DataFrame, *, product: str = "all", dividends: str = "expected", marked: float = MARKED) -> Reading:
    """Return each product's discount by session and how unusual its change is (基差、展期收益与变动).

    ``move`` says ``narrowed_markedly`` or ``widened_markedly`` where the change lies ``marked`` standard deviations
    from the mean of the changes of the ``LONG`` sessions before it, itself left out; else ``narrowed`` or ``widened``
    where it is in the outer fifth of the changes of the ``SHORT`` sessions before it; else nothing. It is the change
    of the discount weighted by open interest, by year and less dividends; without dividends where these are unknown.

    Parameters
    ----------
    frame : DataFrame
        The frame ``futures``; see ``contract.FUTURES``.
    product, dividends : as of :func:`~rongheng.market.indicators.discounts.basis_contracts`
    marked : float, above 0
        Standard deviations from which on a change is marked.

    Returns
    -------
    Reading
        One row a session and product. Discounts are fractions by year, positive where futures stand under the index.
        ``constant_30`` and ``constant_90`` are interpolated between the contracts around that many days; nearer than
        the nearest contract the discount is taken to shrink evenly to nothing. ``roll_yield`` is what rolling from
        the nearest contract to the next one earns a holder of futures, by year. ``percentile`` is the share of the
        product's discounts so far that are not above. ``grade`` is estimated where dividends are expected.

    Raises
    ------
    UsageError
        An option is not one of those that can be.
    MissingDataError
        The frame holds no contract, or no close of an index.

    Source
    ------
    CFFEX bars; CSI closes and total returns.
    """
    if marked <= 0:
        raise UsageError(f"--marked is {marked}; it must be above 0.")
    require(frame, INDICATOR)
    contracts = with_discounts(of_product(frame, product), dividends=dividends)
    rows = _by_product(contracts).join(_curves(contracts), on=["session", "product"], how="left", maintain_order="left")
    parts = [_with_moves(part, marked) for part in rows.partition_by("product", maintain_order=True)]
    return reading(pl.concat(parts).with_columns(as_of="session").sort("session", "product"), INDICATOR)


def _by_product(contracts: pl.DataFrame) -> pl.DataFrame:
    """Return the sums over the contracts of a product; those about to end are left out of what is by year."""
    lots = pl.col("open_interest_lots").cast(pl.Float64)
    far = pl.col("days") >= LEAST_DAYS
    return (
        contracts.sort("session", "product", "last_trading_day")
        .group_by("session", "product", maintain_order=True)
        .agg(
            pl.col("index_close").first(),
            pl.col("contract").filter(pl.col("days") > 0).first().alias("near_contract"),
            pl.col("basis_points").filter(pl.col("days") > 0).first().alias("near_basis_points"),
            _weighted("annual_discount", lots, far).alias("annual_discount"),
            _weighted("annual_adjusted", lots, far).alias("annual_adjusted"),
            _roll(far).alias("roll_yield"),
            pl.col("open_interest_lots").sum(),
            pl.col("volume_lots").sum(),
            worst_in_group(),
        )
    )


def _weighted(name: str, lots: pl.Expr, far: pl.Expr) -> pl.Expr:
    """Return the mean weighted by open interest; null where a contract that is far enough lacks value or weight."""
    value, weight = pl.col(name).filter(far), lots.filter(far)
    whole = (value.is_not_null() & weight.is_not_null()).all() & (weight.sum() > 0)
    return pl.when(whole).then((value * weight).sum() / weight.sum())


def _roll(far: pl.Expr) -> pl.Expr:
    """Return what the step from the nearest contract to the next one gives, by year."""
    price, days = pl.col("close").filter(far), pl.col("days").filter(far)
    step = days.get(1, null_on_oob=True) - days.get(0, null_on_oob=True)
    gain = price.get(0, null_on_oob=True) - price.get(1, null_on_oob=True)
    return gain / pl.col("index_close").first() * DAYS_A_YEAR / step


def _curves(contracts: pl.DataFrame) -> pl.DataFrame:
    """Return the discounts at constant maturities, less dividends where these are known."""
    known = contracts.with_columns(level=pl.coalesce("adjusted_discount", "discount")).drop_nulls("level")
    curves = (
        known.filter(pl.col("days") > 0)
        .sort("session", "product", "days")
        .group_by("session", "product", maintain_order=True)
        .agg("days", "level")
    )
    columns: dict[str, list[float]] = {f"constant_{days}": [] for days in MATURITIES}
    for days, levels in zip(curves["days"].to_list(), curves["level"].to_list(), strict=True):
        at = np.interp(MATURITIES, [0, *days], [0.0, *levels], right=np.nan)
        for maturity, value in zip(MATURITIES, at, strict=True):
            columns[f"constant_{maturity}"].append(float(value) * DAYS_A_YEAR / maturity)
    made = [pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in columns.items()]
    return curves.select("session", "product").with_columns(made)


def _with_moves(rows: pl.DataFrame, marked: float) -> pl.DataFrame:
    """Add the change of a product's discount, its place in its past, and whether it is marked."""
    level = pl.coalesce("annual_adjusted", "annual_discount")
    rows = rows.with_columns(level=level).with_columns(change_1=pl.col("level") - pl.col("level").shift(1))
    rows = rows.with_columns(
        sigmas_20=_sigmas("change_1", SHORT),
        sigmas_60=_sigmas("change_1", LONG),
        percentile=figures(percentile_so_far(rows["level"].cast(pl.Float64).fill_null(np.nan).to_numpy())),
    )
    rows = rows.with_columns(rank_20=figures(_ranks(rows["change_1"].cast(pl.Float64).fill_null(np.nan).to_numpy())))
    sigmas, rank = pl.col("sigmas_60"), pl.col("rank_20")
    move = pl.when(sigmas <= -marked).then(pl.lit(MOVES[0])).when(sigmas >= marked).then(pl.lit(MOVES[3]))
    return rows.with_columns(
        move=move.when((rank <= OUTER) & (pl.col("change_1") < 0))
        .then(pl.lit(MOVES[1]))
        .when((rank >= 1 - OUTER) & (pl.col("change_1") > 0))
        .then(pl.lit(MOVES[2]))
    )


def _ranks(change: FloatArray) -> FloatArray:
    """Return which share of the changes of the ``SHORT`` sessions before each is not above it; NaN where one lacks."""
    ranks = np.full(len(change), np.nan)
    if len(change) > SHORT:
        past = sliding_window_view(change[:-1], SHORT)
        whole = ~np.isnan(past).any(axis=1) & ~np.isnan(change[SHORT:])
        ranks[SHORT:] = np.where(whole, (past <= change[SHORT:, None]).mean(axis=1), np.nan)
    return ranks


def _sigmas(name: str, sessions: int) -> pl.Expr:
    """Return how many standard deviations a change lies from the mean of the changes before it."""
    past = pl.col(name).shift(1)
    spread = past.rolling_std(sessions)
    return pl.when(spread > 0).then((pl.col(name) - past.rolling_mean(sessions)) / spread)


INDICATOR = Indicator(
    name="basis",
    label=Text("股指期货基差", "Basis of index futures"),
    meaning=Text(
        "各品种按持仓加权、扣除分红后的年化贴水，固定期限贴水与展期收益；当日变动以其前 20、60 个交易日的变动衡量。",
        "Each product's discount by year, weighted by open interest and less dividends, at constant maturities, and "
        "the roll; each day's change is held against the changes of the 20 and 60 sessions before it.",
    ),
    formula=(
        "annual_adjusted = Σ open interest × annual discount less dividends / Σ open interest, over contracts with at "
        "least 7 days left; sigmas_n = (change − mean of the n changes before) / their standard deviation"
    ),
    source="CFFEX bars, index closes, total-return indices",
    problems=(
        CLOSES,
        ESTIMATED,
        NO_INDEX,
        Text(
            "剩余不足 7 天的合约不计入年化；换月日持仓权重移动，变动含结构变化。",
            "Contracts with fewer than 7 days left are no part of what is by year; around a roll weights move, and the "
            "change holds some of that.",
        ),
        Text(
            "贴水收窄可能来自雪球对冲买入、做空减少或指数急跌；基差本身不说明原因。",
            "A discount may narrow because hedgers of snowballs buy, because fewer sell, or because the index fell "
            "faster: the basis alone does not say why.",
        ),
    ),
    needs=("contract", "index_close"),
    figures=(
        Figure("product", Unit.TEXT, Text("品种", "product")),
        Figure("index_close", Unit.POINTS, Text("指数收盘", "index close")),
        Figure("near_contract", Unit.TEXT, Text("近月合约", "nearest contract")),
        Figure("near_basis_points", Unit.POINTS, Text("近月基差（点）", "its basis, points")),
        Figure("annual_discount", Unit.FRACTION, Text("年化贴水", "discount by year")),
        Figure("annual_adjusted", Unit.FRACTION, Text("分红调整年化贴水", "less dividends")),
        Figure("constant_30", Unit.FRACTION, Text("30 日贴水（年化）", "at 30 days")),
        Figure("constant_90", Unit.FRACTION, Text("90 日贴水（年化）", "at 90 days")),
        Figure("roll_yield", Unit.FRACTION, Text("展期收益（年化）", "roll yield by year")),
        Figure("change_1", Unit.FRACTION, Text("较前一日", "change in a day")),
        Figure("sigmas_20", Unit.TIMES, Text("变动/20 日标准差", "change, 20-day sigmas")),
        Figure("sigmas_60", Unit.TIMES, Text("变动/60 日标准差", "change, 60-day sigmas")),
        Figure("rank_20", Unit.FRACTION, Text("变动在 20 日内的位次", "rank among 20 changes")),
        Figure("percentile", Unit.FRACTION, Text("历史分位", "percentile")),
        Figure("move", Unit.TEXT, Text("变动判断", "move")),
        Figure("open_interest_lots", Unit.COUNT, Text("总持仓手数", "open interest, lots")),
        Figure("volume_lots", Unit.COUNT, Text("总成交手数", "lots traded")),
    ),
    compute=basis,
    option_help={
        "product": Text("品种：IF、IH、IC、IM 或 all。", "Product: IF, IH, IC, IM or all."),
        "dividends": Text(
            "分红：expected 预期、realised 实际（事后）、none 不调整。",
            "Dividends: expected, realised (in hindsight) or none.",
        ),
        "marked": Text("变动达到多少倍标准差算明显。", "From how many standard deviations on a change is marked."),
    },
    reads="futures",
)
