"""The tables that the pools take: every column with what it holds, its unit, its names in files and its bounds.

What lives here: declarations. What does not: the check that a frame keeps to them (``frames``), and the reading of
files, which stands one floor higher (``desk.pool_files``).

Ratios that decide are whole basis points (``haircut_bp``); statistics are ``Float64`` in yuan, shares and fractions.
Null means that the figure is not known, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from rongheng.basics.text import Text


class Holds(StrEnum):
    """What the cells of a column are."""

    CODE = "code"  # 600000.SH
    TEXT = "text"
    CHOICE = "choice"  # one of the column's words
    DATE = "date"
    SWITCH = "switch"
    COUNT = "count"
    YUAN = "yuan"
    SHARES = "shares"
    FRACTION = "fraction"  # 0.25; files may write 25%
    TIMES = "times"
    PERCENT_BP = "percent_bp"  # whole basis points; files write 65% or 0.65


DTYPES: Mapping[Holds, pl.DataType] = {
    Holds.DATE: pl.Date(),
    Holds.SWITCH: pl.Boolean(),
    Holds.COUNT: pl.Int64(),
    Holds.YUAN: pl.Float64(),
    Holds.SHARES: pl.Float64(),
    Holds.FRACTION: pl.Float64(),
    Holds.TIMES: pl.Float64(),
    Holds.PERCENT_BP: pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``spellings`` are its names in files beside its own and its labels."""

    name: str
    holds: Holds
    label: Text
    spellings: tuple[str, ...] = ()
    required: bool = False
    lowest: float | None = None
    highest: float | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of a choice: its words, each with spellings
    rulebook_class: str | None = None  # of a choice whose words are a class of the rulebook

    @property
    def dtype(self) -> pl.DataType:
        """The type of the column in a frame."""
        return DTYPES.get(self.holds, pl.String())


