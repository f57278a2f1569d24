"""Cash beside securities in the collateral, on the way down to each low of the maintenance ratio (担保物结构).

What lives here: whether cash gained or lost weight while the ratio fell, and what that says. What does not: how much
further collateral fell than the index (``collateral_gap``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.grades import worst_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, has, require
from rongheng.market.indicators.falls_of_ratio import SO_FAR, STATE, falls_of_ratio
from rongheng.market.indicators.lows import PROMINENCE
from rongheng.market.indicators.rows import reading


def collateral(panel: pl.DataFrame, *, prominence: float = PROMINENCE) -> Reading:
    """Return how the weight of cash in the collateral moved while the ratio fell to each low (现金与证券担保物之比).

    Falling prices alone raise the weight of cash. If it falls with the ratio, clients have spent cash on purchases
    faster than prices fell; if it rises, cash was added or securities were sold, by choice or by force: the figures
    do not tell these apart.

    Parameters
    ----------
    prominence : float, above 0
        How far the ratio must rise from a low; see :func:`~rongheng.market.indicators.lows.find_lows`.

    Returns
    -------
    Reading
        One row per fall of the ratio, of the session where it ends; ``as_of`` is the session that confirmed the low.
        The fall under way has the state ``so_far``. ``verdict`` is ``same`` where cash over securities fell with the
        ratio, ``opposite`` where it rose, ``unchanged`` where it stayed; null where the split is missing at either
        end. Without any split the rows are empty and a note says what would supply it. The grade is the worst of the
        account statistics at both ends.

    Raises
    ------
    MissingDataError
        The panel holds no maintenance ratio.

    Source
    ------
    Huachuang Securities, 2025-03: cash over securities from 6.95 % to 5.98 % while the ratio fell into January 2025.

    Examples
    --------
    >>> from datetime import date
    >>> panel = pl.DataFrame({
    ...     "session": [date(2025, 1, 9), date(2025, 1, 10)], "maintenance_ratio": [2.6, 2.5],
    ...     "collateral_cash": [10.0, 12.0], "collateral_securities": [200.0, 160.0],
    ...     "account_grade": ["official"] * 2,
    ... })
    >>> collateral(panel).rows.select("cash_to_securities_at_peak", "cash_to_securities", "verdict").row(0)
    (0.05, 0.075, 'opposite')
    """
    require(panel, INDICATOR)
    falls = falls_of_ratio(panel, prominence=prominence)
    if not (has(panel, "collateral_cash") and has(panel, "collateral_securities")):
        return reading(_rows(panel, falls.clear()), INDICATOR, notes=(_NO_SPLIT,))
    return reading(_rows(panel, falls), INDICATOR, notes=(SO_FAR,))


def _rows(panel: pl.DataFrame, falls: pl.DataFrame) -> pl.DataFrame:
    names = ("maintenance_ratio", "collateral_cash", "collateral_securities", "account_grade")
    top = [panel[name].gather(falls["peak_position"]).alias(f"{name}_at_peak") for name in names]
    low = [panel[name].gather(falls["position"]) for name in names]
    weight = pl.col("collateral_cash") / pl.col("collateral_securities")
    weight_at_peak = pl.col("collateral_cash_at_peak") / pl.col("collateral_securities_at_peak")
    rows = falls.with_columns(*top, *low).with_columns(
        ratio=pl.col("maintenance_ratio"),
        ratio_at_peak=pl.col("maintenance_ratio_at_peak"),
        ratio_change=pl.col("maintenance_ratio") - pl.col("maintenance_ratio_at_peak"),
        cash_to_securities=weight,
        cash_to_securities_at_peak=weight_at_peak,
        cash_to_securities_change=weight - weight_at_peak,
        cash_change=pl.col("collateral_cash") / pl.col("collateral_cash_at_peak") - 1,
        securities_change=pl.col("collateral_securities") / pl.col("collateral_securities_at_peak") - 1,
        grade=worst_of("account_grade", "account_grade_at_peak"),
    )
    moved = pl.col("cash_to_securities_change")
    verdict = pl.when(moved < 0).then(pl.lit("same")).when(moved > 0).then(pl.lit("opposite"))
    return rows.with_columns(verdict=verdict.when(moved == 0).then(pl.lit("unchanged")))


_NO_SPLIT = Text(
    "数据湖中没有现金担保物与证券担保物的拆分，导入下列之一即可：中证金融《融资融券市场每日数据统计》"
    "（担保资金、可充抵保证金证券市值），或门户原始报表（FUND_MARKET_CAP 应为资金，SUBSITUTION__CAP 应为证券）。",
    "The lake does not hold collateral split into cash and securities. Either of these would supply it: CSF's daily "
    "statistics file (担保资金, 可充抵保证金证券市值), or the portal's raw report (FUND_MARKET_CAP, read as cash, and "
    "SUBSITUTION__CAP, read as securities).",
)

INDICATOR = Indicator(
    name="collateral",
    label=Text("担保物结构", "cash and securities in the collateral"),
    meaning=Text(
        "维持担保比例下跌途中，现金相对证券担保物的比重是同向还是反向变动：同向说明强制卖出不多，反向说明有追加现金或强制卖出。",
        "Whether cash over securities collateral moved with the maintenance ratio on its way down (little forced "
        "selling) or against it (top-ups or forced sales).",
    ),
    formula="cash_to_securities = collateral cash / collateral securities; verdict from the sign of its change between "
    "the ratio's high and the low: negative same, positive opposite",
    source="Split: CSF daily statistics. Reading: Huachuang 2025-03.",
    problems=(
        Text(
            "价格下跌本身就会抬高现金比重：反向不等于强制卖出。",
            "A fall in prices alone raises the weight of cash: opposite does not prove forced sales.",
        ),
        Text(
            "华创以 6.95%→5.98% 称全程同向，但其图26的数字显示2025-01-10之前最后7日该比重上升约8.6%。",
            "Huachuang calls the whole fall into 2025-01-10 same by 6.95 % to 5.98 %; by its own chart 26 the weight "
            "rose by 8.6 % in the last seven sessions.",
        ),
        Text(
            "担保物统计含没有负债的账户，维持担保比例很可能不含。",
            "Collateral includes accounts without debt; the ratio most likely does not.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("state", Unit.TEXT, STATE),
        Figure("peak_session", Unit.DATE, Text("高点日", "session of the high")),
        Figure("ratio_at_peak", Unit.RATIO, Text("高点维保比例", "ratio at the high"), published=True),
        Figure("ratio", Unit.RATIO, Text("低点维保比例", "ratio at the low"), published=True),
        Figure("ratio_change", Unit.RATIO, Text("维保比例变动", "change of the ratio")),
        Figure("cash_to_securities_at_peak", Unit.FRACTION, Text("高点现金/证券", "cash / securities at the high")),
        Figure("cash_to_securities", Unit.FRACTION, Text("低点现金/证券", "cash / securities at the low")),
        Figure("cash_to_securities_change", Unit.FRACTION, Text("现金/证券变动", "its change")),
        Figure("cash_change", Unit.FRACTION, Text("现金担保物变动", "change of cash")),
        Figure("securities_change", Unit.FRACTION, Text("证券担保物变动", "change of securities")),
        Figure("verdict", Unit.TEXT, Text("方向", "verdict")),
    ),
    compute=collateral,
    option_help={"prominence": Text("低点显著度（低点水平的比例）", "How far the ratio must rise from a low.")},
)
