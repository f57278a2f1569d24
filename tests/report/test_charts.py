"""Every figure: drawn from the demo's dossier in both languages, valid, and absent without an error where data lack."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import pytest

from rongheng.basics.text import Language, Text
from rongheng.findings.dossier import Dossier
from rongheng.report import FIGURES
from rongheng.report.chapters import ACCOUNTS, CHAPTERS
from rongheng.report.theme import PLOT_WIDTH, ROOM, configuration

jsonschema: Any = pytest.importorskip("jsonschema")

CHINESE = re.compile(r"[\u4e00-\u9fff]")
EVERY_FIGURE = pytest.mark.parametrize("name", list(FIGURES))
EVERY_LANGUAGE = pytest.mark.parametrize("language", ["zh", "en"])


@cache
def _schema() -> Any:
    """Return the schema of Vega-Lite, which Altair carries."""
    text = files("altair").joinpath("vegalite/v6/schema/vega-lite-schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return jsonschema.Draft7Validator({**schema, "$ref": "#/definitions/TopLevelLayerSpec"})


def _with_few_rows(spec: Any) -> Any:
    """Return the specification with two rows of data a layer: the schema does not look into data, only slowly."""
    if isinstance(spec, dict):
        return {
            key: value[:2] if key == "values" and value and isinstance(value[0], dict) else _with_few_rows(value)
            for key, value in spec.items()
        }
    return [_with_few_rows(item) for item in spec] if isinstance(spec, (list, tuple)) else spec


def _texts(spec: Any) -> list[str]:
    """Return everything that a figure writes."""
    if isinstance(spec, dict):
        own = [value for key, value in spec.items() if key in ("s", "title") and isinstance(value, str)]
        return own + [text for value in spec.values() for text in _texts(value)]
    return [text for item in spec for text in _texts(item)] if isinstance(spec, (list, tuple)) else []


def _places(spec: Any) -> list[tuple[float, str, str, float]]:
    """Return where in pixels each written text stands, its alignment, the text and its size."""
    if isinstance(spec, dict):
        own = [(spec["px"], spec["a"], spec["s"], spec["z"])] if {"px", "a", "s"} <= spec.keys() else []
        return own + [place for value in spec.values() for place in _places(value)]
    return [place for item in spec for place in _places(item)] if isinstance(spec, (list, tuple)) else []


def test_there_are_more_than_ten_figures_and_each_stands_in_one_chapter() -> None:
    placed = [name for chapter in (*CHAPTERS, ACCOUNTS) for name in chapter.figures]
    assert len(placed) > 10
    assert sorted(placed) == sorted(FIGURES)


@EVERY_FIGURE
@EVERY_LANGUAGE
def test_a_figure_is_drawn_and_valid(dossier: Dossier, name: str, language: Language) -> None:
    spec = FIGURES[name](dossier, language)
    assert spec is not None, f"{name} lacks data in the demo"
    _schema().validate(json.loads(json.dumps(_with_few_rows({**spec, "config": configuration()}))))


@EVERY_FIGURE
def test_a_figure_in_english_writes_no_chinese(dossier: Dossier, name: str) -> None:
    drawn = FIGURES[name].draw(dossier, "en")
    assert drawn is not None
    written = [*_texts(drawn.spec), drawn.title, *drawn.remarks, FIGURES[name].label.en, FIGURES[name].needs.en]
    assert not [text for text in written if CHINESE.search(text)]


@EVERY_FIGURE
def test_a_figure_in_chinese_says_its_message_in_chinese(dossier: Dossier, name: str) -> None:
    drawn = FIGURES[name].draw(dossier, "zh")
    assert drawn is not None
    assert CHINESE.search(drawn.title)


@EVERY_FIGURE
@EVERY_LANGUAGE
def test_nothing_is_written_outside_the_frame(dossier: Dossier, name: str, language: Language) -> None:
    spec = FIGURES[name](dossier, language)
    assert spec is not None
    for x, align, text, size in _places(spec):
        wide = sum(1.0 if CHINESE.match(sign) else 0.56 for sign in text) * size
        left = x - (wide if align == "right" else wide / 2 if align == "center" else 0)
        assert left >= -ROOM["left"] - 2, f"{text!r} begins {left:.0f} pixels from the plot"
        assert left + wide <= spec["width"] + ROOM["right"] + 2, f"{text!r} ends beyond the figure"


@EVERY_FIGURE
def test_a_figure_without_its_readings_is_absent(dossier: Dossier, name: str) -> None:
    reads = FIGURES[name].reads
    panel = dossier.panel.with_columns(maintenance_ratio=pl.lit(None, dtype=pl.Float64))
    readings = {key: reading for key, reading in dossier.readings.items() if key.partition(".")[0] not in reads}
    why = {key: Text("无", "none") for key in reads}
    without = replace(dossier, panel=panel, readings=readings, unreadable=why, accounts=None)
    assert FIGURES[name](without, "zh") is None


@EVERY_FIGURE
def test_a_figure_of_readings_without_rows_is_absent(dossier: Dossier, name: str) -> None:
    panel = dossier.panel.with_columns(maintenance_ratio=pl.lit(None, dtype=pl.Float64))
    empty = {key: replace(reading, rows=reading.rows.clear()) for key, reading in dossier.readings.items()}
    nobody = None if dossier.accounts is None else replace(dossier.accounts, total={"indebted_accounts": 0})
    assert FIGURES[name](replace(dossier, panel=panel, readings=empty, accounts=nobody), "en") is None


@EVERY_FIGURE
def test_a_figure_whose_numbers_are_all_missing_is_drawn_or_absent_without_an_error(
    dossier: Dossier, name: str
) -> None:
    def blank(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(
            pl.lit(None, dtype=dtype).alias(key) for key, dtype in rows.schema.items() if dtype.is_float()
        )

    readings = {key: replace(reading, rows=blank(reading.rows)) for key, reading in dossier.readings.items()}
    FIGURES[name](replace(dossier, readings=readings), "zh")


def test_a_wide_figure_spans_both_columns_at_the_same_scale(dossier: Dossier) -> None:
    wide, narrow = FIGURES["ratio"](dossier), FIGURES["balance"](dossier)
    assert wide is not None
    assert narrow is not None
    assert narrow["width"] == PLOT_WIDTH
    assert wide["width"] > 2 * PLOT_WIDTH
