"""What clients owe: financing, short and margin balance (融资余额、融券余额、两融余额), and how they change.

What lives here: levels, changes, net financing by session, week, month and quarter with "highest since", and the last
peak and trough. What does not: the balance against the size of the market (``share``).
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.grades import worst_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.periods import LENGTHS, base_of, label, order, state, unfinished
from rongheng.market.indicators.rows import GAPS, array, change, choose, growth, positions, reading
from rongheng.market.indicators.trend import last_as_high, turning_points

REVERSAL = 0.05  # the roundest turn that is larger than the swings of a month; not tuned to any list of peaks

_SPANS = (1, 5)  # a day and a week, in sessions
_BALANCES = ("financing", "short", "margin")


def balance(panel: pl.DataFrame, *, every: str = "session", reversal: float = REVERSAL) -> Reading:
    """Return the balances with their changes, by session or by period (两融余额及其变动).

    Net financing is the change of the financing balance: by the exchanges' own identity it equals financing buys less
    repayment, and it can be had where repayment is not published.

    Parameters
    ----------
    every : str
        ``session`` gives one row per session. ``week``, ``month`` and ``quarter`` give one row per period: its last
        balance, and its net financing, which is that balance less the last balance of the period before (the period
        that has sessions: a week of holidays is passed over).
    reversal : float, between 0 and 1
        How far the financing balance must turn before a peak or a trough is left behind; see
        :func:`~rongheng.market.indicators.trend.turning_points`.

    Returns
    -------
    Reading
        Money in yuan. Null where a session that a figure needs has no balance. ``highest_since`` names the last
        earlier session or period whose net financing was as high; it is null where none was, and
        ``beaten`` then counts all that there are. The grade is the worst of the balances that the row's amounts rest
        on: its own, and those that the changes begin at.

    Raises
    ------
    UsageError
        ``every`` or ``reversal`` is not one of those above.
    MissingDataError
        The panel holds no financing balance.

    Source
    ------
    The exchanges' notes on their margin statistics: balance today = balance yesterday + buys - repayment.

    Examples
    --------
    >>> from datetime import date
    >>> days = [date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 2)]
    >>> panel = pl.DataFrame({
    ...     "session": days, "financing_balance": [100.0, 90.0, 95.0], "short_balance": [1.0, 1.0, 1.0],
    ...     "margin_balance": [101.0, 91.0, 96.0], "balance_grade": ["official"] * 3,
    ... })
    >>> balance(panel).rows["financing_change_1"].to_list()
    [None, -10.0, 5.0]
    >>> balance(panel, every="month").rows["net_financing"].to_list()
    [None, 5.0]
    """
    choose(every, option="every", among=("session", *LENGTHS))
    require(panel, INDICATOR)
    if every == "session":
        return reading(_by_session(panel, reversal), INDICATOR)
    rows = _by_period(panel, every)
    return reading(rows, INDICATOR, notes=unfinished(rows))


def _by_session(panel: pl.DataFrame, reversal: float) -> pl.DataFrame:
    rows = panel.with_columns(
        *(change(f"{name}_balance", span).alias(f"{name}_change_{span}") for name in _BALANCES for span in _SPANS),
        *(
            growth(f"{name}_balance", span).alias(f"{name}_change_{span}_fraction")
            for name in _BALANCES
            for span in _SPANS
        ),
        *(base_of(every, column="financing_balance").alias(f"{every}_base") for every in ("month", "quarter")),
        as_of="session",
    )
    points = turning_points(array(panel, "financing_balance"), reversal=reversal)
    rows = _since(_since(rows, "peak", positions(points.peak)), "trough", positions(points.trough))
    rows = rows.with_columns(
        net_financing_month=pl.col("financing_balance") - pl.col("financing_balance").gather("month_base"),
        net_financing_quarter=pl.col("financing_balance") - pl.col("financing_balance").gather("quarter_base"),
        grade=worst_of(
            "balance_grade",
            *(pl.col("balance_grade").shift(span) for span in _SPANS),
            *(pl.col("balance_grade").gather(f"{name}_base") for name in ("month", "quarter", "peak", "trough")),
        ),
    )
    return _ranked(rows, "financing_change_1", pl.col("session").dt.to_string("%Y-%m-%d"))


def _since(rows: pl.DataFrame, name: str, base: pl.Series) -> pl.DataFrame:
    """Add the change since the last peak or trough, with its session."""
    now, then = pl.col("financing_balance"), pl.col("financing_balance").gather(f"{name}_base")
    return rows.with_columns(base.alias(f"{name}_base")).with_columns(
        pl.col("session").gather(f"{name}_base").alias(f"last_{name}_session"),
        (now - then).alias(f"change_since_{name}"),
        (now / then - 1).alias(f"change_since_{name}_fraction"),
    )


def _by_period(panel: pl.DataFrame, every: str) -> pl.DataFrame:
    stated = panel.with_columns(order=order(every)).filter(pl.col("financing_balance").is_not_null())
    closing = stated.group_by("order", maintain_order=True).last()
    follows = pl.col("order") == pl.col("order").shift(1) + 1
    rows = closing.with_columns(
        as_of="session",
        period=label(every),
        state=state(panel, every),
        net_financing=pl.when(follows).then(change("financing_balance", 1)),
        net_financing_fraction=pl.when(follows).then(growth("financing_balance", 1)),
        grade=worst_of("balance_grade", pl.col("balance_grade").shift(1)),
    )
    return _ranked(rows, "net_financing", pl.col("period"))


def _ranked(rows: pl.DataFrame, amount: str, label: pl.Expr) -> pl.DataFrame:
    """Add since when an amount is the highest, and the lowest, and how many it beats."""
    amounts = array(rows, amount)
    highest, beaten = last_as_high(amounts)
    lowest, undercut = last_as_high(-amounts)
    return rows.with_columns(
        label.gather(positions(highest)).alias("highest_since"),
        positions(beaten).alias("beaten"),
        label.gather(positions(lowest)).alias("lowest_since"),
        positions(undercut).alias("undercut"),
    )


_NAMES = {
    "financing": Text("融资余额", "financing balance"),
    "short": Text("融券余额", "short balance"),
    "margin": Text("两融余额", "margin balance"),
}


def _change_figures() -> tuple[Figure, ...]:
    found = []
    for name in _BALANCES:
        for span in _SPANS:
            zh, en = _NAMES[name].zh, _NAMES[name].en
            plural = "s" if span > 1 else ""
            label = Text(f"{zh}{span}日变动", f"{en}, change over {span} session{plural}")
            part = Text(f"{zh}{span}日变动幅度", f"{en}, change over {span} session{plural}, fraction")
            found.append(Figure(f"{name}_change_{span}", Unit.YUAN, label))
            found.append(Figure(f"{name}_change_{span}_fraction", Unit.FRACTION, part))
    return tuple(found)


INDICATOR = Indicator(
    name="balance",
    label=Text("两融余额", "margin balance"),
    meaning=Text(
        "客户融资、融券所欠总额及其变动；净融资为融资余额的变动。",
        "What clients owe on financing and on shorts, and how it changes; net financing is the change of the "
        "financing balance.",
    ),
    formula="margin balance = financing balance + short balance; net financing(t) = F(t) - F(t-1) = buys - repayment; "
    "a peak is left behind once F stands `reversal` or more below it, a trough once F stands as much above it",
    source="Balances: CSF and the exchanges. Identity: the exchanges' notes on their margin statistics.",
    problems=(
        Text(
            "融券余额 = 余量 × 收盘价，无交易时也随价格变动。",
            "The short balance is shares times close, so it moves with prices even when nobody trades.",
        ),
        Text(
            "偿还额中含强制平仓，无法单独分出。",
            "Forced sales are inside repayment and cannot be told apart.",
        ),
        Text(
            "北交所自 2023-02-13 起计入全市场数据，“两市”口径不含；二者相差约 0.3%。",
            "Figures of the whole market include Beijing from 2023-02-13, those of the other two never do (0.3 %).",
        ),
        Text(
            "上升途中的“最近峰值”就是迄今最高值，尚未确认，会随新高移动。",
            "While the balance rises its last peak is the highest so far: unconfirmed, it moves with each new high.",
        ),
        Text(
            "“自……以来最高”为与更早各期的比较，级别不计入那些期的数据级别。",
            "Highest-since compares a row with earlier rows; their grades stand with them, not in this row's grade.",
        ),
        GAPS,
    ),
    needs=("financing_balance",),
    figures=(
        Figure("period", Unit.TEXT, Text("期间", "period")),
        Figure("state", Unit.TEXT, Text("状态", "state")),
        Figure("financing_balance", Unit.YUAN, _NAMES["financing"], published=True),
        Figure("short_balance", Unit.YUAN, _NAMES["short"], published=True),
        # Not always published: account statistics state its two parts alone.
        Figure("margin_balance", Unit.YUAN, _NAMES["margin"]),
        *_change_figures(),
        Figure("net_financing", Unit.YUAN, Text("净融资", "net financing")),
        Figure("net_financing_fraction", Unit.FRACTION, Text("净融资/期初余额", "net financing / balance before")),
        Figure("net_financing_month", Unit.YUAN, Text("当月净融资", "net financing, month to date")),
        Figure("net_financing_quarter", Unit.YUAN, Text("当季净融资", "net financing, quarter to date")),
        Figure("highest_since", Unit.TEXT, Text("净融资最高自", "net financing highest since")),
        Figure("beaten", Unit.COUNT, Text("连续高于的期数", "earlier ones beaten in a row")),
        Figure("lowest_since", Unit.TEXT, Text("净融资最低自", "net financing lowest since")),
        Figure("undercut", Unit.COUNT, Text("连续低于的期数", "earlier ones undercut in a row")),
        Figure("last_peak_session", Unit.DATE, Text("最近峰值日", "last peak")),
        Figure("change_since_peak", Unit.YUAN, Text("较峰值变动", "change since the last peak")),
        Figure("change_since_peak_fraction", Unit.FRACTION, Text("较峰值变动幅度", "change since peak, fraction")),
        Figure("last_trough_session", Unit.DATE, Text("最近谷值日", "last trough")),
        Figure("change_since_trough", Unit.YUAN, Text("较谷值变动", "change since the last trough")),
        Figure("change_since_trough_fraction", Unit.FRACTION, Text("较谷值变动幅度", "change since trough, fraction")),
    ),
    compute=balance,
    option_help={
        "every": Text("行：session、week、month 或 quarter", "Rows: session, week, month or quarter."),
        "reversal": Text("确认峰谷所需的反向幅度", "The turn that leaves a peak or a trough behind, as a fraction."),
    },
)
