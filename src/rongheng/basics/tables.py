"""The canonical tables: every column that the lake may hold, with its unit, and since when its facts can be known.

What lives here: names, types, units, keys, publication times. What does not: where the facts come from
(``market.sources``) and how they are kept (``market.store``). ``docs/reference/tables.md`` is generated from this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

import polars as pl

from rongheng.basics.calendar import at, calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.funds_abroad import invests_abroad
from rongheng.basics.securities import exchange_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit

_DTYPES: dict[Unit, pl.DataType] = {
    Unit.COUNT: pl.Int64(),
    Unit.MILLI: pl.Int64(),
    Unit.SWITCH: pl.Boolean(),
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
    words: tuple[str, ...] = ()  # all that a text may be; anything where there are none

    @property
    def dtype(self) -> pl.DataType:
        """Prices and counts are ``Int64``, other money, ratios and points ``Float64``; missing is null, never 0."""
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

    def known_at_each(self, days: pl.Series) -> pl.Series:
        """Return the column ``known_at`` of facts of these days."""
        unique = days.unique()
        dtype = pl.Datetime("us", "UTC")
        moments = pl.Series("known_at", [self.known_at(day) for day in unique.to_list()], dtype=dtype)
        return days.replace_strict(unique, moments, default=None, return_dtype=dtype).alias("known_at")


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table. A fact is one row; ``as_of`` and ``key`` together say which fact it is."""

    name: str
    label: Text
    key: tuple[str, ...]  # beside as_of
    columns: tuple[Column, ...]
    publication: Publication
    daily: bool = True  # has facts of every session; others say what holds from a day on, until they say it anew
    of_every_day: bool = False  # has facts of days that are no sessions too
    taken_at_close: tuple[str, ...] = ()  # figures of their day's close, in a table of what holds from an open on
    abroad: Publication | None = None  # of funds that invest abroad, in a table of funds
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    def __reduce__(self) -> tuple[Callable[[str], Table], tuple[str]]:
        """Be the same table in another process, not one that is equal."""
        return table, (self.name,)

    def known_at_each(self, facts: pl.DataFrame) -> pl.Series:
        """Return the column ``known_at`` of these facts: by the policy, and no figure of a close before that close."""
        known = self.publication.known_at_each(facts["as_of"])
        if self.abroad is not None:
            later = self.abroad.known_at_each(facts["as_of"])
            return facts.select(pl.when(invests_abroad(pl.col("security"))).then(later).otherwise(known))["known_at"]
        taken = [pl.col(name).is_not_null() for name in self.taken_at_close if name in facts.columns]
        if not taken:
            return known
        after = _NEXT_OPEN.known_at_each(facts["as_of"])
        return facts.select(pl.when(pl.any_horizontal(taken)).then(after).otherwise(known).alias("known_at"))[
            "known_at"
        ]

    @property
    def of_securities(self) -> bool:
        """Say whether a fact is of one security: such a table has thousands of series."""
        return "security" in self.key

    @property
    def of_contracts(self) -> bool:
        """Say whether a fact is of one contract, which comes and goes."""
        return "contract" in self.key

    @property
    def part(self) -> pl.Expr:
        """The part of the table that a row belongs to: its market or index, its security's exchange, its product."""
        first = self.key[0] if self.key else None
        if first is None:
            return pl.lit("").alias("part")
        if first == "security":
            return exchange_of(pl.col(first)).alias("part")
        return (pl.col(first).str.extract("^([A-Z]+)") if first == "contract" else pl.col(first)).alias("part")

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
_LATE_EVENING = Publication(1, time(9, 0), "valuations are complete about 21:00, so they are taken on the next session")
_BEFORE_OPEN = Publication(0, time(9, 0), "what holds from a session on is announced before its open")

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

_SECURITY = Column("security", Unit.TEXT, Text("证券代码", "security"))
_CLOSE = Column("close_milli", Unit.MILLI, Text("收盘价", "close"), 1, 2**31 - 1)
_VOLUME = Column("volume_shares", Unit.SHARES, Text("成交量", "volume"), 0, 1e12)

SECURITY_BARS = Table(
    "security_bars",
    Text("证券日行情", "bars of securities, daily"),
    ("security",),
    (
        _SECURITY,
        # A session without a trade has no open, high and low, the volume 0, and the close before as its close.
        Column("open_milli", Unit.MILLI, Text("开盘价", "open"), 1, 2**31 - 1),
        Column("high_milli", Unit.MILLI, Text("最高价", "high"), 1, 2**31 - 1),
        Column("low_milli", Unit.MILLI, Text("最低价", "low"), 1, 2**31 - 1),
        _CLOSE,
        # What limits are reckoned from: on an ex-date the close before less what went off (除权除息参考价).
        Column("previous_close_milli", Unit.MILLI, Text("前收盘价", "previous close, less what went ex"), 1, 2**31 - 1),
        _VOLUME,
        Column("amount", Unit.YUAN, Text("成交额", "amount traded"), 0, 1e12),
        Column("factor", Unit.TIMES, Text("后复权因子", "factor that makes a price comparable to the first"), 0, 1e6),
    ),
    _SAME_EVENING,
)

