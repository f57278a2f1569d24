"""What the one-word answers of the pools mean, in both languages (``outcome``, ``change``, ``route``, ``breach``).

What lives here: the words that stand in columns in place of sentences, so that JSON and CSV stay the same in every
language and a table can show them in its own. What does not: names of conditions; each carries its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from rongheng.basics.text import Text
from rongheng.market.pools.tables import KINDS
from rongheng.rulebook import Rulebook

_OWN: Final[Mapping[str, Mapping[str, Text]]] = {
    "outcome": {
        "pass": Text("通过", "pass"),
        "fail": Text("不通过", "fail"),
        "unknown": Text("缺数据", "unknown"),
    },
    "route": {
        "registration": Text("注册制上市", "registration"),
        "registration_unknown": Text("是否注册制不明", "registration unknown"),
        "conditions": Text("逐项条件", "conditions"),
        "bse_all": Text("北交所全部上市公司", "all of the BSE"),
        "bse_launch": Text("北交所首批条件", "BSE at launch"),
        "not_open": Text("当日尚未开通", "not open yet"),
        "none": Text("不属于标的类别", "no kind of underlying"),
    },
    "change": {
        "in": Text("调入", "in"),
        "out": Text("调出", "out"),
        "kept": Text("保留", "kept"),
    },
    "list": {
        "financing": Text("融资标的", "financing"),
        "short": Text("融券标的", "short"),
        "collateral": Text("担保品", "collateral"),
    },
    "event": {
        "stop": Text("暂停", "stop"),
        "resume": Text("恢复", "resume"),
    },
    "breach": {
        "haircut_above_cap": Text("折算率高于上限", "haircut above the cap"),
        "outside_collateral": Text("不在交易所担保品名单内", "outside the exchange's collateral"),
        "outside_financing": Text("不在交易所融资标的名单内", "outside the exchange's financing underlyings"),
        "outside_short": Text("不在交易所融券标的名单内", "outside the exchange's short underlyings"),
        "financing_ratio_under_minimum": Text("融资保证金比例低于下限", "financing margin ratio under the minimum"),
        "short_ratio_under_minimum": Text("融券保证金比例低于下限", "short margin ratio under the minimum"),
    },
    "group": {"other": Text("其他证券", "other")},
}


@cache
def words_by_column() -> Mapping[str, Mapping[str, Text]]:
    """Return, for each column whose answers are code words, what each of them is called."""
    classes = Rulebook.load().classes.members
    named = {name: {key: member.name for key, member in classes[name].items()} for name in ("side", "board")}
    kinds = {kind: Text(spellings[0], kind.replace("_", " ")) for kind, spellings in KINDS.items()}
    security_classes = {key: member.name for key, member in classes["security_class"].items()}
    return {**_OWN, **named, "kind": kinds, "security_class": security_classes}
