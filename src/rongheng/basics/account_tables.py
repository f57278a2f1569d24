"""The account half's canonical tables: a book's accounts, positions, contracts and orders, a day's securities, marks.

What lives here: names, types, units, defaults and labels of columns. What does not: the words that columns may hold
(``account_words``, which are at hand here too), how a table is read (``account.book``, ``basics.market_day``) and how a
number is computed (``account.marks``).

Money is whole milli-yuan, ratios are whole basis points, rates whole parts per million; the unit stands last in the
column's name. A null means what its column's label says, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from rongheng.basics.account_words import GROUPS as GROUPS
from rongheng.basics.account_words import LINES as LINES
from rongheng.basics.account_words import STATE_LABELS as STATE_LABELS
from rongheng.basics.account_words import Board as Board
from rongheng.basics.account_words import Business as Business
from rongheng.basics.account_words import ClientType as ClientType
from rongheng.basics.account_words import Kind as Kind
from rongheng.basics.account_words import Listing as Listing
from rongheng.basics.account_words import Person as Person
from rongheng.basics.account_words import State as State
from rongheng.basics.text import Text

REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name (the unit last), type, what it holds, and what an input that lacks it means."""

    name: str
    dtype: pl.DataType
    label: Text
    default: object = REQUIRED

    @property
    def is_required(self) -> bool:
        """Whether an input must have the column."""
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class AccountTable:
    """One table of the account half."""

    name: str
    label: Text
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Name and type of every column, in order."""
        return {field.name: field.dtype for field in self.fields}

    @property
    def dtypes(self) -> pl.Schema:
        """The same, as Polars asks for it in casts."""
        return pl.Schema(self.schema)

    def field(self, name: str) -> Field:
        """Return the column of that name."""
        return next(field for field in self.fields if field.name == name)


def words(kind: type[StrEnum]) -> pl.Enum:
    """Return the column type that holds exactly these words."""
    return pl.Enum([word.value for word in kind])


_TEXT, _INT, _DATE, _BOOL = pl.String(), pl.Int64(), pl.Date(), pl.Boolean()
_NO_ACCOUNT = Text("账户编号", "account")

ACCOUNTS = AccountTable(
    "accounts",
    Text("信用账户", "credit accounts"),
    ("account_id",),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("client_type", words(ClientType), Text("客户类型", "client type")),
        Field("policy", _TEXT, Text("适用政策", "policy")),
        Field("cash_milli", _INT, Text("现金（含融券卖出价款）", "cash, short proceeds included")),
        Field("frozen_cash_milli", _INT, Text("冻结资金（含于现金）", "frozen cash, part of the cash"), 0),
        Field("other_collateral_milli", _INT, Text("其他担保物价值", "other collateral"), 0),
        Field("other_debt_milli", _INT, Text("其他负债（费用、权益补偿）", "other debt (fees, compensation)"), 0),
        Field("credit_limit_milli", _INT, Text("授信额度（空：未设）", "credit limit (null: none set)"), None),
        Field("permissions", _TEXT, Text("交易权限", "permissions"), ""),
        Field(
            "interest_through",
            _DATE,
            Text("利息计至（空：同账簿）", "interest counted through (null: as the book)"),
            None,
        ),
    ),
)

POSITIONS = AccountTable(
    "positions",
    Text("担保证券", "positions"),
    ("account_id", "security"),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("quantity", _INT, Text("数量（含融资买入）", "quantity, financed shares included")),
        Field("available_quantity", _INT, Text("可用数量（空：全部）", "available quantity (null: all)"), None),
        Field("in_transit_quantity", _INT, Text("在途数量（不计入数量）", "in transit, not in the quantity"), 0),
        Field("cost_milli", _INT, Text("成本（空：未知）", "cost (null: unknown)"), None),
    ),
)

CONTRACTS = AccountTable(
    "contracts",
    Text("融资融券合约", "contracts"),
    ("contract_id",),
    (
        Field("contract_id", _TEXT, Text("合约编号", "contract")),
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("kind", words(Kind), Text("类型", "kind")),
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("quantity", _INT, Text("未了结数量", "quantity still open")),
        Field("amount_milli", _INT, Text("融资金额或融券卖出金额", "financed cost, or quantity × sale price")),
        Field(
            "margin_ratio_bp", _INT, Text("保证金比例（空：开仓日规则）", "margin ratio (null: that of opening)"), None
        ),
        Field("opened", _DATE, Text("开仓日", "opened")),
        Field("due", _DATE, Text("到期日", "due")),
        Field("rate_ppm", _INT, Text("年利率或费率", "rate a year")),
        Field("interest_milli", _INT, Text("截至账簿日应付利息", "interest owed through the book's date"), 0),
    ),
)

ORDERS = AccountTable(
    "orders",
    Text("委托", "orders"),
    ("order_id",),
    (
        Field("order_id", _TEXT, Text("委托编号", "order")),
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("business", words(Business), Text("业务类型", "what the order asks for")),
        Field("security", _TEXT, Text("证券代码（空：不涉及证券）", "security (null: about cash alone)"), None),
        Field("quantity", _INT, Text("未成交数量", "quantity, not yet filled"), 0),
        Field("price_milli", _INT, Text("委托价格（空：市价）", "limit price (null: a market order)"), None),
        Field("amount_milli", _INT, Text("金额（取款、还款）", "amount of a withdrawal or a repayment"), 0),
        Field("contract_id", _TEXT, Text("合约编号（空：不指定）", "contract (null: none named)"), None),
        Field("due", _DATE, Text("展期后到期日", "day on which the contract is due after the roll-over"), None),
    ),
)

RELATIONS = AccountTable(
    "relations",
    Text("客户与上市公司的关系", "ties of clients to listed companies"),
    ("account_id", "security", "person"),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("person", words(Person), Text("身份", "what the client is to the company")),
        Field("quantity", _INT, Text("所涉股数（空：全部）", "shares concerned (null: all)"), None),
    ),
)

LENDABLE = AccountTable(
    "lendable",
    Text("可融出券源", "what the broker can lend"),
    ("security",),
    (
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("quantity", _INT, Text("可融出数量", "shares that can be lent")),
    ),
)

ANSWERS = AccountTable(
    "answers",
    Text("委托检查结果", "answers to orders"),
    ("order_id",),
    (
        Field("order_id", _TEXT, Text("委托编号", "order")),
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("business", words(Business), Text("业务类型", "what the order asks for")),
        Field("security", _TEXT, Text("证券代码（空：不涉及证券）", "security (null: about cash alone)")),
        Field("allowed", _BOOL, Text("可以申报（空：问题行）", "allowed (null: a Problem)")),
        Field("refused_by", _INT, Text("拒绝的检查（位掩码）", "checks that refuse it, one bit each")),
        Field("warned", _INT, Text("提示的检查（位掩码）", "checks that warn, one bit each")),
        Field("largest_quantity", _INT, Text("最大可申报数量（空：无）", "largest quantity allowed (null: no sense)")),
        Field("largest_amount_milli", _INT, Text("最大金额（空：涉及证券）", "largest amount allowed (null: shares)")),
        Field("margin_used_milli", _INT, Text("占用保证金", "margin used")),
        Field("margin_left_milli", _INT, Text("剩余保证金可用余额", "available margin left")),
    ),
)

ACTIONS = AccountTable(
    "actions",
    Text("公司行为", "corporate actions"),
    ("security", "ex_date"),
    (
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("ex_date", _DATE, Text("除权除息日", "ex-date")),
        Field(
            "record_date", _DATE, Text("股权登记日（空：前一交易日）", "record date (null: the session before)"), None
        ),
        Field("pay_date", _DATE, Text("现金发放日（空：除息日）", "when cash is paid (null: the ex-date)"), None),
        Field(
            "list_date", _DATE, Text("新增股份上市日（空：除权日）", "when new shares list (null: the ex-date)"), None
        ),
        # Per ten shares, as announcements say it, with every decimal: decimals are read as typed and never rounded.
        Field("cash_per_10", _TEXT, Text("每10股派现（元，税前）", "cash for 10 shares (yuan, before tax)"), None),
        Field("bonus_per_10", _TEXT, Text("每10股送转（股）", "bonus shares for 10"), None),
        Field("rights_per_10", _TEXT, Text("每10股配股（股）", "rights for 10 shares"), None),
        Field("rights_price_milli", _INT, Text("配股价", "price of a rights share"), None),
        Field(
            "compensation_per_10",
            _TEXT,
            Text("融券配股权补偿（元，每10股）", "what 10 borrowed shares owe for rights (yuan)"),
            None,
        ),
        Field("split", _TEXT, Text("拆分合并（旧:新）", "split or merger (old:new)"), None),
    ),
)

SUBSCRIPTIONS = AccountTable(
    "subscriptions",
    Text("配股认购", "rights subscribed"),
    ("account_id", "security"),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("quantity", _INT, Text("认购数量", "quantity subscribed")),
    ),
)


class Due(StrEnum):
    """What an entitlement brings when it comes due."""

    CASH = "cash"
    SHARES = "shares"
    CONTRACT = "contract"  # the financed part of shares that come


ENTITLEMENTS = AccountTable(
    "entitlements",
    Text("待到账权益", "entitlements on their way"),
    (),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("kind", words(Due), Text("种类", "kind")),
        Field("ex_date", _DATE, Text("除权除息日", "ex-date")),
        Field("due", _DATE, Text("到账日", "due")),
        Field("quantity", _INT, Text("数量", "quantity"), 0),
        Field("amount_milli", _INT, Text("金额", "amount"), 0),
        Field("contract_id", _TEXT, Text("合约编号（空：不属合约）", "contract (null: of none)"), None),
    ),
)

BOOK_TABLES = {table.name: table for table in (ACCOUNTS, POSITIONS, CONTRACTS)}  # what every book has
OPTIONAL_TABLES = {table.name: table for table in (ORDERS, RELATIONS)}  # what a book may have beside them

SECURITIES = AccountTable(
    "securities",
    Text("证券当日行情", "securities of one session"),
    ("security",),
    (
        Field("security", _TEXT, Text("证券代码", "security")),
        Field("board", words(Board), Text("板块", "board")),
        Field("class", _TEXT, Text("折算率类别", "class for haircut caps"), None),
        Field("price_milli", _INT, Text("收盘价或最新价", "close, or last price")),
        Field("previous_close_milli", _INT, Text("前收盘价", "previous close"), None),
        Field("high_limit_milli", _INT, Text("涨停价（空：无）", "upper price limit (null: none)"), None),
        Field("low_limit_milli", _INT, Text("跌停价（空：无）", "lower price limit (null: none)"), None),
        Field("traded", _BOOL, Text("当日已有成交", "has traded today"), True),
        Field("suspended", _BOOL, Text("停牌", "suspended"), False),
        Field("last_traded", _DATE, Text("最后成交日（空：未知）", "last session with a trade (null: unknown)"), None),
        Field("listing", words(Listing), Text("上市状态", "listing status"), "normal"),
        Field(
            "given_price_milli", _INT, Text("停牌估值（空：未给）", "value given while suspended (null: none)"), None
        ),
        Field(
            "index_price_milli", _INT, Text("指数法估值（空：未算）", "value by the index method (null: none)"), None
        ),
        Field("haircut_cap_bp", _INT, Text("折算率上限", "the exchange's haircut cap")),
        Field("is_collateral", _BOOL, Text("可充抵保证金证券", "on the exchange's collateral list"), True),
        Field("financing_allowed", _BOOL, Text("当日可融资", "may be financed today"), False),
        Field("short_allowed", _BOOL, Text("当日可融券", "may be sold short today"), False),
        Field("financing_stopped", _BOOL, Text("暂停融资买入（空：未说）", "financing stopped (null: not told)"), None),
        Field("short_stopped", _BOOL, Text("暂停融券卖出（空：未说）", "short sales stopped (null: not told)"), None),
        Field(
            "financing_monitor_bp",
            _INT,
            Text(
                "上一交易日融资监控指标（空：未知）", "financing monitoring ratio of the session before (null: unknown)"
            ),
            None,
        ),
        Field(
            "short_monitor_bp",
            _INT,
            Text("上一交易日融券监控指标（空：未知）", "short monitoring ratio of the session before (null: unknown)"),
            None,
        ),
        Field(
            "average_amount_milli", _INT, Text("日均成交额（空：未知）", "average daily amount (null: unknown)"), None
        ),
        Field("total_value_milli", _INT, Text("总市值（空：未知）", "total market value (null: unknown)"), None),
        Field("float_shares", _INT, Text("流通股（空：未知）", "float shares (null: unknown)"), None),
        Field("registered", _BOOL, Text("注册制上市（空：未知）", "listed by registration (null: unknown)"), None),
        Field(
            "static_pe_hundredths",
            _INT,
            Text("静态市盈率的百倍（空：未知）", "static P/E in hundredths (null: unknown)"),
            None,
        ),
        Field(
            "collateral_share_bp",
            _INT,
            Text("前一日单一股票担保物比例（空：未知）", "collateral ratio of the day before (null: unknown)"),
            None,
        ),
    ),
)

_SHARES = (
    *(
        Field(f"group_{group.lower()}_share_bp", _INT, Text(f"{group} 组集中度", f"share of group {group} in assets"))
        for group in GROUPS
    ),
    Field("star_share_bp", _INT, Text("科创板集中度", "share of STAR shares in assets")),
    Field("chinext_share_bp", _INT, Text("创业板集中度", "share of ChiNext shares in assets")),
    Field("bse_share_bp", _INT, Text("北交所集中度", "share of BSE shares in assets")),
)

MARKS = AccountTable(
    "marks",
    Text("盯市结果", "marks"),
    ("account_id",),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("policy", _TEXT, Text("适用政策", "policy")),
        Field("assets_milli", _INT, Text("总资产", "assets: cash, securities, other collateral")),
        Field("securities_milli", _INT, Text("证券市值", "value of securities")),
        Field("cash_milli", _INT, Text("现金", "cash")),
        Field("debt_milli", _INT, Text("总负债", "debt")),
        Field("financing_debt_milli", _INT, Text("融资金额", "financed amounts")),
        Field("short_debt_milli", _INT, Text("融券市值", "shorts at today's price")),
        Field("interest_milli", _INT, Text("利息及费用", "interest through today")),
        Field("maintenance_ratio_bp", _INT, Text("维持担保比例（空：无负债）", "maintenance ratio (null: no debt)")),
        Field("available_margin_milli", _INT, Text("保证金可用余额", "available margin")),
        Field("withdrawable_milli", _INT, Text("可取资金", "withdrawable cash")),
        Field(
            "withdrawable_securities_milli",
            _INT,
            Text("可转出证券市值（不取现金时）", "value of securities that may leave when no cash does"),
        ),
        Field("leverage_bp", _INT, Text("杠杆（空：净资产不为正）", "leverage (null: no net assets)")),
        Field("largest_security", _TEXT, Text("第一大持仓（空：无持仓）", "largest position (null: none)")),
        Field("largest_share_bp", _INT, Text("第一大持仓占比", "its share of assets")),
        Field("dual_board_share_bp", _INT, Text("双创板净集中度", "net share of STAR and ChiNext shares")),
        *_SHARES,
        Field("line_row", _INT, Text("适用的线（0：固定线）", "row of lines that applies (0: the fixed ones)")),
        Field("withdrawal_line_bp", _INT, Text("提取线", "withdrawal line")),
        Field("warning_line_bp", _INT, Text("警戒线（空：无）", "warning line (null: none)")),
        Field("call_line_bp", _INT, Text("追保线（空：无）", "call line (null: none)")),
        Field("liquidation_line_bp", _INT, Text("平仓线（空：无）", "liquidation line (null: none)")),
        Field("emergency_line_bp", _INT, Text("应急平仓线（空：无）", "emergency line (null: none)")),
        Field("next_day_line_bp", _INT, Text("次日平仓线（空：无）", "next-day line (null: none)")),
        Field("minimum_line_bp", _INT, Text("最低线（空：无）", "minimum line (null: none)")),
        Field("state", words(State), Text("状态", "state")),
        Field("target_bp", _INT, Text("恢复目标（空：无）", "ratio that a cure restores (null: none)")),
        Field("cash_to_cure_milli", _INT, Text("需追加现金", "cash to add")),
        Field("repay_to_cure_milli", _INT, Text("需偿还负债", "debt to repay from outside")),
        Field("sale_to_cure_milli", _INT, Text("需卖券还款", "securities to sell after free cash has repaid")),
        Field("curable", _BOOL, Text("卖券可恢复（空：未定义）", "a sale can cure (null: not defined)")),
        Field("fall_to_line_bp", _INT, Text("至届时平仓线跌幅", "uniform fall to the liquidation line of then")),
        Field("fall_to_todays_line_bp", _INT, Text("至今日平仓线跌幅", "uniform fall to today's liquidation line")),
        Field("breaches", _INT, Text("集中度超限项数（空：不受限）", "limits breached (null: none apply)")),
        Field("worst_breach_scope", _TEXT, Text("最大超限类型", "worst breach: of a security, a class or a board")),
        Field("worst_breach", _TEXT, Text("最大超限对象", "worst breach: which security, class or board")),
        Field("worst_excess_bp", _INT, Text("最大超限幅度", "worst breach: share above its limit")),
    ),
)

BREACHES = AccountTable(
    "breaches",
    Text("集中度超限明细", "breaches of concentration limits"),
    ("account_id", "scope", "name"),
    (
        Field("account_id", _TEXT, _NO_ACCOUNT),
        Field("scope", _TEXT, Text("类型", "security, class or board")),
        Field("name", _TEXT, Text("对象", "which security, class or board")),
        Field("value_milli", _INT, Text("市值", "value")),
        Field("share_bp", _INT, Text("占总资产", "share of assets")),
        Field("limit_bp", _INT, Text("上限", "limit")),
        Field("excess_bp", _INT, Text("超限幅度", "share above the limit")),
        Field("rule", _TEXT, Text("依据", "rules that set the limits")),
    ),
)

PROBLEMS = AccountTable(
    "problems",
    Text("问题行", "problems"),
    (),
    (
        Field("account_id", _TEXT, Text("账户编号（空：无法识别）", "account (null: not readable)")),
        Field("table", _TEXT, Text("表", "table")),
        Field("row", _INT, Text("行（首行数据为 1）", "row (the first row of data is 1)")),
        Field("column", _TEXT, Text("列", "column")),
        Field("found", _TEXT, Text("所见", "what was found")),
        Field("problem", _TEXT, Text("问题", "code of the problem")),
        Field("reason", _TEXT, Text("说明", "what was expected and what to do")),
    ),
)

_BOOK = (*BOOK_TABLES.values(), *OPTIONAL_TABLES.values())
ACCOUNT_TABLES = {table.name: table for table in (*_BOOK, SECURITIES, LENDABLE, MARKS, BREACHES, ANSWERS, PROBLEMS)}
