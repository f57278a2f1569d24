"""The liquidity verdict of a session: margin accounts, financing, futures, funds, snowballs side by side (流动性).

What lives here: the lenses, their levels, the verdict of all, and what would change it. What does not: how often the
verdict was right (``liquidity_record``), and where the columns come from (``market.series.lenses``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, require
from rongheng.market.indicators.criterion import (
    HIGH,
    NOT_JUDGED,
    VERDICTS,
    WATCH,
    Answer,
    Criterion,
    Measured,
    Verdicts,
    answer,
    by_past,
    judge,
    verdict_place,
    verdict_word,
)
from rongheng.market.indicators.pressure_evidence import evidence
from rongheng.market.indicators.pressure_motion import OUTFLOW
from rongheng.market.indicators.pressure_words import percent, signed
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.indicators.rows import array
from rongheng.market.indicators.snowballs import HIGH_AT, WATCH_AT
from rongheng.market.indicators.spans import worst_in_span

OVERALL, MARGIN, SNOWBALLS = "overall", "margin", "snowballs"
LEAST = 2  # lenses that must be judged
_SAID = {
    "low": Text("低", "low"),
    "watch": Text("关注", "watch"),
    "high": Text("高", "high"),
    None: Text("无结论", "no verdict"),
}


def liquidity(frame: pl.DataFrame) -> Reading:
    """Return the verdict of each lens on the last session, and the verdict of all of them (流动性结论).

    The verdict of all is the second gravest of the lenses, and at least watch where one is at high: one lens alone
    never makes it high. With fewer than two lenses judged there is none.

    Parameters
    ----------
    frame : DataFrame
        The frame ``lenses``; see ``contract.LENSES``.

    Returns
    -------
    Reading
        One row a lens and a last one for all. ``number`` with its ``unit``, ``watch_at`` and ``high_at``, ``verdict``
        (null where it cannot be judged), ``evidence_zh`` and ``evidence_en`` with what would change it. The lens of
        snowballs rests on an inventory that nobody publishes, and is ``estimated`` at best.

    Raises
    ------
    MissingDataError
        The frame holds no financing balance.
    """
    require(frame, INDICATOR)
    answers = [answer(lens, frame) for lens in LENSES]
    rows = [_margin_row(frame), *(_row(one, frame) for one in answers)]
    rows.append(_overall_row(rows, answers))
    fixed = {"session": frame["session"][-1], "as_of": frame["session"][-1]}
    return Reading(INDICATOR, pl.DataFrame([row | fixed for row in rows], schema=row_schema(INDICATOR.figures)))


def liquidity_history(frame: pl.DataFrame) -> Verdicts:
    """Return the verdict of all lenses on every session, each made of that session and the earlier ones alone."""
    places = [judge(lens, frame).verdict for lens in LENSES]
    margin = frame["pressure"].fill_null(NOT_JUDGED).to_numpy().astype(np.int8)
    return overall(np.vstack([margin, *places]))


def overall(places: Verdicts) -> Verdicts:
    """Return the verdict of all from those of the lenses (rows) on each session (columns).

    >>> overall(np.array([[0, 2, 2, -1], [0, 0, 1, -1], [1, 0, 2, 2]], dtype=np.int8)).tolist()
    [0, 1, 2, -1]
    """
    graver = np.sort(places, axis=0)
    verdict: Verdicts = np.maximum(graver[-2], np.where(graver[-1] == HIGH, WATCH, graver[-2])).astype(np.int8)
    verdict[(places != NOT_JUDGED).sum(axis=0) < LEAST] = NOT_JUDGED
    return verdict


def _discount(frame: pl.DataFrame) -> Measured:
    return by_past(array(frame, "discount"), worse="high")


def _fund_flow(frame: pl.DataFrame) -> Measured:
    return by_past(array(frame, "fund_flow"), worse="low")


def _knock_ins(frame: pl.DataFrame) -> Measured:
    """Measure against fixed bars: an inventory has no past of its own, and what it releases has a scale."""
    number = array(frame, "knock_in_share")
    return Measured(number, np.full(len(number), WATCH_AT), np.full(len(number), HIGH_AT))


def _tell_discount(frame: pl.DataFrame) -> Text:
    return Text(
        "股指期货按持仓加权的年化贴水 {level}",
        "Index futures stand {level} a year under their indices, weighted by open interest",
    ).format(level=percent(frame["discount"][-1]))


def _tell_fund_flow(frame: pl.DataFrame) -> Text:
    return Text(
        "ETF 五日净申购为规模的 {share}", "Five sessions of flows into funds were {share} of their assets"
    ).format(share=signed(frame["fund_flow"][-1]))  # fmt: skip


def _tell_knock_ins(frame: pl.DataFrame) -> Text:
    row = frame.row(-1, named=True)
    released = Text("，减持占期货日均成交 {share}", ", which releases {share} of a day's futures").format(
        share=percent(row["knock_in_share"])
    )
    return Text(f"{row['snowballs_zh']}{released.zh}", f"{row['snowballs_en']}{released.en}")


_FUTURES = Criterion(
    key="futures",
    label=Text("股指期货贴水", "discount of index futures"),
    kind="motion",
    unit=Unit.FRACTION,
    worse="high",
    needs=("discount",),
    grades=("discount_grade",),
    measure=_discount,
    tell=_tell_discount,
)

LENSES: tuple[Criterion, ...] = (
    replace(OUTFLOW, key="financing", label=Text("融资资金", "financing")),
    _FUTURES,
    replace(
        _FUTURES,
        key="funds",
        label=Text("ETF 资金流", "flows into funds"),
        worse="low",
        needs=("fund_flow",),
        grades=("fund_grade",),
        measure=_fund_flow,
        tell=_tell_fund_flow,
    ),
    replace(
        _FUTURES,
        key=SNOWBALLS,
        label=Text("雪球敲入", "knock-in of snowballs"),
        needs=("knock_in_share",),
        grades=("snowball_grade",),
        measure=_knock_ins,
        tell=_tell_knock_ins,
    ),
)

_NO_INVENTORY = Text(
    "未判断：存续雪球没有公开登记，当日没有可用的清单或其期货成交；可用 --snowballs 给出。",
    "Not judged: no register of outstanding snowballs is public, and no inventory, or no volume of its futures, was "
    "known that day; give one with --snowballs.",
)


def _margin_row(frame: pl.DataFrame) -> dict[str, Any]:
    place = frame["pressure"][-1]
    return {
        "lens": MARGIN,
        "lens_zh": "两融账户压力",
        "lens_en": "pressure on margin accounts",
        "unit": Unit.TEXT.value,
        "verdict": None if place is None else VERDICTS[int(place)],
        "evidence_zh": frame["pressure_zh"][-1],
        "evidence_en": frame["pressure_en"][-1],
        "grade": None if place is None else frame["pressure_grade"][-1],
    }


def _row(one: Answer, frame: pl.DataFrame) -> dict[str, Any]:
    is_bare = one.criterion.key == SNOWBALLS and one.verdict is None
    told = _NO_INVENTORY if is_bare else evidence(one, frame)
    return {
        "lens": one.criterion.key,
        "lens_zh": one.criterion.label.zh,
        "lens_en": one.criterion.label.en,
        "number": one.number,
        "unit": one.criterion.unit.value,
        "watch_at": one.watch_at,
        "high_at": one.high_at,
        "percentile": one.percentile,
        "verdict": one.verdict,
        "evidence_zh": told.zh,
        "evidence_en": told.en,
        "grade": worst_in_span(frame, one.criterion.grades) if one.verdict else None,
    }


def _overall_row(rows: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> dict[str, Any]:
    places = np.array([[verdict_place(row["verdict"])] for row in rows], dtype=np.int8)
    verdict = verdict_word(int(overall(places)[0]))
    told = _change(rows, answers)
    grades = pl.DataFrame({"grade": [row.get("grade") for row in rows]}, schema={"grade": pl.String})
    return {
        "lens": OVERALL,
        "lens_zh": "总体",
        "lens_en": "overall",
        "unit": Unit.TEXT.value,
        "verdict": verdict,
        "evidence_zh": told.zh,
        "evidence_en": told.en,
        "grade": worst_in_span(grades, ["grade"]) if verdict else None,
    }


def _change(rows: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> Text:
    """Say how many lenses stand where, the rule, and which lens is nearest to its next level."""
    counts = {word: sum(row["verdict"] == word for row in rows) for word in VERDICTS}
    judged = sum(counts.values())
    below = [
        (one, at)
        for one in answers
        if one.number is not None and one.criterion.key != SNOWBALLS and (at := _next_level(one)) is not None
    ]  # an inventory's short past is no measure of how near it is
    text = Text(
        f"{judged} 个视角可判断：{counts['high']} 个高、{counts['watch']} 个关注。总体取第二严重者，"
        "任一为高时至少为关注。",
        f"{judged} lenses judged: {counts['high']} at high, {counts['watch']} at watch. The verdict is the second "
        "gravest, and at least watch where one is at high.",
    )
    bare = _without_snowballs(rows)
    if bare is not None:
        text = Text(
            f"{text.zh}不计雪球（清单为估算）则为{bare.zh}。",
            f"{text.en} Without snowballs, whose inventory is estimated, it would be {bare.en}.",
        )
    if not below:
        return text
    nearest, at = max(below, key=lambda pair: pair[0].badness)
    return Text(
        f"{text.zh}最接近下一水平的是{nearest.criterion.label.zh}：{percent(nearest.number or 0)}，"
        f"水平 {percent(at)}。",
        f"{text.en} Nearest to its next level is {nearest.criterion.label.en}: {percent(nearest.number or 0)}, the "
        f"level is {percent(at)}.",
    )


def _without_snowballs(rows: Sequence[Mapping[str, Any]]) -> Text | None:
    """Return the verdict of the other lenses in words, where it is another one."""
    whole, bare = (
        verdict_word(int(overall(np.array([[verdict_place(row["verdict"])] for row in some], dtype=np.int8))[0]))
        for some in (rows, [row for row in rows if row["lens"] != SNOWBALLS])
    )
    return None if whole == bare else _SAID[bare]


def _next_level(one: Answer) -> float | None:
    return {"low": one.watch_at, "watch": one.high_at}.get(one.verdict or "")


INDICATOR = Indicator(
    name="liquidity",
    label=Text("流动性结论", "verdict on liquidity"),
    meaning=Text(
        "两融账户压力、融资资金、股指期货贴水、ETF 资金流、雪球敲入各自的结论与总体结论：数值、水平、证据与变化条件。",
        "Pressure on margin accounts, financing, the discount of index futures, flows into funds, knock-ins of "
        "snowballs: the verdict of each with number, levels and evidence, of all, and what would change it.",
    ),
    formula=(
        "financing: change of the balance over 5 sessions; futures: discount by year less dividends, weighted by open "
        "interest; funds: net inflow of 5 sessions / assets; each at watch where one in 10 earlier sessions was as "
        "bad, high where one in 50 was; snowballs: futures that a fall of 5 % releases / a day's volume, at watch from "
        "3 %, high from 10 %. Overall: the second gravest lens, at least watch where one is at high"
    ),
    source="the indicators `pressure`, `balance`, `basis`, `flows` and `snowballs`",
    problems=(
        Text(
            "水平取自各自的历史，至少 250 个交易日；ETF 只含湖中有份额与净值的基金。",
            "Levels come from each lens's own past, of 250 sessions at least; funds are those of which the lake has "
            "shares and values.",
        ),
        Text(
            "两融账户压力与融资资金不独立：前者含融资净流出一项。",
            "Pressure on margin accounts and financing are not independent: the first has a criterion of outflow.",
        ),
        Text(
            "雪球一项依据所给清单；未给出时为随附的示意性梯队，不是数据。",
            "The lens of snowballs rests on the inventory given; without one, on the illustrative ladder, no data.",
        ),
        Text(
            "结论说明当日状况，不是预测；历次结论之后的表现见 liquidity-record。",
            "It says how things stand and is no forecast: what followed earlier verdicts is in `liquidity-record`.",
        ),
    ),
    needs=("financing_balance",),
    figures=(
        Figure("lens", Unit.TEXT, Text("视角", "lens")),
        Figure("lens_zh", Unit.TEXT, Text("视角（中文）", "lens, Chinese")),
        Figure("lens_en", Unit.TEXT, Text("视角（英文）", "lens, English")),
        Figure("number", Unit.ROW, Text("数值", "number")),
        Figure("unit", Unit.TEXT, Text("单位", "unit")),
        Figure("watch_at", Unit.ROW, Text("关注水平", "watch at")),
        Figure("high_at", Unit.ROW, Text("高水平", "high at")),
        Figure("percentile", Unit.FRACTION, Text("历史分位", "percentile")),
        Figure("verdict", Unit.TEXT, Text("结论", "verdict")),
        Figure("evidence_zh", Unit.TEXT, Text("证据（中文）", "evidence, Chinese")),
        Figure("evidence_en", Unit.TEXT, Text("证据（英文）", "evidence, English")),
    ),
    compute=liquidity,
    reads="lenses",
)
