"""Whether what the lake holds agrees: one publisher with another, securities with their exchange, a day with the one
before. Nothing is changed here; what does not agree is told with both figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.code_changes import code_changes
from rongheng.basics.ids import find_index, indices
from rongheng.basics.securities import exchange_of
from rongheng.basics.tables import (
    ACCOUNT_DAILY,
    ETF_INDEX_MAP,
    EXCHANGE_DAYS,
    INDEX_DAILY,
    MARGIN_SUMMARY,
    MARKET_DAILY,
    SECURITY_MARGIN,
    Column,
    Table,
)
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.series.codes import named, read_named
from rongheng.market.store import Lake

TOLERANCE = 1e-4  # relative, between two publishers of one figure
_MANY, _SHOWN = 12, 3  # figures that are told one by one, and of how many more the furthest apart are
_DIGITS = 9  # how many zeros at its end a printed figure may owe to its unit
_LEFT_OUT = 0.01  # of a balance: securities removed from the list still count in the summary
_ROUNDING = 1e6  # yuan: a summary that is printed to a hundredth of 亿元
_LARGE = 1e6
_OF_ACCOUNTS = {"financing_balance": 1e-3, "short_balance": 5e-3}  # relative, between accounts and exchanges
_TURNOVER_APART = 0.08  # of the exchanges' turnover: the index leaves shares under a warning out
_SHARE_OFF = 0.01  # of the securities: lists change, and companies split their shares
_MEASURED = (Unit.YUAN, Unit.SHARES, Unit.COUNT, Unit.POINTS, Unit.FRACTION, Unit.RATIO, Unit.TIMES)
_TIMES_APART = 0.05  # relative: at the edge of a season of reports publishers rest their ratios on different ones
_ROUNDED = {"weight": 1e-5}  # what is printed to a thousandth of a per cent by one, and to more digits by others
_CODES = ("index_code",)  # texts that are compared letter by letter; names are written in many ways


def between_publishers(ours: pl.DataFrame, theirs: pl.DataFrame, *, table: Table, who: Text) -> list[Text]:
    """Return a line for each figure that another publisher states otherwise.

    A ratio to earnings that another publisher leaves blank is a loss there: told where ours is a profit.
    A figure that is printed to fewer digits agrees within half of its last one; else the relative ``TOLERANCE`` holds.
    What is yes or no, and the code of an index, are the same or they are not; a security that stands on one list and
    not on the other is on the other a no. A security is one, also where only one of the publishers calls it by the code
    that it had on the day.

    Parameters
    ----------
    ours, theirs : frames of the table's facts; columns that one of them lacks are not compared
    who : what the other publisher's figures are called
    """
    joined, shared = _side_by_side(ours, theirs, table)
    told = []
    for name in shared:
        apart = joined.filter(_apart(name, table))
        told += _told_all(apart, name, table, who)
    return told


def is_measured(table: Table, name: str) -> bool:
    """Say whether a column holds figures of their day; a yes or no, or a code, holds until it is said anew."""
    return table.by_name[name].unit in _MEASURED


def _apart(name: str, table: Table) -> pl.Expr:
    mine, other = pl.col(f"our {name}"), pl.col(name)
    if not is_measured(table, name):
        return mine != other
    mine, other = mine.cast(pl.Float64), other.cast(pl.Float64)
    if table.by_name[name].unit is Unit.TIMES:
        return ((other - mine).abs() > _TIMES_APART * mine.abs()).fill_null(mine > 0)  # blank there is a loss there
    allowed = (TOLERANCE * mine.abs(), _last_digit(other) / 2, pl.lit(_ROUNDED.get(name, 0.0)))
    return (other - mine).abs() > pl.max_horizontal(*allowed)


def figures_of_both(ours: pl.DataFrame, theirs: pl.DataFrame, *, table: Table) -> int:
    """Return how many figures both publishers state: where there are none, agreement says nothing."""
    joined, shared = _side_by_side(ours, theirs, table)
    both = [pl.col(name).is_not_null() & pl.col(f"our {name}").is_not_null() for name in shared]
    return sum(joined.select(one.sum().alias(str(at)) for at, one in enumerate(both)).row(0)) if both else 0


def _side_by_side(ours: pl.DataFrame, theirs: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows of both, ours under ``our …``, and the names of the figures that both have."""
    comparable = [column for column in table.values if column.unit in _MEASURED or _is_word(column)]
    shared = [column.name for column in comparable if column.name in theirs.columns and column.name in ours.columns]
    identity = list(table.identity)
    last = theirs["as_of"].max()
    if table.of_securities and isinstance(last, date):
        ours, theirs = (named(frame, table, code_changes(), on=last) for frame in (ours, theirs))
    mine = ours.select(*identity, *(pl.col(name).alias(f"our {name}") for name in shared))
    listed = [name for name in shared if table.by_name[name].unit is Unit.SWITCH and table.of_securities]
    if not listed:
        return theirs.select(*identity, *shared).join(mine, on=identity), shared
    return _listed(mine, theirs.select(*identity, *shared), table, listed), shared


