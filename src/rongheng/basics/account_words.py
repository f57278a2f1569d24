"""The words of the account half: who a client is, what is lent, where a share is listed, where an account stands.

What lives here: the words that columns and commands may hold, with their order. What does not: the columns
(``account_tables``) and what follows from a word. Nothing heavy is imported: commands name these words in their help.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from rongheng.basics.text import Text


class ClientType(StrEnum):
    """Who a client is, as far as rules care. A private fund is a product with terms of its own."""

    INDIVIDUAL = "individual"
    INSTITUTION = "institution"
    PRODUCT = "product"
    PRIVATE_FUND = "private_fund"


class Kind(StrEnum):
    """What a contract lends: money or shares."""

    FINANCING = "financing"
    SHORT = "short"


class Business(StrEnum):
    """What an order asks for (业务类型); the rulebook's class ``business_type`` names each in both languages."""

    FINANCING_BUY = "financing_buy"
    SHORT_SALE = "short_sale"
    COLLATERAL_BUY = "collateral_buy"
    COLLATERAL_SALE = "collateral_sale"
    REPAY_CASH = "repay_cash"
    SELL_TO_REPAY = "sell_to_repay"
    BUY_TO_COVER = "buy_to_cover"
    RETURN_SHARES = "return_shares"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    WITHDRAWAL = "withdrawal"
    ROLL_OVER = "roll_over"


class Person(StrEnum):
    """What ties a client to a company whose shares it holds; the rulebook's class ``person``."""

    RESTRICTED_HOLDER = "restricted_holder"
    RELEASED_INDIVIDUAL = "released_individual"
    INSIDER = "insider"
    MAJOR_HOLDER = "major_holder"


class Board(StrEnum):
    """Where a share is listed; a fund or a bond is no share, whatever it holds and wherever it is listed."""

    MAIN = "main"
    STAR = "star"
    CHINEXT = "chinext"
    BSE = "bse"
    FUND = "fund"
    BOND = "bond"
    OTHER = "other"


class Listing(StrEnum):
    """Whether the exchange warns of a security. A suspended one may be any of them."""

    NORMAL = "normal"
    RISK_WARNED = "risk_warned"
    DELISTING = "delisting"


class State(StrEnum):
    """Where an account stands among its lines today, from the safest to the gravest."""

    NO_DEBT = "no_debt"
    WITHDRAWABLE = "withdrawable"  # strictly above the withdrawal line
    NORMAL = "normal"
    WARNING = "warning"  # strictly under the warning line, and so on
    CALL = "call"
    LIQUIDATION = "liquidation"
    EMERGENCY = "emergency"
    NEXT_DAY = "next_day"
    MINIMUM = "minimum"


STATE_LABELS: Final = {
    State.NO_DEBT: Text("无负债", "no debt"),
    State.WITHDRAWABLE: Text("高于提取线", "above the withdrawal line"),
    State.NORMAL: Text("正常", "normal"),
    State.WARNING: Text("低于警戒线", "under the warning line"),
    State.CALL: Text("低于追保线", "under the call line"),
    State.LIQUIDATION: Text("低于平仓线", "under the liquidation line"),
    State.EMERGENCY: Text("低于应急平仓线", "under the emergency line"),
    State.NEXT_DAY: Text("低于次日平仓线", "under the next-day line"),
    State.MINIMUM: Text("低于最低线", "under the minimum line"),
}
LINES: Final = ("warning", "call", "liquidation", "emergency", "next_day", "minimum")  # from the mildest to the gravest
GROUPS: Final = ("A", "B", "C", "D", "E", "F", "G")  # concentration groups, from the least limited
