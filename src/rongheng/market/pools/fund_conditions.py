"""What ETFs, LOFs and bonds must meet to be underlyings; financing and short sale ask the same of them.

What lives here: the conditions of ``exchange.underlying.etf_conditions``, ``lof_conditions`` and ``bond_conditions`` as
tests of columns. What does not: shares (``stock_conditions``).
"""

from __future__ import annotations

from typing import cast

import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.pools.conditions import Condition
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.stock_conditions import at_least, listed_over, standing, switched
from rongheng.rulebook import Reading
from rongheng.rulebook.scalars import Duration

RULES = {
    "etf": "exchange.underlying.etf_conditions",
    "lof": "exchange.underlying.lof_conditions",
    "treasury_bond": "exchange.underlying.bond_conditions",
    "other_bond": "exchange.underlying.bond_conditions",
}
_RATINGS = ("AAA", "AA+", "AA", "AA-", "A+", "A", "A-", "BBB+", "BBB", "BBB-", "BB", "B", "CCC", "CC", "C")


def fund(ask: Ask, reading: Reading) -> list[Condition]:
    """Return the conditions of an ETF or a LOF."""
    conditions = [
        listed_over(ask, reading),
        at_least(reading, "mean_net_assets", "mean_net_assets", Text("日均资产规模（元）", "mean net assets in yuan")),
        at_least(reading, "holders", "holders", Text("持有户数", "holders")),
    ]
    if reading.terms.get("split_or_merger_excluded"):
        label = Text("无份额分拆、合并", "no split or merger of units")
        conditions.append(switched(reading, "split_or_merger", label, wanted=False))
    return [*conditions, *_without_warning(ask, reading)]


def bond(ask: Ask, reading: Reading) -> list[Condition]:
    """Return the conditions of a bond."""
    return [
        at_least(reading, "face_value", "face_value", Text("托管面值（元）", "face value in custody, yuan")),
        _remaining(ask, reading),
        _rating(reading),
        *_without_warning(ask, reading),
    ]


def _without_warning(ask: Ask, reading: Reading) -> list[Condition]:
    """A risk warning is given to shares alone; the other cases of removal are any security's."""
    return [one for one in standing(ask, reading.market) if one.key != "not_risk_warned"]


def _remaining(ask: Ask, reading: Reading) -> Condition:
    over = cast(Duration, reading.terms["remaining_over"])
    shown = over.show()
    return Condition(
        "remaining_over",
        Text("到期日", "maturity"),
        reading,
        pl.col("maturity") > over.after(ask.session),
        (("maturity", Unit.DATE),),
        Text(f"剩余期限超过{shown.zh}", f"more than {shown.en} to go"),
    )


def _rating(reading: Reading) -> Condition:
    least = cast(str, reading.terms["rating"])
    good = _RATINGS[: _RATINGS.index(least) + 1]
    rating = pl.col("rating").str.strip_chars().str.to_uppercase()
    # A word that no agency uses says nothing about the bond.
    known = pl.when(rating.is_in(_RATINGS)).then(rating)
    return Condition(
        "rating",
        Text("信用评级", "rating"),
        reading,
        known.is_in(good),
        (("rating", Unit.TEXT),),
        Text(f"不低于{least}", f"at least {least}"),
    )
