"""The canonical table of snowball contracts (雪球), and the words that its columns may hold.

What lives here: names, types, units and labels of terms. What does not: which terms make sense together
(``contracts.py``) and what follows from them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import polars as pl

from rongheng.basics.account_tables import AccountTable, Field, words
from rongheng.basics.text import Text


class Kind(StrEnum):
    """The products that the market trades."""

    CLASSIC = "classic"
    STEP_DOWN = "step_down"
    EARLY_COUPON = "early_coupon"
    PARACHUTE = "parachute"
    PROTECTED = "protected"


class KnockInDays(StrEnum):
    """When the knock-in line is looked at: at every close, or at the last one alone."""

    DAILY = "daily"
    MATURITY = "maturity"


class Discounting(StrEnum):
    """In which time payments are discounted: calendar days of 365, or sessions of the market's year."""

    CALENDAR = "calendar"
    TRADING = "trading"


KIND_LABELS: Final = {
    Kind.CLASSIC: Text("经典雪球", "classic"),
    Kind.STEP_DOWN: Text("降敲雪球", "step-down"),
    Kind.EARLY_COUPON: Text("早利雪球", "early coupon"),
    Kind.PARACHUTE: Text("降落伞雪球", "parachute"),
    Kind.PROTECTED: Text("限损雪球", "protected"),
}

_TEXT, _INT, _FLOAT, _DATE, _BOOL = pl.String(), pl.Int64(), pl.Float64(), pl.Date(), pl.Boolean()

SNOWBALLS: Final = AccountTable(
    "snowballs",
    Text("雪球合约", "snowball contracts"),
    ("contract_id",),
    (
        Field("contract_id", _TEXT, Text("合约编号", "contract")),
        Field("index", _TEXT, Text("挂钩指数", "index")),
        Field("kind", words(Kind), Text("结构", "product"), Kind.CLASSIC.value),
        Field("notional_milli", _INT, Text("名义本金", "notional")),
        Field("start", _DATE, Text("起始日", "start")),
        Field("maturity", _DATE, Text("到期日（最后敲出观察日）", "maturity, the last observation")),
        Field("initial_points", _FLOAT, Text("期初价格（点）", "initial level, points")),
        Field("knock_out_bp", _INT, Text("敲出水平（期初的万分之）", "knock-out level, of the initial one")),
        Field("knock_in_bp", _INT, Text("敲入水平（0：不敲入）", "knock-in level; 0: none"), 0),
        Field("coupon_ppm", _INT, Text("敲出票息（年化）", "annual coupon when knocked out")),
        Field(
            "final_coupon_ppm", _INT, Text("红利票息（年化；空：同敲出票息）", "annual coupon if never knocked"), None
        ),
        Field("lockup_months", _INT, Text("锁定期（月）", "months before the first observation"), 3),
        Field("step_down_bp", _INT, Text("敲出水平每次下移", "fall of the knock-out level at each observation"), 0),
        Field("final_knock_out_bp", _INT, Text("期末敲出水平（空：不另设）", "knock-out level at maturity"), None),
        Field("early_coupon_ppm", _INT, Text("早期票息（年化）", "annual coupon of the early months"), None),
        Field("early_months", _INT, Text("早期（月）", "how many months are early"), None),
        Field("floor_bp", _INT, Text("最低归还本金", "least share of the notional paid back"), 0),
        Field("strike_bp", _INT, Text("敲入后行权水平", "level from which a knocked-in client loses"), 10_000),
        Field("knocked_in", _BOOL, Text("已敲入", "already knocked in"), False),
        Field("knock_in_days", words(KnockInDays), Text("敲入观察", "knock-in is looked at"), KnockInDays.DAILY.value),
        Field("observations", _TEXT, Text("敲出观察日（空格分隔；空：每月）", "observations; monthly if empty"), None),
    ),
)