def _listed(ours: pl.DataFrame, theirs: pl.DataFrame, table: Table, switches: Sequence[str]) -> pl.DataFrame:
    """Return the securities that stand on either list, where both publishers have the list.

    One that a list leaves out is none there, as far as the list says anything of the kind.
    """
    frames = [frame.with_columns(table.part, pl.lit(value=True).alias("listed")) for frame in (ours, theirs)]
    lists = [frame.select("as_of", "part").unique() for frame in frames]
    both = lists[0].join(lists[1], on=["as_of", "part"])
    mine, other = (frame.join(both, on=["as_of", "part"], how="semi").drop("part") for frame in frames)
    told = [name for name in switches if mine[f"our {name}"].any() and other[name].any()]
    joined = other.join(mine.rename({"listed": "our listed"}), on=list(table.identity), how="full", coalesce=True)
    return joined.with_columns(
        pl.when(pl.col(listed).is_null()).then(pl.lit(value=False)).otherwise(pl.col(name)).alias(name)
        for switch in told
        for name, listed in ((switch, "listed"), (f"our {switch}", "our listed"))
    )


def _is_word(column: Column) -> bool:
    return column.unit is Unit.SWITCH or column.name in _CODES


def _told_all(apart: pl.DataFrame, name: str, table: Table, who: Text) -> list[Text]:
    """Return a line for each row; of many rows, those that are furthest apart and how many there are."""
    ours, theirs = pl.col(f"our {name}"), pl.col(name)
    measured = is_measured(table, name)
    distance = [(theirs - ours).abs() / ours.abs().clip(1e-9)] if measured else []
    furthest = apart.sort(*distance, *table.identity, descending=measured)
    if apart.height <= _MANY:
        return [_told(row, name, table, who) for row in apart.iter_rows(named=True)]
    label = table.by_name[name].label.zh
    more = apart.height - _SHOWN
    return [
        *(_told(row, name, table, who) for row in furthest.head(_SHOWN).iter_rows(named=True)),
        Text(
            f"{label}：与{who.zh}不同的另有 {more} 项",
            f"{name}: {more} more are not what the {who.en} says",
        ),
    ]


def _last_digit(figure: pl.Expr) -> pl.Expr:
    """The largest power of ten that divides a whole figure: what its unit leaves unsaid lies below it."""
    powers = [pl.when(figure % 10**power == 0).then(pl.lit(10.0**power)).otherwise(0.0) for power in range(_DIGITS + 1)]
    return pl.max_horizontal(*powers)