@dataclass(frozen=True, slots=True)
class PoolTable:
    """One table; ``key`` says which columns no two rows may share."""

    name: str
    label: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("security",)
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Name and type of every column, in order."""
        return {column.name: column.dtype for column in self.columns}


KINDS: Mapping[str, tuple[str, ...]] = {
    "share": ("股票", "A股", "stock"),
    "etf": ("ETF", "交易所交易基金", "交易型开放式指数基金"),
    "lof": ("LOF", "上市开放式基金"),
    "money_fund": ("货币基金", "货币市场基金", "货币ETF"),
    "other_fund": ("基金", "其他基金", "封闭式基金", "REITs", "fund"),
    "cash_product": ("现金管理产品",),
    "treasury_bond": ("国债",),
    "other_bond": ("债券", "公司债", "企业债", "可转债", "地方债", "金融债", "bond"),
    "warrant": ("权证",),
    "b_share": ("B股",),
    "other": ("其他", "其他证券"),
}

_SECURITY = Column("security", Holds.CODE, Text("证券代码", "security"), ("代码", "股票代码", "code", "symbol"), True)
_NAME = Column("name", Holds.TEXT, Text("证券简称", "name"), ("证券名称", "简称", "名称", "股票简称"))
_KIND = Column("kind", Holds.CHOICE, Text("证券类别", "kind"), ("证券类型", "类别", "type"), words=KINDS)
_SESSION = Column("session", Holds.DATE, Text("交易日", "session"), ("日期", "交易日期", "date", "as_of"), True)
_STATIC_PE = Column(
    "static_pe", Holds.TIMES, Text("静态市盈率", "static P/E"), ("市盈率(静)", "市盈率LYR", "pe_lyr", "PE_LAR")
)


def _switch(name: str, zh: str, en: str, *spellings: str) -> Column:
    return Column(name, Holds.SWITCH, Text(zh, en), spellings)


def _positive(name: str, holds: Holds, zh: str, en: str, *spellings: str) -> Column:
    return Column(name, holds, Text(zh, en), spellings, lowest=0)


def _fraction(name: str, zh: str, en: str, *spellings: str, lowest: float | None = 0) -> Column:
    return Column(name, Holds.FRACTION, Text(zh, en), spellings, lowest=lowest, highest=100)


BROKER_LIST = PoolTable(
    "broker_list",
    Text("证券公司名单", "a broker's list"),
    (
        _SECURITY,
        _NAME,
        _KIND,
        Column(
            "haircut_bp",
            Holds.PERCENT_BP,
            Text("折算率", "haircut"),
            ("haircut", "保证金折算率", "充抵保证金折算率", "担保证券折算率", "convert_rate"),
            lowest=0,
            highest=10_000,
        ),
        Column(
            "concentration_class",
            Holds.CHOICE,
            Text("集中度分类", "concentration class"),
            ("集中度分组", "集中度", "证券分类", "分类", "分组", "风险等级", "concent_group", "class"),
            rulebook_class="concentration_class",
        ),
        _switch("financing", "融资标的", "financing underlying", "是否融资标的", "可融资", "rzbd"),
        _switch("short", "融券标的", "short underlying", "是否融券标的", "可融券", "rqbd"),
        Column(
            "financing_ratio_bp",
            Holds.PERCENT_BP,
            Text("融资保证金比例", "financing margin ratio"),
            ("融资比例", "fimarginratio"),
            lowest=0,
            highest=100_000,
        ),
        Column(
            "short_ratio_bp",
            Holds.PERCENT_BP,
            Text("融券保证金比例", "short margin ratio"),
            ("融券比例", "slmarginratio"),
            lowest=0,
            highest=100_000,
        ),
    ),
)

EXCHANGE_LIST = PoolTable(
    "exchange_list",
    Text("交易所名单", "an exchange's list"),
    (
        _SECURITY,
        _NAME,
        _KIND,
        _switch("collateral", "可充抵保证金证券", "collateral", "担保证券", "可充抵保证金"),
        _switch("financing", "融资标的", "financing underlying", "是否融资标的", "rzbd"),
        _switch("short", "融券标的", "short underlying", "是否融券标的", "rqbd"),
    ),
)

SECURITIES = PoolTable(
    "securities",
    Text("证券情况", "securities on a session"),
    (
        _SECURITY,
        _NAME,
        _KIND,
        Column(
            "board",
            Holds.CHOICE,
            Text("板块", "board"),
            ("上市板块", "market_board"),
            rulebook_class="board",
        ),
        Column(
            "security_class",
            Holds.CHOICE,
            Text("折算率类别", "class for haircut caps"),
            ("haircut_class",),
            rulebook_class="security_class",
        ),
        Column("listing_date", Holds.DATE, Text("上市日期", "listed on"), ("上市日", "list_date")),
        _switch("registration_system", "注册制发行", "offered under the registration system", "是否注册制", "注册制"),
        _switch("index_member", "指数成份股", "member of SSE 180, SZSE 100 or BSE 50", "是否成份股", "成份股"),
        _switch("risk_warned", "风险警示", "risk-warned", "是否ST", "是否风险警示", "ST"),
        _switch("delisting", "退市", "in the delisting period or procedure", "退市整理", "退市整理期", "是否退市整理"),
        Column(
            "removal_case",
            Holds.CHOICE,
            Text("调出情形", "another case of removal at once"),
            ("调出原因",),
            words={
                "major_risk": ("其他重大风险", "重大风险"),
                "board_transfer": ("转板",),
                "abnormal_trading": ("融资融券交易异常", "交易异常"),
                "exchange_decision": ("交易所认定", "交易所认定的其他情形"),
            },
        ),
        _positive("float_shares", Holds.SHARES, "流通股本", "float shares", "流通股", "流通股数"),
        _positive("float_cap", Holds.YUAN, "流通市值", "float market cap", "float_value"),
        _positive("holders", Holds.COUNT, "股东人数", "holders", "股东户数", "持有人户数", "持有户数"),
        _fraction("turnover_rate", "日均换手率", "mean daily turnover rate", "换手率"),
        _fraction("benchmark_turnover_rate", "基准日均换手率", "the benchmark's mean daily turnover rate"),
        _positive("mean_amount", Holds.YUAN, "日均成交金额", "mean daily amount", "日均成交额"),
        _fraction("mean_change", "日均涨跌幅", "mean daily change", "涨跌幅均值", lowest=-100),
        _fraction("benchmark_mean_change", "基准日均涨跌幅", "the benchmark's mean daily change", lowest=-100),
        _fraction("amplitude", "波动幅度", "amplitude", "振幅"),
        _fraction("benchmark_amplitude", "基准波动幅度", "the benchmark's amplitude"),
        _switch("share_reform_done", "完成股权分置改革", "share reform done", "股改完成"),
        _positive("mean_net_assets", Holds.YUAN, "日均资产规模", "mean net assets", "基金资产净值"),
        _switch("split_or_merger", "份额分拆或合并", "split or merger of units"),
        _positive("face_value", Holds.YUAN, "托管面值", "face value in custody"),
        Column("maturity", Holds.DATE, Text("到期日", "maturity"), ("债券到期日",)),
        Column("rating", Holds.TEXT, Text("信用评级", "rating"), ("债项评级",)),
        _positive("mean_float_cap", Holds.YUAN, "日均流通市值", "mean float market cap", "平均流通市值"),
        _switch("is_underlying", "现为标的", "underlying now", "原有标的"),
        _STATIC_PE,
    ),
)

STATIC_PE = PoolTable(
    "static_pe",
    Text("静态市盈率（日）", "static P/E, daily"),
    (
        _SECURITY,
        _SESSION,
        _STATIC_PE,
    ),
    key=("security", "session"),
)

MONITOR = PoolTable(
    "monitor",
    Text("融资融券监控（日）", "monitoring of securities, daily"),
    (
        _SECURITY,
        _SESSION,
        _KIND,
        _positive("financing_balance", Holds.YUAN, "融资余额", "financing balance"),
        _positive("credit_account_value", Holds.YUAN, "信用账户持有市值", "value in credit accounts", "担保物市值"),
        _positive("float_value", Holds.YUAN, "流通市值", "float market cap", "float_cap"),
        _positive("short_shares", Holds.SHARES, "融券余量", "shares sold short"),
        _positive("tradable_shares", Holds.SHARES, "上市可流通量", "tradable quantity", "流通股本", "float_shares"),
    ),
    key=("security", "session"),
)

POOL_TABLES = {table.name: table for table in (BROKER_LIST, EXCHANGE_LIST, SECURITIES, STATIC_PE, MONITOR)}
