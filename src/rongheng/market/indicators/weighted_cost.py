"""At what index level the money borrowed between two sessions was put to work, on average (融资加权成本).

What lives here: one weighted mean per index, and whether it means anything. What does not: the turning points of the
balance (``trend``), which only choose where it starts by default.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.grades import Grade, worst_of
from rongheng.basics.ids import Index
from rongheng.basics.ids import index as index_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.balance import REVERSAL
from rongheng.market.indicators.contract import Figure, Indicator, Reading, has, indices_in, require
from rongheng.market.indicators.rows import array, reading
from rongheng.market.indicators.trend import NONE, turning_points

# Below this share of net change in the changes' absolute sum, gains and losses of the balance all but cancel, and the
# quotient can be any number.
LEAST_NET_SHARE = 0.10


def weighted_cost(
    panel: pl.DataFrame, *, start: date | None = None, end: date | None = None, index: str = "csi-all"
) -> Reading:
    """Return the index level at which net financing came in, weighted by its daily changes (融资加权成本).

    The quotient is a mean of closes only while the balance rises. Where it falls on some sessions their weights are
    negative, so that the cost may lie outside the range of the closes; ``verdict`` says when it means nothing.

    Parameters
    ----------
    start : date, optional
        The session whose balance the first change is taken from; a day without a balance means the last one before
        it. By default the last trough of the financing balance that was confirmed at ``end`` (the first balance,
        where none was).
    end : date, optional
        The last session whose change counts; by default the last one that has both figures.
    index : str
        A code or name, or ``all`` for every index of the panel.

    Returns
    -------
    Reading
        One row per index, of the session ``end``. Money in yuan, ``cost`` and ``close`` in points. Where a session
        has no balance or no close, the next one that has both takes the whole change at its own close. ``cost`` is
        null where the net change is 0. ``verdict`` is ``meaningless`` where the net change is under 10 % of the sum
        of absolute changes, else ``meaningful``. The grade is the worst of all that went in, ``derived`` at best.

    Raises
    ------
    UsageError
        ``start`` is not before ``end``, or no index has that name.
    MissingDataError
        The panel holds no financing balance, no close of that index, or no change between the two days.

    Examples
    --------
    >>> days = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]
    >>> panel = pl.DataFrame({
    ...     "session": days, "financing_balance": [100.0, 103.0, 104.0], "balance_grade": ["official"] * 3,
    ...     "csi_all_close": [1000.0, 1000.0, 1200.0], "csi_all_grade": ["official"] * 3,
    ... })
    >>> weighted_cost(panel, start=days[0]).rows["cost"].item()  # (3 × 1000 + 1 × 1200) / 4
    1050.0
    """
    require(panel, INDICATOR)
    if start is not None and end is not None and start >= end:
        raise UsageError(f"start {start} is not before end {end}; the first change is that of the session after start.")
    chosen = _indices(panel, index)
    upto = panel if end is None else panel.filter(pl.col("session") <= end)
    base = _base(upto, start)
    rows = pl.concat([_row(upto, base, chosen_index) for chosen_index in chosen])
    return reading(rows, INDICATOR, notes=_spanned(rows))


def _indices(panel: pl.DataFrame, spelling: str) -> list[Index]:
    held = indices_in(panel)
    if spelling == "all":
        chosen = held
    else:
        wanted = index_of(spelling)
        chosen = [wanted] if has(panel, f"{wanted.prefix}_close") else []
    if not chosen:
        keys = ", ".join(one.key for one in held) or "none"
        raise MissingDataError(
            f"weighted-cost needs the closes of {spelling}, which the lake does not hold for these sessions "
            f"(indices that it holds: {keys}). Import its bars, or name another index."
        )
    return chosen


def _base(panel: pl.DataFrame, start: date | None) -> int:
    """Return the position of the balance that the first change is taken from."""
    stated = panel.with_row_index("position").filter(pl.col("financing_balance").is_not_null())
    if stated.is_empty():
        raise MissingDataError("weighted-cost finds no financing balance up to the end; give a later end.")
    if start is None:
        points = turning_points(array(panel, "financing_balance"), reversal=REVERSAL)
        trough = int(points.confirmed_trough[int(stated["position"].item(-1))])
        return trough if trough != NONE else int(stated["position"].item(0))
    before = stated.filter(pl.col("session") <= start)
    if before.is_empty():
        raise MissingDataError(
            f"weighted-cost starts on {start}, but the financing balance begins on {stated['session'].item(0)}; "
            "give a later start."
        )
    return int(before["position"].item(-1))


def _row(panel: pl.DataFrame, base: int, index: Index) -> pl.DataFrame:
    used = _changes(panel, base, index)
    net, gross = pl.col("change").sum(), pl.col("change").abs().sum()
    meaningful = (gross > 0) & (net.abs() >= LEAST_NET_SHARE * gross)
    return used.select(
        pl.col("session").last(),
        as_of=pl.col("session").last(),
        index=pl.lit(index.key),
        start=pl.col("session").first(),
        sessions=pl.col("change").count().cast(pl.Int64),
        sessions_spanned=(pl.col("position").last() - pl.col("position").first() - pl.col("change").count()).cast(
            pl.Int64
        ),
        net_change=net,
        gross_change=gross,
        net_to_gross=pl.when(gross > 0).then(net.abs() / gross),
        cost=pl.when(net != 0).then((pl.col("change") * pl.col("close")).sum() / net),
        close=pl.col("close").last(),
        verdict=pl.when(meaningful).then(pl.lit("meaningful")).otherwise(pl.lit("meaningless")),
        grade=worst_of(
            pl.col("balance_grade").max(),  # grades are ordered from best to worst
            pl.col("index_grade").slice(1).max(),  # the base gives no close
            Grade.DERIVED,
        ),
    ).with_columns(close_to_cost=pl.col("close") / pl.col("cost") - 1)


def _changes(panel: pl.DataFrame, base: int, index: Index) -> pl.DataFrame:
    """Return the base and the later sessions that have both figures, each with its change against the row before."""
    columns = panel.select(
        "session",
        "financing_balance",
        "balance_grade",
        close=pl.col(f"{index.prefix}_close"),
        index_grade=pl.col(f"{index.prefix}_grade"),
        position=pl.int_range(pl.len()),
    ).slice(base)
    both = pl.col("financing_balance").is_not_null() & pl.col("close").is_not_null()
    used = columns.filter((pl.col("position") == base) | both)
    if used.height < 2:
        raise MissingDataError(
            f"weighted-cost finds no session after {used['session'].item(0)} with both a financing balance and a "
            f"close of {index.key}; give an earlier start or a later end."
        )
    return used.with_columns(change=pl.col("financing_balance").diff())


def _spanned(rows: pl.DataFrame) -> tuple[Text, ...]:
    spanned = int(rows["sessions_spanned"].max() or 0)  # type: ignore[arg-type]
    if spanned == 0:
        return ()
    return (
        Text(
            "区间内有 {count} 个交易日缺余额或收盘价；其变动整体计入其后首个数据齐全的交易日。",
            "{count} sessions inside lack a balance or a close; their change is taken whole at the next one's close.",
        ).format(count=spanned),
    )


INDICATOR = Indicator(
    name="weighted-cost",
    label=Text("融资加权成本", "weighted cost of financing"),
    meaning=Text(
        "两日之间净流入的融资资金平均在什么指数点位入场，以及现价相对该成本的位置。",
        "The index level at which the net financing of a span came in on average, and where the index stands to it.",
    ),
    formula="cost = Σ (F(t) - F(t-1))·C(t) / Σ (F(t) - F(t-1)), t from the session after start to end; "
    "meaningless where |Σ ΔF| < 10 % of Σ |ΔF|",
    source="A mean of closes weighted by the changes of the financing balance (CSF, index publishers).",
    problems=(
        Text(
            "余额有升有降时权重有正有负，成本可落在区间点位之外；净变动小于绝对变动之和的10%时没有意义。",
            "Where the balance rises and falls the weights have both signs and the cost may lie outside the closes; "
            "with a net change under 10 % of the absolute ones it means nothing.",
        ),
        Text(
            "偿还按当日点位扣除，而非按当初买入的点位；融资买入的也不是指数本身。",
            "Repayment is taken off at the day's level and not at that of the purchase, and clients do not buy the "
            "index.",
        ),
        Text(
            "缺数据的交易日，其变动整体计入其后首个齐全的交易日。",
            "The change over sessions without figures is taken whole at the close of the next one that has both.",
        ),
        Text(
            "缺省起点为截至终点已确认的最近谷值（反转5%），换一个起点，成本随之改变。",
            "By default it starts at the last trough confirmed at the end (a turn of 5 %); another start gives another "
            "cost.",
        ),
    ),
    needs=("financing_balance",),
    figures=(
        Figure("index", Unit.TEXT, Text("指数", "index")),
        Figure("start", Unit.DATE, Text("起点", "start")),
        Figure("sessions", Unit.SESSIONS, Text("计入交易日", "sessions counted")),
        Figure("sessions_spanned", Unit.SESSIONS, Text("跨过的缺数据日", "sessions spanned")),
        Figure("net_change", Unit.YUAN, Text("净变动", "net change")),
        Figure("gross_change", Unit.YUAN, Text("绝对变动之和", "sum of absolute changes")),
        Figure("net_to_gross", Unit.FRACTION, Text("净变动/绝对变动", "net / absolute")),
        Figure("cost", Unit.POINTS, Text("加权成本", "weighted cost")),
        Figure("close", Unit.POINTS, Text("收盘", "close")),
        Figure("close_to_cost", Unit.FRACTION, Text("收盘相对成本", "close over cost")),
        Figure("verdict", Unit.TEXT, Text("是否有意义", "verdict")),
    ),
    compute=weighted_cost,
    option_help={
        "start": Text("起点（缺省为最近已确认的谷值）", "Start; by default the last confirmed trough of the balance."),
        "end": Text("终点（缺省为最后一个交易日）", "End; by default the last session."),
        "index": Text("指数代码或名称，all 为全部", "Code or name of an index, or all."),
    },
)