def _told(row: Mapping[str, Any], name: str, table: Table, who: Text) -> Text:
    ours, theirs = (_worded(row[side]) for side in (f"our {name}", name))
    key = " ".join(str(row[one]) for one in table.identity)
    label = table.by_name[name].label.zh
    return Text(
        f"{key} {label}：入库 {ours.zh}，{who.zh} {theirs.zh}，请核对",
        f"{key} {name}: landed {ours.en}, the {who.en} says {theirs.en}; look at it",
    )


def _worded(figure: Any) -> Text:
    """Return what a publisher states as a person compares it: a figure, a code, or yes and no."""
    if isinstance(figure, bool):
        return Text("是", "yes") if figure else Text("否", "no")
    if figure is None:
        return Text("留空", "nothing")
    shown = figure if isinstance(figure, str) else _shown(float(figure))
    return Text(shown, shown)


def of_accounts(lake: Lake, session: date) -> list[Text]:
    """Return what of the account statistics is not what the exchanges say of the whole market.

    Short balances are compared more widely: the company that counts the accounts prices borrowed shares itself.
    """
    counted = lake.read(ACCOUNT_DAILY, first=session, last=session)
    summed = lake.read(MARGIN_SUMMARY, first=session, last=session).filter(pl.col("market") == "ALL")
    if counted.is_empty() or summed.is_empty():
        return []
    told = []
    for name, tolerance in _OF_ACCOUNTS.items():
        ours, theirs = counted[name].item(), summed[name].item()
        if ours is not None and theirs is not None and abs(ours - theirs) > tolerance * abs(theirs):
            label = ACCOUNT_DAILY.by_name[name].label.zh
            told.append(
                Text(
                    f"{session} {label}：信用账户统计 {_shown(ours)}，交易所合计 {_shown(theirs)}，请核对",
                    f"{session} {name}: the account statistics say {_shown(ours)}, the exchanges {_shown(theirs)}; "
                    "look at it",
                )
            )
    return told


def of_turnover(lake: Lake, session: date) -> list[Text]:
    """Return a line where the turnover of the two large exchanges is far from that of the index of all their shares.

    The index leaves a few shares out (those under a warning), so it is less, and not by much.
    """
    everything = indices()["csi-all"]
    traded = lake.read(MARKET_DAILY, first=session, last=session, columns=("amount",))
    amounts = traded.filter(pl.col("market").is_in(["SSE", "SZSE"]))["amount"].drop_nulls()
    bars = lake.read(INDEX_DAILY, first=session, last=session).filter(pl.col("index") == everything.code)
    of_index = bars["amount"].drop_nulls()
    if amounts.len() < 2 or of_index.is_empty():
        return []
    ours, theirs = float(amounts.sum()), float(of_index.item())
    if abs(ours - theirs) <= _TURNOVER_APART * ours:
        return []
    return [
        Text(
            f"{session} 沪深成交额合计 {_shown(ours)}，{everything.label.zh}成交额 {_shown(theirs)}，请核对",
            f"{session} amount: Shanghai and Shenzhen make {_shown(ours)}, the {everything.label.en} {_shown(theirs)}; "
            "look at it",
        )
    ]


def _shown(figure: float) -> str:
    """Return a figure as a person compares it: large ones to the unit, small ones with their decimals."""
    return f"{figure:,.0f}" if abs(figure) >= _LARGE else f"{figure:,.10g}"


def of_details(lake: Lake, session: date) -> list[Text]:
    """Return what does not agree in the margin figures of single securities of a session.

    Compared are the balances' sum with the exchange's summary, and each balance with the one before plus what was
    bought less what was repaid (where that is printed).
    """
    before = calendar().offset(session, -1)
    columns = ("financing_balance", "financing_buys", "financing_repaid")
    rows = read_named(lake, SECURITY_MARGIN, on=session, first=before, last=session, columns=columns)
    rows = rows.with_columns(exchange_of(pl.col("security")).alias("market"))
    today, last = (rows.filter(pl.col("as_of") == day) for day in (session, before))
    summary = lake.read(MARGIN_SUMMARY, first=session, last=session, columns=("financing_balance",))
    return [*_sums(today, summary), *_flows(today, last)]


