"""The checks that an order meets before it goes out, each with its name, its number and what it counts.

What lives here: the list, in the order in which a verdict shows it, and which kind of business asks which. What does
not: the arithmetic (``kernels.py``) and the rules' own words (the rulebook). A check's number is its bit in the masks
of a batch: bit ``check`` of ``refused_by`` is set when the check refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from rongheng.basics.account_tables import Business
from rongheng.basics.text import Text

NONE: Final = -(2**63)  # a number that is not there


class Check(IntEnum):
    """One check; the value is its bit. New ones are added at the end, so that stored masks keep their meaning."""

    OPEN = 0
    UNDERLYING = 1
    COLLATERAL = 2
    SUSPENDED = 3
    STOP = 4
    PERMISSION = 5
    PERSON = 6
    LOT = 7
    TICK = 8
    PRICE_LIMIT = 9
    MARKET_ORDER = 10
    SHORT_PRICE = 11
    OWN_SALE = 12
    AVAILABLE = 13
    LENDABLE = 14
    CREDIT_LINE = 15
    MARGIN = 16
    CASH = 17
    LINE_BEFORE = 18
    LINE_AFTER = 19
    SECURITY_SHARE = 20
    CLASS_SHARE = 21
    BOARD_SHARE = 22
    NET_CAPITAL = 23
    TERM = 24
    ROLL_OVER = 25
    TIMELY = 26
    RETURN = 27
    OWED = 28
    COVER = 29
    PENDING = 30
    CIRCUMVENTION = 31
    REPAYS_FIRST = 32
    RATIO = 33
    OVERDUE = 34
    LENDABLE_UNKNOWN = 35
    ROLL_OVER_RATIO = 36
    ROLL_OVER_SHARE = 37


class Counts(StrEnum):
    """What the two numbers of a check are."""

    NOTHING = "nothing"
    MILLI = "milli"
    MARGIN = "margin"  # milli-yuan × 10 000, exact
    SHARES = "shares"
    BP = "bp"
    DAY = "day"  # days since 1970-01-01


@dataclass(frozen=True, slots=True)
class About:
    """What a check is called and what its numbers count."""

    label: Text
    counts: Counts = Counts.NOTHING


ABOUT: Final[Mapping[Check, About]] = {
    Check.OPEN: About(Text("业务已开通", "margin trading has begun in that market")),
    Check.UNDERLYING: About(Text("当日标的", "on the exchange's list of the day")),
    Check.COLLATERAL: About(Text("可充抵保证金证券", "on the list of collateral")),
    Check.SUSPENDED: About(Text("停牌", "traded today, not suspended")),
    Check.STOP: About(Text("全市场暂停", "not stopped market-wide"), Counts.BP),
    Check.PERMISSION: About(Text("板块权限", "the client's permission for the board")),
    Check.PERSON: About(Text("特定身份与限售股", "persons and restricted shares")),
    Check.LOT: About(Text("申报数量", "lots"), Counts.SHARES),
    Check.TICK: About(Text("价格最小变动单位", "price tick"), Counts.MILLI),
    Check.PRICE_LIMIT: About(Text("涨跌停价", "price limits of the day"), Counts.MILLI),
    Check.MARKET_ORDER: About(Text("市价申报", "no market order")),
    Check.SHORT_PRICE: About(Text("融券卖出价格", "price of a short sale"), Counts.MILLI),
    Check.OWN_SALE: About(Text("融券期间卖出自有证券", "own sales while short"), Counts.SHARES),
    Check.AVAILABLE: About(Text("可用数量", "available quantity"), Counts.SHARES),
    Check.LENDABLE: About(Text("券源", "shares that the broker can lend"), Counts.SHARES),
    Check.CREDIT_LINE: About(Text("授信额度", "credit line"), Counts.MILLI),
    Check.MARGIN: About(Text("保证金可用余额", "available margin"), Counts.MARGIN),
    Check.CASH: About(Text("可用资金", "cash that may be used for this"), Counts.MILLI),
    Check.LINE_BEFORE: About(Text("提取前维持担保比例", "ratio before the withdrawal"), Counts.BP),
    Check.LINE_AFTER: About(Text("提取线以上的担保物", "what stands above the withdrawal line"), Counts.MARGIN),
    Check.SECURITY_SHARE: About(Text("单一证券集中度", "share of the security after the fill"), Counts.BP),
    Check.CLASS_SHARE: About(Text("同类证券集中度", "share of its class after the fill"), Counts.BP),
    Check.BOARD_SHARE: About(Text("板块集中度", "share of its board after the fill"), Counts.BP),
    Check.NET_CAPITAL: About(Text("单一客户规模", "one client against net capital"), Counts.MILLI),
    Check.TERM: About(Text("合约期限", "term of the contract"), Counts.DAY),
    Check.ROLL_OVER: About(Text("展期", "roll-over is allowed")),
    Check.TIMELY: About(Text("到期前申请", "applied for before expiry"), Counts.DAY),
    Check.RETURN: About(Text("可还数量", "borrowed shares that may be returned today"), Counts.SHARES),
    Check.OWED: About(Text("负债", "what is owed"), Counts.MILLI),
    Check.COVER: About(Text("融资买入证券还券", "financed shares do not cover shorts"), Counts.SHARES),
    Check.PENDING: About(Text("未成交委托占用", "what pending orders reserve"), Counts.MARGIN),
    Check.CIRCUMVENTION: About(Text("绕标套现", "getting around the list")),
    Check.REPAYS_FIRST: About(Text("卖券所得先还款", "the sale repays first"), Counts.MILLI),
    Check.RATIO: About(Text("维持担保比例", "maintenance ratio"), Counts.BP),
    Check.OVERDUE: About(Text("有逾期合约", "a contract is past its due day")),
    Check.ROLL_OVER_RATIO: About(Text("展期所需维持担保比例", "ratio for a roll-over"), Counts.BP),
    Check.ROLL_OVER_SHARE: About(Text("展期所允许集中度", "largest position for a roll-over"), Counts.BP),
    Check.LENDABLE_UNKNOWN: About(Text("券源未知", "what can be lent is not known")),
}

# They never refuse, and speak only when they have something to say.
WARNINGS: Final = (*(Check.CIRCUMVENTION, Check.REPAYS_FIRST, Check.RATIO, Check.OVERDUE, Check.LENDABLE_UNKNOWN),)

_TRADE: Final = (Check.SUSPENDED, Check.LOT, Check.TICK, Check.PRICE_LIMIT)
_SHARES: Final = (Check.SECURITY_SHARE, Check.CLASS_SHARE, Check.BOARD_SHARE)
_OPENS: Final = (
    *(Check.OPEN, Check.UNDERLYING, Check.STOP, Check.PERMISSION, Check.PERSON, *_TRADE),
    *(
        Check.CREDIT_LINE,
        Check.MARGIN,
        *_SHARES,
        Check.NET_CAPITAL,
        Check.TERM,
        Check.PENDING,
        Check.CIRCUMVENTION,
        Check.OVERDUE,
    ),
)
_SELLS: Final = (*_TRADE, Check.OWN_SALE, Check.AVAILABLE, Check.PENDING)
_LEAVES: Final = (Check.MARGIN, Check.LINE_BEFORE, Check.LINE_AFTER, *_SHARES, Check.PENDING)

# Which checks each kind of business asks; the rulebook's silence on a day takes some away again.
ASKED: Final[Mapping[Business, tuple[Check, ...]]] = {
    Business.FINANCING_BUY: _OPENS,
    Business.SHORT_SALE: (*_OPENS, Check.MARKET_ORDER, Check.SHORT_PRICE, Check.LENDABLE, Check.LENDABLE_UNKNOWN),
    Business.COLLATERAL_BUY: (
        *(Check.COLLATERAL, Check.PERMISSION, *_TRADE, Check.CASH, Check.MARGIN, *_SHARES, Check.PENDING),
    ),
    Business.COLLATERAL_SALE: (*_SELLS, Check.CIRCUMVENTION, Check.REPAYS_FIRST),
    Business.REPAY_CASH: (Check.OWED, Check.CASH, Check.PENDING),
    Business.SELL_TO_REPAY: (*_SELLS, Check.OWED),
    Business.BUY_TO_COVER: (*_TRADE, Check.CASH, Check.RETURN, Check.PENDING),
    Business.RETURN_SHARES: (Check.AVAILABLE, Check.COVER, Check.RETURN, Check.PENDING),
    Business.TRANSFER_IN: (Check.COLLATERAL, Check.PERSON),
    Business.TRANSFER_OUT: (Check.AVAILABLE, *_LEAVES),
    Business.WITHDRAWAL: (Check.CASH, *_LEAVES),
    Business.ROLL_OVER: (
        *(Check.ROLL_OVER, Check.TIMELY, Check.TERM, Check.ROLL_OVER_RATIO, Check.ROLL_OVER_SHARE),
        *(*_SHARES, Check.RATIO),
    ),
}


def mask_of(checks: tuple[Check, ...]) -> int:
    """Return the mask in which the bits of these checks are set."""
    return sum(1 << check for check in set(checks))


def checks_in(mask: int) -> tuple[Check, ...]:
    """Return the checks whose bits a mask has, in the order of a verdict.

    >>> [check.name for check in checks_in(0b10000000010)]
    ['UNDERLYING', 'MARKET_ORDER']
    """
    return tuple(check for check in Check if mask >> check & 1)
