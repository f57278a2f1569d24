"""Criteria of pressure that ask whether the market is giving way now: speed of the ratio, outflow, cash collateral.

What lives here: numbers that move with the last few sessions. What does not: how exposed the market stands
(``pressure_state``), and what the verdicts add up to (``pressure``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.criterion import Criterion, Measured, by_past
from rongheng.market.indicators.pressure_words import money, percent, signed
from rongheng.market.indicators.rows import array, growth

WEEK, MONTH = 5, 20  # sessions


def _speed(span: int) -> Criterion:
    """Return the criterion of the ratio's fall over that many sessions."""

    def measure(panel: pl.DataFrame) -> Measured:
        return by_past(array(panel.select(growth("maintenance_ratio", span)), "maintenance_ratio"), worse="low")

    def tell(panel: pl.DataFrame) -> Text:
        then, now = panel.row(-1 - span, named=True), panel.row(-1, named=True)
        change = now["maintenance_ratio"] / then["maintenance_ratio"] - 1
        return Text(
            "维持担保比例由 {first} 的 {before} 变为 {last} 的 {after}，{span} 个交易日变动 {change}",
            "The maintenance ratio went from {before} on {first} to {after} on {last}: {change} over {span} sessions",
        ).format(
            first=then["session"],
            before=percent(then["maintenance_ratio"]),
            last=now["session"],
            after=percent(now["maintenance_ratio"]),
            span=span,
            change=signed(change),
        )

    return Criterion(
        key=f"speed-{span}",
        label=Text(f"比例{span}日变动", f"change of the ratio over {span} sessions"),
        kind="motion",
        unit=Unit.FRACTION,
        worse="low",
        needs=("maintenance_ratio",),
        grades=("account_grade",),
        measure=measure,
        tell=tell,
    )


def _outflow(panel: pl.DataFrame) -> Measured:
    return by_past(array(panel.select(growth("financing_balance", WEEK)), "financing_balance"), worse="low")


def _tell_outflow(panel: pl.DataFrame) -> Text:
    then, now = panel.row(-1 - WEEK, named=True), panel.row(-1, named=True)
    net = now["financing_balance"] - then["financing_balance"]
    return Text(
        "自 {first} 至 {last} 净融资 {zh_net}，为期初融资余额 {zh_before} 的 {share}",
        "Net financing from {first} to {last} was {en_net}, {share} of the financing balance of {en_before} before",
    ).format(
        first=then["session"],
        last=now["session"],
        zh_net=money(net).zh,
        en_net=money(net).en,
        zh_before=money(then["financing_balance"]).zh,
        en_before=money(then["financing_balance"]).en,
        share=signed(net / then["financing_balance"]),
    )


def _cash(panel: pl.DataFrame) -> Measured:
    """Measure the growth of cash collateral, on sessions on which the ratio has fallen over the same span."""
    fell = growth("maintenance_ratio", MONTH) < 0
    rows = panel.select(
        number=pl.when(fell).then(growth("collateral_cash", MONTH)),
        watch_at=pl.when(fell).then(0.0),
        high_at=pl.lit(None, dtype=pl.Float64),
    )
    return Measured(array(rows, "number"), array(rows, "watch_at"), array(rows, "high_at"))


def _tell_cash(panel: pl.DataFrame) -> Text:
    then, now = panel.row(-1 - MONTH, named=True), panel.row(-1, named=True)
    return Text(
        "自 {first} 至 {last} 维持担保比例下降 {fall}，同期现金担保物变动 {change}："
        "现金增加说明客户追加现金或卖出证券，二者无法区分",
        "From {first} to {last} the ratio fell by {fall} while cash collateral changed by {change}: where cash grows, "
        "clients top up or securities are sold, and the two cannot be told apart",
    ).format(
        first=then["session"],
        last=now["session"],
        fall=percent(1 - now["maintenance_ratio"] / then["maintenance_ratio"]),
        change=signed(now["collateral_cash"] / then["collateral_cash"] - 1),
    )


OUTFLOW = Criterion(
    key="outflow",
    label=Text("融资净流出", "outflow of financing"),
    kind="motion",
    unit=Unit.FRACTION,
    worse="low",
    needs=("financing_balance",),
    grades=("balance_grade",),
    measure=_outflow,
    tell=_tell_outflow,
)

MOTION: tuple[Criterion, ...] = (
    _speed(WEEK),
    _speed(MONTH),
    OUTFLOW,
    Criterion(
        key="cash-collateral",
        label=Text("比例下降时的现金担保物", "cash collateral while the ratio falls"),
        kind="motion",
        unit=Unit.FRACTION,
        worse="high",
        needs=("maintenance_ratio", "collateral_cash"),
        grades=("account_grade",),
        measure=_cash,
        tell=_tell_cash,
    ),
)
