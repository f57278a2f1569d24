"""What the pressure reading says in words: why a criterion stands where it does, and what would change the verdict.

What lives here: sentences. What does not: the numbers (``criterion``) and how verdicts add up (``pressure``).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rongheng.basics.text import Language, Text
from rongheng.market.indicators.contract import has
from rongheng.market.indicators.criterion import Answer, verdict_place
from rongheng.market.indicators.pressure_words import percent

KINDS = ("state", "motion")


def evidence(answer: Answer, panel: pl.DataFrame) -> Text:
    """Return what the number is made of, where it stands in its past, and its levels; or why there is no verdict."""
    if answer.verdict is None:
        return _lacking(answer, panel)
    assert answer.percentile is not None, "a verdict without a number"
    told, place = answer.criterion.tell(panel), percent(answer.percentile, digits=1)
    sign = "≥" if answer.criterion.worse == "high" else "≤"
    levels = [("关注", "watch", answer.watch_at), ("高", "high", answer.high_at)]
    stated = [(zh, en, percent(level)) for zh, en, level in levels if level is not None]
    return Text(
        f"{told.zh}。历史分位 {place}（{answer.places} 个交易日）；"
        + "，".join(f"{zh} {sign} {level}" for zh, _, level in stated)
        + "。",
        f"{told.en}. Percentile {place} of {answer.places} sessions; "
        + ", ".join(f"{en} at {sign} {level}" for _, en, level in stated)
        + ".",
    )


def _lacking(answer: Answer, panel: pl.DataFrame) -> Text:
    lacking = ", ".join(name for name in answer.criterion.needs if not has(panel, name))
    if lacking:
        return Text(f"未判断：缺少数据（{lacking}）。", f"Not judged: data lacking ({lacking}).")
    day = panel["session"][-1]
    if answer.number is None:
        newest = "—" if answer.newest is None else panel["session"][answer.newest]
        return Text(
            f"未判断：{day} 或所比较的交易日缺少数据，或此项当日不适用；最近一次有数值：{newest}。",
            f"Not judged: data lacking on {day} or on the session it is compared with, or the question does not arise; "
            f"last number: {newest}.",
        )
    return Text(
        f"未判断：截至 {day} 只有 {answer.places} 个交易日的历史，或缺少规则参数，无法设定水平。",
        f"Not judged: {answer.places} sessions of history up to {day} are too few to set a level, or a rule's value is "
        "lacking.",
    )


def overall_evidence(verdict: str | None, answers: Sequence[Answer]) -> Text:
    """Return which criteria are at high and at watch, how many were not judged, and what would change the verdict."""
    high, watch, silent = (_with_verdict(answers, word) for word in ("high", "watch", None))
    change = _change(verdict, answers)
    return Text(
        f"高：{_names(high, 'zh')}；关注：{_names(watch, 'zh')}；未判断 {len(silent)} 项。{change.zh}",
        f"At high: {_names(high, 'en')}; at watch: {_names(watch, 'en')}; not judged: {len(silent)}. {change.en}",
    )


def _change(verdict: str | None, answers: Sequence[Answer]) -> Text:
    if verdict is None:
        return Text(
            "状态类与动向类各至少有一项可判断时才有总体结论。",
            "An overall verdict needs at least one criterion of state and one of motion that can be judged.",
        )
    if verdict == "high":
        state, motion = ([one for one in _with_verdict(answers, "high") if one.criterion.kind == k] for k in KINDS)
        return Text(
            f"状态类（{_names(state, 'zh')}）或动向类（{_names(motion, 'zh')}）不再有任何一项为高时，总体回到关注。",
            f"It returns to watch once no criterion of state ({_names(state, 'en')}) or none of motion "
            f"({_names(motion, 'en')}) is at high.",
        )
    if verdict == "watch":
        nearest = _nearest(answers, "high")
        return Text(
            f"状态类与动向类各有一项为高时升为高，最接近的：{nearest.zh}；没有一项为高且至多一项为关注时降为低。",
            f"It becomes high when a criterion of state and one of motion are both at high, nearest: {nearest.en}; it "
            "becomes low when none is at high and at most one at watch.",
        )
    nearest = _nearest(answers, "watch")
    return Text(
        f"任何一项为高或两项为关注时升为关注，最接近的：{nearest.zh}。",
        f"It becomes watch when any criterion is at high or two are at watch, nearest: {nearest.en}.",
    )


def _nearest(answers: Sequence[Answer], level: str) -> Text:
    """Return, of each kind, the criterion worst by percentile that is still below the level, with number and level."""
    found = []
    for kind in KINDS:
        below = [
            (one, one.number, at)
            for one in answers
            if one.criterion.kind == kind
            and one.number is not None
            and (at := one.watch_at if level == "watch" else one.high_at) is not None
            and verdict_place(one.verdict) < verdict_place(level)
        ]
        if below:
            found.append(max(below, key=lambda entry: entry[0].badness))
    return Text(
        "、".join(f"{one.criterion.label.zh} {percent(number)}（{percent(at)}）" for one, number, at in found) or "无",
        ", ".join(f"{one.criterion.label.en} {percent(number)} ({percent(at)})" for one, number, at in found) or "none",
    )


def _with_verdict(answers: Sequence[Answer], verdict: str | None) -> list[Answer]:
    return [one for one in answers if one.verdict == verdict]


def _names(answers: Sequence[Answer], language: Language) -> str:
    parting, none = ("、", "无") if language == "zh" else (", ", "none")
    return parting.join(one.criterion.label.in_(language) for one in answers) or none
