"""The font of widths: what ships is what the script builds, and charts are laid out by it, whatever fonts there are."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest

from rongheng.report.fonts import make
from rongheng.report.svg import _convert
from rongheng.report.theme import METRICS_FONT


def _label_width(text: str) -> float:
    """Return how wide the layout takes a text to be, at 100 pixels an em: an axis makes room for its label alone."""
    axis = {"labelFont": METRICS_FONT, "labelFontSize": 100, "labelLimit": 0, "title": None, "ticks": False}
    axis |= {"labelPadding": 0, "domain": False}
    spec: dict[str, Any] = {
        "data": {"values": [{"a": text, "b": 1}]},
        "mark": "bar",
        "width": 10,
        "height": 10,
        "padding": 0,
        "encoding": {
            "y": {"field": "a", "type": "nominal", "axis": axis},
            "x": {"field": "b", "type": "quantitative", "axis": None},
        },
        "config": {"view": {"stroke": None}},
    }
    found = re.search(r'width="(\d+)"', _convert(spec))
    assert found is not None
    return int(found[1]) - 10


def test_the_font_that_ships_is_the_one_that_the_script_builds() -> None:
    assert files("rongheng.report").joinpath("fonts/metrics.ttf").read_bytes() == make.font()


def test_a_chinese_character_is_one_em_wide() -> None:
    assert _label_width("融资余额维持担保比例") == pytest.approx(1000, abs=1)
    assert _label_width("（％，。、；") == pytest.approx(600, abs=1)


def test_latin_letters_have_the_published_widths_of_helvetica() -> None:
    # M 833 + a 556 + r 333 + g 556 + i 222 + n 556, from the Adobe font metrics
    assert _label_width("Margin") == pytest.approx(305.6, abs=1)
    assert _label_width("2025") == pytest.approx(4 * 55.6, abs=1)


@pytest.mark.parametrize("sign", "—−×≥≤σ²–")
def test_every_sign_that_figures_use_is_in_the_font(sign: str) -> None:
    assert ord(sign) in {ord(known) for known in make._SIGNS}
    assert _label_width(sign * 4) == pytest.approx(make._SIGNS[sign] * 4 / 10, abs=1)
