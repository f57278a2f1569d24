"""How much further collateral fell than the index on the last sessions before a low (担保物与指数跌幅差).

What lives here: the change of securities collateral less the change of an index over windows that end at a low. What
does not: the weight of cash over the whole fall (``collateral``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.grades import Grade, worst_of
from rongheng.basics.ids import Index
from rongheng.basics.ids import index as index_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, has, indices_in, require
from rongheng.market.indicators.falls_of_ratio import SO_FAR, STATE, falls_of_ratio
from rongheng.market.indicators.lows import PROMINENCE
from rongheng.market.indicators.rows import reading

SECURITIES = "securities"  # published securities collateral
IMPLIED = "ratio_x_debt"  # collateral of the indebted accounts: maintenance ratio × margin balance


def collateral_gap(
    panel: pl.DataFrame, *, windows: str = "7,15", index: str = "csi-all", prominence: float = PROMINENCE
) -> Reading:
    """Return how much more collateral lost than the index before each low of the ratio (担保物跌幅减指数跌幅).

    What falls faster than the index was sold, or was weaker than the index to begin with: the figures do not tell
    these apart.

    Parameters
    ----------
    windows : str
        Numbers of sessions, with commas. A window of 7 compares the low with the seventh session before it.
    index : str
        A code or name.
    prominence : float, above 0
        How far the ratio must rise from a low; see :func:`~rongheng.market.indicators.lows.find_lows`.

    Returns
    -------
    Reading
        One row per low and window, of the session of the low; ``as_of`` is the session that confirmed it. The fall
        under way ends at the last session and has the state ``so_far``. ``gap`` = ``collateral_change`` -
        ``index_change``, negative where collateral lost more. ``basis`` says what ``collateral_change`` is made of:
        ``securities``, or ``ratio_x_debt`` where the split is not published (cash is inside then, and debt that was
        repaid takes its collateral along). Null where a figure at either end of the window is missing. The grade is
        the worst of the figures at both ends, ``derived`` at best.

    Raises
    ------
    UsageError
        A window is not a whole number above 0, or no index has that name.
    MissingDataError
        The panel holds no maintenance ratio or no close of that index.

    Source
    ------
    Huachuang Securities, 2025-03, chart 26.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> days = [date(2024, 1, 1) + timedelta(n) for n in range(3)]
    >>> panel = pl.DataFrame({
    ...     "session": days, "maintenance_ratio": [2.5, 2.4, 2.0], "collateral_securities": [100.0, 95.0, 80.0],
    ...     "csi_all_close": [1000.0, 950.0, 900.0],
    ...     "account_grade": ["official"] * 3, "csi_all_grade": ["official"] * 3,
    ... })
    >>> collateral_gap(panel, windows="2").rows.select(
    ...     "state", pl.col("collateral_change", "index_change", "gap").round(4)
    ... ).row(0)
    ('so_far', -0.2, -0.1, -0.1)
    """
    require(panel, INDICATOR)
    lengths = _lengths(windows)
    wanted = index_of(index)
    if not has(panel, f"{wanted.prefix}_close"):
        keys = ", ".join(one.key for one in indices_in(panel)) or "none"
        raise MissingDataError(
            f"collateral-gap needs the closes of {wanted.key}, which the lake does not hold for these sessions "
            f"(indices that it holds: {keys}). Import its bars, or name another index."
        )
    falls = falls_of_ratio(panel, prominence=prominence)
    compared = _figures(panel, wanted)
    rows = pl.concat([_over(compared, falls, length) for length in lengths]).sort("session", maintain_order=True)
    fallen_back = rows["basis"].eq(IMPLIED).any()
    return reading(rows, INDICATOR, notes=(SO_FAR, _FELL_BACK) if fallen_back else (SO_FAR,))


def _lengths(windows: str) -> list[int]:
    words = [word.strip() for word in windows.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise UsageError(f"windows is {windows!r}; it must be whole numbers above 0 with commas, such as 7,15.")
    return sorted({int(word) for word in words})


def _figures(panel: pl.DataFrame, index: Index) -> pl.DataFrame:
    """Return what is compared, and the grade of each kind of collateral on each session."""
    absent = [
        pl.lit(None, dtype=pl.Float64).alias(name)
        for name in ("collateral_securities", "collateral_cash", "margin_balance", "balance_grade")
        if name not in panel.columns
    ]
    close_grade = f"{index.prefix}_grade"
    return panel.with_columns(absent).select(
        "collateral_securities",
        "collateral_cash",
        implied=pl.col("maintenance_ratio") * pl.col("margin_balance"),
        close=pl.col(f"{index.prefix}_close"),
        securities_grade=worst_of("account_grade", close_grade, Grade.DERIVED),
        implied_grade=worst_of("account_grade", "balance_grade", close_grade, Grade.DERIVED),
        ratio=pl.col("maintenance_ratio"),
    )


def _over(figures: pl.DataFrame, falls: pl.DataFrame, length: int) -> pl.DataFrame:
    """Return the rows of one window."""
    at = falls["position"]
    before = at - length
    inside = before.set(before < 0, None)
    ends = pl.concat(
        [
            falls.select("session", "as_of", "state"),
            figures.select(pl.all().gather(at)),
            figures.select(pl.all().gather(inside).name.suffix("_before")),
        ],
        how="horizontal",
    )
    split = _moved("collateral_securities").is_not_null()
    stated = _moved("implied").is_not_null()
    return ends.with_columns(
        window=pl.lit(length, dtype=pl.Int64),
        basis=pl.when(split).then(pl.lit(SECURITIES)).when(stated).then(pl.lit(IMPLIED)),
        collateral_change=pl.when(split).then(_moved("collateral_securities")).otherwise(_moved("implied")),
        cash_change=_moved("collateral_cash"),
        index_change=_moved("close"),
        grade=pl.when(split)
        .then(worst_of("securities_grade", "securities_grade_before"))
        .otherwise(worst_of("implied_grade", "implied_grade_before")),
    ).with_columns(gap=pl.col("collateral_change") - pl.col("index_change"))


def _moved(name: str) -> pl.Expr:
    return pl.col(name) / pl.col(f"{name}_before") - 1


_FELL_BACK = Text(
    "basis 为 ratio_x_debt 的行没有证券担保物数据，以维持担保比例 × 两融余额（有负债账户的担保物，含现金）代替，"
    "级别为 derived。",
    "Rows whose basis is ratio_x_debt lack securities collateral: maintenance ratio × margin balance, the collateral "
    "of the indebted accounts with their cash, stands in for it (grade derived).",
)

INDICATOR = Indicator(
    name="collateral-gap",
    label=Text("担保物与指数跌幅差", "collateral against the index"),
    meaning=Text(
        "低点前若干交易日内，证券担保物比指数多跌多少：多跌的部分是被卖出的，或本来就比指数弱。",
        "How much more securities collateral lost than the index on the sessions before a low: the rest was sold, or "
        "was weaker than the index.",
    ),
    formula="gap = (S(low) / S(low - k) - 1) - (C(low) / C(low - k) - 1); S securities collateral, or maintenance "
    "ratio × margin balance; C index close; k = 7 and 15 sessions",
    source="Huachuang 2025-03 chart 26.",
    problems=(
        Text(
            "担保物随买卖、转入转出、还款而变，不只随价格；跌幅差不等于强制平仓额。",
            "Collateral moves with trades, transfers and repayment and not with prices alone: the gap is no amount of "
            "forced sales.",
        ),
        Text(
            "客户持仓偏小盘：与宽基指数相比，跌幅差有一部分是风格差异；可用 index 换成小盘指数对照。",
            "Clients hold smaller stocks than a broad index does: part of the gap is style. `index` compares another.",
        ),
        Text(
            "替代口径含现金，且债务归还时担保物一并减少：它与证券担保物不可直接比较。",
            "The stand-in holds cash, and repaid debt takes its collateral along: do not compare it with securities "
            "collateral.",
        ),
        Text(
            "华创图26中2016-01-28的7日数字（证券-7.3%，指数-14.5%）与其正文“担保物跌幅大于指数”相反；"
            "同期维持担保比例 × 两融余额下降17.7%。",
            "Huachuang's seven sessions to 2016-01-28 (securities -7.3 %, index -14.5 %) contradict its own text that "
            "collateral falls further; ratio × debt lost 17.7 % in them.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("state", Unit.TEXT, STATE),
        Figure("window", Unit.SESSIONS, Text("窗口（交易日）", "window")),
        Figure("ratio", Unit.RATIO, Text("平均维持担保比例", "maintenance ratio")),
        Figure("basis", Unit.TEXT, Text("口径", "basis")),
        Figure("collateral_change", Unit.FRACTION, Text("担保物变动", "change of collateral")),
        Figure("cash_change", Unit.FRACTION, Text("现金担保物变动", "change of cash collateral")),
        Figure("index_change", Unit.FRACTION, Text("指数变动", "change of the index")),
        Figure("gap", Unit.FRACTION, Text("跌幅差", "gap")),
    ),
    compute=collateral_gap,
    option_help={
        "windows": Text("窗口（交易日），以逗号分隔", "Sessions before the low, with commas."),
        "index": Text("指数代码或名称", "Code or name of an index."),
        "prominence": Text("低点显著度（低点水平的比例）", "How far the ratio must rise from a low."),
    },
)
