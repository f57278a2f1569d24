"""Sentences: said when their numbers are there, silent when not, and plain about what means nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from rongheng.basics.grades import Grade
from rongheng.basics.text import Language
from rongheng.findings.dossier import Dossier
from rongheng.report.claims import CHAPTERS, Claim, of_pressure, of_scale
from rongheng.report.numbers import NBSP


def _with(dossier: Dossier, name: str, **values: object) -> Dossier:
    """Return the dossier with figures of one reading's last row replaced."""
    reading = dossier.readings[name]
    last = reading.rows.tail(1).with_columns(
        pl.lit(value, dtype=reading.rows.schema[key]).alias(key) for key, value in values.items()
    )
    rows = pl.concat([reading.rows.head(reading.rows.height - 1), last])
    return replace(dossier, readings={**dossier.readings, name: replace(reading, rows=rows)})


def _said(dossier: Dossier, language: Language = "zh") -> str:
    return " ".join(claim.text for claim in of_scale(dossier, language)).replace(NBSP, " ")


def test_a_sentence_states_the_reading_in_both_languages(dossier: Dossier) -> None:
    told = _with(
        dossier,
        "balance",
        margin_balance=1.81799957e12,
        financing_balance=1.80786552e12,
        short_balance=1.0134e10,
        margin_change_1=-9.076e9,
        margin_change_1_fraction=-0.00497,
        margin_change_5=-2.093e10,
        margin_change_5_fraction=-0.0114,
    )
    assert "两融余额 1.82 万亿元（融资 1.81 万亿元，融券 101.3 亿元），较上一交易日 −90.76 亿元（−0.50 %）" in _said(
        told
    )
    assert "CNY −9.08 bn on the day (−0.50 %), CNY −20.93 bn over five sessions (−1.14 %)" in _said(told, "en")


def test_a_balance_at_its_peak_is_said_to_be_there(dossier: Dossier) -> None:
    at_peak = _with(dossier, "balance", last_peak_session=dossier.as_of, change_since_peak=0.0)
    assert "当日处于本轮峰值" in _said(at_peak)
    before = _with(dossier, "balance", last_peak_session=date(2024, 12, 12), change_since_peak=-7.477e10)
    assert "较 2024-12-12 的峰值 −747.7 亿元" in _said(before)


def test_a_cost_that_means_nothing_is_not_told(dossier: Dossier) -> None:
    idle = _with(dossier, "weighted-cost", verdict="meaningless", cost=25_663.47, net_to_gross=0.0412)
    assert "加权成本没有意义" in _said(idle)
    assert "4.12 %" in _said(idle)
    assert "25,663" not in _said(idle)


def test_a_sentence_whose_numbers_are_missing_is_not_said(dossier: Dossier) -> None:
    silent = _with(dossier, "share", buys_share=None, margin_share=None)
    assert "融资买入额" not in _said(silent)
    assert "占流通市值" not in _said(silent)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("chapter", list(CHAPTERS))
def test_every_chapter_has_something_to_say_with_its_evidence(
    dossier: Dossier, chapter: str, language: Language
) -> None:
    said = list(CHAPTERS[chapter](dossier, language))
    assert said
    for claim in said:
        assert isinstance(claim, Claim)
        assert claim.grade is Grade.SIMULATED  # the demo's
        assert claim.indicator in dossier.readings
        assert claim.as_of <= dossier.as_of
        assert not {"None", "nan", "inf"} & set(re.findall(r"[A-Za-z]+", claim.text))


def test_a_verdict_that_is_not_there_is_called_not_judged(dossier: Dossier) -> None:
    unjudged = _with(dossier, "pressure", verdict=None)
    assert "总体：未判断" in next(of_pressure(unjudged, "zh")).text
    assert "Overall: not judged" in next(of_pressure(unjudged, "en")).text


def test_a_dossier_without_readings_says_nothing(dossier: Dossier) -> None:
    bare = replace(dossier, readings={})
    assert [claim for says in CHAPTERS.values() for claim in says(bare, "en")] == []
