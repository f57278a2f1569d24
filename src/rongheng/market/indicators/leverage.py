"""How far the market's margin accounts are geared, and how far the rules let them be (杠杆).

What lives here: the average leverage that the maintenance ratio implies, the ceiling that margin ratio and haircut set
for a new purchase, and how much of it is used. What does not: how far prices may fall (``safety_distance``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.grades import GRADE_DTYPE, Grade
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.rows import reading

CASH = 1.0  # cash counts in full as margin


def leverage_of(ratio: pl.Expr) -> pl.Expr:
    """Return assets over own capital, R / (R - 1); null where the ratio is not above 1, for then nothing is owned."""
    return pl.when(ratio > 1).then(ratio / (ratio - 1))


def leverage(panel: pl.DataFrame, *, margin_ratio: float | None = None, haircut: float = CASH) -> Reading:
    """Return the market's average leverage beside the ceiling for a new purchase (平均杠杆与杠杆上限).

    The ceiling binds when a position opens. Afterwards a fall in prices lifts leverage above it by itself.

    Parameters
    ----------
    margin_ratio : float, a fraction above 0, optional
        The financing margin ratio m. The rule of each session when it is left out.
    haircut : float, a fraction above 0 and up to 1
        The share h of the deposit's value that counts as margin: 1 for cash. The columns that end in
        ``index_share`` and ``other_share`` use the exchange's caps of the session instead.

    Returns
    -------
    Reading
        ``leverage`` = R / (R - 1); ``ceiling`` = 1 + h / m; ``ratio_after_opening`` = 1 + m / h, the maintenance
        ratio of an account that has just bought as much as it may; ``ceiling_use`` = (leverage - 1) / (ceiling - 1),
        the debt per yuan of own capital over the most that a new purchase allows. Null where the ratio or the rule is
        missing. The grade is that of the maintenance ratio.

    Raises
    ------
    UsageError
        ``margin_ratio`` is not above 0, or ``haircut`` does not lie between 0 and 1.
    MissingDataError
        The panel holds no maintenance ratio.

    Source
    ------
    exchange.financing.margin_ratio, exchange.haircut.cap.index_share, exchange.haircut.cap.other_share; the identities
    follow from the definition of the maintenance ratio.

    Examples
    --------
    >>> from datetime import date
    >>> panel = pl.DataFrame({
    ...     "session": [date(2025, 3, 21)], "maintenance_ratio": [2.6754], "account_grade": ["official"],
    ...     "financing_margin_ratio": [0.8], "haircut_index_share": [0.7], "haircut_other_share": [0.65],
    ... })
    >>> leverage(panel).rows.select(pl.col("leverage", "ceiling", "ratio_after_opening").round(3)).row(0)
    (1.597, 2.25, 1.8)
    """
    if margin_ratio is not None and not margin_ratio > 0:
        raise UsageError(f"margin_ratio is {margin_ratio}; it must be above 0, such as 0.8 for 80 %.")
    if not 0 < haircut <= 1:
        raise UsageError(f"haircut is {haircut}; it must be above 0 and at most 1 (the share of value that counts).")
    require(panel, INDICATOR)
    m = pl.col("financing_margin_ratio") if margin_ratio is None else pl.lit(margin_ratio)
    deposits = {"": pl.lit(haircut)} | {
        f"_{kind}": pl.col(f"haircut_{kind}") for kind in ("index_share", "other_share")
    }
    rows = panel.with_columns(
        margin_ratio=m,
        leverage=leverage_of(pl.col("maintenance_ratio")),
        **{f"ceiling{kind}": 1 + h / m for kind, h in deposits.items()},
        **{f"ratio_after_opening{kind}": 1 + m / h for kind, h in deposits.items()},
        as_of="session",
    ).with_columns(ceiling_use=(pl.col("leverage") - 1) / (pl.col("ceiling") - 1), grade=_grade())
    return reading(rows, INDICATOR)


def _grade() -> pl.Expr:
    """Return the ratio's grade; where only the rules are known, what follows from them is derived."""
    derived = pl.lit(Grade.DERIVED.value, dtype=GRADE_DTYPE)
    return pl.when(pl.col("maintenance_ratio").is_not_null()).then("account_grade").otherwise(derived)


INDICATOR = Indicator(
    name="leverage",
    label=Text("平均杠杆", "leverage"),
    meaning=Text(
        "由平均维持担保比例推出的市场平均杠杆，以及保证金比例与折算率对新开仓设定的杠杆上限。",
        "The average leverage that the maintenance ratio implies, beside the ceiling that margin ratio and haircut set "
        "for a new purchase.",
    ),
    formula="leverage = R / (R - 1); ceiling = 1 + h / m; ratio_after_opening = 1 + m / h; "
    "ceiling_use = (leverage - 1) / (ceiling - 1); R maintenance ratio, m financing margin ratio, h haircut",
    source="Definition of the maintenance ratio; exchange.financing.margin_ratio; exchange.haircut.cap.*; "
    "Huachuang 2025-03 (267.54 % gives 1.60; at most 2.25 at 80 %).",
    problems=(
        Text(
            "平均值掩盖尾部：平均 267% 时仍有账户接近平仓线。",
            "An average hides the tail: at 267 % on average some accounts stand close to their liquidation line.",
        ),
        Text(
            "上限只约束新开仓；保证金比例调整前的合约（及其展期）可沿用旧比例，价格下跌也会使杠杆超过上限。",
            "The ceiling binds new purchases alone: contracts of before a change may keep the old ratio, and a fall in "
            "prices lifts leverage above it.",
        ),
        Text(
            "公布的平均比例很可能只统计有负债的账户；没有负债的账户不在其中。",
            "The published average most likely covers indebted accounts alone; those without debt are not in it.",
        ),
        Text(
            "证券公司可以要求更高的保证金比例、给出更低的折算率，实际上限因此更低。",
            "Brokers may ask for more margin and count less of the collateral, so the real ceiling is lower.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("maintenance_ratio", Unit.RATIO, Text("平均维持担保比例", "average maintenance ratio"), published=True),
        Figure("leverage", Unit.TIMES, Text("平均杠杆", "average leverage")),
        Figure("margin_ratio", Unit.FRACTION, Text("融资保证金比例", "financing margin ratio")),
        Figure("ceiling", Unit.TIMES, Text("杠杆上限", "ceiling")),
        Figure("ceiling_index_share", Unit.TIMES, Text("上限（指数成份股作担保）", "ceiling, index shares as margin")),
        Figure("ceiling_other_share", Unit.TIMES, Text("上限（其他股票作担保）", "ceiling, other shares as margin")),
        Figure("ceiling_use", Unit.FRACTION, Text("上限使用率", "use of the ceiling")),
        Figure("ratio_after_opening", Unit.RATIO, Text("满额开仓后维保比例", "ratio after opening in full")),
        Figure("ratio_after_opening_index_share", Unit.RATIO, Text("同左（指数成份股）", "the same, index shares")),
        Figure("ratio_after_opening_other_share", Unit.RATIO, Text("同左（其他股票）", "the same, other shares")),
    ),
    compute=leverage,
    option_help={
        "margin_ratio": Text(
            "融资保证金比例（缺省为当日规则）", "Financing margin ratio; the session's rule if left out."
        ),
        "haircut": Text("担保物折算率，现金为 1", "Share of the deposit's value that counts; 1 for cash."),
    },
)
