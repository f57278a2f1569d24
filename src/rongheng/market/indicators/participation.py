"""Who takes part in margin trading: investors, those who traded, those with debt, and whose collateral it is (参与者).

What lives here: counts, shares of the counts, debt per head, and the collateral of accounts that owe nothing. What
does not: the split of collateral into cash and securities (``collateral``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.grades import worst_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.rows import reading


def participation(panel: pl.DataFrame) -> Reading:
    """Return who takes part in margin trading, and how much collateral stands without debt (两融参与者).

    Total collateral over debt is not the maintenance ratio: the total covers the accounts that owe nothing too. Their
    collateral is what is left of it after ratio × debt.

    Returns
    -------
    Reading
        Counts of investors (not of accounts, of which an investor has one per exchange), money in yuan, shares as
        fractions. Shares are of all investors, individuals and institutions. Null where a figure is missing or a
        divisor is 0. ``collateral_without_debt`` can be negative only where the published figures do not fit
        together; it is shown as it comes. The grade is the worst of the account statistics and, where debt is used,
        of the balance.

    Raises
    ------
    MissingDataError
        The panel holds no count of indebted investors.

    Source
    ------
    CSF daily statistics.

    Examples
    --------
    >>> from datetime import date
    >>> panel = pl.DataFrame({
    ...     "session": [date(2026, 8, 13)], "individual_count": [90], "institution_count": [10], "active_count": [6],
    ...     "indebted_count": [20], "margin_balance": [1000.0], "maintenance_ratio": [2.8],
    ...     "collateral_total": [3500.0], "account_grade": ["official"], "balance_grade": ["official"],
    ... })
    >>> participation(panel).rows.select(
    ...     "active_share", "indebted_share", "debt_per_indebted", "collateral_without_debt", "total_to_debt"
    ... ).row(0)
    (0.06, 0.2, 50.0, 700.0, 3.5)
    """
    require(panel, INDICATOR)
    rows = panel.with_columns(
        investor_count=pl.col("individual_count") + pl.col("institution_count"),
        debt_per_indebted=_over("margin_balance", "indebted_count"),
        collateral_of_indebted=pl.col("maintenance_ratio") * pl.col("margin_balance"),
        total_to_debt=_over("collateral_total", "margin_balance"),
        as_of="session",
    ).with_columns(
        active_share=_over("active_count", "investor_count"),
        indebted_share=_over("indebted_count", "investor_count"),
        collateral_without_debt=pl.col("collateral_total") - pl.col("collateral_of_indebted"),
    )
    owed = pl.any_horizontal(
        pl.col(name).is_not_null() for name in ("debt_per_indebted", "collateral_of_indebted", "total_to_debt")
    )
    return reading(
        rows.with_columns(
            without_debt_share=_over("collateral_without_debt", "collateral_total"),
            grade=worst_of("account_grade", pl.when(owed).then("balance_grade")),
        ),
        INDICATOR,
    )


def _over(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) != 0).then(pl.col(part) / pl.col(whole))


INDICATOR = Indicator(
    name="participation",
    label=Text("两融参与者", "participation"),
    meaning=Text(
        "有多少投资者参与、当日有多少人交易、多少人有负债、人均负债多少，以及没有负债的账户持有多少担保物。",
        "How many investors there are, how many traded, how many owe, how much each of these owes, and how much "
        "collateral stands in accounts without debt.",
    ),
    formula="debt_per_indebted = margin balance / indebted; shares over individuals + institutions; "
    "collateral_without_debt = total - ratio × margin balance; total_to_debt = total / margin balance",
    source="CSF daily statistics.",
    problems=(
        Text(
            "没有负债账户的担保物为推算：假定公布的平均维持担保比例只统计有负债账户，官方未明言；负债按余额计，未含利息费用。",
            "The collateral without debt is inferred: it takes the published ratio to cover indebted accounts alone, "
            "which nobody states, and debt without its interest and fees.",
        ),
        Text(
            "信用账户数约为投资者数的两倍（沪深各一户）；新闻里的“投资者”常指账户。",
            "Margin accounts are about twice the investors, one per exchange; the press often mixes them up.",
        ),
        Text(
            "平均每人负债掩盖分布：少数大户占去多数负债。",
            "The mean debt hides the spread: a few large clients owe much of it.",
        ),
        Text(
            "担保物总额偶有未更新即重复公布的日子（如2016-01-28与2016-01-20相同），推算值当日会跳变。",
            "On some days total collateral repeats an earlier one (2016-01-28 has that of 2016-01-20): the inferred "
            "figures jump there.",
        ),
    ),
    needs=("indebted_count",),
    figures=(
        Figure("individual_count", Unit.COUNT, Text("个人投资者", "individual investors"), published=True),
        Figure("institution_count", Unit.COUNT, Text("机构投资者", "institutional investors"), published=True),
        Figure("investor_count", Unit.COUNT, Text("投资者合计", "investors")),
        Figure("active_count", Unit.COUNT, Text("参与交易的投资者", "investors who traded"), published=True),
        Figure("active_share", Unit.FRACTION, Text("参与交易占比", "share who traded")),
        Figure("indebted_count", Unit.COUNT, Text("有负债的投资者", "investors with debt"), published=True),
        Figure("indebted_share", Unit.FRACTION, Text("有负债占比", "share with debt")),
        Figure("debt_per_indebted", Unit.YUAN, Text("有负债者人均负债", "debt per indebted investor")),
        Figure("maintenance_ratio", Unit.RATIO, Text("平均维持担保比例", "average maintenance ratio"), published=True),
        Figure("total_to_debt", Unit.RATIO, Text("担保物总额/两融余额", "total collateral / debt")),
        Figure("collateral_total", Unit.YUAN, Text("担保物总额", "collateral, total"), published=True),
        Figure("collateral_of_indebted", Unit.YUAN, Text("有负债账户担保物", "collateral of indebted accounts")),
        Figure("collateral_without_debt", Unit.YUAN, Text("无负债账户担保物", "collateral without debt")),
        Figure("without_debt_share", Unit.FRACTION, Text("无负债账户占比", "share without debt")),
    ),
    compute=participation,
)
