"""The canonical tables: every column that the lake may hold, with its unit, and since when its facts can be known.

What lives here: names, types, units, keys, publication times. What does not: where the facts come from
(``market.sources``) and how they are kept (``market.store``). ``docs/reference/tables.md`` is generated from this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

import polars as pl

from rongheng.basics.calendar import at, calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit

_DTYPES: dict[Unit, pl.DataType] = {
    Unit.COUNT: pl.Int64(),
    Unit.SESSIONS: pl.Int64(),
    Unit.DATE: pl.Date(),
    Unit.TEXT: pl.String(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it measures, and what it is called in both languages."""

    name: str
    unit: Unit
    label: Text
    lowest: float | None = None  # a value outside the bounds cannot be right (in our unit)
    highest: float | None = None

    @property
    def dtype(self) -> pl.DataType:
        """Money, ratios and points are ``Float64``, counts ``Int64``; missing is null, never 0."""
        return _DTYPES.get(self.unit, pl.Float64())


@dataclass(frozen=True, slots=True)
class Publication:
    """When the facts of a session can be known at the earliest (``reference``: the publisher's own statement)."""

    sessions_later: int
    clock: time
    reference: str

    def known_at(self, as_of: date) -> datetime:
        """Return the earliest moment, Shanghai time, at which the facts of ``as_of`` can be known.

        >>> Publication(1, time(18, 0), "").known_at(date(2024, 2, 8)).isoformat()
        '2024-02-19T18:00:00+08:00'
        """
        day = calendar().offset(as_of, self.sessions_later) if self.sessions_later else as_of
        return at(day, self.clock)


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table. A fact is one row; ``as_of`` and ``key`` together say which fact it is."""

    name: str
    label: Text
    key: tuple[str, ...]  # beside as_of
    columns: tuple[Column, ...]
    publication: Publication
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that say which fact a row is."""
        return ("as_of", *self.key)

    @property
    def values(self) -> tuple[Column, ...]:
        """The columns that carry the fact itself."""
        return tuple(column for column in self.columns if column.name not in self.key)

    @property
    def fact_schema(self) -> dict[str, pl.DataType]:
        """``as_of``, the key and the values, without the audit columns."""
        return {"as_of": pl.Date()} | {column.name: column.dtype for column in self.columns}

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """All columns as the lake stores them."""
        return self.fact_schema | AUDIT_SCHEMA


# What the lake knows about every fact beside the fact (DESIGN: facts and time).
AUDIT_SCHEMA: dict[str, pl.DataType] = {
    "known_at": pl.Datetime("us", "UTC"),  # since when it could be known
    "source": pl.String(),  # the layout or publisher that it came from
    "sha256": pl.String(),  # of the raw bytes
    "grade": pl.String(),  # official, derived, estimated, simulated
    "revision": pl.Int32(),  # 0 for the first statement of a fact, then 1, 2, …
    "imported_at": pl.Datetime("us", "UTC"),  # when this lake first saw it
    "sequence": pl.Int64(),  # the order of commits in this lake
    "note": pl.String(),  # what was mended on the way in; null when nothing was
}

_NEXT_EVENING = Publication(1, time(18, 0), "account statistics appear after the exchanges' own, on the next session")
_NEXT_OPEN = Publication(1, time(9, 0), "exchanges publish the previous session's margin figures before the open")
_SAME_EVENING = Publication(0, time(18, 0), "indices and market statistics appear after the close")

ACCOUNT_DAILY = Table(
    "account_daily",
    Text("信用账户统计（日）", "account statistics, daily"),
    (),
    (
        Column("financing_balance", Unit.YUAN, Text("融资余额", "financing balance"), 0, 1e14),
        Column("short_balance", Unit.YUAN, Text("融券余额", "short balance"), 0, 1e14),
        Column("financing_buys", Unit.YUAN, Text("融资买入额", "financing buys"), 0, 1e13),
        Column("short_sales", Unit.YUAN, Text("融券卖出额", "short sales"), 0, 1e13),
        Column("broker_count", Unit.COUNT, Text("证券公司数量", "brokers"), 0, 1_000),
        Column("branch_count", Unit.COUNT, Text("营业部数量", "branches"), 0, 100_000),
        Column("individual_count", Unit.COUNT, Text("个人投资者数量", "individual investors"), 0, 10**9),
        Column("institution_count", Unit.COUNT, Text("机构投资者数量", "institutional investors"), 0, 10**7),
        Column("active_count", Unit.COUNT, Text("参与交易的投资者数量", "investors who traded"), 0, 10**9),
        Column("indebted_count", Unit.COUNT, Text("有融资融券负债的投资者数量", "investors with debt"), 0, 10**9),
        Column("collateral_total", Unit.YUAN, Text("担保物总价值", "collateral, total"), 0, 1e15),
        Column("collateral_cash", Unit.YUAN, Text("现金担保物", "collateral, cash"), 0, 1e15),
        Column("collateral_securities", Unit.YUAN, Text("证券担保物", "collateral, securities"), 0, 1e15),
        Column("maintenance_ratio", Unit.RATIO, Text("平均维持担保比例", "average maintenance ratio"), 1.0, 6.0),
        Column("balance_to_float_cap", Unit.FRACTION, Text("两融余额占流通市值", "margin balance / float cap"), 0, 0.2),
        Column("margin_turnover_share", Unit.FRACTION, Text("两融交易额占成交额", "margin trades / turnover"), 0, 0.6),
    ),
    _NEXT_EVENING,
)

