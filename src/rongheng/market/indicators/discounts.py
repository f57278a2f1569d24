"""How far each contract of index futures stands under its index: in points, as a fraction, by year, less dividends.

What lives here: the arithmetic of one contract on one session, and its description. What does not: products
(``basis``), and where contracts and dividends come from (``market.series.futures``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.grades import Grade, worst_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.rows import choose, reading

DAYS_A_YEAR = 365
DIVIDENDS = ("expected", "realised", "none")

ESTIMATED = Text(
    "预期分红取前三年同期全收益指数与价格指数之差的均值，级别为估算；实际分红只在合约到期后可知，只供事后研究。",
    "Expected dividends are the mean of the same days of three earlier years, from total return against price index: "
    "an estimate. Realised ones are known only once a contract is over, and are for studies in hindsight.",
)
CLOSES = Text(
    "用合约收盘价与指数收盘点位，二者同在 15:00；不用结算价（最后一小时均价）。",
    "The close of the contract beside the close of the index, both of 15:00; not the settlement price, which is a mean "
    "over the last hour.",
)
NO_INDEX = Text(
    "湖中没有某日指数收盘的合约没有基差；没有全收益指数的品种（如 IH）没有分红调整。",
    "A contract without a close of its index on a session has no basis; a product without a total-return index (IH) "
    "is not adjusted for dividends.",
)


def with_discounts(frame: pl.DataFrame, *, dividends: str = "expected") -> pl.DataFrame:
    """Return the contracts with their discounts (贴水率); positive where the contract stands under its index.

    Returns
    -------
    frame
        ``days`` to the last trading day (calendar days), ``basis_points`` (close − index), ``discount`` (fraction of
        the index), ``annual_discount`` (by 365 days, null on the last trading day), ``adjusted_discount`` and
        ``annual_adjusted`` (less dividends; null where these are not known), ``grade``.
    """
    choose(dividends, option="--dividends", among=DIVIDENDS)
    known = pl.lit(None, dtype=pl.Float64) if dividends == "none" else pl.col(f"dividends_{dividends}")
    days = (pl.col("last_trading_day") - pl.col("session")).dt.total_days()
    rows = frame.with_columns(
        days=days,
        basis_points=pl.col("close") - pl.col("index_close"),
        discount=1 - pl.col("close") / pl.col("index_close"),
        dividends=known,
    ).with_columns(adjusted_discount=pl.col("discount") - pl.col("dividends"))
    by_year = pl.when(pl.col("days") > 0).then(DAYS_A_YEAR / pl.col("days"))
    guessed = (dividends == "expected") & pl.col("adjusted_discount").is_not_null()
    return rows.with_columns(
        annual_discount=pl.col("discount") * by_year,
        annual_adjusted=pl.col("adjusted_discount") * by_year,
        grade=pl.when(guessed).then(worst_of("grade", Grade.ESTIMATED)).otherwise(worst_of("grade", Grade.DERIVED)),
    )


def basis_contracts(frame: pl.DataFrame, *, product: str = "all", dividends: str = "expected") -> Reading:
    """Return the basis of every contract on every session: the term structure (各合约基差与期限结构).

    Parameters
    ----------
    frame : DataFrame
        The frame ``futures``; see ``contract.FUTURES``.
    product : str
        IF, IH, IC, IM, or all.
    dividends : str
        ``expected`` (from earlier years' calendars), ``realised`` (in hindsight), or ``none``.

    Raises
    ------
    UsageError
        ``product`` or ``dividends`` is not one of those.
    MissingDataError
        The frame holds no contract, or no close of an index.

    Source
    ------
    CFFEX bars; CSI closes and total returns.

    Examples
    --------
    >>> from datetime import date
    >>> from rongheng.market.indicators.contract import FUTURES
    >>> frame = pl.DataFrame({name: [None] for name in FUTURES}, schema=FUTURES).with_columns(
    ...     session=date(2025, 1, 2), contract=pl.lit("IM2503"), product=pl.lit("IM"), close=5700.0, index_close=5800.0,
    ...     last_trading_day=date(2025, 3, 21), dividends_expected=0.001, grade=pl.lit("official"))
    >>> row = basis_contracts(frame).rows.row(0, named=True)
    >>> row["basis_points"], row["days"], round(row["discount"], 6), round(row["annual_adjusted"], 6)
    (-100.0, 78, 0.017241, 0.076001)
    """
    require(frame, INDICATOR)
    wanted = of_product(frame, product)
    rows = with_discounts(wanted, dividends=dividends).with_columns(as_of="session").sort("session", "contract")
    return reading(rows, INDICATOR)


def of_product(frame: pl.DataFrame, product: str) -> pl.DataFrame:
    """Return the contracts of one product, or all of them."""
    known = tuple(sorted(frame["product"].drop_nulls().unique().to_list()))
    choose(product, option="--product", among=("all", *known))
    return frame if product == "all" else frame.filter(pl.col("product") == product)


INDICATOR = Indicator(
    name="basis-contracts",
    label=Text("股指期货各合约基差", "Basis of each index future"),
    meaning=Text(
        "每个合约低于其指数多少：点数、比率、年化、扣除分红后；同一日各合约连起来即期限结构。",
        "How far each contract stands under its index: in points, as a share, by year, and less dividends; the "
        "contracts of one session make the term structure.",
    ),
    formula=(
        "discount = 1 − contract close / index close; annual = discount × 365 / days to the last trading day; "
        "adjusted = discount − dividends expected in between"
    ),
    source="CFFEX bars, index closes, total-return indices",
    problems=(CLOSES, ESTIMATED, NO_INDEX),
    needs=("contract", "index_close"),
    figures=(
        Figure("product", Unit.TEXT, Text("品种", "product")),
        Figure("contract", Unit.TEXT, Text("合约", "contract")),
        Figure("last_trading_day", Unit.DATE, Text("最后交易日", "last trading day")),
        Figure("days", Unit.COUNT, Text("剩余天数", "days left")),
        Figure("close", Unit.POINTS, Text("合约收盘", "contract close")),
        Figure("index_close", Unit.POINTS, Text("指数收盘", "index close")),
        Figure("basis_points", Unit.POINTS, Text("基差（点）", "basis, points")),
        Figure("discount", Unit.FRACTION, Text("贴水率", "discount")),
        Figure("annual_discount", Unit.FRACTION, Text("年化贴水率", "discount by year")),
        Figure("dividends", Unit.FRACTION, Text("期内分红", "dividends until then")),
        Figure("adjusted_discount", Unit.FRACTION, Text("分红调整贴水率", "discount less dividends")),
        Figure("annual_adjusted", Unit.FRACTION, Text("分红调整年化贴水率", "the same by year")),
        Figure("open_interest_lots", Unit.COUNT, Text("持仓手数", "open interest, lots")),
        Figure("volume_lots", Unit.COUNT, Text("成交手数", "lots traded")),
    ),
    compute=basis_contracts,
    option_help={
        "product": Text("品种：IF、IH、IC、IM 或 all。", "Product: IF, IH, IC, IM or all."),
        "dividends": Text(
            "分红：expected 预期、realised 实际（事后）、none 不调整。",
            "Dividends: expected, realised (in hindsight) or none.",
        ),
    },
    reads="futures",
)
