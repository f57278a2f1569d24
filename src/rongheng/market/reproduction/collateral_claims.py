"""What Huachuang concludes from chart 26, held against chart 26 itself and against the published totals.

What lives here: the claims. What does not: the figures one by one (``collateral``).
"""

from __future__ import annotations

from datetime import date
from functools import partial

from rongheng.basics.text import Text
from rongheng.market.reproduction.claim import Claim, Judged, alone
from rongheng.market.reproduction.collateral import behind_debt
from rongheng.market.reproduction.evidence import Evidence
from rongheng.market.reproduction.printed import number
from rongheng.market.reproduction.words import percent

_LOWS = ("2016-01-28", "2018-10-18", "2022-04-26", "2024-02-05", "2024-09-18", "2025-01-10")
_ROUNDING = 0.0005  # half a unit of the last digit of chart 26


def _moved(day: str, window: str, column: str) -> float:
    return number("huachuang", "c26", key=window, day=day, column=column)


def _cash(day: str, window: str) -> float:
    return _moved(day, window, "cash_collateral_pct")


def _securities(day: str, window: str) -> float:
    return _moved(day, window, "securities_collateral_pct")


def _share_grown(day: str, window: str) -> float:
    """Return the change of cash / securities that a row of chart 26 implies."""
    return (1 + _cash(day, window)) / (1 + _securities(day, window)) - 1


def _same_direction() -> Judged:
    grown = _share_grown("2025-01-10", "7")
    sums = f"1.010 / 0.930 − 1 = {percent(grown, 1)}"
    why = Text(
        f"报告称现金占比与维持担保比例同向下降；但图表 26 最后七日现金 +1.0 %、证券 −7.0 %，占比变动 {sums}，"
        "与比例下降反向。",
        f"The report says that the cash share fell with the ratio. Over the last seven sessions chart 26 has cash "
        f"+1.0 % and securities −7.0 %: {sums}, a rise while the ratio fell.",
    )
    return Judged(grown <= 0, why)


def _dated_once() -> Judged:
    share = number("huachuang", "text", key="cash_to_securities_collateral_pct", day="2025-01-10")
    seven, fifteen = (percent(share / (1 + _share_grown("2025-01-10", window))) for window in ("7", "15"))
    why = Text(
        f"摘要把 5.98 % 记在 2024-12-27，第四章记在 2025-01-10。若 01-10 为 5.98 %，按图表 26，2024-12-31 为 {seven}、"
        f"2024-12-19 为 {fifteen}；12-27 在两者之间，不会也是 5.98 %。6.95 % 亦有 10-08、10-09 两个日期。"
        "须有现金与证券担保物的逐日数据才能定夺。",
        f"The summary dates 5.98 % 2024-12-27, chapter 4 2025-01-10. If it is 2025-01-10, chart 26 puts 2024-12-31 at "
        f"{seven} and 2024-12-19 at {fifteen}; 12-27 lies between them and would not be 5.98 % as well. 6.95 % has two "
        "dates too (10-08, 10-09). Daily cash and securities collateral would decide.",
    )
    return Judged(False, why)


def _faster_than_the_index() -> Judged:
    rows = [(day, _securities(day, "7"), _moved(day, "7", "万得全A_pct")) for day in _LOWS]
    slower = ", ".join(f"{day} {percent(held, 1)} / {percent(index, 1)}" for day, held, index in rows if held >= index)
    why = Text(
        f"报告称急跌中证券担保物跌幅大于指数；图表 26 七日各行中不符的有：{slower}（正文未提）。",
        f"The report says that securities collateral falls more than the index in fast falls. Of chart 26's rows over "
        f"seven sessions these do not: {slower} (not mentioned in the text).",
    )
    return Judged(not slower, why)


def _between_its_parts(evidence: Evidence, *, day: str, window: str) -> Judged:
    """Return whether the total's published change lies between the printed changes of cash and of securities."""
    cash, securities = _cash(day, window), _securities(day, window)
    end = evidence.at(date.fromisoformat(day))
    _, _, total = evidence.change("collateral_total", end=end, sessions=int(window))
    share = (total - securities) / (cash - securities)
    zh = f"总价值变动 {percent(total)}，现金 {percent(cash, 1)}，证券 {percent(securities, 1)}"
    en = f"The total moved {percent(total)}, cash {percent(cash, 1)}, securities {percent(securities, 1)}"
    why = Text(
        f"{zh}；三者合起来，期初现金占担保物 {percent(share, 1)}。",
        f"{en}: together they put cash at {percent(share, 1)} of collateral at the start.",
    )
    holds = min(cash, securities) - _ROUNDING <= total <= max(cash, securities) + _ROUNDING
    return Judged(holds, why, evidence.grade("collateral_total", first=end - int(window), last=end))


def _beside_the_debt(evidence: Evidence) -> Judged:
    """Return whether the printed fall of 7.3 % to 2016-01-28 is possible beside ratio × debt.

    Collateral is that of the indebted accounts (ratio × debt) and that of the others. If the whole fell by no more
    than its securities did, the others' must have moved by the rest.
    """
    day, window = "2016-01-28", 7
    securities, market = _securities(day, str(window)), _moved(day, str(window), "万得全A_pct")
    end = evidence.at(date.fromisoformat(day))
    total = evidence.value("collateral_total", end - window)
    before, after = behind_debt(evidence, end - window), behind_debt(evidence, end)
    others = (total * (1 + securities) - after) / (total - before) - 1
    whole, start, stop = (f"{amount / 1e8:,.0f}" for amount in (total, before, after))
    fell = percent(after / before - 1, 1)
    sums = f"({whole} × {1 + securities:.3f} − {stop}) / ({whole} − {start}) − 1 = {percent(others, 1)}"
    why = Text(
        f"7 个交易日内 维持担保比例×负债 由 {start} 降至 {stop} 亿元（{fell}）。若全部担保物（期初 {whole} 亿元）"
        f"至多跌 {percent(-securities, 1)}，无负债账户的担保物须变动 {sums}，而指数为 {percent(market, 1)}。"
        "−7.3 % 很可能是误印（十五日 −24.9 % 与 维持担保比例×负债 相符）。",
        f"Over 7 sessions ratio × debt went from {start} to {stop} (CNY 100m, {fell}). If all collateral ({whole} at "
        f"the start) fell by {percent(-securities, 1)} at most, that of accounts without debt moved by {sums}, while "
        f"the index moved {percent(market, 1)}. −7.3 % is probably a misprint (−24.9 % over fifteen sessions fits).",
    )
    grade = evidence.grade("collateral_total", "margin_balance", first=end - window, last=end)
    return Judged(others <= 0, why, grade)


def _rows() -> tuple[Claim, ...]:
    return tuple(
        Claim(
            "huachuang",
            "c26",
            f"total between cash and securities over {window} sessions",
            day,
            partial(_between_its_parts, day=day, window=window),
        )
        for window in ("7", "15")
        for day in _LOWS
    )


CLAIMS: tuple[Claim, ...] = (
    Claim("huachuang", "text", "cash share fell with the ratio", "2025-01-10", alone(_same_direction)),
    Claim("huachuang", "text", "one date for a cash share of 5.98 %", "2025-01-10", alone(_dated_once)),
    Claim("huachuang", "c26", "securities collateral falls more than the index", "", alone(_faster_than_the_index)),
    Claim(
        "huachuang", "c26", "securities collateral beside ratio × debt", "2016-01-28", _beside_the_debt, certain=False
    ),
    *_rows(),
)