SECURITY_VALUATIONS = Table(
    "security_valuations",
    Text("证券估值（日）", "valuations of securities, daily"),
    ("security",),
    (
        _SECURITY,
        Column("static_pe", Unit.TIMES, Text("静态市盈率", "static P/E"), -1e7, 1e7),
        Column("pe_ttm", Unit.TIMES, Text("滚动市盈率", "P/E over twelve months"), -1e7, 1e7),
        Column("pb", Unit.TIMES, Text("市净率", "P/B"), -1e6, 1e6),
        Column("ps_ttm", Unit.TIMES, Text("滚动市销率", "P/S over twelve months"), -1e7, 1e7),
        Column("turnover_rate", Unit.FRACTION, Text("换手率", "volume / float shares"), 0, 2),
        Column("total_cap", Unit.YUAN, Text("总市值", "total market cap"), 0, 1e14),
        Column("float_cap", Unit.YUAN, Text("流通市值", "float market cap"), 0, 1e14),
        Column("float_shares", Unit.SHARES, Text("流通股", "float shares"), 0, 1e12),
    ),
    _LATE_EVENING,
)

SECURITY_SNAPSHOTS = Table(
    "security_snapshots",
    Text("证券快照", "snapshots of securities on chosen days"),
    ("security",),
    (
        _SECURITY,
        _CLOSE,
        Column("change", Unit.FRACTION, Text("涨跌幅", "change"), -1, 100),
        _VOLUME,
        Column("float_shares", Unit.SHARES, Text("流通股", "float shares"), 0, 1e12),
        Column("float_cap", Unit.YUAN, Text("流通市值", "float market cap"), 0, 1e14),
        Column("average_amount", Unit.YUAN, Text("20日日均成交额", "average amount over 20 sessions"), 0, 1e12),
    ),
    _SAME_EVENING,
    daily=False,
)

SECURITY_MARGIN = Table(
    "security_margin",
    Text("证券融资融券（日）", "margin trading by security, daily"),
    ("security",),
    (
        _SECURITY,
        Column("financing_balance", Unit.YUAN, Text("融资余额", "financing balance"), 0, 1e12),
        Column("financing_buys", Unit.YUAN, Text("融资买入额", "financing buys"), 0, 1e12),
        Column("financing_repaid", Unit.YUAN, Text("融资偿还额", "financing repaid"), 0, 1e12),
        Column("short_balance", Unit.YUAN, Text("融券余额", "short balance"), 0, 1e12),
        Column("short_shares", Unit.SHARES, Text("融券余量", "shares sold short"), 0, 1e11),
        Column("short_sold_shares", Unit.SHARES, Text("融券卖出量", "shares sold short today"), 0, 1e11),
        Column("short_returned_shares", Unit.SHARES, Text("融券偿还量", "shares returned today"), 0, 1e11),
        Column("margin_balance", Unit.YUAN, Text("融资融券余额", "margin balance"), 0, 1e12),
        Column("financing_to_float_cap", Unit.FRACTION, Text("融资余额占流通市值", "financing / float cap"), 0, 1),
        Column("financing_buys_share", Unit.FRACTION, Text("融资买入占成交额", "financing buys / amount"), 0, 1),
    ),
    _NEXT_OPEN,
)

# Every day that the table has of an index is a whole list of it, and the list stands until the next one.
INDEX_MEMBERS = Table(
    "index_members",
    Text("指数成份股", "members of indices"),
    ("index", "security"),
    (
        Column("index", Unit.TEXT, Text("指数", "index")),
        _SECURITY,
        Column("is_member", Unit.SWITCH, Text("在名单内", "on the list")),
        Column("weight", Unit.FRACTION, Text("权重", "weight"), 0, 1),
    ),
    _BEFORE_OPEN,
    daily=False,
    taken_at_close=("weight",),
)

SECURITY_STATUS = Table(
    "security_status",
    Text("证券上市状态", "listing status of securities, from a session on"),
    ("security",),
    (
        _SECURITY,
        # `listed` says that it trades and not whether the exchange warns of it.
        Column(
            "status",
            Unit.TEXT,
            Text("上市状态", "status"),
            words=("listed", "normal", "risk_warned", "delisting", "delisted"),
        ),
    ),
    _BEFORE_OPEN,
    daily=False,
)

# A fact is dated by the first session of the new code; what ships with the package stands beside it (``code_changes``).
SECURITY_CODES = Table(
    "security_codes",
    Text("证券代码变更", "changes of securities' codes, from a session on"),
    ("security",),
    (
        _SECURITY,
        Column("old_security", Unit.TEXT, Text("原证券代码", "code before the change")),
    ),
    _BEFORE_OPEN,
    daily=False,
)

