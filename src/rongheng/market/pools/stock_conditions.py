"""What a share must meet to be an underlying: the ordinary conditions, and those of shares that need only be listed.

What lives here: each condition of ``exchange.underlying.stock_conditions`` and of the removal cases, as a test of
columns. What does not: funds and bonds (``fund_conditions``), and which share must meet which (``screening``).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.pools.conditions import FIXED, Condition, fixed, fixed_times
from rongheng.market.pools.rules import Ask
from rongheng.rulebook import Reading
from rongheng.rulebook.scalars import BP, MILLI, Duration, show_money, show_percent, show_scalar
from rongheng.rulebook.values import Value

Terms = Mapping[str, Value]


def ordinary(ask: Ask, reading: Reading, *, side: str) -> list[Condition]:
    """Return the conditions of a share that was not offered under the registration system, for one side.

    Parameters
    ----------
    reading : ``exchange.underlying.stock_conditions`` in the share's market
    side : financing or short; they differ in the size of the float alone
    """
    terms = reading.terms
    conditions = [
        listed_over(ask, reading),
        _size(reading, side),
        at_least(reading, "holders", "holders", Text("股东人数", "holders")),
        _turnover(reading),
        _change(reading),
        _amplitude(reading),
    ]
    if terms["share_reform_done"]:
        label = Text("完成股权分置改革", "share reform done")
        conditions.append(switched(reading, "share_reform_done", label, wanted=True))
    others = standing(ask, reading.market)
    if terms["risk_warned_excluded"]:  # a condition of its own, and a case of removal too
        conditions.append(not_risk_warned(reading))
        others = [one for one in others if one.key != "not_risk_warned"]
    return [*conditions, *others]


def listed(ask: Ask, reading: Reading) -> Condition:
    """Return the one condition of a share that is an underlying from its first day: that the day has come."""
    return Condition(
        "listed",
        Text("已上市", "listed"),
        reading,
        pl.col("listing_date") <= ask.session,
        (("listing_date", Unit.DATE),),
        Text(f"不晚于{ask.session}", f"by {ask.session}"),
    )


def listed_over(ask: Ask, reading: Reading) -> Condition:
    """Return the condition that a security has been listed for more than so long."""
    least = cast(Duration, reading.terms["listed_over"])
    ends = pl.col("listing_date").map_elements(least.after, return_dtype=pl.Date)
    shown = least.show()
    return Condition(
        "listed_over",
        Text("上市日期", "listed on"),
        reading,
        ends < ask.session,  # exactly so long is not more than so long
        (("listing_date", Unit.DATE),),
        Text(f"上市满{shown.zh}以上", f"more than {shown.en} ago"),
    )


def standing(ask: Ask, market: str) -> list[Condition]:
    """Return the conditions that no security may lose for a day: ``exchange.underlying.removal_cases``."""
    reading = ask.rule("exchange.underlying.removal_cases", market=market)
    cases = cast(tuple[str, ...], reading.value)
    conditions = []
    if "risk_warning" in cases:
        conditions.append(not_risk_warned(reading))
    if "delisting" in cases:
        label = Text("未进入退市程序", "not being delisted")
        conditions.append(switched(reading, "delisting", label, wanted=False))
    # These cases are announced when they happen; a row that names none has none, as far as the caller knows.
    other = Condition(
        "removal_case",
        Text("无其他调出情形", "no other case of removal"),
        reading,
        ~pl.col("removal_case").is_in(list(cases)).fill_null(value=False),
        (("removal_case", Unit.TEXT),),
        Text("无", "none"),
    )
    return [*conditions, other]


def not_risk_warned(reading: Reading) -> Condition:
    """Return the condition that the exchange does not warn of the share."""
    return switched(reading, "risk_warned", Text("未被实施风险警示", "not risk-warned"), wanted=False)


def switched(reading: Reading, column: str, label: Text, *, wanted: bool) -> Condition:
    """Return the condition that a yes-or-no figure is as wanted."""
    key = column if wanted else f"not_{column}"
    threshold = Text("是", "yes") if wanted else Text("否", "no")
    passes = pl.col(column) if wanted else ~pl.col(column)
    return Condition(key, label, reading, passes, ((column, Unit.TEXT),), threshold)


def at_least(reading: Reading, term: str, column: str, label: Text) -> Condition:
    """Return the condition that a count or an amount of money is at least what a term says."""
    least = cast(int, reading.terms[term])
    unit = reading.rule.schema.terms[term].schema.unit
    bound = least / MILLI if unit == "money" else least
    shown = show_scalar(least, unit)
    return Condition(
        column,
        label,
        reading,
        pl.col(column) >= bound,
        ((column, Unit.YUAN if unit == "money" else Unit.COUNT),),
        Text(f"不少于{shown.zh}", f"at least {shown.en}"),
    )


def _size(reading: Reading, side: str) -> Condition:
    shares = cast(int, reading.terms[f"{side}_float_shares"])
    value = cast(int, reading.terms[f"{side}_float_value"])
    count, money = show_scalar(shares, "shares"), show_money(value)
    return Condition(
        "float_size",
        Text("流通股本（股）或流通市值（元）", "float shares, or float cap in yuan"),
        reading,
        (pl.col("float_shares") >= shares) | (pl.col("float_cap") >= value / MILLI),
        (("float_shares", Unit.SHARES), ("float_cap", Unit.YUAN)),
        Text(f"不少于{count.zh}，或不低于{money.zh}", f"at least {count.en}, or at least {money.en}"),
    )


def _turnover(reading: Reading) -> Condition:
    share = cast(int, reading.terms["turnover_share"])
    amount = cast(int | None, reading.terms.get("mean_amount"))
    low_rate = fixed("turnover_rate") * BP < fixed("benchmark_turnover_rate") * share
    percent = show_percent(share)
    words = Text(f"不低于基准的{percent.zh}", f"at least {percent.en} of the benchmark's")
    label = Text("日均换手率、基准日均换手率", "mean turnover rate, the benchmark's")
    shows: tuple[tuple[str, Unit], ...] = (("turnover_rate", Unit.FRACTION), ("benchmark_turnover_rate", Unit.FRACTION))
    if amount is None:
        return Condition("turnover", label, reading, ~low_rate, shows, words)
    money = show_money(amount)
    return Condition(
        "turnover",
        Text(f"{label.zh}、日均成交金额（元）", f"{label.en}, mean amount in yuan"),
        reading,
        ~(low_rate & (pl.col("mean_amount") < amount / MILLI)),
        (*shows, ("mean_amount", Unit.YUAN)),
        Text(f"{words.zh}，或日均成交金额不少于{money.zh}", f"{words.en}, or an amount of at least {money.en}"),
    )


def _change(reading: Reading) -> Condition:
    gap = cast(int, reading.terms["change_gap"])
    distance = (fixed("mean_change") - fixed("benchmark_mean_change")).abs()
    percent = show_percent(gap)
    return Condition(
        "change_gap",
        Text("日均涨跌幅、基准日均涨跌幅", "mean daily change, the benchmark's"),
        reading,
        distance * BP <= gap * FIXED,
        (("mean_change", Unit.FRACTION), ("benchmark_mean_change", Unit.FRACTION)),
        Text(f"相差不超过{percent.zh}（百分点）", f"at most {percent.en} (points) apart"),
    )


def _amplitude(reading: Reading) -> Condition:
    multiple = cast(Fraction, reading.terms["amplitude_multiple"])
    bound, too_large_by = fixed_times(multiple, "benchmark_amplitude")
    shown = show_scalar(multiple, "multiple")
    return Condition(
        "amplitude",
        Text("波动幅度、基准波动幅度", "amplitude, the benchmark's"),
        reading,
        fixed("amplitude") * too_large_by < bound,
        (("amplitude", Unit.FRACTION), ("benchmark_amplitude", Unit.FRACTION)),
        Text(f"不到基准的{shown.zh}", f"less than {shown.en} the benchmark's"),
    )
