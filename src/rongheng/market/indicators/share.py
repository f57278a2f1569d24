"""How large margin trading is beside the market: balance over float cap, financing buys over turnover (占比).

What lives here: the two shares, by session and by month, where they stand in their past, and the growth of balance and
float cap side by side. What does not: the balance in yuan (``balance``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade, worst_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.periods import label, order, state, unfinished
from rongheng.market.indicators.rows import GAPS, array, choose, figures, growth, reading
from rongheng.market.indicators.trend import IntArray, percentile_so_far


def share(panel: pl.DataFrame, *, every: str = "session", window: int = 250, years: int = 0) -> Reading:
    """Return the weight of margin trading in the market (两融余额占流通市值、融资买入额占成交额).

    Turnover is that of the A shares of Shanghai and Shenzhen. A month's buys share is the sum of its buys over the
    sum of its turnover, which is not the mean of its daily shares.

    Parameters
    ----------
    every : str
        ``session`` or ``month``. A month's sums run over the sessions that have both figures; ``sessions`` counts
        them and ``sessions_left_out`` the others. Balance and float cap are those of its last
        session that has both.
    window : int, sessions, above 0
        Over how many sessions the balance and the float cap have grown.
    years : int, 0 or more
        How far back a percentile looks; 0 means the whole history up to the row.

    Returns
    -------
    Reading
        Money in yuan, shares, growths and percentiles as fractions. Null where a figure is missing: without float
        cap, ``margin_share`` and what rests on it. The grade is the worst of the figures that are divided, of the
        session and of ``window`` sessions earlier, and ``derived`` at best; percentiles do not weigh the grades of
        the history that they rank in.

    Raises
    ------
    UsageError
        An option is not one of those above.
    MissingDataError
        The panel holds no financing buys.

    Source
    ------
    Guosen Securities, 2025-01 (buys over turnover by month); Huachuang Securities, 2025-03 (balance over float cap,
    and its growth beside that of the float cap).

    Examples
    --------
    >>> from datetime import date
    >>> panel = pl.DataFrame({
    ...     "session": [date(2024, 12, 30), date(2024, 12, 31)], "financing_buys": [10.0, 6.0],
    ...     "turnover": [100.0, 100.0], "turnover_grade": ["official"] * 2, "margin_balance": [20.0, 22.0],
    ...     "float_cap": [1000.0, 1000.0], "float_cap_grade": ["official"] * 2, "balance_grade": ["official"] * 2,
    ... })
    >>> share(panel).rows["buys_share"].to_list()
    [0.1, 0.06]
    >>> share(panel, every="month").rows["buys_share"].to_list()
    [0.08]
    """
    choose(every, option="every", among=("session", "month"))
    if window < 1 or years < 0:
        raise UsageError(f"window is {window} and years {years}; window must be above 0 and years 0 or more.")
    require(panel, INDICATOR)
    rows = _by_session(panel, window)
    notes = _float_cap_note(panel)
    if every == "month":
        rows = _by_month(rows)
        notes = (*notes, *unfinished(rows))
    for name in ("margin_share", "buys_share"):
        ranks = percentile_so_far(array(rows, name), oldest=_oldest(rows, years))
        rows = rows.with_columns(figures(ranks).alias(f"{name}_percentile"))
    return reading(rows, INDICATOR, notes=notes)


def _by_session(panel: pl.DataFrame, window: int) -> pl.DataFrame:
    rows = panel.with_columns(
        as_of="session",
        margin_share=pl.col("margin_balance") / pl.col("float_cap"),
        margin_growth=growth("margin_balance", window),
        float_cap_growth=growth("float_cap", window),
        buys_share=pl.col("financing_buys") / pl.col("turnover"),
    )
    return rows.with_columns(
        grade=worst_of(
            "balance_grade",
            pl.when(pl.col("buys_share").is_not_null()).then("turnover_grade"),
            pl.when(pl.col("margin_share").is_not_null()).then("float_cap_grade"),
            pl.when(pl.col("margin_growth").is_not_null()).then(pl.col("balance_grade").shift(window)),
            pl.when(pl.col("float_cap_growth").is_not_null()).then(pl.col("float_cap_grade").shift(window)),
            Grade.DERIVED,
        )
    )


def _by_month(rows: pl.DataFrame) -> pl.DataFrame:
    both = pl.col("buys_share").is_not_null()
    shared = pl.col("margin_share").is_not_null()
    closing = pl.when(shared.any()).then(shared).otherwise(pl.col("margin_balance").is_not_null())
    told = both | closing
    ends = ("margin_balance", "float_cap", "margin_share", "margin_growth", "float_cap_growth")
    months = (
        rows.with_columns(order=order("month"), period=label("month"), state=state(rows, "month"))
        .group_by("order", maintain_order=True)
        .agg(
            pl.col("period", "state").first(),
            pl.col("session").filter(told).last(),
            pl.col(*ends).filter(closing).last(),
            pl.col("financing_buys", "turnover").filter(both).sum(),
            sessions=both.sum().cast(pl.Int64),
            sessions_left_out=(~both).sum().cast(pl.Int64),
            grade=pl.col("grade").filter(told).max(),  # grades are ordered from best to worst
        )
        .filter(pl.col("session").is_not_null())
    )
    some = pl.col("sessions") > 0
    return months.with_columns(
        *(pl.when(some).then(name).alias(name) for name in ("financing_buys", "turnover")),
        as_of="session",
        buys_share=pl.when(some).then(pl.col("financing_buys") / pl.col("turnover")),
    )


def _oldest(rows: pl.DataFrame, years: int) -> IntArray | None:
    """Return for each row the first one that lies less than ``years`` years before it."""
    if years == 0:
        return None
    begins = rows["session"].dt.offset_by(f"-{years}y")
    return np.searchsorted(rows["session"].to_numpy(), begins.to_numpy(), side="right").astype(np.int64)


def _float_cap_note(panel: pl.DataFrame) -> tuple[Text, ...]:
    stated = panel.filter(pl.col("float_cap").is_not_null())["session"]
    if stated.is_empty():
        return (_NO_FLOAT_CAP,)
    last = stated.item(-1)
    return () if last == panel["session"].item(-1) else (_OLD_FLOAT_CAP.format(last=last),)


_NO_FLOAT_CAP = Text(
    "数据湖中无流通市值，故无法计算两融余额占比；导入市场统计（流通市值）即可。",
    "The lake holds no float market cap, so the balance has no share of it; import market statistics that state it.",
)
_OLD_FLOAT_CAP = Text(
    "流通市值只到 {last}，其后没有两融余额占比；导入更新的市场统计即可。",
    "The float market cap ends on {last}, and so does the balance's share of it; import newer market statistics.",
)

INDICATOR = Indicator(
    name="share",
    label=Text("两融占比", "share of margin trading"),
    meaning=Text(
        "两融余额占流通市值、融资买入额占A股成交额的比重及其历史分位；余额与流通市值的增速并列。",
        "Margin balance over float market cap and financing buys over A-share turnover, with their percentile in "
        "history, and the growth of balance and float cap side by side.",
    ),
    formula="margin_share = margin balance / float cap; buys_share = Σ financing buys / Σ turnover (Shanghai + "
    "Shenzhen); growth = x(t) / x(t - window) - 1; percentile = share of the figures so far that are not above",
    source="Guosen 2025-01; Huachuang 2025-03; amounts from the exchanges.",
    problems=(
        Text(
            "流通市值随价格升降：余额不变而股价下跌时，占比上升。",
            "Float cap moves with prices: the share rises when prices fall and nobody borrows more.",
        ),
        Text(
            "融资买入额可包含对基金的买入，分母只有股票成交额，比值因此略偏高。",
            "Financing buys include those of funds, turnover is that of shares alone: the quotient is a little high.",
        ),
        Text(
            "2023-02-13 起余额与融资买入额含北交所，成交额不含；把北交所成交计入分母的报告，比值略低。",
            "From 2023-02-13 balance and buys include Beijing, turnover does not: a report that counts Beijing's "
            "turnover arrives a little lower.",
        ),
        Text(
            "分位只与截至当日的历史相比，历史的第一年意义不大；级别不计入历史各日的数据级别。",
            "A percentile ranks among the figures so far and says little in its first year; the grade is that of the "
            "row's own figures, not of the history.",
        ),
        GAPS,
    ),
    needs=("financing_buys",),
    figures=(
        Figure("period", Unit.TEXT, Text("期间", "period")),
        Figure("state", Unit.TEXT, Text("状态", "state")),
        Figure("margin_balance", Unit.YUAN, Text("两融余额", "margin balance")),
        Figure("float_cap", Unit.YUAN, Text("流通市值", "float market cap")),
        Figure("margin_share", Unit.FRACTION, Text("两融余额/流通市值", "balance / float cap")),
        Figure("margin_share_percentile", Unit.FRACTION, Text("余额占比分位", "its percentile")),
        Figure("margin_growth", Unit.FRACTION, Text("余额增速", "growth of the balance")),
        Figure("float_cap_growth", Unit.FRACTION, Text("流通市值增速", "growth of the float cap")),
        Figure("financing_buys", Unit.YUAN, Text("融资买入额", "financing buys")),
        Figure("turnover", Unit.YUAN, Text("沪深A股成交额", "turnover, Shanghai + Shenzhen")),
        Figure("buys_share", Unit.FRACTION, Text("融资买入额/成交额", "financing buys / turnover")),
        Figure("buys_share_percentile", Unit.FRACTION, Text("融资买入占比分位", "its percentile")),
        Figure("sessions", Unit.SESSIONS, Text("计入交易日", "sessions counted")),
        Figure("sessions_left_out", Unit.SESSIONS, Text("缺数据交易日", "sessions left out")),
    ),
    compute=share,
    option_help={
        "every": Text("行：session 或 month", "Rows: session or month."),
        "window": Text("增速窗口（交易日）", "Sessions over which growth is taken."),
        "years": Text("分位回看年数，0 为全部历史", "Years that a percentile looks back; 0 for the whole history."),
    },
)