# What the exchanges' own lists say of a session; the lists of a day stand until the next ones of that exchange.
SECURITY_FLAGS = Table(
    "security_flags",
    Text("两融标的与担保品名单", "the exchanges' lists of a session"),
    ("security",),
    (
        _SECURITY,
        Column("is_collateral", Unit.SWITCH, Text("可充抵保证金", "collateral")),
        Column("is_financing_underlying", Unit.SWITCH, Text("融资标的", "underlying for financing")),
        Column("is_short_underlying", Unit.SWITCH, Text("融券标的", "underlying for short selling")),
        Column("financing_allowed", Unit.SWITCH, Text("当日可融资", "may be financed today")),
        Column("short_allowed", Unit.SWITCH, Text("当日可融券", "may be sold short today")),
    ),
    _BEFORE_OPEN,
    daily=False,
)

SECURITY_COLLATERAL = Table(
    "security_collateral",
    Text("担保证券（日）", "collateral by security, daily"),
    ("security",),
    (
        _SECURITY,
        Column("shares", Unit.SHARES, Text("当日末担保证券数量", "shares held as collateral"), 0, 1e13),
        Column("shares_change", Unit.SHARES, Text("当日担保证券数量变动", "change of these shares"), -1e13, 1e13),
        Column("value", Unit.YUAN, Text("当日末担保证券市值", "value held as collateral"), 0, 1e14),
        Column("total_cap", Unit.YUAN, Text("当日末证券总市值", "market cap of the security"), 0, 1e14),
        Column("share_of_cap", Unit.FRACTION, Text("占该证券总市值比重", "share of the market cap"), 0, 1),
    ),
    Publication(2, time(9, 0), "holdings by security may come a session later than the account statistics"),
)

FUTURES_BARS = Table(
    "futures_bars",
    Text("期货合约日行情", "bars of futures contracts, daily"),
    ("contract",),
    (
        Column("contract", Unit.TEXT, Text("合约代码", "contract")),
        Column("open", Unit.POINTS, Text("开盘", "open"), 0, 1e7),
        Column("high", Unit.POINTS, Text("最高", "high"), 0, 1e7),
        Column("low", Unit.POINTS, Text("最低", "low"), 0, 1e7),
        Column("close", Unit.POINTS, Text("收盘", "close"), 0, 1e7),
        Column("settlement", Unit.POINTS, Text("结算价", "settlement price"), 0, 1e7),
        Column("previous_settlement", Unit.POINTS, Text("前结算价", "settlement price of the session before"), 0, 1e7),
        Column("volume_lots", Unit.COUNT, Text("成交手数", "lots traded"), 0, 10**9),
        Column("open_interest_lots", Unit.COUNT, Text("持仓手数", "open interest, lots"), 0, 10**9),
        Column("amount", Unit.YUAN, Text("成交金额", "amount traded"), 0, 1e14),
    ),
    _SAME_EVENING,
)

ETF_SHARES = Table(
    "etf_shares",
    Text("ETF 份额（日）", "shares of exchange-traded funds, daily"),
    ("security",),
    (
        _SECURITY,
        Column("shares", Unit.SHARES, Text("基金份额", "shares outstanding"), 0, 1e13),
    ),
    Publication(1, time(9, 0), "shares are counted after the session; the date is the one that the publisher prints"),
)

ETF_NAV = Table(
    "etf_nav",
    Text("ETF 净值（日）", "net asset value of exchange-traded funds, daily"),
    ("security",),
    (
        _SECURITY,
        Column("nav", Unit.YUAN, Text("单位净值", "net asset value of a share"), 0, 1e5),
        Column("accumulated_nav", Unit.YUAN, Text("累计净值", "net asset value with all distributions"), 0, 1e5),
    ),
    Publication(0, time(23, 0), "fund companies print the value of a session late in its evening"),
    abroad=Publication(2, time(9, 0), "values of funds abroad wait for markets that close after ours"),
)

ETF_INDEX_MAP = Table(
    "etf_index_map",
    Text("ETF 跟踪指数", "which index a fund tracks"),
    ("security",),
    (
        _SECURITY,
        Column("fund_name", Unit.TEXT, Text("基金简称", "fund")),
        Column("index_code", Unit.TEXT, Text("跟踪指数代码", "code of the index, as printed")),
        Column("index_name", Unit.TEXT, Text("跟踪指数", "name of the index, as printed")),
    ),
    _SAME_EVENING,
    daily=False,
)

EXCHANGE_DAYS = Table(
    "exchange_days",
    Text("交易日历", "trading calendar, as the exchanges announce it"),
    (),
    (Column("is_session", Unit.SWITCH, Text("是否交易日", "is a session")),),
    Publication(0, time(0, 0), "a year is announced in the December before it; known at the latest on the day itself"),
    daily=False,
    of_every_day=True,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ACCOUNT_DAILY,
        MARGIN_SUMMARY,
        INDEX_DAILY,
        MARKET_DAILY,
        SECURITY_BARS,
        SECURITY_VALUATIONS,
        SECURITY_SNAPSHOTS,
        SECURITY_MARGIN,
        INDEX_MEMBERS,
        SECURITY_STATUS,
        SECURITY_CODES,
        SECURITY_FLAGS,
        SECURITY_COLLATERAL,
        FUTURES_BARS,
        ETF_SHARES,
        ETF_NAV,
        ETF_INDEX_MAP,
        EXCHANGE_DAYS,
    )
}

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