MARGIN_SUMMARY = Table(
    "margin_summary",
    Text("融资融券交易汇总（日）", "margin trading summary, daily"),
    ("market",),
    (
        Column("market", Unit.TEXT, Text("市场", "market")),
        Column("financing_balance", Unit.YUAN, Text("融资余额", "financing balance"), 0, 1e14),
        Column("financing_buys", Unit.YUAN, Text("融资买入额", "financing buys"), 0, 1e13),
        Column("financing_repaid", Unit.YUAN, Text("融资偿还额", "financing repaid"), 0, 1e13),
        Column("short_balance", Unit.YUAN, Text("融券余额", "short balance"), 0, 1e14),
        Column("short_shares", Unit.SHARES, Text("融券余量", "shares sold short"), 0, 1e13),
        Column("short_sold_shares", Unit.SHARES, Text("融券卖出量", "shares sold short today"), 0, 1e13),
        Column("short_returned_shares", Unit.SHARES, Text("融券偿还量", "shares returned today"), 0, 1e13),
        Column("margin_balance", Unit.YUAN, Text("融资融券余额", "margin balance"), 0, 1e14),
        Column(
            "financing_to_float_cap",
            Unit.FRACTION,
            Text("融资余额占流通市值比", "financing balance / float cap"),
            0,
            0.2,
        ),
    ),
    _NEXT_OPEN,
)

INDEX_DAILY = Table(
    "index_daily",
    Text("指数日行情", "index bars, daily"),
    ("index",),
    (
        Column("index", Unit.TEXT, Text("指数", "index")),
        Column("open", Unit.POINTS, Text("开盘", "open"), 0, 1e7),
        Column("high", Unit.POINTS, Text("最高", "high"), 0, 1e7),
        Column("low", Unit.POINTS, Text("最低", "low"), 0, 1e7),
        Column("close", Unit.POINTS, Text("收盘", "close"), 0, 1e7),
        Column("volume_shares", Unit.SHARES, Text("成交量", "volume"), 0, 1e13),
        Column("amount", Unit.YUAN, Text("成交额", "amount traded"), 0, 1e14),
    ),
    _SAME_EVENING,
)

MARKET_DAILY = Table(
    "market_daily",
    Text("市场成交与市值（日）", "market turnover and capitalisation, daily"),
    ("market",),
    (
        Column("market", Unit.TEXT, Text("市场", "market")),
        Column("amount", Unit.YUAN, Text("成交额", "amount traded"), 0, 1e14),
        Column("volume_shares", Unit.SHARES, Text("成交量", "volume"), 0, 1e13),
        Column("total_cap", Unit.YUAN, Text("总市值", "total market cap"), 0, 1e16),
        Column("float_cap", Unit.YUAN, Text("流通市值", "float market cap"), 0, 1e16),
        Column("listed_count", Unit.COUNT, Text("上市证券数", "securities listed"), 0, 10**6),
    ),
    _SAME_EVENING,
)

TABLES: dict[str, Table] = {table.name: table for table in (ACCOUNT_DAILY, MARGIN_SUMMARY, INDEX_DAILY, MARKET_DAILY)}

# Rows and cells that could not land, kept with what was wrong.
QUARANTINE_SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "file": pl.String(),
    "sheet": pl.String(),
    "row": pl.Int64(),  # as a spreadsheet counts: the first line is 1
    "column": pl.String(),  # the file's own header; null when the whole row was left out
    "found": pl.String(),
    "reason": pl.String(),
    "raw": pl.String(),  # the whole row as JSON
    "sha256": pl.String(),
    "imported_at": pl.Datetime("us", "UTC"),
    "sequence": pl.Int64(),
}


def table(name: str) -> Table:
    """Return the canonical table of that name."""
    try:
        return TABLES[name]
    except KeyError:
        raise UsageError(f"There is no table {name!r}; there are: {', '.join(TABLES)}.") from None