def of_calendar(lake: Lake) -> list[Text]:
    """Return a line for each day on which the exchanges' calendar differs from the one that we reckon with."""
    days = lake.read(EXCHANGE_DAYS).filter(pl.col("as_of") >= calendar().first)
    ours = pl.Series("ours", [calendar().is_session(day) for day in days["as_of"]], dtype=pl.Boolean())
    off = days.with_columns(ours).filter(pl.col("ours") != pl.col("is_session"))
    words = {True: Text("交易日", "a session"), False: Text("休市", "closed")}
    return [
        Text(
            f"{row['as_of']}：交易所公布为{words[row['is_session']].zh}，本程序日历为{words[row['ours']].zh}，请升级",
            f"{row['as_of']}: the exchange says {words[row['is_session']].en}, our calendar {words[row['ours']].en}; "
            "upgrade Rongheng",
        )
        for row in off.iter_rows(named=True)
    ]


def of_tracked(lake: Lake, meant: Mapping[str, str]) -> list[Text]:
    """Return a line for each fund that a publisher says to track another index than the one that it is meant to.

    Parameters
    ----------
    meant : by the fund's code, the six letters of the index as publishers print it
    """
    rows = lake.read(ETF_INDEX_MAP, where=pl.col("security").is_in(list(meant))).sort("as_of")
    newest = rows.group_by("security", maintain_order=True).last().sort("security")
    return [
        Text(
            f"{row['security']} 跟踪指数：发布方 {row['index_code']}，本程序 {meant[row['security']]}，请核对",
            f"{row['security']}: the publisher says that it tracks {row['index_code']}, Rongheng "
            f"{meant[row['security']]}; look at it",
        )
        for row in newest.iter_rows(named=True)
        if not _is_same_index(row["index_code"], meant[row["security"]])
    ]


def _is_same_index(printed: str, meant: str) -> bool:
    """Say whether two codes mean one index: Shenzhen has codes of its own for indices of the whole market."""
    known = find_index(meant)
    return printed == meant or (known is not None and find_index(printed) is known)


def _sums(today: pl.DataFrame, summary: pl.DataFrame) -> list[Text]:
    total = today.group_by("market").agg(pl.col("financing_balance").sum().alias("details"))
    both = total.join(summary.select("market", "financing_balance"), on="market").sort("market")
    gap = pl.col("financing_balance") - pl.col("details")
    off = both.filter((gap < -_ROUNDING) | (gap > _LEFT_OUT * pl.col("financing_balance") + _ROUNDING))
    return [
        Text(
            f"{market} 明细融资余额合计 {details:,.0f}，汇总 {balance:,.0f}，请核对",
            f"{market}: the securities' financing balances make {details:,.0f}, the summary says {balance:,.0f}; look "
            "at it",
        )
        for market, details, balance in off.iter_rows()
    ]


def _flows(today: pl.DataFrame, last: pl.DataFrame) -> list[Text]:
    both = today.join(last.select("security", before="financing_balance"), on="security")
    follows = pl.col("before") + pl.col("financing_buys") - pl.col("financing_repaid")
    judged = both.with_columns(((follows - pl.col("financing_balance")).abs() > 1).alias("off"))
    told = judged.group_by("market").agg(pl.col("off").sum(), pl.col("off").count().alias("whole")).sort("market")
    many = told.filter(pl.col("off") > _SHARE_OFF * pl.col("whole"))
    return [
        Text(
            f"{market} {off}/{whole} 只的融资余额不等于前日余额 + 买入 − 偿还，请核对",
            f"{market}: the financing balance of {off} of {whole} securities is not the one before + bought − repaid; "
            "look at it",
        )
        for market, off, whole in many.iter_rows()
    ]
