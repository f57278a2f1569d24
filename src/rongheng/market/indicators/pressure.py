"""Pressure: one day's reading of the market's margin accounts, criterion by criterion, and the verdict of them all.

What lives here: how verdicts add up, the reading of one day, and the verdict of every session so far. What does not:
the criteria (``pressure_state``, ``pressure_motion``), and what followed days of high pressure (``record``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, as_of
from rongheng.market.indicators.criterion import (
    HIGH,
    HIGH_ONE_IN,
    NOT_JUDGED,
    WATCH,
    WATCH_ONE_IN,
    Answer,
    Criterion,
    Verdicts,
    answer,
    judge,
    verdict_place,
    verdict_word,
)
from rongheng.market.indicators.pressure_evidence import evidence, overall_evidence
from rongheng.market.indicators.pressure_motion import MOTION
from rongheng.market.indicators.pressure_state import STATE
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.indicators.spans import worst_in_span

CRITERIA: tuple[Criterion, ...] = (*STATE, *MOTION)

OVERALL = "overall"


def pressure_history(panel: pl.DataFrame) -> pl.DataFrame:
    """Return the verdict of every session, each made of that session and the earlier ones alone.

    Returns
    -------
    One row per session of the panel: ``session``; ``verdict`` (``low``, ``watch``, ``high``; null where not both a
    criterion of state and one of motion could be judged); and each criterion's own verdict under its key, null where
    it could not be judged.
    """
    judged = {criterion.key: judge(criterion, panel).verdict for criterion in CRITERIA}
    columns = {OVERALL: overall_verdict(judged), **judged}
    words = {name: _words(verdicts) for name, verdicts in columns.items()}
    return panel.select("session").with_columns(**words).rename({OVERALL: "verdict"})


def pressure(panel: pl.DataFrame, *, session: date | None = None) -> Reading:
    """Return one row per criterion for one session, and a last row with the overall verdict.

    Parameters
    ----------
    session : date, optional
        The session that is read, from what stands in the panel up to it; the panel's last one by default.

    Returns
    -------
    Reading
        ``number`` with its ``unit`` (fractions and ratios: 0.05 is 5 %); ``watch_at`` and ``high_at``, the levels at
        which it is at watch and at high; ``percentile``, the share of the figures so far that are not above it;
        ``verdict``, null where the data do not allow one; ``evidence_zh`` and ``evidence_en``. The grade is the worst
        of everything up to that session that the criterion rests on.

    Raises
    ------
    UsageError
        ``session`` is no session of the panel.
    """
    day = as_of(panel) if session is None else session
    known = panel.filter(pl.col("session") <= day)
    if known.is_empty() or known["session"][-1] != day:
        raise UsageError(
            f"{day} is no session between {panel['session'][0]} and {as_of(panel)}; give a trading day of the lake."
        )
    answers = [answer(criterion, known) for criterion in CRITERIA]
    rows = [_row(one, known) for one in answers]
    rows.append(_overall_row(answers, [row["grade"] for row in rows]))
    fixed = {"session": day, "as_of": day}
    return Reading(INDICATOR, pl.DataFrame([row | fixed for row in rows], schema=_ROWS_SCHEMA), (_LEVELS,))


def _words(verdicts: Verdicts) -> pl.Series:
    return pl.Series([verdict_word(int(place)) for place in verdicts], dtype=pl.String)


def overall_verdict(judged: Mapping[str, Verdicts]) -> Verdicts:
    """Return the overall verdict of every session from the verdicts of all criteria, by key.

    ``high``: a criterion of state and one of motion are at high: exposed, and giving way. ``watch``: any is at high,
    or two are at watch. Not judged unless at least one of each kind could be. Criteria that were not judged count
    neither way.
    """
    state = np.vstack([judged[criterion.key] for criterion in STATE])
    motion = np.vstack([judged[criterion.key] for criterion in MOTION])
    both = np.vstack([state, motion])
    overall: Verdicts = np.zeros(both.shape[1], dtype=np.int8)
    overall[(both == HIGH).any(axis=0) | ((both == WATCH).sum(axis=0) >= 2)] = WATCH
    overall[(state == HIGH).any(axis=0) & (motion == HIGH).any(axis=0)] = HIGH
    overall[(state == NOT_JUDGED).all(axis=0) | (motion == NOT_JUDGED).all(axis=0)] = NOT_JUDGED
    return overall


def _row(answer: Answer, panel: pl.DataFrame) -> dict[str, Any]:
    criterion, told = answer.criterion, evidence(answer, panel)
    return {
        "criterion": criterion.key,
        "criterion_zh": criterion.label.zh,
        "criterion_en": criterion.label.en,
        "kind": criterion.kind,
        "number": answer.number,
        "unit": criterion.unit.value,
        "watch_at": answer.watch_at,
        "high_at": answer.high_at,
        "percentile": answer.percentile,
        "verdict": answer.verdict,
        "evidence_zh": told.zh,
        "evidence_en": told.en,
        "grade": worst_in_span(panel, criterion.grades) if answer.verdict else None,
    }


def _overall_row(answers: Sequence[Answer], grades: Sequence[str | None]) -> dict[str, Any]:
    places = {one.criterion.key: np.array([verdict_place(one.verdict)], dtype=np.int8) for one in answers}
    verdict = verdict_word(int(overall_verdict(places)[0]))
    told = overall_evidence(verdict, answers)
    return {
        "criterion": OVERALL,
        "criterion_zh": "总体",
        "criterion_en": "overall",
        "unit": Unit.TEXT.value,
        "verdict": verdict,
        "evidence_zh": told.zh,
        "evidence_en": told.en,
        "grade": worst_in_span(pl.DataFrame({"grade": grades}, schema={"grade": pl.String}), ["grade"]),
    }


_LEVELS = Text(
    "各项水平或取自规则，或取自当日以前的历史（十分之一、五十分之一），未针对任何已知事件调整；"
    "历次读数之后的表现见 record。",
    "Levels come from the rules or from the past before that day (one in ten, one in fifty), and are not tuned to any "
    "known event; what followed earlier readings is in `record`.",
)

INDICATOR = Indicator(
    name="pressure",
    label=Text("两融压力", "pressure on margin accounts"),
    meaning=Text(
        "某一交易日各项判据的读数：市场有多脆弱（状态）、是否正在松动（动向），逐项给出数值、水平、证据与结论，再给出总体结论及其变化条件。",
        "One session's reading, criterion by criterion: how exposed the market stands (state) and whether it is giving "
        "way (motion), each with its number, levels, evidence and verdict; then the verdict of all and what would "
        "change it.",
    ),
    formula=(
        "distance: R·(1 − largest fall of the broad index over 20 sessions in 2500), watch ≤ warning line, high ≤ call "
        "line; drawdown: 1 − close / highest close of 250 sessions, watch ≥ 1 − warning line/(1 + m), high ≥ 1 − "
        "liquidation line/(1 + m), m of the high's day; residual: R / (its line on the log of the broad index so far) "
        "− 1; residual, margin-share, buys-share, speed-5, speed-20, outflow: watch where one in "
        f"{WATCH_ONE_IN} earlier sessions was as bad, high where one in {HIGH_ONE_IN} was; "
        "cash-collateral: watch where cash grows over 20 sessions in which R falls. Overall: high = a criterion of "
        "state and one of motion at high; watch = any at high, or two at watch"
    ),
    source=(
        "practice.lines.*, exchange.financing.margin_ratio; account statistics; the sibling indicators "
        "`safety-distance`, `balance`, `share`."
    ),
    problems=(
        Text(
            "市场平均值掩盖最弱的账户：总体为低时仍有账户触线。",
            "Averages hide the weakest accounts: some meet their lines while the overall verdict is low.",
        ),
        Text(
            "平均杠杆是比例的函数（R/(R−1)），另设一项会重复计算，故不单列。",
            "Average leverage is a function of the ratio, R/(R − 1): its own criterion would count the ratio twice.",
        ),
        Text(
            "历史分位需要至少 250 个交易日；早年的水平由较短的历史设定，"
            "而业务自 2010 年由零起步，占比类判据在 2015 年前几乎总是新高。",
            "A level set by the past needs 250 sessions, and early ones rest on a short past; margin trading grew from "
            "nil in 2010, so that until about 2015 its shares stood at new highs nearly always.",
        ),
        Text(
            "drawdown 假设以现金满额融资的最脆弱账户；保证金比例为 50% 的年份，这类账户开仓即在 150% 的警戒线上。",
            "Drawdown takes the most exposed account that the rule allows; in the years of a margin ratio of 50 % it "
            "stood on a warning line of 150 % from its first day.",
        ),
        Text(
            "担保物的现金与证券拆分不在公开数据中时，该项不作判断。",
            "Where the split of collateral into cash and securities is not published, its criterion is not judged.",
        ),
    ),
    needs=(),
    figures=(
        Figure("criterion", Unit.TEXT, Text("判据", "criterion")),
        Figure("criterion_zh", Unit.TEXT, Text("判据（中文）", "criterion, Chinese")),
        Figure("criterion_en", Unit.TEXT, Text("判据（英文）", "criterion, English")),
        Figure("kind", Unit.TEXT, Text("类别", "kind")),
        Figure("number", Unit.ROW, Text("数值", "number")),
        Figure("unit", Unit.TEXT, Text("单位", "unit")),
        Figure("watch_at", Unit.ROW, Text("关注水平", "watch at")),
        Figure("high_at", Unit.ROW, Text("高水平", "high at")),
        Figure("percentile", Unit.FRACTION, Text("历史分位", "percentile")),
        Figure("verdict", Unit.TEXT, Text("结论", "verdict")),
        Figure("evidence_zh", Unit.TEXT, Text("证据（中文）", "evidence, Chinese")),
        Figure("evidence_en", Unit.TEXT, Text("证据（英文）", "evidence, English")),
    ),
    compute=pressure,
    option_help={"session": Text("所读的交易日（缺省为最后一日）", "the session to read; the last one by default")},
)

_ROWS_SCHEMA = row_schema(INDICATOR.figures)
